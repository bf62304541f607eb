"""A cable to PostgreSQL that can be cut: a socket before its own, which counts what clients send and ends at a word."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

from bilten.embedded.postgres import PORT
from tests.folders import passable_folder


class Cut(Enum):
    """What still arrives of the piece at which the cable is cut."""

    BEFORE = "nothing arrives, and the server notices"
    ANSWER = "the server does what was asked, but its answer is lost"
    UNNOTICED = "nothing arrives, and the server takes the client for alive"


@dataclass(slots=True)
class Cable:
    """Passes bytes on. Pieces are what a client sends in one go, such as a statement with its values."""

    folder: Path
    upstream: str
    pieces: int = 0
    """How many were sent since the last `count` or `cut`."""
    _last: int | None = None
    _how: Cut = Cut.BEFORE
    _server: asyncio.Server | None = None
    _writers: set[asyncio.StreamWriter] = field(default_factory=set[asyncio.StreamWriter])

    def url(self, direct: str) -> str:
        """The address that leads through the cable."""
        return direct.replace(quote(self.upstream, safe=""), quote(str(self.folder), safe=""))

    def count(self) -> None:
        """Count anew, and cut nothing."""
        self.pieces, self._last = 0, None

    def cut(self, at: int, how: Cut) -> None:
        """Count anew, and be cut at piece number `at`, counted from 0; connections after that are whole."""
        self.pieces, self._last, self._how = 0, at, how

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self.folder / f".s.PGSQL.{PORT}")

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_unix_connection(f"{self.upstream}/.s.PGSQL.{PORT}")
        self._writers |= {writer, server_writer}
        back = asyncio.create_task(self._pass_back(server_reader, writer))
        how, data = Cut.BEFORE, b""
        with suppress(OSError):
            while data := await reader.read(1 << 20):
                if self._is_last():
                    how = self._how
                    break
                server_writer.write(data)
                await server_writer.drain()
        back.cancel()
        await asyncio.gather(back, return_exceptions=True)
        if how is Cut.ANSWER:
            server_writer.write(data)
            await server_reader.read(1 << 20)
        writer.transport.abort()
        if how is not Cut.UNNOTICED:
            server_writer.transport.abort()

    def _is_last(self) -> bool:
        piece, self.pieces = self.pieces, self.pieces + 1
        if piece != self._last:
            return False
        self._last = None
        return True

    async def _pass_back(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(1 << 20):
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


@asynccontextmanager
async def cable_to(url: str) -> AsyncGenerator[Cable]:
    """A cable to the server of an address on a unix socket."""
    with passable_folder() as folder:
        cable = Cable(folder, parse_qs(urlsplit(url).query)["host"][0])
        await cable.start()
        try:
            yield cable
        finally:
            await cable.stop()
