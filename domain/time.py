"""Wall-clock times in IANA zones and the instants derived from them.

The rule for the two odd hours of a year: a local time that clocks skip is refused, with the next one that exists;
a local time that occurs twice means its first occurrence unless the command asks for the second.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from domain import errors
from domain.validation import Validation

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class AmbiguousHour(StrEnum):
    """Which occurrence a local time means when clocks show it twice."""

    FIRST = "FIRST"
    SECOND = "SECOND"


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    # Names without a slash other than UTC are links and relics ("EST", "Factory", "localtime").
    return frozenset(name for name in available_timezones() if "/" in name) | {"UTC"}


def is_timezone(name: str) -> bool:
    """Whether the name is an IANA zone that Bilten accepts."""
    return name in _zone_names()


def timezone(validation: Validation, name: str, *path: str) -> str:
    """The zone's name, noted as a refusal when unknown."""
    if not is_timezone(name):
        validation.refuse(errors.ValueIsMalformed(*path, what="IANA time zone such as Europe/Ljubljana"))
    return name


def instant(local: datetime, zone_name: str, *path: str, ambiguous: AmbiguousHour = AmbiguousHour.FIRST) -> datetime:
    """The UTC instant of a naive wall-clock time. Raises `LocalTimeDoesNotExist` and `ValueIsOutOfRange`."""
    zone = ZoneInfo(zone_name)
    fold = 1 if ambiguous is AmbiguousHour.SECOND else 0
    if not EARLIEST.year <= local.year < LATEST.year:
        raise errors.ValueIsOutOfRange(*path, minimum=EARLIEST.year, maximum=LATEST.year - 1)
    candidate = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if candidate.astimezone(zone).replace(tzinfo=None) == local:
        return candidate
    following = _end_of_gap(local, zone).isoformat()
    raise errors.LocalTimeDoesNotExist(*path, local=local.isoformat(), timezone=zone_name, next=following)


def _end_of_gap(local: datetime, zone: ZoneInfo) -> datetime:
    """What clocks show right after they skipped the local time."""
    # Inside a gap, fold=1 applies the offset from after it and so falls before it; fold=0 the other way round.
    before, after = (local.replace(microsecond=0, tzinfo=zone, fold=fold).astimezone(UTC) for fold in (1, 0))
    offset = after.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        before, after = (before, middle) if middle.astimezone(zone).utcoffset() == offset else (middle, after)
    return after.astimezone(zone).replace(tzinfo=None, fold=0)


def derive_instant(
    validation: Validation, local: datetime, zone_name: str, *path: str, ambiguous: AmbiguousHour
) -> datetime | None:
    """Like `instant`, with failures noted instead of raised; nothing when the zone itself is unknown."""
    if not is_timezone(zone_name):
        return None
    try:
        return instant(local, zone_name, *path, ambiguous=ambiguous)
    except errors.Refusal as refusal:
        validation.refuse(refusal)
        return None
