"""The lanes of a process: every event has one of them, which it shares with others."""

import asyncio
from types import TracebackType
from typing import Self
from zlib import crc32

from db.lanes.batches import unavailable
from db.lanes.flush import Flush, Observer, Unobserved
from db.lanes.lane import Lane
from db.lanes.link import Connect
from domain.asked import Asked

GRACE = 5.0
"""Seconds that those who wait have when the process ends."""


class Lanes:
    """Runs commands in batches: what arrives while a lane's transaction is in flight goes into its next one.

    `batch` is the most commands of a transaction. At most `waiting` callers wait for a lane, and `per_event` of them
    for one event; who comes then is turned away with `Busy`. `patience` is how many seconds a batch, or somebody who
    waits for a connection, outlasts an outage. Several processes need nothing more: rows are locked in PostgreSQL.
    """

    def __init__(
        self,
        connect: Connect,
        flush: Flush,
        *,
        lanes: int = 4,
        batch: int = 512,
        waiting: int = 2_000,
        per_event: int = 1_000,
        patience: float = 10.0,
        observer: Observer | None = None,
    ) -> None:
        self._lanes = [
            Lane(
                connect,
                flush,
                batch=batch,
                waiting=waiting,
                per_event=per_event,
                patience=patience,
                observer=observer or Unobserved(),
            )
            for _ in range(lanes)
        ]
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def waiting(self) -> int:
        """How many callers wait for their turn, in all lanes."""
        return sum(lane.waiting for lane in self._lanes)

    @property
    def rush(self) -> bool:
        """Whether many are asking just now: whatever can wait had better do so."""
        return any(lane.rush for lane in self._lanes)

    def start(self) -> None:
        """Begin to serve, on the running loop. Connections are opened when they are needed."""
        self._tasks = [asyncio.create_task(lane.serve(), name=f"lane-{n}") for n, lane in enumerate(self._lanes)]

    async def aclose(self, grace: float = GRACE) -> None:
        """Take nobody in any more, serve those who wait, and after `grace` seconds tell the rest `Unavailable`."""
        for lane in self._lanes:
            lane.close()
        tasks, self._tasks = self._tasks, []
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=grace)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def run(self, asked: Asked[object]) -> object:
        """What came of a command, once it is committed.

        Raises the command's refusal, `Busy` at once when too many wait, and `Unavailable` when the outcome could not
        be found out in time: then the same idempotency key finds it.
        """
        if not self._tasks:
            raise unavailable()
        # The lower bits of ids that somebody has counted up would not spread.
        return await self._lanes[crc32(asked.event_id.bytes) % len(self._lanes)].run(asked)
