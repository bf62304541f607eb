"""The journal's end: lines are numbered and written under their stream's lock, in one statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from db.database import Session
from domain.ids import UserId
from domain.journal import Fact, Stream

# Where each stream keeps its version. Updating it takes the row's lock until the commit, so the order of versions is
# the order of commits.
_HEADS: Mapping[Stream, tuple[str, str]] = {
    Stream.EVENT: ("event_heads", "event_id"),
    Stream.ORGANIZATION: ("organizations", "id"),
    Stream.USER: ("users", "id"),
}

_APPEND = """
WITH head AS (
    UPDATE {table} SET stream_version = stream_version + $2 WHERE {key} = $1
    RETURNING stream_version - $2 AS base
), fact AS (
    SELECT * FROM ROWS FROM (
        jsonb_to_recordset($3) AS (kind text, object_id uuid, data jsonb, private jsonb, subject_id uuid)
    ) WITH ORDINALITY AS line (kind, object_id, data, private, subject_id, position)
), private AS (
    INSERT INTO journal_private (stream_id, version, subject_id, data)
    SELECT $1, head.base + fact.position, fact.subject_id, fact.private
    FROM head, fact WHERE fact.subject_id IS NOT NULL
)
INSERT INTO journal (stream_id, version, stream, kind, object_id, data, actor_id, request_id, at)
SELECT $1, head.base + fact.position, $4, fact.kind, fact.object_id, fact.data, $5, $6, $7
FROM head, fact ORDER BY fact.position
"""
_APPEND_BY_STREAM = {stream: _APPEND.format(table=table, key=key) for stream, (table, key) in _HEADS.items()}

_APPEND_EACH = """
WITH fact AS (
    SELECT line.*, row_number() OVER (PARTITION BY line.stream_id ORDER BY line.position) AS nth
    FROM ROWS FROM (
        jsonb_to_recordset($1) AS (stream_id uuid, kind text, object_id uuid, data jsonb)
    ) WITH ORDINALITY AS line (stream_id, kind, object_id, data, position)
), head AS (
    UPDATE {table} SET stream_version = stream_version + told.lines
    FROM (SELECT stream_id, count(*) AS lines FROM fact GROUP BY stream_id) AS told WHERE {key} = told.stream_id
    RETURNING told.stream_id, stream_version - told.lines AS base
)
INSERT INTO journal (stream_id, version, stream, kind, object_id, data, actor_id, request_id, at)
SELECT fact.stream_id, head.base + fact.nth, $2, fact.kind, fact.object_id, fact.data, $3, $4, $5
FROM head JOIN fact USING (stream_id) ORDER BY fact.position
"""
_APPEND_EACH_BY_STREAM = {stream: _APPEND_EACH.format(table=table, key=key) for stream, (table, key) in _HEADS.items()}

_FIELDS_CHANGED = """
SELECT DISTINCT changed.field
FROM journal AS line,
    LATERAL (
        SELECT jsonb_object_keys(coalesce(line.data->'changes', '{}'))
        UNION ALL
        SELECT jsonb_array_elements_text(coalesce(line.data->'personal', '[]'))
    ) AS changed (field)
WHERE line.stream_id = $1 AND line.object_id = $2 AND (line.data->>'version')::int > $3
ORDER BY changed.field
"""


@dataclass(frozen=True, slots=True)
class JournalAppender:
    """Appends for one unit of work: one actor, one request, one time."""

    session: Session
    actor_id: UserId | None
    request_id: str | None
    now: datetime

    async def append(self, stream: Stream, stream_id: UUID, *facts: Fact) -> None:
        """Add lines under the stream's lock, in order."""
        lines = [
            {
                "kind": fact.kind,
                "object_id": str(fact.object_id),
                "data": fact.data,
                "private": fact.private or None,
                "subject_id": str(fact.subject_id) if fact.subject_id and fact.private else None,
            }
            for fact in facts
        ]
        written = await self.session.execute(
            _APPEND_BY_STREAM[stream],
            stream_id,
            len(lines),
            lines,
            stream,
            self.actor_id,
            self.request_id,
            self.now,
        )
        if written != len(lines):
            message = f"the {stream} stream {stream_id} has no head"
            raise LookupError(message)

    async def append_each(self, stream: Stream, facts: Mapping[UUID, Sequence[Fact]]) -> None:
        """Add lines without private parts to many streams in one statement; their heads are locked already, or new."""
        lines = [
            {"stream_id": str(stream_id), "kind": fact.kind, "object_id": str(fact.object_id), "data": fact.data}
            for stream_id, told in facts.items()
            for fact in told
        ]
        if not lines:
            return
        if any(fact.private for told in facts.values() for fact in told):
            message = "a line with a private part is written by itself"
            raise ValueError(message)
        written = await self.session.execute(
            _APPEND_EACH_BY_STREAM[stream], lines, stream, self.actor_id, self.request_id, self.now
        )
        if written != len(lines):
            message = f"not every {stream} stream of {len(facts)} has a head"
            raise LookupError(message)

    async def fields_changed_since(self, stream_id: UUID, object_id: UUID, version: int) -> list[str]:
        """The names of the fields of an object that edits after `version` touched, sorted."""
        return await fields_changed_since(self.session, stream_id, object_id, version)


async def fields_changed_since(session: Session, stream_id: UUID, object_id: UUID, version: int) -> list[str]:
    """The names of the fields of an object that edits after `version` touched, sorted."""
    rows = await session.fetch(_FIELDS_CHANGED, stream_id, object_id, version)
    return [row["field"] for row in rows]
