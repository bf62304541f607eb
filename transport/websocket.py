"""GraphQL over WebSocket, by the `graphql-transport-ws` protocol and no other: many operations on one connection.

The older protocol of the same name let clients begin without saying who they are. Each operation is authenticated
anew with what `connection_init` has said, so that nothing outlives the token or the account; queries and mutations
are answered with one `next`.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Generic, cast
from urllib.parse import urlsplit

import orjson

from execution.engine import Engine
from transport.asgi import Receive, Scope, Send
from transport.head import Head
from transport.operations import AskerT, Operations, Service
from transport.parameters import Parameters, checked
from transport.refusals import Refused

PROTOCOL = "graphql-transport-ws"
PATIENCE = 5.0
"""Seconds for the client to send `connection_init`."""
LONGEST = 200_000
"""Bytes of a message; longer ones are for HTTP."""
MOST_OPERATIONS = 50
"""Operations that may run on a socket at once."""
_LONGEST_REASON = 123
"""Bytes of a close reason: what a control frame has room for."""


class Code(IntEnum):
    """Why a socket ends; the numbers from 4400 on are those of the protocol."""

    TOO_LONG = 1009
    FAILED = 1011
    UNAVAILABLE = 1013
    MALFORMED = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    NO_SUCH_PROTOCOL = 4406
    NO_INIT = 4408
    ID_IN_USE = 4409
    TWO_INITS = 4429


class _Ended(Exception):
    """The socket has to end, for a reason that the client is told."""

    def __init__(self, code: Code, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Origins:
    """From which origins browsers may open a socket: our own and those that are named. Programs send none."""

    allowed: tuple[str, ...] = ()

    def admit(self, head: Head) -> bool:
        """Whether the page that opens the socket may do so."""
        origin = head.header(b"origin")
        if origin is None or "*" in self.allowed or origin in self.allowed:
            return True
        return urlsplit(origin).netloc == head.header(b"host")


class WebSocket(Generic[AskerT]):
    """The ASGI application for the sockets of one path."""

    def __init__(self, engine: Engine, service: Service[AskerT], *, origins: Origins) -> None:
        self._operations = Operations(engine, service)
        self._service = service
        self._origins = origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it ends."""
        head = Head.of(scope)
        await receive()
        if not self._origins.admit(head):
            # Before it is accepted, a socket is refused with HTTP 403.
            await send({"type": "websocket.close", "code": Code.FORBIDDEN})
            return
        protocol = PROTOCOL if PROTOCOL in scope.get("subprotocols", ()) else None
        await send({"type": "websocket.accept", "subprotocol": protocol})
        connection = _Connection(self._operations, self._service, head, receive, send)
        try:
            if protocol is None:
                raise _Ended(Code.NO_SUCH_PROTOCOL, f"Subprotocol not acceptable: {PROTOCOL} is served here")
            await connection.serve()
        except _Ended as ended:
            reason = ended.reason.encode()[:_LONGEST_REASON].decode(errors="ignore")
            await connection.send({"type": "websocket.close", "code": ended.code, "reason": reason})
        finally:
            await connection.stop()


class _Connection(Generic[AskerT]):
    """One socket after it was accepted."""

    def __init__(
        self, operations: Operations[AskerT], service: Service[AskerT], head: Head, receive: Receive, send: Send
    ) -> None:
        self._operations = operations
        self._service = service
        self._head = head
        self._receive = receive
        self._send = send
        self._is_open = True
        self._acknowledged = False
        self._running: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def serve(self) -> None:
        """Answer messages until the client goes away. Raises `_Ended`."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not self._acknowledged:
                    message = await self._next()
                    if message is None:
                        return
                    await self._greet(message)
        except TimeoutError:
            raise _Ended(Code.NO_INIT, "Connection initialisation timeout") from None
        while (message := await self._next()) is not None:
            await self._answer(message)

    async def stop(self) -> None:
        """Cancel what still runs."""
        self._is_open = False
        running = list(self._tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._failed.cancel()

    async def send(self, message: dict[str, Any]) -> None:
        """Send to a client that may have gone away."""
        if not self._is_open:
            return
        try:
            await self._send(message)
        except OSError:
            # How servers say that the connection is closed; the next receive says so as well.
            self._is_open = False
        if message["type"] == "websocket.close":
            self._is_open = False

    async def _next(self) -> Mapping[str, Any] | None:
        """The next message, or nothing once the client has gone. Raises `_Ended`."""
        received = asyncio.ensure_future(self._receive())
        await asyncio.wait((received, self._failed), return_when=asyncio.FIRST_COMPLETED)
        if self._failed.done():
            received.cancel()
            self._failed.result()
        event = await received
        if event["type"] == "websocket.disconnect":
            self._is_open = False
            return None
        text = event.get("text")
        if text is None:
            raise _Ended(Code.MALFORMED, "Messages have to be text")
        if len(text) > LONGEST:
            raise _Ended(Code.TOO_LONG, f"A message has at most {LONGEST:,} bytes")
        try:
            message: object = orjson.loads(text)
        except (orjson.JSONDecodeError, RecursionError):
            raise _Ended(Code.MALFORMED, "A message is not JSON that can be read") from None
        if not isinstance(message, dict):
            raise _Ended(Code.MALFORMED, "A message has to be a JSON object")
        return cast("dict[str, Any]", message)

    async def _greet(self, message: Mapping[str, Any]) -> None:
        match message.get("type"):
            case "connection_init":
                await self._init(message.get("payload"))
            case "ping" | "pong":
                await self._answer(message)
            case "subscribe":
                raise _Ended(Code.UNAUTHORIZED, "Unauthorized: connection_init comes first")
            case _:
                raise _malformed(message)

    async def _init(self, payload: object) -> None:
        if payload is not None and not isinstance(payload, dict):
            raise _Ended(Code.MALFORMED, "The payload of connection_init has to be a JSON object")
        given = {name.lower(): value for name, value in cast("dict[str, object]", payload or {}).items()}
        token = given.get("authorization")
        if token is not None and not isinstance(token, str):
            raise _Ended(Code.MALFORMED, "authorization has to be a string")
        if token is not None:
            self._head = replace(self._head, headers={**self._head.headers, b"authorization": token.encode()})
        try:
            await self._service.asker(self._head)
        except Refused as refused:
            raise _ended(refused) from refused
        self._acknowledged = True
        await self._tell({"type": "connection_ack"})

    async def _answer(self, message: Mapping[str, Any]) -> None:
        match message.get("type"):
            case "ping":
                payload = message.get("payload")
                await self._tell({"type": "pong"} if payload is None else {"type": "pong", "payload": payload})
            case "pong":
                pass
            case "subscribe":
                self._start(_id(message), message.get("payload"))
            case "complete":
                # The id is free from now on, whatever the operation still does before it notices.
                task = self._running.pop(_id(message), None)
                if task is not None:
                    task.cancel()
            case "connection_init":
                raise _Ended(Code.TWO_INITS, "Too many initialisation requests")
            case _:
                raise _malformed(message)

    def _start(self, id_: str, payload: object) -> None:
        if id_ in self._running:
            raise _Ended(Code.ID_IN_USE, f"Subscriber for {id_} already exists")
        try:
            parameters = checked(payload)
        except Refused as refused:
            raise _Ended(Code.MALFORMED, str(refused)) from refused
        task = asyncio.create_task(self._run(id_, parameters), name=f"operation-{id_}")
        self._running[id_] = task
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._forget(id_, done))

    def _forget(self, id_: str, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if self._running.get(id_) is task:
            del self._running[id_]

    async def _run(self, id_: str, parameters: Parameters) -> None:
        try:
            if len(self._tasks) > MOST_OPERATIONS:
                message = f"At most {MOST_OPERATIONS} operations run on one socket at a time."
                raise Refused(429, message, "RATE_LIMITED", extensions={"retryAfter": 1})
            answer = await self._operations.answer(parameters, self._head)
        except Refused as refused:
            self._service.refused(refused)
            if refused.status == 401:
                # The token has ended, or the account: so does the socket.
                self._fail(_ended(refused))
                return
            await self._tell({"id": id_, "type": "error", "payload": refused.errors})
        except Exception as error:
            await self._tell({"id": id_, "type": "error", "payload": self._service.unexpected(error).errors})
        else:
            if "data" not in answer.payload:
                await self._tell({"id": id_, "type": "error", "payload": answer.payload["errors"]})
                return
            await self._tell({"id": id_, "type": "next", "payload": answer.payload})
            await self._tell({"id": id_, "type": "complete"})

    def _fail(self, ended: _Ended) -> None:
        if not self._failed.done():
            self._failed.set_exception(ended)

    async def _tell(self, message: Mapping[str, Any]) -> None:
        await self.send({"type": "websocket.send", "text": orjson.dumps(message).decode()})


def _id(message: Mapping[str, Any]) -> str:
    found = message.get("id")
    if not isinstance(found, str) or not found:
        raise _Ended(Code.MALFORMED, "id has to be a string that is not empty")
    return found


def _malformed(message: Mapping[str, Any]) -> _Ended:
    return _Ended(Code.MALFORMED, f"Messages of type {str(message.get('type'))[:40]!r} are not served here")


def _ended(refused: Refused) -> _Ended:
    if refused.status == 401:
        return _Ended(Code.UNAUTHORIZED, str(refused))
    return _Ended(Code.UNAVAILABLE if refused.status == 503 else Code.FAILED, str(refused))
