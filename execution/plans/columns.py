"""Columns: the values of one field for all objects of a level, and those among them that failed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from graphql import GraphQLError

Value = Any
"""A value of the schema's Python side, or what has become of it in the answer."""
Column = list[Value]
"""One value for each object of a level."""
Pending = list[tuple[int, Awaitable[Value]]]
"""Places of a column that are still to be filled, none of which raises."""


class Raised:
    """In the place of a value that may not be null and failed: whatever holds it becomes null, or fails as well."""

    __slots__ = ("error",)

    def __init__(self, error: GraphQLError) -> None:
        self.error = error


class Faulty(list[Value]):
    """A column in which something is `Raised`."""


def checked(column: Column) -> Column:
    """The column, marked if something in it is `Raised`."""
    return Faulty(column) if Raised in set(map(type, column)) else column


async def settled(column: Column, pending: Pending) -> Column:
    """The column with all places filled."""
    if len(pending) == 1:
        [(place, awaitable)] = pending
        column[place] = await awaitable
    else:
        found = await asyncio.gather(*[awaitable for _, awaitable in pending])
        for (place, _), value in zip(pending, found, strict=True):
            column[place] = value
    return checked(column)


async def arrived(values: Sequence[Awaitable[Value]]) -> Column:
    """What is waited for; a failure stands in its own place."""
    if len(values) == 1:
        try:
            return [await values[0]]
        except Exception as error:
            return [error]
    found: list[Value | BaseException] = await asyncio.gather(*values, return_exceptions=True)
    _let_through(found)
    return found


def in_background(work: Iterable[Awaitable[Value]]) -> None:
    """Let work that nobody waits for come to its end; without a loop it has none."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    for awaitable in work:
        task = asyncio.ensure_future(awaitable)
        _BACKGROUND.add(task)
        task.add_done_callback(_BACKGROUND.discard)


async def together(columns: Iterable[Awaitable[Column]]) -> list[Column]:
    """Columns that are made side by side; they do not raise."""
    return list(await asyncio.gather(*columns))


async def all_arrived(
    columns: list[Column], late: Sequence[tuple[int, Awaitable[Column]]], fails: Callable[[int, Column], bool]
) -> int | None:
    """Fill in the columns of a level that are made side by side.

    As soon as one makes all objects fail its place is returned, and nobody waits for the others any more.
    """

    async def fill(place: int, awaitable: Awaitable[Column]) -> None:
        column = columns[place] = await awaitable
        if fails(place, column):
            raise _Failed(place)

    tasks = [asyncio.ensure_future(fill(place, awaitable)) for place, awaitable in late]
    try:
        await asyncio.gather(*tasks)
    except _Failed as failed:
        in_background(task for task in tasks if not task.done())
        return failed.place
    return None


class _Failed(Exception):
    def __init__(self, place: int) -> None:
        super().__init__()
        self.place = place


_BACKGROUND: set[asyncio.Future[Value]] = set()
"""The loop itself holds tasks only weakly."""


def _let_through(found: Iterable[Value | BaseException]) -> None:
    for value in found:
        if isinstance(value, BaseException) and not isinstance(value, Exception):
            raise value
