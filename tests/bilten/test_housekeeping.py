"""Housekeeping: what is kept for a while goes in time, by one process, and no failure ends the rounds."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest

from bilten.housekeeping import keep_house, one_round
from db import scans
from db.database import Database, connect
from tests.api import Api, Clock
from tests.desk import desk_of
from tests.waiting import eventually

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KEY = "INSERT INTO idempotency_keys (scope_id, user_id, key, input_hash, created_at) VALUES ($1, $1, 'k', '', $2)"
DENIAL = """
INSERT INTO access_denials (actor_id, action, object_id, day, denials, first_at, last_at)
VALUES ($1, 'UPDATE', $1, $3, 1, $2, $2)
"""
SCAN = """
INSERT INTO check_in_scans (event_id, nonce, code, outcome, scanned_at, created_at)
VALUES ($1, 'first', '7KQ2M-9XH0T', 'UNKNOWN', $2, $2)
"""
LEFT = "SELECT (SELECT count(*) FROM idempotency_keys) AS keys, (SELECT count(*) FROM access_denials) AS denials"


@pytest.fixture
async def database(fresh_database_url: str) -> AsyncGenerator[Database]:
    database = await connect(fresh_database_url, pool_size=3)
    yield database
    await database.close()


async def fill(url: str) -> None:
    """One row of each kind just within its time, and one just past it."""
    connection = await asyncpg.connect(url)
    try:
        for age in (timedelta(hours=48), timedelta(hours=48, seconds=1)):
            await connection.execute(KEY, uuid4(), NOW - age)
        for age in (timedelta(days=90), timedelta(days=90, seconds=1)):
            await connection.execute(DENIAL, uuid4(), NOW - age, (NOW - age).date())
    finally:
        await connection.close()


async def left(database: Database) -> tuple[int, int]:
    row = await database.fetchrow(LEFT)
    assert row is not None
    return row["keys"], row["denials"]


async def test_round_deletes_what_is_past_its_time_and_nothing_else(
    database: Database, fresh_database_url: str
) -> None:
    await fill(fresh_database_url)

    assert await one_round(database, NOW)

    assert await left(database) == (1, 1)


async def test_scans_are_kept_for_a_while_after_their_event(fresh_api: Api, database: Database) -> None:
    async with desk_of(fresh_api) as desk:
        stall = await desk.stall()
        [ends_at] = [row["ends_at"] for row in await database.fetch("SELECT ends_at FROM events")]
        async with database.transaction() as session:
            await session.execute(SCAN, stall.id, ends_at)

        async with database.transaction() as session:
            assert await scans.purge(session, ends_at + timedelta(days=90)) == 0
        assert await one_round(database, ends_at + timedelta(days=90, seconds=1))

        assert await desk.value("SELECT count(*) FROM check_in_scans") == 0


async def test_of_two_rounds_at_once_one_does_the_work(database: Database, fresh_database_url: str) -> None:
    await fill(fresh_database_url)
    other = await asyncpg.connect(fresh_database_url)
    try:
        async with other.transaction():
            await other.execute("LOCK TABLE idempotency_keys IN ACCESS EXCLUSIVE MODE")
            first = asyncio.create_task(one_round(database, NOW))
            await eventually(lambda: _is_locked(other), what="the first round at work")
            assert await one_round(database, NOW) is False
        assert await first is True
    finally:
        await other.close()


async def _is_locked(connection: "asyncpg.Connection[asyncpg.Record]") -> bool:
    return await connection.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted") > 0


async def test_rounds_go_on_after_a_failure_that_nobody_expected(database: Database, fresh_database_url: str) -> None:
    await fill(fresh_database_url)
    connection = await asyncpg.connect(fresh_database_url)
    clock = Clock(NOW)
    try:
        await connection.execute("ALTER TABLE access_denials RENAME TO elsewhere")
        asked = asyncio.Event()

        def now() -> datetime:
            asked.set()
            return clock()

        rounds = asyncio.create_task(keep_house(database, now, interval=0.01))
        await asyncio.wait_for(asked.wait(), 10)
        asked.clear()
        await asyncio.wait_for(asked.wait(), 10)
        await connection.execute("ALTER TABLE elsewhere RENAME TO access_denials")

        async def is_clean() -> bool:
            return await left(database) == (1, 1)

        await eventually(is_clean, what="a round that succeeds")
        rounds.cancel()
        with pytest.raises(asyncio.CancelledError):
            await rounds
    finally:
        await connection.close()
