"""The queue of messages to people: lines of the journal put in, messages taken out, and what came of each."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from db.database import Database, Session
from db.mapping import columns, value_from
from domain.feed import Line
from domain.ids import EventId, WaitlistEntryId
from domain.messages import Notification, NotificationStatus
from domain.notifications import Audience, Rule

LEASE = timedelta(minutes=5)
"""How long a message that was taken is left to who took it; handing one over takes far less."""

KEPT = timedelta(days=90)
"""How long is kept what became of a message."""

# The id follows from what makes a message unique, so that its Message-ID stays the same whatever happens to the row.
# Who has left in the transaction of a cancellation, or since, is told of it all the same.
_QUEUE = """
INSERT INTO notifications (id, stream_id, version, kind, object_id, recipient, user_id, invitation_id, bulk, follow_up,
    status, next_attempt_at, created_at)
SELECT substr(encode(sha256(convert_to(concat_ws('/', told.stream_id, told.version, told.kind, told.recipient),
        'UTF8')), 'hex'), 1, 32)::uuid,
    told.stream_id, told.version, told.kind, told.object_id, told.recipient, told.user_id, told.invitation_id,
    {bulk}, told.kind = 'OFFER', 'QUEUED', $6, $6
FROM ({audience}) AS told
ON CONFLICT ON CONSTRAINT notifications_fact_key DO NOTHING
"""
_LINES = """
unnest($1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::timestamptz[])
    AS line (stream_id, version, kind, object_id, at)"""
_LINE = "line.stream_id, line.version, line.kind, line.object_id"
_AUDIENCES: Mapping[Audience, str] = {
    Audience.REGISTRANT: f"""
SELECT {_LINE}, r.user_id AS recipient, r.user_id, NULL::uuid AS invitation_id
FROM {_LINES} JOIN registrations AS r ON r.event_id = line.stream_id AND r.id = line.object_id
""",
    Audience.WAITER: f"""
SELECT {_LINE}, w.user_id AS recipient, w.user_id, NULL::uuid AS invitation_id
FROM {_LINES} JOIN waitlist_entries AS w ON w.event_id = line.stream_id AND w.id = line.object_id
""",
    Audience.INVITED: f"""
SELECT {_LINE}, i.id AS recipient, NULL::uuid AS user_id, i.id AS invitation_id
FROM {_LINES} JOIN invitations AS i ON i.id = line.object_id
""",
    Audience.EVERYBODY: f"""
SELECT {_LINE}, guest.user_id AS recipient, guest.user_id, NULL::uuid AS invitation_id
FROM {_LINES}, LATERAL (
    SELECT r.user_id FROM registrations AS r WHERE r.event_id = line.stream_id
        AND (r.status IN ('CONFIRMED', 'HELD', 'PENDING_APPROVAL')
            OR (r.status = 'CANCELLED' AND r.cancelled_at >= line.at AND line.kind = 'EVENT_CANCELLED'))
    UNION
    SELECT w.user_id FROM waitlist_entries AS w WHERE w.event_id = line.stream_id
        AND (w.status IN ('WAITING', 'SUSPENDED', 'OFFERED')
            OR (w.status = 'CLOSED' AND w.updated_at >= line.at AND line.kind = 'EVENT_CANCELLED'))
) AS guest
""",
}
_QUEUES = {
    audience: _QUEUE.format(audience=sql.strip(), bulk=str(audience is Audience.EVERYBODY).lower())
    for audience, sql in _AUDIENCES.items()
}

_TAKE = f"""
UPDATE notifications SET attempts = attempts + 1, next_attempt_at = $2
WHERE id IN (
    SELECT id FROM notifications WHERE status = 'QUEUED' AND bulk = $4 AND next_attempt_at <= $1
    ORDER BY next_attempt_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
)
RETURNING {columns(Notification)}
"""
# Whoever was too slow finds more attempts than it made, and leaves the row to who took it since.
_END = """
UPDATE notifications SET status = $3, reason = $4, sent_at = CASE WHEN $3 = 'SENT' THEN $5::timestamptz END,
    next_attempt_at = $5
WHERE id = $1 AND status = 'QUEUED' AND attempts = $2
"""
_RETRY = """
UPDATE notifications SET next_attempt_at = $3, reason = $4 WHERE id = $1 AND status = 'QUEUED' AND attempts = $2
"""
_FOLLOW_UPS = """
UPDATE notifications SET next_attempt_at = $2
WHERE id IN (
    SELECT id FROM notifications WHERE follow_up AND status <> 'QUEUED' AND next_attempt_at <= $1
    ORDER BY next_attempt_at, id LIMIT $3 FOR UPDATE SKIP LOCKED
)
RETURNING id, stream_id, object_id, coalesce(sent_at, $1) AS at
"""
_FOLLOWED_UP = "UPDATE notifications SET follow_up = false WHERE id = $1"
_NEXT_ONE = """
SELECT next_attempt_at FROM notifications WHERE status = 'QUEUED' AND bulk = {bulk} ORDER BY next_attempt_at, id LIMIT 1
"""
_OLDEST_DUE = f"SELECT least(({_NEXT_ONE.format(bulk='false')}), ({_NEXT_ONE.format(bulk='true')})) AS since"
_PURGE = "DELETE FROM notifications WHERE created_at < $1 AND status <> 'QUEUED' AND NOT follow_up"


class FollowUp(NamedTuple):
    """An offer whose message has been handed over, or never will be."""

    id: UUID
    event_id: EventId
    entry_id: WaitlistEntryId
    at: datetime


async def queue(session: Session, told: Sequence[tuple[Line, Rule]], now: datetime) -> int:
    """Put messages about lines into the queue, as many as there are people to tell; one that is there stays as it is.

    Returns how many are new.
    """
    by_audience: defaultdict[Audience, list[tuple[Line, Rule]]] = defaultdict(list)
    for line, rule in told:
        by_audience[rule.audience].append((line, rule))
    new = 0
    for audience, pairs in by_audience.items():
        lines = [line for line, _ in pairs]
        new += await session.execute(
            _QUEUES[audience],
            [line.stream_id for line in lines],
            [line.version for line in lines],
            [rule.kind for _, rule in pairs],
            [line.object_id for line in lines],
            [line.at for line in lines],
            now,
        )
    return new


async def take(database: Database, now: datetime, limit: int) -> list[Notification]:
    """Take what is due, the oldest first, for the length of a lease; what others have taken is not met.

    Messages to single people come first, and a quarter of the places is kept for those to everybody: neither waits
    for the end of the other.
    """
    async with database.transaction() as session:
        rows = await session.fetch(_TAKE, now, now + LEASE, max(1, limit - limit // 4), False)  # noqa: FBT003
        if len(rows) < limit:
            rows += await session.fetch(_TAKE, now, now + LEASE, limit - len(rows), True)  # noqa: FBT003
        if len(rows) < limit:
            rows += await session.fetch(_TAKE, now, now + LEASE, limit - len(rows), False)  # noqa: FBT003
    return [value_from(Notification, row) for row in rows]


async def end(
    database: Database, taken: Notification, status: NotificationStatus, now: datetime, *, reason: str | None = None
) -> None:
    """Record what came of a message; nothing when somebody else has taken it since."""
    async with database.transaction() as session:
        await session.execute(_END, taken.id, taken.attempts, status, reason, now)


async def retry(database: Database, taken: Notification, at: datetime, reason: str) -> None:
    """Put a message back until `at`."""
    async with database.transaction() as session:
        await session.execute(_RETRY, taken.id, taken.attempts, at, reason)


async def follow_ups(database: Database, now: datetime, again_at: datetime, limit: int) -> list[FollowUp]:
    """The offers whose clock has to be started; each is met again at `again_at` unless it is settled by then."""
    async with database.transaction() as session:
        rows = await session.fetch(_FOLLOW_UPS, now, again_at, limit)
    return [
        FollowUp(row["id"], EventId(row["stream_id"]), WaitlistEntryId(row["object_id"]), row["at"]) for row in rows
    ]


async def followed_up(database: Database, id_: UUID) -> None:
    """The clock of the offer runs."""
    async with database.transaction() as session:
        await session.execute(_FOLLOWED_UP, id_)


async def oldest_due(database: Database) -> datetime | None:
    """Since when the message that waits longest is due, or when the next one will be; nothing when none waits."""
    row = await database.fetchrow(_OLDEST_DUE)
    return row["since"] if row else None


async def purge(session: Session, now: datetime) -> int:
    """Delete what became of messages a while ago; how many rows it was."""
    return await session.execute(_PURGE, now - KEPT)
