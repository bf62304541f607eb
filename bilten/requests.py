"""What every request gets: an id that its log lines, its journal lines and its answer carry, and safe headers."""

import re
import time

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils.compat import uuid7

_ACCEPTED = re.compile(r"[A-Za-z0-9._-]{1,64}\Z")
_log = structlog.get_logger("bilten.requests")
LONGEST_PATH = 200
"""Characters of a path in the log; none of ours is so long."""
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
_SAFE = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"), (b"x-frame-options", b"DENY")]
_SECURE = ((b"strict-transport-security", b"max-age=31536000"),)
"""Where it counts, browsers shall not even try without TLS; they ignore the header on a plain connection."""


class RequestIds:
    """ASGI middleware; a sound `X-Request-Id` of the caller is kept, so that a trace spans services."""

    def __init__(self, app: ASGIApp, *, secure: bool = False) -> None:
        self._app = app
        self._added = _SECURE if secure else ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        if scope["type"] == "websocket":
            with structlog.contextvars.bound_contextvars(request_id=request_id):
                await self._app(scope, receive, send)
            return
        status = 0
        started = time.perf_counter()

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers: list[tuple[bytes, bytes]] = [*message["headers"], (b"x-request-id", request_id.encode())]
                headers += self._added
                if not any(name == b"x-content-type-options" for name, _ in headers):
                    headers += _SAFE
                message["headers"] = headers
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                if scope["path"] not in _QUIET:
                    milliseconds = round((time.perf_counter() - started) * 1_000, 1)
                    path = scope["path"][:LONGEST_PATH]
                    _log.info("request", method=scope["method"], path=path, status=status, ms=milliseconds)


def told_as_json(_: Request, error: Exception) -> Response:
    """What Starlette would say in plain text, in the form of every other error."""
    if not isinstance(error, HTTPException):
        raise error
    code = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}.get(error.status_code, "BAD_USER_INPUT")
    body = {"errors": [{"message": error.detail, "extensions": {"code": code}}]}
    return JSONResponse(body, status_code=error.status_code, headers=error.headers)


def _request_id(scope: Scope) -> str:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            return given if _ACCEPTED.match(given) else str(uuid7())
    return str(uuid7())
