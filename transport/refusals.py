"""Requests that are answered without running anything, and how such an answer looks."""

from typing import Any

from execution.errors import shortened

BAD_USER_INPUT = "BAD_USER_INPUT"

Headers = tuple[tuple[bytes, bytes], ...]


class Refused(Exception):
    """The request as a whole is refused.

    `status` is its HTTP status, also for clients that expect errors of a document under 200. `close` ends the
    connection, because the rest of the request was not read.
    """

    def __init__(
        self,
        status: int,
        message: str,
        code: str = BAD_USER_INPUT,
        *,
        headers: Headers = (),
        close: bool = False,
        extensions: dict[str, Any] | None = None,
    ) -> None:
        message = shortened(message)
        super().__init__(message)
        self.status = status
        self.close = close
        self.code = code
        self.headers = (*headers, (b"connection", b"close")) if close else headers
        self.errors = [{"message": message, "extensions": {"code": code, **(extensions or {})}}]
