"""Gives every request an id that its log lines, its journal lines and its answer carry."""

import re
import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_log = structlog.get_logger("bilten.requests")
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})


class RequestIds:
    """ASGI middleware; a sound `X-Request-Id` of the caller is kept, so that a trace spans services."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                if scope["path"] not in _QUIET:
                    milliseconds = round((time.perf_counter() - started) * 1_000, 1)
                    _log.info("request", method=scope["method"], path=scope["path"], status=status, ms=milliseconds)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            return given if _ACCEPTED.match(given) else str(uuid7())
    return str(uuid7())
