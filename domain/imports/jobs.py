"""Imports that managers start: what they are told to do, where they stand, and the facts that tell of it."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from domain import errors
from domain.ids import ImportId, OrganizationId, UserId
from domain.imports.mappings import ImportFormat, mapping_from
from domain.imports.rows import ImportOutcome, RowResult
from domain.journal import Fact, FactKind, Json, as_json
from domain.time import timezone
from domain.validation import Validation

FILE_NAME_LIMIT = 200
ROWS_LIMIT = 10_000
"""How many rows one import over the API may have, expanded rules included; the command line has no such limit."""

OPEN_LIMIT = 5
"""How many imports of one organization may wait or run at a time."""

LEASE = timedelta(seconds=60)
"""How long a process may be silent before another takes its import over."""


class ImportStatus(StrEnum):
    """Where an import stands."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class StartImport:
    """Import a file's content into an organization."""

    organization_id: OrganizationId
    format: ImportFormat
    content: str
    file_name: str | None
    mapping: Any
    timezone: str | None
    dry_run: bool
    publish: bool


@dataclass(frozen=True, slots=True)
class ImportJob:
    """An import as it is stored; `failure` is a code and a sentence, and `content` goes with the end."""

    id: ImportId
    organization_id: OrganizationId
    created_by: UserId
    format: ImportFormat
    file_name: str | None
    mapping: Mapping[str, Any]
    timezone: str | None
    dry_run: bool
    publish: bool
    content: str | None
    status: ImportStatus
    created: int
    updated: int
    unchanged: int
    rejected: int
    failure: str | None
    lease_until: datetime | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def results(self) -> int:
        """How many results are stored: an import that is taken over goes on behind them."""
        return self.created + self.updated + self.unchanged + self.rejected


def start(
    command: StartImport, *, import_id: ImportId, actor_id: UserId, open_imports: int, now: datetime
) -> tuple[ImportJob, Fact]:
    """The import that waits for its turn. Raises `Refused` and `TooManyImports`."""
    if open_imports >= OPEN_LIMIT:
        raise errors.TooManyImports(limit=OPEN_LIMIT)
    check = Validation()
    if not command.content.strip():
        check.refuse(errors.ValueIsRequired("content"))
    elif any(unicodedata.category(char) == "Cs" or char == "\x00" for char in command.content):
        check.refuse(errors.TextIsNotAllowed("content"))
    file_name = check.optional_text(command.file_name, "file_name", limit=FILE_NAME_LIMIT)
    if command.timezone is not None:
        timezone(check, command.timezone, "timezone")
    try:
        mapping_from(command.mapping)
    except errors.Refused as refused:
        for refusal in refused.refusals:
            check.refuse(refusal)
    check.finish()
    job = ImportJob(
        id=import_id,
        organization_id=command.organization_id,
        created_by=actor_id,
        format=command.format,
        file_name=file_name,
        mapping=command.mapping or {},
        timezone=command.timezone,
        dry_run=command.dry_run,
        publish=command.publish,
        content=command.content,
        status=ImportStatus.QUEUED,
        created=0,
        updated=0,
        unchanged=0,
        rejected=0,
        failure=None,
        lease_until=None,
        created_at=now,
        started_at=None,
        finished_at=None,
    )
    data: dict[str, Json] = {
        "format": command.format,
        "file_name": file_name,
        "dry_run": command.dry_run,
        "publish": command.publish,
    }
    return job, Fact(FactKind.IMPORT_STARTED, import_id, data)


def advanced(job: ImportJob, results: Sequence[RowResult], now: datetime) -> ImportJob:
    """The import with more results counted, and its lease renewed."""
    counts = {outcome: sum(result.outcome is outcome for result in results) for outcome in ImportOutcome}
    return replace(
        job,
        created=job.created + counts[ImportOutcome.CREATED],
        updated=job.updated + counts[ImportOutcome.UPDATED],
        unchanged=job.unchanged + counts[ImportOutcome.UNCHANGED],
        rejected=job.rejected + counts[ImportOutcome.REJECTED],
        lease_until=now + LEASE,
    )


def finish(job: ImportJob, now: datetime, *, failure: str | None = None) -> tuple[ImportJob, Fact]:
    """The import at its end, and the fact with its counts."""
    status = ImportStatus.FAILED if failure else ImportStatus.SUCCEEDED
    done = replace(job, status=status, failure=failure, content=None, lease_until=None, finished_at=now)
    data: dict[str, Json] = {
        "status": status,
        "dry_run": job.dry_run,
        "failure": failure,
        **{name: as_json(getattr(job, name)) for name in ("created", "updated", "unchanged", "rejected")},
    }
    return done, Fact(FactKind.IMPORT_FINISHED, job.id, data)
