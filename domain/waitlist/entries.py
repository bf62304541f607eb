"""Entries of a waiting list, the commands about them, and how a change of one is told."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain import errors
from domain.asked import Asked
from domain.capacity import Books
from domain.ids import EventId, RegistrationId, TicketTierId, UserId, WaitlistEntryId
from domain.journal import FactKind, Json, as_json
from domain.registrations import QUANTITY_LIMIT
from domain.ticket_tiers import TicketTier
from domain.validation import Validation


class WaitlistStatus(StrEnum):
    """Where an entry stands."""

    WAITING = "WAITING"
    SUSPENDED = "SUSPENDED"
    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    LEFT = "LEFT"
    CLOSED = "CLOSED"


LIVE = frozenset({WaitlistStatus.WAITING, WaitlistStatus.SUSPENDED, WaitlistStatus.OFFERED})
"""Where something may still come of an entry."""
WAITERS = frozenset({WaitlistStatus.WAITING, WaitlistStatus.SUSPENDED})
"""Where an entry has not been offered anything yet."""


@dataclass(frozen=True, slots=True)
class WaitlistEntry:
    """A group that waits for places of one tier; `position` orders entries by arrival.

    `passed` counts how often a later entry was served before this one, which the event's policy bounds.
    """

    event_id: EventId
    id: WaitlistEntryId
    ticket_tier_id: TicketTierId
    user_id: UserId
    quantity: int
    status: WaitlistStatus
    position: int
    created_at: datetime
    updated_at: datetime
    priority: int = 0
    passed: int = 0
    offered_at: datetime | None = None
    notified_at: datetime | None = None
    offer_expires_at: datetime | None = None
    registration_id: RegistrationId | None = None
    version: int = 1

    @property
    def is_waiting(self) -> bool:
        """Whether it is its turn when places are free; a suspended entry keeps its place and is not asked."""
        return self.status is WaitlistStatus.WAITING

    @property
    def order(self) -> tuple[int, int]:
        """Sorts entries: the lower, the earlier."""
        return -self.priority, self.position


@dataclass(frozen=True, slots=True)
class JoinWaitlist:
    """Wait for places of a tier, all at once."""

    event_id: EventId
    ticket_tier_id: TicketTierId
    quantity: int


@dataclass(frozen=True, slots=True)
class MoveEntry:
    """One step of an entry: `action` says which."""

    event_id: EventId
    entry_id: WaitlistEntryId
    action: "EntryAction"
    reason: str | None = None
    expected_version: int | None = None


class EntryAction(StrEnum):
    """What can be done with an entry."""

    LEAVE = "LEAVE"
    SUSPEND = "SUSPEND"
    RESUME = "RESUME"
    DECLINE = "DECLINE"


@dataclass(frozen=True, slots=True)
class AcceptOffer:
    """Take the places that are offered."""

    event_id: EventId
    entry_id: WaitlistEntryId
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class SetPriority:
    """Let an entry wait before or behind others: the higher, the earlier. Needs a reason."""

    event_id: EventId
    entry_id: WaitlistEntryId
    priority: int
    reason: str
    expected_version: int | None


@dataclass(frozen=True, slots=True)
class StartOffer:
    """The message of an offer was handed over at that time: from now on its clock runs."""

    event_id: EventId
    entry_id: WaitlistEntryId


def validate(command: JoinWaitlist) -> None:
    """Refuse what no state of the event could make right. Raises `Refused`."""
    validation = Validation()
    validation.number(command.quantity, "quantity", minimum=1, maximum=QUANTITY_LIMIT)
    validation.finish()


def find(books: Books, entry_id: WaitlistEntryId) -> WaitlistEntry:
    """The entry as it is now. Raises `NotFound`."""
    entry = books.entries.get(entry_id)
    if entry is None:
        raise errors.NotFound
    return entry


def offer_end(books: Books, tier: TicketTier, length: timedelta) -> datetime:
    """When an offer of that length ends: never after the sale."""
    return min(books.now + length, books.sales_end(tier))


def edited(books: Books, before: WaitlistEntry, **changed: object) -> WaitlistEntry:
    """Put the entry back into the books with other values, as its next version."""
    after = replace(before, **changed, version=before.version + 1, updated_at=books.now)  # pyright: ignore[reportArgumentType]
    books.entries[after.id] = after
    return after


def tell(
    books: Books,
    kind: FactKind,
    entry: WaitlistEntry,
    asked: Asked[object] | None,
    data: dict[str, Json],
    *,
    reason: str | None = None,
    subject_id: UserId | None = None,
) -> None:
    """Add a line about the entry; without `asked` it was the clock, or places that became free."""
    told: dict[str, Json] = {
        "version": entry.version,
        "ticket_tier_id": as_json(entry.ticket_tier_id),
        "user_id": as_json(entry.user_id),
        "quantity": entry.quantity,
    }
    books.tell(
        kind,
        entry.id,
        told | data,
        actor_id=asked.actor_id if asked else None,
        request_id=asked.request_id if asked else None,
        private={"reason": reason} if reason else None,
        subject_id=subject_id or entry.user_id,
    )
