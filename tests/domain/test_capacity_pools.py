"""Shared pools: made, resized, and drawn on by tiers, with what is taken moving along."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import errors
from domain.asked import Outdated
from domain.blocks import BlockPlaces
from domain.capacity import PoolKind, Use
from domain.capacity_pools import (
    CreateCapacityPool,
    SetTicketTierPools,
    Settle,
    SetWaitlistPolicy,
    UpdateCapacityPool,
)
from domain.check_in import CheckIn, Read
from domain.ids import PoolId
from domain.journal import FactKind
from domain.registrations import CancelRegistration, HoldPlaces, Register
from domain.waitlist import JoinWaitlist, WaitlistStatus
from tests.domain.house import GUESTS, OTHER_TIER, OWN, SHARED, STARTS_AT, WHOLE, House, a_house
from tests.domain.made import EVENT, TIER


def draw(*pool_ids: PoolId, tier_id: object = TIER) -> SetTicketTierPools:
    return SetTicketTierPools(EVENT, tier_id, pool_ids)  # pyright: ignore[reportArgumentType]


def test_a_new_pool_limits_nobody_until_a_tier_draws_on_it() -> None:
    house = a_house()

    id_ = house.ask(CreateCapacityPool(EVENT, " Dinner ", 3, overbooking=1))

    pool = house.pool(id_)
    assert (pool.kind, pool.name, pool.capacity, pool.overbooking) == (PoolKind.SHARED, "Dinner", 3, 1)
    assert house.last.fact.kind is FactKind.CAPACITY_POOL_CREATED
    house.ask(Register(EVENT, TIER, 5))
    assert house.pool(id_).taken == 0


@pytest.mark.parametrize(
    ("name", "capacity", "overbooking"),
    [("", 1, 0), ("x" * 121, 1, 0), ("Dinner", -1, 0), ("Dinner", 1_000_001, 0), ("Dinner", 1, -1)],
)
def test_a_pool_that_makes_no_sense_is_refused(name: str, capacity: int, overbooking: int) -> None:
    a_house().refused(errors.Refused, CreateCapacityPool(EVENT, name, capacity, overbooking))


def test_an_event_shares_so_many_pools() -> None:
    house = a_house()
    for number in range(19):
        house.ask(CreateCapacityPool(EVENT, f"Pool {number}", None))

    assert house.refused(errors.TooManyCapacityPools, CreateCapacityPool(EVENT, "More", None)) == {"limit": 20}


def test_a_pool_is_never_smaller_than_what_is_taken() -> None:
    house = a_house(10, shared=5)
    house.ask(Register(EVENT, TIER, 4))

    numbers = house.refused(errors.CapacityIsTaken, UpdateCapacityPool(EVENT, SHARED, capacity=3))
    assert numbers == {"taken": 4, "asked": 3}
    house.ask(UpdateCapacityPool(EVENT, SHARED, capacity=4, reason="Chairs are broken"))

    assert (house.pool(SHARED).capacity, house.pool(SHARED).version) == (4, 2)
    assert house.last.fact.data["changes"] == {"capacity": [5, 4]}
    assert house.last.fact.private == {"reason": "Chairs are broken"}


def test_overbooking_admits_as_many_as_it_says_and_is_not_taken_back_below_that() -> None:
    house = a_house(2)
    house.ask(Register(EVENT, TIER, 2))
    house.ask(UpdateCapacityPool(EVENT, WHOLE, overbooking=1))

    house.ask(Register(EVENT, TIER, 1))

    house.refused(errors.EventIsFull, Register(EVENT, TIER, 1))
    assert house.refused(errors.CapacityIsTaken, UpdateCapacityPool(EVENT, WHOLE, overbooking=0))["taken"] == 3


def test_a_larger_pool_is_offered_at_once() -> None:
    house = a_house(None, shared=1)
    house.ask(Register(EVENT, TIER, 1))
    entry = house.ask(JoinWaitlist(EVENT, OTHER_TIER, 1), GUESTS[0])

    house.ask(UpdateCapacityPool(EVENT, SHARED, capacity=2))

    assert house.entry(entry).status is WaitlistStatus.OFFERED


def test_the_limits_of_events_and_tiers_are_changed_with_them() -> None:
    house = a_house()

    for pool_id in (WHOLE, OWN):
        house.refused(errors.Refused, UpdateCapacityPool(EVENT, pool_id, capacity=5))
        house.refused(errors.Refused, UpdateCapacityPool(EVENT, pool_id, name="Hall"))


def test_equal_values_change_nothing() -> None:
    house = a_house(shared=5)

    house.ask(UpdateCapacityPool(EVENT, SHARED, name="Seats", capacity=5, overbooking=0))
    house.ask(draw(SHARED, SHARED))
    house.ask(SetWaitlistPolicy(EVENT, look_past=0, offer_seconds=86_400))
    house.ask(Settle(EVENT), None)

    assert house.books.lines == []


def test_pools_that_are_not_there_are_unknown() -> None:
    house = a_house()

    house.refused(errors.CapacityPoolIsUnknown, UpdateCapacityPool(EVENT, PoolId(UUID(int=99)), capacity=1))
    house.refused(errors.CapacityPoolIsUnknown, draw(PoolId(UUID(int=99))))
    house.refused(errors.CapacityPoolIsUnknown, draw(OWN))
    house.refused(errors.TicketTierIsUnknown, draw(SHARED, tier_id=UUID(int=99)))


def test_changes_to_another_version_are_outdated() -> None:
    house = a_house()

    with pytest.raises(Outdated):
        house.ask(UpdateCapacityPool(EVENT, SHARED, capacity=1, expected_version=2))
    with pytest.raises(Outdated):
        house.ask(replace(draw(), expected_version=1))


@pytest.mark.parametrize("given", [{"look_past": -1}, {"look_past": 101}, {"offer_seconds": 59}])
def test_a_waiting_list_is_worked_within_bounds(given: dict[str, int]) -> None:
    a_house().refused(errors.Refused, SetWaitlistPolicy(EVENT, **given))


# --- What a tier draws on ---------------------------------------------------------------------------------------------


def in_use() -> House:
    """A tier with places of every kind: confirmed, checked in, held, offered and blocked."""
    house = a_house(7, other_draws_on_shared=False)
    house.books.now = STARTS_AT
    id_ = house.ask(Register(EVENT, TIER, 2), GUESTS[0])
    house.ask(CheckIn(EVENT, (Read(house.tickets(id_)[0].code),)))
    house.ask(HoldPlaces(EVENT, TIER, 1), GUESTS[1])
    house.ask(BlockPlaces(EVENT, 1, "House", "Kept back", ticket_tier_id=TIER))
    gone = house.ask(Register(EVENT, TIER, 3), GUESTS[2])
    house.ask(JoinWaitlist(EVENT, TIER, 3), GUESTS[3])
    house.ask(CancelRegistration(EVENT, gone, None, None, by_organizer=True))
    own = house.pool(OWN)
    assert [getattr(own, use.value) for use in Use] == [2, 1, 3, 1, 1]
    return house


def test_what_a_tier_has_taken_moves_with_it_and_blocks_stay() -> None:
    house = in_use()
    other = house.ask(CreateCapacityPool(EVENT, "Dinner", 6))

    house.ask(draw(other))

    assert [getattr(house.pool(SHARED), use.value) for use in Use] == [0, 0, 0, 1, 0]
    assert [getattr(house.pool(other), use.value) for use in Use] == [2, 1, 3, 0, 1]
    assert house.books.tiers[TIER].shared_pool_ids == (other,)
    assert house.last.fact.kind is FactKind.TICKET_TIER_UPDATED
    assert house.last.fact.data["changes"] == {"shared_pool_ids": [[str(SHARED)], [str(other)]]}


def test_a_tier_does_not_draw_on_a_pool_without_room_for_what_it_has_taken() -> None:
    house = in_use()
    small = house.ask(CreateCapacityPool(EVENT, "Dinner", 5))

    assert house.refused(errors.EventIsFull, draw(SHARED, small)) == {"asked": 6, "available": 5}

    assert house.pool(small).taken == 0


def test_a_tier_that_leaves_a_pool_makes_room_for_those_who_wait_for_it() -> None:
    house = a_house(None, shared=2)
    house.ask(Register(EVENT, TIER, 2))
    entry = house.ask(JoinWaitlist(EVENT, OTHER_TIER, 2), GUESTS[0])

    house.ask(draw())

    assert house.entry(entry).status is WaitlistStatus.OFFERED
    assert (house.pool(SHARED).confirmed, house.pool(SHARED).offered) == (0, 2)


@given(
    st.lists(st.sets(st.integers(0, 2)), min_size=1, max_size=6), st.lists(st.integers(0, 6), min_size=3, max_size=3)
)
def test_use_moves_exactly_along_any_way_through_the_pools(ways: list[set[int]], capacities: list[int]) -> None:
    house = in_use()
    pools = [house.ask(CreateCapacityPool(EVENT, f"Pool {place}", size)) for place, size in enumerate(capacities)]

    for way in ways:
        try:
            house.ask(draw(*(pools[place] for place in sorted(way))))
        except errors.EventIsFull:
            assert any(capacities[place] < 6 for place in way)
        else:
            drawn = [house.pool(pools[place]).taken for place in sorted(way)]
            assert drawn == [6] * len(way)
            assert sum(pool.taken for pool in map(house.pool, pools)) == 6 * len(way)


def test_two_pools_of_an_event_do_not_share_a_name() -> None:
    house = a_house()
    dinner = house.ask(CreateCapacityPool(EVENT, "Dinner", 1))

    house.refused(errors.Refused, CreateCapacityPool(EVENT, "dinner ", 1))
    house.refused(errors.Refused, UpdateCapacityPool(EVENT, SHARED, name="DINNER"))
    house.ask(UpdateCapacityPool(EVENT, dinner, name="DINNER"))

    assert house.pool(dinner).name == "DINNER"
