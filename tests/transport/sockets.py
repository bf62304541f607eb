"""A WebSocket client of the application in process: frames go in and out as ASGI messages."""

import asyncio
from collections.abc import AsyncGenerator, MutableMapping
from contextlib import asynccontextmanager
from typing import Any

import orjson
from starlette.applications import Starlette

PROTOCOL = "graphql-transport-ws"
SECONDS = 10


class Socket:
    """One socket; whatever is awaited comes within seconds or fails."""

    def __init__(self) -> None:
        self.to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.from_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send(self, message: object) -> None:
        """Send a JSON message."""
        await self.send_raw(orjson.dumps(message).decode())

    async def send_raw(self, text: str) -> None:
        """Send any text."""
        await self.to_server.put({"type": "websocket.receive", "text": text})

    async def event(self) -> dict[str, Any]:
        """The next thing that the server does."""
        async with asyncio.timeout(SECONDS):
            return await self.from_server.get()

    async def message(self) -> dict[str, Any]:
        """The next message of the server."""
        event = await self.event()
        assert event["type"] == "websocket.send", event
        return orjson.loads(event["text"])

    async def closed(self) -> tuple[int, str]:
        """The code and the reason with which the server ends the socket next."""
        event = await self.event()
        assert event["type"] == "websocket.close", event
        return event["code"], event.get("reason", "")

    async def begin(self, token: str | None = None) -> None:
        """Introduce oneself."""
        payload = {"authorization": f"Bearer {token}"} if token else None
        await self.send({"type": "connection_init", "payload": payload})
        assert await self.message() == {"type": "connection_ack"}

    async def run(self, query: str, id_: str = "1", **payload: Any) -> None:
        """Start an operation."""
        await self.send({"id": id_, "type": "subscribe", "payload": {"query": query, **payload}})


@asynccontextmanager
async def opened(
    app: Starlette, *, protocols: tuple[str, ...] = (PROTOCOL,), headers: dict[str, str] | None = None
) -> AsyncGenerator[Socket]:
    """A socket as long as the block runs; the server has to let go of it within seconds."""
    socket = Socket()
    sent = {"host": "bilten.test", **(headers or {})}
    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/graphql",
        "query_string": b"",
        "scheme": "ws",
        "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
        "subprotocols": list(protocols),
        "client": ("127.0.0.1", 40_000),
    }
    await socket.to_server.put({"type": "websocket.connect"})

    async def send(message: MutableMapping[str, Any]) -> None:
        await socket.from_server.put(dict(message))

    served = asyncio.create_task(app(scope, socket.to_server.get, send))
    try:
        yield socket
    finally:
        await socket.to_server.put({"type": "websocket.disconnect", "code": 1000})
        async with asyncio.timeout(SECONDS):
            await served
