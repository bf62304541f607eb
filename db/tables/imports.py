"""The tables of imports: what sources are known by, the imports that managers start, and what came of each row."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, Text, text
from sqlmodel import Field

from db.tables.columns import Table, flag, instant, json_column, key, number, one_of, reference, text_column


def _text_key() -> Any:  # noqa: ANN401 - SQLModel's Field is untyped by design
    return Field(sa_column=Column(Text, primary_key=True))


class ImportLinks(Table, table=True):
    """Under which key a source knows an object, and what it last said about it: this makes imports repeatable."""

    __tablename__: ClassVar[Any] = "import_links"
    __table_args__ = (one_of("kind", "EVENT", "ORGANIZATION", "VENUE"),)
    source: str = _text_key()
    kind: str = _text_key()
    key: str = _text_key()
    object_id: UUID = reference()
    said: dict[str, Any] = json_column()
    created_at: datetime = instant()
    updated_at: datetime = instant()


class Imports(Table, table=True):
    """Imports that somebody started over the API. The content goes when the import is finished."""

    __tablename__: ClassVar[Any] = "imports"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
        ForeignKeyConstraint(["created_by"], ["users.id"]),
        one_of("status", "QUEUED", "RUNNING", "SUCCEEDED", "FAILED"),
        one_of("format", "CSV", "JSONL", "ICALENDAR"),
        Index("imports_organization_id_idx", "organization_id", "created_at", "id"),
        Index("imports_open_idx", "created_at", "id", postgresql_where=text("status IN ('QUEUED', 'RUNNING')")),
    )
    id: UUID = key()
    organization_id: UUID = reference()
    created_by: UUID = reference()
    format: str = text_column()
    file_name: str | None = text_column(nullable=True)
    mapping: dict[str, Any] = json_column()
    timezone: str | None = text_column(nullable=True)
    dry_run: bool = flag(default=False)
    publish: bool = flag(default=False)
    content: str | None = text_column(nullable=True)
    status: str = text_column()
    created: int = number(default=0)
    updated: int = number(default=0)
    unchanged: int = number(default=0)
    rejected: int = number(default=0)
    failure: str | None = text_column(nullable=True)
    lease_until: datetime | None = instant(nullable=True)
    created_at: datetime = instant()
    started_at: datetime | None = instant(nullable=True)
    finished_at: datetime | None = instant(nullable=True)


class ImportResults(Table, table=True):
    """What came of each row of an import, in the order of the file; `row_number` is nothing for the file as a whole."""

    __tablename__: ClassVar[Any] = "import_results"
    __table_args__ = (
        ForeignKeyConstraint(["import_id"], ["imports.id"]),
        one_of("outcome", "CREATED", "UPDATED", "UNCHANGED", "REJECTED"),
        Index("import_results_outcome_idx", "import_id", "outcome", "position"),
    )
    import_id: UUID = key()
    position: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    row_number: int | None = number(nullable=True)
    outcome: str = text_column()
    reasons: list[Any] = json_column("'[]'")
    title: str | None = text_column(nullable=True)
    event_id: UUID | None = reference(nullable=True)
