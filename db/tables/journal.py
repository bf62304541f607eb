"""The tables of the journal, and of what is kept beside it: personal parts, refused access, idempotency keys."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Column, Date, ForeignKeyConstraint, Identity, Index, LargeBinary, Text, text
from sqlmodel import Field

from db.tables.columns import Table, Xid8, counter, instant, json_column, key, one_of, reference, text_column


class Journal(Table, table=True):
    """Every fact, in the order of its stream."""

    __tablename__: ClassVar[Any] = "journal"
    __table_args__ = (
        one_of("stream", "event", "organization", "user"),
        Index("journal_feed_idx", "xid", "seq"),
        Index("journal_object_id_idx", "object_id", "version"),
    )
    stream_id: UUID = key()
    version: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    stream: str = text_column()
    seq: int = Field(sa_column=Column(BigInteger, Identity(always=True), nullable=False))
    xid: int = Field(sa_column=Column(Xid8, nullable=False, server_default=text("pg_current_xact_id()")))
    kind: str = text_column()
    object_id: UUID = reference()
    data: dict[str, Any] = json_column()
    actor_id: UUID | None = reference(nullable=True)
    on_behalf_of: UUID | None = reference(nullable=True)
    request_id: str | None = text_column(nullable=True)
    at: datetime = instant()


class JournalPrivate(Table, table=True):
    """The personal part of a fact; erasing a person deletes their rows here."""

    __tablename__: ClassVar[Any] = "journal_private"
    __table_args__ = (
        ForeignKeyConstraint(
            ["stream_id", "version"], ["journal.stream_id", "journal.version"], name="journal_private_line_fkey"
        ),
        Index("journal_private_subject_id_idx", "subject_id"),
    )
    stream_id: UUID = key()
    version: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    subject_id: UUID = key()
    data: dict[str, Any] = json_column()


class AccessDenials(Table, table=True):
    """Refused actions, counted by actor, action, object and day."""

    __tablename__: ClassVar[Any] = "access_denials"
    actor_id: UUID = key()
    action: str = Field(sa_column=Column(Text, primary_key=True))
    object_id: UUID = key()
    day: date = Field(sa_column=Column(Date, primary_key=True))
    denials: int = counter(1)
    first_at: datetime = instant()
    last_at: datetime = instant()


class IdempotencyKeys(Table, table=True):
    """Answers kept for 48 hours: the hash of the input, and the object or the refusals it led to."""

    __tablename__: ClassVar[Any] = "idempotency_keys"
    __table_args__ = (Index("idempotency_keys_created_at_idx", "created_at"),)
    scope_id: UUID = key()
    user_id: UUID = key()
    key: str = Field(sa_column=Column(Text, primary_key=True))
    input_hash: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    object_id: UUID | None = reference(nullable=True)
    refusals: list[Any] | None = json_column(default=None)
    created_at: datetime = instant()
