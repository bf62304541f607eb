"""Reading the journal in its global order: each reader has a name and a place, and misses nothing.

Numbers are given before commits, so a reader that goes by `seq` alone passes lines of transactions that are still
open, and one that only waits for those transactions still orders wrongly. The order is `(xid, seq)`, and it is read
as far as no older transaction is open.
"""

from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from db.database import Database, Session
from domain.feed import Line, Position

BATCH = 1_000

# A reader that begins has everything of transactions that were open at that moment, and nothing from before.
_BEGIN = """
INSERT INTO journal_readers (name, xid, seq, updated_at)
VALUES ($1, pg_snapshot_xmin(pg_current_snapshot()), 0, $2) ON CONFLICT (name) DO NOTHING
"""
_LOCK = "SELECT xid, seq FROM journal_readers WHERE name = $1 FOR UPDATE"
_MOVE = "UPDATE journal_readers SET xid = $2, seq = $3, updated_at = $4 WHERE name = $1"
_READ = """
SELECT xid, seq, stream_id, version, kind, object_id, CASE WHEN kind = ANY($3::text[]) THEN data END AS data,
    actor_id, at
FROM journal
WHERE (xid, seq) > ($1::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY xid, seq LIMIT $4
"""
_NEXT = """
SELECT line.at, line.is_settled
FROM journal_readers AS reader LEFT JOIN LATERAL (
    SELECT at, xid < pg_snapshot_xmin(pg_current_snapshot()) AS is_settled FROM journal
    WHERE (xid, seq) > (reader.xid, reader.seq) ORDER BY xid, seq LIMIT 1
) AS line ON true
WHERE reader.name = $1
"""

RENUMBER = """
WITH readers AS (
  UPDATE journal_readers SET xid = pg_current_xact_id(), seq = coalesce(
    (SELECT min(line.seq) - 1 FROM journal AS line
     WHERE (line.xid, line.seq) > (journal_readers.xid, journal_readers.seq)),
    (SELECT max(line.seq) FROM journal AS line), 0)
)
UPDATE journal SET xid = pg_current_xact_id();
"""
"""Makes one transaction of a journal that comes from another server, whose numbers mean nothing here.

Readers go back to the first line that they had not read.
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """The next lines, in the transaction that moves the reader behind them."""

    session: Session
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Ahead:
    """What lies before a reader: when the next line was written, if there is one, and whether it may be read yet."""

    since: datetime | None
    readable: bool


async def begin(database: Database, name: str, now: datetime) -> None:
    """Give a new reader its place, at the present end of the journal; one that has a place keeps it."""
    async with database.transaction() as session:
        await session.execute(_BEGIN, name, now)


async def look_ahead(database: Database, name: str) -> Ahead | None:
    """What lies before a reader, by one look at an index; nothing when there is no such reader."""
    row = await database.fetchrow(_NEXT, name)
    return Ahead(row["at"], bool(row["is_settled"])) if row else None


@asynccontextmanager
async def reading(
    database: Database, name: str, *, kinds: Collection[str], now: datetime, limit: int = BATCH
) -> AsyncGenerator[Batch]:
    """The next lines of a reader, with the data of `kinds`; leaving the block moves it behind them, raising does not.

    What the block writes in the batch's session is committed with the move: exactly once for each line, with several
    readers of one name at once as well. A reader without a place gets one, and no lines.
    """
    async with database.transaction() as session:
        place = await session.fetchrow(_LOCK, name)
        if place is None:
            await session.execute(_BEGIN, name, now)
            yield Batch(session, ())
            return
        # A statement of its own: its snapshot is from after the lock, so what another reader took is not here.
        rows = await session.fetch(_READ, place["xid"], place["seq"], list(kinds), limit)
        lines = [_line(row) for row in rows]
        yield Batch(session, lines)
        if lines:
            await session.execute(_MOVE, name, *lines[-1].position, now)


def _line(row: asyncpg.Record) -> Line:
    return Line(
        position=Position(row["xid"], row["seq"]),
        stream_id=row["stream_id"],
        version=row["version"],
        kind=row["kind"],
        object_id=row["object_id"],
        data=row["data"] or {},
        actor_id=row["actor_id"],
        at=row["at"],
    )
