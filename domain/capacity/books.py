"""The books of one event: everything that decides about its places, as read under its lock, and what changes.

Whoever decides writes here; `db/books.py` reads and stores them. Books are open while one transaction holds the lock
of the event, and `now` stands still for as long.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain import errors
from domain.capacity.pools import Moves, Pool, least_available
from domain.ids import BlockId, EventId, PoolId, RegistrationId, TicketId, TicketTierId, UserId, WaitlistEntryId
from domain.journal import Fact, FactKind, Json
from domain.lifecycles import EventStatus

if TYPE_CHECKING:
    from domain.blocks import Block
    from domain.check_in import Scan
    from domain.registrations import Registration, Ticket
    from domain.ticket_tiers import TicketTier
    from domain.waitlist import WaitlistEntry


@dataclass(frozen=True, slots=True)
class EventHead:
    """The locked row of an event.

    `sales_until` is the end of the event. Nothing runs out before `due_at`. `waiting` counts the entries that wait,
    `look_past` is how often a group may be passed by smaller ones, `offer_seconds` how long an offer stands.
    """

    event_id: EventId
    stream_version: int
    sales_open: bool
    sales_until: datetime
    due_at: datetime | None = None
    waiting: int = 0
    look_past: int = 0
    offer_seconds: int = 86_400


@dataclass(frozen=True, slots=True)
class Line:
    """A fact on its way to the journal, with who did it. Without `actor_id` it was the clock."""

    fact: Fact
    actor_id: UserId | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """The end of a tier's waiting list, which was not read: whoever waits behind `after` in the order of the list.

    `largest` is the largest group among them.
    """

    after: tuple[int, int]
    largest: int


@dataclass(slots=True)
class Books:
    """What is known of an event's places and who has or wants them. Not everything: what the commands at hand need.

    `version` counts edits of the event itself, `places` what a person has of a tier already. `sought` are tiers of
    whose waiting list more has to be read before anybody else is served.
    """

    head: EventHead
    status: EventStatus
    starts_at: datetime
    now: datetime
    pools: dict[PoolId, Pool]
    tiers: dict[TicketTierId, "TicketTier"]
    registrations: dict[RegistrationId, "Registration"]
    tickets: dict[TicketId, "Ticket"]
    entries: dict[WaitlistEntryId, "WaitlistEntry"]
    blocks: dict[BlockId, "Block"]
    scans: dict[str, "Scan"]
    places: dict[tuple[TicketTierId, UserId], int]
    unread: dict[TicketTierId, Unread]
    version: int = 1
    sought: set[TicketTierId] = field(default_factory=set[TicketTierId])
    lines: list[Line] = field(default_factory=list[Line])

    @property
    def event_id(self) -> EventId:
        """The event."""
        return self.head.event_id

    @property
    def next_position(self) -> int:
        """The version that the next line will have: it also orders the waiting list."""
        return self.head.stream_version + len(self.lines) + 1

    # --- Places ---------------------------------------------------------------------------------------------------

    def pool_ids_of(self, tier: "TicketTier") -> tuple[PoolId, ...]:
        """The pools that a place of the tier is taken from."""
        return (PoolId(self.event_id), PoolId(tier.id), *tier.shared_pool_ids)

    def available(self, pool_ids: Iterable[PoolId]) -> int | None:
        """How many places a claim on all of the pools could get."""
        return least_available(self.pools[pool_id] for pool_id in pool_ids)

    def have_room(self, pool_ids: Iterable[PoolId], quantity: int) -> bool:
        """Whether each of the pools has so many places left."""
        return all(self.pools[pool_id].has_room_for(quantity) for pool_id in pool_ids)

    def require_room(self, pool_ids: Collection[PoolId], quantity: int) -> None:
        """Raise `EventIsFull`, and `OthersAreWaiting` when the places left are for those who wait."""
        if not self.have_room(pool_ids, quantity):
            raise errors.EventIsFull("quantity", asked=quantity, available=self.available(pool_ids) or 0)
        awaited = self.awaited()
        if awaited and not awaited.isdisjoint(pool_ids):
            raise errors.OthersAreWaiting(
                "quantity", asked=quantity, available=self.available(pool_ids), waiting=self.head.waiting
            )

    def awaited(self) -> set[PoolId]:
        """The pools that are too short for somebody who waits: what is left in them is not for newcomers."""
        if not self.head.waiting:
            return set()
        wanted = {tier_id: unread.largest for tier_id, unread in self.unread.items()}
        for entry in self.entries.values():
            if entry.is_waiting:
                wanted[entry.ticket_tier_id] = max(wanted.get(entry.ticket_tier_id, 0), entry.quantity)
        return {
            pool_id
            for tier_id, quantity in wanted.items()
            if self.sells(self.tiers[tier_id])
            for pool_id in self.pool_ids_of(self.tiers[tier_id])
            if tier_id in self.sought or not self.pools[pool_id].has_room_for(quantity)
        }

    def sells(self, tier: "TicketTier") -> bool:
        """Whether the tier is sold now: who waits for one that is not keeps nothing from others."""
        has_begun = tier.sales_start_at is None or tier.sales_start_at <= self.now
        return has_begun and self.now < self.sales_end(tier)

    def sales_end(self, tier: "TicketTier") -> datetime:
        """When the tier is sold no more: never after the event."""
        return min(self.head.sales_until, tier.sales_end_at or self.head.sales_until)

    def move(self, pool_ids: Iterable[PoolId], moves: Moves) -> dict[str, Json]:
        """Move the counters of each pool; what the journal says of it."""
        moved: dict[str, Json] = {use.value: by for use, by in moves.items()}
        for pool_id in pool_ids:
            self.pools[pool_id] = self.pools[pool_id].moved(moves)
        return {str(pool_id): moved for pool_id in pool_ids}

    def count_places(self, tier_id: TicketTierId, user_id: UserId, by: int) -> None:
        """Note that a person has more or fewer places of a tier now."""
        key = (tier_id, user_id)
        self.places[key] = self.places.get(key, 0) + by

    # --- What happened --------------------------------------------------------------------------------------------

    def tell(
        self,
        kind: FactKind,
        object_id: UUID,
        data: Mapping[str, Json],
        *,
        actor_id: UserId | None = None,
        request_id: str | None = None,
        private: Mapping[str, Json] | None = None,
        subject_id: UserId | None = None,
    ) -> None:
        """Add a line to the event's stream."""
        fact = Fact(kind, object_id, data, private or {}, subject_id if private else None)
        self.lines.append(Line(fact, actor_id, request_id))

    def wait(self, by: int) -> None:
        """Note that more or fewer entries wait."""
        self.head = replace(self.head, waiting=self.head.waiting + by)

    def due(self, at: datetime | None) -> None:
        """Note that something runs out at that time."""
        if at is not None and (self.head.due_at is None or at < self.head.due_at):
            self.head = replace(self.head, due_at=at)
