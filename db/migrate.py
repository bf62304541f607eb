"""Brings a database to the newest revision, forward only, safely beside other processes doing the same."""

from pathlib import Path
from typing import Any, cast

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

# An arbitrary constant that only Bilten's migrations lock.
_MIGRATION_LOCK = 7_170_319_260_001
_LOCK_TIMEOUT = "5s"


class DatabaseIsNewer(Exception):
    """The database was migrated by a newer version of Bilten."""

    def __init__(self, revision: str) -> None:
        super().__init__(f"the database is at revision {revision}")
        self.revision = revision


async def migrate(url: str) -> list[str]:
    """Apply what is missing and return the revisions applied, oldest first.

    A second caller waits for the first and finds nothing to do. Statements give up after five seconds without a
    lock, so that a migration never queues all traffic behind itself.
    """
    engine = _engine(url)
    try:
        async with engine.connect() as guard:
            # The lock lives on a connection of its own: the migrations commit one by one on another.
            await guard.execute(text(f"SELECT pg_advisory_lock({_MIGRATION_LOCK})"))
            # A session's lock outlives the commit; an open transaction would be ended by the idle timeout.
            await guard.commit()
            async with engine.connect() as connection:
                return await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


async def pending(url: str) -> list[str]:
    """The revisions that the database lacks, oldest first."""
    engine = _engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_missing)
    finally:
        await engine.dispose()


def newest() -> str:
    """The revision that this code needs."""
    return cast("str", _script().get_current_head())


def _engine(url: str) -> AsyncEngine:
    async def connect() -> "asyncpg.Connection[Any]":
        return await asyncpg.connect(url, timeout=10)

    return create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def knows(revision: str) -> bool:
    """Whether the revision is one of this code's; a newer version of Bilten has others."""
    return any(script.revision == revision for script in _script().walk_revisions())


def _missing(connection: Connection) -> list[str]:
    current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and not knows(current):
        raise DatabaseIsNewer(current)
    revisions = _script().iterate_revisions("heads", current or "base")
    return [revision.revision for revision in revisions][::-1]


def _upgrade(connection: Connection) -> list[str]:
    missing = _missing(connection)
    connection.commit()
    if missing:
        connection.execute(text(f"SET lock_timeout = '{_LOCK_TIMEOUT}'"))
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "heads")
        connection.commit()
    return missing
