"""The same over WebSockets: no message and no crowd of sockets is worth more than its own end."""

import asyncio
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.attacks.corpus import documents
from tests.attacks.victim import Victim

PROTOCOL = Subprotocol("graphql-transport-ws")
INIT = '{"type":"connection_init"}'
LONGEST = 150_000
FIRST = {
    "15-mb": ("a" * 15_000_000, 1009),
    "a-mb": ("a" * 900_000, 1009),
    "deep-json": ("[" * LONGEST, 4400),
    "deep-payload": (f'{{"type":"connection_init","payload":{"[" * 70_000}{"]" * 70_000}}}', 4400),
    "bytes": (b"\x00\xff" * 50_000, 4400),
    "long-type": (orjson.dumps({"type": "x" * LONGEST}).decode(), 4400),
    "long-token": (f'{{"type":"connection_init","payload":{{"authorization":"Bearer {"a" * LONGEST}"}}}}', 4401),
}


def _connected(victim: Victim) -> connect:
    return connect(victim.url.replace("http", "ws") + "/graphql", subprotocols=[PROTOCOL], max_size=None)


async def _ended(socket: ClientConnection) -> int | None:
    await asyncio.wait_for(socket.wait_closed(), 60)
    return socket.close_code


@pytest.mark.parametrize("name", FIRST)
async def test_hostile_message_ends_its_socket_alone(victim: Victim, name: str) -> None:
    message, code = FIRST[name]
    before = victim.memory

    async def attack() -> int | None:
        async with _connected(victim) as socket:
            # The end may come before all of it is sent.
            with suppress(ConnectionClosed):
                await socket.send(message)
            return await _ended(socket)

    codes = await victim.suffers(f"socket-{name}", _several([attack() for _ in range(6)]))

    assert set(codes) == {code}
    assert victim.memory - before < 20


async def _several(attacks: list[Coroutine[Any, Any, int | None]]) -> list[int | None]:
    return await asyncio.gather(*attacks)


async def test_hostile_documents_leave_the_socket_open(victim: Victim) -> None:
    small = [attack for attack in documents() if len(attack.body(0)) < LONGEST]

    async def attack() -> None:
        async with _connected(victim) as socket:
            await socket.send(INIT)
            assert orjson.loads(await socket.recv())["type"] == "connection_ack"
            for number, hostile in enumerate(small):
                payload = {"query": f"{hostile.text}#socket", "variables": hostile.variables}
                await socket.send(orjson.dumps({"type": "subscribe", "id": str(number), "payload": payload}).decode())
                codes = await _codes(socket)
                assert codes <= hostile.codes, hostile.name
                assert bool(codes) == bool(hostile.codes), hostile.name

    await victim.suffers("documents-over-a-socket", attack())


async def _codes(socket: ClientConnection) -> set[str]:
    codes: set[str] = set()
    while True:
        message = orjson.loads(await asyncio.wait_for(socket.recv(), 10))
        payload = message.get("payload", {})
        errors = payload if message["type"] == "error" else payload.get("errors", ())
        codes |= {error["extensions"]["code"] for error in errors}
        if message["type"] in {"error", "complete"}:
            return codes


async def test_sockets_that_say_nothing_are_closed(victim: Victim) -> None:
    async def attack() -> int | None:
        async with _connected(victim) as socket:
            return await _ended(socket)

    began = time.monotonic()
    codes = await victim.suffers("200-silent-sockets", _several([attack() for _ in range(200)]))

    assert set(codes) == {4408}
    assert time.monotonic() - began < 12 * victim.slowness
