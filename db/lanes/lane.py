"""One lane: a queue, a connection, and the task that takes whoever waits into the next transaction."""

import asyncio
import math

import structlog

from db.lanes.batches import Batches, unavailable
from db.lanes.flush import Flush, Observer
from db.lanes.link import Connect, Link
from db.lanes.waiting import FairQueue, Waiter
from domain import errors
from domain.asked import Asked

SHORTEST_RETRY, LONGEST_RETRY = 50, 5_000
"""Milliseconds that a caller who is turned away is told to wait."""
_FIRST_GUESS = 0.02
_NEWS = 0.2
"""How much of the average time of a batch is that of the last one."""

RUSH = 8
"""From so many commands in one batch on, many are asking at once."""
RUSH_SECONDS = 1.0

_log = structlog.get_logger("bilten.lanes")


class Lane:
    """The writes of some events."""

    def __init__(
        self,
        connect: Connect,
        flush: Flush,
        *,
        batch: int,
        waiting: int,
        per_event: int,
        patience: float,
        observer: Observer,
    ) -> None:
        self._batch = batch
        self._queue = FairQueue(most=waiting, most_of_event=per_event)
        self._link = Link(connect)
        self._batches = Batches(self._link, flush, patience=patience, observer=observer)
        self._observer = observer
        self._wake = asyncio.Event()
        self._is_open = True
        self._pace = _FIRST_GUESS
        self._begun: float | None = None
        self._rushed_at = -RUSH_SECONDS

    @property
    def rush(self) -> bool:
        """Whether a batch of the last second was a large one."""
        return asyncio.get_running_loop().time() - self._rushed_at < RUSH_SECONDS

    @property
    def waiting(self) -> int:
        """How many callers wait for their turn."""
        return len(self._queue)

    async def run(self, asked: Asked[object]) -> object:
        """What came of a command, after its commit. Raises its refusal, and `Busy` at once when too many wait."""
        if not self._is_open:
            raise unavailable()
        if crowd := self._queue.crowd(asked.event_id):
            self._observer.busy()
            raise errors.Busy(waiting=crowd, retry_after=self._milliseconds(crowd))
        waiter = Waiter(asked)
        self._queue.put(waiter)
        self._wake.set()
        try:
            return await waiter.answered()
        finally:
            # Whoever was cancelled leaves the place in the queue to others.
            self._queue.discard(waiter)

    async def serve(self) -> None:
        """Serve until closed and empty, or cancelled; nobody is left waiting then."""
        try:
            while self._is_open or self._queue:
                if self._queue:
                    await self._turn()
                else:
                    # Nothing is awaited between the look at the queue and this, so no call to wake up is lost.
                    self._wake.clear()
                    await self._wake.wait()
            await self._link.close()
        finally:
            self._is_open = False
            self._link.drop()
            for waiter in self._queue:
                waiter.answer(unavailable())

    def close(self) -> None:
        """Take nobody in any more; `serve` returns when those who wait are served."""
        self._is_open = False
        self._wake.set()

    async def _turn(self) -> None:
        loop = asyncio.get_running_loop()
        self._begun = loop.time()
        taken = self._queue.take(self._batch)
        if len(taken) >= RUSH:
            self._rushed_at = self._begun
        try:
            await self._batches.run(taken)
        except Exception:
            # The callers of this batch have been answered; a defect here must not end the lane of those who follow.
            _log.exception("a batch failed in an unforeseen way")
            self._link.drop()
        finally:
            self._pace += _NEWS * (loop.time() - self._begun - self._pace)
            self._begun = None

    def _milliseconds(self, crowd: int) -> int:
        """After how long there will be room again, as batches went of late and as the running one goes."""
        running = 0.0 if self._begun is None else asyncio.get_running_loop().time() - self._begun
        expected = 1_000 * math.ceil(crowd / self._batch) * max(self._pace, running)
        return round(min(max(expected, SHORTEST_RETRY), LONGEST_RETRY))
