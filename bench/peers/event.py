"""The event that M1 registers for in Bilten's database: emptied between runs with all that tells of it, and counted."""
# ruff: noqa: S608 - statements are composed of the pieces below, and every value is bound

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path
from uuid import UUID

import asyncpg

from bilten.config import Settings
from bilten.embedded import home_database
from bilten.embedded.cluster import SUPERUSER
from bilten.embedded.postgres import DATABASE, ROLE
from db.database import BareConnection

VERSION = "SELECT stream_version FROM event_heads WHERE event_id = $1"
_NEW = "SELECT object_id FROM journal WHERE stream_id = $1 AND version > $2"
# What came after a version of the event's stream: rows, lines and kept keys go, and counters are what is left.
_EMPTY = (
    f"DELETE FROM tickets WHERE event_id = $1 AND registration_id IN ({_NEW})",
    f"DELETE FROM registrations WHERE event_id = $1 AND id IN ({_NEW})",
    "DELETE FROM journal WHERE stream_id = $1 AND version > $2",
)
_RECKON = (
    "DELETE FROM idempotency_keys WHERE scope_id = $1",
    """
    UPDATE capacity_pools AS pool SET confirmed = (
        SELECT coalesce(sum(r.quantity), 0) FROM registrations AS r
        WHERE r.event_id = $1 AND r.status = 'CONFIRMED' AND pool.id IN (r.event_id, r.ticket_tier_id)
    ) WHERE pool.event_id = $1
    """,
    """
    UPDATE event_heads SET stream_version = (SELECT max(version) FROM journal WHERE stream_id = $1) WHERE event_id = $1
    """,
)
_VACUUMED = ("tickets", "registrations", "journal", "idempotency_keys", "capacity_pools", "event_heads")
_COUNT = "SELECT count(*) FROM registrations WHERE event_id = $1"


@contextlib.asynccontextmanager
async def connected(settings: Settings, *, superuser: bool = False) -> AsyncGenerator[BareConnection]:
    """A connection to the database that the settings name."""
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    if superuser:
        url = url.replace(f"//{ROLE}@/{DATABASE}", f"//{SUPERUSER}@/{DATABASE}")
    connection: BareConnection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def empty(home: Path, event_id: str, version: int) -> None:
    """Take the event back to a version of its stream, beside the running server, and clear away after it."""
    key = UUID(event_id)
    async with (
        home_database(Settings(home=home), _nothing) as settings,
        connected(settings, superuser=True) as connection,
    ):
        await take_back(connection, key, version)
        for table in _VACUUMED:
            await connection.execute(f"VACUUM {table}")
        await connection.execute("CHECKPOINT")


async def take_back(connection: BareConnection, key: UUID, version: int) -> None:
    """Undo all registrations after a version of the event's stream, so that the books are right."""
    async with connection.transaction():
        await connection.fetchval("SELECT 1 FROM event_heads WHERE event_id = $1 FOR UPDATE", key)
        for sql in _EMPTY:
            await connection.execute(sql, key, version)
        for sql in _RECKON:
            await connection.execute(sql, key)


async def count(home: Path, event_id: str) -> int:
    """How many registrations the event has."""
    async with home_database(Settings(home=home), _nothing) as settings, connected(settings) as connection:
        found: int = await connection.fetchval(_COUNT, UUID(event_id))
        return found


def _nothing(_: str) -> None:
    """Nobody reads it."""
