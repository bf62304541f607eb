"""A house in memory: the books of one event, commands to them one after the other, and what has to hold in between."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import pytest

from domain import decisions, errors
from domain.asked import Asked, Outdated
from domain.blocks import Block
from domain.capacity import Books, EventHead, Line, Pool, PoolKind, Use
from domain.ids import BlockId, PoolId, RegistrationId, TicketId, TicketTierId, UserId, WaitlistEntryId
from domain.journal import FactKind
from domain.lifecycles import EventStatus
from domain.registrations import Registration, RegistrationStatus, Ticket, TicketStatus
from domain.ticket_tiers import TicketTier
from domain.waitlist import WaitlistEntry, WaitlistStatus
from tests.domain.made import EVENT, NOW, TIER, USER, a_tier

STARTS_AT, ENDS_AT = NOW + timedelta(days=10), NOW + timedelta(days=10, hours=3)
WHOLE, OWN = PoolId(EVENT), PoolId(TIER)
OTHER_TIER, SHARED = TicketTierId(UUID(int=30)), PoolId(UUID(int=31))
GUESTS = [UserId(UUID(int=100 + number)) for number in range(40)]


class Source:
    """Ids and codes in the order of the numbers."""

    def __init__(self) -> None:
        self._last = 1_000

    def new_id(self) -> UUID:
        self._last += 1
        return UUID(int=self._last)

    def new_ticket_code(self) -> str:
        self._last += 1
        return f"{self._last:05}-00000"


@dataclass(slots=True)
class House:
    """Books that are asked one command at a time: each time, what time has brought is settled first."""

    books: Books
    source: Source = field(default_factory=Source)

    def settle(self) -> None:
        decisions.settle(self.books)

    def ask(self, command: Any, actor_id: UserId | None = USER) -> Any:
        """The answer, or the refusal raised; either way the books are proved."""
        self.settle()
        before = copied(self.books)
        try:
            return decisions.decide(self.books, Asked(EVENT, command, actor_id), self.source)
        except (errors.Refusal, errors.Refused, errors.RequestError, Outdated):
            assert self.books == before, "a refusal changes nothing"
            raise
        finally:
            prove(self.books)

    def refused(
        self,
        refusal: type[errors.Refusal | errors.Refused | errors.RequestError],
        command: Any,
        actor_id: UserId | None = USER,
    ) -> Mapping[str, errors.Scalar]:
        """The numbers with which the command is refused."""
        with pytest.raises(refusal) as refused:
            self.ask(command, actor_id)
        return refused.value.params if isinstance(refused.value, errors.Refusal) else {}

    def advance(self, **delta: float) -> None:
        self.books.now += timedelta(**delta)

    def change(self, pool_id: PoolId, **changed: int | None) -> None:
        """Give a pool other limits, as whoever edits the event or the tier does outside the lanes."""
        self.books.pools[pool_id] = replace(self.books.pools[pool_id], **changed)  # pyright: ignore[reportArgumentType]

    def pool(self, pool_id: PoolId = WHOLE) -> Pool:
        return self.books.pools[pool_id]

    def registration(self, registration_id: RegistrationId) -> Registration:
        return self.books.registrations[registration_id]

    def tickets(self, registration_id: RegistrationId) -> list[Ticket]:
        return [ticket for ticket in self.books.tickets.values() if ticket.registration_id == registration_id]

    def entry(self, entry_id: WaitlistEntryId) -> WaitlistEntry:
        return self.books.entries[entry_id]

    def block(self, block_id: BlockId) -> Block:
        return self.books.blocks[block_id]

    @property
    def told(self) -> list[FactKind]:
        """The kinds of all lines, in order."""
        return [line.fact.kind for line in self.books.lines]

    @property
    def last(self) -> Line:
        return self.books.lines[-1]


def a_pool(pool_id: PoolId, capacity: int | None, *, overbooking: int = 0) -> Pool:
    kinds = {WHOLE: PoolKind.EVENT, SHARED: PoolKind.SHARED}
    kind = kinds.get(pool_id, PoolKind.TICKET_TIER)
    name = "Seats" if kind is PoolKind.SHARED else None
    return Pool(EVENT, pool_id, kind, capacity, overbooking=overbooking, name=name)


def a_house(
    capacity: int | None = 10,
    *,
    quota: int | None = None,
    other_quota: int | None = None,
    shared: int | None = None,
    other_draws_on_shared: bool = True,
    look_past: int = 0,
    **tier: object,
) -> House:
    """An open event with two tiers that share a pool, all of them unlimited unless a limit is given.

    `tier` are changes to the first tier; `other_draws_on_shared` says whether both draw on the shared pool.
    """
    first = replace(a_tier(), shared_pool_ids=(SHARED,), **tier)  # pyright: ignore[reportArgumentType]
    other = replace(a_tier(), id=OTHER_TIER, name="Other", shared_pool_ids=(SHARED,) if other_draws_on_shared else ())
    pools = [a_pool(WHOLE, capacity), a_pool(OWN, quota), a_pool(PoolId(OTHER_TIER), other_quota)]
    return House(books_of(first, other, pools=[*pools, a_pool(SHARED, shared)], look_past=look_past))


def books_of(*tiers: TicketTier, pools: list[Pool], look_past: int = 0, now: datetime = NOW) -> Books:
    head = EventHead(EVENT, stream_version=5, sales_open=True, sales_until=ENDS_AT, look_past=look_past)
    return Books(
        head=head,
        status=EventStatus.PUBLISHED,
        starts_at=STARTS_AT,
        now=now,
        pools={pool.id: pool for pool in pools},
        tiers={tier.id: tier for tier in tiers},
        registrations={},
        tickets={},
        entries={},
        blocks={},
        scans={},
        places={},
        unread={},
    )


def copied(books: Books) -> Books:
    """The books as they are now: whatever is in them never changes, so it need not be copied."""
    values = {item.name: copy(getattr(books, item.name)) for item in fields(books)}
    return Books(**values)


# --- What holds between two commands ----------------------------------------------------------------------------------


class Rows(Protocol):
    """Everything that is there of one event: whole books, or what was read from tables."""

    head: EventHead
    now: datetime
    pools: dict[PoolId, Pool]
    tiers: dict[TicketTierId, TicketTier]
    registrations: dict[RegistrationId, Registration]
    tickets: dict[TicketId, Ticket]
    entries: dict[WaitlistEntryId, WaitlistEntry]
    blocks: dict[BlockId, Block]


def prove(books: Books) -> None:
    """Fail unless the books are sound, each line of them counted."""
    prove_rows(books)
    told: Counter[tuple[PoolId, Use]] = Counter()
    waiting = 0
    for line in books.lines:
        waiting += number(line.fact.data.get("waiting", 0))
        deltas = line.fact.data.get("deltas", {})
        assert isinstance(deltas, Mapping)
        for pool_id, moved in deltas.items():
            assert isinstance(moved, Mapping)
            told.update({(PoolId(UUID(pool_id)), Use(use)): number(by) for use, by in moved.items()})
    assert +told == +Counter(used_by(books.pools)), "the lines add up to the counters"
    assert waiting == books.head.waiting, "the lines add up to those who wait"


def prove_rows(rows: Rows) -> None:
    """Fail unless counters, rows, limits and the waiting list agree with one another."""
    for pool in rows.pools.values():
        assert min(pool.confirmed, pool.held, pool.offered, pool.blocked, pool.checked_in) >= 0
        assert pool.checked_in <= pool.confirmed
        assert pool.capacity is None or pool.taken <= pool.capacity + pool.overbooking, "nothing is sold twice"
    assert counted(rows) == +Counter(used_by(rows.pools)), "the rows add up to the counters"
    assert rows.head.waiting == sum(entry.is_waiting for entry in rows.entries.values())
    good = Counter(
        ticket.registration_id for ticket in rows.tickets.values() if ticket.status is not TicketStatus.CANCELLED
    )
    for registration in rows.registrations.values():
        is_confirmed = registration.status is RegistrationStatus.CONFIRMED
        assert good[registration.id] == (registration.quantity if is_confirmed else 0), "each place has a ticket"
    _prove_times(rows)
    _prove_list(rows)


def used_by(pools: Mapping[PoolId, Pool]) -> dict[tuple[PoolId, Use], int]:
    """What the counters say."""
    return {(pool.id, use): int(getattr(pool, use.value)) for pool in pools.values() for use in Use}


def counted(rows: Rows) -> Counter[tuple[PoolId, Use]]:
    """What the counters should say, recounted from what takes places."""
    found: Counter[tuple[PoolId, Use]] = Counter()
    for pool_ids, use, quantity in _takers(rows):
        for pool_id in pool_ids:
            found[pool_id, use] += quantity
    return found


def _takers(rows: Rows) -> Iterator[tuple[Sequence[PoolId], Use, int]]:
    uses = {RegistrationStatus.HELD: Use.HELD, RegistrationStatus.CONFIRMED: Use.CONFIRMED}
    for registration in rows.registrations.values():
        if registration.status in uses:
            yield pools_of(rows, registration.ticket_tier_id), uses[registration.status], registration.quantity
    for ticket in rows.tickets.values():
        if ticket.status is TicketStatus.CHECKED_IN:
            yield pools_of(rows, rows.registrations[ticket.registration_id].ticket_tier_id), Use.CHECKED_IN, 1
    for entry in rows.entries.values():
        if entry.status is WaitlistStatus.OFFERED:
            yield pools_of(rows, entry.ticket_tier_id), Use.OFFERED, entry.quantity
    for block in rows.blocks.values():
        if block.released_at is None:
            yield block.pool_ids, Use.BLOCKED, block.quantity


def pools_of(rows: Rows, tier_id: TicketTierId) -> tuple[PoolId, ...]:
    return (PoolId(rows.head.event_id), PoolId(tier_id), *rows.tiers[tier_id].shared_pool_ids)


def left(rows: Rows, taken: Counter[tuple[PoolId, Use]], pool_id: PoolId) -> int:
    """How many places of a pool are left; very many where nothing limits it."""
    pool = rows.pools[pool_id]
    if pool.capacity is None:
        return 10**9
    return pool.capacity + pool.overbooking - sum(taken[pool_id, use] for use in Use if use is not Use.CHECKED_IN)


def room(rows: Rows, tier_id: TicketTierId, taken: Counter[tuple[PoolId, Use]] | None = None) -> int:
    """How many places of a tier are left, by counting what takes them."""
    taken = counted(rows) if taken is None else taken
    return min(left(rows, taken, pool_id) for pool_id in pools_of(rows, tier_id))


def is_sold(rows: Rows, tier_id: TicketTierId) -> bool:
    """Whether the tier is on sale."""
    tier = rows.tiers[tier_id]
    begins, ends = tier.sales_start_at or rows.now, tier.sales_end_at or rows.head.sales_until
    return rows.head.sales_open and begins <= rows.now < min(ends, rows.head.sales_until)


def is_kept(
    rows: Rows,
    tier_id: TicketTierId,
    *,
    before: WaitlistEntry | None = None,
    taken: Counter[tuple[PoolId, Use]] | None = None,
) -> bool:
    """Whether somebody who waits is short of a pool of the tier: of those before an entry, who may not be passed."""
    taken = counted(rows) if taken is None else taken
    drawn = set(pools_of(rows, tier_id))
    return any(
        left(rows, taken, pool_id) < entry.quantity
        for entry in rows.entries.values()
        if entry.is_waiting and is_sold(rows, entry.ticket_tier_id)
        if before is None or (entry.order < before.order and entry.passed >= rows.head.look_past)
        for pool_id in drawn.intersection(pools_of(rows, entry.ticket_tier_id))
    )


def number(value: object) -> int:
    assert isinstance(value, int)
    return value


def _prove_times(rows: Rows) -> None:
    ends: list[datetime] = []
    for registration in rows.registrations.values():
        if registration.status is RegistrationStatus.HELD:
            assert registration.expires_at is not None
            assert registration.expires_at > rows.now, "no hold outlives its time"
            ends.append(registration.expires_at)
    for entry in rows.entries.values():
        if entry.status is WaitlistStatus.OFFERED:
            assert entry.offer_expires_at is not None
            sales_end_at = rows.tiers[entry.ticket_tier_id].sales_end_at or rows.head.sales_until
            assert rows.now < entry.offer_expires_at <= min(sales_end_at, rows.head.sales_until)
            ends.append(entry.offer_expires_at)
    ends += [block.release_at for block in rows.blocks.values() if block.release_at and not block.released_at]
    if ends:
        assert rows.head.due_at is not None
        assert rows.head.due_at <= min(ends), "nothing runs out before the event is due"


def _prove_list(rows: Rows) -> None:
    taken = counted(rows)
    for entry in rows.entries.values():
        if entry.is_waiting and is_sold(rows, entry.ticket_tier_id):
            has_room = room(rows, entry.ticket_tier_id, taken) >= entry.quantity
            assert not has_room or is_kept(rows, entry.ticket_tier_id, before=entry, taken=taken), (
                "nobody waits who could be served"
            )
