"""Which reads fail and how: decided by a seed, the field and the object, and by nothing that an engine chooses."""

import math
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import blake2b
from typing import Any

from graphql import GraphQLError
from graphql.pyutils import Undefined

Honest = Callable[[], Any]
"""The value that the field has when nothing fails."""


class Later:
    """An awaitable that is no coroutine: whoever drops one is not told off, which suits reads that are made twice."""

    def __init__(self, turns: int, give: Honest) -> None:
        self._turns = turns
        self._give = give

    def __await__(self) -> Generator[None, None, Any]:
        yield from turns(self._turns)
        return self._give()


class Stream:
    """Entries that come one after another, asynchronously."""

    def __init__(self, entries: list[Any]) -> None:
        self._entries = entries

    async def __aiter__(self) -> AsyncGenerator[Any]:
        for entry in self._entries:
            await Later(1, lambda: None)
            yield entry


class Stranger:
    """A value that no schema knows."""

    def __repr__(self) -> str:
        return "a stranger"


class LongText(str):
    """Text, though not exactly."""

    __slots__ = ()


class Figure(IntEnum):
    """A number, though not exactly."""

    SEVEN = 7


def turns(count: int) -> Generator[None]:
    """Let the event loop go round so many times."""
    for _ in range(count):
        yield


def number_of(*parts: object) -> int:
    """A number that is the same in every process."""
    return int.from_bytes(blake2b("|".join(map(str, parts)).encode(), digest_size=6).digest())


@dataclass(frozen=True, slots=True)
class Read:
    """One read of a field of an object."""

    name: str
    id: str
    honest: Honest

    def failure(self) -> ValueError:
        return ValueError(f"{self.name} of {self.id} is broken")

    def fail(self) -> Any:
        raise self.failure()


def _fail_with_a_code(read: Read) -> Any:
    message = f"{read.name} of {read.id} is refused"
    raise GraphQLError(message, extensions={"code": "REFUSED", "id": read.id})


def _fail_as_if_at_an_end(read: Read) -> Any:
    raise StopIteration(read.name)


def _fail_as_if_missing(read: Read) -> Any:
    raise KeyError(read.name)


def _fail_as_if_without(read: Read) -> Any:
    raise AttributeError(read.name)


def _fail_in_a_tuple(_: Read) -> Any:
    raise ExceptionGroup("several", [ValueError("one"), ValueError("another")])


def _breaking_off(read: Read) -> Iterator[Any]:
    yield read.honest()
    raise read.failure()


def _once(read: Read) -> Iterator[Any]:
    yield read.honest()
    yield None


def _as_a_function(read: Read) -> Any:
    def call(*_: Any, **__: Any) -> Any:
        return read.honest()

    return call


FAULTS: tuple[Callable[[Read], Any], ...] = (
    Read.fail,
    Read.fail,
    _fail_with_a_code,
    _fail_as_if_at_an_end,
    _fail_as_if_missing,
    _fail_as_if_without,
    _fail_in_a_tuple,
    lambda _: None,
    lambda _: None,
    lambda _: None,
    Read.failure,
    lambda _: Undefined,
    lambda _: Stranger(),
    lambda _: Stranger,
    lambda _: "wrong",
    lambda _: LongText("nearly right"),
    lambda _: 7,
    lambda _: -(2**31) - 1,
    lambda _: Figure.SEVEN,
    lambda _: True,
    lambda _: 7.0,
    lambda _: 7.5,
    lambda _: math.nan,
    lambda _: math.inf,
    lambda _: b"bytes",
    lambda _: {},
    lambda _: {"name": "somebody", "id": "9"},
    lambda _: [],
    lambda _: [None],
    lambda read: [read.honest(), read.failure(), None, 7, "text", [1, None]],
    lambda read: [read.honest(), Later(1, read.honest), Later(2, read.fail)],
    lambda read: [[read.honest()], None, [None]],
    lambda read: (read.honest(), read.honest()),
    lambda read: {"a": read.honest()}.values(),
    _once,
    _breaking_off,
    lambda read: Stream([read.honest(), None]),
    lambda read: Stream([read.honest(), read.failure()]),
    lambda read: Later(number_of(read.name, read.id) % 3, read.honest),
    lambda read: Later(1, read.honest),
    lambda read: Later(1, read.fail),
    lambda read: Later(1, read.failure),
    lambda _: Later(1, lambda: None),
    lambda read: Later(1, lambda: Later(1, read.honest)),
    _as_a_function,
)
"""What happens instead of an honest read; what is said twice happens twice as often."""


@dataclass(slots=True)
class Faults:
    """The faults of one execution: `percent` of all reads are struck. `effects` is what mutations have done."""

    seed: str
    percent: int
    effects: list[str] = field(default_factory=list[str])

    def read(self, name: str, id_: str, honest: Honest) -> Any:
        """What the field of this object is, this time and every time."""
        drawn = number_of(self.seed, name, id_)
        if drawn % 100 >= self.percent:
            return honest()
        return FAULTS[drawn // 100 % len(FAULTS)](Read(name, id_, honest))

    def chance(self, percent: int, *parts: object) -> bool:
        """Whether something else happens that has nothing to do with reads."""
        return number_of(self.seed, *parts) % 100 < percent
