"""Every table of Bilten, once: the source of the DDL and the yardstick of the migrations.

Keys on the registration path start with `event_id`, so that the path can be distributed by event. Constraint names
are part of the design: `db/failures.py` maps them to domain errors.
"""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DDL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    Uuid,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.types import UserDefinedType
from sqlmodel import Field, SQLModel

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ix": "%(table_name)s_%(column_0_name)s_idx",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

TAGS_TEXT = DDL(
    """
    CREATE FUNCTION bilten_words(tags text[]) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN array_to_string(tags, ' ')
    """
)
"""array_to_string is only stable in general; over text[] it cannot vary, and a generated column must not."""

event.listen(metadata, "before_create", TAGS_TEXT)


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
        """The name of the type in DDL."""
        return "xid8"


def _key() -> Any:  # noqa: ANN401 - SQLModel's Field is untyped by design
    return Field(sa_column=Column(Uuid, primary_key=True))


def _id(*, nullable: bool = False) -> Any:  # noqa: ANN401
    return Field(sa_column=Column(Uuid, nullable=nullable))


def _text(*, nullable: bool = False) -> Any:  # noqa: ANN401
    return Field(sa_column=Column(Text, nullable=nullable))


def _instant(*, nullable: bool = False) -> Any:  # noqa: ANN401
    return Field(sa_column=Column(DateTime(timezone=True), nullable=nullable))


def _wall_clock() -> Any:  # noqa: ANN401
    return Field(sa_column=Column(DateTime(timezone=False), nullable=False))


def _number(*, nullable: bool = False, default: int | None = None) -> Any:  # noqa: ANN401
    server_default = None if default is None else text(str(default))
    return Field(sa_column=Column(Integer, nullable=nullable, server_default=server_default))


def _counter(default: int = 0) -> Any:  # noqa: ANN401
    return Field(sa_column=Column(BigInteger, nullable=False, server_default=text(str(default))))


def _flag(*, default: bool) -> Any:  # noqa: ANN401
    return Field(sa_column=Column(Boolean, nullable=False, server_default=text(str(default).lower())))


def _json(default: str | None = "'{}'") -> Any:  # noqa: ANN401
    server_default = None if default is None else text(default)
    return Field(sa_column=Column(JSONB, nullable=default is None, server_default=server_default))


def _one_of(column: str, *values: str) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class _Table(SQLModel):
    metadata: ClassVar[MetaData] = metadata  # pyright: ignore[reportIncompatibleVariableOverride] - SQLModel's way


class Users(_Table, table=True):
    """Accounts, one for each subject of an identity provider."""

    __tablename__: ClassVar[Any] = "users"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="users_identity_key"),
        _one_of("status", "ACTIVE", "DEACTIVATED"),
        _one_of("platform_role", "ADMIN", "ANALYST"),
        Index("users_email_idx", text("lower(email)")),
        Index("users_created_at_idx", "created_at", "id"),
        Index("users_platform_role_idx", "platform_role", postgresql_where=text("platform_role IS NOT NULL")),
    )
    id: UUID = _key()
    issuer: str = _text()
    subject: str = _text()
    email: str | None = _text(nullable=True)
    email_verified: bool = _flag(default=False)
    name: str = _text()
    locale: str | None = _text(nullable=True)
    timezone: str | None = _text(nullable=True)
    platform_role: str | None = _text(nullable=True)
    status: str = _text()
    preferences: dict[str, Any] = _json()
    version: int = _number(default=1)
    stream_version: int = _counter()
    created_at: datetime = _instant()
    updated_at: datetime = _instant()


class Organizations(_Table, table=True):
    """Organizations; `stream_version` is the head of their journal stream."""

    __tablename__: ClassVar[Any] = "organizations"
    __table_args__ = (
        UniqueConstraint("slug", name="organizations_slug_key"),
        Index("organizations_name_idx", text('lower(name) COLLATE "C"'), "id"),
    )
    id: UUID = _key()
    slug: str = _text()
    name: str = _text()
    description: str | None = _text(nullable=True)
    url: str | None = _text(nullable=True)
    version: int = _number(default=1)
    stream_version: int = _counter()
    created_at: datetime = _instant()
    updated_at: datetime = _instant()


class Memberships(_Table, table=True):
    """Who belongs to which organization, and as what."""

    __tablename__: ClassVar[Any] = "memberships"
    __table_args__ = (
        UniqueConstraint("organization_id", "user_id", name="memberships_member_key"),
        ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
        ForeignKeyConstraint(["user_id"], ["users.id"]),
        _one_of("role", "OWNER", "MANAGER", "STAFF"),
        Index("memberships_user_id_idx", "user_id"),
        Index("memberships_organization_id_idx", "organization_id", "created_at", "id"),
    )
    id: UUID = _key()
    organization_id: UUID = _id()
    user_id: UUID = _id()
    role: str = _text()
    version: int = _number(default=1)
    created_at: datetime = _instant()
    updated_at: datetime = _instant()


class Invitations(_Table, table=True):
    """Open doors: one live invitation for each address and organization."""

    __tablename__: ClassVar[Any] = "invitations"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
        ForeignKeyConstraint(["invited_by"], ["users.id"]),
        _one_of("role", "OWNER", "MANAGER", "STAFF"),
        Index(
            "invitations_open_key",
            "organization_id",
            text("lower(email)"),
            unique=True,
            postgresql_where=text("accepted_at IS NULL AND revoked_at IS NULL"),
        ),
    )
    id: UUID = _key()
    organization_id: UUID = _id()
    email: str = _text()
    role: str = _text()
    invited_by: UUID = _id()
    created_at: datetime = _instant()
    expires_at: datetime = _instant()
    accepted_at: datetime | None = _instant(nullable=True)
    revoked_at: datetime | None = _instant(nullable=True)


class Venues(_Table, table=True):
    """Places of an organization."""

    __tablename__: ClassVar[Any] = "venues"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
        CheckConstraint("capacity > 0", name="capacity"),
        Index("venues_organization_id_idx", "organization_id", text('lower(name) COLLATE "C"'), "id"),
        Index("venues_city_idx", text("lower(city)")),
        Index("venues_country_idx", "country"),
    )
    id: UUID = _key()
    organization_id: UUID = _id()
    name: str = _text()
    address: str | None = _text(nullable=True)
    city: str = _text()
    country: str = _text()
    timezone: str = _text()
    capacity: int | None = _number(nullable=True)
    version: int = _number(default=1)
    created_at: datetime = _instant()
    updated_at: datetime = _instant()


class Events(_Table, table=True):
    """Events; the wall clock and the zone are the truth, the instants derived from them."""

    __tablename__: ClassVar[Any] = "events"
    __table_args__ = (
        UniqueConstraint("slug", name="events_slug_key"),
        ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
        ForeignKeyConstraint(["venue_id"], ["venues.id"]),
        ForeignKeyConstraint(["created_by"], ["users.id"]),
        _one_of("status", "DRAFT", "IN_REVIEW", "APPROVED", "PUBLISHED", "POSTPONED", "CANCELLED", "ARCHIVED"),
        CheckConstraint("ends_at > starts_at", name="schedule"),
        Index("events_starts_at_idx", "starts_at", "id"),
        Index("events_created_at_idx", "created_at", "id"),
        Index("events_title_idx", text('lower(title) COLLATE "C"'), "id"),
        Index("events_organization_id_idx", "organization_id", "starts_at", "id"),
        Index("events_category_idx", "category", "starts_at", "id"),
        Index("events_venue_id_idx", "venue_id", "starts_at", "id"),
        Index("events_search_idx", "search", postgresql_using="gin"),
    )
    id: UUID = _key()
    organization_id: UUID = _id()
    venue_id: UUID | None = _id(nullable=True)
    slug: str = _text()
    title: str = _text()
    summary: str | None = _text(nullable=True)
    description: str | None = _text(nullable=True)
    category: str = _text()
    tags: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False, server_default=text("'{}'")))
    status: str = _text()
    starts_at_local: datetime = _wall_clock()
    ends_at_local: datetime = _wall_clock()
    timezone: str = _text()
    starts_at: datetime = _instant()
    ends_at: datetime = _instant()
    online: bool = _flag(default=False)
    url: str | None = _text(nullable=True)
    published_at: datetime | None = _instant(nullable=True)
    version: int = _number(default=1)
    created_by: UUID = _id()
    created_at: datetime = _instant()
    updated_at: datetime = _instant()
    search: str = Field(
        sa_column=Column(
            TSVECTOR,
            Computed(
                "setweight(to_tsvector('simple', title), 'A')"
                " || setweight(to_tsvector('simple', category || ' ' || bilten_words(tags)), 'B')"
                " || setweight(to_tsvector('simple', coalesce(summary, '')), 'C')"
                " || setweight(to_tsvector('simple', coalesce(description, '')), 'D')",
                persisted=True,
            ),
            nullable=True,
        )
    )


class EventHeads(_Table, table=True):
    """The lock of an event: narrow, so that the registration path rewrites few bytes."""

    __tablename__: ClassVar[Any] = "event_heads"
    __table_args__ = (ForeignKeyConstraint(["event_id"], ["events.id"]),)
    event_id: UUID = _key()
    stream_version: int = _counter()
    sales_open: bool = _flag(default=False)
    sales_until: datetime = _instant()


class CapacityPools(_Table, table=True):
    """What is taken of what. A pool has the id of what it limits: its event, or a ticket tier of it."""

    __tablename__: ClassVar[Any] = "capacity_pools"
    __table_args__ = (
        ForeignKeyConstraint(["event_id"], ["events.id"]),
        _one_of("kind", "EVENT", "TICKET_TIER"),
        CheckConstraint(
            "confirmed >= 0 AND held >= 0 AND offered >= 0 AND blocked >= 0 AND overbooking >= 0", name="counters"
        ),
        CheckConstraint("confirmed + held + offered + blocked <= capacity + overbooking", name="capacity"),
    )
    event_id: UUID = _key()
    id: UUID = _key()
    kind: str = _text()
    capacity: int | None = _number(nullable=True)
    overbooking: int = _number(default=0)
    confirmed: int = _number(default=0)
    held: int = _number(default=0)
    offered: int = _number(default=0)
    blocked: int = _number(default=0)


class TicketTiers(_Table, table=True):
    """What is sold for an event; the quota is the capacity of the pool with the same id."""

    __tablename__: ClassVar[Any] = "ticket_tiers"
    __table_args__ = (
        ForeignKeyConstraint(["event_id"], ["events.id"]),
        CheckConstraint("price_minor >= 0", name="price_minor"),
        CheckConstraint("per_person_limit > 0", name="per_person_limit"),
        CheckConstraint("sales_end_at > sales_start_at", name="sales_window"),
        Index("ticket_tiers_name_key", "event_id", text("lower(name)"), unique=True),
    )
    event_id: UUID = _key()
    id: UUID = _key()
    name: str = _text()
    description: str | None = _text(nullable=True)
    price_minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str = _text()
    sales_start_at: datetime | None = _instant(nullable=True)
    sales_end_at: datetime | None = _instant(nullable=True)
    per_person_limit: int | None = _number(nullable=True)
    position: int = _number()
    version: int = _number(default=1)
    created_at: datetime = _instant()
    updated_at: datetime = _instant()


class Registrations(_Table, table=True):
    """Places taken, with the price of that moment."""

    __tablename__: ClassVar[Any] = "registrations"
    __table_args__ = (
        ForeignKeyConstraint(
            ["event_id", "ticket_tier_id"],
            ["ticket_tiers.event_id", "ticket_tiers.id"],
            name="registrations_ticket_tier_fkey",
        ),
        ForeignKeyConstraint(["user_id"], ["users.id"]),
        _one_of("status", "HELD", "PENDING_APPROVAL", "CONFIRMED", "CANCELLED", "EXPIRED", "REJECTED"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index("registrations_created_at_idx", "event_id", "created_at", "id"),
        Index("registrations_user_idx", "event_id", "user_id"),
        Index("registrations_user_id_idx", "user_id", "created_at", "id"),
    )
    event_id: UUID = _key()
    id: UUID = _key()
    ticket_tier_id: UUID = _id()
    user_id: UUID = _id()
    status: str = _text()
    quantity: int = _number()
    price_minor: int = Field(sa_column=Column(BigInteger, nullable=False))
    currency: str = _text()
    expires_at: datetime | None = _instant(nullable=True)
    cancelled_at: datetime | None = _instant(nullable=True)
    version: int = _number(default=1)
    created_at: datetime = _instant()
    updated_at: datetime = _instant()


class Tickets(_Table, table=True):
    """One row for each place of a registration."""

    __tablename__: ClassVar[Any] = "tickets"
    __table_args__ = (
        ForeignKeyConstraint(
            ["event_id", "registration_id"],
            ["registrations.event_id", "registrations.id"],
            name="tickets_registration_fkey",
        ),
        UniqueConstraint("event_id", "code", name="tickets_code_key"),
        _one_of("status", "VALID", "CHECKED_IN", "CANCELLED"),
        Index("tickets_registration_id_idx", "event_id", "registration_id"),
    )
    event_id: UUID = _key()
    id: UUID = _key()
    registration_id: UUID = _id()
    code: str = _text()
    attendee_name: str | None = _text(nullable=True)
    status: str = _text()
    checked_in_at: datetime | None = _instant(nullable=True)


class Journal(_Table, table=True):
    """Every fact, in the order of its stream."""

    __tablename__: ClassVar[Any] = "journal"
    __table_args__ = (
        _one_of("stream", "event", "organization", "user"),
        Index("journal_feed_idx", "xid", "seq"),
        Index("journal_object_id_idx", "object_id", "version"),
    )
    stream_id: UUID = _key()
    version: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    stream: str = _text()
    seq: int = Field(sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    xid: int = Field(sa_column=Column(Xid8, nullable=False, server_default=text("pg_current_xact_id()")))
    kind: str = _text()
    object_id: UUID = _id()
    data: dict[str, Any] = _json()
    actor_id: UUID | None = _id(nullable=True)
    on_behalf_of: UUID | None = _id(nullable=True)
    request_id: str | None = _text(nullable=True)
    at: datetime = _instant()


class JournalPrivate(_Table, table=True):
    """The personal part of a fact; erasing a person deletes their rows here."""

    __tablename__: ClassVar[Any] = "journal_private"
    __table_args__ = (
        ForeignKeyConstraint(
            ["stream_id", "version"], ["journal.stream_id", "journal.version"], name="journal_private_line_fkey"
        ),
        Index("journal_private_subject_id_idx", "subject_id"),
    )
    stream_id: UUID = _key()
    version: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    subject_id: UUID = _key()
    data: dict[str, Any] = _json()


class AccessDenials(_Table, table=True):
    """Refused actions, counted by actor, action, object and day."""

    __tablename__: ClassVar[Any] = "access_denials"
    actor_id: UUID = _key()
    action: str = Field(sa_column=Column(Text, primary_key=True))
    object_id: UUID = _key()
    day: date = Field(sa_column=Column(Date, primary_key=True))
    denials: int = _counter(1)
    first_at: datetime = _instant()
    last_at: datetime = _instant()


class IdempotencyKeys(_Table, table=True):
    """Answers kept for 48 hours: the hash of the input, and the object or the refusals it led to."""

    __tablename__: ClassVar[Any] = "idempotency_keys"
    __table_args__ = (Index("idempotency_keys_created_at_idx", "created_at"),)
    scope_id: UUID = _key()
    user_id: UUID = _key()
    key: str = Field(sa_column=Column(Text, primary_key=True))
    input_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    object_id: UUID | None = _id(nullable=True)
    refusals: list[Any] | None = _json(default=None)
    created_at: datetime = _instant()
