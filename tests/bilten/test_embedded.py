"""The embedded services: what a start, a second start, a crash and a stranger's leftovers lead to."""

import asyncio
import os
import shutil
import signal
import stat
import sys
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import unquote

import asyncpg
import pytest
from pydantic import SecretStr

from bilten.config import Settings
from bilten.embedded import embedded_services
from bilten.embedded.cluster import find_cluster
from bilten.embedded.errors import (
    HomeIsBusy,
)
from bilten.embedded.processes import choose_identity, launcher_command
from tests.folders import passable_folder
from tests.processes import are_gone, descendants
from tests.waiting import eventually


@asynccontextmanager
async def running(home: Path, said: list[str] | None = None) -> AsyncGenerator[Settings]:
    report = said if said is not None else []
    async with embedded_services(Settings(home=home), report.append) as served:
        yield served


def url_of(secret: SecretStr | None) -> str:
    assert secret is not None
    return secret.get_secret_value()


async def ask(settings: Settings, query: str) -> object:
    connection = await asyncpg.connect(url_of(settings.database_url), timeout=5)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def ping(settings: Settings) -> bool:
    path = unquote(url_of(settings.redis_url).removeprefix("unix://"))
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(b"PING\r\n")
    answer = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return answer == b"+PONG\r\n"


def postmaster_pid(home: Path) -> int:
    return int((home / "postgres" / "data" / "postmaster.pid").read_text(encoding="ascii").split()[0])


@pytest.fixture
def tmp_path() -> Generator[Path]:
    """Where the homes of one test lie."""
    with passable_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
async def prepared() -> AsyncGenerator[Path]:
    """A home that was started once and holds one note."""
    with passable_folder() as folder:
        async with running(folder / "home") as settings:
            await ask(settings, "CREATE TABLE notes AS SELECT 'kept' AS text")
        yield folder / "home"


@pytest.fixture
def home(prepared: Path, tmp_path: Path) -> Path:
    """A copy of the prepared home, because making data takes a second."""
    return copy(prepared, tmp_path / "home")


def copy(prepared: Path, home: Path) -> Path:
    return Path(shutil.copytree(prepared, home))


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_an_empty_home_becomes_two_running_services(tmp_path: Path) -> None:
    said: list[str] = []
    async with running(tmp_path / "home", said) as settings:
        assert await ask(settings, "SELECT current_setting('server_version_num')::int / 10000") == 18
        assert await ask(settings, "SELECT current_user || ' ' || current_database()") == "bilten bilten"
        assert await ask(settings, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
        assert await ask(settings, "SELECT datlocale FROM pg_database WHERE datname = 'bilten'") == "C.UTF-8"
        assert await ask(settings, "SELECT current_setting('data_checksums')") == "on"
        assert await ping(settings)
    assert said == ["Creating the PostgreSQL data folder"]


async def test_services_listen_on_private_sockets_only(home: Path) -> None:
    async with running(home) as settings:
        assert await ask(settings, "SELECT current_setting('listen_addresses')") == ""
        for folder in (home / "postgres", home / "redis"):
            assert mode_of(folder) == 0o700


async def test_a_second_start_keeps_the_data(home: Path) -> None:
    for _ in range(2):
        async with running(home) as settings:
            assert await ask(settings, "SELECT text FROM notes") == "kept"


async def test_nothing_is_left_running(home: Path) -> None:
    before = descendants(os.getpid())
    async with running(home):
        started = descendants(os.getpid()) - before
        assert len(started) > 2
    assert are_gone(started)


async def test_a_second_holder_is_refused_and_told_who_is_first(home: Path) -> None:
    async with running(home):
        with pytest.raises(HomeIsBusy, match=f"process {os.getpid()}"):
            async with running(home):
                pass
    async with running(home) as settings:
        assert await ping(settings)


async def test_two_homes_run_side_by_side(home: Path, prepared: Path, tmp_path: Path) -> None:
    other = copy(prepared, tmp_path / "other")
    async with running(home) as first:
        async with running(other) as second:
            await ask(second, "DELETE FROM notes")
        assert await ask(first, "SELECT text FROM notes") == "kept"
        assert await ping(first)


@pytest.mark.parametrize("service", ["postgres", "redis"])
async def test_a_killed_service_comes_back(home: Path, service: str) -> None:
    async with running(home) as settings:
        pid_file = {"postgres": "postgres/data/postmaster.pid", "redis": "redis/redis.pid"}[service]
        pid = int((home / pid_file).read_text(encoding="ascii").split()[0])

        os.kill(pid, signal.SIGKILL)

        async def answers_again() -> bool:
            try:
                return await ping(settings) and await ask(settings, "SELECT text FROM notes") == "kept"
            except Exception:
                return False

        await eventually(lambda: are_gone({pid}), what="the death of the service")
        await eventually(answers_again, what=f"the return of {service}")


async def test_a_killed_postgres_comes_back_after_the_queries_that_outlive_it(home: Path) -> None:
    async with running(home) as settings:
        connection = await asyncpg.connect(url_of(settings.database_url))
        busy = asyncio.create_task(connection.fetchval("SELECT count(*) FROM generate_series(1, 20000000)"))
        backend = connection.get_server_pid()
        await eventually(lambda: cpu_ticks(backend) > 20, what="a query that is well under way")

        os.kill(postmaster_pid(home), signal.SIGKILL)

        await asyncio.gather(busy, return_exceptions=True)

        async def answers_again() -> bool:
            try:
                return await ask(settings, "SELECT text FROM notes") == "kept"
            except (OSError, asyncpg.PostgresError):
                return False

        await eventually(answers_again, what="the return of PostgreSQL")
        connection.terminate()


def cpu_ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


async def test_a_home_too_deep_for_sockets_is_served_from_a_short_folder(prepared: Path, tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-folder-with-a-long-name"] * 6) / "home"
    shutil.copytree(prepared, deep)
    async with running(deep) as settings:
        assert await ask(settings, "SELECT text FROM notes") == "kept"
        assert await ping(settings)


async def test_a_home_with_odd_characters_works(prepared: Path, tmp_path: Path) -> None:
    odd = copy(prepared, tmp_path / 'ho me, "ž" % & ?')
    async with running(odd) as settings:
        assert await ask(settings, "SELECT text FROM notes") == "kept"
        assert await ping(settings)


async def test_folders_that_exist_keep_their_mode(prepared: Path, tmp_path: Path) -> None:
    parent = tmp_path / "parent"
    parent.mkdir(mode=0o700)
    home = copy(prepared, parent / "home")
    home.chmod(0o750)
    async with running(home):
        pass
    assert mode_of(parent) == 0o700
    assert mode_of(home) == 0o750


async def test_an_interrupted_first_start_is_repeated(tmp_path: Path) -> None:
    draft = tmp_path / "home" / "postgres" / "data.draft"
    draft.mkdir(parents=True)
    (draft / "PG_VERSION").write_text("18\n", encoding="ascii")
    async with running(tmp_path / "home") as settings:
        assert await ask(settings, "SELECT 1") == 1
    assert not draft.exists()


async def test_a_stale_process_id_of_a_stranger_is_ignored(home: Path) -> None:
    stranger = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "input()", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        data = home / "postgres" / "data"
        (data / "postmaster.pid").write_text(f"{stranger.pid}\n{data}\n0\n5432\n\n\n", encoding="ascii")
        (home / "redis" / "redis.pid").write_text(f"{stranger.pid}\n", encoding="ascii")
        async with running(home) as settings:
            assert await ask(settings, "SELECT text FROM notes") == "kept"
            assert await ping(settings)
        assert stranger.returncode is None
    finally:
        stranger.kill()
        await stranger.wait()


async def test_a_server_left_behind_is_stopped_and_replaced(home: Path) -> None:
    cluster = find_cluster(home, choose_identity(home / "postgres" / "data"))
    command = [str(cluster.binaries / "postgres"), "-D", str(cluster.data), "-c", "listen_addresses="]
    command += ["-c", f"unix_socket_directories={cluster.sockets}"]
    orphan = await asyncio.create_subprocess_exec(
        *launcher_command(cluster.identity, command, death_signal=signal.SIGKILL), stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await eventually((cluster.sockets / ".s.PGSQL.5432").exists, what="the start of the orphan")
        said: list[str] = []
        async with running(home, said) as settings:
            assert await ask(settings, "SELECT text FROM notes") == "kept"
            assert postmaster_pid(home) != orphan.pid
        assert said == [f"Stopped a PostgreSQL that an earlier run left behind (process {orphan.pid})"]
        assert await orphan.wait() == 0
    finally:
        if orphan.returncode is None:
            orphan.kill()
            await orphan.wait()


async def test_nothing_starts_when_both_addresses_are_given(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path / "home", database_url=SecretStr("postgresql://a"), redis_url=SecretStr("redis://b")
    )
    async with embedded_services(settings, lambda _: None) as served:
        assert served is settings
    assert not (tmp_path / "home").exists()
