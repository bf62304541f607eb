"""Loaders: what is read together, what is read once, and who learns of a failure."""

import asyncio
from collections.abc import Awaitable
from inspect import isawaitable

import pytest

from db.loading import Loader


class Source:
    """Squares of numbers, with every read noted."""

    def __init__(self) -> None:
        self.reads: list[list[int]] = []
        self.failures = 0
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun: asyncio.Queue[None] = asyncio.Queue()
        self.loader = Loader(self.read)

    async def read(self, keys: list[int]) -> list[int]:
        self.reads.append(keys)
        self.begun.put_nowait(None)
        await self.gate.wait()
        if self.failures:
            self.failures -= 1
            message = "away"
            raise ConnectionError(message)
        return [key * key for key in keys]

    async def many(self, *keys: int) -> list[int]:
        found: list[int] | Awaitable[list[int]] = self.loader.many(keys)
        return await found if isawaitable(found) else found


async def test_what_is_asked_for_in_one_turn_is_read_together() -> None:
    source = Source()

    found = await asyncio.gather(source.loader.load(1), source.many(2, 3, 2), source.loader.load(1), source.many())

    assert found == [1, [4, 9, 4], 1, []]
    assert source.reads == [[1, 2, 3]]


async def test_value_is_read_once() -> None:
    source = Source()
    await source.many(1, 2)

    assert source.loader.many([2, 1]) == [4, 1]
    assert await source.many(1, 3) == [1, 9]
    assert source.reads == [[1, 2], [3]]


async def test_what_is_being_read_is_not_asked_for_again() -> None:
    source = Source()
    source.gate.clear()
    first = asyncio.ensure_future(source.many(1, 2))
    await source.begun.get()
    second = asyncio.ensure_future(source.many(2, 3))
    await source.begun.get()
    source.gate.set()

    assert (await first, await second) == ([1, 4], [4, 9])
    assert source.reads == [[1, 2], [3]]


async def test_known_value_is_not_replaced() -> None:
    source = Source()
    source.loader.prime(1, 100)
    source.loader.prime(1, 200)

    assert await source.loader.load(1) == 100
    assert source.reads == []


async def test_failure_is_told_to_all_who_wait_and_forgotten() -> None:
    source = Source()
    source.failures = 1

    failed = await asyncio.gather(source.loader.load(1), source.many(1, 2), return_exceptions=True)

    assert [type(error) for error in failed] == [ConnectionError, ConnectionError]
    assert await source.many(1, 2) == [1, 4]


async def test_failure_that_nobody_waits_for_disturbs_nobody() -> None:
    source = Source()
    source.failures = 1
    asked = asyncio.ensure_future(source.loader.load(1))
    await source.begun.get()
    asked.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await source.loader.load(2) == 4


async def test_whoever_goes_away_takes_nothing_from_the_others() -> None:
    source = Source()
    source.gate.clear()
    one, other = asyncio.ensure_future(source.loader.load(1)), asyncio.ensure_future(source.many(1, 2))
    await source.begun.get()
    one.cancel()
    source.gate.set()

    assert await other == [1, 4]
    with pytest.raises(asyncio.CancelledError):
        await one
