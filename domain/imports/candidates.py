"""What a source says about one event, once its rows are checked: the common ground of all formats."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from domain import errors
from domain.ids import OrganizationId
from domain.imports.rows import Reason, SourceRow
from domain.journal import Json
from domain.time import instant


@dataclass(frozen=True, slots=True)
class Home:
    """An organization to find or to make: `key` is what the source knows it by."""

    key: str
    name: str
    slug: str
    url: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A venue to find or to make; `country` is the code, `timezone` the zone of its clocks."""

    name: str
    city: str
    country: str
    timezone: str
    address: str | None = None

    def key(self, organization_id: OrganizationId) -> str:
        """What the source's links know the venue by: places belong to organizations."""
        return "\n".join((str(organization_id), self.name, self.city, self.country))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event as a source describes it. `key` is what the source knows it by; times are wall clocks in the zone.

    `rows` are the rows it was made of, `notes` what is worth knowing about each of them, in the same order.
    """

    key: str
    home: Home | OrganizationId
    title: str
    category: str
    starts_at_local: datetime
    ends_at_local: datetime
    timezone: str
    online: bool
    spot: Spot | None
    rows: Sequence[SourceRow]
    notes: Sequence[tuple[Reason, ...]]
    summary: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    url: str | None = None
    capacity: int | None = None
    cancelled: bool = False

    def values(self) -> dict[str, Json]:
        """What the source says, as the link to the event remembers it."""
        spot = self.spot
        return {
            "title": self.title,
            "category": self.category,
            "summary": self.summary,
            "description": self.description,
            "tags": list(self.tags),
            "url": self.url,
            "online": self.online,
            "starts_at_local": self.starts_at_local.isoformat(),
            "ends_at_local": self.ends_at_local.isoformat(),
            "timezone": self.timezone,
            "venue": [spot.name, spot.city, spot.country] if spot else None,
            "capacity": self.capacity,
            "cancelled": self.cancelled,
        }


@dataclass(frozen=True, slots=True)
class Refusal:
    """Rows of a source that make no event, and why."""

    rows: Sequence[SourceRow]
    reasons: tuple[Reason, ...]
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A city on the map: its country's code and its zone."""

    country: str
    timezone: str


class Places(Protocol):
    """Knows cities."""

    def find(self, city: str, country: str) -> Place | Reason:
        """The place, or why it is not known. `country` is a name or a code."""
        ...

    def country(self, text: str) -> str | None:
        """The code of a country by its name or code."""
        ...


def whole_days(first: date, last: date, timezone: str) -> tuple[datetime, datetime]:
    """The wall clocks of an event that is known by its days only: from the first midnight to the one after the last.

    Where clocks skip a midnight, the day begins with the first time that exists. Raises `ValueIsOutOfRange`.
    """
    return _midnight(first, timezone, "startDate"), _midnight(last + timedelta(days=1), timezone, "endDate")


def _midnight(day: date, timezone: str, name: str) -> datetime:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock
    try:
        instant(midnight, timezone, name)
    except errors.Refusal as skipped:
        if "next" not in skipped.params:
            raise
        return datetime.fromisoformat(str(skipped.params["next"]))
    return midnight
