"""Lanes over real PostgreSQL: who shares a transaction, who waits for whom, who is turned away, what is undone."""

import asyncio
from collections.abc import AsyncGenerator
from time import perf_counter

import asyncpg
import pytest

from db.database import Session
from db.lanes import Flushed, Lanes, lane_connections
from db.lanes.batches import CONFLICTS
from domain import errors
from domain.asked import Asked
from domain.ids import EventId
from tests.lanes import MOST_PLACES, Gate, Once, Shop, Take, outcome, outcomes, shop_in
from tests.waiting import eventually


@pytest.fixture
async def shop(fresh_database_url: str) -> AsyncGenerator[Shop]:
    async with shop_in(fresh_database_url) as shop:
        yield shop


# --- Batches ----------------------------------------------------------------------------------------------------------


async def test_an_idle_lane_serves_a_caller_at_once(shop: Shop) -> None:
    event = await shop.event()
    async with shop.open():
        assert await shop.take(event, "first") == 1
        assert await shop.take(event, "second") == 2
    assert shop.tally.batches == [1, 1]


async def test_whoever_arrives_during_a_flush_shares_the_next_one(shop: Shop) -> None:
    event = await shop.event()
    gate = shop.till.at = Gate("locked")
    async with shop.open(batch=40):
        first = shop.take(event, "first")
        await gate.reached.wait()
        others = [shop.take(event, f"{n}") for n in range(100)]
        gate.is_open.set()
        assert await outcomes([first, *others]) == list(range(1, 102))
    assert shop.tally.batches == [1, 40, 40, 20]
    assert await shop.taken(event) == ["first", *(f"{n}" for n in range(100))]
    await shop.prove()


async def test_storm_on_one_event_does_not_hold_up_the_others(shop: Shop) -> None:
    stormed, quiet, other = [await shop.event() for _ in range(3)]
    gate = shop.till.at = Gate("begun")
    async with shop.open(batch=4):
        first = shop.take(stormed, "first")
        await gate.reached.wait()
        storm = [shop.take(stormed, f"{n}") for n in range(20)]
        late = [shop.take(quiet, "quiet"), shop.take(quiet, "quiet again"), shop.take(other, "other")]
        await eventually(lambda: shop.waiting == 23)
        gate.is_open.set()
        await outcomes([first, *storm, *late])
    assert shop.till.batches[1] == ["0", "quiet", "other", "1"]
    assert shop.till.batches[2] == ["quiet again", "2", "3", "4"]
    assert await shop.taken(stormed) == ["first", *(f"{n}" for n in range(20))]


async def test_lanes_flush_side_by_side(shop: Shop) -> None:
    events = [await shop.event() for _ in range(40)]
    gate = shop.till.at = Gate("begun")
    async with shop.open(lanes=4):
        calls = [shop.take(event, "somebody") for event in events]
        await eventually(lambda: len(shop.till.batches) == 4, what="a batch in each lane")
        gate.is_open.set()
        assert await outcomes(calls) == [1] * 40


async def test_two_processes_share_an_event_without_a_gap(shop: Shop) -> None:
    event = await shop.event()
    async with shop.open():
        calls = [shop.take(event, f"one {n}") for n in range(50)]
        async with shop.open():
            calls += [shop.take(event, f"two {n}") for n in range(50)]
            assert sorted(str(answer) for answer in await outcomes(calls)) == sorted(f"{n}" for n in range(1, 101))
    await shop.prove()


async def test_each_caller_gets_their_own_answer_or_refusal(shop: Shop) -> None:
    event = await shop.event()
    async with shop.open():
        one, refused, two = [shop.take(event, "x", places) for places in (1, MOST_PLACES + 1, 2)]
        assert await outcomes([one, two]) == [1, 2]
        with pytest.raises(errors.EventIsFull):
            await refused
    assert shop.tally.troubles == []


# --- Bounds -----------------------------------------------------------------------------------------------------------


async def test_caller_beyond_the_bound_is_turned_away_at_once(shop: Shop) -> None:
    event, other = await shop.event(), await shop.event()
    gate = shop.till.at = Gate("begun")
    async with shop.open(waiting=8, per_event=8):
        calls = [shop.take(event, "first")]
        await gate.reached.wait()
        calls += [shop.take(event, f"{n}") for n in range(8)]
        await eventually(lambda: shop.waiting == 8)
        begun = perf_counter()
        busy = await outcome(shop.take(other, "late"))
        assert perf_counter() - begun < 0.1
        gate.is_open.set()
        assert await outcomes(calls) == list(range(1, 10))
        assert await shop.take(other, "again") == 1
    assert isinstance(busy, errors.Busy)
    assert busy.retryable
    assert not busy.kept
    assert busy.params["waiting"] == 8
    assert 50 <= int(busy.params["retry_after"] or 0) <= 5_000
    assert shop.tally.turned_away == 1


async def test_crowded_event_leaves_room_for_others(shop: Shop) -> None:
    event, other = await shop.event(), await shop.event()
    gate = shop.till.at = Gate("begun")
    async with shop.open(waiting=8, per_event=3):
        first = shop.take(event, "first")
        await gate.reached.wait()
        calls = [shop.take(event, f"{n}") for n in range(4)]
        assert isinstance(await outcome(calls.pop()), errors.Busy)
        calls.append(shop.take(other, "other"))
        gate.is_open.set()
        assert await outcomes([first, *calls]) == [1, 2, 3, 4, 1]


async def test_longer_flushes_ask_those_turned_away_for_more_patience(shop: Shop) -> None:
    event = await shop.event()
    gate = shop.till.at = Gate("begun")
    async with shop.open(batch=1, waiting=20):
        calls = [shop.take(event, "first")]
        await gate.reached.wait()
        calls += [shop.take(event, f"{n}") for n in range(20)]
        await eventually(lambda: shop.waiting == 20)

        async def asks_for_more_than_a_second() -> bool:
            busy = await outcome(shop.take(event, "late"))
            assert isinstance(busy, errors.Busy)
            return int(busy.params["retry_after"] or 0) > 1_000

        await eventually(asks_for_more_than_a_second, what="an estimate that grows with the running flush")
        gate.is_open.set()
        await outcomes(calls)


# --- Callers who leave ------------------------------------------------------------------------------------------------


async def test_cancelled_before_the_turn_means_no_place(shop: Shop) -> None:
    event = await shop.event()
    gate = shop.till.at = Gate("begun")
    async with shop.open(waiting=2):
        first = shop.take(event, "first")
        await gate.reached.wait()
        leaving, staying = shop.take(event, "leaving"), shop.take(event, "staying")
        await eventually(lambda: shop.waiting == 2)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        assert shop.waiting == 1, "who left takes no room either"
        gate.is_open.set()
        assert await outcomes([first, staying]) == [1, 2]
    assert await shop.taken(event) == ["first", "staying"]


async def test_cancelled_during_the_flush_changes_nothing_for_anybody(shop: Shop) -> None:
    event = await shop.event()
    gate = shop.till.at = Gate("locked")
    async with shop.open():
        leaving = shop.take(event, "leaving")
        await gate.reached.wait()
        leaving.cancel()
        staying = shop.take(event, "staying")
        gate.is_open.set()
        assert await staying == 2
    assert await shop.taken(event) == ["leaving", "staying"]


async def test_whoever_has_hung_up_by_their_turn_gets_no_place(shop: Shop) -> None:
    event = await shop.event()
    gate = shop.till.at = Gate("begun")
    has_left = False
    async with shop.open():
        first = shop.take(event, "first")
        await gate.reached.wait()
        leaving = shop.take(event, "leaving", gone=lambda: has_left)
        staying = shop.take(event, "staying", gone=lambda: False)
        await eventually(lambda: shop.waiting == 2)
        has_left = True
        gate.is_open.set()
        assert await outcomes([first, staying]) == [1, 2]
        assert isinstance(await outcome(leaving), errors.Unavailable)
    assert shop.tally.troubles == ["gone"]


# --- Errors of a batch ------------------------------------------------------------------------------------------------


async def test_command_that_breaks_its_batch_takes_nobody_with_it(shop: Shop) -> None:
    events = [await shop.event() for _ in range(3)]
    gate = shop.till.at = Gate("begun")
    async with shop.open():
        first = shop.take(events[0], "first")
        await gate.reached.wait()
        calls = [shop.take(events[n % 3], f"{n}", 0 if n == 17 else 1) for n in range(50)]
        await eventually(lambda: shop.waiting == 50)
        gate.is_open.set()
        assert await first == 1
        answers = await outcomes(calls)
    broken = answers.pop(17)
    assert isinstance(broken, asyncpg.CheckViolationError)
    assert all(isinstance(answer, int) for answer in answers)
    for index, event in enumerate(events):
        found = [f"{n}" for n in range(50) if n % 3 == index and n != 17]
        assert await shop.taken(event) == (["first", *found] if index == 0 else found)
    await shop.prove()


async def test_statement_that_failed_in_secret_is_not_told_as_done(shop: Shop) -> None:
    event = await shop.event()

    async def fail(session: Session) -> None:
        with pytest.raises(asyncpg.DivisionByZeroError):
            await session.fetch("SELECT 1 / 0")

    shop.till.at = Once("written", fail)
    async with shop.open():
        with pytest.raises(RuntimeError, match="ROLLBACK"):
            await shop.take(event, "unlucky")
        assert await shop.take(event, "lucky") == 1
    assert await shop.taken(event) == ["lucky"]


async def test_flush_that_forgets_somebody_is_undone(shop: Shop) -> None:
    event = await shop.event()

    async def forgetful(session: Session, asked: object) -> Flushed:
        await session.execute("INSERT INTO taken VALUES ($1, 'nobody', 1, 1)", event)
        return Flushed([], None)

    async with asyncio.timeout(30), Lanes(lane_connections(shop.url), forgetful, lanes=1) as lanes:
        with pytest.raises(RuntimeError, match="0 answers to 1"):
            await lanes.run(_asked(event))
    assert await shop.taken(event) == []


async def test_flush_in_which_something_is_cancelled_fails_by_itself(shop: Shop) -> None:
    event = await shop.event()

    async def cancel(_: Session) -> None:
        raise asyncio.CancelledError

    shop.till.at = Once("locked", cancel)
    async with shop.open():
        with pytest.raises(RuntimeError, match="nobody cancelled the lane"):
            await shop.take(event, "unlucky")
        assert await shop.take(event, "lucky") == 1


@pytest.mark.parametrize("state", ["40001", "40P01"])
async def test_batch_that_conflicts_is_run_again(shop: Shop, state: str) -> None:
    event = await shop.event()

    async def conflict(session: Session) -> None:
        await session.execute(f"DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '{state}'; END $$")

    shop.till.at = Once("written", conflict)
    async with shop.open():
        assert await shop.take(event, "patient") == 1
    assert shop.tally.troubles == ["conflict"]
    await shop.prove()


async def test_conflict_without_end_is_told_to_be_one(shop: Shop) -> None:
    event = await shop.event()

    async def conflict(_: str, session: Session) -> None:
        await session.execute("DO $$ BEGIN RAISE EXCEPTION 'conflict' USING ERRCODE = '40001'; END $$")

    shop.till.at = conflict
    async with shop.open():
        with pytest.raises(errors.Unavailable):
            await shop.take(event, "unlucky")
    assert shop.tally.troubles == ["conflict"] * (CONFLICTS + 1)


async def test_event_that_somebody_has_locked_is_left_out_after_a_while(shop: Shop) -> None:
    locked, free = await shop.event(), await shop.event()
    gate = shop.till.at = Gate("begun")
    async with shop.open():
        first = shop.take(free, "first")
        await gate.reached.wait()
        blocked = [shop.take(locked, f"{n}") for n in range(3)]
        served = [shop.take(free, f"{n}") for n in range(3)]
        await eventually(lambda: shop.waiting == 6)
        async with shop.books.transaction():
            await shop.books.execute("SELECT 1 FROM event_heads WHERE event_id = $1 FOR UPDATE", locked)
            gate.is_open.set()
            assert await outcomes([first, *served]) == [1, 2, 3, 4]
            assert all(isinstance(answer, errors.Unavailable) for answer in await outcomes(blocked))
        assert await shop.take(locked, "later") == 1
    await shop.prove()


async def test_statement_that_takes_too_long_fails_those_who_asked_for_it(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.lanes.attempt.STATEMENT_MILLISECONDS", 100)
    event = await shop.event()

    async def dawdle(session: Session) -> None:
        await session.execute("SELECT pg_sleep(30)")

    shop.till.at = Once("written", dawdle)
    async with shop.open():
        with pytest.raises(errors.Unavailable):
            await shop.take(event, "slow")
        assert await shop.take(event, "quick") == 1


# --- The end ----------------------------------------------------------------------------------------------------------


async def test_closing_serves_those_who_wait(shop: Shop) -> None:
    event = await shop.event()
    gate = shop.till.at = Gate("begun")
    async with shop.open(batch=4) as lanes:
        calls = [shop.take(event, f"{n}") for n in range(10)]
        await gate.reached.wait()
        closing = asyncio.create_task(lanes.aclose())
        await eventually(lambda: closing.done() or shop.waiting > 0)
        late = shop.take(event, "late")
        assert isinstance(await outcome(late), errors.Unavailable)
        gate.is_open.set()
        assert await outcomes(calls) == list(range(1, 11))
        await closing
    assert await _connections(shop) == 0


async def test_closing_tells_those_who_cannot_be_served_in_time(shop: Shop) -> None:
    event = await shop.event()
    gate = shop.till.at = Gate("locked")
    async with shop.open(batch=4) as lanes:
        calls = [shop.take(event, f"{n}") for n in range(10)]
        await gate.reached.wait()
        await lanes.aclose(grace=0)
        assert all(isinstance(answer, errors.Unavailable) for answer in await outcomes(calls))
    await shop.prove()
    assert await shop.taken(event) == []


async def test_loop_that_ends_without_closing_leaves_nobody_waiting(shop: Shop) -> None:
    event = await shop.event()

    async def lanes_that_nobody_closes() -> None:
        # The tasks of the lane and of its caller are cancelled together by the end of the loop.
        lanes = Lanes(lane_connections(shop.url), shop.till, lanes=1)
        lanes.start()
        call = asyncio.create_task(lanes.run(_asked(event)))
        await asyncio.wait([call], timeout=0)

    async with asyncio.timeout(30):
        await asyncio.to_thread(asyncio.run, lanes_that_nobody_closes())
    await shop.prove()


def _asked(event_id: EventId) -> Asked[object]:
    return Asked(event_id, Take("somebody"), None, None)


async def _connections(shop: Shop) -> int:
    sql = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bilten-lane' AND datname = current_database()"
    )
    return await shop.books.fetchval(sql)
