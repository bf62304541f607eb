"""The embedded PostgreSQL server: its settings, when it is ready, how it ends, and why it did not start."""

import asyncio
import re
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import asyncpg

from bilten.embedded.cluster import SUPERUSER, Cluster, create_data
from bilten.embedded.errors import (
    DataIsDamaged,
    DataIsInUse,
    DiskIsFull,
    EmbeddedServiceFailed,
    ServiceDidNotStart,
    explain_os_error,
    full_disk,
)
from bilten.embedded.logfile import LogFile
from bilten.embedded.processes import POLL_SECONDS, is_alive, spawn, stop_child, stop_leftover

DATABASE = "bilten"
ROLE = "bilten"
PORT = 5432
START_SECONDS = 300.0
"""A crash recovery may take this long; a server that has ended is noticed at once."""
LEFTOVER_SECONDS = 30.0
LEFTOVER_PAUSE = 0.2
"""Queries outlive a killed server until they notice, and it cannot start again before."""

# A fast shutdown rolls back and writes a checkpoint, an immediate one leaves recovery to the next start.
STOP_STEPS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))

DAMAGED = re.compile(
    r"could not locate a valid checkpoint|could not find the database system|invalid checkpoint|invalid page"
    r"|is missing or erroneous|could not open file|could not read|incorrect checksum|invalid data"
    r"|database files are incompatible"
)


class PostgresServer:
    """One embedded server over one cluster; `start` and `stop` are for the supervisor.

    `durable=False` trades every guarantee for speed and is for tests whose data nobody keeps.
    """

    name = "postgres"

    def __init__(self, cluster: Cluster, report: Callable[[str], None], *, durable: bool = True) -> None:
        self.cluster = cluster
        self.log = LogFile(cluster.data.with_name("postgres.log"))
        self._report = report
        self._durable = durable

    def url(self, *, role: str = ROLE, database: str = DATABASE) -> str:
        """The address of a database of this server."""
        return f"postgresql://{role}@/{database}?host={quote(str(self.cluster.sockets), safe='')}"

    def is_listening(self) -> bool:
        """Whether a server, of this process or another, has its socket there."""
        return (self.cluster.sockets / f".s.PGSQL.{PORT}").is_socket()

    async def start(self) -> asyncio.subprocess.Process:
        """Start the server and return when it takes connections, with the application's role and database made."""
        await create_data(self.cluster, self._report)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LEFTOVER_SECONDS
        while True:
            try:
                return await self._start_once()
            except DataIsInUse:
                if loop.time() > deadline:
                    raise
                await asyncio.sleep(LEFTOVER_PAUSE)

    async def _start_once(self) -> asyncio.subprocess.Process:
        await self._clear_leftovers()
        try:
            with self.log.open() as output:
                process = await self._spawn(output)
        except OSError as error:
            raise explain_os_error(error, self.log.path) from error
        try:
            await self._wait_until_ready(process)
            await self._make_database()
        except BaseException:
            await self.stop(process)
            raise
        return process

    async def stop(self, process: asyncio.subprocess.Process) -> None:
        """Shut down fast and cleanly; harder only when that takes too long."""
        await stop_child(process, STOP_STEPS)

    async def _spawn(self, output: BinaryIO) -> asyncio.subprocess.Process:
        settings = {
            "listen_addresses": "",
            "port": str(PORT),
            "unix_socket_directories": _quoted(self.cluster.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "shared_buffers": "128MB",
            # One writer that stays open stalls every reader of the journal. There is no transaction_timeout here:
            # migrations and seeding may take long, so the application sets that one on its pool.
            "idle_in_transaction_session_timeout": "30s",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self._durable:
            # Many test processes share one server, each with a pool of its own.
            settings |= {
                "fsync": "off",
                "synchronous_commit": "off",
                "full_page_writes": "off",
                "max_connections": "400",
            }
        command = [str(self.cluster.binaries / "postgres"), "-D", str(self.cluster.data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        # When this process is killed the server shuts down fast by itself.
        return await spawn(command, identity=self.cluster.identity, death_signal=signal.SIGINT, output=output)

    async def _clear_leftovers(self) -> None:
        """Make way for a new server where a killed owner of this home left an old one, or its traces.

        An old server is stopped, not adopted: it may run with other settings, and as somebody else's child it could
        be neither supervised nor tied to the life of this process.
        """
        pid_file = self.cluster.data / "postmaster.pid"
        with suppress(OSError, ValueError, IndexError):
            pid = int(pid_file.read_text(encoding="ascii").splitlines()[0])
            if await stop_leftover(pid, mark=str(self.cluster.data), steps=STOP_STEPS):
                self._report(f"Stopped a PostgreSQL that an earlier run left behind (process {pid})")
            elif is_alive(pid):
                # The number now belongs to a stranger, and PostgreSQL would take that for a running server.
                pid_file.unlink()
        with suppress(OSError):
            for path in self.cluster.sockets.glob(".s.PGSQL.*"):
                path.unlink()

    async def _wait_until_ready(self, process: asyncio.subprocess.Process) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + START_SECONDS
        patience = loop.time() + 3
        while loop.time() < deadline:
            if process.returncode is not None:
                raise self._explain()
            try:
                connection = await self._connect()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                if loop.time() > patience:
                    self._report("PostgreSQL is still starting; after a crash it first repairs its data")
                    patience = deadline
                await asyncio.sleep(POLL_SECONDS)
            else:
                await connection.close()
                return
        raise ServiceDidNotStart(f"PostgreSQL was not ready within {START_SECONDS:.0f} s: see {self.log.path}")

    async def _make_database(self) -> None:
        """Make the application's role and database once; the role is ordinary, as on a real server."""
        connection = await self._connect()
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", ROLE):
                await connection.execute(f"CREATE ROLE {ROLE} LOGIN")
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
                await connection.execute(f"CREATE DATABASE {DATABASE} OWNER {ROLE}")
        except asyncpg.DiskFullError:
            raise DiskIsFull(f"no space is left for {self.cluster.data}: free some, then start again") from None
        except asyncpg.PostgresError as error:
            raise ServiceDidNotStart(f"PostgreSQL started and refused its database: {error}") from error
        finally:
            await connection.close()

    async def _connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        return await asyncpg.connect(
            host=str(self.cluster.sockets), port=PORT, user=SUPERUSER, database="postgres", timeout=5, ssl=False
        )

    def _explain(self) -> EmbeddedServiceFailed:
        text = self.log.since_start()
        words = _last_complaint(text)
        if "pre-existing shared memory block" in text:
            return DataIsInUse(f"queries of a killed PostgreSQL still run on {self.cluster.data}: wait, or end them")
        if failure := full_disk(text, self.cluster.data):
            return failure
        if DAMAGED.search(text):
            message = f"{self.cluster.data} is damaged ({words}): move it away to start with an empty database"
            return DataIsDamaged(message)
        return ServiceDidNotStart(f"PostgreSQL ended while starting ({words}): see {self.log.path}")


def _quoted(path: Path) -> str:
    """A path as one item of a list setting: commas and spaces would split it."""
    escaped = str(path).replace('"', '""')
    return f'"{escaped}"'


def _last_complaint(text: str) -> str:
    """The last fatal line of the server's log."""
    pattern = re.compile(r"(?:FATAL|PANIC|error):\s+(.*)|.* cannot be run: .*|.* was refused: .*")
    for line in reversed(text.splitlines()):
        if found := pattern.search(line):
            return found.group(1) or found.group(0)
    return text.strip().rpartition("\n")[2] or "it gave no reason"
