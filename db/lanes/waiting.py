"""Who waits for a lane: in order for each event and in turns between events, so a storm on one delays no other."""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator

from domain.asked import Asked
from domain.ids import EventId


class Waiter:
    """A caller and the answer that it waits for."""

    __slots__ = ("_answer", "asked", "since")

    def __init__(self, asked: Asked[object]) -> None:
        loop = asyncio.get_running_loop()
        self.asked = asked
        self.since = loop.time()
        self._answer: asyncio.Future[object] = loop.create_future()

    @property
    def is_answered(self) -> bool:
        """Whether it waits no more: it was answered or cancelled."""
        return self._answer.done()

    @property
    def is_wanted(self) -> bool:
        """Whether somebody is still there to get the answer."""
        return not self._answer.done() and not (self.asked.gone and self.asked.gone())

    def answer(self, answer: object) -> None:
        """Let the caller go on with this; an exception is raised to it. A second answer is ignored."""
        if not self._answer.done():
            # Exceptions travel as values: of a future's own exception the loop complains when nobody takes it.
            self._answer.set_result(answer)

    async def answered(self) -> object:
        """The answer, once it is there."""
        answer = await self._answer
        if isinstance(answer, BaseException):
            raise answer
        return answer


class FairQueue:
    """Waiters of many events, bounded as a whole and for each event; every operation takes constant time."""

    def __init__(self, *, most: int, most_of_event: int) -> None:
        self._most = most
        self._most_of_event = most_of_event
        self._count = 0
        # The first event is the next to have its turn. An event without waiters has no entry.
        self._by_event: OrderedDict[EventId, OrderedDict[Waiter, None]] = OrderedDict()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Waiter]:
        for waiters in self._by_event.values():
            yield from waiters

    def crowd(self, event_id: EventId) -> int:
        """How many wait where there is no room for one more of this event; 0 where there is."""
        if self._count >= self._most:
            return self._count
        of_event = len(self._by_event.get(event_id, ()))
        return of_event if of_event >= self._most_of_event else 0

    def put(self, waiter: Waiter) -> None:
        """Let somebody wait, behind the others of the event."""
        self._by_event.setdefault(waiter.asked.event_id, OrderedDict())[waiter] = None
        self._count += 1

    def discard(self, waiter: Waiter) -> None:
        """Forget somebody who waits no more; whoever has had their turn is not here any longer."""
        waiters = self._by_event.get(waiter.asked.event_id)
        if waiters is None or waiter not in waiters:
            return
        del waiters[waiter]
        self._count -= 1
        if not waiters:
            del self._by_event[waiter.asked.event_id]

    def take(self, most: int) -> list[Waiter]:
        """The next ones, at most so many: one of each event, then another one of each."""
        taken: list[Waiter] = []
        while self._by_event and len(taken) < most:
            event_id, waiters = self._by_event.popitem(last=False)
            taken.append(waiters.popitem(last=False)[0])
            if waiters:
                self._by_event[event_id] = waiters
        self._count -= len(taken)
        return taken
