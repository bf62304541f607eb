"""The tables of events: details, lock, capacity pools and ticket tiers."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlmodel import Field

from db.tables.columns import Table, counter, flag, instant, key, number, one_of, reference, text_column, wall_clock


class Events(Table, table=True):
    """Events; the wall clock and the zone are the truth, the instants derived from them."""

    __tablename__: ClassVar[Any] = "events"
    __table_args__ = (
        UniqueConstraint("slug", name="events_slug_key"),
        ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
        ForeignKeyConstraint(["venue_id"], ["venues.id"]),
        ForeignKeyConstraint(["created_by"], ["users.id"]),
        one_of("status", "DRAFT", "IN_REVIEW", "APPROVED", "PUBLISHED", "POSTPONED", "CANCELLED", "ARCHIVED"),
        CheckConstraint("ends_at > starts_at", name="schedule"),
        Index("events_starts_at_idx", "starts_at", "id"),
        Index("events_created_at_idx", "created_at", "id"),
        Index("events_title_idx", text('lower(title) COLLATE "C"'), "id"),
        Index("events_organization_id_idx", "organization_id", "starts_at", "id"),
        Index("events_category_idx", "category", "starts_at", "id"),
        Index("events_venue_id_idx", "venue_id", "starts_at", "id"),
        # A search reads what waits to be sorted into the index from end to end: little may wait.
        Index("events_search_idx", "search", postgresql_using="gin", postgresql_with={"gin_pending_list_limit": "256"}),
    )
    id: UUID = key()
    organization_id: UUID = reference()
    venue_id: UUID | None = reference(nullable=True)
    slug: str = text_column()
    title: str = text_column()
    summary: str | None = text_column(nullable=True)
    description: str | None = text_column(nullable=True)
    category: str = text_column()
    tags: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'")))
    status: str = text_column()
    starts_at_local: datetime = wall_clock()
    ends_at_local: datetime = wall_clock()
    timezone: str = text_column()
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    online: bool = flag(default=False)
    url: str | None = text_column(nullable=True)
    published_at: datetime | None = instant(nullable=True)
    version: int = number(default=1)
    created_by: UUID = reference()
    created_at: datetime = instant()
    updated_at: datetime = instant()
    # Kept by triggers: see `db/tables/search.py`. What no SQLModel can say stands there as well.
    search: str = Field(sa_column=Column(TSVECTOR, nullable=True))
    search_rank: str = Field(sa_column=Column(TSVECTOR, nullable=True))
    organization_words: str | None = text_column(nullable=True)
    venue_words: str | None = text_column(nullable=True)


class EventHeads(Table, table=True):
    """The lock of an event: narrow, so that the registration path rewrites few bytes."""

    __tablename__: ClassVar[Any] = "event_heads"
    __table_args__ = (
        ForeignKeyConstraint(["event_id"], ["events.id"]),
        CheckConstraint("waiting >= 0", name="waiting"),
        CheckConstraint("look_past BETWEEN 0 AND 100", name="look_past"),
        CheckConstraint("offer_seconds BETWEEN 60 AND 2592000", name="offer_seconds"),
        Index("event_heads_due_at_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )
    event_id: UUID = key()
    stream_version: int = counter()
    sales_open: bool = flag(default=False)
    sales_until: datetime = instant()
    # No hold, offer or block of the event runs out before this.
    due_at: datetime | None = instant(nullable=True)
    # How many entries of the waiting list wait, so that most claims need not look.
    waiting: int = number(default=0)
    look_past: int = number(default=0)
    offer_seconds: int = number(default=86_400)


class CapacityPools(Table, table=True):
    """What is taken of what. A pool has the id of what it limits: its event, or a ticket tier of it.

    A shared pool has an id and a name of its own; the ticket tiers that draw on it name it.
    """

    __tablename__: ClassVar[Any] = "capacity_pools"
    __table_args__ = (
        ForeignKeyConstraint(["event_id"], ["events.id"]),
        one_of("kind", "EVENT", "TICKET_TIER", "SHARED"),
        CheckConstraint("(kind = 'SHARED') = (name IS NOT NULL)", name="name"),
        # Reads find the pool of the event itself by its kind: there is exactly one.
        CheckConstraint("(kind = 'EVENT') = (id = event_id)", name="event_pool"),
        CheckConstraint(
            "confirmed >= 0 AND held >= 0 AND offered >= 0 AND blocked >= 0 AND overbooking >= 0", name="counters"
        ),
        CheckConstraint("confirmed + held + offered + blocked <= capacity + overbooking", name="capacity"),
        CheckConstraint("checked_in BETWEEN 0 AND confirmed", name="checked_in"),
        Index("capacity_pools_name_key", "event_id", text("lower(name)"), unique=True),
    )
    event_id: UUID = key()
    id: UUID = key()
    kind: str = text_column()
    capacity: int | None = number(nullable=True)
    overbooking: int = number(default=0)
    confirmed: int = number(default=0)
    held: int = number(default=0)
    offered: int = number(default=0)
    blocked: int = number(default=0)
    name: str | None = text_column(nullable=True)
    checked_in: int = number(default=0)
    version: int = number(default=1)


class CapacityBlocks(Table, table=True):
    """Places that organizers keep back; the pools it takes them from are named once and for all."""

    __tablename__: ClassVar[Any] = "capacity_blocks"
    __table_args__ = (
        ForeignKeyConstraint(["event_id"], ["events.id"]),
        ForeignKeyConstraint(["created_by"], ["users.id"]),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("cardinality(pool_ids) > 0", name="pool_ids"),
        Index("capacity_blocks_created_at_idx", "event_id", "created_at", "id"),
        Index("capacity_blocks_release_at_idx", "event_id", "release_at", postgresql_where=text("released_at IS NULL")),
    )
    event_id: UUID = key()
    id: UUID = key()
    pool_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))
    quantity: int = number()
    owner: str = text_column()
    reason: str = text_column()
    release_at: datetime | None = instant(nullable=True)
    released_at: datetime | None = instant(nullable=True)
    version: int = number(default=1)
    created_by: UUID = reference()
    created_at: datetime = instant()
    updated_at: datetime = instant()


class TicketTiers(Table, table=True):
    """What is sold for an event; the quota is the capacity of the pool with the same id."""

    __tablename__: ClassVar[Any] = "ticket_tiers"
    __table_args__ = (
        ForeignKeyConstraint(["event_id"], ["events.id"]),
        CheckConstraint("price_minor >= 0", name="price_minor"),
        CheckConstraint("per_person_limit > 0", name="per_person_limit"),
        CheckConstraint("sales_end_at > sales_start_at", name="sales_window"),
        Index("ticket_tiers_name_key", "event_id", text("lower(name)"), unique=True),
    )
    event_id: UUID = key()
    id: UUID = key()
    name: str = text_column()
    description: str | None = text_column(nullable=True)
    price_minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str = text_column()
    sales_start_at: datetime | None = instant(nullable=True)
    sales_end_at: datetime | None = instant(nullable=True)
    per_person_limit: int | None = number(nullable=True)
    position: int = number()
    version: int = number(default=1)
    created_at: datetime = instant()
    updated_at: datetime = instant()
    # Pools that it draws on besides its own and its event's.
    shared_pool_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False, server_default=text("'{}'")))
