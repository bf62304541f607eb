"""Lanes whose connections break: everybody gets an answer, what is done is done once, and the lane goes on."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import uuid4

import asyncpg
import pytest

from bilten.embedded.postgres import ROLE
from db.database import Session
from db.lanes import Proof, lane_connections
from db.lanes.attempt import has_committed
from db.lanes.link import Link
from db.migrate import migrate
from domain import errors
from domain.ids import EventId
from tests.faults.cable import Cut, cable_to
from tests.faults.services import Postgres, Redis
from tests.lanes import NOON, Once, Shop, outcome, outcomes, shop_in
from tests.waiting import eventually

TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = 'bilten-lane' AND datname = current_database()
"""


@pytest.fixture
async def shop(fresh_database_url: str) -> AsyncGenerator[Shop]:
    async with shop_in(fresh_database_url) as shop:
        yield shop


# --- The connection ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("keeps_proof", [True, False])
@pytest.mark.parametrize("how", [Cut.BEFORE, Cut.ANSWER], ids=lambda how: how.name)
async def test_connection_that_is_lost_at_any_moment_of_a_batch_costs_and_doubles_nothing(
    shop: Shop, how: Cut, *, keeps_proof: bool
) -> None:
    event = await shop.event()
    shop.till.keeps_proof = keeps_proof
    async with cable_to(shop.url) as cable, shop.open(connect=lane_connections(cable.url(shop.url))):
        # The second batch is the first that finds its statements prepared.
        assert [await shop.take(event, "warm"), await shop.take(event, "warm")] == [1, 2]
        cable.count()
        assert await shop.take(event, "warm") == 3
        moments = cable.pieces
        assert moments == 4, "BEGIN, lock, write, COMMIT"
        lost_without_proof = how is Cut.ANSWER and not keeps_proof
        for moment in range(moments - lost_without_proof):
            cable.cut(moment, how)
            assert isinstance(await shop.take(event, f"{moment}"), int)
    wanted = ["warm"] * 3 + [f"{moment}" for moment in range(moments - lost_without_proof)]
    assert await shop.taken(event) == wanted
    await shop.prove()
    if keeps_proof:
        assert "unknown" in shop.tally.troubles
        assert ("found" in shop.tally.troubles) == (how is Cut.ANSWER)


@pytest.mark.parametrize("moment", [2, 3], ids=["write", "commit"])
async def test_server_that_takes_a_lost_lane_for_alive_is_waited_for(shop: Shop, moment: int) -> None:
    event = await shop.event()
    async with cable_to(shop.url) as cable, shop.open(connect=lane_connections(cable.url(shop.url))):
        assert await shop.take(event, "first") == 1
        assert await shop.take(event, "second") == 2
        cable.cut(moment, Cut.UNNOTICED)
        assert await shop.take(event, "third") == 3
    assert await shop.taken(event) == ["first", "second", "third"]
    await shop.prove()


@pytest.mark.parametrize("point", ["begun", "locked", "written"])
async def test_backend_that_is_ended_within_a_batch_costs_and_doubles_nothing(shop: Shop, point: str) -> None:
    event = await shop.event()

    async def terminate(_: Session) -> None:
        assert await shop.books.fetchval(TERMINATE) == 1

    shop.till.at = Once(point, terminate)
    async with shop.open():
        calls = [shop.take(event, f"{n}") for n in range(20)]
        assert await outcomes(calls) == list(range(1, 21))
    assert await shop.taken(event) == [f"{n}" for n in range(20)]
    await shop.prove()


async def test_connection_that_died_of_idleness_is_made_anew_without_a_word(shop: Shop) -> None:
    event = await shop.event()
    async with shop.open():
        assert await shop.take(event, "first") == 1
        assert await shop.books.fetchval(TERMINATE) == 1
        assert await shop.take(event, "second") == 2
    await shop.prove()


async def test_equal_line_of_another_transaction_proves_nothing(shop: Shop) -> None:
    event, registration = await shop.event(), uuid4()
    xid = await shop.books.fetchval(
        "INSERT INTO journal (stream_id, version, stream, kind, object_id, data, at)"
        " VALUES ($1, 1, 'event', 'TicketCheckedIn', $2, '{}', $3) RETURNING xid",
        event,
        registration,
        NOON,
    )
    link = Link(lane_connections(shop.url))
    try:
        assert await has_committed(link, Proof(event, 1, registration))
        assert await has_committed(link, Proof(event, 1, registration, xid))
        assert not await has_committed(link, Proof(event, 1, registration, xid - 1))
        assert not await has_committed(link, Proof(event, 1, uuid4(), xid))
        assert not await has_committed(link, Proof(event, 2, registration, xid))
    finally:
        await link.close()


async def test_callers_hear_of_a_server_that_stays_away(shop: Shop) -> None:
    event = await shop.event()
    is_away = True
    direct = lane_connections(shop.url)

    async def connect() -> "asyncpg.Connection[asyncpg.Record]":
        if is_away:
            raise ConnectionRefusedError
        return await direct()

    async with shop.open(connect=connect, batch=2, patience=0.2):
        calls = [shop.take(event, f"{n}") for n in range(10)]
        async with asyncio.timeout(5):
            assert all(isinstance(answer, errors.Unavailable) for answer in await outcomes(calls))
        is_away = False
        assert await shop.take(event, "later") == 1
    assert set(shop.tally.troubles) == {"lost", "given_up"}


async def test_lost_outcome_that_cannot_be_asked_for_is_told_as_unavailable(shop: Shop) -> None:
    event = await shop.event()
    is_away = False

    async with cable_to(shop.url) as cable:
        through = lane_connections(cable.url(shop.url))

        async def connect() -> "asyncpg.Connection[asyncpg.Record]":
            if is_away:
                raise ConnectionRefusedError
            return await through()

        async with shop.open(connect=connect, patience=0.2):
            await shop.take(event, "first")
            await shop.take(event, "second")
            cable.cut(3, Cut.ANSWER)
            is_away = True
            assert isinstance(await outcome(shop.take(event, "third")), errors.Unavailable)
            is_away = False
            assert await shop.take(event, "fourth") == 4
    assert await shop.taken(event) == ["first", "second", "third", "fourth"]


# --- The server -------------------------------------------------------------------------------------------------------


@pytest.fixture
async def fragile(servers: tuple[Postgres, Redis]) -> AsyncGenerator[tuple[Postgres, Shop]]:
    postgres, _ = servers
    await postgres.start()
    name = f"lanes_{uuid4().hex}"
    connection = await asyncpg.connect(postgres.admin_url)
    await connection.execute(f'CREATE DATABASE "{name}" OWNER {ROLE} TEMPLATE template0')
    await connection.close()
    url = postgres.server.url(database=name)
    await migrate(url)
    async with shop_in(url) as shop:
        yield postgres, shop


async def test_server_that_stops_at_once_under_load_costs_nobody_a_place(fragile: tuple[Postgres, Shop]) -> None:
    postgres, shop = fragile
    events: list[EventId] = [await shop.event() for _ in range(5)]
    acknowledged: list[tuple[EventId, str]] = []
    ended = False

    async def buy(buyer: int) -> None:
        count = 0
        while not ended:
            event, who = events[(buyer + count) % 5], f"{buyer} {count}"
            assert isinstance(await shop.take(event, who), int)
            acknowledged.append((event, who))
            count += 1

    async with shop.open(lanes=2, patience=60):
        buyers = [asyncio.create_task(buy(n)) for n in range(32)]
        for enough in (200, 400, 600):
            await eventually(lambda enough=enough: len(acknowledged) >= enough, within=60, what="places taken")
            await postgres.stop_at_once()
            await postgres.start()
        await eventually(lambda: len(acknowledged) >= 800, within=60, what="places taken after the last start")
        ended = True
        await asyncio.gather(*buyers)

    books = await asyncpg.connect(shop.url)
    try:
        rows = await books.fetch("SELECT event_id, who FROM taken")
        assert sorted((row["event_id"], row["who"]) for row in rows) == sorted(acknowledged)
        await Shop(shop.url, books).prove()
    finally:
        await books.close()
    assert "lost" in shop.tally.troubles
