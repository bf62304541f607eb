"""One application for the tests of a protocol, which leave nothing behind that others could meet."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from tests.api import Api, Clock, running_api


@pytest.fixture(scope="session")
async def site(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Api]:
    """The application over this worker's database, at noon of an ordinary day."""
    clock = Clock(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    async with running_api(database_url, redis_url, tmp_path_factory.mktemp("site"), clock) as running:
        yield running
