"""The tables of organizations, their members, invitations and venues."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text

from db.tables.columns import Table, counter, instant, key, number, one_of, reference, text_column


class Organizations(Table, table=True):
    """Organizations; `stream_version` is the head of their journal stream."""

    __tablename__: ClassVar[Any] = "organizations"
    __table_args__ = (
        UniqueConstraint("slug", name="organizations_slug_key"),
        Index("organizations_name_idx", text('lower(name) COLLATE "C"'), "id"),
    )
    id: UUID = key()
    slug: str = text_column()
    name: str = text_column()
    description: str | None = text_column(nullable=True)
    url: str | None = text_column(nullable=True)
    version: int = number(default=1)
    stream_version: int = counter()
    created_at: datetime = instant()
    updated_at: datetime = instant()


class Memberships(Table, table=True):
    """Who belongs to which organization, and as what."""

    __tablename__: ClassVar[Any] = "memberships"
    __table_args__ = (
        UniqueConstraint("organization_id", "user_id", name="memberships_member_key"),
        ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
        ForeignKeyConstraint(["user_id"], ["users.id"]),
        one_of("role", "OWNER", "MANAGER", "STAFF"),
        Index("memberships_user_id_idx", "user_id"),
        Index("memberships_organization_id_idx", "organization_id", "created_at", "id"),
    )
    id: UUID = key()
    organization_id: UUID = reference()
    user_id: UUID = reference()
    role: str = text_column()
    version: int = number(default=1)
    created_at: datetime = instant()
    updated_at: datetime = instant()


class Invitations(Table, table=True):
    """Open doors: one live invitation for each address and organization."""

    __tablename__: ClassVar[Any] = "invitations"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
        ForeignKeyConstraint(["invited_by"], ["users.id"]),
        one_of("role", "OWNER", "MANAGER", "STAFF"),
        Index(
            "invitations_open_key",
            "organization_id",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
        ),
    )
    id: UUID = key()
    organization_id: UUID = reference()
    email: str = text_column()
    role: str = text_column()
    invited_by: UUID = reference()
    created_at: datetime = instant()
    expires_at: datetime = instant()
    accepted_at: datetime | None = instant(nullable=True)
    revoked_at: datetime | None = instant(nullable=True)


class Venues(Table, table=True):
    """Places of an organization."""

    __tablename__: ClassVar[Any] = "venues"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
        CheckConstraint("capacity > 0", name="capacity"),
        Index("venues_organization_id_idx", "organization_id", text('lower(name) COLLATE "C"'), "id"),
        Index("venues_city_idx", text("lower(city)")),
        Index("venues_country_idx", "country"),
    )
    id: UUID = key()
    organization_id: UUID = reference()
    name: str = text_column()
    address: str | None = text_column(nullable=True)
    city: str = text_column()
    country: str = text_column()
    timezone: str = text_column()
    capacity: int | None = number(nullable=True)
    version: int = number(default=1)
    created_at: datetime = instant()
    updated_at: datetime = instant()
