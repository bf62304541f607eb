"""What a message to a person is about, as it is now: values that the rules judge and that words are made of."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.ids import EventId, InvitationId, RegistrationId, UserId, WaitlistEntryId
from domain.lifecycles import EventStatus
from domain.registrations import RegistrationStatus, TicketStatus
from domain.users import Preferences, UserStatus

LIVE_REGISTRATIONS = frozenset(
    {RegistrationStatus.HELD, RegistrationStatus.PENDING_APPROVAL, RegistrationStatus.CONFIRMED}
)
"""Where something may still come of a registration."""


class MessageKind(StrEnum):
    """What a message tells."""

    CONFIRMATION = "CONFIRMATION"
    CANCELLATION = "CANCELLATION"
    HOLD_EXPIRED = "HOLD_EXPIRED"
    OFFER = "OFFER"
    OFFER_EXPIRED = "OFFER_EXPIRED"
    WAITLIST_CLOSED = "WAITLIST_CLOSED"
    EVENT_CHANGED = "EVENT_CHANGED"
    EVENT_POSTPONED = "EVENT_POSTPONED"
    EVENT_CANCELLED = "EVENT_CANCELLED"
    INVITATION = "INVITATION"


class NotificationStatus(StrEnum):
    """What came of a message."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    SKIPPED = "SKIPPED"
    FAILED = "FAILED"


class SkipReason(StrEnum):
    """Why a message was not sent."""

    ACCOUNT_IS_DEACTIVATED = "ACCOUNT_IS_DEACTIVATED"
    NO_VERIFIED_ADDRESS = "NO_VERIFIED_ADDRESS"
    NOT_WANTED = "NOT_WANTED"
    OUTDATED = "OUTDATED"
    MAIL_IS_SWITCHED_OFF = "MAIL_IS_SWITCHED_OFF"


@dataclass(frozen=True, slots=True)
class Notification:
    """A message in the queue: what it is about and to whom, never its words or an address."""

    id: UUID
    stream_id: UUID
    version: int
    kind: MessageKind
    object_id: UUID
    user_id: UserId | None
    invitation_id: InvitationId | None
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who gets a message. `email` is there only when it is verified, or was typed in by who invites."""

    name: str
    email: str | None
    locale: str | None
    timezone: str | None
    status: UserStatus
    preferences: Preferences


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event takes place."""

    name: str
    address: str | None
    city: str
    country: str


@dataclass(frozen=True, slots=True)
class Occasion:
    """An event as a message tells of it."""

    id: EventId
    title: str
    status: EventStatus
    starts_at: datetime
    ends_at: datetime
    timezone: str
    online: bool
    url: str | None
    organization_name: str
    place: Place | None
    version: int
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class GuestTicket:
    """One ticket of a registration."""

    code: str
    attendee_name: str | None
    status: TicketStatus


@dataclass(frozen=True, slots=True)
class Booking:
    """A registration as a message tells of it; the price is for one place, in minor units."""

    id: RegistrationId
    tier_name: str
    status: RegistrationStatus
    quantity: int
    price_minor: int
    currency: str
    version: int
    tickets: tuple[GuestTicket, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry of a waiting list as a message tells of it; an offer that is announced now ends at `offer_ends_at`."""

    id: WaitlistEntryId
    tier_name: str
    status: str
    quantity: int
    offer_ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation as its message tells of it."""

    id: InvitationId
    organization_name: str
    inviter_name: str
    role: str
    expires_at: datetime
    is_open: bool


@dataclass(frozen=True, slots=True)
class Matter:
    """All that a message is about, as it is now.

    `changed` names the fields that the fact changed, `status_before` is the registration's status before it, and
    `by_addressee` says whether the person did it themselves. `bookings` are all registrations of the person for the
    event; the one that the fact is about is `booking`.
    """

    notification: Notification
    addressee: Addressee
    changed: frozenset[str] = frozenset()
    status_before: str | None = None
    by_addressee: bool = False
    occasion: Occasion | None = None
    booking: Booking | None = None
    bookings: tuple[Booking, ...] = ()
    waiting: Waiting | None = None
    is_waiting: bool = False
    invited: Invited | None = None

    @property
    def takes_part(self) -> bool:
        """Whether the person has places of the event, or waits for some."""
        return self.is_waiting or any(booking.status in LIVE_REGISTRATIONS for booking in self.bookings)
