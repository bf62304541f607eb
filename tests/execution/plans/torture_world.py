"""What the torture schema is about: beings and places without end, of which every value follows from kind and id."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum
from functools import partial
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from tests.execution.plans.torture_faults import Faults, Stranger, number_of


class Mood(Enum):
    """How a being feels; the value is what the rows say."""

    HAPPY = "happy"
    SAD = "sad"
    ODD = "odd one"


MOODS: tuple[object, ...] = (*Mood, "happy", "sad", None) * 5 + ("SAD", "angry")
KINDS = ("Person", "Robot", "Place")


class Being:
    """A being or a place with a field for each name in `FIELDS`."""

    __slots__ = ("id", "kind", "world")

    def __init__(self, world: "World", kind: str, id_: str) -> None:
        self.world = world
        self.kind = kind
        self.id = id_

    def read(self, name: str) -> Any:
        return self.world.faults.read(f"{self.kind}.{name}", self.id, partial(FIELDS[name], self))

    def number(self, *parts: object) -> int:
        return number_of(self.kind, self.id, *parts)

    def __repr__(self) -> str:
        return f"{self.kind} {self.id}"


class Row(Mapping[str, Any]):
    """A being that is read by key, as rows of a database are."""

    __slots__ = ("being",)

    def __init__(self, being: Being) -> None:
        self.being = being

    def __getitem__(self, name: str) -> Any:
        if name not in FIELDS:
            raise KeyError(name)
        return self.being.read(name)

    def __iter__(self) -> Iterator[str]:
        return iter(FIELDS)

    def __len__(self) -> int:
        return len(FIELDS)

    def __repr__(self) -> str:
        return repr(self.being)


class Thing:
    """A being that is read by attribute."""

    def __init__(self, being: Being) -> None:
        self.being = being

    def __getattr__(self, name: str) -> Any:
        if name not in FIELDS:
            raise AttributeError(name)
        return self.being.read(name)

    def __repr__(self) -> str:
        return repr(self.being)


def being_of(parent: Any) -> Being:
    """The being behind an object, whichever way it is read; failing like any resolver where there is none."""
    return parent.being


@dataclass(slots=True)
class World:
    """All that there is, seen through the faults of one execution. It is the context too."""

    faults: Faults

    def make(self, kind: str, id_: object) -> Any:
        """A being in the form of its kind."""
        being = Being(self, kind, str(id_))
        if kind == "Place":
            # What a place has was read before anybody asks: its faults lie in its attributes.
            return SimpleNamespace(being=being, **{name: kept(being, name) for name in ("id", "name", "key", "tags")})
        return Row(being) if kind == "Person" else Thing(being)

    def some(self, *parts: object) -> Any:
        """A being of any kind, sometimes nobody, rarely what is none."""
        drawn = number_of(*parts)
        if drawn % 20 == 0:
            return Stranger() if drawn % 120 == 0 else None
        return self.make(KINDS[drawn % 2], drawn % 1_000)


def kept(being: Being, name: str) -> Any:
    """What a read gives, or the exception that it ends with."""
    try:
        return being.read(name)
    except Exception as failure:
        return failure


def _instant(being: Being) -> datetime:
    drawn = being.number("born")
    zone = (UTC, None, timezone(timedelta(hours=5, minutes=30)), UTC)[drawn % 4]
    return datetime(1900 + drawn % 200, 2, 3, 4, 5, 6, drawn % 3 * 1_001, tzinfo=zone)


def _beings(being: Being, name: str) -> list[Any]:
    return [being.world.some(being.id, name, place) for place in range(being.number(name) % 4)]


FIELDS: Mapping[str, Callable[[Being], Any]] = {
    "id": lambda being: being.id,
    "name": lambda being: f"{being.kind} «{being.id}»\n",
    "nickname": lambda being: None if being.number("nickname") % 3 == 0 else f"nick {being.id}",
    "age": lambda being: being.number("age") % 120,
    "height": lambda being: being.number("height") % 300 / 8,
    "weight": lambda being: being.number("weight") % 90,
    "is_awake": lambda being: being.number("is_awake") % 2 == 0,
    "mood": lambda being: MOODS[being.number("mood") % len(MOODS)],
    "moods": lambda being: [Mood.HAPPY, "odd one"][: being.number("moods") % 3],
    "born": _instant,
    "day": lambda _: date(2026, 11, 23),
    "key": lambda being: UUID(int=being.number("key")),
    "score": lambda being: being.number("score") % 200 // 99 + being.number("score") % 5 * 2,
    "anything": lambda being: {"id": being.id, "list": [1, None, "x"]},
    "tags": lambda being: [f"tag {number}" for number in range(being.number("tags") % 4)],
    "grid": lambda being: [[1, None], None, [], [being.number("grid") % 5]][: being.number("size") % 5],
    "strict_grid": lambda being: [[1, 2], [], [being.number("strict") % 5]][: being.number("size") % 4],
    "friend": lambda being: being.world.some(being.id, "friend"),
    "friends": lambda being: _beings(being, "friends"),
    "fans": lambda being: [being.world.make("Person", number) for number in range(being.number("fans") % 3)],
    "crowd": lambda being: [_beings(being, "near"), _beings(being, "far")],
    "things": lambda being: [being.world.make(KINDS[number], being.id + str(number)) for number in range(3)],
    "home": lambda being: being.world.make("Place", being.number("home") % 100),
    "maker": lambda being: being.world.make("Person", being.number("maker") % 100),
    "strict_friend": lambda being: being.world.make("Robot", being.number("strict") % 100),
}
"""What a field of a being is as long as nothing fails."""
