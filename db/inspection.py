"""What a PostgreSQL server and a database of Bilten say about themselves: statements that only read, each one bounded.

How good the answers are is judged in `bilten/doctor`.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

import asyncpg

if TYPE_CHECKING:
    Bare = asyncpg.Connection[asyncpg.Record]
else:
    Bare = asyncpg.Connection

CONNECT_SECONDS = 5.0
HOT_TABLES = ("capacity_pools", "event_heads", "events", "idempotency_keys", "journal", "registrations", "tickets")

_SERVER = """
SELECT current_setting('server_version_num')::int AS version,
    split_part(current_setting('server_version'), ' ', 1) AS version_text,
    current_database() AS database, current_user AS role,
    (SELECT oid::bigint FROM pg_database WHERE datname = current_database()) AS database_oid,
    pg_postmaster_start_time() AS started_at, clock_timestamp() AS now,
    current_setting('server_encoding') AS encoding, pg_is_in_recovery() AS in_recovery,
    (SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only') = 'on' AS read_only,
    current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
    current_setting('synchronous_commit') AS synchronous_commit,
    current_setting('max_connections')::int AS max_connections,
    current_setting('superuser_reserved_connections')::int
        + coalesce(current_setting('reserved_connections', true), '0')::int AS reserved_connections,
    (SELECT count(*)::int FROM pg_stat_activity
     WHERE backend_type = 'client backend' AND application_name <> 'bilten' AND pid <> pg_backend_pid()
    ) AS other_connections,
    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
    pg_database_size(current_database()) AS bytes,
    (SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()) AS transaction_age,
    (SELECT datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid)
     FROM pg_database WHERE datname = current_database()) AS collation_changed
"""
_LONG_TRANSACTIONS = """
SELECT pid, application_name, extract(epoch FROM clock_timestamp() - xact_start)::int AS seconds
FROM pg_stat_activity
WHERE datname = current_database() AND xact_start < clock_timestamp() - make_interval(secs => $1)
    AND backend_type = 'client backend' AND pid <> pg_backend_pid()
ORDER BY xact_start LIMIT 20
"""
_PREPARED = """
SELECT gid FROM pg_prepared_xacts
WHERE database = current_database() AND prepared < clock_timestamp() - make_interval(secs => $1)
ORDER BY prepared LIMIT 20
"""
_IDLE_SLOTS = "SELECT slot_name FROM pg_replication_slots WHERE NOT active ORDER BY slot_name LIMIT 20"
_INVALID_INDEXES = """
SELECT indexrelid::regclass::text AS name FROM pg_index
WHERE NOT (indisvalid AND indisready)
    AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
ORDER BY 1 LIMIT 20
"""
_TABLES = """
SELECT c.relname::text AS name, coalesce(greatest(c.reltuples::bigint, s.n_live_tup), 0) AS live,
    coalesce(s.n_dead_tup, 0) AS dead,
    EXISTS (SELECT FROM pg_stats WHERE schemaname = 'public' AND tablename = c.relname) AS is_analysed
FROM pg_class AS c LEFT JOIN pg_stat_user_tables AS s ON s.relid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname = ANY($1::text[])
ORDER BY 1
"""
_LACKING = """
SELECT c.relname::text AS name FROM pg_class AS c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname = ANY($1::text[])
    AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
        AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
ORDER BY 1
"""
# Zones that PostgreSQL lacks come without a time.
_WALL_CLOCKS = """
SELECT zone.name AS zone, moment.at, CASE WHEN known.name IS NOT NULL THEN moment.at AT TIME ZONE zone.name END AS local
FROM unnest($1::text[]) AS zone (name) CROSS JOIN unnest($2::timestamptz[]) AS moment (at)
    LEFT JOIN pg_timezone_names AS known ON known.name = zone.name
ORDER BY 1, 2
"""
_ZONES_IN_USE = """
SELECT timezone AS zone FROM events WHERE ends_at > $1 GROUP BY timezone ORDER BY count(*) DESC, timezone LIMIT 100
"""


@dataclass(frozen=True, slots=True)
class Server:
    """A server and the database that was connected to; `pid` is the server's word for this session's process."""

    version: int
    version_text: str
    database: str
    role: str
    database_oid: int
    started_at: datetime
    now: datetime
    encoding: str
    in_recovery: bool
    read_only: bool
    fsync: str
    full_page_writes: str
    synchronous_commit: str
    max_connections: int
    reserved_connections: int
    other_connections: int
    superuser: bool
    bytes: int
    transaction_age: int
    collation_changed: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table by the server's own statistics; its rows are counted when indexes are made, long before an analysis."""

    name: str
    live: int
    dead: int
    is_analysed: bool


@dataclass(frozen=True, slots=True)
class Pooling:
    """Whether something between us and the server hands out sessions, and whether it swaps them between statements."""

    is_between: bool
    swaps_sessions: bool


@asynccontextmanager
async def inspecting(url: str, *, statement_seconds: float) -> AsyncGenerator[Bare]:
    """A connection made as the pool makes its own, for statements that only read and end in time."""
    connection = await asyncpg.connect(
        url,
        timeout=CONNECT_SECONDS,
        command_timeout=statement_seconds + CONNECT_SECONDS,
        server_settings={
            "application_name": "bilten doctor",
            "timezone": "UTC",
            "statement_timeout": f"{statement_seconds * 1_000:.0f}",
            "idle_in_transaction_session_timeout": "30s",
        },
    )
    try:
        yield connection
    finally:
        try:
            await connection.close(timeout=CONNECT_SECONDS)
        except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError):
            connection.terminate()


async def server(connection: Bare) -> Server:
    """What the server is and how it is set."""
    row = await connection.fetchrow(_SERVER)
    return Server(**dict(cast("Mapping[str, object]", row)))  # type: ignore[arg-type]


async def pooling(first: Bare, second: Bare) -> Pooling:
    """Look for a pooler with two connections: it gives away numbers of its own, and may mix up their settings."""
    is_between = first.get_server_pid() != await first.fetchval("SELECT pg_backend_pid()")
    await first.execute("SET bilten.session = 'first'")
    await second.execute("SET bilten.session = 'second'")
    try:
        kept = [await one.fetchval("SELECT current_setting('bilten.session', true)") for one in (first, second)]
    finally:
        for one in (first, second):
            await one.execute("RESET bilten.session")
    return Pooling(is_between, swaps_sessions=kept != ["first", "second"])


async def revision(connection: Bare) -> str | None:
    """The migration that the database is at; None in one that has never been migrated."""
    if await connection.fetchval("SELECT to_regclass('public.alembic_version') IS NULL"):
        return None
    return cast("str | None", await connection.fetchval("SELECT version_num FROM alembic_version ORDER BY 1 LIMIT 1"))


async def long_transactions(connection: Bare, *, seconds: float) -> list[tuple[int, str, int]]:
    """Process, application and seconds of transactions in this database that are open for longer."""
    rows = await connection.fetch(_LONG_TRANSACTIONS, seconds)
    return [(row["pid"], row["application_name"], row["seconds"]) for row in rows]


async def forgotten(connection: Bare, *, seconds: float) -> tuple[list[str], list[str]]:
    """Prepared transactions older than that, and replication slots that nobody reads: both keep what is dead."""
    prepared = await connection.fetch(_PREPARED, seconds)
    slots = await connection.fetch(_IDLE_SLOTS)
    return [row["gid"] for row in prepared], [row["slot_name"] for row in slots]


async def invalid_indexes(connection: Bare) -> list[str]:
    """Indexes that are not used, because making them has failed."""
    return [row["name"] for row in await connection.fetch(_INVALID_INDEXES)]


async def tables(connection: Bare) -> list[Table]:
    """The tables that change most, those that exist."""
    return [Table(**dict(row)) for row in await connection.fetch(_TABLES, HOT_TABLES)]


async def tables_without_rights(connection: Bare) -> list[str]:
    """The tables that this role may not read and write."""
    return [row["name"] for row in await connection.fetch(_LACKING, HOT_TABLES)]


async def zones_in_use(connection: Bare, now: datetime) -> list[str]:
    """The time zones of events that are not over, the most frequent first, at most 100."""
    return [row["zone"] for row in await connection.fetch(_ZONES_IN_USE, now)]


async def wall_clocks(
    connection: Bare, zones: Sequence[str], moments: Sequence[datetime]
) -> dict[tuple[str, datetime], datetime | None]:
    """What the clocks of zones show at moments by the server's zone data; None in zones that it lacks."""
    rows = await connection.fetch(_WALL_CLOCKS, zones, moments)
    return {(row["zone"], row["at"]): row["local"] for row in rows}


_AHEAD = """
SELECT line.xid::text::numeric >= pg_snapshot_xmax(pg_current_snapshot())::text::numeric AS ahead
FROM journal AS line ORDER BY line.xid DESC, line.seq DESC LIMIT 1
"""
_SAMPLE = """
WITH newest AS (SELECT stream_id FROM journal ORDER BY xid DESC, seq DESC LIMIT 1000),
    others AS (SELECT event_id FROM event_heads TABLESAMPLE SYSTEM ($1) LIMIT 200)
SELECT stream_id AS id FROM newest UNION SELECT event_id FROM others ORDER BY 1
"""
_STREAMS = """
WITH head AS (
    SELECT event_id AS id, stream_version FROM event_heads WHERE $1::uuid[] IS NULL OR event_id = ANY($1)
    UNION ALL SELECT id, stream_version FROM organizations WHERE $1::uuid[] IS NULL OR id = ANY($1)
    UNION ALL SELECT id, stream_version FROM users WHERE $1::uuid[] IS NULL OR id = ANY($1)
), line AS (
    SELECT stream_id AS id, count(*) AS lines, min(version) AS first, max(version) AS last
    FROM journal WHERE $1::uuid[] IS NULL OR stream_id = ANY($1) GROUP BY stream_id
), compared AS (
    SELECT id, head.stream_version IS NULL OR head.stream_version <> coalesce(line.lines, 0)
            OR coalesce(line.first, 1) <> 1 OR coalesce(line.last, 0) <> coalesce(line.lines, 0) AS differs,
        format('%s: head %s, lines %s from %s to %s', id, coalesce(head.stream_version::text, 'missing'),
            coalesce(line.lines, 0), line.first, line.last) AS text
    FROM head FULL JOIN line USING (id)
)
SELECT count(*)::int AS looked_at, count(*) FILTER (WHERE differs)::int AS wrong,
    (array_agg(text ORDER BY id) FILTER (WHERE differs))[1:3] AS examples
FROM compared
"""
_TICKETS = """
WITH compared AS (
    SELECT r.id, count(t.id) AS good, CASE r.status WHEN 'CONFIRMED' THEN r.quantity ELSE 0 END AS owed
    FROM registrations AS r LEFT JOIN tickets AS t ON t.event_id = r.event_id AND t.registration_id = r.id
        AND t.status IN ('VALID', 'CHECKED_IN')
    WHERE $1::uuid[] IS NULL OR r.event_id = ANY($1)
    GROUP BY r.event_id, r.id, r.status, r.quantity
)
SELECT count(*)::int AS looked_at, count(*) FILTER (WHERE good <> owed)::int AS wrong,
    (array_agg(format('%s: %s good tickets for %s places', id, good, owed) ORDER BY id)
        FILTER (WHERE good <> owed))[1:3] AS examples
FROM compared
"""
BOOKS: Mapping[str, str] = {"streams": _STREAMS, "registrations": _TICKETS}
"""What has to agree, by its noun: streams with their heads, tickets with places. For capacity see `db/ledger.py`."""


@dataclass(frozen=True, slots=True)
class Audit:
    """How many were looked at, how many are wrong, and up to three of those in words without personal data."""

    looked_at: int
    wrong: int
    examples: tuple[str, ...]


async def journal_is_ahead(connection: Bare) -> bool:
    """Whether the journal names transactions that this server has yet to begin: it was restored from another one."""
    return bool(await connection.fetchval(_AHEAD))


async def sampled_streams(connection: Bare) -> list[UUID]:
    """The streams that changed last and some events from anywhere."""
    rows = await connection.fetchval("SELECT greatest(reltuples, 1) FROM pg_class WHERE oid = 'event_heads'::regclass")
    percent = min(100.0, 100 * 200 / rows)
    return [row["id"] for row in await connection.fetch(_SAMPLE, percent)]


async def audit(connection: Bare, books: str, streams: Sequence[UUID] | None) -> Audit:
    """Compare one of `BOOKS` for these streams, or for all; one statement, so that writers do not disturb it."""
    row = cast("Mapping[str, object]", await connection.fetchrow(BOOKS[books], streams))
    examples = cast("list[str] | None", row["examples"]) or []
    return Audit(cast("int", row["looked_at"]), cast("int", row["wrong"]), tuple(examples))
