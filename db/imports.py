"""Writing what imports bring, many rows at a time, and the links by which a source knows its objects again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from db.database import Database, Session
from db.events import SqlEvents, head_of
from db.mapping import columns, insert, update, update_many, value_from
from domain.capacity import Pool, PoolKind
from domain.events import Event
from domain.ids import EventId, OrganizationId, PoolId
from domain.imports.decisions import Arrival, Link, LinkKind, Revision
from domain.imports.jobs import LEASE, ImportJob
from domain.imports.rows import RowResult
from domain.organizations import Organization
from domain.venues import Venue

# The first key is an arbitrary constant that only imports lock; the second tells the sources apart. Two sources of
# one hash wait for each other without need, and that is all.
_ALONE = "SELECT pg_advisory_xact_lock(717031926, hashtext($1))"
_LINKS = f"SELECT {columns(Link)} FROM import_links WHERE source = $1 AND kind = $2 AND key = ANY($3::text[])"
_SAVE_LINK = f"""
INSERT INTO import_links ({columns(Link)}) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (source, kind, key) DO UPDATE SET said = excluded.said, updated_at = excluded.updated_at
WHERE import_links.object_id = excluded.object_id
"""
_OPEN = """
SELECT count(*)::int AS imports FROM imports WHERE organization_id = $1 AND status IN ('QUEUED', 'RUNNING')
"""
_HOLD = "SELECT id FROM imports WHERE id = $1 AND status = 'RUNNING' AND lease_until = $2 FOR UPDATE"
_INSERT_RESULT = """
INSERT INTO import_results (import_id, position, row_number, outcome, reasons, title, event_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
"""
_CLAIM = f"""
UPDATE imports SET status = 'RUNNING', lease_until = $2, started_at = coalesce(started_at, $1)
WHERE id = (
    SELECT id FROM imports WHERE status = 'QUEUED' OR (status = 'RUNNING' AND lease_until < $1)
    ORDER BY created_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING {columns(ImportJob)}
"""
_RELEASE = "UPDATE imports SET lease_until = $3 WHERE id = $1 AND status = 'RUNNING' AND lease_until = $2"
_TAKEN = "SELECT slug FROM organizations WHERE slug = ANY($1::text[])"
_LOCK_ORGANIZATIONS = "SELECT id FROM organizations WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE"
_LOCK_HEADS = "SELECT event_id FROM event_heads WHERE event_id = ANY($1::uuid[]) ORDER BY event_id FOR UPDATE"
_EVENTS = f"SELECT {columns(Event)} FROM events WHERE id = ANY($1::uuid[])"


@dataclass(frozen=True, slots=True)
class SqlImports:
    """Imports on one transaction."""

    session: Session

    async def alone(self, source: str) -> None:
        """Wait until no other transaction writes for the source, and keep others waiting until the end of this one."""
        await self.session.execute(_ALONE, source)

    async def links(self, source: str, kind: LinkKind, keys: Collection[str]) -> dict[str, Link]:
        """The links that exist, by key."""
        rows = await self.session.fetch(_LINKS, source, kind, list(keys)) if keys else []
        return {row["key"]: value_from(Link, row) for row in rows}

    async def save_links(self, links: Sequence[Link]) -> None:
        """Store new links, and what a source says now under the old ones."""
        if links:
            rows = [
                (link.source, link.kind, link.key, link.object_id, link.said, link.created_at, link.updated_at)
                for link in links
            ]
            await self.session.executemany(_SAVE_LINK, rows)

    async def taken_slugs(self, slugs: Collection[str]) -> set[str]:
        """Which of the slugs organizations have."""
        rows = await self.session.fetch(_TAKEN, list(slugs)) if slugs else []
        return {row["slug"] for row in rows}

    async def lock_organizations(self, organization_ids: Collection[OrganizationId]) -> None:
        """Lock organizations in id order, as far as new venues and journal lines need it."""
        if organization_ids:
            await self.session.execute(_LOCK_ORGANIZATIONS, list(organization_ids))

    async def events_for_update(self, event_ids: Collection[EventId]) -> dict[EventId, Event]:
        """Lock the heads in id order, then read the events: a snapshot from after the lock."""
        if not event_ids:
            return {}
        await self.session.execute(_LOCK_HEADS, list(event_ids))
        events = [value_from(Event, row) for row in await self.session.fetch(_EVENTS, list(event_ids))]
        return {event.id: event for event in events}

    async def insert_organizations(self, organizations: Sequence[Organization]) -> None:
        """Store new organizations."""
        await insert(self.session, "organizations", *organizations)

    async def insert_venues(self, venues: Sequence[Venue]) -> None:
        """Store new venues."""
        await insert(self.session, "venues", *venues)

    async def insert_events(self, arrivals: Sequence[Arrival]) -> None:
        """Store new events with their heads and pools."""
        await insert(self.session, "events", *(arrival.event for arrival in arrivals))
        await insert(self.session, "event_heads", *(head_of(arrival.event) for arrival in arrivals))
        pools = [
            Pool(arrival.event.id, PoolId(arrival.event.id), PoolKind.EVENT, arrival.capacity) for arrival in arrivals
        ]
        await insert(self.session, "capacity_pools", *pools)

    async def save_events(self, revisions: Sequence[Revision]) -> None:
        """Write what differs, the heads included."""
        await update_many(self.session, "events", [(one.before, one.after) for one in revisions])
        heads = [(head_of(one.before), head_of(one.after)) for one in revisions]
        await update_many(self.session, "event_heads", heads, key=("event_id",))
        if revisions:
            at = max(one.after.updated_at for one in revisions)
            await SqlEvents(self.session).settle_next([one.after.id for one in revisions], at)

    async def open_imports(self, organization_id: OrganizationId) -> int:
        """How many imports of the organization wait or run."""
        row = await self.session.fetchrow(_OPEN, organization_id)
        return row["imports"] if row else 0

    async def insert_import(self, job: ImportJob) -> None:
        """Store a new import."""
        await insert(self.session, "imports", job)

    async def save_import(self, before: ImportJob, after: ImportJob) -> bool:
        """Write what differs; False, and nothing written, when another process has taken the import over."""
        # The time until which this process holds the import is what nobody else could have written.
        row = await self.session.fetchrow(_HOLD, before.id, before.lease_until)
        if row is None:
            return False
        await update(self.session, "imports", before, after)
        return True

    async def insert_results(self, job: ImportJob, results: Sequence[RowResult]) -> None:
        """Store what came of rows, behind the results that the import counts already."""
        rows = [
            (
                job.id,
                position,
                result.row,
                result.outcome,
                [
                    {"code": reason.code, "message": reason.message, "field": reason.field, "note": note}
                    for note, reasons in ((False, result.reasons), (True, result.notes))
                    for reason in reasons
                ],
                result.title,
                result.event_id,
            )
            for position, result in enumerate(results, job.results)
        ]
        if rows:
            await self.session.executemany(_INSERT_RESULT, rows)


async def claim_import(database: Database, now: datetime) -> ImportJob | None:
    """Take the oldest import that waits, or whose process has been silent for too long; nothing when there is none."""
    async with database.transaction() as session:
        row = await session.fetchrow(_CLAIM, now, now + LEASE)
        return value_from(ImportJob, row) if row else None


async def release_import(database: Database, job: ImportJob, now: datetime) -> None:
    """Let another process take the import over at once."""
    async with database.transaction() as session:
        await session.execute(_RELEASE, job.id, job.lease_until, now)


async def organization_id_by_slug(database: Database, slug: str) -> OrganizationId | None:
    """The organization with the slug."""
    row = await database.fetchrow("SELECT id FROM organizations WHERE slug = $1", slug)
    return OrganizationId(row["id"]) if row else None
