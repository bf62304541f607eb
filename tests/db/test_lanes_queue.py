"""The queue of a lane against a simple model: order within an event, turns between events, bounds, and who leaves."""

import asyncio
from collections.abc import Awaitable
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from db.lanes.waiting import FairQueue, Waiter
from domain.asked import Asked
from domain.ids import EventId

EVENTS = [EventId(UUID(int=n)) for n in range(4)]
MOST, MOST_OF_EVENT = 12, 5

puts = st.tuples(st.just("put"), st.sampled_from(EVENTS))
takes = st.tuples(st.just("take"), st.integers(0, 6))
leaves = st.tuples(st.just("leave"), st.integers(0, 20))


@given(st.lists(st.one_of(puts, puts, takes, leaves), max_size=80))
def test_everybody_has_their_turn_in_order_unless_they_leave(steps: list[tuple[str, EventId | int]]) -> None:
    _run(_follow(steps))


async def _follow(steps: list[tuple[str, EventId | int]]) -> None:
    queue = FairQueue(most=MOST, most_of_event=MOST_OF_EVENT)
    model: dict[EventId, list[Waiter]] = {}
    for kind, given_ in steps:
        waiting = [waiter for waiters in model.values() for waiter in waiters]
        if kind == "put":
            event = EventId(given_) if isinstance(given_, UUID) else EVENTS[0]
            of_event = len(model.get(event, []))
            crowd = queue.crowd(event)
            assert crowd == (len(waiting) if len(waiting) >= MOST else of_event if of_event >= MOST_OF_EVENT else 0)
            if not crowd:
                waiter = Waiter(Asked(event, None, None))
                queue.put(waiter)
                model.setdefault(event, []).append(waiter)
        elif kind == "take":
            assert isinstance(given_, int)
            _take(queue, model, given_)
        elif waiting:
            assert isinstance(given_, int)
            leaving = waiting[given_ % len(waiting)]
            queue.discard(leaving)
            queue.discard(leaving)
            model[leaving.asked.event_id].remove(leaving)
        assert len(queue) == sum(map(len, model.values())) == len(list(queue))
    _take(queue, model, MOST)
    assert len(queue) == 0


def _take(queue: FairQueue, model: dict[EventId, list[Waiter]], most: int) -> None:
    waiting = sum(map(len, model.values()))
    crowds = [len(waiters) for waiters in model.values() if waiters]
    taken = queue.take(most)
    assert len(taken) == min(most, waiting)
    shares: dict[EventId, int] = {}
    for waiter in taken:
        assert model[waiter.asked.event_id].pop(0) is waiter
        shares[waiter.asked.event_id] = shares.get(waiter.asked.event_id, 0) + 1
    # Nobody has a second turn before everybody who waits has had the first, and so on.
    if len(shares) < len(crowds):
        assert set(shares.values()) <= {1}
    for event, share in shares.items():
        others = [shares.get(other, 0) for other, waiters in model.items() if waiters and other != event]
        assert all(share <= other + 1 for other in others)


def _run(work: Awaitable[None]) -> None:
    async def main() -> None:
        await work

    # The loop of the tests runs already; this one is for a single example.
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(main())
    finally:
        loop.close()
