"""Steps of those who wait: joining, leaving, taking what is offered, and what time does to entries."""

from collections.abc import Iterable
from datetime import timedelta

from domain import errors
from domain.asked import Asked, TicketSource, expect_version
from domain.capacity import Books, Use
from domain.ids import PoolId, RegistrationId, WaitlistEntryId
from domain.journal import FactKind, Json, as_json
from domain.lifecycles import EventStatus
from domain.registrations import (
    RegistrationStatus,
    check_person_limit,
    issue_tickets,
    new_registration,
    tier_on_sale,
)
from domain.validation import Validation
from domain.waitlist.entries import (
    LIVE,
    WAITERS,
    AcceptOffer,
    EntryAction,
    JoinWaitlist,
    MoveEntry,
    SetPriority,
    StartOffer,
    WaitlistEntry,
    WaitlistStatus,
    edited,
    find,
    offer_end,
    tell,
)

REASON_LIMIT = 1_000
PRIORITY_LIMIT = 1_000


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
    books.due(books.sales_end(tier))
    tell(books, FactKind.WAITLIST_JOINED, entry, asked, {"waiting": 1})
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
    edited(
        books,
        entry,
        status=WaitlistStatus.ACCEPTED,
        offer_expires_at=None,
        registration_id=registration.id,
    )
    moved = books.move(books.pool_ids_of(tier), {Use.OFFERED: -entry.quantity, Use.CONFIRMED: entry.quantity})
    data: dict[str, Json] = {"registration_id": as_json(registration.id), "deltas": moved}
    tell(books, FactKind.OFFER_ACCEPTED, books.entries[entry.id], asked, data)
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
    if before.status not in WAITERS:
        raise errors.WaitlistEntryIsOver("id", status=before.status)
    after = edited(books, before, priority=command.priority)
    data: dict[str, Json] = {"changes": {"priority": [before.priority, after.priority]}}
    tell(books, FactKind.WAITLIST_PRIORITY_CHANGED, after, asked, data, reason=reason, subject_id=asked.actor_id)
    return after.id


def start(books: Books, asked: Asked[StartOffer], _source: TicketSource) -> WaitlistEntryId:
    """Start the clock of an offer; once it runs, or is over, nothing changes."""
    before = find(books, asked.command.entry_id)
    if before.status is not WaitlistStatus.OFFERED or before.notified_at:
        return before.id
    tier = books.tiers[before.ticket_tier_id]
    expires_at = offer_end(books, tier, timedelta(seconds=books.head.offer_seconds))
    if before.offer_expires_at:
        expires_at = min(expires_at, before.offer_expires_at)
    after = edited(books, before, notified_at=books.now, offer_expires_at=expires_at)
    books.due(expires_at)
    tell(books, FactKind.OFFER_HANDED_OVER, after, asked, {"expires_at": as_json(expires_at)})
    return after.id


def expire(books: Books) -> None:
    """End the offers that have run out."""
    for entry in list(books.entries.values()):
        if entry.status is WaitlistStatus.OFFERED and entry.offer_expires_at and entry.offer_expires_at <= books.now:
            _withdraw(books, entry, WaitlistStatus.EXPIRED, FactKind.OFFER_EXPIRED, None)


def close(books: Books) -> None:
    """End the entries of tiers that are sold no more; an event that was only put off keeps its list."""
    over = books.status in {EventStatus.CANCELLED, EventStatus.ARCHIVED}
    for entry in list(books.entries.values()):
        if entry.status in WAITERS and (over or books.now >= books.sales_end(books.tiers[entry.ticket_tier_id])):
            _withdraw(books, entry, WaitlistStatus.CLOSED, FactKind.WAITLIST_CLOSED, None)


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
    after = edited(books, entry, status=status, offer_expires_at=None)
    tell(books, kind, after, asked, data, reason=reason)


def _toggle(books: Books, entry: WaitlistEntry, status: WaitlistStatus, kind: FactKind, asked: Asked[object]) -> None:
    if entry.status not in WAITERS:
        raise errors.WaitlistEntryIsOver("id", status=entry.status)
    if entry.status is status:
        return
    by = 1 if status is WaitlistStatus.WAITING else -1
    books.wait(by)
    tell(books, kind, edited(books, entry, status=status), asked, {"waiting": by})
