"""Registrations: who takes, holds and gives back how many places of which ticket tier, decided on an event's books."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from domain import errors
from domain.asked import Asked, TicketSource, expect_version
from domain.capacity import Books, Use
from domain.ids import EventId, RegistrationId, TicketId, TicketTierId, UserId
from domain.journal import FactKind, Json, as_json
from domain.lifecycles import status_at
from domain.ticket_tiers import TicketTier
from domain.validation import Validation

QUANTITY_LIMIT = 100
REASON_LIMIT = 1_000
NAME_LIMIT = 200
REFERENCE_LIMIT = 200
HOLD_LENGTH = timedelta(minutes=10)
HOLD_LENGTHS = (1, 60)
"""The shortest and the longest hold that can be asked for, in minutes."""


class RegistrationStatus(StrEnum):
    """Where a registration stands."""

    HELD = "HELD"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"


USE_OF: dict[RegistrationStatus, Use] = {
    RegistrationStatus.HELD: Use.HELD,
    RegistrationStatus.CONFIRMED: Use.CONFIRMED,
}
"""Which counter the places of a registration are in; those of other statuses are in none."""


class TicketStatus(StrEnum):
    """Where a ticket stands."""

    VALID = "VALID"
    CHECKED_IN = "CHECKED_IN"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Ticket:
    """One place; its code is what check-in reads."""

    event_id: EventId
    id: TicketId
    registration_id: RegistrationId
    code: str
    status: TicketStatus = TicketStatus.VALID
    attendee_name: str | None = None
    checked_in_at: datetime | None = None


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
    extensions: int = 0
    payment_reference: str | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """Take places in one step."""

    event_id: EventId
    ticket_tier_id: TicketTierId
    quantity: int


@dataclass(frozen=True, slots=True)
class HoldPlaces:
    """Take places for a while: confirmed before that runs out, they stay taken."""

    event_id: EventId
    ticket_tier_id: TicketTierId
    quantity: int
    minutes: int | None = None


@dataclass(frozen=True, slots=True)
class ExtendHold:
    """Hold places for as long again as at first, once."""

    event_id: EventId
    registration_id: RegistrationId
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class ConfirmRegistration:
    """Keep places that are held. `payment_reference` is what the payment service calls the payment."""

    event_id: EventId
    registration_id: RegistrationId
    payment_reference: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class CancelRegistration:
    """Give places back: those of some tickets, or all of them without `ticket_ids`."""

    event_id: EventId
    registration_id: RegistrationId
    reason: str | None
    expected_version: int | None
    ticket_ids: tuple[TicketId, ...] | None = None
    by_organizer: bool = False


@dataclass(frozen=True, slots=True)
class TransferTicket:
    """Let somebody else come: the ticket gets their name and a new code, and the old code opens nothing."""

    event_id: EventId
    registration_id: RegistrationId
    ticket_id: TicketId
    attendee_name: str
    expected_version: int | None = None
    by_organizer: bool = False


class _Claim(Protocol):
    @property
    def event_id(self) -> EventId: ...
    @property
    def ticket_tier_id(self) -> TicketTierId: ...
    @property
    def quantity(self) -> int: ...


def validate(command: "Register | HoldPlaces") -> None:
    """Refuse what no state of the event could make right. Raises `Refused`."""
    validation = Validation()
    validation.number(command.quantity, "quantity", minimum=1, maximum=QUANTITY_LIMIT)
    if isinstance(command, HoldPlaces) and command.minutes is not None:
        validation.number(command.minutes, "minutes", minimum=HOLD_LENGTHS[0], maximum=HOLD_LENGTHS[1])
    validation.finish()


def register(books: Books, asked: Asked[Register], source: TicketSource) -> RegistrationId:
    """Take the places, or refuse with the numbers that explain it."""
    registration = _taken(books, asked.command, asked.require_actor(), source, RegistrationStatus.CONFIRMED)
    _put_new(books, registration, source, asked)
    return registration.id


def hold(books: Books, asked: Asked[HoldPlaces], source: TicketSource) -> RegistrationId:
    """Take the places for a while, or refuse with the numbers that explain it."""
    command = asked.command
    length = timedelta(minutes=command.minutes) if command.minutes else HOLD_LENGTH
    taken = _taken(books, command, asked.require_actor(), source, RegistrationStatus.HELD)
    held = replace(taken, expires_at=books.now + length)
    books.due(held.expires_at)
    _put_new(books, held, source, asked)
    return held.id


def extend(books: Books, asked: Asked[ExtendHold], _source: TicketSource) -> RegistrationId:
    """Let the hold last as long again, once. Raises `RegistrationIsNotHeld` and `HoldWasExtended`."""
    before = find(books, asked.command.registration_id)
    expect_version(asked.command.expected_version, before.version, before.id)
    if before.status is not RegistrationStatus.HELD or before.expires_at is None:
        raise errors.RegistrationIsNotHeld("id", status=before.status)
    if before.extensions:
        raise errors.HoldWasExtended("id", expires_at=before.expires_at.isoformat())
    length = before.expires_at - before.created_at
    after = _edited(books, before, expires_at=before.expires_at + length, extensions=1)
    changes = {"expires_at": [as_json(before.expires_at), as_json(after.expires_at)]}
    _tell(books, FactKind.HOLD_EXTENDED, after, asked, {"changes": changes})
    return after.id


def confirm(books: Books, asked: Asked[ConfirmRegistration], source: TicketSource) -> RegistrationId:
    """Keep the places of a hold; one that ran out is admitted again where places are left.

    A payment that confirmed this registration before confirms it again without a change, so that a payment service may
    repeat itself. Raises `HoldHasExpired` and `RegistrationIsOver`.
    """
    command = asked.command
    validation = Validation()
    reference = validation.optional_text(command.payment_reference, "payment_reference", limit=REFERENCE_LIMIT)
    validation.finish()
    before = find(books, command.registration_id)
    if before.status is RegistrationStatus.CONFIRMED and reference and before.payment_reference == reference:
        return before.id
    expect_version(command.expected_version, before.version, before.id)
    if before.status not in {RegistrationStatus.HELD, RegistrationStatus.EXPIRED}:
        raise errors.RegistrationIsOver("id", status=before.status)
    tier = tier_on_sale(books, before.ticket_tier_id, until_hold_ends=before.status is RegistrationStatus.HELD)
    pool_ids = books.pool_ids_of(tier)
    if before.status is RegistrationStatus.EXPIRED:
        _require_room_again(books, before, tier)
        moves = {Use.CONFIRMED: before.quantity}
        books.count_places(tier.id, before.user_id, before.quantity)
    else:
        moves = {Use.HELD: -before.quantity, Use.CONFIRMED: before.quantity}
    after = _edited(books, before, status=RegistrationStatus.CONFIRMED, expires_at=None, payment_reference=reference)
    issue_tickets(books, after, source)
    data = _change_of_status(before, after) | {"deltas": books.move(pool_ids, moves)}
    _tell(books, FactKind.PLACES_CONFIRMED, after, asked, data)
    return after.id


def cancel(books: Books, asked: Asked[CancelRegistration], _source: TicketSource) -> RegistrationId:
    """Give places back. Raises `RegistrationIsOver`, `TicketIsUnknown`, `TicketsAreCheckedIn` and `EventHasStarted`."""
    command = asked.command
    validation = Validation()
    validation.optional_text(command.reason, "reason", limit=REASON_LIMIT, multiline=True)
    if command.ticket_ids is not None and not command.ticket_ids:
        # Whoever chose no ticket does not want to lose them all.
        validation.refuse(errors.ValueIsRequired("ticket_ids"))
    validation.finish()
    before = find(books, command.registration_id)
    expect_version(command.expected_version, before.version, before.id)
    use = USE_OF.get(before.status)
    if use is None:
        raise errors.RegistrationIsOver("id", status=before.status)
    if before.status is RegistrationStatus.CONFIRMED and books.now >= books.starts_at and not command.by_organizer:
        raise errors.EventHasStarted("id", started_at=books.starts_at.isoformat())
    tickets = _tickets_to_cancel(books, before, command.ticket_ids)
    quantity = before.quantity if command.ticket_ids is None else len(command.ticket_ids)
    whole = quantity == before.quantity
    changed = {"status": RegistrationStatus.CANCELLED, "cancelled_at": books.now, "expires_at": None}
    after = _edited(books, before, **(changed if whole else {"quantity": before.quantity - quantity}))
    for ticket in tickets:
        books.tickets[ticket.id] = replace(ticket, status=TicketStatus.CANCELLED)
    books.count_places(before.ticket_tier_id, before.user_id, -quantity)
    pool_ids = books.pool_ids_of(books.tiers[before.ticket_tier_id])
    data: dict[str, Json] = (
        _change_of_status(before, after) if whole else {"changes": {"quantity": [before.quantity, after.quantity]}}
    )
    data |= {"quantity": quantity, "deltas": books.move(pool_ids, {use: -quantity})}
    kind = FactKind.PLACES_CANCELLED if whole else FactKind.TICKETS_CANCELLED
    _tell(books, kind, after, asked, data, reason=command.reason)
    return after.id


def transfer(books: Books, asked: Asked[TransferTicket], source: TicketSource) -> RegistrationId:
    """Give a ticket another name and a new code. Raises `TicketIsUnknown` and `EventHasStarted`."""
    command = asked.command
    validation = Validation()
    name = validation.text(command.attendee_name, "attendee_name", limit=NAME_LIMIT)
    validation.finish()
    before = find(books, command.registration_id)
    expect_version(command.expected_version, before.version, before.id)
    ticket = books.tickets.get(command.ticket_id)
    if ticket is None or ticket.registration_id != before.id or ticket.status is not TicketStatus.VALID:
        raise errors.TicketIsUnknown("id")
    if books.now >= books.starts_at and not command.by_organizer:
        raise errors.EventHasStarted("id", started_at=books.starts_at.isoformat())
    books.tickets[ticket.id] = replace(ticket, attendee_name=name, code=source.new_ticket_code())
    after = _edited(books, before)
    data: dict[str, Json] = {"ticket_id": as_json(ticket.id), "personal": ["attendee_name"]}
    changes: dict[str, Json] = {"attendee_name": [ticket.attendee_name, name]}
    _tell(books, FactKind.TICKET_TRANSFERRED, after, asked, data, private={"changes": changes})
    return after.id


def expire(books: Books) -> None:
    """End the holds that have run out."""
    for before in list(books.registrations.values()):
        if before.status is not RegistrationStatus.HELD or before.expires_at is None or before.expires_at > books.now:
            continue
        after = _edited(books, before, status=RegistrationStatus.EXPIRED)
        books.count_places(before.ticket_tier_id, before.user_id, -before.quantity)
        pool_ids = books.pool_ids_of(books.tiers[before.ticket_tier_id])
        data = _change_of_status(before, after)
        data["deltas"] = books.move(pool_ids, {Use.HELD: -before.quantity})
        _tell(books, FactKind.HOLD_EXPIRED, after, None, data)


def find(books: Books, registration_id: RegistrationId) -> Registration:
    """The registration as it is now. Raises `NotFound`."""
    registration = books.registrations.get(registration_id)
    if registration is None:
        raise errors.NotFound
    return registration


def tier_on_sale(books: Books, tier_id: TicketTierId, *, until_hold_ends: bool = False) -> TicketTier:
    """The tier, when it is sold now; raises what stands in the way.

    `until_hold_ends`: who holds places may keep them, even when the sale of this tier is over.
    """
    if not books.head.sales_open or books.now >= books.head.sales_until:
        status = status_at(books.status, books.starts_at, books.head.sales_until, books.now)
        raise errors.RegistrationIsClosed("event_id", status=status)
    tier = books.tiers.get(tier_id)
    if tier is None:
        raise errors.TicketTierIsUnknown("ticket_tier_id")
    if tier.sales_start_at and books.now < tier.sales_start_at:
        raise errors.SalesHaveNotStarted("ticket_tier_id", starts_at=tier.sales_start_at.isoformat())
    if tier.sales_end_at and books.now >= tier.sales_end_at and not until_hold_ends:
        raise errors.SalesHaveEnded("ticket_tier_id", ended_at=tier.sales_end_at.isoformat())
    return tier


def check_person_limit(books: Books, tier: TicketTier, user_id: UserId, quantity: int) -> None:
    """Raise `PersonLimitIsReached` when the places would be too many for one person."""
    taken = books.places.get((tier.id, user_id), 0)
    if tier.per_person_limit is not None and taken + quantity > tier.per_person_limit:
        raise errors.PersonLimitIsReached("quantity", limit=tier.per_person_limit, taken=taken, asked=quantity)


def new_registration(
    books: Books,
    tier: TicketTier,
    *,
    registration_id: RegistrationId,
    user_id: UserId,
    quantity: int,
    status: RegistrationStatus,
) -> Registration:
    """A registration at the tier's price of now."""
    return Registration(
        event_id=books.event_id,
        id=registration_id,
        ticket_tier_id=tier.id,
        user_id=user_id,
        status=status,
        quantity=quantity,
        price_minor=tier.price_minor,
        currency=tier.currency,
        created_at=books.now,
        updated_at=books.now,
    )


def issue_tickets(books: Books, registration: Registration, source: TicketSource) -> None:
    """Make one ticket for each place."""
    for _ in range(registration.quantity):
        ticket = Ticket(books.event_id, TicketId(source.new_id()), registration.id, source.new_ticket_code())
        books.tickets[ticket.id] = ticket


def _taken(
    books: Books, claim: _Claim, user_id: UserId, source: TicketSource, status: RegistrationStatus
) -> Registration:
    tier = tier_on_sale(books, claim.ticket_tier_id)
    check_person_limit(books, tier, user_id, claim.quantity)
    books.require_room(books.pool_ids_of(tier), claim.quantity)
    return new_registration(
        books,
        tier,
        registration_id=RegistrationId(source.new_id()),
        user_id=user_id,
        quantity=claim.quantity,
        status=status,
    )


def _put_new(books: Books, registration: Registration, source: TicketSource, asked: Asked[object]) -> None:
    books.registrations[registration.id] = registration
    books.count_places(registration.ticket_tier_id, registration.user_id, registration.quantity)
    is_held = registration.status is RegistrationStatus.HELD
    if not is_held:
        issue_tickets(books, registration, source)
    pool_ids = books.pool_ids_of(books.tiers[registration.ticket_tier_id])
    data: dict[str, Json] = {"deltas": books.move(pool_ids, {USE_OF[registration.status]: registration.quantity})}
    if is_held:
        data["expires_at"] = as_json(registration.expires_at)
    _tell(books, FactKind.PLACES_HELD if is_held else FactKind.PLACES_CONFIRMED, registration, asked, data)


def _require_room_again(books: Books, before: Registration, tier: TicketTier) -> None:
    check_person_limit(books, tier, before.user_id, before.quantity)
    pool_ids = books.pool_ids_of(tier)
    try:
        books.require_room(pool_ids, before.quantity)
    except (errors.EventIsFull, errors.OthersAreWaiting) as refusal:
        expired_at = before.expires_at.isoformat() if before.expires_at else None
        available = refusal.params["available"]
        raise errors.HoldHasExpired(
            "id", expired_at=expired_at, asked=before.quantity, available=available
        ) from refusal


def _tickets_to_cancel(books: Books, before: Registration, ticket_ids: Sequence[TicketId] | None) -> list[Ticket]:
    own = [ticket for ticket in books.tickets.values() if ticket.registration_id == before.id]
    if ticket_ids is None:
        checked_in = sum(ticket.status is TicketStatus.CHECKED_IN for ticket in own)
        if checked_in:
            raise errors.TicketsAreCheckedIn("id", checked_in=checked_in)
        return [ticket for ticket in own if ticket.status is TicketStatus.VALID]
    valid = {ticket.id: ticket for ticket in own if ticket.status is TicketStatus.VALID}
    if len(set(ticket_ids)) != len(ticket_ids) or any(ticket_id not in valid for ticket_id in ticket_ids):
        raise errors.TicketIsUnknown("ticket_ids")
    return [valid[ticket_id] for ticket_id in ticket_ids]


def _edited(books: Books, before: Registration, **changed: object) -> Registration:
    edited = replace(before, **changed, version=before.version + 1, updated_at=books.now)  # pyright: ignore[reportArgumentType]
    books.registrations[edited.id] = edited
    return edited


def _change_of_status(before: Registration, after: Registration) -> dict[str, Json]:
    return {"changes": {"status": [as_json(before.status), as_json(after.status)]}}


def _tell(
    books: Books,
    kind: FactKind,
    registration: Registration,
    asked: Asked[object] | None,
    data: dict[str, Json],
    *,
    reason: str | None = None,
    private: dict[str, Json] | None = None,
) -> None:
    told: dict[str, Json] = {
        "version": registration.version,
        "ticket_tier_id": as_json(registration.ticket_tier_id),
        "user_id": as_json(registration.user_id),
        "quantity": registration.quantity,
    }
    hidden = {**(private or {}), **({"reason": reason} if reason else {})}
    books.tell(
        kind,
        registration.id,
        told | data,
        actor_id=asked.actor_id if asked else None,
        request_id=asked.request_id if asked else None,
        private=hidden,
        subject_id=registration.user_id,
    )
