"""Matters of messages for tests: ordinary ones, to be changed where a test needs it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.feed import Line, Position
from domain.ids import EventId, InvitationId, RegistrationId, UserId, WaitlistEntryId
from domain.journal import FactKind
from domain.lifecycles import EventStatus
from domain.messages import (
    Addressee,
    Booking,
    GuestTicket,
    Invited,
    Matter,
    MessageKind,
    Notification,
    Occasion,
    Place,
    Waiting,
)
from domain.registrations import RegistrationStatus, TicketStatus
from domain.users import Preferences, UserStatus

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REGISTRATION = RegistrationId(UUID(int=8))


def a_line(kind: str = FactKind.PLACES_CONFIRMED, *, at: datetime = NOW, **data: Any) -> Line:
    return Line(Position(1, 1), UUID(int=1), 4, kind, REGISTRATION, data, None, at)


def a_notification(kind: MessageKind = MessageKind.CONFIRMATION) -> Notification:
    invited = InvitationId(UUID(int=9)) if kind is MessageKind.INVITATION else None
    return Notification(
        id=UUID(int=77),
        stream_id=UUID(int=1),
        version=4,
        kind=kind,
        object_id=REGISTRATION,
        user_id=None if invited else UserId(UUID(int=5)),
        invitation_id=invited,
        attempts=1,
        created_at=NOW,
    )


def an_addressee(**changed: Any) -> Addressee:
    """Ada, who reads English and has chosen no time zone."""
    ada = Addressee("Ada", "ada@people.example", "en", None, UserStatus.ACTIVE, Preferences())
    return replace(ada, **changed)


def an_occasion(**changed: Any) -> Occasion:
    """An evening in Ljubljana in ten days, from 18:00 to 21:00 there."""
    evening = Occasion(
        id=EventId(UUID(int=1)),
        title="Evening",
        status=EventStatus.PUBLISHED,
        starts_at=datetime(2026, 12, 3, 17, tzinfo=UTC),
        ends_at=datetime(2026, 12, 3, 20, tzinfo=UTC),
        timezone="Europe/Ljubljana",
        online=False,
        url=None,
        organization_name="Jazz Club",
        place=Place("Hall", "Trg 1", "Ljubljana", "SI"),
        version=3,
        updated_at=NOW,
    )
    return replace(evening, **changed)


def a_booking(**changed: Any) -> Booking:
    """Two confirmed places at 25 euros each."""
    booking = Booking(
        id=REGISTRATION,
        tier_name="Standard",
        status=RegistrationStatus.CONFIRMED,
        quantity=2,
        price_minor=2_500,
        currency="EUR",
        version=1,
        tickets=(
            GuestTicket("AAAA-1111", None, TicketStatus.VALID),
            GuestTicket("BBBB-2222", "Grace", TicketStatus.VALID),
        ),
    )
    return replace(booking, **changed)


def a_waiting(**changed: Any) -> Waiting:
    """Three places, offered until tomorrow noon."""
    waiting = Waiting(WaitlistEntryId(UUID(int=8)), "Standard", "OFFERED", 3, NOW + timedelta(days=1))
    return replace(waiting, **changed)


def an_invited(**changed: Any) -> Invited:
    invited = Invited(InvitationId(UUID(int=9)), "Jazz Club", "Grace", "MANAGER", NOW + timedelta(days=7), is_open=True)
    return replace(invited, **changed)


def a_matter(kind: MessageKind = MessageKind.CONFIRMATION, **changed: Any) -> Matter:
    """What a message of that kind is about, with the fact just written; `booking` also stands among `bookings`."""
    given: dict[str, Any] = {"notification": a_notification(kind), "addressee": an_addressee()}
    if kind is MessageKind.INVITATION:
        given["invited"] = an_invited()
    else:
        given["occasion"] = an_occasion()
    if kind in {MessageKind.OFFER, MessageKind.OFFER_EXPIRED, MessageKind.WAITLIST_CLOSED}:
        given["waiting"] = a_waiting()
    if kind in {MessageKind.CONFIRMATION, MessageKind.CANCELLATION, MessageKind.HOLD_EXPIRED}:
        given["booking"] = a_booking()
    given |= changed
    if given.get("booking") is not None:
        given = {"bookings": (given["booking"],), **given}
    return Matter(**given)
