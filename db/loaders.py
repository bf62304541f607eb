"""Batched reads of single rows: what many resolvers ask for one by one becomes one statement.

Each loader is named value_by_key. Loaders live for one request and its viewer; nothing is shared between viewers.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from db import ledger
from db.database import Database
from db.loading import Loader
from db.nouns import (
    CAPACITY_POOL_COLUMNS,
    CAPACITY_POOL_SOURCE,
    POOL_COLUMNS,
    POOL_SOURCE,
    TICKET_TIER_COLUMNS,
    TICKET_TIER_SOURCE,
    columns_of,
    select_list,
)
from db.visibility import FALSE, TABLES, Binds, visible
from domain.ids import EventId
from domain.ledger import CapacityProof
from domain.permissions import Viewer

Row = asyncpg.Record
Pair = tuple[UUID, UUID]
OneByKey = Loader[Any, Row | None]
ManyByKey = Loader[Any, list[Row]]

_ALIASES = {"user": "account"}

_ONBOARDING = """
SELECT account.id, account.email_verified,
    account.locale IS NOT NULL AND account.timezone IS NOT NULL AS has_profile,
    account.preferences <> '{}' AS has_preferences,
    EXISTS (SELECT FROM registrations AS r WHERE r.user_id = account.id)
        OR EXISTS (SELECT FROM memberships AS m WHERE m.user_id = account.id) AS takes_part
FROM users AS account WHERE account.id = ANY($1::uuid[])
""".strip()

# How many wait before an entry, and one more. A tier's whole list is numbered once, however many of it are asked for.
_RANKS = """
SELECT ranked.event_id, ranked.id, ranked.rank FROM (
    SELECT entry.event_id, entry.id, 1 + count(*) FILTER (WHERE entry.status = 'WAITING') OVER (
        PARTITION BY entry.event_id, entry.ticket_tier_id ORDER BY entry.priority DESC, entry.position
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS rank
    FROM waitlist_entries AS entry
    WHERE entry.status IN ('WAITING', 'SUSPENDED') AND (entry.event_id, entry.ticket_tier_id) IN (
        SELECT asked.event_id, asked.ticket_tier_id FROM waitlist_entries AS asked
        WHERE (asked.event_id, asked.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
    )
) AS ranked
WHERE (ranked.event_id, ranked.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
""".strip()
_POLICIES = """
SELECT event_id, look_past, offer_seconds FROM event_heads WHERE event_id = ANY($1::uuid[])
""".strip()


class Loaders:
    """Every loader of one request, made when first used."""

    def __init__(self, database: Database, viewer: Viewer) -> None:
        self._database = database
        self._viewer = viewer
        self._made: dict[str, Loader[Any, Any]] = {}

    def one(self, noun: str) -> OneByKey:
        """A row of the noun by its id, if the viewer may see it."""
        return self._loader(f"{noun}_by_id", lambda keys: self._nouns(noun, keys))

    @property
    def event_by_slug(self) -> OneByKey:
        """An event by its slug."""
        return self._loader("event_by_slug", lambda keys: self._by_slug("event", keys))

    @property
    def organization_by_slug(self) -> OneByKey:
        """An organization by its slug."""
        return self._loader("organization_by_slug", lambda keys: self._by_slug("organization", keys))

    @property
    def pool_by_event_id(self) -> OneByKey:
        """The overall pool of an event that the viewer sees already."""
        return self._loader("pool_by_event_id", self._pools)

    @property
    def capacity_pools_by_event_id(self) -> ManyByKey:
        """All pools of an event that the viewer sees already: its own, those of its tiers, those that tiers share."""
        return self._loader("capacity_pools_by_event_id", self._pools_of_events)

    def pool_by_event_id_as_of(self, at: datetime) -> OneByKey:
        """The overall pool at a time of an event that the viewer may look into."""
        return self._loader(
            f"pool_by_event_id_as_of {at.isoformat()}", lambda keys: ledger.statuses_as_of(self._database, keys, at)
        )

    @property
    def capacity_proof_by_event_id(self) -> Loader[Any, CapacityProof | None]:
        """The books of an event that the viewer may look into."""
        return self._loader("capacity_proof_by_event_id", self._proofs)

    @property
    def capacity_pool_by_id(self) -> OneByKey:
        """A pool by its event and id."""
        return self._loader("capacity_pool_by_id", self._capacity_pools)

    @property
    def capacity_block_by_id(self) -> OneByKey:
        """A block by its event and id."""
        return self._loader("capacity_block_by_id", lambda keys: self._pairs("capacity_block", keys))

    @property
    def waitlist_policy_by_event_id(self) -> OneByKey:
        """How the waiting list is worked of an event that the viewer sees already."""
        return self._loader("waitlist_policy_by_event_id", self._policies)

    @property
    def waitlist_entry_by_id(self) -> OneByKey:
        """A waiting-list entry by its event and id."""
        return self._loader("waitlist_entry_by_id", lambda keys: self._pairs("waitlist_entry", keys))

    @property
    def viewer_waitlist_entry_by_event_id(self) -> OneByKey:
        """The viewer's own newest live entry on the waiting list of an event."""
        return self._loader("viewer_waitlist_entry_by_event_id", self._viewer_entries)

    @property
    def rank_by_waitlist_entry_id(self) -> Loader[Pair, int | None]:
        """How many wait before an entry that the viewer sees already, and one more; nothing when it does not wait."""
        return self._loader("rank_by_waitlist_entry_id", self._ranks)

    @property
    def ticket_tiers_by_event_id(self) -> ManyByKey:
        """The tiers of an event that the viewer sees already, in their order."""
        return self._loader("ticket_tiers_by_event_id", self._tiers_of_events)

    @property
    def ticket_tier_by_id(self) -> OneByKey:
        """A tier by its event and id."""
        return self._loader("ticket_tier_by_id", self._tiers)

    @property
    def registration_by_id(self) -> OneByKey:
        """A registration by its event and id."""
        return self._loader("registration_by_id", lambda keys: self._pairs("registration", keys))

    @property
    def viewer_registration_by_event_id(self) -> OneByKey:
        """The viewer's own newest live registration for an event."""
        return self._loader("viewer_registration_by_event_id", self._viewer_registrations)

    @property
    def ticket_by_id(self) -> OneByKey:
        """A ticket by its event and id."""
        return self._loader("ticket_by_id", lambda keys: self._pairs("ticket", keys))

    @property
    def tickets_by_registration_id(self) -> ManyByKey:
        """The tickets of a registration, by its event and id."""
        return self._loader("tickets_by_registration_id", self._tickets_of_registrations)

    @property
    def memberships_by_user_id(self) -> ManyByKey:
        """A user's memberships in the order they joined."""
        return self._loader("memberships_by_user_id", self._memberships_of_users)

    @property
    def onboarding_by_user_id(self) -> OneByKey:
        """The facts that onboarding is computed from."""
        return self._loader("onboarding_by_user_id", self._onboarding)

    def _loader(self, name: str, read: Callable[[list[Any]], Awaitable[Sequence[Any]]]) -> Loader[Any, Any]:
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = Loader(read)
        return made

    async def _nouns(self, noun: str, keys: Sequence[UUID]) -> list[Row | None]:
        alias = _ALIASES.get(noun, noun)
        binds = Binds()
        where = f"{alias}.id = ANY({binds.add(list(keys))}::uuid[])"
        rows = await self._visible(noun, alias, where, binds)
        by_id = {row["id"]: row for row in rows}
        return [by_id.get(key) for key in keys]

    async def _by_slug(self, noun: str, keys: Sequence[str]) -> list[Row | None]:
        binds = Binds()
        rows = await self._visible(noun, noun, f"{noun}.slug = ANY({binds.add(list(keys))}::text[])", binds)
        by_slug = {row["slug"]: row for row in rows}
        return [by_slug.get(key) for key in keys]

    async def _pairs(self, noun: str, keys: Sequence[Pair]) -> list[Row | None]:
        binds = Binds()
        rows = await self._visible(noun, noun, _in_pairs(noun, "id", keys, binds), binds)
        by_key = {(row["event_id"], row["id"]): row for row in rows}
        return [by_key.get(key) for key in keys]

    async def _visible(self, noun: str, alias: str, where: str, binds: Binds) -> list[asyncpg.Record]:
        granted = visible(noun, self._viewer, alias, binds)
        if granted == FALSE:
            return []
        columns = select_list(columns_of(noun, self._viewer, alias, binds))
        sql = f"SELECT {columns} FROM {TABLES[noun]} AS {alias} WHERE {where} AND {granted}"
        return await self._database.fetch(sql, *binds.values)

    async def _pools(self, event_ids: Sequence[UUID]) -> list[Row | None]:
        sql = f"""
SELECT {select_list(POOL_COLUMNS)} FROM {POOL_SOURCE}
WHERE pool.event_id = ANY($1::uuid[]) AND pool.id = pool.event_id
""".strip()
        by_id = {row["id"]: row for row in await self._database.fetch(sql, list(event_ids))}
        return [by_id.get(event_id) for event_id in event_ids]

    async def _proofs(self, event_ids: Sequence[UUID]) -> list[CapacityProof | None]:
        proofs = await ledger.prove(self._database, event_ids)
        return [proofs.get(EventId(event_id)) for event_id in event_ids]

    async def _tiers_of_events(self, event_ids: Sequence[UUID]) -> list[list[Row]]:
        sql = f"""
SELECT {select_list(TICKET_TIER_COLUMNS)} FROM {TICKET_TIER_SOURCE}
WHERE ticket_tier.event_id = ANY($1::uuid[])
ORDER BY ticket_tier.event_id, ticket_tier.position, ticket_tier.id
""".strip()
        grouped: dict[UUID, list[Row]] = {event_id: [] for event_id in event_ids}
        for row in await self._database.fetch(sql, list(event_ids)):
            grouped[row["event_id"]].append(row)
        return [grouped[event_id] for event_id in event_ids]

    async def _tiers(self, keys: Sequence[Pair]) -> list[Row | None]:
        binds = Binds()
        where = _in_pairs("ticket_tier", "id", keys, binds)
        granted = visible("ticket_tier", self._viewer, "ticket_tier", binds)
        sql = f"""
SELECT {select_list(TICKET_TIER_COLUMNS)} FROM {TICKET_TIER_SOURCE} WHERE {where} AND {granted}
""".strip()
        by_key = {(row["event_id"], row["id"]): row for row in await self._database.fetch(sql, *binds.values)}
        return [by_key.get(key) for key in keys]

    async def _pools_of_events(self, event_ids: Sequence[UUID]) -> list[list[Row]]:
        sql = f"""
SELECT {select_list(CAPACITY_POOL_COLUMNS)} FROM {CAPACITY_POOL_SOURCE}
WHERE capacity_pool.event_id = ANY($1::uuid[])
ORDER BY capacity_pool.event_id, capacity_pool.kind <> 'EVENT', capacity_pool.kind = 'SHARED', tier.position,
    lower(capacity_pool.name), capacity_pool.id
""".strip()
        grouped: dict[UUID, list[Row]] = {event_id: [] for event_id in event_ids}
        for row in await self._database.fetch(sql, list(event_ids)):
            grouped[row["event_id"]].append(row)
        return [grouped[event_id] for event_id in event_ids]

    async def _capacity_pools(self, keys: Sequence[Pair]) -> list[Row | None]:
        binds = Binds()
        where = _in_pairs("capacity_pool", "id", keys, binds)
        granted = visible("capacity_pool", self._viewer, "capacity_pool", binds)
        sql = f"""
SELECT {select_list(CAPACITY_POOL_COLUMNS)} FROM {CAPACITY_POOL_SOURCE} WHERE {where} AND {granted}
""".strip()
        by_key = {(row["event_id"], row["id"]): row for row in await self._database.fetch(sql, *binds.values)}
        return [by_key.get(key) for key in keys]

    async def _policies(self, event_ids: Sequence[UUID]) -> list[Row | None]:
        by_id = {row["event_id"]: row for row in await self._database.fetch(_POLICIES, list(event_ids))}
        return [by_id.get(event_id) for event_id in event_ids]

    async def _ranks(self, keys: Sequence[Pair]) -> list[int | None]:
        arrays = [event_id for event_id, _ in keys], [entry_id for _, entry_id in keys]
        ranks = {(row["event_id"], row["id"]): row["rank"] for row in await self._database.fetch(_RANKS, *arrays)}
        return [ranks.get(key) for key in keys]

    async def _viewer_entries(self, event_ids: Sequence[UUID]) -> list[Row | None]:
        return await self._own_live("waitlist_entry", ("OFFERED", "SUSPENDED", "WAITING"), event_ids)

    async def _viewer_registrations(self, event_ids: Sequence[UUID]) -> list[Row | None]:
        return await self._own_live("registration", ("CONFIRMED", "HELD", "PENDING_APPROVAL"), event_ids)

    async def _own_live(self, noun: str, live: Sequence[str], event_ids: Sequence[UUID]) -> list[Row | None]:
        """The viewer's newest row of each event in one of the statuses."""
        if self._viewer.user_id is None:
            return [None for _ in event_ids]
        binds = Binds()
        place = binds.add(list(event_ids))
        user = binds.add(self._viewer.user_id)
        columns = select_list(columns_of(noun, self._viewer, noun, binds))
        statuses = ", ".join(f"'{status}'" for status in live)
        sql = f"""
SELECT DISTINCT ON ({noun}.event_id) {columns} FROM {TABLES[noun]} AS {noun}
WHERE {noun}.event_id = ANY({place}::uuid[]) AND {noun}.user_id = {user}::uuid
    AND {noun}.status IN ({statuses})
ORDER BY {noun}.event_id, {noun}.created_at DESC, {noun}.id DESC
""".strip()
        by_event = {row["event_id"]: row for row in await self._database.fetch(sql, *binds.values)}
        return [by_event.get(event_id) for event_id in event_ids]

    async def _tickets_of_registrations(self, keys: Sequence[Pair]) -> list[list[Row]]:
        binds = Binds()
        where = _in_pairs("ticket", "registration_id", keys, binds)
        granted = visible("ticket", self._viewer, "ticket", binds)
        columns = select_list(columns_of("ticket", self._viewer, "ticket", binds))
        sql = f"""
SELECT {columns} FROM tickets AS ticket WHERE {where} AND {granted}
ORDER BY ticket.event_id, ticket.registration_id, ticket.id
""".strip()
        grouped: dict[Pair, list[Row]] = {key: [] for key in keys}
        for row in await self._database.fetch(sql, *binds.values):
            grouped[row["event_id"], row["registration_id"]].append(row)
        return [grouped[key] for key in keys]

    async def _memberships_of_users(self, user_ids: Sequence[UUID]) -> list[list[Row]]:
        binds = Binds()
        place = binds.add(list(user_ids))
        granted = visible("membership", self._viewer, "membership", binds)
        columns = select_list(columns_of("membership", self._viewer, "membership", binds))
        sql = f"""
SELECT {columns} FROM memberships AS membership
WHERE membership.user_id = ANY({place}::uuid[]) AND {granted}
ORDER BY membership.user_id, membership.created_at, membership.id
""".strip()
        grouped: dict[UUID, list[Row]] = {user_id: [] for user_id in user_ids}
        for row in await self._database.fetch(sql, *binds.values):
            grouped[row["user_id"]].append(row)
        return [grouped[user_id] for user_id in user_ids]

    async def _onboarding(self, user_ids: Sequence[UUID]) -> list[Row | None]:
        by_id = {row["id"]: row for row in await self._database.fetch(_ONBOARDING, list(user_ids))}
        return [by_id.get(user_id) for user_id in user_ids]


def _in_pairs(alias: str, column: str, keys: Sequence[Pair], binds: Binds) -> str:
    events = binds.add([event_id for event_id, _ in keys])
    others = binds.add([other for _, other in keys])
    return f"({alias}.event_id, {alias}.{column}) IN (SELECT * FROM unnest({events}::uuid[], {others}::uuid[]))"
