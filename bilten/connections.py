"""HTTP/1.1 connections: uvicorn's, with an end to what a client may send ahead, how slowly, and how much it may ignore.

uvicorn bounds neither the head of a request nor the time that it takes, and keeps all requests that are sent ahead.
"""

import asyncio
from enum import Enum
from typing import Any, cast

import orjson
from uvicorn._types import ASGI3Application
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

MOST_HEAD_BYTES = 65_536
"""Bytes of the request line and the headers together."""
MOST_BYTES = 8_000_000
"""Bytes of a whole request as they come over the wire: a body in chunks of a byte takes six times its size."""
HEAD_SECONDS = 10.0
"""How long a connection may take for the head of a request, the first one from when it is opened."""
MESSAGE_SECONDS = 20.0
"""How long it may take for a whole request; reading a body of GraphQL gives up before."""
UNREAD_SECONDS = 30.0
"""How long a client may leave an answer unread before its connection ends."""
PIPELINED = 8
"""How many requests are read ahead; the others wait in the buffers of the network."""
_PIECE = 4_096
"""Bytes that are parsed at once: so many tiny requests are begun at most before the first is answered."""
_AT_ONCE = 32_768
"""Bytes that are parsed before other connections have their turn: in the worst case 5,000 chunks of a byte."""


class _Stage(Enum):
    """Which part of a request is arriving."""

    NEITHER = "none"
    HEAD = "head"
    BODY = "body"


class _Flow(FlowControl):
    """Reads on only when no complete request waits for its turn, whoever would like to."""

    def __init__(self, transport: asyncio.Transport, connection: "Connection") -> None:
        super().__init__(transport)
        self._connection = connection

    def resume_reading(self) -> None:
        """Read again, if the connection has room."""
        if not self._connection.is_full:
            super().resume_reading()


class Connection(HttpToolsProtocol):
    """One connection. What it refuses by itself is answered in JSON, after the answers that come before."""

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - uvicorn's own
        super().__init__(*arguments, **options)
        self._unparsed = bytearray()
        self._stage = _Stage.NEITHER
        self._head_bytes = 0
        self._message_bytes = 0
        self._has_body = False
        self._awaited: _Stage | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._refusal: bytes | None = None
        self._running: RequestResponseCycle | None = None

    @property
    def is_full(self) -> bool:
        """Whether as much has been read ahead as is kept."""
        return bool(self._unparsed) or len(self.pipeline) >= PIPELINED

    @property
    def _has_answered(self) -> bool:
        cycle = cast("RequestResponseCycle | None", self.cycle)
        return cycle is None or cycle.response_complete

    def has_gone(self) -> bool:
        """Whether the client has hung up, or cannot be answered any more for another reason."""
        return self.transport.is_closing()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request, but not for ever."""
        super().connection_made(transport)
        self.flow = _Flow(transport, self)
        self._await(_Stage.HEAD)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._let_go()
        # uvicorn tells only the request that was read last; the one that runs may come before it.
        running = self._running
        if running is not None and not running.response_complete:
            running.disconnected = True
            running.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come as far as there is room; the rest is taken when answers have gone."""
        if self._refusal is not None:
            return
        if self._unparsed:
            self._unparsed += data
        else:
            self._feed(data)

    def on_message_begin(self) -> None:
        """Count anew."""
        super().on_message_begin()
        # Nobody cancels the handler of a client that leaves; whoever is about to do something for it can ask.
        cast("dict[str, Any]", self.scope)["state"]["gone"] = self.has_gone
        self._stage = _Stage.HEAD
        self._head_bytes = self._message_bytes = 0

    def on_headers_complete(self) -> None:
        """What follows is a body."""
        self._stage = _Stage.BODY
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Note that this piece holds some of the body."""
        self._has_body = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is there as a whole."""
        self._stage = _Stage.NEITHER
        # What follows has a deadline of its own.
        self._awaited = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Go on with what was sent ahead."""
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if self._refusal is not None:
            self._refuse_in_turn()
        else:
            self._go_on()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        self._refuse(400, msg)

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: ASGI3Application) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def _go_on(self) -> None:
        """Take what has come before and was not taken yet."""
        if self._unparsed and len(self.pipeline) < PIPELINED:
            data = bytes(self._unparsed)
            self._unparsed.clear()
            self._feed(data)
            self.flow.resume_reading()

    def _feed(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            if len(self.pipeline) >= PIPELINED or len(data) - len(rest) >= _AT_ONCE:
                self._unparsed += rest
                self.flow.pause_reading()
                if len(self.pipeline) < PIPELINED:
                    self.loop.call_soon(self._go_on)
                return
            piece, rest = rest[:_PIECE], rest[_PIECE:]
            super().data_received(cast("bytes", piece))
            if self.transport.get_protocol() is not self:
                # It is a WebSocket from now on.
                self._let_go()
                return
            if self._refusal is not None or self.transport.is_closing() or not self._allows(len(piece)):
                return
        if self._stage is not self._awaited:
            self._await(None if self._stage is _Stage.NEITHER else self._stage)

    def _allows(self, received: int) -> bool:
        if self._stage is _Stage.NEITHER:
            return True
        # Trailers and the extensions of chunks come after the head, and are kept by the parser like headers.
        if self._stage is _Stage.HEAD or not self._has_body:
            self._head_bytes += received
            if self._head_bytes > MOST_HEAD_BYTES:
                self._refuse(431, f"The request line and the headers are longer than {MOST_HEAD_BYTES:,} bytes.")
                return False
        else:
            self._has_body = False
            self._message_bytes += received
            if self._message_bytes > MOST_BYTES:
                self.transport.abort()
                return False
        return True

    def _await(self, stage: "_Stage | None") -> None:
        """Let the request get past this stage in time; without one there is nothing to wait for."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
        self._awaited = stage
        if stage is not None:
            seconds = HEAD_SECONDS if stage is _Stage.HEAD else MESSAGE_SECONDS
            self._deadline = self.loop.call_later(seconds, self._is_late, stage)

    def _is_late(self, stage: "_Stage") -> None:
        if self.transport.is_closing():
            return
        if self.flow.read_paused:
            # It is we who do not read.
            self._await(stage)
        elif self._stage is _Stage.HEAD:
            self._refuse(408, f"The headers did not arrive within {HEAD_SECONDS:g} seconds.", "REQUEST_TIMEOUT")
        else:
            self.transport.close()

    def _refuse(self, status: int, message: str, code: str = "BAD_USER_INPUT") -> None:
        """Answer by ourselves and end the connection, because nobody can tell where the next request begins."""
        self._await(None)
        self._unparsed.clear()
        self._refusal = _refusal(status, message, code)
        if self._stage is _Stage.BODY and not self._has_answered:
            # The request that cannot be read to its end is the last one that was begun.
            if self.pipeline:
                self.pipeline.popleft()
            elif self.cycle.response_started:
                self.transport.close()
            else:
                self._write_refusal()
            return
        self._refuse_in_turn()

    def _refuse_in_turn(self) -> None:
        if not self.pipeline and self._has_answered:
            self._write_refusal()

    def _write_refusal(self) -> None:
        self.transport.write(self._refusal or b"")
        self.transport.close()

    def _let_go(self) -> None:
        self._await(None)
        self._unparsed.clear()
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None


def _refusal(status: int, message: str, code: str) -> bytes:
    body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})
    head = (
        b"content-type: application/json; charset=utf-8\r\n"
        b"x-content-type-options: nosniff\r\n"
        b"connection: close\r\n"
        b"content-length: %d\r\n\r\n"
    )
    return STATUS_LINE[status] + head % len(body) + body
