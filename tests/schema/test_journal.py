"""The journal through the API: every change explains itself, and the sums of its lines are the counters."""

import random
from typing import Any

import asyncpg

from tests.api import Api
from tests.world import REGISTER, World, address

HISTORY = """
query ($id: ID!) { event(id: $id) { history(first: 100) { totalCount edges { node {
  version kind reason requestId about actor { name } changes { field before after hidden } } } } } }
"""
UPDATE = "mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { problems { code } } }"
CANCEL = """
mutation ($input: CancelRegistrationInput!) { cancelRegistration(input: $input) { problems { code } } }
"""
PROFILE = "mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { problems { code } } }"
SUMS = """
SELECT pool.id, pool.confirmed AS counted,
    (SELECT coalesce(sum((line.data->'deltas'->(pool.id::text)->>'confirmed')::int), 0)
     FROM journal AS line WHERE line.stream_id = pool.event_id) AS told,
    (SELECT coalesce(sum(quantity), 0) FROM registrations AS r
     WHERE r.event_id = pool.event_id AND r.status = 'CONFIRMED'
       AND (pool.id = pool.event_id OR pool.id = r.ticket_tier_id)) AS recounted
FROM capacity_pools AS pool JOIN events AS event ON event.id = pool.event_id WHERE event.title = $1
"""


async def lines(api: Api, event_id: str, by: str) -> list[dict[str, Any]]:
    """The event's history, oldest first."""
    answer = await api.run(HISTORY, {"id": event_id}, by=by)
    return [edge["node"] for edge in answer.data["event"]["history"]["edges"]][::-1]


async def test_history_tells_who_what_why_before_and_after(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, title="Before")
    given = {"id": event.id, "title": "After", "reason": "A better name."}

    answer = await api.run(UPDATE, {"input": given}, by=team.manager)
    line = (await lines(api, event.id, team.owner))[-1]

    assert line["kind"] == "EventUpdated"
    assert line["changes"] == [{"field": "title", "before": "Before", "after": "After", "hidden": False}]
    assert line["reason"] == "A better name."
    assert line["about"] == event.id
    assert line["actor"]["name"]
    assert line["requestId"] == answer.headers["x-request-id"]


async def test_versions_are_gapless_and_a_refused_command_leaves_no_line(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, capacity=2)
    await world.register(event, address("guest"), quantity=2)

    refused = {"eventId": event.id, "ticketTierId": event.tiers["Standard"], "quantity": 1}
    await api.run(REGISTER, {"input": refused}, by=address("late"))
    await api.run(UPDATE, {"input": {"id": event.id, "capacity": 1}}, by=team.manager)
    told = await lines(api, event.id, team.owner)

    assert [line["version"] for line in told] == list(range(1, len(told) + 1))
    assert [line["kind"] for line in told] == [
        "EventCreated",
        "TicketTierCreated",
        "EventApproved",
        "EventPublished",
        "PlacesConfirmed",
    ]


async def test_a_reason_is_for_those_whom_it_concerns(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team)
    guest = address("guest")
    registration = await world.register(event, guest)
    await world.do(CANCEL, "cancelRegistration", guest, id=registration, reason="I am ill.")
    own = "query ($id: ID!) { node(id: $id) { ... on Registration { history { edges { node { kind reason } } } } } }"

    mine = (await api.run(own, {"id": registration}, by=guest)).data["node"]["history"]["edges"]
    manager = (await lines(api, event.id, team.manager))[-1]["reason"]
    staff = (await lines(api, event.id, team.staff))[-1]["reason"]

    assert mine[0]["node"] == {"kind": "PlacesCancelled", "reason": "I am ill."}
    assert (manager, staff) == ("I am ill.", None)


async def test_personal_values_stay_out_of_the_open_part(api: Api) -> None:
    me = address("me")
    await World(api).do(PROFILE, "updateProfile", me, name="A private name")
    url = api.settings.database_url
    assert url is not None

    connection = await asyncpg.connect(url.get_secret_value())
    try:
        leaked = await connection.fetchval("SELECT count(*) FROM journal WHERE data::text LIKE '%A private name%'")
        kept = await connection.fetchval(
            "SELECT count(*) FROM journal_private WHERE data::text LIKE '%A private name%'"
        )
    finally:
        await connection.close()

    assert (leaked, kept) == (0, 1)


async def test_the_sum_of_all_lines_is_the_counter(api: Api) -> None:
    world = World(api)
    team = await world.team()
    chance = random.Random(11)  # noqa: S311 - repeatable, not secret
    title = f"Ledger {chance.random()}"
    event = await world.event(team, title=title, capacity=12, tiers={"A": {"quota": 8}, "B": {"quota": 8}})
    guests = [address("guest") for _ in range(6)]
    held: list[tuple[str, str]] = []

    for _ in range(60):
        if held and chance.random() < 0.4:
            guest, registration = held.pop(chance.randrange(len(held)))
            await world.do(CANCEL, "cancelRegistration", guest, id=registration)
            continue
        guest, tier = chance.choice(guests), chance.choice(["A", "B"])
        given = {"eventId": event.id, "ticketTierId": event.tiers[tier], "quantity": chance.randint(1, 4)}
        answer = await api.run(REGISTER, {"input": given}, by=guest)
        if made := answer.data["register"]["registration"]:
            held.append((guest, made["id"]))

    url = api.settings.database_url
    assert url is not None
    connection = await asyncpg.connect(url.get_secret_value())
    try:
        pools = await connection.fetch(SUMS, title)
    finally:
        await connection.close()
    assert len(pools) == 3
    assert all(pool["counted"] == pool["told"] == pool["recounted"] for pool in pools)
