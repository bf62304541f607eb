"""Writing events, their heads, pools and ticket tiers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from db.database import Session
from db.mapping import columns, insert, update, value_from
from domain.capacity import EventHead, Pool, PoolKind
from domain.events import Event
from domain.ids import EventId, OrganizationId, PoolId, TicketTierId, VenueId
from domain.ticket_tiers import TicketTier

_HEAD = f"SELECT {columns(EventHead)} FROM event_heads WHERE event_id = $1 FOR UPDATE"
_EVENT = f"SELECT {columns(Event)} FROM events WHERE id = $1"
_POOLS = f"""
SELECT {columns(Pool)} FROM capacity_pools WHERE event_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR UPDATE
"""
_TIERS = f"SELECT {columns(TicketTier)} FROM ticket_tiers WHERE event_id = $1 ORDER BY position, id"
_TIER = f"SELECT {columns(TicketTier)} FROM ticket_tiers WHERE event_id = $1 AND id = $2"
# Where nothing waits or runs out, nothing is due.
_SETTLE_NEXT = (
    "UPDATE event_heads SET due_at = least(due_at, $2) WHERE event_id = ANY($1::uuid[]) AND due_at IS NOT NULL"
)


@dataclass(frozen=True, slots=True)
class SqlEvents:
    """Events on one transaction."""

    session: Session

    async def get_for_update(self, event_id: EventId) -> Event | None:
        """Lock the head, then read the event in a statement of its own: a snapshot from after the lock."""
        head = await self.head_for_update(event_id)
        return await self.get(event_id) if head else None

    async def head_for_update(self, event_id: EventId) -> EventHead | None:
        """Lock the head only."""
        row = await self.session.fetchrow(_HEAD, event_id)
        return value_from(EventHead, row) if row else None

    async def get(self, event_id: EventId) -> Event | None:
        """The event without a lock."""
        row = await self.session.fetchrow(_EVENT, event_id)
        return value_from(Event, row) if row else None

    async def insert(self, event: Event, *, capacity: int | None) -> None:
        """Store a new event with its head and its own pool."""
        await insert(self.session, "events", event)
        await insert(self.session, "event_heads", head_of(event))
        pool = Pool(event.id, PoolId(event.id), PoolKind.EVENT, capacity)
        await insert(self.session, "capacity_pools", pool)

    async def save(self, before: Event, after: Event) -> None:
        """Write what differs, the head included."""
        await update(self.session, "events", before, after)
        await update(self.session, "event_heads", head_of(before), head_of(after), key=("event_id",))
        await self.settle_next([after.id], after.updated_at)

    async def has_venue(self, organization_id: OrganizationId, venue_id: VenueId) -> bool:
        """Whether the venue belongs to the organization."""
        sql = "SELECT 1 FROM venues WHERE id = $1 AND organization_id = $2"
        return await self.session.fetchrow(sql, venue_id, organization_id) is not None

    async def pools_for_update(self, event_id: EventId, pool_ids: Collection[PoolId]) -> list[Pool]:
        """Lock the pools in id order and read them in that order."""
        rows = await self.session.fetch(_POOLS, event_id, list(pool_ids))
        return [value_from(Pool, row) for row in rows]

    async def save_pools(self, before: Sequence[Pool], after: Sequence[Pool]) -> None:
        """Write what differs."""
        for old, new in zip(before, after, strict=True):
            await update(self.session, "capacity_pools", old, new, key=("event_id", "id"))

    async def ticket_tiers(self, event_id: EventId) -> list[TicketTier]:
        """All tiers in their order."""
        return [value_from(TicketTier, row) for row in await self.session.fetch(_TIERS, event_id)]

    async def ticket_tier(self, event_id: EventId, ticket_tier_id: TicketTierId) -> TicketTier | None:
        """One tier."""
        row = await self.session.fetchrow(_TIER, event_id, ticket_tier_id)
        return value_from(TicketTier, row) if row else None

    async def insert_ticket_tier(self, tier: TicketTier, *, quota: int | None) -> None:
        """Store a new tier with its pool."""
        await insert(self.session, "ticket_tiers", tier)
        pool = Pool(tier.event_id, PoolId(tier.id), PoolKind.TICKET_TIER, quota)
        await insert(self.session, "capacity_pools", pool)

    async def save_ticket_tier(self, before: TicketTier, after: TicketTier) -> None:
        """Write what differs."""
        await update(self.session, "ticket_tiers", before, after, key=("event_id", "id"))
        await self.settle_next([after.event_id], after.updated_at)

    async def settle_next(self, event_ids: Collection[EventId], at: datetime) -> None:
        """Let whoever opens the books of these events next settle them first: more may be free, or over."""
        await self.session.execute(_SETTLE_NEXT, list(event_ids), at)


@dataclass(frozen=True, slots=True)
class _Head:
    """The columns of a head that follow from its event."""

    event_id: EventId
    sales_open: bool
    sales_until: datetime


def head_of(event: Event) -> _Head:
    """What the head says about an event that is stored with it."""
    return _Head(event.id, event.sales_open, event.ends_at)
