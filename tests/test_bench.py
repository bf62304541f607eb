"""The benchmark: its operations are good ones, and what they are measured against answers the same."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from graphql import parse, validate

from bench import floor, load, report
from bench.operations import DOCUMENTS, OPERATIONS, Asked, Operation, Sample, comparable, take_sample
from bench.peers import OPERATIONS as PEERS
from bench.peers import event
from bilten.auth import create_verifier
from db.database import statements
from db.seed import Loaded, Volume, seed_volume
from schema import schema
from tests.api import Answer, Api, Clock, running_api
from tests.books import prove_books
from tests.operations.crowd import connected
from tests.operations.databases import NOON, own_database

VOLUME = Volume(events=120, registrations=1_200, seed=1, day=NOON.date())
LINES = """
SELECT kind, stream, data - 'ticket_tier_id' - 'user_id' - 'deltas' AS data, actor_id::text = data->>'user_id' AS own,
    ARRAY(SELECT value FROM jsonb_each(data->'deltas')) AS deltas, request_id IS NOT NULL AS traced
FROM journal ORDER BY seq DESC LIMIT 2
"""


@dataclass(frozen=True, slots=True)
class Both:
    """The application and the floor over one database."""

    url: str
    api: Api
    floor: httpx2.AsyncClient
    sample: Sample

    async def ask(self, operation: Operation, asked: Asked) -> Answer:
        """The application's answer, with the SQL that it took."""
        collected: list[str] = []
        reset = statements.set(collected)
        try:
            response = await self.api.http.post("/graphql", content=asked.bodies(operation)[0], headers=asked.headers)
        finally:
            statements.reset(reset)
        return Answer(response.status_code, response.json(), response.headers, collected)

    async def ask_floor(self, operation: Operation, asked: Asked) -> Any:
        response = await self.floor.post(
            f"/{operation.asks}", content=asked.bodies(operation)[1], headers=asked.headers
        )
        assert response.status_code == 200, (operation.name, response.status_code)
        return response.json()


def no_progress(_: Loaded) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
async def both(
    postgres_admin_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Both]:
    clock, home = Clock(NOON), tmp_path_factory.mktemp("home")
    async with own_database(postgres_admin_url) as url:
        await seed_volume(url, VOLUME, no_progress)
        async with running_api(url, redis_url, home, clock) as api:
            async with connected(url) as connection:
                sample = await take_sample(connection, api.settings, NOON, people=40, places=20)
            pool = await floor.connect(url)
            app = floor.Floor(pool, create_verifier(api.settings, clock), clock)
            transport = httpx2.ASGITransport(app=app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://floor.test") as client:
                yield Both(url, api, client, sample)
            await pool.close()


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
async def test_an_operation_takes_the_statements_that_the_table_names(both: Both, operation: Operation) -> None:
    answers = [await both.ask(operation, asked) for asked in both.sample.of(operation, 8)]

    assert all(answer.data for answer in answers)
    assert max(len(answer.sql) for answer in answers) == operation.statements
    if operation.writes:
        assert all(answer.problems("register") == [] for answer in answers)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
async def test_both_answer_the_same(both: Both, operation: Operation) -> None:
    for ours, theirs in zip(both.sample.of(operation, 40), both.sample.of(operation, 40), strict=True):
        answer = await both.ask(operation, ours)
        assert comparable(operation, await both.ask_floor(operation, theirs)) == comparable(operation, answer.body)


async def test_both_write_the_same(both: Both) -> None:
    operation = OPERATIONS["register"]
    ours, theirs = both.sample.of(operation, 2)
    await both.ask(operation, ours)
    await both.ask_floor(operation, theirs)
    async with connected(both.url) as connection:
        one, other = await connection.fetch(LINES)
        assert tuple(one) == tuple(other)
        kept = "SELECT input_hash, object_id IS NOT NULL FROM idempotency_keys WHERE key = ANY($1)"
        keys = [asked.variables["input"]["idempotencyKey"] for asked in (ours, theirs)]
        one, other = await connection.fetch(kept, keys)
        assert tuple(one) == tuple(other)


async def test_the_floor_does_nothing_twice(both: Both) -> None:
    operation = OPERATIONS["register"]
    [asked] = both.sample.of(operation, 1)

    first = await both.ask_floor(operation, asked)

    assert await both.ask_floor(operation, asked) == first
    assert (await both.ask(operation, asked)).body == first
    other = replace(asked, variables={"input": asked.variables["input"] | {"quantity": 2}})
    answer = await both.ask_floor(operation, other)
    assert answer["data"]["register"]["problems"] == [{"code": "IDEMPOTENCY_KEY_REUSED"}]


async def test_the_floor_refuses_as_bilten_does(both: Both) -> None:
    operation = OPERATIONS["register"]
    target = both.sample.targets[1]
    for sql, code in (
        ("UPDATE capacity_pools SET capacity = confirmed WHERE event_id = $1 AND id = $1", "SOLD_OUT"),
        ("UPDATE ticket_tiers SET per_person_limit = 1, version = 99 WHERE event_id = $1", "PERSON_LIMIT_REACHED"),
        ("UPDATE event_heads SET sales_open = false WHERE event_id = $1", "REGISTRATION_CLOSED"),
    ):
        async with connected(both.url) as connection:
            await connection.execute(sql, target.event_id)
        only = replace(both.sample, targets=[target])
        [one] = only.of(operation, 1)
        asked = replace(one, variables={"input": one.variables["input"] | {"quantity": 2}})
        theirs = await both.ask_floor(operation, asked)
        assert theirs["data"]["register"]["problems"] == [{"code": code}]
        assert (await both.ask(operation, asked)).body == theirs
    async with connected(both.url) as connection:
        # What was taken away above: the books are compared whole.
        await connection.execute("UPDATE event_heads SET sales_open = true WHERE event_id = $1", target.event_id)
        await prove_books(connection, limits_are_told=False)


async def test_what_peers_registered_is_taken_back_without_a_trace(both: Both) -> None:
    operation = OPERATIONS["register"]
    target = both.sample.targets[0]
    async with connected(both.url) as connection:
        before = await connection.fetchval(event.VERSION, target.event_id)
        counted = await connection.fetchval("SELECT count(*) FROM registrations")
    [asked] = both.sample.of(operation, 1)
    assert (await both.ask(operation, asked)).problems("register") == []
    async with connected(both.url) as connection:
        assert await connection.fetchval(event.VERSION, target.event_id) == before + 1

        await event.take_back(connection, target.event_id, before)

        assert await connection.fetchval("SELECT count(*) FROM registrations") == counted
        assert await connection.fetchval(event.VERSION, target.event_id) == before
        # The sample opens the limits of its events by hand.
        await prove_books(connection, limits_are_told=False)
    assert (await both.ask(operation, asked)).problems("register") == []


@pytest.mark.parametrize("path", sorted(DOCUMENTS.glob("*.graphql")) + sorted(PEERS.glob("*.graphql")), ids=str)
def test_every_document_fits_the_schema(path: Path) -> None:
    built = schema._schema  # pyright: ignore[reportPrivateUsage]
    assert validate(built, parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("name", ["callable", "endpoints", "peers", "search"])
def test_the_page_takes_every_table(name: str) -> None:
    page = report.PAGE.read_text(encoding="utf-8")
    assert "| a |\n|---|" in report.put(page, name, "| a |\n|---|\n")


async def test_our_own_client_counts_what_it_asks(tmp_path: Path) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            assert b"authorization: Bearer t1\r\n" in head
            assert await reader.readexactly(2) == b"{}"
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntrue")

    requests = tmp_path / "requests.txt"
    load.write_requests(requests, [("t1", b"{}")])
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    measured = await load.by_client(port, load.written(requests, "/graphql"), connections=3, seconds=0.1)
    server.close()
    assert measured.requests > 3
    assert measured.failed == 0
    assert 0 < measured.p50 <= measured.p99
