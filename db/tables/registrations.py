"""The tables of registrations, tickets and scans at the door.

Their keys start with the event: the path can be distributed by it.
"""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from db.tables.columns import Table, instant, key, number, one_of, reference, text_column


class Registrations(Table, table=True):
    """Places taken, with the price of that moment."""

    __tablename__: ClassVar[Any] = "registrations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["event_id", "ticket_tier_id"],
            ["ticket_tiers.event_id", "ticket_tiers.id"],
            name="registrations_ticket_tier_fkey",
        ),
        ForeignKeyConstraint(["user_id"], ["users.id"]),
        one_of("status", "HELD", "PENDING_APPROVAL", "CONFIRMED", "CANCELLED", "EXPIRED", "REJECTED"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index("registrations_created_at_idx", "event_id", "created_at", "id"),
        Index("registrations_user_idx", "event_id", "user_id"),
        Index("registrations_user_id_idx", "user_id", "created_at", "id"),
        Index("registrations_expires_at_idx", "event_id", "expires_at", postgresql_where=text("status = 'HELD'")),
    )
    event_id: UUID = key()
    id: UUID = key()
    ticket_tier_id: UUID = reference()
    user_id: UUID = reference()
    status: str = text_column()
    quantity: int = number()
    price_minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str = text_column()
    expires_at: datetime | None = instant(nullable=True)
    cancelled_at: datetime | None = instant(nullable=True)
    version: int = number(default=1)
    created_at: datetime = instant()
    updated_at: datetime = instant()
    extensions: int = number(default=0)
    payment_reference: str | None = text_column(nullable=True)


class Tickets(Table, table=True):
    """One row for each place of a registration."""

    __tablename__: ClassVar[Any] = "tickets"
    __table_args__ = (
        ForeignKeyConstraint(
            ["event_id", "registration_id"],
            ["registrations.event_id", "registrations.id"],
            name="tickets_registration_fkey",
        ),
        UniqueConstraint("event_id", "code", name="tickets_code_key"),
        one_of("status", "VALID", "CHECKED_IN", "CANCELLED"),
        Index("tickets_registration_id_idx", "event_id", "registration_id"),
    )
    event_id: UUID = key()
    id: UUID = key()
    registration_id: UUID = reference()
    code: str = text_column()
    attendee_name: str | None = text_column(nullable=True)
    status: str = text_column()
    checked_in_at: datetime | None = instant(nullable=True)


class CheckInScans(Table, table=True):
    """Scans that devices uploaded under a name of their own: the same scan again is the same answer."""

    __tablename__: ClassVar[Any] = "check_in_scans"
    __table_args__ = (
        ForeignKeyConstraint(["event_id"], ["events.id"]),
        one_of("outcome", "CHECKED_IN", "ALREADY_CHECKED_IN", "CANCELLED", "UNKNOWN"),
    )
    event_id: UUID = key()
    nonce: str = Field(sa_column=Column(Text, primary_key=True))
    code: str = text_column()
    outcome: str = text_column()
    ticket_id: UUID | None = reference(nullable=True)
    scanned_at: datetime = instant()
    created_at: datetime = instant()
