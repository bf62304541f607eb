"""The continuous comparison of books: a difference is told once, shown for as long as it is there, and then no more."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog

from bilten import ledger_check
from bilten.caretaker import NAME
from bilten.ledger_check import LINES, LedgerCheck, bounded
from bilten.metrics import Metrics
from db.database import statements
from db.leaders import leadership
from domain.ids import EventId
from domain.registrations import Register
from tests.api import Api, Clock, running_api
from tests.bilten.exposition import rendered, value
from tests.desk import Desk, Stall, desk_of
from tests.waiting import eventually
from tests.world import World

A_PLACE_TOO_MANY = "UPDATE capacity_pools SET confirmed = confirmed + 1 WHERE id = $1 RETURNING id"
PUT_RIGHT = "UPDATE capacity_pools SET confirmed = confirmed - 1 WHERE id = $1 RETURNING id"


@pytest.fixture
async def desk(fresh_database_url: str, redis_url: str, tmp_path: Path, clock: Clock) -> AsyncGenerator[Desk]:
    """A desk over an application that does not come to lead: nobody compares but the test."""
    async with (
        leadership(fresh_database_url, NAME),
        running_api(fresh_database_url, redis_url, tmp_path, clock) as api,
        desk_of(api) as opened,
    ):
        yield opened


def mismatches(metrics: Metrics) -> float | None:
    return value(rendered(metrics), "bilten_capacity_mismatches")


def told(logged: Any) -> list[tuple[str, str]]:
    return [(line["event"], line["event_id"]) for line in logged if line["event"].startswith("capacity.")]


async def sold(desk: Desk) -> Stall:
    stall = await desk.stall(capacity=10)
    await desk.ask(Register(stall.id, stall.tiers["Standard"], 2), await desk.guest())
    return stall


async def test_difference_is_told_once_and_shown_until_it_is_gone(desk: Desk) -> None:
    sound, broken = await sold(desk), await sold(desk)
    metrics = Metrics()
    check = LedgerCheck(desk.database, metrics.capacity)
    await check.round()
    assert mismatches(metrics) == 0

    await desk.value(A_PLACE_TOO_MANY, broken.id)
    with structlog.testing.capture_logs() as logged:
        for _ in range(5):
            await check.round()
            # The walk comes by every other round; in between it is known and compared again.
            await check.round()
            assert mismatches(metrics) == 1
        await desk.value(PUT_RIGHT, broken.id)
        await check.round()

    assert mismatches(metrics) == 0
    assert told(logged) == [("capacity.differs", str(broken.id)), ("capacity.agrees", str(broken.id))]
    [line] = [line for line in logged if line["event"] == "capacity.differs"]
    assert line["log_level"] == "error"
    assert line["differences"] == f"pool {broken.id}: confirmed: counter 3, rows 2, journal 2"
    assert str(sound.id) not in str(logged)


async def test_what_has_just_changed_is_compared_before_the_walk_comes_by(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = await World(desk.api).team()
    stalls = [await desk.stall(team=team) for _ in range(3)]
    newest = stalls[-1]
    metrics = Metrics()
    check = LedgerCheck(desk.database, metrics.capacity)
    for _ in range(2):
        await check.round()
    # Nobody has so many events here that a walk takes more than a moment: let the next one take three rounds.
    monkeypatch.setattr(ledger_check, "EVENTS", 1)

    await desk.ask(Register(newest.id, newest.tiers["Standard"], 1), await desk.guest())
    await desk.value(A_PLACE_TOO_MANY, newest.id)
    await check.round()

    assert mismatches(metrics) == 1


async def test_walk_comes_by_every_event_and_begins_anew(desk: Desk) -> None:
    team = await World(desk.api).team()
    stalls = [await desk.stall(team=team) for _ in range(3)]
    metrics = Metrics()
    check = LedgerCheck(desk.database, metrics.capacity)
    for _ in range(4):
        await check.round()
    text = rendered(metrics)
    # All three as changed ones, and in two of the four rounds as those that the walk came by.
    assert value(text, "bilten_capacity_checks_total") == 9
    assert value(text, "bilten_capacity_walk_seconds") != 0

    # Not a line tells of this.
    await desk.value(A_PLACE_TOO_MANY, stalls[1].id)
    await check.round()
    await check.round()

    assert mismatches(metrics) == 1


async def test_number_of_statements_does_not_grow_with_the_events(desk: Desk) -> None:
    team = await World(desk.api).team()
    counts: list[int] = []
    for _ in range(2):
        for _ in range(4):
            await desk.stall(team=team)
        check = LedgerCheck(desk.database, Metrics().capacity)
        collected: list[str] = []
        reset = statements.set(collected)
        try:
            await check.round()
        finally:
            statements.reset(reset)
        counts.append(len(collected))

    assert counts[0] == counts[1] <= 5


def test_one_statement_reads_a_bounded_number_of_lines_unless_a_single_event_has_more() -> None:
    ids = [EventId(uuid4()) for _ in range(5)]

    assert bounded([]) == []
    assert bounded([(ids[0], 10 * LINES), (ids[1], 1)]) == ids[:1]
    assert bounded([(id_, LINES // 2) for id_ in ids]) == ids[:2]
    assert bounded([(id_, 1) for id_ in ids]) == ids
    assert len(bounded([(EventId(UUID(int=n)), 1) for n in range(1_000)])) == ledger_check.EVENTS


async def test_server_compares_by_itself(fresh_api: Api) -> None:
    async with desk_of(fresh_api) as desk:
        stall = await sold(desk)
        await desk.value(A_PLACE_TOO_MANY, stall.id)

        async def is_shown() -> bool:
            return value((await fresh_api.http.get("/metrics")).text, "bilten_capacity_mismatches") == 1

        await eventually(is_shown, what="the mismatch on the page of metrics")
