"""Gets a batch through: again after conflicts and losses, in parts around what fails, and never without an end."""

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from db.lanes.attempt import LOCK_MILLISECONDS, Attempt, free_events, has_committed
from db.lanes.flush import Flush, Flushed, Observer, Proof
from db.lanes.link import Link
from db.lanes.troubles import Trouble
from db.lanes.waiting import Waiter
from domain import errors
from domain.ids import EventId

CONFLICTS = 5
"""How often a part is run again after a deadlock before its halves are run by themselves."""
BRIEF_LOCK_MILLISECONDS = 500
"""How long an event is waited for that was found locked once."""
_LAST_QUESTION_SECONDS = 2.0
"""How long the journal is asked for the outcome of a batch that was lost when patience had ended already."""
_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 1.0

_log = structlog.get_logger("bilten.lanes")


def unavailable() -> errors.Unavailable:
    """What a caller is told whose command may or may not have been done: the same key finds out."""
    return errors.Unavailable(service="database", retryAfter=1)


@dataclass(frozen=True, slots=True)
class _Part:
    """Callers whose commands go into one transaction."""

    waiters: Sequence[Waiter]
    conflicts: int = 0
    was_blocked: bool = False

    def halves(self) -> list["_Part"]:
        middle = len(self.waiters) // 2
        return [replace(self, waiters=self.waiters[:middle]), replace(self, waiters=self.waiters[middle:])]


class Batches:
    """Runs the batches of one lane, one transaction after the other. `patience` is in seconds."""

    def __init__(self, link: Link, flush: Flush, *, patience: float, observer: Observer) -> None:
        self._link = link
        self._flush = flush
        self._patience = patience
        self._observer = observer

    async def run(self, waiters: Sequence[Waiter]) -> None:
        """Answer everybody, whatever happens; raises when cancelled."""
        try:
            await _Batch(self._link, self._flush, waiters, patience=self._patience, observer=self._observer).run()
        finally:
            for waiter in waiters:
                if not waiter.is_answered:
                    self._observer.trouble(Trouble.GIVEN_UP)
                    waiter.answer(unavailable())


class _Batch:
    """One batch on its way, in as many parts as it takes."""

    def __init__(
        self, link: Link, flush: Flush, waiters: Sequence[Waiter], *, patience: float, observer: Observer
    ) -> None:
        self._link = link
        self._flush = flush
        self._patience = patience
        self._observer = observer
        self._loop = asyncio.get_running_loop()
        self._parts = deque([_Part(waiters)])
        self._deadline: float | None = None
        self._has_lost = False
        self._pauses = 0

    async def run(self) -> None:
        """Answer those that can be answered before patience ends."""
        while self._parts:
            part = self._wanted(self._parts.popleft())
            if not part.waiters:
                continue
            lock = BRIEF_LOCK_MILLISECONDS if part.was_blocked else LOCK_MILLISECONDS
            attempt = Attempt(self._link, self._flush, lock_milliseconds=lock)
            begun = self._loop.time()
            try:
                answers = await attempt.run([waiter.asked for waiter in part.waiters])
            except Exception as error:
                if not await self._goes_on(part, attempt, error):
                    return
            else:
                self._observer.flushed(len(part.waiters), self._loop.time() - begun)
                _deliver(part, answers)

    def _wanted(self, part: _Part) -> _Part:
        """The part without those who have left: each attempt may be the first that does something for them."""
        wanted: list[Waiter] = []
        for waiter in part.waiters:
            if waiter.is_wanted:
                wanted.append(waiter)
            else:
                self._observer.trouble(Trouble.GONE)
                waiter.answer(unavailable())
        return replace(part, waiters=wanted)

    async def _goes_on(self, part: _Part, attempt: Attempt, error: Exception) -> bool:
        """Put back what is to be run again after an error; false once patience is exhausted."""
        trouble = attempt.trouble(error)
        self._observer.trouble(trouble)
        now = self._loop.time()
        if self._deadline is None:
            # Without a connection nothing was begun, and those who came first have waited for one already.
            since = part.waiters[0].since if attempt.connection is None else now
            self._deadline = since + self._patience
        if now >= self._deadline and trouble is not Trouble.UNKNOWN:
            _log.warning("lane.gives_up", callers=len(part.waiters), trouble=str(trouble), reason=repr(error))
            return False
        # Somebody who holds a lock from now on may be we: the server has not noticed yet that a connection is lost.
        self._has_lost |= trouble is Trouble.LOST
        match trouble:
            case Trouble.UNKNOWN if attempt.committing:
                return await self._settle(part, attempt.committing, self._deadline)
            case Trouble.CONFLICT if part.conflicts < CONFLICTS:
                await self._pause()
                self._parts.appendleft(replace(part, conflicts=part.conflicts + 1))
            case Trouble.BLOCKED if not self._has_lost:
                await self._go_around_locks(part, error)
            case Trouble.SPLIT | Trouble.CONFLICT:
                self._split(part, error)
            case _:
                await self._pause()
                self._parts.appendleft(part)
        return True

    def _split(self, part: _Part, error: Exception) -> None:
        if len(part.waiters) == 1:
            part.waiters[0].answer(error)
        else:
            self._parts.extendleft(reversed(part.halves()))

    async def _go_around_locks(self, part: _Part, error: Exception) -> None:
        """Serve the events that are free, then give each of the others one more, short chance."""
        by_event: dict[EventId, list[Waiter]] = {}
        for waiter in part.waiters:
            by_event.setdefault(waiter.asked.event_id, []).append(waiter)
        if len(by_event) == 1:
            for waiter in part.waiters:
                self._observer.trouble(Trouble.GIVEN_UP)
                waiter.answer(unavailable())
            return
        try:
            free = await free_events(self._link, [waiter.asked for waiter in part.waiters])
        except Exception:
            # The next attempt says what it is.
            self._split(part, error)
            return
        served = replace(part, waiters=[waiter for waiter in part.waiters if waiter.asked.event_id in free])
        others = [_Part(waiters, was_blocked=True) for event_id, waiters in by_event.items() if event_id not in free]
        self._parts.extendleft(reversed([served, *others]))

    async def _settle(self, part: _Part, flushed: Flushed, deadline: float) -> bool:
        """Find out whether a batch has committed whose connection was lost meanwhile."""
        committed = False
        if flushed.proof is None:
            await self._pause()
        else:
            try:
                async with asyncio.timeout_at(max(deadline, self._loop.time() + _LAST_QUESTION_SECONDS)):
                    committed = await self._has_committed(flushed.proof)
            except TimeoutError:
                self._link.drop()
                return False
        if committed:
            self._observer.trouble(Trouble.FOUND)
            _deliver(part, flushed.answers)
        else:
            self._parts.appendleft(part)
        # Somebody who has been patient for long enough is not kept for a batch that is lost every time.
        return committed or self._loop.time() < deadline

    async def _has_committed(self, proof: Proof) -> bool:
        while True:
            try:
                return await has_committed(self._link, proof)
            except Exception:
                # Whatever it is: only an answer helps, and patience has an end.
                await self._pause()

    async def _pause(self) -> None:
        """Wait a little longer each time, and never as long as another lane does; the first time not at all."""
        longest = min(_FIRST_PAUSE * 2**self._pauses, _LONGEST_PAUSE) if self._pauses else 0.0
        self._pauses += 1
        await asyncio.sleep(random.uniform(longest / 2, longest))  # noqa: S311 - spread in time, not a secret


def _deliver(part: _Part, answers: Sequence[object]) -> None:
    for waiter, answer in zip(part.waiters, answers, strict=True):
        waiter.answer(answer)
