"""Capacity arithmetic: nothing is sold twice, nothing is lost, and the journal's deltas add up to the pool."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import errors
from domain.capacity import Pool, PoolKind, claim, deltas, release, resize
from domain.ids import EventId, PoolId

EVENT = EventId(UUID(int=1))
LIMITS = st.none() | st.integers(0, 30)


@st.composite
def pools(draw: st.DrawFn) -> list[Pool]:
    """An event's own pool and those of some tiers, each within its limits."""
    made: list[Pool] = []
    for index in range(draw(st.integers(1, 4))):
        confirmed, held, offered, blocked = (draw(st.integers(0, 5)) for _ in range(4))
        overbooking = draw(st.integers(0, 3))
        taken = confirmed + held + offered + blocked
        capacity = draw(st.none() | st.integers(max(taken - overbooking, 0), taken + 20))
        kind = PoolKind.TICKET_TIER if index else PoolKind.EVENT
        pool_id = PoolId(UUID(int=index + 1))
        made.append(
            Pool(
                event_id=EVENT,
                id=pool_id,
                kind=kind,
                capacity=capacity,
                overbooking=overbooking,
                confirmed=confirmed,
                held=held,
                offered=offered,
                blocked=blocked,
            )
        )
    return made


def is_sound(pool: Pool) -> bool:
    """What the table's own checks demand of a row."""
    counters = (pool.confirmed, pool.held, pool.offered, pool.blocked)
    fits = pool.capacity is None or pool.taken <= pool.capacity + pool.overbooking
    return min(counters) >= 0 and fits


@given(pools(), st.integers(1, 30))
def test_a_claim_takes_from_every_pool_or_from_none(before: list[Pool], quantity: int) -> None:
    left = [pool.available for pool in before if pool.available is not None]

    if left and min(left) < quantity:
        with pytest.raises(errors.EventIsFull) as refused:
            claim(before, quantity)
        assert refused.value.params == {"available": min(left), "asked": quantity}
        assert refused.value.retryable
    else:
        after = claim(before, quantity)
        assert [pool.confirmed for pool in after] == [pool.confirmed + quantity for pool in before]
        assert all(is_sound(pool) for pool in after)


@given(pools(), st.integers(1, 30))
def test_giving_back_restores_what_a_claim_took(before: list[Pool], quantity: int) -> None:
    try:
        after = claim(before, quantity)
    except errors.EventIsFull:
        return

    assert release(after, quantity) == before


@given(pools(), LIMITS)
def test_a_capacity_never_goes_below_what_is_taken(before: list[Pool], capacity: int | None) -> None:
    [pool, *_] = before

    if capacity is not None and capacity + pool.overbooking < pool.taken:
        with pytest.raises(errors.CapacityIsTaken) as refused:
            resize(pool, capacity, "capacity")
        assert refused.value.path == ("capacity",)
        assert refused.value.params == {"taken": pool.taken, "asked": capacity}
    else:
        after = resize(pool, capacity, "capacity")
        assert after == replace(pool, capacity=capacity)
        assert is_sound(after)


@given(pools(), st.lists(st.tuples(st.sampled_from(["claim", "release"]), st.integers(1, 6)), max_size=20))
def test_the_journals_deltas_add_up_to_the_pools(start: list[Pool], steps: list[tuple[str, int]]) -> None:
    current = start
    sums = {str(pool.id): {"confirmed": 0, "held": 0, "offered": 0, "blocked": 0} for pool in start}

    for step, quantity in steps:
        if step == "release" and min(pool.confirmed for pool in current) < quantity:
            continue
        try:
            after = claim(current, quantity) if step == "claim" else release(current, quantity)
        except errors.EventIsFull:
            continue
        for pool_id, moved in deltas(current, after).items():
            assert isinstance(moved, dict)
            for counter, delta in moved.items():
                sums[pool_id][counter] += int(str(delta))
        current = after
        assert all(is_sound(pool) for pool in current)

    for before, after in zip(start, current, strict=True):
        assert sums[str(after.id)]["confirmed"] == after.confirmed - before.confirmed
        assert sums[str(after.id)]["held"] == 0


@given(pools())
def test_unchanged_pools_have_no_deltas(before: list[Pool]) -> None:
    assert deltas(before, before) == {}


@given(pools())
def test_places_left_are_never_negative_and_nothing_is_left_to_count_where_all_is_unlimited(before: list[Pool]) -> None:
    for pool in before:
        if pool.capacity is None:
            assert pool.available is None
        else:
            assert pool.available == pool.capacity + pool.overbooking - pool.taken


def test_a_pool_that_was_filled_by_hand_beyond_its_limit_has_nothing_left() -> None:
    overfull = Pool(EVENT, PoolId(EVENT), PoolKind.EVENT, capacity=1, confirmed=3)

    assert overfull.available == 0


def test_an_event_without_any_limit_is_never_full() -> None:
    unlimited = [Pool(EVENT, PoolId(EVENT), PoolKind.EVENT, capacity=None)]

    assert claim(unlimited, 1_000_000)[0].confirmed == 1_000_000


def test_overbooking_admits_as_many_as_it_says() -> None:
    pool = Pool(EVENT, PoolId(EVENT), PoolKind.EVENT, capacity=2, overbooking=1, confirmed=2)

    [after] = claim([pool], 1)

    assert after.available == 0
    with pytest.raises(errors.EventIsFull):
        claim([after], 1)
