"""Two applications over one database, and the database itself to look into."""

from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from tests.api import Api, Clock, running_api


@pytest.fixture
async def two(fresh_database_url: str, redis_url: str, tmp_path: Path, clock: Clock) -> AsyncGenerator[tuple[Api, Api]]:
    """Two applications over one database, as two processes would be."""
    async with (
        running_api(fresh_database_url, redis_url, tmp_path, clock) as one,
        running_api(fresh_database_url, redis_url, tmp_path, clock) as other,
    ):
        yield one, other


@pytest.fixture
async def database(fresh_database_url: str) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """The same database, to count rows in."""
    connection = await asyncpg.connect(fresh_database_url)
    yield connection
    await connection.close()
