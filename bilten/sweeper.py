"""Gives back what has run out, by the clock: holds, offers and blocks of events that nobody asks about.

Whoever asks about an event has its time settled first, so nothing depends on the sweeper but the people who wait. It
keeps nothing: what is due stands in `event_heads.due_at`, and the next leader goes on with it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

from bilten.capacity_metrics import CapacityMetrics
from db.database import Database
from db.due import Due, due_events
from domain import errors
from domain.asked import Asked
from domain.capacity_pools import Settle
from domain.ids import EventId

INTERVAL = 0.5
"""Seconds between two looks at what is due."""
BATCH = 200
"""Events of one round."""
AT_ONCE = 50
"""Events that are asked for at a time, so that a sweep is a small part of any lane's batch."""
BUSY_SECONDS = 1.0
"""How long the sweeper keeps still after a lane was too busy: people come first."""
FIRST_DELAY = 1.0
LONGEST_DELAY = 60.0
MOST_DELAYED = 1_000
"""Events that are left alone for a while after a failure. With more of them it is not the events that fail."""

_log = structlog.get_logger("bilten.sweeper")


class Settler(Protocol):
    """Who settles events: the lanes."""

    async def run(self, asked: Asked[object]) -> object:
        """What came of a command, once it is committed."""
        ...


@dataclass(slots=True)
class _Trouble:
    """An event that could not be settled, how often, and until when (of the loop's clock) it is left alone."""

    times: int
    until: float


class Sweeper:
    """The rounds of one process; only the caretaker's are needed, and two of them do no harm."""

    def __init__(
        self, database: Database, settler: Settler, metrics: CapacityMetrics, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._settler = settler
        self._metrics = metrics
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._troubled: dict[EventId, _Trouble] = {}
        self._settled: dict[EventId, Due] = {}

    async def run(self) -> None:
        """Sweep until cancelled. Raises `Unavailable` when the database is away."""
        try:
            while True:
                pause = await self.round()
                await asyncio.sleep(pause)
        finally:
            # Somebody else measures from now on.
            self._metrics.lag(0.0)

    async def round(self) -> float:
        """Settle what is due now; in how many seconds to look again."""
        now = self._clock()
        due = await due_events(self._database, now, BATCH + len(self._troubled))
        self._metrics.round()
        self._metrics.lag((now - due[0].since).total_seconds() if due else 0.0)
        self._forget(due)
        at = self._loop.time()
        ready = [one for one in due if not self._is_left_alone(one, at)][:BATCH]
        outcomes = Counter[str]()
        for start in range(0, len(ready), AT_ONCE):
            outcomes.update(await asyncio.gather(*map(self._settle, ready[start : start + AT_ONCE])))
            if outcomes["busy"]:
                return BUSY_SECONDS
        # There may be more than fits a round, and more of an event than fits one batch.
        return 0.0 if outcomes["settled"] else INTERVAL

    async def _settle(self, due: Due) -> str:
        outcome = await self._outcome(due)
        if outcome == "settled":
            if self._settled.get(due.event_id) == due:
                # Nothing has come of it the last time, and nobody has asked for anything since.
                self._delay(due, None)
            self._settled[due.event_id] = due
        self._metrics.swept(outcome)
        return outcome

    async def _outcome(self, due: Due) -> str:
        try:
            await self._settler.run(Asked(due.event_id, Settle(due.event_id), None))
        except errors.Busy:
            return "busy"
        except Exception as error:
            self._delay(due, error)
            return "failed"
        return "settled"

    def _delay(self, due: Due, error: Exception | None) -> None:
        before = self._troubled.get(due.event_id)
        times = before.times + 1 if before else 1
        seconds = min(FIRST_DELAY * 2 ** (times - 1), LONGEST_DELAY)
        _log.warning(
            "sweep.failed",
            event_id=str(due.event_id),
            due_at=due.since.isoformat(),
            times=times,
            again_in=seconds,
            reason="it is as due as before" if error is None else type(error).__name__,
            # Of failures that have a name nobody needs the trace.
            exc_info=None if isinstance(error, errors.Refusal | errors.RequestError) else error,
        )
        if before or len(self._troubled) < MOST_DELAYED:
            self._troubled[due.event_id] = _Trouble(times, self._loop.time() + seconds)

    def _is_left_alone(self, due: Due, at: float) -> bool:
        troubled = self._troubled.get(due.event_id)
        return troubled is not None and troubled.until > at

    def _forget(self, due: Iterable[Due]) -> None:
        """Forget the troubles of events that are due no longer."""
        still = {one.event_id for one in due}
        self._troubled = {event_id: one for event_id, one in self._troubled.items() if event_id in still}
        self._settled = {event_id: one for event_id, one in self._settled.items() if event_id in still}
