"""Several processes behind one listening socket: starting them, replacing one that dies, and stopping all in order.

uvicorn has a supervisor of its own. It does not fit between services that have to start before the workers and stop
after them: it takes the signals for itself, restarts without a pause, and leaves its workers behind when it is killed.
"""

import asyncio
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import structlog
from pydantic import SecretStr

from bilten.config import Settings
from bilten.drain import DRAIN_SECONDS
from bilten.failures import ServerDidNotStart
from bilten.metrics_files import FOLDER_VARIABLE, retire

START_ATTEMPTS = 3
START_SECONDS = 120.0
FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0
STEADY_SECONDS = 60.0
"""A worker that ran this long counts as healthy: its replacement starts quickly again."""
GRACE_SECONDS = 10.0
"""What a worker gets beyond its drain to put everything away."""
AT_ONCE_SECONDS = 3.0
READY = b"r"

log = structlog.get_logger("bilten.workers")


@dataclass(frozen=True, slots=True)
class Worker:
    """A child and our end of the line to it: it says there when it serves, and reads there that we are gone."""

    process: asyncio.subprocess.Process
    line: socket.socket

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the child has ended meanwhile."""
        if self.process.returncode is None:
            with suppress(ProcessLookupError):
                self.process.send_signal(number)


class Workforce:
    """The workers of one server. They take their settings from the environment and connections from one socket."""

    def __init__(
        self, settings: Settings, listener: socket.socket, numbers: Path, *, on_listening: Callable[[], None]
    ) -> None:
        self._size = settings.workers
        self._listener = listener
        self._numbers = numbers
        self._environment = environment(settings) | {FOLDER_VARIABLE: str(numbers)}
        self._on_listening = on_listening
        self._workers: dict[int, Worker] = {}
        self._ready: set[int] = set()
        self._stopping = asyncio.Event()
        self.has_listened = False

    async def run(self) -> None:
        """Serve until stopped and every worker has ended. Raises `ServerDidNotStart`."""
        places = [asyncio.create_task(self._fill(number), name=f"worker {number}") for number in self._places()]
        try:
            await asyncio.gather(*places)
        finally:
            for place in places:
                place.cancel()
            await asyncio.gather(*places, return_exceptions=True)

    def stop(self, *, at_once: bool = False) -> None:
        """Ask every worker to end, a second time to end `at_once`; one that does not in time is killed."""
        self._stopping.set()
        # First here: a connection that we held open would wait for an answer that nobody gives.
        self._listener.close()
        for worker in self._workers.values():
            worker.signal(signal.SIGTERM)
        limit = AT_ONCE_SECONDS if at_once else DRAIN_SECONDS + GRACE_SECONDS
        asyncio.get_running_loop().call_later(limit, self._kill)

    def _places(self) -> range:
        return range(1, self._size + 1)

    def _kill(self) -> None:
        for number, worker in self._workers.items():
            log.error("worker.killed", worker=number, pid=worker.process.pid)
            worker.signal(signal.SIGKILL)

    async def _fill(self, number: int) -> None:
        """Keep one place filled, more slowly the sooner its workers die."""
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        failures = 0
        while not self._stopping.is_set():
            started = loop.time()
            if not await self._employ(number) and not self.has_listened:
                failures += 1
            if failures == START_ATTEMPTS:
                message = "the workers did not start; the lines above say why"
                raise ServerDidNotStart(message)
            pause = FIRST_PAUSE if loop.time() - started > STEADY_SECONDS else pause
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _employ(self, number: int) -> bool:
        """Run one worker until it ends; tells whether it ever served, or ended because it had to."""
        try:
            worker = await self._start(number)
        except OSError as error:
            log.error("worker.start_failed", worker=number, reason=error.strerror or str(error))
            return False
        self._workers[number] = worker
        if self._stopping.is_set():
            worker.signal(signal.SIGTERM)
        try:
            has_served = await self._serves(worker)
            if has_served:
                self._note_ready(number, worker)
            status = await worker.process.wait()
        finally:
            del self._workers[number]
            # A cancelled wait leaves a child that nobody else would end.
            worker.signal(signal.SIGKILL)
            await worker.process.wait()
            worker.line.close()
            asked = self._stopping.is_set()
            await asyncio.to_thread(retire, self._numbers, worker.process.pid, died=not asked)
        if not asked:
            log.error("worker.died", worker=number, pid=worker.process.pid, status=status)
        return has_served or asked

    async def _start(self, number: int) -> Worker:
        ours, theirs = socket.socketpair()
        ours.settimeout(0)
        with theirs:
            descriptors = (self._listener.fileno(), theirs.fileno())
            try:
                process = await asyncio.create_subprocess_exec(
                    *[sys.executable, "-P", "-m", "bilten", "worker", str(number), *map(str, descriptors)],
                    stdin=asyncio.subprocess.DEVNULL,
                    env=self._environment,
                    pass_fds=descriptors,
                    # Ctrl-C at the terminal is for us; the workers hear of it from here.
                    start_new_session=True,
                )
            except BaseException:
                ours.close()
                raise
        return Worker(process, ours)

    async def _serves(self, worker: Worker) -> bool:
        """Return whether the worker says that it serves; False when it ends instead, or takes too long."""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                if await asyncio.get_running_loop().sock_recv(worker.line, 1) == READY:
                    return True
        worker.signal(signal.SIGTERM if self._stopping.is_set() else signal.SIGKILL)
        return False

    def _note_ready(self, number: int, worker: Worker) -> None:
        if self.has_listened:
            log.info("worker.replaced", worker=number, pid=worker.process.pid)
            return
        self._ready.add(number)
        if len(self._ready) == self._size and not self._stopping.is_set():
            self.has_listened = True
            self._on_listening()


def environment(settings: Settings) -> dict[str, str]:
    """The environment in which another process loads exactly these settings and imports what this one imports."""
    plain = {name: value for name, value in os.environ.items() if not name.upper().startswith("BILTEN_")}
    given = {name: getattr(settings, name) for name in Settings.model_fields} | {"home": settings.resolved_home}
    texts = {f"BILTEN_{name.upper()}": _text(value) for name, value in given.items() if value is not None}
    # The worker runs with `-P`, because a folder that it happens to start in has no say in what `db` or `app` is.
    paths = os.pathsep.join(path or str(Path.cwd()) for path in sys.path)
    return {**plain, **texts, "PYTHONPATH": paths}


def follow(line: socket.socket, stop: Callable[[], None]) -> None:
    """In a worker: call `stop` in its event loop when the supervisor is gone, and end by force if that takes long.

    It watches from a thread, so that an event loop that hangs is ended as well.
    """
    loop = asyncio.get_running_loop()

    def watch() -> None:
        with suppress(OSError):
            line.recv(1)
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(stop)
        time.sleep(DRAIN_SECONDS + GRACE_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, name="supervisor", daemon=True).start()


def _text(value: object) -> str:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case tuple():
            return " ".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        case _:
            return str(value)
