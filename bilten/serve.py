"""`bilten serve`: services, migrations, demo data and the server, in this order, and all of it down again."""

import asyncio
import errno
import gc
import signal
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from importlib import import_module
from typing import Protocol, cast

import structlog
import uvloop
from starlette.applications import Starlette
from starlette.types import ASGIApp

from bilten.banner import print_banner, report_progress
from bilten.config import Settings
from bilten.drain import Server
from bilten.embedded import embedded_services
from bilten.failures import AddressIsBusy, AddressIsUnusable, ServerDidNotStart
from bilten.logs import configure_logging
from bilten.metrics_files import shared_folder
from bilten.upkeep import migrate_database, seed_database
from bilten.workers import READY, Workforce, follow

DEFAULT_PORT = 8000
PORTS_TRIED = 100
SWITCH_SECONDS = 0.001
"""After this a thread that computes, such as one that compiles documents, gives a waiting event loop the GIL back."""

log = structlog.get_logger("bilten.serve")


def serve(settings: Settings, *, demo: bool) -> None:
    """Serve until SIGINT or SIGTERM, then drain, stop the services and return. Raises `CommandFailed`."""
    configure_logging(settings)
    if settings.port is not None:
        # A taken port is said before the services start, not after.
        open_socket(settings.host, settings.port).close()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings, demo=demo))


async def _serve(settings: Settings, *, demo: bool) -> None:
    stop = StopSignals()
    report = report_progress(settings)
    with stop.listening():
        try:
            async with embedded_services(settings, report) as served:
                await _prepare(served, report, demo=demo)
                with closing(_listen(served)) as listener:
                    # Links in messages lead here, whichever port it has become.
                    served = served.model_copy(update={"port": listener.getsockname()[1]})  # noqa: PLW2901
                    if served.workers > 1:
                        await _run_workers(served, listener, stop)
                    else:
                        await _run_server(served, listener, stop, on_listening=_banner(served, listener))
                report("Stopping")
        except asyncio.CancelledError:
            # The signal came before the server was up: what had started is stopped, and that was the wish.
            log.info("server.stopped_while_starting")


def serve_beside_others(settings: Settings, *, number: int, listener: int, line: int) -> None:
    """Serve as worker `number` of a server, given the descriptors of the socket and of the line to the supervisor."""
    configure_logging(settings)
    structlog.contextvars.bind_contextvars(worker=number)
    with (
        socket.socket(fileno=listener) as listening,
        socket.socket(fileno=line) as supervisor,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        runner.run(_serve_beside_others(settings, listening, supervisor))


async def _serve_beside_others(settings: Settings, listener: socket.socket, supervisor: socket.socket) -> None:
    stop = StopSignals()
    with stop.listening():
        follow(supervisor, stop.ask)
        try:
            await _run_server(settings, listener, stop, on_listening=lambda: supervisor.sendall(READY))
        except asyncio.CancelledError:
            log.info("worker.stopped_while_starting")


async def _prepare(settings: Settings, report: Callable[[str], None], *, demo: bool) -> None:
    applied = await migrate_database(settings)
    if applied:
        report(f"Brought the database up to date: {', '.join(applied)}")
    if demo and not settings.production:
        await seed_database(settings, report)


async def _run_workers(settings: Settings, listener: socket.socket, stop: "StopSignals") -> None:
    with shared_folder() as numbers:
        workforce = Workforce(settings, listener, numbers, on_listening=_banner(settings, listener))
        stop.server = workforce
        await workforce.run()


async def _run_server(
    settings: Settings, listener: socket.socket, stop: "StopSignals", *, on_listening: Callable[[], None]
) -> None:
    sys.setswitchinterval(SWITCH_SECONDS)
    app = _create_app(settings)
    # What lives as long as the process, such as the schema, is not to be walked by every collection of garbage: that
    # holds everybody up for a tenth of a second.
    gc.collect()
    gc.freeze()
    server = Server(app, on_listening=on_listening)
    stop.server = server
    await server.serve(sockets=[listener])
    if not server.has_listened:
        message = "the application did not start; the lines above say why"
        raise ServerDidNotStart(message)


def _banner(settings: Settings, listener: socket.socket) -> Callable[[], None]:
    port = cast("int", listener.getsockname()[1])
    return lambda: print_banner(settings, port)


def _create_app(settings: Settings) -> ASGIApp:
    # By name, because nothing may import the root module: it stands above this package.
    create_app = cast("Callable[[Settings], Starlette]", import_module("app").create_app)
    return create_app(settings)


class Stoppable(Protocol):
    """What the signals are for once there is something to stop."""

    @property
    def has_listened(self) -> bool:
        """Whether it is up."""
        ...

    def stop(self, *, at_once: bool = False) -> None:
        """End the service, `at_once` without waiting for clients."""
        ...


class StopSignals:
    """SIGINT, SIGTERM and SIGHUP: the first asks for an orderly stop, the next one stops waiting for clients."""

    def __init__(self) -> None:
        self.server: Stoppable | None = None
        self._starting: asyncio.Task[object] | None = None
        self._received = 0

    @contextmanager
    def listening(self) -> Generator[None]:
        """Handle the signals inside the block; the current task is the one to cancel while nothing serves yet."""
        self._starting = asyncio.current_task()
        loop = asyncio.get_running_loop()
        # A closed terminal asks for the same, unless `nohup` has said otherwise.
        hangup = [] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else [signal.SIGHUP]
        numbers = [signal.SIGINT, signal.SIGTERM, *hangup]
        for number in numbers:
            loop.add_signal_handler(number, self.ask)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    def ask(self) -> None:
        """Take one signal, or what counts as one."""
        self._received += 1
        if self.server is not None and (self.server.has_listened or self._received == 1):
            self.server.stop(at_once=self._received > 1)
        elif self._starting is not None:
            self._starting.cancel()


def open_socket(host: str, port: int) -> socket.socket:
    """A socket bound to the address, listening. Raises `AddressIsBusy` or `AddressIsUnusable`."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # Until it listens, another process could bind the same address.
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            message = f"{host}:{port} is in use by another program: stop that one, or choose another port"
            raise AddressIsBusy(message) from None
        message = f"{host}:{port} cannot be listened on: {error.strerror or error}"
        raise AddressIsUnusable(message) from None
    return listener


def _listen(settings: Settings) -> socket.socket:
    if settings.port is not None:
        return open_socket(settings.host, settings.port)
    for port in range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TRIED):
        try:
            return open_socket(settings.host, port)
        except AddressIsBusy:
            continue
    message = f"no free port between {DEFAULT_PORT} and {DEFAULT_PORT + PORTS_TRIED - 1}: set BILTEN_PORT"
    raise AddressIsBusy(message)
