"""The table of accounts."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text

from db.tables.columns import Table, counter, flag, instant, json_column, key, number, one_of, text_column


class Users(Table, table=True):
    """Accounts, one for each subject of an identity provider."""

    __tablename__: ClassVar[Any] = "users"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="users_identity_key"),
        one_of("status", "ACTIVE", "DEACTIVATED"),
        one_of("platform_role", "ADMIN", "ANALYST"),
        Index("users_email_idx", text("lower(email)")),
        Index("users_created_at_idx", "created_at", "id"),
        Index("users_platform_role_idx", "platform_role", postgresql_where=text("platform_role IS NOT NULL")),
    )
    id: UUID = key()
    issuer: str = text_column()
    subject: str = text_column()
    email: str | None = text_column(nullable=True)
    email_verified: bool = flag(default=False)
    name: str = text_column()
    locale: str | None = text_column(nullable=True)
    timezone: str | None = text_column(nullable=True)
    platform_role: str | None = text_column(nullable=True)
    status: str = text_column()
    preferences: dict[str, Any] = json_column()
    version: int = number(default=1)
    stream_version: int = counter()
    created_at: datetime = instant()
    updated_at: datetime = instant()
