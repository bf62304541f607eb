"""HTTP by hand, for what a client library hides: which connection a request takes, and when it ends."""

import asyncio
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson


class Reply(NamedTuple):
    """One answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


class Wire:
    """One connection that is kept open."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._address = (host, int(port))
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(*self._address)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()

    async def get(self, path: str) -> Reply:
        """The answer to one request."""
        self.send(f"GET {path} HTTP/1.1\r\nhost: bilten\r\n\r\n".encode())
        return await self.reply()

    def post(self, document: str, *, token: str | None = None, name: str | None = None) -> None:
        """Send a GraphQL document without waiting for its answer."""
        body = orjson.dumps({"query": document, "operationName": name} if name else {"query": document})
        headers = {"authorization": f"Bearer {token}"} if token else {}
        self.send(_head(len(body), headers) + body)

    async def post_beginning(self, document: str) -> bytes:
        """Send a GraphQL document but for its last bytes, which are given; returns when the server reads the body."""
        body = orjson.dumps({"query": document})
        self.send(_head(len(body), {"expect": "100-continue"}) + body[:5])
        line = await self._reader.readuntil(b"\r\n\r\n")
        assert line.startswith(b"HTTP/1.1 100 ")
        return body[5:]

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._writer.write(data)

    async def reply(self) -> Reply:
        """The next answer. Raises `ConnectionError` when the connection ends instead."""
        try:
            head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await self._reader.readexactly(int(headers["content-length"]))
        except asyncio.IncompleteReadError as error:
            raise ConnectionError(self._address) from error
        return Reply(int(head[0].split()[1]), headers, body)

    async def is_closed(self) -> bool:
        """Whether the other side ends the connection without another word."""
        return await self._reader.read(1) == b""


def _head(length: int, headers: dict[str, str]) -> bytes:
    given = {"host": "bilten", "content-type": "application/json", "content-length": str(length), **headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"POST /graphql HTTP/1.1\r\n{lines}\r\n".encode()


async def is_refused(url: str) -> bool:
    """Whether nobody takes a new connection."""
    try:
        async with Wire(url):
            return False
    except ConnectionError:
        return True
