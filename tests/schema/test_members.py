"""Teams: invitations that work once for one address, roles, leaving, and the owner who has to stay."""

from typing import Any

from tests.api import Api
from tests.commands import attempt, change, codes, refusals
from tests.world import Team, World, address, give_platform_role

INVITATION = "invitation { email role link expiresAt }"


async def invite(api: Api, team: Team, by: str, email: str, role: str = "STAFF") -> dict[str, Any]:
    given = {"organizationId": team.id, "email": email, "role": role}
    invited = (await change(api, by, "inviteMember", INVITATION, **given))["invitation"]
    return {**invited, "token": invited["link"].partition("token=")[2]}


async def accept(api: Api, by: str, token: str) -> dict[str, Any]:
    return (await change(api, by, "acceptInvitation", "membership { id role version }", token=token))["membership"]


async def second_owner(api: Api, team: Team) -> tuple[str, str]:
    """The address and the membership of another owner."""
    email = address("owner")
    invited = await invite(api, team, team.owner, email, "OWNER")
    return email, (await accept(api, email, invited["token"]))["id"]


async def test_invitation_opens_the_role_it_names_to_its_address(api: Api) -> None:
    world = World(api)
    team = await world.team()
    guest = address("guest")

    invited = await invite(
        api, team, team.owner, guest.upper().replace("@PEOPLE.EXAMPLE", "@people.example"), "MANAGER"
    )
    joined = await accept(api, guest, invited["token"])

    assert invited["link"].startswith("http://bilten.test/invitations?token=")
    assert joined["role"] == "MANAGER"
    await world.event(Team(team.id, team.owner, guest, team.staff))


async def test_invitation_works_once(api: Api) -> None:
    team = await World(api).team()
    guest = address("guest")
    invited = await invite(api, team, team.owner, guest)
    membership = await accept(api, guest, invited["token"])

    assert await codes(api, guest, "acceptInvitation", token=invited["token"]) == ["INVITATION_USED"]
    await change(api, team.owner, "removeMember", "organization { id }", id=membership["id"])
    assert await codes(api, guest, "acceptInvitation", token=invited["token"]) == ["INVITATION_USED"]


async def test_newer_invitation_replaces_an_older_one(api: Api) -> None:
    team = await World(api).team()
    guest = address("guest")
    older = await invite(api, team, team.owner, guest)
    newer = await invite(api, team, team.owner, guest.replace("guest", "Guest"), "MANAGER")

    assert await codes(api, guest, "acceptInvitation", token=older["token"]) == ["INVITATION_USED"]
    assert (await accept(api, guest, newer["token"]))["role"] == "MANAGER"


async def test_invitation_ends_after_seven_days(api: Api) -> None:
    team = await World(api).team()
    guest = address("guest")
    invited = await invite(api, team, team.owner, guest)

    api.clock.advance(days=7)
    [problem] = await refusals(api, guest, "acceptInvitation", token=invited["token"])

    assert problem["code"] == "INVITATION_EXPIRED"
    assert invited["expiresAt"] in problem["message"]


async def test_invitation_is_for_nobody_else(api: Api) -> None:
    team = await World(api).team()
    guest = address("guest")
    invited = await invite(api, team, team.owner, guest)

    assert await codes(api, address("thief"), "acceptInvitation", token=invited["token"]) == [
        "INVITATION_FOR_SOMEBODY_ELSE"
    ]
    await accept(api, guest, invited["token"])


async def test_link_that_was_tampered_with_is_not_valid(api: Api) -> None:
    team = await World(api).team()
    guest = address("guest")
    token = (await invite(api, team, team.owner, guest))["token"]
    header, payload, signature = token.split(".")

    for forged in ("", "x", f"{header}.{payload}.", f"{header}.{payload[:-2]}AA.{signature}", token[:-3], token + "A"):
        assert await codes(api, guest, "acceptInvitation", token=forged) == ["INVITATION_INVALID"], forged
    # A token that proves who somebody is opens no team.
    assert await codes(api, guest, "acceptInvitation", token=api.token(guest)) == ["INVITATION_INVALID"]


async def test_member_is_not_invited_again_and_cannot_join_twice(api: Api) -> None:
    team = await World(api).team()
    given = {"organizationId": team.id, "email": team.staff, "role": "STAFF"}

    assert await codes(api, team.owner, "inviteMember", **given) == ["ALREADY_MEMBER"]


async def test_manager_invites_staff_and_nobody_higher(api: Api) -> None:
    team = await World(api).team()

    await invite(api, team, team.manager, address("guest"))
    for role in ("MANAGER", "OWNER"):
        given = {"organizationId": team.id, "email": address("guest"), "role": role}
        [problem] = await refusals(api, team.manager, "inviteMember", **given)
        assert (problem["code"], problem["path"]) == ("ROLE_NOT_GRANTABLE", ["role"])


async def test_staff_and_strangers_invite_nobody(api: Api) -> None:
    team = await World(api).team()
    given = {"organizationId": team.id, "email": address("guest"), "role": "STAFF"}

    for by in (team.staff, address("stranger")):
        assert (await attempt(api, by, "inviteMember", "__typename", **given)).codes == ["FORBIDDEN"]


async def test_last_owner_can_neither_leave_nor_step_down(api: Api) -> None:
    team = await World(api).team()
    document = "query ($id: ID!) { organization(id: $id) { members { edges { node { id role } } } } }"
    seen = await api.run(document, {"id": team.id}, by=team.owner)
    [own] = [
        edge["node"]["id"] for edge in seen.data["organization"]["members"]["edges"] if edge["node"]["role"] == "OWNER"
    ]

    assert await codes(api, team.owner, "removeMember", id=own) == ["LAST_OWNER"]
    assert await codes(api, team.owner, "changeMemberRole", id=own, role="MANAGER") == ["LAST_OWNER"]
    email, _ = await second_owner(api, team)
    stepped_down = await change(api, team.owner, "changeMemberRole", "membership { role }", id=own, role="MANAGER")
    assert stepped_down["membership"]["role"] == "MANAGER"
    assert await codes(api, email, "deactivateAccount") == ["LAST_OWNER"]


async def test_deactivated_owner_can_be_sent_away_and_does_not_count(api: Api) -> None:
    team = await World(api).team()
    email, membership = await second_owner(api, team)
    await change(api, email, "deactivateAccount", "user { id }")

    assert await codes(api, team.owner, "deactivateAccount") == ["LAST_OWNER"]
    await change(api, team.owner, "changeMemberRole", "membership { role }", id=membership, role="STAFF")
    await change(api, team.owner, "removeMember", "organization { id }", id=membership)


async def test_member_leaves_and_loses_the_rights_at_once(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, published=False)

    await change(api, team.manager, "removeMember", "organization { id }", id=team.memberships["MANAGER"])

    answer = await attempt(api, team.manager, "updateEvent", "__typename", id=event.id, title="Still here")
    assert answer.codes == ["NOT_FOUND"]


async def test_leaving_again_under_the_same_key_is_answered_again(api: Api) -> None:
    team = await World(api).team()
    given = {"id": team.memberships["STAFF"], "idempotencyKey": "leave"}

    first = await change(api, team.staff, "removeMember", "organization { id }", **given)
    second = await change(api, team.staff, "removeMember", "organization { id }", **given)

    assert first == second


async def test_manager_neither_changes_roles_nor_sends_anybody_away(api: Api) -> None:
    team = await World(api).team()
    staff = team.memberships["STAFF"]

    changed = await attempt(api, team.manager, "changeMemberRole", "__typename", id=staff, role="MANAGER")
    removed = await attempt(api, team.manager, "removeMember", "__typename", id=staff)

    assert (changed.codes, removed.codes) == (["FORBIDDEN"], ["FORBIDDEN"])


async def test_role_that_stays_the_same_is_no_edit(api: Api) -> None:
    team = await World(api).team()

    given = {"id": team.memberships["STAFF"], "role": "STAFF"}
    payload = await change(api, team.owner, "changeMemberRole", "membership { version }", **given)

    assert payload["membership"]["version"] == 1


async def test_administrator_invites_to_any_team(api: Api) -> None:
    team = await World(api).team()
    admin = address("admin")
    await give_platform_role(api, admin, "ADMIN")

    invited = await invite(api, team, admin, address("guest"), "OWNER")

    assert invited["role"] == "OWNER"
