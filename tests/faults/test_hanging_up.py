"""Clients who hang up while they wait in a lane: they get no place, unless their turn had come."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from bilten.drain import Server
from db.lanes import Lanes
from domain.asked import Asked
from domain.ids import EventId
from tests.faults.wire import Wire
from tests.lanes import Gate, Shop, Take, shop_in
from tests.waiting import eventually
from transport.asgi import App, Receive, Scope, Send
from transport.head import Head


@pytest.fixture
async def shop(fresh_database_url: str) -> AsyncGenerator[Shop]:
    async with shop_in(fresh_database_url) as shop:
        yield shop


def counter(lanes: Lanes, event: EventId, heads: list[Head]) -> App:
    """Takes a place in the name of the path, as a request of the platform would, and notes the heads of requests."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for answer in ("lifespan.startup.complete", "lifespan.shutdown.complete"):
                await receive()
                await send({"type": answer})
            return
        head = Head.of(scope)
        heads.append(head)
        answer = await lanes.run(Asked(event, Take(head.path), None, gone=head.gone))
        body = str(answer).encode()
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


@asynccontextmanager
async def served(app: App) -> AsyncGenerator[str]:
    """The address of the application behind our own server's connections."""
    listening = asyncio.Event()
    server = Server(app, on_listening=listening.set)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        await listening.wait()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.stop()
            await serving


async def test_client_who_hangs_up_before_their_turn_gets_no_place(shop: Shop) -> None:
    event = await shop.event()
    gate = shop.till.at = Gate("begun")
    heads: list[Head] = []

    def has_left(path: str) -> bool:
        return any(head.path == path and head.gone is not None and head.gone() for head in heads)

    async with (
        shop.open() as lanes,
        served(counter(lanes, event, heads)) as url,
        Wire(url) as first,
        Wire(url) as staying,
    ):
        async with Wire(url) as leaving:
            first.send(b"GET /first HTTP/1.1\r\nhost: till\r\n\r\n")
            await gate.reached.wait()
            leaving.send(b"GET /leaving HTTP/1.1\r\nhost: till\r\n\r\n")
            staying.send(b"GET /staying HTTP/1.1\r\nhost: till\r\n\r\n")
            await eventually(lambda: shop.waiting == 2, what="two who wait")
        await eventually(lambda: has_left("/leaving"), what="the news that one has left")
        assert not has_left("/staying")
        gate.is_open.set()
        assert [(await wire.reply()).body for wire in (first, staying)] == [b"1", b"2"]
    assert await shop.taken(event) == ["/first", "/staying"]
    assert shop.tally.troubles == ["gone"]


async def test_client_who_hangs_up_during_the_flush_has_the_place(shop: Shop) -> None:
    event = await shop.event()
    gate = shop.till.at = Gate("locked")
    async with shop.open() as lanes, served(counter(lanes, event, [])) as url:
        async with Wire(url) as leaving:
            leaving.send(b"GET /leaving HTTP/1.1\r\nhost: till\r\n\r\n")
            await gate.reached.wait()
        gate.is_open.set()
        async with Wire(url) as staying:
            assert (await staying.get("/staying")).body == b"2"
    assert await shop.taken(event) == ["/leaving", "/staying"]
