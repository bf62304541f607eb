"""A disk that is full, at the first start and while serving: said in one line, survived, and recovered from."""

import asyncio
import subprocess
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from tests.faults.server import BiltenServer, refusal, serving
from tests.folders import passable_folder
from tests.waiting import eventually

# A mount of the server's own, seen by nobody else and gone with it.
NAMESPACE = ("unshare", "--user", "--map-root-user", "--mount")

pytestmark = pytest.mark.skipif(
    subprocess.run([*NAMESPACE, "true"], check=False, capture_output=True).returncode != 0,
    reason="a small disk is a mount in a namespace, which this machine forbids",
)


@pytest.fixture
def disk() -> Generator[Path]:
    """The folder over which the server mounts its disk."""
    with passable_folder() as folder:
        (folder / "disk").mkdir()
        yield folder / "disk"


def on_disk(disk: Path, *, megabytes: int) -> tuple[str, ...]:
    """The wrapper that gives a server a disk of its own at `disk`."""
    script = f'mount -t tmpfs -o size={megabytes}m none "$0" && exec "$@"'
    return (*NAMESPACE, "sh", "-c", script, str(disk))


def fill(server: BiltenServer, disk: Path) -> Path:
    """Take all the room that is left, from outside the server's namespace."""
    filler = Path(f"/proc/{server.process.pid}/root{disk}/filler")
    with filler.open("wb", buffering=0) as file:
        for size in (1_000_000, 4096):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
    return filler


async def test_a_first_start_on_a_full_disk_is_refused(disk: Path) -> None:
    line = await refusal(disk / "home", wrapper=on_disk(disk, megabytes=20))
    assert line.endswith("[DISK_IS_FULL]")


async def test_a_disk_that_fills_up_is_an_outage_and_not_the_end(disk: Path) -> None:
    async with serving(disk / "home", wrapper=on_disk(disk, megabytes=150)) as server:
        url = server.database_url.replace("host=", f"host=%2Fproc%2F{server.process.pid}%2Froot")
        acknowledged = await write_until_refused(url, server, disk)
        assert await server.status("/healthz") == 200

        fill(server, disk).unlink()

        async def is_ready() -> bool:
            return await server.status("/readyz") == 200

        await eventually(is_ready, within=30, what="readiness after the disk was freed")
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT count(*) FROM ticks") >= acknowledged
        await connection.execute("INSERT INTO ticks VALUES (-1, '')")
        await connection.close()


async def write_until_refused(url: str, server: BiltenServer, disk: Path) -> int:
    """Write on a disk that fills up meanwhile, until nothing is accepted any more; gives what was acknowledged."""
    acknowledged = 0
    connection = await asyncpg.connect(url)
    await connection.execute("CREATE TABLE ticks (number int PRIMARY KEY, text text NOT NULL)")
    await connection.execute("INSERT INTO ticks VALUES (0, '')")
    acknowledged += 1
    await asyncio.to_thread(fill, server, disk)
    with suppress(OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        while True:
            await connection.execute(
                "INSERT INTO ticks VALUES ($1, repeat(gen_random_uuid()::text, 1000))", acknowledged
            )
            acknowledged += 1
    connection.terminate()
    return acknowledged
