"""Check-in: tickets are read at the door, once each, also by devices that upload later what they read offline."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain import errors
from domain.asked import Asked, TicketSource
from domain.capacity import Books, Use
from domain.ids import EventId, RegistrationId, TicketId
from domain.journal import FactKind, Json, as_json
from domain.lifecycles import EventStatus, status_at
from domain.registrations import Registration, Ticket, TicketStatus
from domain.validation import Validation

SCANS_LIMIT = 500
CODE_LIMIT = 40
NONCE_LIMIT = 100
EARLIEST = timedelta(days=1)
"""How long before the start people may be let in."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far a device's clock may be ahead of ours."""


class ScanOutcome(StrEnum):
    """What came of reading a ticket."""

    CHECKED_IN = "CHECKED_IN"
    ALREADY_CHECKED_IN = "ALREADY_CHECKED_IN"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Read:
    """A code that was read. `nonce` names the reading; `scanned_at` is the device's time of it."""

    code: str
    nonce: str | None = None
    scanned_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CheckIn:
    """Let the holders of tickets in."""

    event_id: EventId
    reads: tuple[Read, ...]


@dataclass(frozen=True, slots=True)
class UndoCheckIn:
    """A ticket was read by mistake: it opens the door again."""

    event_id: EventId
    code: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """What came of one reading, kept under its nonce."""

    event_id: EventId
    nonce: str
    code: str
    outcome: ScanOutcome
    ticket_id: TicketId | None
    scanned_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """What came of each reading, in the order of the command; `ticket_id` is nothing where the code is unknown."""

    outcomes: tuple[tuple[Read, ScanOutcome, TicketId | None, datetime | None], ...]


def normal(code: str) -> str:
    """A code as it is printed: upper case, in two groups; what people mistake for other letters reads the same."""
    letters = code.upper().replace("-", "").replace(" ", "").translate(str.maketrans("OIL", "011"))
    return f"{letters[:5]}-{letters[5:]}"


def validate(command: CheckIn) -> None:
    """Refuse what no ticket could make right. Raises `Refused`."""
    validation = Validation()
    if not command.reads:
        validation.refuse(errors.ValueIsRequired("codes"))
    if len(command.reads) > SCANS_LIMIT:
        validation.refuse(errors.ListIsTooLong("codes", limit=SCANS_LIMIT, length=len(command.reads)))
    for read in command.reads[:SCANS_LIMIT]:
        validation.text(read.code, "codes", limit=CODE_LIMIT)
        if read.nonce is not None:
            validation.text(read.nonce, "scans", "nonce", limit=NONCE_LIMIT)
    validation.finish()


def check_in(books: Books, asked: Asked[CheckIn], _source: TicketSource) -> CheckedIn:
    """Let in whoever's ticket is good; a ticket that is not is an outcome.

    Raises `CheckInIsClosed`, `CheckInHasNotStarted` and `NonceReused`.
    """
    command = asked.command
    _require_open(books)
    codes = {nonce: scan.code for nonce, scan in books.scans.items()}
    for read in command.reads:
        if read.nonce and codes.setdefault(read.nonce, normal(read.code)) != normal(read.code):
            raise errors.NonceReused("scans")
    by_code = {ticket.code: ticket.id for ticket in books.tickets.values()}
    outcomes: list[tuple[Read, ScanOutcome, TicketId | None, datetime | None]] = []
    arrived: dict[RegistrationId, list[TicketId]] = {}
    for read in command.reads:
        known = books.scans.get(read.nonce) if read.nonce else None
        if known:
            outcomes.append((read, known.outcome, known.ticket_id, known.scanned_at))
            continue
        code = normal(read.code)
        ticket = books.tickets.get(by_code.get(code, TicketId(asked.event_id)))
        outcome, at = _read(books, ticket, read)
        if outcome is ScanOutcome.CHECKED_IN and ticket:
            arrived.setdefault(ticket.registration_id, []).append(ticket.id)
        elif outcome is ScanOutcome.ALREADY_CHECKED_IN and ticket:
            _note_earlier(books, ticket, read, asked)
        if read.nonce:
            books.scans[read.nonce] = Scan(
                event_id=books.event_id,
                nonce=read.nonce,
                code=code,
                outcome=outcome,
                ticket_id=ticket.id if ticket else None,
                scanned_at=at or books.now,
                created_at=books.now,
            )
        outcomes.append((read, outcome, ticket.id if ticket else None, at))
    for registration_id, ticket_ids in arrived.items():
        _tell(books, FactKind.TICKETS_CHECKED_IN, books.registrations[registration_id], asked, ticket_ids, by=1)
    return CheckedIn(tuple(outcomes))


def undo(books: Books, asked: Asked[UndoCheckIn], _source: TicketSource) -> TicketId:
    """Make the ticket good for entry again. Raises `TicketIsUnknown` and `TicketIsNotCheckedIn`."""
    command = asked.command
    validation = Validation()
    reason = validation.optional_text(command.reason, "reason", limit=1_000, multiline=True)
    validation.finish()
    code = normal(command.code)
    ticket = next((ticket for ticket in books.tickets.values() if ticket.code == code), None)
    if ticket is None:
        raise errors.TicketIsUnknown("code")
    if ticket.status is not TicketStatus.CHECKED_IN:
        raise errors.TicketIsNotCheckedIn("code", status=ticket.status)
    books.tickets[ticket.id] = replace(ticket, status=TicketStatus.VALID, checked_in_at=None)
    registration = books.registrations[ticket.registration_id]
    _tell(books, FactKind.CHECK_IN_UNDONE, registration, asked, [ticket.id], by=-1, reason=reason)
    return ticket.id


def _require_open(books: Books) -> None:
    status = status_at(books.status, books.starts_at, books.head.sales_until, books.now)
    if status not in {EventStatus.PUBLISHED, EventStatus.LIVE, EventStatus.ENDED}:
        raise errors.CheckInIsClosed("event_id", status=status)
    opens_at = books.starts_at - EARLIEST
    if books.now < opens_at:
        raise errors.CheckInHasNotStarted("event_id", opens_at=opens_at.isoformat())


def _read(books: Books, ticket: Ticket | None, read: Read) -> tuple[ScanOutcome, datetime | None]:
    """The outcome, and when the ticket's holder came."""
    if ticket is None:
        return ScanOutcome.UNKNOWN, None
    if ticket.status is TicketStatus.CANCELLED:
        return ScanOutcome.CANCELLED, None
    if ticket.status is TicketStatus.CHECKED_IN:
        return ScanOutcome.ALREADY_CHECKED_IN, ticket.checked_in_at
    at = _time_of(books, read)
    books.tickets[ticket.id] = replace(ticket, status=TicketStatus.CHECKED_IN, checked_in_at=at)
    return ScanOutcome.CHECKED_IN, at


def _note_earlier(books: Books, ticket: Ticket, read: Read, asked: Asked[object]) -> None:
    """Keep the earliest time at which a ticket was read, in whichever order the devices tell of it."""
    before, at = ticket.checked_in_at, _time_of(books, read)
    if before is None or at >= before:
        return
    books.tickets[ticket.id] = replace(ticket, checked_in_at=at)
    changes: dict[str, Json] = {"checked_in_at": [as_json(before), as_json(at)]}
    registration = books.registrations[ticket.registration_id]
    _tell(books, FactKind.TICKETS_CHECKED_IN, registration, asked, [ticket.id], by=0, changes=changes)


def _time_of(books: Books, read: Read) -> datetime:
    # A device whose clock is wrong by more than some minutes does not know when it was.
    at = read.scanned_at
    if at is None or at > books.now + CLOCK_SKEW or at < books.starts_at - EARLIEST:
        return books.now
    return min(at, books.now)


def _tell(
    books: Books,
    kind: FactKind,
    registration: Registration,
    asked: Asked[object],
    ticket_ids: Iterable[TicketId],
    *,
    by: int,
    reason: str | None = None,
    changes: dict[str, Json] | None = None,
) -> None:
    ids = list(ticket_ids)
    pool_ids = books.pool_ids_of(books.tiers[registration.ticket_tier_id])
    data: dict[str, Json] = {
        "version": registration.version,
        "ticket_tier_id": as_json(registration.ticket_tier_id),
        "user_id": as_json(registration.user_id),
        "quantity": len(ids),
        "ticket_ids": as_json(ids),
    }
    data |= {"changes": changes} if changes else {"deltas": books.move(pool_ids, {Use.CHECKED_IN: by * len(ids)})}
    books.tell(
        kind,
        registration.id,
        data,
        actor_id=asked.actor_id,
        request_id=asked.request_id,
        private={"reason": reason} if reason else None,
        subject_id=registration.user_id,
    )
