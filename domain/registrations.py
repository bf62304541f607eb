"""Registrations: who takes how many places of which ticket tier, decided on locked state, and given back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain import capacity, errors
from domain.capacity import Pool
from domain.ids import EventId, RegistrationId, TicketId, TicketTierId, UserId
from domain.journal import Fact, FactKind, as_json
from domain.lifecycles import EventStatus
from domain.ticket_tiers import TicketTier
from domain.validation import Validation

QUANTITY_LIMIT = 100


class RegistrationStatus(StrEnum):
    """Where a registration stands."""

    HELD = "HELD"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"


class TicketStatus(StrEnum):
    """Where a ticket stands."""

    VALID = "VALID"
    CHECKED_IN = "CHECKED_IN"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class EventHead:
    """What the registration path needs to know of an event, read under its lock.

    `status` is what the world sees at the time of the lock; `sales_until` is the end of the event.
    """

    event_id: EventId
    stream_version: int
    sales_open: bool
    sales_until: datetime


@dataclass(frozen=True, slots=True)
class Ticket:
    """One place; its code is what check-in reads."""

    event_id: EventId
    id: TicketId
    registration_id: RegistrationId
    code: str
    status: TicketStatus = TicketStatus.VALID


@dataclass(frozen=True, slots=True)
class Registration:
    """Places of one ticket tier taken by one user, at the price of that moment (minor units)."""

    event_id: EventId
    id: RegistrationId
    ticket_tier_id: TicketTierId
    user_id: UserId
    status: RegistrationStatus
    quantity: int
    price_minor: int
    currency: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None
    cancelled_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Register:
    """Take places in one step."""

    event_id: EventId
    ticket_tier_id: TicketTierId
    quantity: int


@dataclass(frozen=True, slots=True)
class CancelRegistration:
    """Give all places of a registration back."""

    event_id: EventId
    registration_id: RegistrationId
    reason: str | None
    expected_version: int | None


@dataclass(frozen=True, slots=True)
class Admission:
    """What a granted claim changes."""

    registration: Registration
    tickets: tuple[Ticket, ...]
    pools: list[Pool]
    fact: Fact


def validate(command: Register) -> None:
    """Refuse what no state of the event could make right. Raises `Refused`."""
    validation = Validation()
    validation.number(command.quantity, "quantity", minimum=1, maximum=QUANTITY_LIMIT)
    validation.finish()


def admit(
    command: Register,
    *,
    head: EventHead,
    status: EventStatus,
    tier: TicketTier | None,
    pools: Sequence[Pool],
    taken_by_user: int,
    user_id: UserId,
    registration_id: RegistrationId,
    new_tickets: Sequence[tuple[TicketId, str]],
    now: datetime,
) -> Admission:
    """Decide a claim on state that the caller has locked.

    `taken_by_user` counts the places of this tier that the user has already. Raises a refusal with its numbers.
    """
    if not head.sales_open or now >= head.sales_until:
        raise errors.RegistrationIsClosed("event_id", status=status)
    if tier is None:
        raise errors.TicketTierIsUnknown("ticket_tier_id")
    _check_window(tier, now)
    if tier.per_person_limit is not None and taken_by_user + command.quantity > tier.per_person_limit:
        raise errors.PersonLimitIsReached(
            "quantity", limit=tier.per_person_limit, taken=taken_by_user, asked=command.quantity
        )
    claimed = capacity.claim(pools, command.quantity)
    registration = Registration(
        event_id=command.event_id,
        id=registration_id,
        ticket_tier_id=tier.id,
        user_id=user_id,
        status=RegistrationStatus.CONFIRMED,
        quantity=command.quantity,
        price_minor=tier.price_minor,
        currency=tier.currency,
        created_at=now,
        updated_at=now,
    )
    tickets = tuple(Ticket(command.event_id, id_, registration_id, code) for id_, code in new_tickets)
    fact = Fact(
        FactKind.PLACES_CONFIRMED,
        registration_id,
        {
            "version": 1,
            "ticket_tier_id": as_json(tier.id),
            "user_id": as_json(user_id),
            "quantity": command.quantity,
            "deltas": capacity.deltas(pools, claimed),
        },
    )
    return Admission(registration, tickets, claimed, fact)


def cancel(
    registration: Registration,
    command: CancelRegistration,
    *,
    pools: Sequence[Pool],
    event_starts_at: datetime,
    by_organizer: bool,
    now: datetime,
) -> tuple[Registration, list[Pool], Fact]:
    """Give the places back. Raises `RegistrationIsOver` and, for guests of an event under way, `EventHasStarted`."""
    validation = Validation()
    validation.optional_text(command.reason, "reason", limit=1_000, multiline=True)
    validation.finish()
    if registration.status is not RegistrationStatus.CONFIRMED:
        raise errors.RegistrationIsOver("id", status=registration.status)
    if now >= event_starts_at and not by_organizer:
        raise errors.EventHasStarted("id", started_at=event_starts_at.isoformat())
    released = capacity.release(pools, registration.quantity)
    cancelled = replace(
        registration,
        status=RegistrationStatus.CANCELLED,
        cancelled_at=now,
        updated_at=now,
        version=registration.version + 1,
    )
    fact = Fact(
        FactKind.PLACES_CANCELLED,
        registration.id,
        {
            "version": cancelled.version,
            "changes": {"status": [as_json(registration.status), as_json(cancelled.status)]},
            "quantity": registration.quantity,
            "deltas": capacity.deltas(pools, released),
        },
        {"reason": command.reason} if command.reason else {},
        registration.user_id if command.reason else None,
    )
    return cancelled, released, fact


def _check_window(tier: TicketTier, now: datetime) -> None:
    if tier.sales_start_at and now < tier.sales_start_at:
        raise errors.SalesHaveNotStarted("ticket_tier_id", starts_at=tier.sales_start_at.isoformat())
    if tier.sales_end_at and now >= tier.sales_end_at:
        raise errors.SalesHaveEnded("ticket_tier_id", ended_at=tier.sales_end_at.isoformat())
