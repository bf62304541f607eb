"""How much of what a large data set gets: courses of events, demand for them, and the people that takes."""

import random
from array import array
from bisect import bisect
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import accumulate

from domain.permissions import EventAction

_GOLDEN = 0.6180339887498949
_SKEW = 1.35
"""The spread of the demand: a few events have a hundred times as many guests as the one in the middle."""
_GUESTS_SHARE = 20
"""Registrations of an average guest."""


@dataclass(frozen=True, slots=True)
class Volume:
    """What was asked for; equal values make equal data. `day` is the present: its first moment, in UTC."""

    events: int
    registrations: int
    seed: int
    day: date

    @property
    def present(self) -> datetime:
        """The moment that everything has happened before."""
        return datetime.combine(self.day, time(), UTC)


@dataclass(frozen=True, slots=True)
class Course:
    """A way that an event's life went: its share of all events and the actions taken.

    `sells`: it had a time in which places could be taken; `over`: its last action came after its end.
    `reviewed`: it waits for a review, for which there is no action yet.
    """

    share: float
    moves: tuple[EventAction, ...] = ()
    sells: bool = False
    over: bool = False
    reviewed: bool = False


_A = EventAction
PUBLIC = (_A.SUBMIT, _A.PUBLISH)
PUBLISHED = Course(0.81, PUBLIC, sells=True)
COURSES = (
    PUBLISHED,
    Course(0.05),
    Course(0.01, reviewed=True),
    Course(0.03, (_A.SUBMIT,)),
    Course(0.02, (*PUBLIC, _A.POSTPONE), sells=True),
    Course(0.025, (*PUBLIC, _A.CANCEL), sells=True),
    Course(0.005, (_A.SUBMIT, _A.CANCEL)),
    Course(0.01, (_A.ARCHIVE,)),
    Course(0.03, (*PUBLIC, _A.ARCHIVE), sells=True, over=True),
    Course(0.01, (*PUBLIC, _A.CANCEL, _A.ARCHIVE), sells=True),
)
_BOUNDS = list(accumulate(course.share for course in COURSES))[:-1]


@dataclass(frozen=True, slots=True)
class Plan:
    """The numbers that have to be known before the first row: a few bytes for each event."""

    volume: Volume
    demand: "array[int]"
    """Registrations of each event; their sum is what was asked for."""
    organizations: int
    crew: int
    """People who work for organizations."""
    regulars: int
    """Guests who come often. A prime, as is the number of the others: see `guests.py`."""
    others: int

    def course(self, number: int) -> Course:
        """The course of an event."""
        return _course(number)


def make_plan(volume: Volume) -> Plan:
    """Decide the numbers."""
    chance = random.Random(f"plan {volume.seed}")  # noqa: S311 - wanted: the same again, not a secret
    courses = map(_course, range(volume.events))
    weights = array("d", (chance.lognormvariate(0, _SKEW) if course.sells else 0.0 for course in courses))
    demand = array("L")
    factor = volume.registrations / sum(weights)
    wanted, given = 0.0, 0
    for weight in weights:
        wanted += weight * factor
        demand.append(max(round(wanted) - given, 0))
        given += demand[-1]
    # What the last event misses or has too much is a matter of the last bit; the first event evens it out.
    demand[0] += volume.registrations - given
    guests = max(volume.registrations // _GUESTS_SHARE, 60)
    organizations = max(volume.events // 50, 8)
    regulars = _prime_from(guests // 10)
    others = _prime_from(max(guests - regulars, max(demand) + 2))
    return Plan(volume, demand, organizations, crew=organizations * 3, regulars=regulars, others=others)


def _course(number: int) -> Course:
    """Golden steps spread the rare courses evenly, also over few events; the first event is always published."""
    return COURSES[bisect(_BOUNDS, number * _GOLDEN % 1)]


def _prime_from(number: int) -> int:
    """The first prime that is not below the number."""
    while number < 2 or any(number % divisor == 0 for divisor in range(2, int(number**0.5) + 1)):
        number += 1
    return number
