"""The ledger through the API: the proof of an event's capacity, and what its capacity looked like before."""

from typing import Any

import pytest

from domain.registrations import HoldPlaces, Register
from tests.api import Answer, Api
from tests.commands import change
from tests.desk import Desk, Stall, desk_of
from tests.world import World, address, give_platform_role

PROOF = """
query ($id: ID!) {
  capacityProof(eventId: $id) {
    event { id } version isSound registrations unevenRegistrations
    waiting { stored counted told agrees } lines { stored counted told }
    pools {
      poolId pool { id name } capacity { stored counted told agrees } overbooking { stored told }
      confirmed { stored counted told agrees } held { stored counted told } offered { stored counted told }
      blocked { stored counted told } checkedIn { stored counted told }
    }
    differences { matter poolId registrationId tally { stored counted told } message }
  }
}
"""
AS_OF = """
query ($id: ID!, $at: DateTime) {
  event(id: $id) { capacityStatus(asOf: $at) { capacity confirmed held available soldOut waitlisted version } }
}
"""


async def proof(api: Api, stall: Stall, by: str | None) -> Answer:
    return await api.run(PROOF, {"id": stall.listed.id}, by=by)


async def as_of(api: Api, stall: Stall, at: str | None, by: str | None) -> dict[str, Any]:
    return (await api.run(AS_OF, {"id": stall.listed.id, "at": at}, by=by)).data["event"]["capacityStatus"]


async def sold(desk: Desk) -> Stall:
    """An event of ten places, three of them confirmed and two held."""
    stall = await desk.stall(capacity=10, tiers={"Floor": {"quota": 6}})
    await desk.ask(Register(stall.id, stall.tiers["Floor"], 3), await desk.guest())
    await desk.ask(HoldPlaces(stall.id, stall.tiers["Floor"], 2), await desk.guest())
    return stall


async def test_proof_shows_every_number_three_times(fresh_api: Api) -> None:
    async with desk_of(fresh_api) as desk:
        stall = await sold(desk)

        found = (await proof(fresh_api, stall, stall.team.staff)).data["capacityProof"]

    assert found["event"] == {"id": stall.listed.id}
    assert (found["isSound"], found["differences"]) == (True, [])
    assert (found["registrations"], found["unevenRegistrations"]) == (2, 0)
    assert found["waiting"] == {"stored": 0, "counted": 0, "told": 0, "agrees": True}
    assert found["lines"] == dict.fromkeys(("stored", "counted", "told"), found["version"])
    own, floor = found["pools"]
    assert own["pool"]["id"] == own["poolId"]
    assert floor["pool"]["name"] == "Floor"
    assert own["capacity"] == {"stored": 10, "counted": None, "told": 10, "agrees": True}
    assert floor["capacity"] == {"stored": 6, "counted": None, "told": 6, "agrees": True}
    for pool in (own, floor):
        assert pool["confirmed"] == {"stored": 3, "counted": 3, "told": 3, "agrees": True}
        assert pool["held"] == {"stored": 2, "counted": 2, "told": 2}
        assert pool["checkedIn"] == pool["offered"] == pool["blocked"] == {"stored": 0, "counted": 0, "told": 0}


async def test_damage_by_hand_is_named_with_its_numbers(fresh_api: Api) -> None:
    async with desk_of(fresh_api) as desk:
        stall = await sold(desk)
        await desk.value("UPDATE capacity_pools SET confirmed = 4 WHERE id = $1 RETURNING id", stall.tiers["Floor"])
        await desk.value("UPDATE tickets SET status = 'CANCELLED' WHERE event_id = $1 RETURNING id", stall.id)

        found = (await proof(fresh_api, stall, stall.team.owner)).data["capacityProof"]

    pool, tickets = found["differences"]
    assert not found["isSound"]
    assert pool["poolId"] == found["pools"][1]["poolId"]
    assert (pool["matter"], pool["tally"]) == ("CONFIRMED", {"stored": 4, "counted": 3, "told": 3})
    assert pool["message"] == f"Floor {stall.tiers['Floor']}: confirmed: counter 4, rows 3, journal 3"
    assert (tickets["matter"], tickets["tally"]) == ("TICKETS", {"stored": 3, "counted": 0, "told": None})
    assert tickets["registrationId"].startswith("reg_")
    assert found["unevenRegistrations"] == 1


async def test_pool_whose_counters_are_gone_is_still_told_of(fresh_api: Api) -> None:
    async with desk_of(fresh_api) as desk:
        stall = await sold(desk)
        await desk.value("DELETE FROM capacity_pools WHERE id = $1 RETURNING id", stall.tiers["Floor"])

        found = (await proof(fresh_api, stall, stall.team.owner)).data["capacityProof"]

    assert [pool["pool"] is None for pool in found["pools"]] == [False, True]
    assert [difference["matter"] for difference in found["differences"]] == ["POOL"]


async def test_proofs_of_several_events_take_one_statement(fresh_api: Api) -> None:
    async with desk_of(fresh_api) as desk:
        team = await World(fresh_api).team()
        stalls = [await desk.stall(team=team) for _ in range(3)]
    fields = " ".join(
        f'e{n}: capacityProof(eventId: "{stall.listed.id}") {{ isSound }}' for n, stall in enumerate(stalls)
    )

    answer = await fresh_api.run(f"{{ {fields} }}", by=team.staff)

    assert [found["isSound"] for found in answer.data.values()] == [True] * 3
    assert sum("capacity_blocks" in sql for sql in answer.sql) == 1


async def test_capacity_of_an_earlier_time_is_what_it_was_then(fresh_api: Api) -> None:
    clock = fresh_api.clock
    async with desk_of(fresh_api) as desk:
        stall = await desk.stall(capacity=5)
        clock.advance(minutes=1)
        await desk.ask(Register(stall.id, stall.tiers["Standard"], 5), await desk.guest())
        sold_out_at = clock.now
        clock.advance(minutes=1)
        await change(fresh_api, stall.team.manager, "updateEvent", "event { id }", id=stall.listed.id, capacity=8)
    by = stall.team.staff

    before = await as_of(fresh_api, stall, "2026-11-23T12:00:30Z", by)
    then = await as_of(fresh_api, stall, sold_out_at.isoformat(), by)
    now = await as_of(fresh_api, stall, None, None)

    assert {name: before[name] for name in ("capacity", "confirmed", "available")} == {
        "capacity": 5,
        "confirmed": 0,
        "available": 5,
    }
    assert (then["capacity"], then["available"], then["soldOut"]) == (5, 0, True)
    assert (now["capacity"], now["available"], now["soldOut"]) == (8, 3, False)
    assert before["version"] < then["version"] < now["version"]
    assert await as_of(fresh_api, stall, clock.now.isoformat(), by) == now


async def test_the_past_is_for_the_team_and_the_present_for_everybody(fresh_api: Api) -> None:
    async with desk_of(fresh_api) as desk:
        stall = await desk.stall(capacity=5)
    variables = {"id": stall.listed.id, "at": fresh_api.clock.now.isoformat()}
    await give_platform_role(fresh_api, analyst := address("analyst"), "ANALYST")

    for by in (stall.team.staff, stall.team.manager, stall.team.owner, analyst):
        assert (await fresh_api.run(AS_OF, variables, by=by)).data["event"]["capacityStatus"]["capacity"] == 5
    for by, code in ((None, "UNAUTHENTICATED"), (address("attendee"), "FORBIDDEN")):
        answer = await fresh_api.run(AS_OF, variables, by=by)
        assert answer.codes == [code]
        assert answer.errors[0]["path"] == ["event", "capacityStatus"]
        assert (await as_of(fresh_api, stall, None, by))["capacity"] == 5


@pytest.mark.parametrize("at", ["2026-11-23T11:59:59Z", "2026-11-23T12:00:01Z", "0001-01-01T00:00:00Z"])
async def test_where_there_is_no_past_to_tell_of_is_bad_input(fresh_api: Api, at: str) -> None:
    async with desk_of(fresh_api) as desk:
        stall = await desk.stall()

    answer = await fresh_api.run(AS_OF, {"id": stall.listed.id, "at": at}, by=stall.team.staff)

    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.errors[0]["path"] == ["event", "capacityStatus"]


async def test_earlier_capacity_of_many_events_takes_as_many_statements_as_of_one(fresh_api: Api) -> None:
    async with desk_of(fresh_api) as desk:
        team = await World(fresh_api).team()
        for _ in range(4):
            await desk.stall(team=team)
    at = fresh_api.clock.now.isoformat()
    page = "edges { node { capacityStatus(asOf: $at) { confirmed } } }"
    document = f"query ($first: Int, $at: DateTime) {{ events(first: $first) {{ {page} }} }}"

    one, four = [await fresh_api.run(document, {"first": first, "at": at}, by=team.staff) for first in (1, 4)]

    assert len(four.data["events"]["edges"]) == 4
    assert len(one.sql) == len(four.sql)
