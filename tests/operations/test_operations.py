"""The main pages of a frontend, held to their golden results and golden SQL."""

from collections.abc import AsyncGenerator

import asyncpg
import pytest

from tests.api import Api, Clock, running_api
from tests.operations.data import GUEST, NEIGHBOUR, OWNER, make_platform
from tests.operations.databases import NOON, own_database
from tests.operations.goldens import FOLDER, compare, statements, written
from tests.waiting import eventually

OPERATIONS = {
    "discover": None,
    "search": None,
    "detail": GUEST,
    "my_registrations": GUEST,
    "dashboard": OWNER,
    "audit": OWNER,
    "waitlist": OWNER,
    "my_waitlist": NEIGHBOUR,
    "pools": OWNER,
}


@pytest.fixture(scope="module")
async def database(postgres_admin_url: str) -> AsyncGenerator[str]:
    """A database for the small platform."""
    async with own_database(postgres_admin_url) as url:
        yield url


@pytest.fixture(scope="module")
async def platforms(
    database: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[dict[str, Api]]:
    """The application over the small platform by what executes its operations; nothing here changes the platform."""
    # One clock for both: whichever of them leads tells people, and notes when.
    home, clock = tmp_path_factory.mktemp("home"), Clock(NOON)
    async with (
        running_api(database, redis_url, home, clock, engine="compiled") as compiled,
        running_api(database, redis_url, home, clock, engine="core") as core,
    ):
        await make_platform(compiled)
        await eventually(lambda: is_announced(database))
        yield {"compiled": compiled, "core": core}


async def is_announced(database: str) -> bool:
    """Whether the offer has been handed over: its clock starts when the message leaves, and nothing moves after."""
    connection = await asyncpg.connect(database)
    try:
        return await connection.fetchval(
            "SELECT bool_and(notified_at IS NOT NULL) FROM waitlist_entries WHERE status = 'OFFERED'"
        )
    finally:
        await connection.close()


@pytest.mark.parametrize("engine", ["compiled", "core"])
@pytest.mark.parametrize("name", OPERATIONS)
async def test_operation_answers_and_reads_as_written_down(platforms: dict[str, Api], name: str, engine: str) -> None:
    document = (FOLDER / f"{name}.graphql").read_text(encoding="utf-8")

    answer = await platforms[engine].run(document, by=OPERATIONS[name])

    assert answer.errors == []
    compare(f"{name}.json", written(answer.data))
    compare(f"{name}.sql", statements(answer.sql))


def test_every_operation_is_run() -> None:
    assert {path.stem for path in FOLDER.glob("*.graphql")} == set(OPERATIONS)
