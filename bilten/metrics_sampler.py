"""Measures, a few times a second, what nobody reports: how late the event loop is, and what the process holds."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from bilten.metrics import Metrics
from db.database import Database

INTERVAL = 0.25
"""Seconds between two samples."""
WORST_SECONDS = 15.0
"""The worst lag shown is that of the last one to two spans of this length: no ordinary scrape misses a stall."""

DocumentCache = Callable[[], tuple[int, int]]
"""Gives the number of documents in the cache and their size in bytes."""
Waiting = Callable[[], int]
"""Gives the number of commands that wait for a lane."""

_log = structlog.get_logger("bilten.metrics")


class _Worst:
    """The largest number of late, without keeping all of them."""

    def __init__(self) -> None:
        self._since = 0.0
        self._now = 0.0
        self._before = 0.0

    def add(self, number: float, at: float) -> float:
        """Take a number in; gives the worst."""
        if at - self._since >= WORST_SECONDS:
            self._before = self._now if at - self._since < 2 * WORST_SECONDS else 0.0
            self._now = 0.0
            self._since = at
        self._now = max(self._now, number)
        return max(self._now, self._before)


async def keep_sampling(
    metrics: Metrics,
    database: Database,
    documents: DocumentCache | None = None,
    *,
    waiting: Waiting | None = None,
    interval: float = INTERVAL,
) -> None:
    """Sample until cancelled; a sample that fails is logged and costs itself only."""
    worst = _Worst()
    while True:
        try:
            _sample(metrics, database, documents, waiting)
        except Exception:
            # Nobody awaits the samples before the end, so a failure that ended them would go unseen until then.
            _log.exception("sampling failed")
        begun = time.perf_counter()
        await asyncio.sleep(interval)
        now = time.perf_counter()
        late = max(0.0, now - begun - interval)
        metrics.late(late, worst=worst.add(late, now))


def _sample(metrics: Metrics, database: Database, documents: DocumentCache | None, waiting: Waiting | None) -> None:
    metrics.connections(database.pool_counts())
    metrics.process(cpu_seconds=time.process_time(), memory=_resident_memory())
    if documents is not None:
        entries, size = documents()
        metrics.document_cache(entries=entries, size=size)
    if waiting is not None:
        metrics.lanes.waiting(waiting())


def _resident_memory() -> int | None:
    """Bytes, or nothing where the kernel has no such file."""
    try:
        pages = Path("/proc/self/statm").read_bytes().split()[1]
    except (OSError, IndexError):
        return None
    return int(pages) * os.sysconf("SC_PAGESIZE")
