"""Loaders: values by key for one request; everything that is asked for in one turn of the loop is read together."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

from aiodataloader import DataLoader

Key = TypeVar("Key")
Value = TypeVar("Value")


class Loader(Generic[Key, Value]):
    """Values by key. `read` returns one for each key, in their order.

    A value is read once. A failure is told to everybody who waits for it, and not kept.
    """

    def __init__(self, read: Callable[[list[Key]], Awaitable[Sequence[Value]]]) -> None:
        self._read = read
        self._known: dict[Key, Value] = {}
        self._asked: dict[Key, asyncio.Future[None]] = {}
        # What it collects of a turn is whole lists of keys: a future for each of these, and none for each key.
        self._turns: DataLoader[tuple[Key, ...], None] = DataLoader(self._fill, cache=False)

    def prime(self, key: Key, value: Value) -> None:
        """Know a value that was read otherwise, unless one is known."""
        self._known.setdefault(key, value)

    async def load(self, key: Key) -> Value:
        """The value of one key."""
        if key not in self._known:
            await self._told((key,))
        return self._known[key]

    def many(self, keys: Sequence[Key]) -> list[Value] | Awaitable[list[Value]]:
        """The values of many keys: at once where all are known, and to be awaited otherwise."""
        known = self._known
        try:
            return [known[key] for key in keys]
        except KeyError:
            return self._many(keys)

    async def _many(self, keys: Sequence[Key]) -> list[Value]:
        known = self._known
        await self._told([key for key in keys if key not in known])
        return [known[key] for key in keys]

    async def _told(self, keys: Iterable[Key]) -> None:
        """Return when the values are known."""
        asked = self._asked
        new = tuple(dict.fromkeys([key for key in keys if key not in asked]))
        if new:
            future = self._turns.load(new)
            # Who waits for several lists learns of one failure; the others are no news to anybody.
            future.add_done_callback(_looked_at)
            asked.update(dict.fromkeys(new, future))
        # One future for each list in which something was asked for, hardly ever more than one.
        for future in {asked[key] for key in keys}:
            # Whoever goes away takes nothing from the others that wait.
            await asyncio.shield(future)

    async def _fill(self, lists: list[tuple[Key, ...]]) -> list[None]:
        keys = [key for keys in lists for key in keys]
        try:
            self._known.update(zip(keys, await self._read(keys), strict=True))
        finally:
            for key in keys:
                del self._asked[key]
        return [None for _ in lists]


def _looked_at(future: asyncio.Future[None]) -> None:
    if not future.cancelled():
        future.exception()
