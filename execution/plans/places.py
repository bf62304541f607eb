"""Where the values of a column stand in the answer: chains that are only followed when somebody asks for a path."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Protocol

from graphql.pyutils import Path

from execution.plans.columns import Value


class Places(Protocol):
    """The places of a column's values."""

    def path(self, index: int) -> Path | None:
        """The path of one value; none for the root."""
        ...


class Root:
    """The place of the root."""

    __slots__ = ()

    def path(self, index: int) -> Path | None:
        """No path."""
        return None


class OfField:
    """A field of each object."""

    __slots__ = ("_above", "_key", "_typename")

    def __init__(self, above: Places, key: str, typename: str) -> None:
        self._above = above
        self._key = key
        self._typename = typename

    def path(self, index: int) -> Path:
        """The object's path and the field's key."""
        return Path(self._above.path(index), self._key, self._typename)


class OfItems:
    """The items of each list, one list after the other."""

    __slots__ = ("_above", "_ends", "_lists")

    def __init__(self, above: Places, lists: Sequence[Sequence[Value]]) -> None:
        self._above = above
        self._lists = lists
        self._ends: list[int] | None = None

    def path(self, index: int) -> Path:
        """The list's path and the item's position in it."""
        if self._ends is None:
            self._ends = list(accumulate(map(len, self._lists)))
        owner = bisect_right(self._ends, index)
        start = self._ends[owner - 1] if owner else 0
        return Path(self._above.path(owner), index - start, None)


class Picked:
    """Some values of a column."""

    __slots__ = ("_above", "_indexes")

    def __init__(self, above: Places, indexes: Sequence[int]) -> None:
        self._above = above
        self._indexes = indexes

    def path(self, index: int) -> Path | None:
        """As in the whole column."""
        return self._above.path(self._indexes[index])
