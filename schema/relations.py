"""Resolvers of relations: what the columns of a row name, read for all rows of a list at once."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

from domain.ports import AtOnce, Reads
from execution.batch import batch
from schema.context import Info

Found = TypeVar("Found")
Made = TypeVar("Made")
ReadMany = Callable[[Reads, Sequence[Any]], AtOnce[Any]]


def related(read: ReadMany, *columns: str) -> Any:  # noqa: ANN401 - a resolver
    """What `read` finds by the key in the columns; several columns make one key. Null where a column is null."""
    [first, *others] = columns

    @batch
    def resolve(parents: Sequence[Any], info: Info) -> Any:  # noqa: ANN401 - rows
        if others:
            keys = [tuple([parent[column] for column in columns]) for parent in parents]
            return read(info.context.reads, keys)
        return _of_some(info.context.reads, read, [parent[first] for parent in parents])

    return resolve


def derived(found: AtOnce[Found], make: Callable[[list[Found]], list[Made]]) -> AtOnce[Made]:
    """What is made of values, at once where they are there at once."""
    return make(found) if isinstance(found, list) else _derived_later(found, make)


async def _derived_later(found: Awaitable[list[Found]], make: Callable[[list[Found]], list[Made]]) -> list[Made]:
    return make(await found)


def _of_some(reads: Reads, read: ReadMany, keys: list[Any]) -> AtOnce[Any]:
    if None not in keys:
        return read(reads, keys)
    named = [key for key in keys if key is not None]

    def spread(found: list[Any]) -> list[Any]:
        rest = iter(found)
        return [None if key is None else next(rest) for key in keys]

    return derived(read(reads, named), spread)
