"""Refused actions, counted by actor, action, object and day; a flood of refusals costs a bounded number of writes."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from db.database import Database, Session
from domain import errors
from domain.ids import UserId
from domain.permissions import Action

RETENTION = timedelta(days=90)
_NOBODY = UUID(int=0)
_EVERY = timedelta(seconds=10)
_REMEMBERED = 10_000
_WRITES_PER_ACTOR = 30

_COUNT = """
INSERT INTO access_denials AS kept (actor_id, action, object_id, day, denials, first_at, last_at)
VALUES ($1, $2, $3, $4, $5, $6, $6)
ON CONFLICT (actor_id, action, object_id, day)
DO UPDATE SET denials = kept.denials + excluded.denials, last_at = excluded.last_at
"""
_PURGE = "DELETE FROM access_denials WHERE last_at < $1"

Key = tuple[UUID, str, UUID]


@dataclass(slots=True)
class _Pending:
    """Refusals not written yet, and when the last write was."""

    denials: int
    written_at: datetime | None


class SqlDenials:
    """The denial log of one process.

    A key is written at most every ten seconds, with all refusals since. An actor with more than `_WRITES_PER_ACTOR`
    different keys in ten seconds is counted under the action alone.
    """

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now
        self._pending: OrderedDict[Key, _Pending] = OrderedDict()
        self._window_started = now()
        self._writes: dict[UUID, int] = {}

    async def denied(self, actor_id: UserId | None, action: Action, object_id: UUID | None) -> None:
        """Note one refusal; never raises."""
        now = self._now()
        key = self._key(actor_id or _NOBODY, action, object_id or _NOBODY, now)
        pending = self._pending.setdefault(key, _Pending(0, None))
        self._pending.move_to_end(key)
        pending.denials += 1
        while len(self._pending) > _REMEMBERED:
            self._pending.popitem(last=False)
        if pending.written_at and now - pending.written_at < _EVERY:
            return
        await self._write(key, pending, now)

    async def flush(self) -> None:
        """Write what waits for its turn, as before the process ends; gives up at the first sign of an outage."""
        now = self._now()
        for key, pending in list(self._pending.items()):
            if pending.denials and not await self._write(key, pending, now):
                return

    async def _write(self, key: Key, pending: _Pending, now: datetime) -> bool:
        # Taken before the statement runs: refusals that come meanwhile are counted for the next one.
        denials, pending.denials, pending.written_at = pending.denials, 0, now
        try:
            async with self._database.transaction() as session:
                await session.execute(_COUNT, *key, now.date(), denials, now)
        except errors.Unavailable:
            pending.denials += denials
            structlog.get_logger().warning("denial not recorded yet", action=key[1])
            return False
        return True

    def _key(self, actor_id: UUID, action: str, object_id: UUID, now: datetime) -> Key:
        if now - self._window_started >= _EVERY:
            self._window_started = now
            self._writes.clear()
        key = (actor_id, action, object_id)
        if key in self._pending:
            return key
        self._writes[actor_id] = self._writes.get(actor_id, 0) + 1
        return key if self._writes[actor_id] <= _WRITES_PER_ACTOR else (actor_id, action, _NOBODY)


async def purge(session: Session, now: datetime) -> int:
    """Delete refusals past their retention; returns how many rows."""
    return await session.execute(_PURGE, now - RETENTION)
