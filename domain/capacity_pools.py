"""Commands about capacity pools: shared pools, overbooking, which pools a tier draws on, and how a list is worked."""

from dataclasses import dataclass, replace
from typing import Literal

from domain import errors
from domain.asked import Asked, TicketSource, expect_version
from domain.capacity import Books, Pool, PoolKind, Use, resize
from domain.ids import EventId, PoolId, TicketTierId
from domain.journal import FactKind, Json, as_json
from domain.validation import Validation

NAME_LIMIT = 120
CAPACITY_LIMIT = 1_000_000
OVERBOOKING_LIMIT = 100_000
POOLS_LIMIT = 20
REASON_LIMIT = 1_000
LOOK_PAST_LIMIT = 100
OFFER_MINUTES = (1, 30 * 24 * 60)


@dataclass(frozen=True, slots=True)
class CreateCapacityPool:
    """Add a pool that several ticket tiers can draw on."""

    event_id: EventId
    name: str
    capacity: int | None
    overbooking: int = 0


@dataclass(frozen=True, slots=True)
class UpdateCapacityPool:
    """Change a pool: its name and overbooking, where they are given, and its capacity.

    The capacity of an event and the quota of a tier are changed with them; this is for the rest.
    """

    event_id: EventId
    pool_id: PoolId
    name: str | None = None
    capacity: int | Literal["unchanged"] | None = "unchanged"
    overbooking: int | None = None
    reason: str | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class SetTicketTierPools:
    """Let a ticket tier draw on these shared pools, besides its own and its event's."""

    event_id: EventId
    ticket_tier_id: TicketTierId
    pool_ids: tuple[PoolId, ...]
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class SetWaitlistPolicy:
    """Say how often a group may be passed by smaller ones behind it, and how long offers stand."""

    event_id: EventId
    look_past: int | None = None
    offer_seconds: int | None = None
    expected_version: int | None = None


@dataclass(frozen=True, slots=True)
class Settle:
    """Nothing but what time has brought: what ran out is given back, and what is free is offered."""

    event_id: EventId


def create(books: Books, asked: Asked[CreateCapacityPool], source: TicketSource) -> PoolId:
    """Add the pool. Raises `TooManyCapacityPools` and what is wrong with the command."""
    command = asked.command
    if sum(pool.kind is PoolKind.SHARED for pool in books.pools.values()) >= POOLS_LIMIT:
        raise errors.TooManyCapacityPools(limit=POOLS_LIMIT)
    validation = Validation()
    name = validation.text(command.name, "name", limit=NAME_LIMIT)
    _check_name(validation, books, name)
    _check_numbers(validation, command.capacity, command.overbooking)
    validation.finish()
    pool = Pool(
        event_id=books.event_id,
        id=PoolId(source.new_id()),
        kind=PoolKind.SHARED,
        capacity=command.capacity,
        overbooking=command.overbooking,
        name=name,
    )
    books.pools[pool.id] = pool
    _tell(books, FactKind.CAPACITY_POOL_CREATED, pool, asked, _changes(None, pool))
    return pool.id


def update(books: Books, asked: Asked[UpdateCapacityPool], _source: TicketSource) -> PoolId:
    """Change the pool. Raises `CapacityPoolIsUnknown`, `CapacityIsTaken` and what is wrong with the command."""
    command = asked.command
    before = books.pools.get(command.pool_id)
    if before is None:
        raise errors.CapacityPoolIsUnknown("id")
    expect_version(command.expected_version, before.version, before.id)
    validation = Validation()
    after = before
    if command.name is not None:
        after = replace(after, name=validation.text(command.name, "name", limit=NAME_LIMIT))
        _check_name(validation, books, after.name, but=after.id)
    if before.kind is not PoolKind.SHARED and (command.name is not None or command.capacity != "unchanged"):
        validation.refuse(
            errors.ValueIsMalformed("id", what="shared pool: the others are changed with what they limit")
        )
    capacity = None if command.capacity == "unchanged" else command.capacity
    overbooking = before.overbooking if command.overbooking is None else command.overbooking
    _check_numbers(validation, capacity, overbooking)
    validation.optional_text(command.reason, "reason", limit=REASON_LIMIT, multiline=True)
    validation.finish()
    after = replace(after, overbooking=overbooking)
    after = resize(after, before.capacity if command.capacity == "unchanged" else command.capacity, "capacity")
    if after == before:
        return before.id
    after = replace(after, version=before.version + 1)
    books.pools[after.id] = after
    _tell(books, FactKind.CAPACITY_POOL_UPDATED, after, asked, _changes(before, after), reason=command.reason)
    return after.id


def draw(books: Books, asked: Asked[SetTicketTierPools], _source: TicketSource) -> TicketTierId:
    """Change the pools of a tier; what it has taken moves along, or nothing does. Raises `EventIsFull`."""
    command = asked.command
    before = books.tiers.get(command.ticket_tier_id)
    if before is None:
        raise errors.TicketTierIsUnknown("id")
    expect_version(command.expected_version, before.version, before.id)
    pool_ids = tuple(sorted(set(command.pool_ids)))
    shared = {pool.id for pool in books.pools.values() if pool.kind is PoolKind.SHARED}
    if not shared.issuperset(pool_ids):
        raise errors.CapacityPoolIsUnknown("capacity_pool_ids")
    if pool_ids == before.shared_pool_ids:
        return before.id
    own = books.pools[PoolId(before.id)]
    # Blocks name their pools themselves and stay where they are.
    used = {use: getattr(own, use.value) for use in (Use.CONFIRMED, Use.HELD, Use.OFFERED, Use.CHECKED_IN)}
    added = [pool_id for pool_id in pool_ids if pool_id not in before.shared_pool_ids]
    removed = [pool_id for pool_id in before.shared_pool_ids if pool_id not in pool_ids]
    taken = own.confirmed + own.held + own.offered
    if not books.have_room(added, taken):
        raise errors.EventIsFull("capacity_pool_ids", asked=taken, available=books.available(added) or 0)
    moved = {**books.move(added, used), **books.move(removed, {use: -by for use, by in used.items()})}
    after = replace(before, shared_pool_ids=pool_ids, version=before.version + 1, updated_at=books.now)
    books.tiers[after.id] = after
    changes: Json = {"shared_pool_ids": [as_json(before.shared_pool_ids), as_json(pool_ids)]}
    data: dict[str, Json] = {"version": after.version, "changes": changes, "deltas": moved}
    books.tell(FactKind.TICKET_TIER_UPDATED, after.id, data, actor_id=asked.actor_id, request_id=asked.request_id)
    return after.id


def set_policy(books: Books, asked: Asked[SetWaitlistPolicy], _source: TicketSource) -> EventId:
    """Change how the event's waiting list is worked; offers that stand keep their time."""
    command, head = asked.command, books.head
    expect_version(command.expected_version, books.version, books.event_id)
    look_past = head.look_past if command.look_past is None else command.look_past
    offer_seconds = head.offer_seconds if command.offer_seconds is None else command.offer_seconds
    validation = Validation()
    validation.number(look_past, "look_past", minimum=0, maximum=LOOK_PAST_LIMIT)
    validation.number(offer_seconds // 60, "offer_minutes", minimum=OFFER_MINUTES[0], maximum=OFFER_MINUTES[1])
    validation.finish()
    pairs = {
        "look_past": (head.look_past, look_past),
        "offer_minutes": (head.offer_seconds // 60, offer_seconds // 60),
    }
    changes: dict[str, Json] = {name: [old, new] for name, (old, new) in pairs.items() if old != new}
    if changes:
        books.head = replace(head, look_past=look_past, offer_seconds=offer_seconds)
        books.version += 1
        books.tell(
            FactKind.WAITLIST_POLICY_CHANGED,
            books.event_id,
            {"version": books.version, "changes": changes},
            actor_id=asked.actor_id,
            request_id=asked.request_id,
        )
    return books.event_id


def settle(books: Books, _asked: Asked[Settle], _source: TicketSource) -> EventId:
    """Nothing of its own: what runs out is settled before any command."""
    return books.event_id


def _check_name(validation: Validation, books: Books, name: str | None, *, but: PoolId | None = None) -> None:
    names = {pool.name.lower() for pool in books.pools.values() if pool.name and pool.id != but}
    if name and name.lower() in names:
        validation.refuse(errors.NameIsTaken("name"))


def _check_numbers(validation: Validation, capacity: int | None, overbooking: int) -> None:
    if capacity is not None:
        validation.number(capacity, "capacity", minimum=0, maximum=CAPACITY_LIMIT)
    validation.number(overbooking, "overbooking", minimum=0, maximum=OVERBOOKING_LIMIT)


def _changes(before: Pool | None, after: Pool) -> dict[str, Json]:
    names = ("name", "capacity", "overbooking")
    pairs = {name: (getattr(before, name, None), getattr(after, name)) for name in names}
    return {name: [old, new] for name, (old, new) in pairs.items() if old != new}


def _tell(
    books: Books,
    kind: FactKind,
    pool: Pool,
    asked: Asked[object],
    changes: dict[str, Json],
    *,
    reason: str | None = None,
) -> None:
    books.tell(
        kind,
        pool.id,
        {"version": pool.version, "changes": changes},
        actor_id=asked.actor_id,
        request_id=asked.request_id,
        private={"reason": reason} if reason else None,
        subject_id=asked.actor_id,
    )
