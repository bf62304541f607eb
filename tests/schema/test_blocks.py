"""Places that organizers keep back: all of them or none, for a reason, and free again when their time has come."""

from typing import Any

import pytest

from tests.api import Api
from tests.commands import attempt, change, codes, refusals
from tests.schema.sales import entry_of, listed, places, story_of, used, version_of
from tests.world import Listed, address

BLOCK = "capacityBlock { id quantity owner reason releaseAt releasedAt version pools { name kind } createdBy { name } }"
BLOCKS = "query ($id: ID!) { event(id: $id) { capacityBlocks(first: 10) { edges { node { id releasedAt } } } } }"


def block(event: Listed, quantity: int = 2, **more: Any) -> dict[str, Any]:
    given = {"eventId": event.id, "quantity": quantity, "owner": "Sponsor", "reason": "Promised."}
    return {**given, "ticketTierId": event.tiers["Standard"], **more}


async def test_places_of_a_tier_are_kept_back_from_all_its_pools(api: Api) -> None:
    _, team, event = await listed(api, capacity=5, tiers={"Standard": {"quota": 3}})

    made = (await change(api, team.manager, "blockPlaces", BLOCK, **block(event)))["capacityBlock"]

    title = made["pools"][0].pop("name")
    assert title.startswith("Event ")
    assert made | {"id": "", "createdBy": None} == {
        "id": "",
        "quantity": 2,
        "owner": "Sponsor",
        "reason": "Promised.",
        "releaseAt": None,
        "releasedAt": None,
        "version": 1,
        "pools": [{"kind": "EVENT"}, {"name": "Standard", "kind": "TICKET_TIER"}],
        "createdBy": None,
    }
    assert made["createdBy"] is not None
    assert await used(api, event) == {"blocked": 2, "available": 3}
    [problem] = await refusals(api, address("guest"), "register", **places(event, quantity=2))
    assert (problem["code"], problem["params"]) == ("SOLD_OUT", {"asked": 2, "available": 1})


async def test_places_of_one_pool_are_kept_back_from_it_only(api: Api) -> None:
    world, team, event = await listed(api, capacity=5)
    pool = await world.pool(event, team.manager, name="Seats", capacity=4)

    given = {**block(event), "ticketTierId": None, "capacityPoolId": pool}
    made = (await change(api, team.manager, "blockPlaces", BLOCK, **given))["capacityBlock"]

    assert made["pools"] == [{"name": "Seats", "kind": "SHARED"}]
    assert await used(api, event) == {"available": 5}


async def test_more_than_is_left_cannot_be_kept_back(api: Api) -> None:
    world, team, event = await listed(api, capacity=3)
    await world.register(event, address("guest"), quantity=2)
    version = await version_of(api, event)

    [problem] = await refusals(api, team.manager, "blockPlaces", **block(event))

    assert (problem["code"], problem["params"]) == ("SOLD_OUT", {"asked": 2, "available": 1})
    assert await version_of(api, event) == version


async def test_released_places_go_to_those_who_wait(api: Api) -> None:
    world, team, event = await listed(api, capacity=2)
    blocked = await world.block(event, team.manager, quantity=2)
    entry = await world.wait(event, guest := address("guest"), quantity=2)

    released = await change(api, team.manager, "releaseBlock", BLOCK, id=blocked, expectedVersion=1)
    [again] = await refusals(api, team.manager, "releaseBlock", id=blocked)

    assert released["capacityBlock"]["releasedAt"] == api.clock.now.isoformat()
    assert released["capacityBlock"]["version"] == 2
    assert again["code"] == "BLOCK_RELEASED"
    assert released["capacityBlock"]["releasedAt"] in again["message"]
    assert (await entry_of(api, guest, entry))["status"] == "OFFERED"


async def test_places_are_given_back_by_themselves_when_their_time_has_come(api: Api) -> None:
    world, team, event = await listed(api, capacity=1)
    blocked = await world.block(event, team.manager, releaseAt="2026-11-24T12:00:00Z")
    assert await codes(api, address("early"), "register", **places(event)) == ["SOLD_OUT"]

    api.clock.advance(days=1)
    await world.register(event, address("guest"))

    answer = await api.run(BLOCKS, {"id": event.id}, by=team.staff)
    assert answer.data["event"]["capacityBlocks"]["edges"] == [
        {"node": {"id": blocked, "releasedAt": api.clock.now.isoformat()}}
    ]
    told = [line for line in await story_of(api, team.manager, event.id) if "locked" in line["kind"]]
    assert [(line["kind"], line["about"], line["reason"]) for line in told] == [
        ("PlacesBlocked", blocked, "Promised."),
        ("PlacesUnblocked", blocked, None),
    ]


async def test_what_is_kept_back_is_listed_newest_first_and_not_for_guests(api: Api) -> None:
    world, team, event = await listed(api)
    first = await world.block(event, team.manager)
    api.clock.advance(minutes=1)
    second = await world.block(event, team.manager)

    answer = await api.run(BLOCKS, {"id": event.id}, by=team.staff)
    refused = await api.run(BLOCKS, {"id": event.id}, by=address("guest"))
    hidden = await api.run("query ($id: ID!) { node(id: $id) { id } }", {"id": first}, by=address("guest"))

    assert [edge["node"]["id"] for edge in answer.data["event"]["capacityBlocks"]["edges"]] == [second, first]
    assert refused.codes == ["FORBIDDEN"]
    assert hidden.data["node"] is None


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"quantity": 0}, "OUT_OF_RANGE", ["quantity"]),
        ({"quantity": -3}, "OUT_OF_RANGE", ["quantity"]),
        ({"quantity": 100_001}, "OUT_OF_RANGE", ["quantity"]),
        ({"owner": " "}, "REQUIRED", ["owner"]),
        ({"reason": ""}, "REQUIRED", ["reason"]),
        ({"reason": "!" * 1001}, "TOO_LONG", ["reason"]),
        ({"ticketTierId": None}, "INVALID", ["ticketTierId"]),
        ({"releaseAt": "2026-11-23T12:00:00Z"}, "IN_THE_PAST", ["releaseAt"]),
    ],
)
async def test_what_is_wrong_with_a_block_is_told(api: Api, given: dict[str, Any], code: str, path: list[str]) -> None:
    _, team, event = await listed(api)

    [problem] = await refusals(api, team.manager, "blockPlaces", **block(event, **given))

    assert (problem["code"], problem["path"]) == (code, path)


async def test_tiers_and_pools_of_other_events_cannot_be_blocked(api: Api) -> None:
    world, team, event = await listed(api)
    other = await world.event(team)
    foreign = await world.pool(other, team.manager)

    tier = block(event, ticketTierId=other.tiers["Standard"])
    pool = block(event, ticketTierId=None, capacityPoolId=foreign)
    both = block(event, capacityPoolId=await world.pool(event, team.manager))

    assert await codes(api, team.manager, "blockPlaces", **tier) == ["TICKET_TIER_UNKNOWN"]
    assert await codes(api, team.manager, "blockPlaces", **pool) == ["CAPACITY_POOL_UNKNOWN"]
    assert await codes(api, team.manager, "blockPlaces", **both) == ["INVALID"]


async def test_the_same_block_under_one_key_is_one_block(api: Api) -> None:
    _, team, event = await listed(api, capacity=5)
    given = {**block(event), "idempotencyKey": "block"}

    first = await change(api, team.manager, "blockPlaces", BLOCK, **given)
    again = await change(api, team.manager, "blockPlaces", BLOCK, **given)

    assert first["capacityBlock"]["id"] == again["capacityBlock"]["id"]
    assert await used(api, event) == {"blocked": 2, "available": 3}
    assert await codes(api, team.manager, "blockPlaces", **{**given, "quantity": 1}) == ["IDEMPOTENCY_KEY_REUSED"]


async def test_staff_keep_nothing_back(api: Api) -> None:
    _, team, event = await listed(api)

    assert (await attempt(api, team.staff, "blockPlaces", BLOCK, **block(event))).codes == ["FORBIDDEN"]
