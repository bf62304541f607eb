"""Capacity arithmetic: pools and claims on several of them, and what the journal says of their use."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import errors
from domain.capacity import Pool, PoolKind, Use, deltas, resize
from domain.ids import EventId, PoolId
from tests.domain.house import books_of

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
def test_a_claim_needs_room_in_every_pool(before: list[Pool], quantity: int) -> None:
    books = books_of(pools=before)
    left = [pool.available for pool in before if pool.available is not None]

    if left and min(left) < quantity:
        with pytest.raises(errors.EventIsFull) as refused:
            books.require_room(books.pools, quantity)
        assert refused.value.params == {"available": min(left), "asked": quantity}
        assert refused.value.retryable
        assert not refused.value.kept
    else:
        books.require_room(books.pools, quantity)
        books.move(books.pools, {Use.CONFIRMED: quantity})
        assert [pool.confirmed for pool in books.pools.values()] == [pool.confirmed + quantity for pool in before]
        assert all(is_sound(pool) for pool in books.pools.values())


@given(pools(), st.sampled_from(Use), st.integers(1, 30))
def test_moving_back_restores_what_was_moved(before: list[Pool], use: Use, by: int) -> None:
    books = books_of(pools=before)

    books.move(books.pools, {use: by})
    books.move(books.pools, {use: -by})

    assert list(books.pools.values()) == before


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


MOVES = st.dictionaries(st.sampled_from(Use), st.integers(-5, 5), max_size=3)


@given(pools(), st.lists(MOVES, max_size=10))
def test_what_the_journal_is_told_adds_up_to_the_pools(start: list[Pool], steps: list[dict[Use, int]]) -> None:
    books = books_of(pools=start)
    sums = {str(pool.id): dict.fromkeys(Use, 0) for pool in start}

    for step in steps:
        before = list(books.pools.values())
        for pool_id, moved in books.move(books.pools, step).items():
            assert moved == {use.value: by for use, by in step.items()}
            for use, by in step.items():
                sums[pool_id][use] += by
        told = {use.value: by for use, by in step.items() if by}
        assert deltas(before, list(books.pools.values())) == (dict.fromkeys(sums, told) if told else {})

    for pool in start:
        after = books.pools[pool.id]
        assert sums[str(pool.id)] == {use: getattr(after, use.value) - getattr(pool, use.value) for use in Use}


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
    books = books_of(pools=[Pool(EVENT, PoolId(EVENT), PoolKind.EVENT, capacity=None)])

    books.require_room(books.pools, 1_000_000)

    assert books.available(books.pools) is None


def test_overbooking_admits_as_many_as_it_says() -> None:
    pool = Pool(EVENT, PoolId(EVENT), PoolKind.EVENT, capacity=2, overbooking=1, confirmed=2)

    assert (pool.has_room_for(1), pool.has_room_for(2), pool.available) == (True, False, 1)
