"""The end of a server as its clients see it: what they began is answered, and nobody waits for ever."""

import asyncio
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest

from bilten.drain import DRAIN_SECONDS
from tests.faults.server import STOP_SECONDS, BiltenServer, serving
from tests.faults.wire import Wire, is_refused
from tests.processes import are_gone, descendants
from tests.waiting import eventually

SLOW = 'mutation { createOrganization(input: {name: "Slow"}) { organization { name } problems { code } } }'
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'organizations'::regclass"

both = pytest.mark.parametrize("workers", ["1", "2"])


@asynccontextmanager
async def held_up(server: BiltenServer, wire: Wire) -> AsyncGenerator[None]:
    """A mutation, sent over `wire`, that waits in PostgreSQL until the end of the block."""
    connection = await asyncpg.connect(server.database_url)
    try:
        await connection.execute("BEGIN")
        await connection.execute("LOCK TABLE organizations IN ACCESS EXCLUSIVE MODE")
        wire.post(SLOW, token=server.tokens["owner"])

        async def waits() -> bool:
            return await connection.fetchval(WAITING) > 0

        await eventually(waits, what="the mutation that waits")
        yield
    finally:
        # PostgreSQL itself may have ended meanwhile.
        connection.terminate()


async def ended(server: BiltenServer, family: set[int]) -> None:
    """Return once the server has ended by itself, in order and with all that it started."""
    assert await asyncio.wait_for(server.process.wait(), STOP_SECONDS) == 0
    await eventually(lambda: are_gone(family), within=1, what="the end of what it started")
    assert "Traceback" not in server.said


@both
async def test_mutation_in_flight_is_answered_and_then_its_connection_ends(home: Path, workers: str) -> None:
    async with serving(home, "--workers", workers) as server, Wire(server.url) as wire:
        family = descendants(server.process.pid)
        async with held_up(server, wire):
            server.process.send_signal(signal.SIGTERM)
            await eventually(lambda: is_refused(server.url), what="the refusal of new connections")

        reply = await wire.reply()

        assert reply.status == 200
        assert reply.json["data"]["createOrganization"] == {"organization": {"name": "Slow"}, "problems": []}
        assert reply.headers["connection"] == "close"
        assert await wire.is_closed()
        await ended(server, family)


@both
async def test_body_that_is_still_coming_is_waited_for(home: Path, workers: str) -> None:
    async with serving(home, "--workers", workers) as server, Wire(server.url) as wire:
        family = descendants(server.process.pid)
        rest = await wire.post_beginning("{ __typename }")
        server.process.send_signal(signal.SIGTERM)
        await eventually(lambda: is_refused(server.url), what="the refusal of new connections")

        wire.send(rest)
        reply = await wire.reply()

        assert (reply.status, reply.json) == (200, {"data": {"__typename": "Query"}})
        assert reply.headers["connection"] == "close"
        await ended(server, family)


async def test_open_connections_hear_of_the_end_with_their_next_answer(home: Path) -> None:
    async with (
        serving(home) as server,
        Wire(server.url) as slow,
        Wire(server.url) as probe,
        Wire(server.url) as client,
        Wire(server.url) as idle,
    ):
        family = descendants(server.process.pid)
        for wire in (probe, client, idle):
            before = await wire.get("/readyz")
            assert before.status == 200
            assert "connection" not in before.headers
        async with held_up(server, slow):
            server.process.send_signal(signal.SIGTERM)
            await eventually(lambda: is_refused(server.url), what="the refusal of new connections")

            readiness = await probe.get("/readyz")
            client.post("{ __typename }")
            answer = await client.reply()

        assert readiness.status == 503
        assert readiness.json["status"] == "unready"
        assert readiness.json["checks"]["draining"]["ok"] is False
        assert (answer.status, answer.json) == (200, {"data": {"__typename": "Query"}})
        assert readiness.headers["connection"] == answer.headers["connection"] == "close"
        assert await probe.is_closed()
        assert await client.is_closed()
        assert (await slow.reply()).status == 200
        assert await idle.is_closed()
        await ended(server, family)


@both
async def test_request_that_takes_too_long_is_given_up_and_told_so(home: Path, workers: str) -> None:
    async with serving(home, "--workers", workers) as server, Wire(server.url) as wire:
        family = descendants(server.process.pid)
        async with held_up(server, wire):
            loop = asyncio.get_running_loop()
            begun = loop.time()
            server.process.send_signal(signal.SIGTERM)
            reply = await wire.reply()
            await ended(server, family)

        assert reply.status == 503
        assert [error["extensions"]["code"] for error in reply.json["errors"]] == ["UNAVAILABLE"]
        assert reply.headers["connection"] == "close"
        assert DRAIN_SECONDS - 1 < loop.time() - begun < DRAIN_SECONDS + 5


@both
async def test_second_signal_ends_the_waiting_at_once(home: Path, workers: str) -> None:
    async with serving(home, "--workers", workers) as server, Wire(server.url) as wire:
        family = descendants(server.process.pid)
        await wire.post_beginning("{ __typename }")
        loop = asyncio.get_running_loop()
        begun = loop.time()
        server.process.send_signal(signal.SIGTERM)
        await eventually(lambda: is_refused(server.url), what="the refusal of new connections")

        server.process.send_signal(signal.SIGTERM)
        await ended(server, family)

        assert loop.time() - begun < DRAIN_SECONDS
