"""History: who did what, when, why, before and after; and the sum of the lines is what the counters say."""

import random
from typing import Any

import asyncpg
import pytest

from tests.api import Api
from tests.books import prove_books
from tests.commands import attempt, change, codes, told
from tests.world import World, address

LINES = """
history(first: 100) { edges { node {
  version kind at about reason requestId actor { name email } changes { field before after hidden }
} } }
"""
COUNTS = """
SELECT (SELECT count(*) FROM journal) AS lines, (SELECT count(*) FROM journal_private) AS private,
  (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM ticket_tiers) AS tiers,
  (SELECT count(*) FROM capacity_pools) AS pools, (SELECT count(*) FROM registrations) AS registrations,
  (SELECT count(*) FROM organizations) AS organizations, (SELECT count(*) FROM memberships) AS memberships,
  (SELECT count(*) FROM invitations) AS invitations, (SELECT count(*) FROM venues) AS venues,
  (SELECT sum(stream_version) FROM event_heads) AS versions, (SELECT max(xmin::text::bigint) FROM events) AS written
"""


async def lines(api: Api, typename: str, node_id: str, by: str) -> list[dict[str, Any]]:
    """The history of an object, oldest first."""
    document = f"query ($id: ID!) {{ node(id: $id) {{ ... on {typename} {{ {LINES} }} }} }}"
    answer = await api.run(document, {"id": node_id}, by=by)
    return [edge["node"] for edge in reversed(answer.data["node"]["history"]["edges"])]


def changed(line: dict[str, Any]) -> dict[str, list[Any]]:
    return {change["field"]: [change["before"], change["after"]] for change in line["changes"]}


async def test_event_tells_who_did_what_when_why_before_and_after(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, published=False, capacity=10, title="Before")
    tier = event.tiers["Standard"]
    guest = address("guest")
    api.clock.advance(minutes=1)
    await change(api, team.owner, "updateEvent", "event { id }", id=event.id, title="After", reason="A typo.")
    await change(api, team.manager, "updateEvent", "event { id }", id=event.id, capacity=20)
    await change(api, team.manager, "updateTicketTier", "ticketTier { id }", id=tier, quota=5)
    await world.move(event.id, "submit", team.manager)
    await world.move(event.id, "publish", team.manager)
    api.clock.advance(minutes=1)
    held = await world.register(event, guest, quantity=2)
    await change(api, guest, "cancelRegistration", "registration { id }", id=held, reason="Ill.")

    story = await lines(api, "Event", event.id, team.manager)

    assert [line["version"] for line in story] == list(range(1, 10))
    assert [(line["kind"], line["about"]) for line in story] == [
        ("EventCreated", event.id),
        ("TicketTierCreated", tier),
        ("EventUpdated", event.id),
        ("CapacityChanged", event.id),
        ("CapacityChanged", tier),
        ("EventApproved", event.id),
        ("EventPublished", event.id),
        ("PlacesConfirmed", held),
        ("PlacesCancelled", held),
    ]
    assert changed(story[0])["title"] == [None, "Before"]
    # What it began with is told as clients know it, and what it began without is not told.
    assert changed(story[0])["organizationId"] == [None, team.id]
    assert None not in {after for _, after in map(tuple, changed(story[0]).values()) if not isinstance(after, list)}
    assert changed(story[2]) == {"title": ["Before", "After"]}
    assert (story[2]["reason"], story[2]["at"]) == ("A typo.", "2026-11-23T12:01:00+00:00")
    assert changed(story[3]) == {"capacity": [10, 20]}
    assert changed(story[4]) == {"quota": [None, 5]}
    assert changed(story[5])["status"] == ["DRAFT", "APPROVED"]
    assert (story[8]["reason"], story[8]["at"]) == ("Ill.", "2026-11-23T12:02:00+00:00")
    assert [line["reason"] for line in story[3:8]] == [None] * 5
    own = await lines(api, "Registration", held, guest)
    assert [(line["kind"], line["actor"]["email"]) for line in own] == [
        ("PlacesConfirmed", guest),
        ("PlacesCancelled", guest),
    ]


async def test_team_is_told_by_kind_and_role(api: Api) -> None:
    world = World(api)
    team = await world.team()
    venue = await world.venue(team)
    await change(api, team.owner, "updateVenue", "venue { id }", id=venue, name="Big hall")
    await change(api, team.owner, "updateOrganization", "organization { id }", id=team.id, name="New name")
    staff = team.memberships["STAFF"]
    await change(api, team.owner, "changeMemberRole", "membership { id }", id=staff, role="MANAGER")
    await change(api, team.owner, "removeMember", "organization { id }", id=staff)

    story = await lines(api, "Organization", team.id, team.owner)

    assert [line["kind"] for line in story] == [
        "OrganizationCreated",
        "MemberJoined",
        "MemberInvited",
        "MemberJoined",
        "MemberInvited",
        "MemberJoined",
        "VenueCreated",
        "VenueUpdated",
        "OrganizationUpdated",
        "MemberRoleChanged",
        "MemberRemoved",
    ]
    assert [line["version"] for line in story] == list(range(1, 12))
    assert changed(story[7]) == {"name": ["Hall", "Big hall"]}
    assert changed(story[9]) == {"role": ["STAFF", "MANAGER"]}
    assert changed(story[10]) == {"role": ["MANAGER", None]}
    # The invited address is personal: it is named, and its value is nowhere in the story.
    assert team.staff not in str([line["changes"] for line in story])


async def test_account_tells_its_holder_the_personal_values(api: Api) -> None:
    guest = address("guest")
    user_id = (await api.run("{ viewer { id } }", by=guest)).data["viewer"]["id"]
    await change(api, guest, "updateProfile", "user { id }", name="New Name", locale="sl")
    await change(api, guest, "updatePreferences", "user { id }", theme="DARK")

    story = await lines(api, "User", user_id, guest)

    assert [line["kind"] for line in story] == ["UserProvisioned", "ProfileUpdated", "PreferencesUpdated"]
    assert changed(story[0])["email"] == [None, guest]
    assert changed(story[1])["name"][1] == "New Name"
    assert changed(story[1])["locale"] == [None, "sl"]
    assert changed(story[2])["preferences"][1] == {"theme": "DARK"}


async def test_personal_values_are_kept_apart_from_the_lines(fresh_api: Api, fresh_database_url: str) -> None:
    guest = address("guest")
    await change(fresh_api, guest, "updateProfile", "user { id }", name="Very Private Person")
    world = World(fresh_api)
    event = await world.event(await world.team())
    held = await world.register(event, guest)
    await change(fresh_api, guest, "cancelRegistration", "registration { id }", id=held, reason="My own illness.")

    database = await asyncpg.connect(fresh_database_url)
    try:
        public = str([tuple(row) for row in await database.fetch("SELECT data::text FROM journal")])
        private = str([tuple(row) for row in await database.fetch("SELECT data::text FROM journal_private")])
    finally:
        await database.close()
    for secret in ("Very Private Person", guest, "My own illness."):
        assert secret not in public
        assert secret in private


async def test_line_carries_the_request_that_the_answer_names(api: Api) -> None:
    owner = address("owner")
    document = 'mutation { createOrganization(input: { name: "Club" }) { organization { id } } }'
    by = {"authorization": f"Bearer {api.token(owner)}", "x-request-id": "trace-7.of_mine"}

    own = await api.run(document, by=owner)
    named = await api.http.post("/graphql", json={"query": document}, headers=by)

    for request_id, body in ((own.headers["x-request-id"], own.body), (named.headers["x-request-id"], named.json())):
        story = await lines(api, "Organization", body["data"]["createOrganization"]["organization"]["id"], owner)
        assert {line["requestId"] for line in story} == {request_id}
    assert named.headers["x-request-id"] == "trace-7.of_mine"


async def test_refused_commands_leave_no_line_and_no_row(fresh_api: Api, fresh_database_url: str) -> None:
    api, world = fresh_api, World(fresh_api)
    team = await world.team()
    event = await world.event(team, capacity=1)
    guest, stranger = address("guest"), address("stranger")
    held = await world.register(event, guest)
    await api.run("{ viewer { id } }", by=stranger)
    database = await asyncpg.connect(fresh_database_url)
    place = {"eventId": event.id, "ticketTierId": event.tiers["Standard"], "quantity": 1}
    try:
        before = await database.fetchrow(COUNTS)
        assert await codes(api, guest, "register", **place) == ["SOLD_OUT"]
        assert await codes(api, guest, "register", **place, idempotencyKey="k") == ["SOLD_OUT"]
        assert await codes(api, team.manager, "submitEvent", id=event.id) == ["TRANSITION_NOT_ALLOWED"]
        assert await codes(api, team.manager, "updateEvent", id=event.id, title="", idempotencyKey="e") == ["REQUIRED"]
        assert await codes(api, team.manager, "updateEvent", id=event.id, title="T", capacity=0) == ["OUT_OF_RANGE"]
        assert await codes(api, team.manager, "updateEvent", id=event.id, title="T", expectedVersion=1) == [
            "VERSION_CONFLICT"
        ]
        assert await told(api, stranger, "cancelRegistration", id=held) == "NOT_FOUND"
        assert await told(api, stranger, "cancelEvent", id=event.id) == "FORBIDDEN"
        assert await told(api, team.staff, "updateOrganization", id=team.id, name="Mine") == "FORBIDDEN"
        copied = await attempt(api, team.manager, "copyEvent", "__typename", id=event.id, slug="Not a slug")
        assert copied.problems("copyEvent") == ["INVALID"]
        assert await database.fetchrow(COUNTS) == before
    finally:
        await database.close()


@pytest.mark.parametrize("seed", range(3))
async def test_sum_of_the_lines_is_what_the_counters_say_after_anything(
    fresh_api: Api, fresh_database_url: str, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a test's dice, the same in every run
    api, world = fresh_api, World(fresh_api)
    team = await world.team()
    event = await world.event(team, capacity=12, tiers={"A": {"quota": 5}, "B": {"perPersonLimit": 4}, "C": {}})
    guests = [address("guest") for _ in range(4)]
    held: list[tuple[str, str]] = []
    for _ in range(40):
        guest = chance.choice(guests)
        match chance.choice(["register", "register", "register", "cancel", "cancel", "resize", "quota"]):
            case "register":
                place = {"eventId": event.id, "ticketTierId": event.tiers[chance.choice("ABC")]}
                answer = await attempt(
                    api, guest, "register", "registration { id }", **place, quantity=chance.randint(1, 4)
                )
                if made := answer.data["register"]["registration"]:
                    held.append((guest, made["id"]))
            case "cancel" if held:
                owner, registration = chance.choice(held)
                await told(api, owner, "cancelRegistration", id=registration)
            case "quota":
                await told(api, team.manager, "updateTicketTier", id=event.tiers["A"], quota=chance.randint(0, 9))
            case _:
                await told(api, team.manager, "updateEvent", id=event.id, capacity=chance.randint(1, 20))
    assert len(held) > 5

    database = await asyncpg.connect(fresh_database_url)
    try:
        await prove_books(database)
    finally:
        await database.close()
