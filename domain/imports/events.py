"""Tables and calendars of one organization's events: what a row says once its columns have the names of fields."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast
from zoneinfo import ZoneInfo

from domain import errors
from domain.events import CAPACITY_LIMIT, CATEGORY_LIMIT, DESCRIPTION_LIMIT, SUMMARY_LIMIT, TITLE_LIMIT
from domain.ids import OrganizationId
from domain.imports.candidates import Candidate, Places, Refusal, Spot, whole_days
from domain.imports.rows import Code, Reason, SourceRow, Values, shown
from domain.time import EARLIEST, LATEST, is_timezone
from domain.venues import ADDRESS_LIMIT, CITY_LIMIT
from domain.venues import NAME_LIMIT as VENUE_LIMIT

DEFAULT_CATEGORY = "general"
ID_LIMIT = 500
_YES = frozenset({"true", "yes", "y", "1", "x"})
_NO = frozenset({"false", "no", "n", "0"})

Moment = date | datetime
"""A day, what a clock on the wall shows, or an instant with its offset."""


@dataclass(frozen=True, slots=True)
class EventsSource:
    """What holds for all rows: whose events they are, and the zone of times that name none."""

    organization_id: OrganizationId
    timezone: str | None
    places: Places

    @property
    def name(self) -> str:
        """Under which name the keys of the organization's rows are known again, whatever format they come in."""
        return source_of(self.organization_id)


def source_of(organization_id: OrganizationId) -> str:
    """The name of the source of an organization's own imports."""
    return f"organization/{organization_id}"


def key_of(row: SourceRow) -> str | Refusal:
    """What makes a row the same event another time: its id, or else its title and start."""
    values = Values(row.values)
    identity = _said(values, "id", limit=ID_LIMIT)
    title = values.text("title", limit=TITLE_LIMIT, required=identity is None)
    starts_at = _said(values, "startsAt", limit=50, required=identity is None)
    if values.reasons:
        return Refusal([row], tuple(values.reasons), title)
    return f"id\n{identity}" if identity else f"row\n{title}\n{starts_at}"


def candidates_from(rows: Sequence[SourceRow], source: EventsSource) -> list[Candidate | Refusal]:
    """The event that rows with the same key tell of: the first tells, and others may only repeat it."""
    first = rows[0]
    same = [row for row in rows if row.values == first.values]
    others = [row for row in rows if row.values != first.values]
    found = [_candidate(first, same, source)]
    if others:
        message = f"Row {first.number} tells of the same event, and tells it differently."
        title = found[0].title
        found.append(Refusal(others, (Reason(Code.DUPLICATE_ROW, message),), title))
    return found


def _candidate(row: SourceRow, rows: Sequence[SourceRow], source: EventsSource) -> Candidate | Refusal:
    key = key_of(row)
    if isinstance(key, Refusal):
        return key
    values, notes = Values(row.values), list[Reason]()
    title = values.text("title", limit=TITLE_LIMIT, required=True)
    category = values.text("category", limit=CATEGORY_LIMIT) or DEFAULT_CATEGORY
    summary = values.text("summary", limit=SUMMARY_LIMIT)
    description = values.text("description", limit=DESCRIPTION_LIMIT, multiline=True)
    url = values.url("url")
    online = _flag(values, "online")
    cancelled = _flag(values, "cancelled")
    capacity = _number(values, "capacity", maximum=CAPACITY_LIMIT)
    tags = _tags(values)
    starts_at, ends_at = _moment(values, "startsAt", required=True), _moment(values, "endsAt")
    timezone = values.text("timezone", limit=80)
    if timezone and not is_timezone(timezone):
        values.refuse_as(errors.ValueIsMalformed("timezone", what="IANA time zone such as Europe/Ljubljana"))
    spot, zone = _spot(values, timezone or source.timezone, source.places, notes)
    zone = timezone or zone or source.timezone or _zone_of(starts_at)
    if zone is None:
        values.refuse(Code.TIMEZONE_MISSING, "The time names no zone, and nothing else does.", "startsAt")
    clocks = _clocks(values, starts_at, ends_at, zone) if starts_at and zone and not values.reasons else None
    if values.reasons or title is None or clocks is None or zone is None:
        return Refusal(rows, tuple(values.reasons), title)
    if spot is None and not online:
        notes.append(Reason(Code.PLACE_UNKNOWN, "It has no place and is not online: a new one stays a draft."))
    return Candidate(
        key=key,
        home=source.organization_id,
        title=title,
        category=category,
        starts_at_local=clocks[0],
        ends_at_local=clocks[1],
        timezone=zone,
        online=online,
        spot=spot,
        rows=rows,
        notes=[tuple(notes)] * len(rows),
        summary=summary,
        description=description,
        tags=tags,
        url=url,
        capacity=capacity,
        cancelled=cancelled,
    )


def _said(values: Values, name: str, *, limit: int, required: bool = False) -> str | None:
    """A text; numbers of a table without types are texts as well."""
    given = values.given.get(name)
    if isinstance(given, int) and not isinstance(given, bool):
        return str(given)
    return values.text(name, limit=limit, required=required)


def _flag(values: Values, name: str) -> bool:
    given = values.given.get(name)
    if not isinstance(given, str):
        return values.flag(name) or False
    word = given.strip().casefold()
    if word and word not in _YES | _NO:
        values.refuse(Code.WRONG_TYPE, "This has to be true or false.", name)
    return word in _YES


def _number(values: Values, name: str, *, maximum: int) -> int | None:
    given = values.given.get(name)
    if given is None or (isinstance(given, str) and not given.strip()):
        return None
    text = str(given).strip() if isinstance(given, str | int) and not isinstance(given, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        values.refuse(Code.WRONG_TYPE, "This has to be a whole number.", name)
        return None
    number = int(text)
    if not 1 <= number <= maximum:
        values.refuse_as(errors.ValueIsOutOfRange(name, minimum=1, maximum=maximum))
        return None
    return number


def _tags(values: Values) -> tuple[str, ...]:
    given = values.given.get("tags")
    listed: object = given.replace(";", ",").split(",") if isinstance(given, str) else given
    if listed is None:
        return ()
    if not isinstance(listed, list):
        values.refuse(Code.WRONG_TYPE, "This has to be a list of texts, or texts with commas between them.", "tags")
        return ()
    tags: list[str] = []
    for each in cast("list[object]", listed):
        one = Values({"tags": each})
        tag = one.text("tags", limit=40)
        values.reasons += one.reasons
        if tag:
            tags.append(tag.lower())
    if len(tags) > 20:
        values.refuse_as(errors.ListIsTooLong("tags", limit=20, length=len(tags)))
    return tuple(dict.fromkeys(tags))


def _moment(values: Values, name: str, *, required: bool = False) -> Moment | None:
    text = values.text(name, limit=50, required=required)
    if text is None:
        return None
    try:
        moment = date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)
    except ValueError:
        message = f"{shown(text)} is no time such as 2027-04-30T18:00, and no date."
        values.refuse(Code.INVALID_DATE, message, name)
        return None
    # A day of slack on both sides: the offset decides on which day it is.
    if not EARLIEST.year < moment.year < LATEST.year - 1:
        values.refuse_as(errors.ValueIsOutOfRange(name, minimum=EARLIEST.year + 1, maximum=LATEST.year - 2))
        return None
    return moment


def _zone_of(moment: Moment | None) -> str | None:
    """An instant needs no zone of its own: it is the same everywhere, and stands on the clocks of UTC."""
    return "UTC" if isinstance(moment, datetime) and moment.tzinfo else None


def _clocks(values: Values, starts: Moment, ends: Moment | None, zone: str) -> tuple[datetime, datetime] | None:
    """What the clocks show when it starts and ends; days run from midnight to midnight."""
    if not isinstance(starts, datetime):
        last = ends.date() if isinstance(ends, datetime) else ends or starts
        if last < starts:
            values.refuse_as(errors.EndIsNotAfterStart("endsAt"))
            return None
        return whole_days(starts, last, zone)
    if ends is None:
        values.refuse_as(errors.ValueIsRequired("endsAt"))
        return None
    if not isinstance(ends, datetime):
        return _wall_clock(starts, zone), whole_days(ends, ends, zone)[1]
    return _wall_clock(starts, zone), _wall_clock(ends, zone)


def _wall_clock(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0) if moment.tzinfo else moment


def _spot(values: Values, timezone: str | None, places: Places, notes: list[Reason]) -> tuple[Spot | None, str | None]:
    """The venue, and the zone of its city. A city that is not on the map needs a zone from elsewhere."""
    city, country = values.text("city", limit=CITY_LIMIT), values.text("country", limit=80)
    name, address = values.text("venue", limit=VENUE_LIMIT), values.text("address", limit=ADDRESS_LIMIT, multiline=True)
    if city is None or country is None:
        if name or address or city:
            notes.append(Reason(Code.PLACE_UNKNOWN, "Left out: a venue needs a city and a country.", "venue"))
        return None, None
    code = places.country(country)
    found = places.find(city, country)
    if isinstance(found, Reason):
        if code is None or timezone is None or not is_timezone(timezone):
            values.reasons.append(found)
            return None, None
        return Spot(name or city, city, code, timezone, address), None
    return Spot(name or city, city, found.country, found.timezone, address), found.timezone
