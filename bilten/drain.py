"""Ends serving in order: what has begun is answered, nothing new begins, and all of it has a limit in time."""

import asyncio
import math
import socket
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import cast

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bilten.connections import Connection

DRAIN_SECONDS = 10
LAST_CALL_SECONDS = 0.2
"""How long idle connections stay open at least: a request that is on its way already is answered, and not cut off."""
AT_ONCE_SECONDS = 2.0
MOST_MESSAGE_BYTES = 1_000_000
"""Bytes of a message on a WebSocket; the protocol spoken there has a limit of its own, in characters."""
POLL_SECONDS = 0.02


class Drain:
    """ASGI middleware that knows the requests in flight and, once `begun`, lets each answer be its connection's last.

    Every scope carries the event `begun` as `state["draining"]`: readiness says so, and streams can end themselves.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.begun = asyncio.Event()
        self.in_flight: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})["draining"] = self.begun
        if scope["type"] != "http":
            # A socket may stay open for ever; the server closes it when the requests are done.
            await self._app(scope, receive, send)
            return

        has_begun_answer = False

        async def send_last(message: Message) -> None:
            nonlocal has_begun_answer
            if message["type"] == "http.response.start":
                has_begun_answer = True
                if self.begun.is_set():
                    MutableHeaders(scope=message)["connection"] = "close"
            await send(message)

        task = cast("asyncio.Task[None]", asyncio.current_task())
        self.in_flight.add(task)
        try:
            await self._app(scope, receive, send_last)
        except asyncio.CancelledError:
            # Out of time. Elsewhere a cancelled request is none of ours.
            if not self.begun.is_set():
                raise
            if not has_begun_answer:
                await _unanswered()(scope, receive, send_last)
        finally:
            self.in_flight.discard(task)

    async def give_up(self) -> None:
        """Cancel what is in flight and return once it has told so, while the application is still there for it."""
        tasks = set(self.in_flight)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=AT_ONCE_SECONDS)


def _unanswered() -> JSONResponse:
    message = "The server ended before it had an answer; what was asked for may have been done."
    return JSONResponse({"errors": [{"message": message, "extensions": {"code": "UNAVAILABLE"}}]}, status_code=503)


class Server(uvicorn.Server):
    """uvicorn that says when it listens, leaves the signals to others, and drains.

    uvicorn alone would close idle connections at once, and with them requests that are on their way.
    """

    def __init__(self, app: ASGIApp, *, on_listening: Callable[[], None], drain_seconds: float = DRAIN_SECONDS) -> None:
        self._drain = Drain(app)
        self._drain_seconds = drain_seconds
        config = uvicorn.Config(
            self._drain,
            http=Connection,
            # A message is read as a whole before anybody can refuse it, and a compressed one unpacked.
            ws_max_size=MOST_MESSAGE_BYTES,
            ws_per_message_deflate=False,
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
        )
        super().__init__(config)
        self._on_listening = on_listening
        self._stops_once_started = False
        self.has_listened = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets=sockets)
        if not self.started or self.should_exit:
            return
        self.has_listened = True
        if self._stops_once_started:
            asyncio.get_running_loop().call_soon(self.stop)
        else:
            self._on_listening()

    def stop(self, *, at_once: bool = False) -> None:
        """End the service, `at_once` without waiting for clients.

        uvicorn leaves an application that it is still starting without a goodbye, so that one is started first.
        """
        self.force_exit = at_once
        self.should_exit = self.has_listened
        self._stops_once_started = True
        if self.has_listened:
            self._drain.begun.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Refuse new connections, answer what is in flight and on its way, then close everything."""
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        loop = asyncio.get_running_loop()
        last_call = loop.time() + LAST_CALL_SECONDS
        deadline = loop.time() + self._drain_seconds
        # Polled, as uvicorn does: no request should have to wake an event for the sake of the last ones.
        while not self.force_exit and loop.time() < (deadline if self._drain.in_flight else last_call):  # noqa: ASYNC110
            await asyncio.sleep(POLL_SECONDS)
        await self._drain.give_up()
        # What is left is idle, or a socket.
        self.config.timeout_graceful_shutdown = math.ceil(max(1.0, deadline - loop.time()))
        await super().shutdown(sockets)
        if self.force_exit:
            # uvicorn would leave the application alone.
            with suppress(TimeoutError):
                async with asyncio.timeout(AT_ONCE_SECONDS):
                    await self.lifespan.shutdown()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        """uvicorn would raise the signal again once it is done, before the services have been stopped."""
        yield
