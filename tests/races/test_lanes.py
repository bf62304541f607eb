"""Hundreds of callers on the lanes of two processes, some of whom leave, fail or are cut off: each gets their own."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncGenerator

import asyncpg
import pytest

from db.lanes import Lanes, lane_connections
from domain import errors
from domain.asked import Asked
from domain.ids import EventId
from tests.lanes import MOST_PLACES, Shop, Take, shop_in
from tests.waiting import eventually

CALLERS = 600
BREAK = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'bilten-lane' AND datname = current_database() AND backend_xid IS NOT NULL LIMIT 1
"""


@pytest.fixture
async def shop(fresh_database_url: str) -> AsyncGenerator[Shop]:
    async with shop_in(fresh_database_url) as shop:
        yield shop


async def call(lanes: Lanes, event: EventId, take: Take) -> object:
    """The answer, or the expected exception that was raised instead."""
    try:
        return await lanes.run(Asked(event, take, None))
    except (errors.Refusal, asyncpg.CheckViolationError) as refused:
        return refused


async def sabotage(
    shop: Shop, chance: random.Random, events: list[EventId], calls: "list[asyncio.Task[object]]"
) -> None:
    """Cut connections in the middle of transactions, and hold locks for a moment, until everybody is answered."""

    async def has_broken_one() -> bool:
        return bool(await shop.books.fetch(BREAK)) or all(task.done() for task in calls)

    while not all(task.done() for task in calls):
        answered = sum(task.done() for task in calls)
        if chance.random() < 0.5:
            await eventually(has_broken_one, what="a transaction to break")
        else:
            async with shop.books.transaction():
                await shop.books.execute(
                    "SELECT FROM event_heads WHERE event_id = $1 FOR UPDATE", chance.choice(events)
                )
        await eventually(
            lambda answered=answered: sum(task.done() for task in calls) > min(answered + 20, len(calls) - 1),
            within=60,
            what="more answers",
        )


@pytest.mark.parametrize("seed", range(3))
async def test_each_caller_gets_their_own_whatever_happens_to_the_others(shop: Shop, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - wanted: the same again, not a secret
    events = [await shop.event() for _ in range(6)]
    takes: list[tuple[EventId, Take]] = []
    for n in range(CALLERS):
        places = 0 if n % 50 == 7 else MOST_PLACES + 1 if n % 10 == 3 else chance.randrange(1, 5)
        takes.append((chance.choice(events), Take(f"{n}", places)))

    async with (
        asyncio.timeout(120),
        Lanes(lane_connections(shop.url), shop.till, lanes=2, batch=32, patience=60, observer=shop.tally) as one,
        Lanes(lane_connections(shop.url), shop.till, lanes=2, batch=32, patience=60, observer=shop.tally) as other,
    ):
        calls = [asyncio.create_task(call(chance.choice((one, other)), event, take)) for event, take in takes]
        leaving = set(chance.sample(range(CALLERS), 40))
        for n in sorted(leaving):
            await asyncio.sleep(0)
            calls[n].cancel()
        await sabotage(shop, chance, events, calls)
        answers = await asyncio.gather(*calls, return_exceptions=True)

    assert {"lost", "split"} <= set(shop.tally.troubles)
    await shop.prove()
    rows = await shop.books.fetch("SELECT event_id, at, who FROM taken")
    assert max(Counter(row["who"] for row in rows).values()) == 1
    told = {(row["event_id"], row["at"]): row["who"] for row in rows}
    for n, ((event, take), answer) in enumerate(zip(takes, answers, strict=True)):
        if n in leaving and isinstance(answer, asyncio.CancelledError):
            continue
        if take.places == 0:
            assert isinstance(answer, asyncpg.CheckViolationError)
        elif take.places > MOST_PLACES:
            assert isinstance(answer, errors.EventIsFull)
        else:
            assert isinstance(answer, int), answer
            assert told[event, answer] == take.who
