"""Optimistic concurrency: an edit made against an old version is refused with what has changed since."""

from uuid import UUID

from domain import errors
from domain.naming import camel
from domain.ports import Work


async def expect_version(
    work: Work, expected: int | None, current: int, *, stream_id: UUID, object_id: UUID | None = None
) -> None:
    """Raise `VersionConflict` unless nothing was expected or the object is at that version."""
    if expected is None or expected == current:
        return
    changed = await work.journal.fields_changed_since(stream_id, object_id or stream_id, expected)
    raise errors.VersionConflict(
        "expected_version", current=current, expected=expected, fields=", ".join(map(camel, changed)) or "none"
    )
