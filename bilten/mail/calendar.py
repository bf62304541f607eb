"""Calendar files for a person's places: an entry for each registration, changed and taken back under the same UID."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import STATUS, Calendar, Event, Timezone, vCalAddress, vText

from bilten.mail.plain import one_line
from domain.lifecycles import EventStatus
from domain.messages import Booking, Matter, MessageKind, Occasion
from domain.registrations import RegistrationStatus

_GONE = frozenset({MessageKind.CANCELLATION, MessageKind.EVENT_CANCELLED})
_TOLD = frozenset({MessageKind.CONFIRMATION, MessageKind.EVENT_CHANGED, MessageKind.EVENT_POSTPONED})


class Method(StrEnum):
    """What a calendar is to do with the file (RFC 5546)."""

    PUBLISH = "PUBLISH"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """An iCalendar file in UTF-8; mail has to name its method a second time."""

    method: Method
    content: bytes


def calendar_for(matter: Matter, *, sender: str, now: datetime) -> CalendarFile | None:
    """The file that goes with a message; nothing where there is nothing to enter or to take out.

    `sender` is the bare address that stands as the organizer, since a cancellation counts only from whoever has sent
    the entry.
    """
    event, kind = matter.occasion, matter.notification.kind
    if event is None:
        return None
    if kind in _TOLD:
        method, bookings = Method.PUBLISH, [one for one in _concerned(matter) if _is_confirmed(one)]
    elif kind in _GONE:
        method, bookings = Method.CANCEL, [one for one in _concerned(matter) if _was_entered(matter, one)]
    else:
        return None
    if not bookings:
        return None
    calendar = Calendar.new(uid=str(matter.notification.id), prodid="-//Bilten//Bilten//EN", method=method.value)
    if event.timezone != "UTC":
        calendar.add_component(_timezone(event.timezone, event.starts_at.year, event.ends_at.year))
    for booking in bookings:
        calendar.add_component(_entry(event, booking, method, sender=sender, now=now))
    return CalendarFile(method, calendar.to_ical())


def _concerned(matter: Matter) -> Sequence[Booking]:
    """The registration that the message is about, or all that the person has."""
    return [matter.booking] if matter.booking is not None else matter.bookings


def _is_confirmed(booking: Booking) -> bool:
    return booking.status is RegistrationStatus.CONFIRMED


def _was_entered(matter: Matter, booking: Booking) -> bool:
    """Whether an entry may be in the person's calendar that has to go."""
    if matter.notification.kind is MessageKind.EVENT_CANCELLED:
        return booking.status in {RegistrationStatus.CONFIRMED, RegistrationStatus.CANCELLED}
    return booking.status is RegistrationStatus.CANCELLED and matter.status_before == RegistrationStatus.CONFIRMED


def _entry(event: Occasion, booking: Booking, method: Method, *, sender: str, now: datetime) -> Event:
    zone = UTC if event.timezone == "UTC" else ZoneInfo(event.timezone)
    return Event.new(
        uid=str(booking.id),
        # Both only grow, and one of them does whenever the entry changes.
        sequence=event.version + booking.version,
        stamp=now.astimezone(UTC),
        last_modified=event.updated_at.astimezone(UTC),
        start=event.starts_at.astimezone(zone),
        end=event.ends_at.astimezone(zone),
        summary=one_line(event.title),
        organizer=_organizer(event, sender),
        status=_status(event, method),
        location=_location(event),
        url=event.url if event.online else None,
    )


def _location(event: Occasion) -> str | None:
    if event.place is None:
        return None
    parts = (event.place.name, event.place.address, event.place.city, event.place.country)
    return one_line(", ".join(part for part in parts if part))


def _organizer(event: Occasion, sender: str) -> vCalAddress:
    organizer = vCalAddress(f"mailto:{sender}")
    # A quotation mark cannot be written inside a parameter.
    organizer.params["CN"] = vText(one_line(event.organization_name).replace('"', "'"))
    return organizer


def _status(event: Occasion, method: Method) -> STATUS:
    if method is Method.CANCEL:
        return STATUS.CANCELLED
    return STATUS.TENTATIVE if event.status is EventStatus.POSTPONED else STATUS.CONFIRMED


@lru_cache(maxsize=64)
def _timezone(name: str, first_year: int, last_year: int) -> Timezone:
    """The rules of a zone around the years of an event; working them out takes milliseconds."""
    return Timezone.from_tzid(name, first_date=date(first_year - 1, 1, 1), last_date=date(last_year + 2, 1, 1))
