"""Edits of one thing at once: one wins, and nobody is left without an owner or an administrator."""

from collections import Counter

import asyncpg

from tests.api import Api
from tests.commands import together, told
from tests.world import ACCEPT, INVITE, Team, World, address, give_platform_role

OWNERS = """
SELECT count(*) FROM memberships AS m JOIN users AS u ON u.id = m.user_id
WHERE m.role = 'OWNER' AND u.status = 'ACTIVE' AND m.organization_id = (
    SELECT organization_id FROM memberships JOIN users AS one ON one.id = user_id WHERE one.email = $1 LIMIT 1
)
"""
ADMINISTRATORS = "SELECT count(*) FROM users WHERE platform_role = 'ADMIN' AND status = 'ACTIVE'"


async def with_two_owners(api: Api) -> tuple[Team, str, dict[str, str]]:
    """A team, its second owner, and the membership of each owner by address."""
    world = World(api)
    team = await world.team()
    second = address("owner")
    invited = await world.do(INVITE, "inviteMember", team.owner, organizationId=team.id, email=second, role="OWNER")
    await world.do(ACCEPT, "acceptInvitation", second, token=invited["invitation"]["link"].partition("token=")[2])
    document = "query ($id: ID!) { organization(id: $id) { members { edges { node { id user { email } role } } } } }"
    # Addresses are for their holders: the order in which they joined tells whose membership is whose.
    seen = await api.run(document, {"id": team.id}, by=team.owner)
    owners = [edge["node"] for edge in seen.data["organization"]["members"]["edges"] if edge["node"]["role"] == "OWNER"]
    return team, second, {team.owner: owners[0]["id"], second: owners[1]["id"]}


async def user_id(api: Api, email: str) -> str:
    return (await api.run("{ viewer { id } }", by=email)).data["viewer"]["id"]


async def test_two_owners_who_demote_each_other_leave_one(
    two: tuple[Api, Api], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    team, second, memberships = await with_two_owners(two[0])

    answers = await together(
        [
            told(two[0], team.owner, "changeMemberRole", id=memberships[second], role="STAFF"),
            told(two[1], second, "changeMemberRole", id=memberships[team.owner], role="STAFF"),
        ]
    )

    assert answers.count("done") == 1
    assert await database.fetchval(OWNERS, team.owner) == 1


async def test_two_owners_who_leave_at_once_leave_one(
    two: tuple[Api, Api], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    team, second, memberships = await with_two_owners(two[0])

    answers = await together(
        [
            told(two[0], team.owner, "removeMember", id=memberships[team.owner]),
            told(two[1], second, "deactivateAccount"),
        ]
    )

    assert sorted(answers) == ["LAST_OWNER", "done"]
    assert await database.fetchval(OWNERS, second) == 1


async def test_two_administrators_who_demote_each_other_leave_one(
    two: tuple[Api, Api], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    one, other = address("admin"), address("admin")
    for email in (one, other):
        await give_platform_role(two[0], email, "ADMIN")
    ids = {email: await user_id(two[0], email) for email in (one, other)}

    answers = await together(
        [
            told(two[0], one, "setPlatformRole", userId=ids[other], role=None),
            told(two[1], other, "setPlatformRole", userId=ids[one], role=None),
        ]
    )

    assert answers.count("done") == 1
    assert await database.fetchval(ADMINISTRATORS) == 1


async def test_two_administrators_who_leave_at_once_leave_one(
    two: tuple[Api, Api], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    one, other = address("admin"), address("admin")
    for email in (one, other):
        await give_platform_role(two[0], email, "ADMIN")

    answers = await together(
        [
            told(two[0], one, "deactivateAccount"),
            told(two[1], other, "setPlatformRole", userId=await user_id(two[1], other), role="ANALYST"),
        ]
    )

    assert sorted(answers) == ["LAST_ADMINISTRATOR", "done"]
    assert await database.fetchval(ADMINISTRATORS) == 1


async def test_of_many_edits_of_one_version_exactly_one_wins(two: tuple[Api, Api]) -> None:
    world = World(two[0])
    team = await world.team()
    event = await world.event(team)

    answers = await together(
        [
            told(two[number % 2], team.manager, "updateEvent", id=event.id, title=f"Title {number}", expectedVersion=3)
            for number in range(10)
        ]
    )

    assert Counter(answers) == {"done": 1, "VERSION_CONFLICT": 9}
    seen = await two[0].run("query ($id: ID!) { event(id: $id) { version title } }", {"id": event.id})
    assert seen.data["event"] == {"version": 4, "title": f"Title {answers.index('done')}"}


async def test_of_many_moves_at_once_exactly_one_is_made(two: tuple[Api, Api]) -> None:
    world = World(two[0])
    team = await world.team()
    event = await world.event(team)

    answers = await together([told(two[number % 2], team.manager, "cancelEvent", id=event.id) for number in range(8)])

    assert Counter(answers) == {"done": 1, "TRANSITION_NOT_ALLOWED": 7}


async def test_invitation_that_is_accepted_twice_at_once_opens_once(
    two: tuple[Api, Api], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    world = World(two[0])
    team = await world.team()
    guest = address("invited")
    invited = await world.do(INVITE, "inviteMember", team.owner, organizationId=team.id, email=guest, role="STAFF")
    token = invited["invitation"]["link"].partition("token=")[2]

    answers = await together([told(two[number % 2], guest, "acceptInvitation", token=token) for number in range(6)])

    assert Counter(answers) == {"done": 1, "INVITATION_USED": 5}
    assert (
        await database.fetchval(
            "SELECT count(*) FROM memberships AS m JOIN users AS u ON u.id = m.user_id WHERE u.email = $1", guest
        )
        == 1
    )


async def test_slug_that_many_want_at_once_goes_to_one(two: tuple[Api, Api]) -> None:
    owners = [address("owner") for _ in range(8)]

    answers = await together(
        [
            told(two[number % 2], owner, "createOrganization", name="Club", slug="the-one-club")
            for number, owner in enumerate(owners)
        ]
    )

    assert Counter(answers) == {"done": 1, "SLUG_TAKEN": 7}


async def test_newcomer_who_is_seen_ten_times_at_once_gets_one_account(
    two: tuple[Api, Api], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    newcomer = address("newcomer")

    answers = await together([two[number % 2].run("{ viewer { id } }", by=newcomer) for number in range(10)])

    assert len({answer.data["viewer"]["id"] for answer in answers}) == 1
    assert await database.fetchval("SELECT count(*) FROM users") == 1
    assert await database.fetchval("SELECT count(*) FROM journal WHERE kind = 'UserProvisioned'") == 1


async def test_one_key_used_for_two_inputs_at_once_serves_one(two: tuple[Api, Api]) -> None:
    owner = address("owner")
    await two[0].run("{ viewer { id } }", by=owner)

    answers = await together(
        [
            told(two[number % 2], owner, "createOrganization", name=f"Club {number % 2}", idempotencyKey="one")
            for number in range(8)
        ]
    )

    assert Counter(answers) == {"done": 4, "IDEMPOTENCY_KEY_REUSED": 4}
