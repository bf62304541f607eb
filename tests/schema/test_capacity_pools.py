"""Capacity pools through the API: shared, overbooked on purpose, resized no lower than what is taken."""

from typing import Any

import pytest

from tests.api import Api
from tests.commands import change, codes, refusals
from tests.schema.sales import listed, places, story_of, used, version_of
from tests.world import Listed, Team, World, address

POOL = "capacityPool { id name kind capacity overbooking available version ticketTiers { name } }"
TIERS = "query ($id: ID!) { event(id: $id) { ticketTiers { name available capacityPools { name } } } }"
TWO = ("Hall", "Stream")


async def sharing(api: Api, capacity: int | None = 2, **details: Any) -> tuple[World, Team, Listed, str]:
    """An event of which two tiers share a pool."""
    world, team, event = await listed(api, tiers={name: {} for name in TWO}, **details)
    pool = await world.pool(event, team.manager, name="Seats", capacity=capacity)
    for tier in event.tiers.values():
        await draw(api, team, tier, pool)
    return world, team, event, pool


async def draw(api: Api, team: Team, tier: str, *pools: str) -> dict[str, Any]:
    given = {"id": tier, "capacityPoolIds": list(pools)}
    return (await change(api, team.manager, "setTicketTierPools", "ticketTier { version available }", **given))[
        "ticketTier"
    ]


async def tiers(api: Api, event: Listed) -> list[dict[str, Any]]:
    return (await api.run(TIERS, {"id": event.id})).data["event"]["ticketTiers"]


async def available(api: Api, event: Listed) -> list[int | None]:
    return [tier["available"] for tier in await tiers(api, event)]


async def test_a_new_pool_is_shared_by_nobody_yet(api: Api) -> None:
    _, team, event = await listed(api)

    made = await change(
        api, team.manager, "createCapacityPool", POOL, eventId=event.id, name=" Seats ", capacity=5, overbooking=1
    )

    assert made["capacityPool"].pop("id").startswith("pool_")
    assert made["capacityPool"] == {
        "name": "Seats",
        "kind": "SHARED",
        "capacity": 5,
        "overbooking": 1,
        "available": 6,
        "version": 1,
        "ticketTiers": [],
    }
    told = (await story_of(api, team.manager, event.id))[-1]
    assert (told["kind"], told["about"][:5]) == ("CapacityPoolCreated", "pool_")


async def test_tiers_that_share_a_pool_sell_its_places_together(api: Api) -> None:
    world, _, event, _ = await sharing(api)

    await world.register(event, address("first"), tier="Hall")
    await world.register(event, address("second"), tier="Stream")
    [problem] = await refusals(api, address("third"), "register", **places(event, "Stream"))

    assert (problem["code"], problem["params"]) == ("SOLD_OUT", {"asked": 1, "available": 0})
    assert await available(api, event) == [0, 0]
    names = [[pool["name"] for pool in tier["capacityPools"]][1:] for tier in await tiers(api, event)]
    assert names == [["Hall", "Seats"], ["Stream", "Seats"]]


async def test_an_unlimited_shared_pool_limits_nothing(api: Api) -> None:
    _, _, event, _ = await sharing(api, capacity=None)

    assert await available(api, event) == [None, None]


async def test_the_least_of_all_pools_is_what_is_left(api: Api) -> None:
    world, _, event, _ = await sharing(api, capacity=3)
    await world.register(event, address("first"), tier="Hall", quantity=2)

    assert await available(api, event) == [1, 1]
    assert await used(api, event) == {"confirmed": 2, "available": None}


async def test_events_without_places_in_their_shared_pools_are_not_found_as_available(api: Api) -> None:
    world, team, event, _ = await sharing(api, capacity=1, category=f"Pools {address('x')}")
    document = "query ($c: [String!]) { events(filter: { category: $c, hasAvailability: true }) { totalCount } }"
    shown = await api.run("query ($id: ID!) { event(id: $id) { category } }", {"id": event.id})
    category = [shown.data["event"]["category"]]

    before = await api.run(document, {"c": category})
    await world.register(event, address("guest"), tier="Hall")
    after = await api.run(document, {"c": category})
    await draw(api, team, event.tiers["Stream"])
    free = await api.run(document, {"c": category})

    assert [answer.data["events"]["totalCount"] for answer in (before, after, free)] == [1, 0, 1]


async def test_what_a_tier_has_sold_moves_with_it_or_nothing_does(api: Api) -> None:
    world, team, event = await listed(api, tiers={name: {} for name in TWO})
    await world.register(event, address("guest"), tier="Hall", quantity=3)
    small = await world.pool(event, team.manager, name="Small", capacity=2)
    large = await world.pool(event, team.manager, name="Large", capacity=5)

    given = {"id": event.tiers["Hall"], "capacityPoolIds": [small, large]}
    [problem] = await refusals(api, team.manager, "setTicketTierPools", **given)
    drawn = await draw(api, team, event.tiers["Hall"], large)

    assert (problem["code"], problem["path"]) == ("SOLD_OUT", ["capacityPoolIds"])
    assert problem["params"] == {"asked": 3, "available": 2}
    assert (drawn["available"], drawn["version"]) == (2, 2)
    assert (await draw(api, team, event.tiers["Hall"]))["available"] is None
    told = (await story_of(api, team.manager, event.id))[-1]
    assert told["changes"] == [{"field": "sharedPoolIds", "before": [large], "after": []}]


async def test_pools_of_other_events_and_other_kinds_are_not_shared(api: Api) -> None:
    world, team, event, _ = await sharing(api)
    other = await world.event(team)
    foreign = await world.pool(other, team.manager)
    shown = await api.run("query ($id: ID!) { event(id: $id) { capacityPools { id } } }", {"id": event.id})
    own = shown.data["event"]["capacityPools"][0]["id"]

    for pool in (foreign, own):
        given = {"id": event.tiers["Hall"], "capacityPoolIds": [pool]}
        assert await codes(api, team.manager, "setTicketTierPools", **given) == ["CAPACITY_POOL_UNKNOWN"]


async def test_a_pool_is_resized_no_lower_than_what_is_taken(api: Api) -> None:
    world, team, event, pool = await sharing(api, capacity=5)
    await world.register(event, address("first"), tier="Hall", quantity=2)
    await world.hold(event, address("second"), tier="Stream")
    version = await version_of(api, event)

    [problem] = await refusals(api, team.manager, "updateCapacityPool", id=pool, capacity=2)
    assert (problem["code"], problem["path"]) == ("CAPACITY_TAKEN", ["capacity"])
    assert problem["params"] == {"taken": 3, "asked": 2}
    assert await version_of(api, event) == version
    resized = await change(
        api, team.manager, "updateCapacityPool", POOL, id=pool, capacity=3, reason="Wheelchairs.", expectedVersion=1
    )

    assert (resized["capacityPool"]["capacity"], resized["capacityPool"]["available"]) == (3, 0)
    told = (await story_of(api, team.manager, event.id))[-1]
    assert (told["kind"], told["about"], told["reason"]) == ("CapacityPoolUpdated", pool, "Wheelchairs.")
    assert told["changes"] == [{"field": "capacity", "before": 5, "after": 3}]
    assert await codes(api, team.manager, "updateCapacityPool", id=pool, capacity=4, expectedVersion=1) == [
        "VERSION_CONFLICT"
    ]


async def test_overbooking_is_a_number_that_everybody_sees(api: Api) -> None:
    world, team, event = await listed(api, capacity=1)
    await world.register(event, address("first"))
    shown = await api.run("query ($id: ID!) { event(id: $id) { capacityPools { id } } }", {"id": event.id})
    own = shown.data["event"]["capacityPools"][0]["id"]

    changed = await change(api, team.manager, "updateCapacityPool", POOL, id=own, overbooking=1)
    await world.register(event, address("second"))

    assert changed["capacityPool"]["available"] == 1
    assert changed["capacityPool"]["kind"] == "EVENT"
    assert await used(api, event) == {"confirmed": 2, "available": 0}
    assert await codes(api, address("third"), "register", **places(event)) == ["SOLD_OUT"]
    assert await codes(api, team.manager, "updateCapacityPool", id=own, overbooking=0) == ["CAPACITY_TAKEN"]


async def test_the_pool_of_an_event_is_resized_with_the_event(api: Api) -> None:
    _, team, event = await listed(api, capacity=5)
    shown = await api.run("query ($id: ID!) { event(id: $id) { capacityPools { id } } }", {"id": event.id})
    own = shown.data["event"]["capacityPools"][0]["id"]

    assert await codes(api, team.manager, "updateCapacityPool", id=own, capacity=9) == ["INVALID"]
    assert await codes(api, team.manager, "updateCapacityPool", id=own, name="Hall") == ["INVALID"]


async def test_more_places_in_a_pool_go_to_those_who_wait(api: Api) -> None:
    world, team, event, pool = await sharing(api, capacity=1)
    await world.register(event, address("first"), tier="Hall")
    entry = await world.wait(event, guest := address("guest"), tier="Stream")

    await change(api, team.manager, "updateCapacityPool", POOL, id=pool, capacity=2)

    answer = await api.run(
        "query ($id: ID!) { node(id: $id) { ... on WaitlistEntry { status } } }", {"id": entry}, by=guest
    )
    assert answer.data["node"]["status"] == "OFFERED"


async def test_two_pools_of_an_event_do_not_share_a_name(api: Api) -> None:
    _, team, event, _ = await sharing(api)

    given = {"eventId": event.id, "name": "seats"}

    assert await codes(api, team.manager, "createCapacityPool", **given) == ["NAME_TAKEN"]


async def test_an_event_has_not_more_pools_than_may_be(api: Api) -> None:
    world, team, event = await listed(api)
    for number in range(20):
        await world.pool(event, team.manager, name=f"Pool {number}")

    [problem] = await refusals(api, team.manager, "createCapacityPool", eventId=event.id, name="Pool 20")

    assert (problem["code"], problem["params"]) == ("TOO_MANY_CAPACITY_POOLS", {"limit": 20})


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"name": ""}, "REQUIRED", "name"),
        ({"name": "P" * 121}, "TOO_LONG", "name"),
        ({"capacity": -1}, "OUT_OF_RANGE", "capacity"),
        ({"capacity": 1_000_001}, "OUT_OF_RANGE", "capacity"),
        ({"overbooking": -1}, "OUT_OF_RANGE", "overbooking"),
        ({"overbooking": 100_001}, "OUT_OF_RANGE", "overbooking"),
    ],
)
async def test_a_pool_has_its_limits(api: Api, given: dict[str, Any], code: str, path: str) -> None:
    world, team, event = await listed(api)
    pool = await world.pool(event, team.manager)

    [new] = await refusals(api, team.manager, "createCapacityPool", **{"eventId": event.id, "name": "Cellar", **given})
    [old] = await refusals(api, team.manager, "updateCapacityPool", id=pool, **given)

    assert (new["code"], new["path"]) == (old["code"], old["path"]) == (code, [path])


async def test_the_same_pool_under_one_key_is_one_pool(api: Api) -> None:
    _, team, event = await listed(api)
    given = {"eventId": event.id, "name": "Seats", "idempotencyKey": "pool"}

    first = await change(api, team.manager, "createCapacityPool", POOL, **given)
    again = await change(api, team.manager, "createCapacityPool", POOL, **given)

    assert first == again
    assert await codes(api, team.manager, "createCapacityPool", **{**given, "capacity": 2}) == [
        "IDEMPOTENCY_KEY_REUSED"
    ]
