"""Keeps a service running while its block lasts: a service that dies is started again, more slowly each time."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Protocol, Self

import structlog

from bilten.embedded.errors import EmbeddedServiceFailed
from bilten.embedded.logfile import LogFile

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 10.0
LOG_SECONDS = 60.0
STEADY_SECONDS = 60.0
"""A service that ran this long counts as healthy: its next restart is quick again."""

log = structlog.get_logger("bilten.embedded")


class Service(Protocol):
    """A child process that can be started until ready, and stopped."""

    name: str
    log: LogFile

    async def start(self) -> asyncio.subprocess.Process:
        """Start and return once ready; raises `EmbeddedServiceFailed`, leaving nothing behind."""
        ...

    async def stop(self, process: asyncio.subprocess.Process) -> None:
        """End the process and return once it is gone."""
        ...


class Supervisor:
    """Runs one service for the length of an `async with` block.

    The first start may fail and then raises; afterwards failures are logged and tried again for as long as the block
    lasts, so that a full disk or a killed server is an outage and not the end.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the running service."""
        return self._process.pid if self._process else None

    async def __aenter__(self) -> Self:
        self._process = await self._service.start()
        self._task = asyncio.create_task(self._keep_running(), name=f"supervise {self._service.name}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._process is not None:
            await self._service.stop(self._process)

    async def _keep_running(self) -> None:
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE
        started = loop.time()
        while True:
            if self._process is not None:
                status = await self._wait_for_end(self._process)
                log.error("service.died", service=self._service.name, status=status)
                self._process = None
                pause = FIRST_PAUSE if loop.time() - started > STEADY_SECONDS else pause
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            started = loop.time()
            try:
                self._process = await self._service.start()
            except EmbeddedServiceFailed as failure:
                log.error("service.restart_failed", service=self._service.name, code=failure.code, reason=str(failure))
            except Exception:
                # Whatever it is, the next try may work, and without one the service stays away for good.
                log.exception("service.restart_failed", service=self._service.name)
            else:
                log.info("service.restarted", service=self._service.name)

    async def _wait_for_end(self, process: asyncio.subprocess.Process) -> int:
        """Wait until the service has ended, keeping its log short meanwhile."""
        while process.returncode is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), LOG_SECONDS)
            self._service.log.shorten()
        return process.returncode
