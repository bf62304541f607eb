"""What all tables share: the metadata with its naming rules, and columns of the usual kinds."""

from typing import Any, ClassVar

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Integer,
    MetaData,
    Text,
    Uuid,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
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


def key() -> Any:  # noqa: ANN401 - SQLModel's Field is untyped by design
    """A part of the primary key."""
    return Field(sa_column=Column(Uuid, primary_key=True))


def reference(*, nullable: bool = False) -> Any:  # noqa: ANN401
    """The id of another object."""
    return Field(sa_column=Column(Uuid, nullable=nullable))


def text_column(*, nullable: bool = False) -> Any:  # noqa: ANN401
    """A text of any length."""
    return Field(sa_column=Column(Text, nullable=nullable))


def instant(*, nullable: bool = False) -> Any:  # noqa: ANN401
    """A point in time, with its zone."""
    return Field(sa_column=Column(DateTime(timezone=True), nullable=nullable))


def wall_clock() -> Any:  # noqa: ANN401
    """What a clock on the wall shows."""
    return Field(sa_column=Column(DateTime(timezone=False), nullable=False))


def number(*, nullable: bool = False, default: int | None = None) -> Any:  # noqa: ANN401
    """A whole number."""
    server_default = None if default is None else text(str(default))
    return Field(sa_column=Column(Integer, nullable=nullable, server_default=server_default))


def counter(default: int = 0) -> Any:  # noqa: ANN401
    """A whole number that may grow past four bytes."""
    return Field(sa_column=Column(BigInteger, nullable=False, server_default=text(str(default))))


def flag(*, default: bool) -> Any:  # noqa: ANN401
    """Yes or no."""
    return Field(sa_column=Column(Boolean, nullable=False, server_default=text(str(default).lower())))


def json_column(default: str | None = "'{}'") -> Any:  # noqa: ANN401
    """A JSON value; nullable when there is no default."""
    server_default = None if default is None else text(default)
    return Field(sa_column=Column(JSONB, nullable=default is None, server_default=server_default))


def one_of(column: str, *values: str) -> CheckConstraint:
    """The column holds one of the values, or nothing."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


class Table(SQLModel):
    """The base of all tables."""

    metadata: ClassVar[MetaData] = metadata  # pyright: ignore[reportIncompatibleVariableOverride] - SQLModel's way
