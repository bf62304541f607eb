"""The sweeper on real PostgreSQL, through real lanes: what has run out is given back though nobody asks."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import structlog

from bilten.caretaker import NAME
from bilten.metrics import Metrics
from bilten.source import RandomSource
from bilten.sweeper import BUSY_SECONDS, INTERVAL, Sweeper
from db.books import AT_ONCE
from db.decisions import Decisions
from db.lanes import Lanes, lane_connections
from db.leaders import leadership
from domain import errors
from domain.asked import Asked
from domain.registrations import HoldPlaces
from tests.api import Api, Clock, running_api
from tests.bilten.exposition import rendered, value
from tests.books import prove_books
from tests.desk import Desk, Stall, desk_of
from tests.waiting import eventually

TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()
"""


@pytest.fixture
async def desk(fresh_database_url: str, redis_url: str, tmp_path: Path, clock: Clock) -> AsyncGenerator[Desk]:
    """A desk over an application that does not come to lead: nobody sweeps but the test."""
    async with (
        leadership(fresh_database_url, NAME),
        running_api(fresh_database_url, redis_url, tmp_path, clock) as api,
        desk_of(api) as opened,
    ):
        yield opened


@pytest.fixture
async def lanes(fresh_database_url: str, clock: Clock) -> AsyncGenerator[Lanes]:
    async with Lanes(lane_connections(fresh_database_url), Decisions(RandomSource(), clock), lanes=2) as opened:
        yield opened


async def held(desk: Desk, *, places: int = 2, minutes: int = 10) -> Stall:
    """An event of which somebody holds places for a while."""
    stall = await desk.stall(capacity=100)
    await desk.ask(HoldPlaces(stall.id, stall.tiers["Standard"], places, minutes), await desk.guest())
    return stall


async def uses(desk: Desk, stall: Stall) -> tuple[int, int]:
    """Places held, and registrations that have expired."""
    held = await desk.value("SELECT held FROM capacity_pools WHERE id = $1", stall.id)
    expired = await desk.value(
        "SELECT count(*) FROM registrations WHERE event_id = $1 AND status = 'EXPIRED'", stall.id
    )
    return held, expired


def shown(metrics: Metrics, outcome: str) -> float | None:
    return value(rendered(metrics), "bilten_sweep_events_total", {"outcome": outcome})


class Troubled:
    """Lanes that are in trouble with some events; the others are settled."""

    def __init__(self, lanes: Lanes, trouble: dict[Any, Exception]) -> None:
        self._lanes = lanes
        self.trouble = trouble
        self.asked: list[Any] = []

    async def run(self, asked: Asked[object]) -> object:
        self.asked.append(asked.event_id)
        if asked.event_id in self.trouble:
            raise self.trouble[asked.event_id]
        return await self._lanes.run(asked)


async def test_hold_that_has_run_out_is_given_back_though_nobody_asks(desk: Desk, lanes: Lanes) -> None:
    stall = await held(desk)
    metrics = Metrics()
    sweeper = Sweeper(desk.database, lanes, metrics.capacity, desk.api.clock)
    desk.api.clock.advance(minutes=9, seconds=59)
    assert await sweeper.round() == INTERVAL
    assert await uses(desk, stall) == (2, 0)

    desk.api.clock.advance(seconds=11)
    assert await sweeper.round() == 0.0

    assert await uses(desk, stall) == (0, 1)
    assert shown(metrics, "settled") == 1
    assert value(rendered(metrics), "bilten_sweep_lag_seconds") == 10
    assert await sweeper.round() == INTERVAL
    assert value(rendered(metrics), "bilten_sweep_lag_seconds") == 0
    async with desk.database.transaction() as session:
        await prove_books(session)
        rows = await session.fetch("SELECT actor_id FROM journal WHERE kind = 'HoldExpired'")
    assert [row["actor_id"] for row in rows] == [None]


async def test_busy_lanes_are_left_in_peace_for_a_while(desk: Desk, lanes: Lanes) -> None:
    stall = await held(desk)
    desk.api.clock.advance(minutes=30)
    metrics = Metrics()
    settler = Troubled(lanes, {stall.id: errors.Busy(waiting=1_000, retry_after=20)})
    sweeper = Sweeper(desk.database, settler, metrics.capacity, desk.api.clock)

    assert await sweeper.round() == BUSY_SECONDS
    settler.trouble.clear()
    assert await sweeper.round() == 0.0

    assert (shown(metrics, "busy"), shown(metrics, "settled"), shown(metrics, "failed")) == (1, 1, 0)
    assert await uses(desk, stall) == (0, 1)


async def test_event_that_cannot_be_settled_does_not_stop_the_others(desk: Desk, lanes: Lanes) -> None:
    broken, sound = await held(desk), await held(desk)
    desk.api.clock.advance(minutes=30)
    gone = await desk.value(
        "DELETE FROM capacity_pools AS pool WHERE id = $1 RETURNING to_jsonb(pool)", broken.tiers["Standard"]
    )
    metrics = Metrics()
    sweeper = Sweeper(desk.database, lanes, metrics.capacity, desk.api.clock)

    with structlog.testing.capture_logs() as logged:
        await sweeper.round()
        assert await uses(desk, sound) == (0, 1)
        assert await sweeper.round() == INTERVAL, "what has failed is left alone for a while"

    assert [(line["event"], line["event_id"]) for line in logged if line["log_level"] == "warning"] == [
        ("sweep.failed", str(broken.id))
    ]
    assert (shown(metrics, "settled"), shown(metrics, "failed")) == (1, 1)
    assert value(rendered(metrics), "bilten_sweep_lag_seconds") == 1_200, "what stays due shows"

    await desk.value("INSERT INTO capacity_pools SELECT * FROM jsonb_populate_record(NULL::capacity_pools, $1)", gone)

    async def is_settled() -> bool:
        await sweeper.round()
        return await uses(desk, broken) == (0, 1)

    await eventually(is_settled, what="the next try")
    assert value(rendered(metrics), "bilten_sweep_lag_seconds") == 1_200
    await sweeper.round()
    assert value(rendered(metrics), "bilten_sweep_lag_seconds") == 0


async def test_more_than_one_batch_gives_back_is_given_back_in_several(desk: Desk, lanes: Lanes) -> None:
    stall = await desk.stall(capacity=AT_ONCE + 100)
    guest = await desk.guest()
    holding = [Asked(stall.id, HoldPlaces(stall.id, stall.tiers["Standard"], 1), guest) for _ in range(AT_ONCE + 1)]
    for start in range(0, len(holding), 500):
        await asyncio.gather(*(lanes.run(asked) for asked in holding[start : start + 500]))
    desk.api.clock.advance(minutes=30)
    sweeper = Sweeper(desk.database, lanes, Metrics().capacity, desk.api.clock)

    with structlog.testing.capture_logs() as logged:
        pauses = [await sweeper.round() for _ in range(3)]

    assert pauses == [0.0, 0.0, INTERVAL]
    assert await uses(desk, stall) == (0, AT_ONCE + 1)
    assert [line for line in logged if line["log_level"] == "warning"] == []


class Idle:
    """Settles nothing and says that it is done."""

    def __init__(self) -> None:
        self.asked = 0

    async def run(self, asked: Asked[object]) -> object:
        self.asked += 1
        return asked.event_id


async def test_event_that_stays_as_due_as_it_was_is_left_alone_for_a_while(desk: Desk) -> None:
    await held(desk)
    desk.api.clock.advance(minutes=30)
    idle = Idle()
    sweeper = Sweeper(desk.database, idle, Metrics().capacity, desk.api.clock)

    pauses = [await sweeper.round() for _ in range(4)]

    assert idle.asked == 2
    assert pauses[2:] == [INTERVAL, INTERVAL]


async def test_sweeping_goes_on_after_every_connection_was_lost(fresh_api: Api, postgres_admin_url: str) -> None:
    clock = fresh_api.clock
    async with desk_of(fresh_api) as desk:
        soon, later = await held(desk, minutes=10), await held(desk, minutes=60)
        clock.advance(minutes=30)
        await eventually(lambda: _is_given_back(desk, soon), what="the first hold given back")

        name = await desk.value("SELECT current_database()")
        admin = await asyncpg.connect(postgres_admin_url)
        try:
            assert await admin.fetchval(TERMINATE, name) > 0
        finally:
            await admin.close()
        clock.advance(minutes=60)

        await eventually(lambda: _is_given_back(desk, later), what="the second hold given back")


async def _is_given_back(desk: Desk, stall: Stall) -> bool:
    with suppress(errors.Unavailable):
        return await uses(desk, stall) == (0, 1)
    return False
