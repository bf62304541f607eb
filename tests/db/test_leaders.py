"""Leadership on real PostgreSQL: exactly one leads, hears when it no longer does, and the next one follows."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from uuid import uuid4

import asyncpg
import pytest

from db.leaders import LeadershipIsLost, keep_leading, leadership
from domain import errors
from tests.waiting import eventually

WAIT = 0.02
TERMINATE = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = $1"
HOLDERS = """
SELECT count(*) FROM pg_locks AS lock JOIN pg_stat_activity AS session USING (pid)
WHERE lock.locktype = 'advisory' AND lock.granted AND session.application_name = $1
"""


@pytest.fixture
def name() -> str:
    return f"lead-{uuid4().hex[:12]}"


@pytest.fixture
async def admin(postgres_admin_url: str) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(postgres_admin_url)
    yield connection
    await connection.close()


class Troop:
    """Several processes' worth of leaders, and who of them is at work at this moment."""

    def __init__(self, url: str, name: str, size: int) -> None:
        self.at_work: set[int] = set()
        self.most_at_work = 0
        self.terms: list[int] = []
        self.tasks = [
            asyncio.create_task(
                keep_leading(url, name, lambda number=number: self._work(number), wait=WAIT, pause=WAIT)
            )
            for number in range(size)
        ]

    async def _work(self, number: int) -> None:
        self.at_work.add(number)
        self.terms.append(number)
        self.most_at_work = max(self.most_at_work, len(self.at_work))
        try:
            await asyncio.Event().wait()
        finally:
            self.at_work.discard(number)

    async def dismiss(self, number: int) -> None:
        self.tasks[number].cancel()
        with suppress(asyncio.CancelledError):
            await self.tasks[number]

    async def dismiss_all(self) -> None:
        for number in range(len(self.tasks)):
            await self.dismiss(number)


async def test_of_several_exactly_one_leads_and_the_next_follows_when_it_stops(
    database_url: str, name: str, admin: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    troop = Troop(database_url, name, 4)
    try:
        for _ in range(3):
            await eventually(lambda: len(troop.at_work) == 1, what="a leader")
            assert await admin.fetchval(HOLDERS, f"bilten {name}") == 1
            await troop.dismiss(next(iter(troop.at_work)))
        await eventually(lambda: len(troop.at_work) == 1, what="the last leader")
    finally:
        await troop.dismiss_all()
    assert troop.most_at_work == 1
    assert len(set(troop.terms)) == 4
    assert await admin.fetchval(HOLDERS, f"bilten {name}") == 0


async def test_leader_whose_backend_is_terminated_stops_and_somebody_leads_again(
    database_url: str, name: str, admin: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    troop = Troop(database_url, name, 2)
    try:
        for terms in range(1, 4):
            await eventually(lambda terms=terms: len(troop.terms) == terms and len(troop.at_work) == 1, what="a term")
            await admin.fetchval(TERMINATE, f"bilten {name}")
        await eventually(lambda: len(troop.terms) == 4 and len(troop.at_work) == 1, what="the term after the last")
    finally:
        await troop.dismiss_all()


async def test_block_is_cancelled_when_its_connection_ends(
    database_url: str, name: str, admin: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    cancelled = asyncio.Event()

    async def lead() -> None:
        async with asyncio.timeout(20), leadership(database_url, name, wait=WAIT):
            try:
                await admin.fetchval(TERMINATE, f"bilten {name}")
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancelled.set()
                raise

    with pytest.raises(LeadershipIsLost):
        await lead()
    assert cancelled.is_set()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_cancelling_the_work_from_outside_is_no_lost_lead(database_url: str, name: str) -> None:
    leads = asyncio.Event()

    async def work() -> None:
        async with leadership(database_url, name, wait=WAIT):
            leads.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(work())
    await asyncio.wait_for(leads.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_work_that_fails_gives_the_lead_to_another_and_is_tried_again(database_url: str, name: str) -> None:
    tries = 0

    async def work() -> None:
        nonlocal tries
        tries += 1
        if tries < 3:
            message = "not today"
            raise ValueError(message)
        await asyncio.Event().wait()

    task = asyncio.create_task(keep_leading(database_url, name, work, wait=WAIT, pause=WAIT))
    try:
        await eventually(lambda: tries == 3, what="the third try")
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_timeout_inside_the_block_stays_a_timeout(database_url: str, name: str) -> None:
    with pytest.raises(TimeoutError):
        async with leadership(database_url, name, wait=WAIT):
            raise TimeoutError


async def test_absent_database_is_unavailable(database_url: str, name: str) -> None:
    with pytest.raises(errors.Unavailable):
        async with leadership(f"{database_url}_of_nobody", name, wait=WAIT):
            pytest.fail("nobody can lead there")
