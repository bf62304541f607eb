"""The table of waiting lists: one row for each entry, in the order of its event's stream."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, text
from sqlmodel import Field

from db.tables.columns import Table, instant, key, number, one_of, reference, text_column


class WaitlistEntries(Table, table=True):
    """Somebody who waits for places of a ticket tier.

    `position` is the version of the event's stream in which the entry was made: whoever came first has the lower one.
    """

    __tablename__: ClassVar[Any] = "waitlist_entries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["event_id", "ticket_tier_id"],
            ["ticket_tiers.event_id", "ticket_tiers.id"],
            name="waitlist_entries_ticket_tier_fkey",
        ),
        ForeignKeyConstraint(["user_id"], ["users.id"]),
        one_of("status", "WAITING", "SUSPENDED", "OFFERED", "ACCEPTED", "DECLINED", "EXPIRED", "LEFT", "CLOSED"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("(status = 'OFFERED') = (offer_expires_at IS NOT NULL)", name="offer"),
        Index(
            "waitlist_entries_live_key",
            "event_id",
            "ticket_tier_id",
            "user_id",
            unique=True,
            postgresql_where=text("status IN ('WAITING', 'SUSPENDED', 'OFFERED')"),
        ),
        Index(
            "waitlist_entries_order_idx",
            "event_id",
            "ticket_tier_id",
            text("priority DESC"),
            "position",
            postgresql_where=text("status = 'WAITING'"),
        ),
        Index(
            "waitlist_entries_offer_idx", "event_id", "offer_expires_at", postgresql_where=text("status = 'OFFERED'")
        ),
        Index("waitlist_entries_position_idx", "event_id", "position", "id"),
        Index("waitlist_entries_user_id_idx", "user_id", "created_at", "id"),
    )
    event_id: UUID = key()
    id: UUID = key()
    ticket_tier_id: UUID = reference()
    user_id: UUID = reference()
    quantity: int = number()
    status: str = text_column()
    priority: int = number(default=0)
    position: int = Field(sa_column=Column(BigInteger, nullable=False))
    # How often later entries were served before this one under the event's policy.
    passed: int = number(default=0)
    offered_at: datetime | None = instant(nullable=True)
    notified_at: datetime | None = instant(nullable=True)
    offer_expires_at: datetime | None = instant(nullable=True)
    registration_id: UUID | None = reference(nullable=True)
    version: int = number(default=1)
    created_at: datetime = instant()
    updated_at: datetime = instant()
