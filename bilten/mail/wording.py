"""What a message says: from what it is about to sentences and rows in the reader's language, before any format."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bilten.mail.language import Language, language_for
from domain.messages import Booking, Invited, Matter, MessageKind, Occasion, Place
from domain.notifications import PREFERENCE, aspects
from domain.registrations import RegistrationStatus, TicketStatus

_WITH_TICKETS = frozenset({MessageKind.CONFIRMATION, MessageKind.EVENT_CHANGED})


@dataclass(frozen=True, slots=True)
class Row:
    """A label with the lines beside it."""

    label: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """An address with the words for it."""

    words: str
    address: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A message in words: plain text everywhere, to be escaped by whoever writes HTML."""

    language: str
    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    rows: tuple[Row, ...]
    link: Link | None
    footer: tuple[str, ...]


def letter_for(matter: Matter, *, invitation_link: str | None = None, has_calendar: bool = False) -> Letter:
    """The words of a message. `invitation_link` is where an invitation is accepted."""
    language = language_for(matter.addressee.locale)
    if matter.invited is not None:
        return _invitation(matter, language, matter.invited, invitation_link)
    if matter.occasion is None:
        message = f"a message of kind {matter.notification.kind} needs an event"
        raise ValueError(message)
    return _about_event(matter, language, matter.occasion, has_calendar=has_calendar)


def _about_event(matter: Matter, language: Language, event: Occasion, *, has_calendar: bool) -> Letter:
    kind = matter.notification.kind
    name = _name_of(matter)
    count = _places(matter)
    changed = [language.text(f"aspects.{aspect}") for aspect in aspects(matter.changed)]
    form = "several" if len(changed) > 1 else language.form_of(count)
    values = {
        "event": event.title,
        "places": language.places(count),
        "aspects": language.listed(changed) if changed else "",
    }
    paragraphs = language.sentences(name, form, **values)
    if has_calendar:
        paragraphs.append(language.text("calendar"))
    footer = [language.text("why", organization=event.organization_name)]
    if kind in PREFERENCE and (kind is not MessageKind.CANCELLATION or matter.by_addressee):
        footer.append(language.text("optional"))
    return Letter(
        language=language.code,
        subject=language.text(f"messages.{name}.subject", **values),
        greeting=_greeting(matter, language),
        paragraphs=tuple(paragraphs),
        rows=tuple(_rows(matter, language, event)),
        link=Link(event.url, event.url) if event.url and event.online else None,
        footer=tuple(footer),
    )


def _invitation(matter: Matter, language: Language, invited: Invited, address: str | None) -> Letter:
    values = {
        "inviter": invited.inviter_name,
        "organization": invited.organization_name,
        "role": language.text(f"roles.{invited.role}"),
    }
    until = language.when(invited.expires_at, None, matter.addressee.timezone or "UTC")
    return Letter(
        language=language.code,
        subject=language.text("messages.INVITATION.subject", **values),
        greeting=_greeting(matter, language),
        paragraphs=tuple(language.sentences("INVITATION", "text", **values)),
        rows=(Row(language.text("labels.until"), (until,)),),
        link=Link(language.text("messages.INVITATION.link"), address) if address else None,
        footer=(language.text("messages.INVITATION.why", **values),),
    )


def _greeting(matter: Matter, language: Language) -> str:
    name = matter.addressee.name
    return language.text("greeting", name=name) if name else language.text("greeting_without_name")


def _name_of(matter: Matter) -> str:
    """Under which name the texts have the message: what is left of a registration makes a difference."""
    kind = matter.notification.kind
    is_partial = matter.booking is not None and matter.booking.status is not RegistrationStatus.CANCELLED
    return "TICKETS_CANCELLED" if kind is MessageKind.CANCELLATION and is_partial else kind


def _places(matter: Matter) -> int:
    if matter.booking is not None:
        return matter.booking.quantity
    return matter.waiting.quantity if matter.waiting is not None else 1


def _rows(matter: Matter, language: Language, event: Occasion) -> list[Row]:
    zone = matter.addressee.timezone
    rows = [
        Row(language.text("labels.event"), (event.title,)),
        Row(
            language.text("labels.when"), tuple(_times(language, event.starts_at, event.ends_at, event.timezone, zone))
        ),
    ]
    where = [
        *([_place(event.place)] if event.place else []),
        *([language.text("labels.online")] if event.online else []),
    ]
    if where:
        rows.append(Row(language.text("labels.where"), tuple(where)))
    if matter.booking is not None:
        rows += _booking_rows(language, matter.booking)
    elif matter.waiting is not None:
        rows.append(Row(language.text("labels.tier"), (matter.waiting.tier_name,)))
        rows.append(Row(language.text("labels.places"), (str(matter.waiting.quantity),)))
        until = matter.waiting.offer_ends_at
        if matter.notification.kind is MessageKind.OFFER and until is not None:
            rows.append(Row(language.text("labels.until"), tuple(_times(language, until, None, event.timezone, zone))))
    if matter.notification.kind in _WITH_TICKETS or _name_of(matter) == "TICKETS_CANCELLED":
        rows += _ticket_rows(matter, language)
    return rows


def _booking_rows(language: Language, booking: Booking) -> list[Row]:
    return [
        Row(language.text("labels.tier"), (booking.tier_name,)),
        Row(language.text("labels.places"), (str(booking.quantity),)),
        Row(language.text("labels.price"), (language.money(booking.price_minor * booking.quantity, booking.currency),)),
    ]


def _ticket_rows(matter: Matter, language: Language) -> list[Row]:
    bookings = [matter.booking] if matter.booking else matter.bookings
    lines = tuple(
        f"{ticket.code} ({ticket.attendee_name})" if ticket.attendee_name else ticket.code
        for booking in bookings
        if booking.status is RegistrationStatus.CONFIRMED
        for ticket in booking.tickets
        if ticket.status is not TicketStatus.CANCELLED
    )
    return [Row(language.text("labels.tickets"), lines)] if lines else []


def _times(language: Language, start: datetime, end: datetime | None, zone: str, readers_zone: str | None) -> list[str]:
    """The time where the event is and, when clocks show something else there, where the reader is."""
    lines = [language.when(start, end, zone)]
    if (
        readers_zone
        and start.astimezone(ZoneInfo(zone)).utcoffset() != start.astimezone(ZoneInfo(readers_zone)).utcoffset()
    ):
        lines.append(language.text("dates.yours", text=language.when(start, end, readers_zone)))
    return lines


def _place(place: Place) -> str:
    return ", ".join(part for part in (place.name, place.address, place.city, place.country) if part)
