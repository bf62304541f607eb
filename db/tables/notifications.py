"""The tables of messages to people: what is to be sent, and how far the journal has been read for it."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from db.tables.columns import Table, Xid8, flag, instant, key, number, one_of, reference, text_column


class Notifications(Table, table=True):
    """A message to one person about one fact: what it is about, never its words, and what came of sending it.

    The recipient is an account or, for invitations, an invitation whose address is not known to be anybody's yet.
    """

    __tablename__: ClassVar[Any] = "notifications"
    __table_args__ = (
        ForeignKeyConstraint(["user_id"], ["users.id"]),
        ForeignKeyConstraint(["invitation_id"], ["invitations.id"]),
        UniqueConstraint("stream_id", "version", "kind", "recipient", name="notifications_fact_key"),
        one_of("status", "QUEUED", "SENT", "SKIPPED", "FAILED"),
        CheckConstraint("(user_id IS NULL) <> (invitation_id IS NULL)", name="recipient"),
        Index("notifications_due_idx", "bulk", "next_attempt_at", "id", postgresql_where=text("status = 'QUEUED'")),
        Index(
            "notifications_follow_up_idx",
            "next_attempt_at",
            "id",
            postgresql_where=text("follow_up AND status <> 'QUEUED'"),
        ),
        # Rows lie in the order of time, and only housekeeping asks for old ones.
        Index("notifications_created_at_idx", "created_at", postgresql_using="brin"),
        Index("notifications_user_id_idx", "user_id", "created_at", "id"),
    )
    id: UUID = key()
    stream_id: UUID = reference()
    version: int = Field(sa_column=Column(BigInteger, nullable=False))
    kind: str = text_column()
    object_id: UUID = reference()
    # The id of the account or of the invitation.
    recipient: UUID = reference()
    user_id: UUID | None = reference(nullable=True)
    invitation_id: UUID | None = reference(nullable=True)
    # One of a message to everybody: it waits while messages to single people do not.
    bulk: bool = flag(default=False)
    # Somebody has still to hear what came of it: the clock of an offer starts when its message has been handed over.
    follow_up: bool = flag(default=False)
    status: str = text_column()
    # Why it was not sent, or what the mail server answered, in codes: never an address.
    reason: str | None = text_column(nullable=True)
    attempts: int = number(default=0)
    next_attempt_at: datetime = instant()
    sent_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant()


class JournalReaders(Table, table=True):
    """How far each reader of the journal's global order has come."""

    __tablename__: ClassVar[Any] = "journal_readers"
    name: str = Field(sa_column=Column(Text, primary_key=True))
    xid: int = Field(sa_column=Column(Xid8, nullable=False))
    seq: int = Field(sa_column=Column(BigInteger, nullable=False))
    updated_at: datetime = instant()
