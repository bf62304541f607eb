"""Waiting lists: who waits for places of a ticket tier, in which order, and who is offered what becomes free.

The order of an event's list is priority, then arrival. Whoever frees places offers them in the same transaction, so
between two transactions everybody who waits is short of something, or stands behind somebody who is.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from domain import errors
from domain.asked import Asked, TicketSource, expect_version
from domain.capacity import Books, Use
from domain.ids import EventId, PoolId, RegistrationId, TicketTierId, UserId, WaitlistEntryId
from domain.journal import FactKind, Json, as_json
from domain.lifecycles import EventStatus
from domain.registrations import (
    QUANTITY_LIMIT,
    RegistrationStatus,
    check_person_limit,
    issue_tickets,
    new_registration,
    tier_on_sale,
)
from domain.ticket_tiers import TicketTier
from domain.validation import Validation

REASON_LIMIT = 1_000
PRIORITY_LIMIT = 1_000
UNANNOUNCED = timedelta(hours=24)
"""How long an offer stands at most before its message is handed over, on top of its own time."""


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
_WAITERS = frozenset({WaitlistStatus.WAITING, WaitlistStatus.SUSPENDED})


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


def join(books: Books, asked: Asked[JoinWaitlist], source: TicketSource) -> WaitlistEntryId:
    """Put a group on the list. Raises what stands in its way, and `WaitlistIsNotNeeded` while places are left."""
    command, user_id = asked.command, asked.require_actor()
    tier = tier_on_sale(books, command.ticket_tier_id)
    check_person_limit(books, tier, user_id, command.quantity)
    for entry in books.entries.values():
        if entry.user_id == user_id and entry.ticket_tier_id == tier.id and entry.status in LIVE:
            raise errors.AlreadyOnWaitlist("ticket_tier_id", quantity=entry.quantity)
    pool_ids = books.pool_ids_of(tier)
    _check_size(books, pool_ids, command.quantity)
    if books.have_room(pool_ids, command.quantity) and books.awaited().isdisjoint(pool_ids):
        raise errors.WaitlistIsNotNeeded("quantity", available=books.available(pool_ids))
    entry = WaitlistEntry(
        event_id=books.event_id,
        id=WaitlistEntryId(source.new_id()),
        ticket_tier_id=tier.id,
        user_id=user_id,
        quantity=command.quantity,
        status=WaitlistStatus.WAITING,
        position=books.next_position,
        created_at=books.now,
        updated_at=books.now,
    )
    books.entries[entry.id] = entry
    books.wait(+1)
    books.due(tier.sales_end_at or books.head.sales_until)
    _tell(books, FactKind.WAITLIST_JOINED, entry, asked, {"waiting": 1})
    return entry.id


def move(books: Books, asked: Asked[MoveEntry], _source: TicketSource) -> WaitlistEntryId:
    """Leave, suspend, resume or decline. Raises `WaitlistEntryIsOver` and `OfferIsOver`."""
    command = asked.command
    validation = Validation()
    validation.optional_text(command.reason, "reason", limit=REASON_LIMIT, multiline=True)
    validation.finish()
    entry = find(books, command.entry_id)
    expect_version(command.expected_version, entry.version, entry.id)
    match command.action:
        case EntryAction.DECLINE:
            if entry.status is not WaitlistStatus.OFFERED:
                raise errors.OfferIsOver("id", status=entry.status)
            _withdraw(books, entry, WaitlistStatus.DECLINED, FactKind.OFFER_DECLINED, asked)
        case EntryAction.LEAVE:
            if entry.status not in LIVE:
                raise errors.WaitlistEntryIsOver("id", status=entry.status)
            _withdraw(books, entry, WaitlistStatus.LEFT, FactKind.WAITLIST_LEFT, asked, reason=command.reason)
        case EntryAction.SUSPEND:
            _toggle(books, entry, WaitlistStatus.SUSPENDED, FactKind.WAITLIST_SUSPENDED, asked)
        case EntryAction.RESUME:
            _toggle(books, entry, WaitlistStatus.WAITING, FactKind.WAITLIST_RESUMED, asked)
    return entry.id


def accept(books: Books, asked: Asked[AcceptOffer], source: TicketSource) -> RegistrationId:
    """Turn the offer into a confirmed registration. Raises `OfferIsOver` and `PersonLimitIsReached`."""
    entry = find(books, asked.command.entry_id)
    if entry.status is WaitlistStatus.ACCEPTED and entry.registration_id:
        return entry.registration_id
    expect_version(asked.command.expected_version, entry.version, entry.id)
    if entry.status is not WaitlistStatus.OFFERED:
        raise errors.OfferIsOver("id", status=entry.status)
    tier = tier_on_sale(books, entry.ticket_tier_id)
    check_person_limit(books, tier, entry.user_id, entry.quantity)
    registration = new_registration(
        books,
        tier,
        registration_id=RegistrationId(source.new_id()),
        user_id=entry.user_id,
        quantity=entry.quantity,
        status=RegistrationStatus.CONFIRMED,
    )
    books.registrations[registration.id] = registration
    books.count_places(tier.id, entry.user_id, entry.quantity)
    issue_tickets(books, registration, source)
    _edited(
        books,
        entry,
        status=WaitlistStatus.ACCEPTED,
        offer_expires_at=None,
        registration_id=registration.id,
    )
    moved = books.move(books.pool_ids_of(tier), {Use.OFFERED: -entry.quantity, Use.CONFIRMED: entry.quantity})
    data: dict[str, Json] = {"registration_id": as_json(registration.id), "deltas": moved}
    _tell(books, FactKind.OFFER_ACCEPTED, books.entries[entry.id], asked, data)
    told: dict[str, Json] = {
        "version": 1,
        "ticket_tier_id": as_json(tier.id),
        "user_id": as_json(entry.user_id),
        "quantity": entry.quantity,
        "waitlist_entry_id": as_json(entry.id),
    }
    books.tell(FactKind.PLACES_CONFIRMED, registration.id, told, actor_id=asked.actor_id, request_id=asked.request_id)
    return registration.id


def prioritize(books: Books, asked: Asked[SetPriority], _source: TicketSource) -> WaitlistEntryId:
    """Give an entry another priority, with the reason kept. Raises `WaitlistEntryIsOver`."""
    command = asked.command
    validation = Validation()
    validation.number(command.priority, "priority", minimum=-PRIORITY_LIMIT, maximum=PRIORITY_LIMIT)
    reason = validation.text(command.reason, "reason", limit=REASON_LIMIT, multiline=True)
    validation.finish()
    before = find(books, command.entry_id)
    expect_version(command.expected_version, before.version, before.id)
    if before.status not in _WAITERS:
        raise errors.WaitlistEntryIsOver("id", status=before.status)
    after = _edited(books, before, priority=command.priority)
    data: dict[str, Json] = {"changes": {"priority": [before.priority, after.priority]}}
    _tell(books, FactKind.WAITLIST_PRIORITY_CHANGED, after, asked, data, reason=reason, subject_id=asked.actor_id)
    return after.id


def start(books: Books, asked: Asked[StartOffer], _source: TicketSource) -> WaitlistEntryId:
    """Start the clock of an offer; once it runs, or is over, nothing changes."""
    before = find(books, asked.command.entry_id)
    if before.status is not WaitlistStatus.OFFERED or before.notified_at:
        return before.id
    tier = books.tiers[before.ticket_tier_id]
    expires_at = _until(books, tier, timedelta(seconds=books.head.offer_seconds))
    after = _edited(books, before, notified_at=books.now, offer_expires_at=expires_at)
    books.due(expires_at)
    _tell(books, FactKind.OFFER_HANDED_OVER, after, asked, {"expires_at": as_json(expires_at)})
    return after.id


def expire(books: Books) -> None:
    """End the offers that have run out."""
    for entry in list(books.entries.values()):
        if entry.status is WaitlistStatus.OFFERED and entry.offer_expires_at and entry.offer_expires_at <= books.now:
            _withdraw(books, entry, WaitlistStatus.EXPIRED, FactKind.OFFER_EXPIRED, None)


def close(books: Books) -> None:
    """End the entries of tiers that are sold no more; an event that was only put off keeps its list."""
    over = books.status in {EventStatus.CANCELLED, EventStatus.ARCHIVED} or books.now >= books.head.sales_until
    for entry in list(books.entries.values()):
        ends_at = books.tiers[entry.ticket_tier_id].sales_end_at
        if entry.status in _WAITERS and (over or (ends_at is not None and books.now >= ends_at)):
            _withdraw(books, entry, WaitlistStatus.CLOSED, FactKind.WAITLIST_CLOSED, None)


@dataclass(slots=True)
class _Walk:
    """How far a walk along the list has come: pools kept for those already met, and groups that may be passed."""

    kept: set[PoolId] = field(default_factory=set[PoolId])
    passable: list[tuple[WaitlistEntry, frozenset[PoolId]]] = field(
        default_factory=list[tuple[WaitlistEntry, frozenset[PoolId]]]
    )


def promote(books: Books) -> None:
    """Offer what is free to those who wait, in order.

    A group that does not fit keeps the pools that it is short of from everybody behind it, unless the event's policy
    lets some later ones pass; whoever is passed has that told of them, with the numbers.
    """
    if not books.head.waiting or not books.head.sales_open:
        return
    walk = _Walk()
    waiting = sorted((entry for entry in books.entries.values() if entry.is_waiting), key=lambda entry: entry.order)
    for entry in waiting:
        tier = books.tiers[entry.ticket_tier_id]
        if tier.sales_start_at and books.now < tier.sales_start_at:
            continue
        pool_ids = books.pool_ids_of(tier)
        if not walk.kept.isdisjoint(pool_ids):
            continue
        short = frozenset(id_ for id_ in pool_ids if not books.pools[id_].has_room_for(entry.quantity))
        if not short:
            _pass(books, walk, entry, pool_ids)
            _offer(books, entry, tier)
        elif entry.passed < books.head.look_past:
            walk.passable.append((entry, short))
        else:
            walk.kept |= short


def _pass(books: Books, walk: _Walk, entry: WaitlistEntry, pool_ids: Iterable[PoolId]) -> None:
    """Let an entry pass the groups that wait for the same pools, as long as each of them may be passed."""
    passed = [(earlier, short) for earlier, short in walk.passable if not short.isdisjoint(pool_ids)]
    for earlier, short in passed:
        before = books.entries[earlier.id]
        after = replace(before, passed=before.passed + 1, updated_at=books.now)
        books.entries[after.id] = after
        pool_id = min(short)
        reason: dict[str, Json] = {
            "by": as_json(entry.id),
            "pool_id": as_json(pool_id),
            "available": books.pools[pool_id].available,
            "times": after.passed,
        }
        _tell(books, FactKind.WAITLIST_PASSED, after, None, {"passed": reason})
        if after.passed >= books.head.look_past:
            walk.passable.remove((earlier, short))
            walk.kept |= short


def _offer(books: Books, entry: WaitlistEntry, tier: TicketTier) -> None:
    latest = _until(books, tier, UNANNOUNCED + timedelta(seconds=books.head.offer_seconds))
    after = _edited(
        books, entry, status=WaitlistStatus.OFFERED, offered_at=books.now, notified_at=None, offer_expires_at=latest
    )
    books.wait(-1)
    books.due(latest)
    moved = books.move(books.pool_ids_of(tier), {Use.OFFERED: entry.quantity})
    _tell(books, FactKind.PLACES_OFFERED, after, None, {"deltas": moved, "waiting": -1})


def _until(books: Books, tier: TicketTier, length: timedelta) -> datetime:
    """When an offer of that length ends: never after the sale."""
    return min(books.now + length, books.head.sales_until, tier.sales_end_at or books.head.sales_until)


def find(books: Books, entry_id: WaitlistEntryId) -> WaitlistEntry:
    """The entry as it is now. Raises `NotFound`."""
    entry = books.entries.get(entry_id)
    if entry is None:
        raise errors.NotFound
    return entry


def _check_size(books: Books, pool_ids: Iterable[PoolId], quantity: int) -> None:
    limits = [
        pool.capacity + pool.overbooking for pool in map(books.pools.__getitem__, pool_ids) if pool.capacity is not None
    ]
    if limits and min(limits) < quantity:
        raise errors.GroupIsTooLarge("quantity", asked=quantity, limit=min(limits))


def _withdraw(
    books: Books,
    entry: WaitlistEntry,
    status: WaitlistStatus,
    kind: FactKind,
    asked: Asked[object] | None,
    *,
    reason: str | None = None,
) -> None:
    """End an entry: it gives back what it was offered, or waits no more."""
    data: dict[str, Json] = {}
    if entry.status is WaitlistStatus.OFFERED:
        pool_ids = books.pool_ids_of(books.tiers[entry.ticket_tier_id])
        data["deltas"] = books.move(pool_ids, {Use.OFFERED: -entry.quantity})
    elif entry.is_waiting:
        books.wait(-1)
        data["waiting"] = -1
    after = _edited(books, entry, status=status, offer_expires_at=None)
    _tell(books, kind, after, asked, data, reason=reason)


def _toggle(books: Books, entry: WaitlistEntry, status: WaitlistStatus, kind: FactKind, asked: Asked[object]) -> None:
    if entry.status not in _WAITERS:
        raise errors.WaitlistEntryIsOver("id", status=entry.status)
    if entry.status is status:
        return
    by = 1 if status is WaitlistStatus.WAITING else -1
    books.wait(by)
    _tell(books, kind, _edited(books, entry, status=status), asked, {"waiting": by})


def _edited(books: Books, before: WaitlistEntry, **changed: object) -> WaitlistEntry:
    edited = replace(before, **changed, version=before.version + 1, updated_at=books.now)  # pyright: ignore[reportArgumentType]
    books.entries[edited.id] = edited
    return edited


def _tell(
    books: Books,
    kind: FactKind,
    entry: WaitlistEntry,
    asked: Asked[object] | None,
    data: dict[str, Json],
    *,
    reason: str | None = None,
    subject_id: UserId | None = None,
) -> None:
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
