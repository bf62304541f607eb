"""The denial log at the end of a process."""

from datetime import UTC, datetime
from uuid import uuid4

import asyncpg

from db.database import connect
from db.denials import SqlDenials
from domain.ids import UserId
from domain.permissions import EventAction


async def test_a_burst_is_counted_whole_when_the_process_ends(database_url: str) -> None:
    database = await connect(database_url)
    actor, target = UserId(uuid4()), uuid4()
    log = SqlDenials(database, lambda: datetime(2026, 11, 23, 12, tzinfo=UTC))

    for _ in range(5):
        await log.denied(actor, EventAction.UPDATE, target)
    await log.flush()
    await database.close()

    connection = await asyncpg.connect(database_url)
    try:
        counted = await connection.fetchval("SELECT denials FROM access_denials WHERE actor_id = $1", actor)
    finally:
        await connection.close()
    assert counted == 5
