"""Events of iCalendar files: times with and without zones, whole days, and rules of recurrence within bounds."""

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, BinaryIO, NamedTuple, cast
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

from bilten.imports.files import decoded
from bilten.imports.reader import Reader
from bilten.imports.recurrence import CalendarPart, unsupported
from domain.imports.rows import Code, ImportOutcome, ReaderFailed, Reason, RowResult, SourceRow
from domain.time import is_timezone

SIZE_LIMIT = 8 * 1024 * 1024
"""Characters of a calendar, which is read as a whole."""

OCCURRENCES = 366
AHEAD = timedelta(days=731)
BACK = timedelta(days=366)
EXPANDING_SECONDS = 10.0
"""After so long, rules of one file that have not been expanded yet are refused."""


class _Series(NamedTuple):
    """The components of one UID, each with the number of its VEVENT in the file."""

    uid: str
    numbers: Sequence[int]
    components: Sequence[CalendarPart]


def calendar_reader(now: datetime) -> Reader:
    """A reader of calendars. Rules are expanded from a year before `now`, or from their start, to two years after."""

    def read(name: str, file: BinaryIO) -> Iterator[SourceRow | RowResult]:
        deadline = time.monotonic() + EXPANDING_SECONDS
        for calendar in _calendars(file):
            zones = [part for part in calendar.subcomponents if part.name == "VTIMEZONE"]
            for series in _series(calendar):
                yield from _rows(name, series, zones, now, deadline)

    return read


def _calendars(file: BinaryIO) -> list[CalendarPart]:
    text = "".join(_limited(decoded(file)))
    try:
        calendars = cast("list[CalendarPart]", icalendar.Calendar.from_ical(text, multiple=True))
    except (ValueError, IndexError, KeyError, TypeError, RecursionError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else "it is no calendar"
        raise ReaderFailed(Code.FILE_BROKEN, f"This is no iCalendar file: {reason}.") from None
    if not calendars or any(calendar.name != "VCALENDAR" for calendar in calendars):
        raise ReaderFailed(Code.FILE_BROKEN, "This is no iCalendar file: it holds no VCALENDAR.")
    return calendars


def _limited(pieces: Iterator[str]) -> Iterator[str]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > SIZE_LIMIT:
            raise ReaderFailed(Code.ROW_TOO_LARGE, f"A calendar may have {SIZE_LIMIT} characters: split it.")
        yield piece


def _series(calendar: CalendarPart) -> list[_Series]:
    found: dict[str, list[tuple[int, CalendarPart]]] = defaultdict(list)
    events = [part for part in calendar.subcomponents if part.name == "VEVENT"]
    for number, event in enumerate(events, 1):
        # Without a UID an event is a series of its own, and known again by its title and start.
        found[str(event.get("UID") or f"\n{number}")].append((number, event))
    return [_Series(uid, [n for n, _ in parts], [event for _, event in parts]) for uid, parts in found.items()]


def _rows(
    name: str, series: _Series, zones: Sequence[CalendarPart], now: datetime, deadline: float
) -> Iterator[SourceRow | RowResult]:
    number = series.numbers[0]
    recurs = (
        any(part.get(rule) for part in series.components for rule in ("RRULE", "RDATE")) or len(series.components) > 1
    )
    try:
        if not recurs:
            yield SourceRow(name, number, _values(series.uid, series.components[0], None))
            return
        if problem := next((found for part in series.components if (found := unsupported(part))), None):
            yield _refused(name, number, Code.RECURRENCE_UNSUPPORTED, problem)
            return
        if time.monotonic() > deadline:
            message = "The rules of this file take too long to expand: split it."
            yield _refused(name, number, Code.RECURRENCE_UNSUPPORTED, message)
            return
        occurrences = _expanded(series, zones, now)
        for occurrence in occurrences[:OCCURRENCES]:
            yield SourceRow(name, number, _values(series.uid, occurrence, _start(occurrence)))
        if len(occurrences) > OCCURRENCES:
            message = f"The rule makes more than {OCCURRENCES} occurrences within bounds: the others are left out."
            yield _refused(name, number, Code.RECURRENCE_CUT, message)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, ArithmeticError) as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        yield _refused(name, number, Code.FILE_BROKEN, f"The event cannot be read: {reason}.")


def _expanded(series: _Series, zones: Sequence[CalendarPart], now: datetime) -> list[CalendarPart]:
    calendar = icalendar.Calendar()
    for part in (*zones, *series.components):
        calendar.add_component(cast("Any", part))
    query = recurring_ical_events.of(calendar)
    start = min(_as_instant(_start(part)) for part in series.components)
    first = max(start, now - BACK)
    found = query.between(first, max(start, now) + AHEAD)
    return cast("list[CalendarPart]", found or query.between(start, start + AHEAD))


def _start(event: CalendarPart) -> date:
    if "DTSTART" not in event:
        message = "it has no DTSTART"
        raise ValueError(message)
    return cast("date", event["DTSTART"].dt)


def _as_instant(moment: date) -> datetime:
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _values(uid: str, event: CalendarPart, occurrence: date | None) -> dict[str, object]:
    """What an event says, under the names of fields."""
    starts = _start(event)
    ends = _end(event, starts)
    categories = _texts(event, "CATEGORIES")
    description, location = _plain(event.get("DESCRIPTION")), _plain(event.get("LOCATION"))
    values: dict[str, object] = {
        "title": str(event.get("SUMMARY", "")),
        "description": "\n\n".join(part for part in (description, location and f"Where: {location}") if part),
        "startsAt": starts.isoformat(),
        "endsAt": ends.isoformat() if ends else None,
        "timezone": _zone(starts),
        "category": categories[0] if categories else None,
        "tags": categories or None,
        "url": str(event.get("URL") or "") or None,
        "cancelled": str(event.get("STATUS", "")).upper() == "CANCELLED" or None,
    }
    if not uid.startswith("\n"):
        # The occurrence is known by when it was to be, also after it was moved.
        planned = event.get("RECURRENCE-ID")
        when = planned.dt if planned is not None else occurrence
        values["id"] = f"{uid}\n{_as_instant(when).isoformat()}" if when is not None else uid
        values["id"] = str(values["id"]).replace("\n", " ")
    return {name: value for name, value in values.items() if value not in (None, "")}


def _end(event: CalendarPart, starts: date) -> date | None:
    if "DTEND" in event:
        end = cast("date", event["DTEND"].dt)
    elif "DURATION" in event:
        end = starts + cast("timedelta", event["DURATION"].dt)
    else:
        return None
    # The end of whole days is the day after the last.
    return end if isinstance(end, datetime) else max(end - timedelta(days=1), starts)


def _zone(moment: date) -> str | None:
    """The IANA zone of a time. An instant in UTC names none: exports write every zone's times like that."""
    zone = moment.tzinfo if isinstance(moment, datetime) else None
    name = zone.key if isinstance(zone, ZoneInfo) else None
    return name if name and name != "UTC" and is_timezone(name) else None


def _texts(event: CalendarPart, name: str) -> list[str]:
    found: Any = event.get(name)
    parts = cast("list[Any]", found if isinstance(found, list) else [found] if found is not None else [])
    texts = [str(text) for part in parts for text in getattr(part, "cats", [part])]
    return [text.strip() for text in texts if text.strip()]


def _plain(text: object) -> str:
    """Plain text as Markdown: what looks like HTML there is text."""
    return str(text).replace("<", "&lt;").strip() if text is not None else ""


def _refused(name: str, number: int, code: Code, message: str) -> RowResult:
    return RowResult(name, number, ImportOutcome.REJECTED, (Reason(code, message),))
