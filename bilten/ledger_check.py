"""Compares the books of events all the time, those that change first: a difference is told the first time it is seen.

It reads little at a time and rests longer than it reads, so that nobody waits for it. What it knows is in memory; the
next leader starts a new walk.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import structlog

from bilten.capacity_metrics import CapacityMetrics
from db import ledger
from db.database import Database
from domain import errors
from domain.ids import EventId
from domain.ledger import Difference, in_words

PAUSE = 1.0
"""Seconds between two rounds, at least."""
REST = 50.0
"""How many times as long as a round took it rests after it: a fiftieth of one connection is the most that it takes."""
EVENTS = 50
"""Events that are compared in one statement."""
LINES = 10_000
"""Lines of the journal that are read in one statement, unless a single event has more."""
NEWEST_LINES = 2_000
MOST_CHANGED = 1_000
"""Changed events that wait to be compared. Of more than that the walk takes care."""
MOST_AGAIN = 50
"""Events known to differ that are compared again in one round."""

_log = structlog.get_logger("bilten.ledger")
_START = UUID(int=0)


class LedgerCheck:
    """The rounds of one process."""

    def __init__(self, database: Database, metrics: CapacityMetrics) -> None:
        self._database = database
        self._metrics = metrics
        self._loop = asyncio.get_running_loop()
        self._after = _START
        self._walking_since = self._loop.time()
        self._position = ("0", 0)
        self._changed: dict[EventId, None] = {}
        self._differing: dict[EventId, tuple[Difference, ...]] = {}

    async def run(self) -> None:
        """Compare until cancelled; a round that fails is logged and costs itself only."""
        try:
            while True:
                begun = self._loop.time()
                try:
                    await self.round()
                except errors.Unavailable:
                    _log.warning("capacity.unchecked", reason="the database is away, or took too long")
                except Exception:
                    # Nobody awaits this task before the end, so a failure that ended it would go unseen until then.
                    _log.exception("capacity.unchecked")
                await asyncio.sleep(max(PAUSE, (self._loop.time() - begun) * REST))
        finally:
            # The next leader finds them again; kept here, they would be counted twice.
            self._differing = {}
            self._metrics.mismatches(0)

    async def round(self) -> None:
        """Compare what has changed and what is known to differ, and go on with the walk through all events."""
        await self._note_changes()
        again = list(self._differing)[:MOST_AGAIN]
        events = await ledger.events_with_lines(self._database, {**dict.fromkeys(again), **self._changed})
        await self._compare(events)
        await self._walk()

    async def _note_changes(self) -> None:
        changed, self._position = await ledger.events_changed_since(self._database, self._position, NEWEST_LINES)
        for event_id in changed[: MOST_CHANGED - len(self._changed)]:
            self._changed[event_id] = None

    async def _walk(self) -> None:
        events = await ledger.events_after(self._database, self._after, EVENTS)
        if not events:
            self._metrics.walked(self._loop.time() - self._walking_since)
            self._after, self._walking_since = _START, self._loop.time()
            return
        part = bounded(events)
        # Before they are compared: events that cannot be read in time must not keep the walk from the others.
        self._after = part[-1]
        await self._compare(events[: len(part)])

    async def _compare(self, events: Sequence[tuple[EventId, int]]) -> None:
        part = bounded(events)
        for event_id in part:
            self._changed.pop(event_id, None)
        if not part:
            return
        proofs = await ledger.prove(self._database, part)
        for event_id in part:
            known = self._differing.pop(event_id, None)
            differences = proofs[event_id].differences if event_id in proofs else ()
            if differences:
                # At the end: those that were not compared again for the longest time come first.
                self._differing[event_id] = differences
            self._tell(event_id, known, differences)
        self._metrics.checked(len(part))
        self._metrics.mismatches(len(self._differing))

    def _tell(
        self, event_id: EventId, known: tuple[Difference, ...] | None, differences: tuple[Difference, ...]
    ) -> None:
        if differences and known is None:
            _log.error("capacity.differs", event_id=str(event_id), differences=in_words(differences))
        elif known and not differences:
            _log.info("capacity.agrees", event_id=str(event_id))


def bounded(events: Sequence[tuple[EventId, int]]) -> list[EventId]:
    """As many of the first ones as one statement may read; one at least, if there is any."""
    part: list[EventId] = []
    lines = 0
    for event_id, length in events[:EVENTS]:
        lines += length
        if part and lines > LINES:
            break
        part.append(event_id)
    return part
