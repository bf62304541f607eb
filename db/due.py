"""Which events have something that has run out: what the sweeper reads, from an index of those alone."""

from dataclasses import dataclass
from datetime import datetime

from db.database import Database
from domain.ids import EventId

_DUE = """
SELECT event_id, due_at, stream_version FROM event_heads WHERE due_at <= $1 ORDER BY due_at, event_id LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class Due:
    """An event of which something may have run out, since when, and the version that its stream has."""

    event_id: EventId
    since: datetime
    version: int


async def due_events(database: Database, now: datetime, limit: int) -> list[Due]:
    """The events that are due by now, the longest first."""
    rows = await database.fetch(_DUE, now, limit)
    return [Due(EventId(row["event_id"]), row["due_at"], row["stream_version"]) for row in rows]
