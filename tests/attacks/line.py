"""HTTP by hand over a bare socket: sends what no client would send, and reads the answer even when sending fails."""

import asyncio
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson

ANSWER_SECONDS = 60.0


class Reply(NamedTuple):
    """One answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def payloads(self) -> list[Any]:
        """The results in the answer: one, or those of a batch, or that of an event stream."""
        body = self.body
        if self.headers.get("content-type", "").startswith("text/event-stream"):
            body = body.partition(b"data: ")[2].partition(b"\n")[0]
        content = orjson.loads(body)
        return content if isinstance(content, list) else [content]  # pyright: ignore[reportUnknownVariableType]

    @property
    def codes(self) -> list[str]:
        """The code of every error; one without a code fails."""
        return [error["extensions"]["code"] for payload in self.payloads for error in payload.get("errors", ())]


class Line:
    """One connection."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._address = (host, int(port))
        self._socket = socket.socket()
        self._socket.settimeout(0)
        self._received = bytearray()
        self._loop = asyncio.get_running_loop()

    async def __aenter__(self) -> Self:
        await self._loop.sock_connect(self._socket, self._address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    async def send(self, *data: bytes) -> bool:
        """Send bytes as they are; tells whether the other side has taken them all."""
        with suppress(ConnectionError):
            for part in data:
                await self._loop.sock_sendall(self._socket, part)
            return True
        return False

    async def reply(self) -> Reply:
        """The next answer. Raises `EOFError` when the connection ends instead."""
        async with asyncio.timeout(ANSWER_SECONDS):
            while b"\r\n\r\n" not in self._received:
                await self._receive()
            head, _, _ = self._received.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
            start = len(head) + 4
            end = start + int(headers.get("content-length", "0"))
            while len(self._received) < end:
                await self._receive()
        body = bytes(self._received[start:end])
        del self._received[:end]
        return Reply(int(lines[0].split()[1]), headers, body)

    async def asked(self, *data: bytes) -> Reply:
        """The answer to these bytes, which may come before all of them are sent."""
        sending = asyncio.ensure_future(self.send(*data))
        try:
            return await self.reply()
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError):
                await sending

    async def has_ended(self) -> bool:
        """Whether the other side ends the connection without another word."""
        async with asyncio.timeout(ANSWER_SECONDS):
            try:
                return not self._received and await self._loop.sock_recv(self._socket, 1) == b""
            except ConnectionError:
                return True

    def finish(self) -> None:
        """Say that nothing more will be sent."""
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """End the connection rudely."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    async def _receive(self) -> None:
        try:
            data = await self._loop.sock_recv(self._socket, 262_144)
        except ConnectionError:
            data = b""
        if not data:
            raise EOFError
        self._received += data


def head(method: str, path: str, headers: Iterable[tuple[str, str]]) -> bytes:
    """A request line with headers."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{method} {path} HTTP/1.1\r\nhost: bilten\r\n{lines}\r\n".encode("latin-1")


def post(body: bytes, *, accept: str = "application/json", token: str | None = None) -> bytes:
    """A request to GraphQL with this body."""
    headers = [("content-type", "application/json"), ("accept", accept), ("content-length", str(len(body)))]
    if token is not None:
        headers.append(("authorization", f"Bearer {token}"))
    return head("POST", "/graphql", headers) + body


def query(document: str, **members: object) -> bytes:
    """A body that asks for this document."""
    return orjson.dumps({"query": document, **members})
