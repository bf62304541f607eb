"""Deletes what is kept for a while only: idempotency keys, denials, readings at the door, messages that are gone."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from db import denials, idempotency, notifications, scans
from db.database import Database
from domain import errors

INTERVAL = 600.0
"""Seconds between two rounds."""

# An arbitrary constant that only this round locks: of several processes one does the work.
_LOCK = 7_170_319_260_002
_log = structlog.get_logger("bilten.housekeeping")


async def keep_house(database: Database, clock: Callable[[], datetime], interval: float = INTERVAL) -> None:
    """Run a round now and then until cancelled; whatever goes wrong costs one round."""
    while True:
        try:
            await one_round(database, clock())
        except errors.Unavailable:
            _log.warning("housekeeping skipped: the database is away")
        except Exception:
            # Nobody awaits these rounds before the end, so a failure that ended them would go unseen until then.
            _log.exception("housekeeping failed")
        await asyncio.sleep(interval)


async def one_round(database: Database, now: datetime) -> bool:
    """Delete what is due; False when another process is at it."""
    async with database.transaction() as session:
        row = await session.fetchrow("SELECT pg_try_advisory_xact_lock($1) AS mine", _LOCK)
        if row is None or not row["mine"]:
            return False
        keys = await idempotency.purge(session, now)
        counted = await denials.purge(session, now)
        read = await scans.purge(session, now)
        told = await notifications.purge(session, now)
    if keys or counted or read or told:
        _log.info(
            "housekeeping", idempotency_keys=keys, access_denials=counted, check_in_scans=read, notifications=told
        )
    return True
