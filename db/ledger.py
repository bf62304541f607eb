"""Reading the capacity ledger: proofs of whole events, and the use of a capacity at an earlier time.

A proof is one statement, so that counters, rows and lines are of one snapshot however busy the event is.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import asyncpg

from domain.capacity import PoolKind, Use
from domain.ids import EventId, PoolId, RegistrationId
from domain.journal import Stream
from domain.ledger import LIMITING, CapacityProof, PoolAccount, Tally, UnevenRegistration

EXAMPLES = 5
"""How many registrations without whole tickets a proof names."""

_LIMITING = ", ".join(f"'{kind}'" for kind in sorted(LIMITING))


def _in_all_uses(template: str) -> str:
    """The template for each counter, in the order of `Use`, as the elements of an array."""
    return ", ".join(template.format(use=use.value) for use in Use)


_PROOF = f"""
WITH drawn AS (
    -- Every pool that a place of a tier is taken from.
    SELECT tier.event_id, tier.id AS tier_id, pool.id AS pool_id
    FROM ticket_tiers AS tier
        CROSS JOIN LATERAL unnest(ARRAY[tier.event_id, tier.id] || tier.shared_pool_ids) AS pool (id)
    WHERE tier.event_id = ANY($1::uuid[])
), taken AS (
    SELECT event_id, ticket_tier_id, sum(quantity) FILTER (WHERE status = 'CONFIRMED') AS confirmed,
        sum(quantity) FILTER (WHERE status = 'HELD') AS held, 0 AS offered, 0 AS checked_in
    FROM registrations WHERE event_id = ANY($1::uuid[]) AND status IN ('CONFIRMED', 'HELD')
    GROUP BY event_id, ticket_tier_id
    UNION ALL
    SELECT event_id, ticket_tier_id, 0, 0, sum(quantity), 0
    FROM waitlist_entries WHERE event_id = ANY($1::uuid[]) AND status = 'OFFERED'
    GROUP BY event_id, ticket_tier_id
    UNION ALL
    SELECT ticket.event_id, registration.ticket_tier_id, 0, 0, 0, count(*)
    FROM tickets AS ticket JOIN registrations AS registration
        ON registration.event_id = ticket.event_id AND registration.id = ticket.registration_id
    WHERE ticket.event_id = ANY($1::uuid[]) AND ticket.status = 'CHECKED_IN'
    GROUP BY ticket.event_id, registration.ticket_tier_id
), counted AS (
    SELECT event_id, pool_id, ARRAY[{_in_all_uses("coalesce(sum({use}), 0)::bigint")}] AS uses
    FROM (
        SELECT drawn.event_id, drawn.pool_id, taken.confirmed, taken.held, taken.offered, 0 AS blocked, taken.checked_in
        FROM taken JOIN drawn ON drawn.event_id = taken.event_id AND drawn.tier_id = taken.ticket_tier_id
        UNION ALL
        SELECT block.event_id, pool.id, 0, 0, 0, block.quantity, 0
        FROM capacity_blocks AS block CROSS JOIN LATERAL unnest(block.pool_ids) AS pool (id)
        WHERE block.event_id = ANY($1::uuid[]) AND block.released_at IS NULL
    ) AS of_pool GROUP BY event_id, pool_id
), told AS (
    SELECT line.stream_id AS event_id, delta.key::uuid AS pool_id,
        ARRAY[{_in_all_uses("coalesce(sum((delta.value->>'{use}')::bigint), 0)::bigint")}] AS uses
    FROM journal AS line CROSS JOIN LATERAL jsonb_each(line.data->'deltas') AS delta
    WHERE line.stream_id = ANY($1::uuid[])
    GROUP BY line.stream_id, delta.key
), limited AS (
    -- Of lines that name the capacity, and of those that name the overbooking, the last one counts.
    SELECT stream_id AS event_id, object_id AS pool_id,
        (array_agg(capacity ORDER BY version DESC) FILTER (WHERE capacity IS NOT NULL))[1]->>1 AS capacity,
        (array_agg(overbooking ORDER BY version DESC) FILTER (WHERE overbooking IS NOT NULL))[1]->>1 AS overbooking
    FROM (
        SELECT stream_id, object_id, version, data->'changes'->'overbooking' AS overbooking,
            coalesce(data->'changes'->'capacity', data->'changes'->'quota') AS capacity
        FROM journal WHERE stream_id = ANY($1::uuid[]) AND kind IN ({_LIMITING})
    ) AS line GROUP BY stream_id, object_id
), stream AS (
    SELECT stream_id AS event_id, count(*) AS lines, min(version) AS first_version, max(version) AS last_version,
        coalesce(sum((data->>'waiting')::bigint), 0)::bigint AS waiting
    FROM journal WHERE stream_id = ANY($1::uuid[]) GROUP BY stream_id
), waiting AS (
    SELECT event_id, count(*) AS entries FROM waitlist_entries
    WHERE event_id = ANY($1::uuid[]) AND status = 'WAITING' GROUP BY event_id
), ticketed AS (
    SELECT event_id, count(*) AS registrations, count(*) FILTER (WHERE good <> owed) AS uneven,
        (array_agg(id ORDER BY id) FILTER (WHERE good <> owed))[1:{EXAMPLES}] AS ids,
        (array_agg(owed ORDER BY id) FILTER (WHERE good <> owed))[1:{EXAMPLES}] AS places,
        (array_agg(good ORDER BY id) FILTER (WHERE good <> owed))[1:{EXAMPLES}] AS tickets
    FROM (
        SELECT registration.event_id, registration.id, coalesce(ticket.good, 0) AS good,
            CASE registration.status WHEN 'CONFIRMED' THEN registration.quantity ELSE 0 END AS owed
        FROM registrations AS registration LEFT JOIN (
            SELECT event_id, registration_id, count(*) AS good FROM tickets
            WHERE event_id = ANY($1::uuid[]) AND status IN ('VALID', 'CHECKED_IN') GROUP BY event_id, registration_id
        ) AS ticket ON ticket.event_id = registration.event_id AND ticket.registration_id = registration.id
        WHERE registration.event_id = ANY($1::uuid[])
    ) AS compared GROUP BY event_id
), pools AS (
    -- Also those that only rows or lines speak of, and the event's own whatever happens.
    SELECT event_id, event_id AS pool_id FROM event_heads WHERE event_id = ANY($1::uuid[])
    UNION SELECT event_id, id FROM capacity_pools WHERE event_id = ANY($1::uuid[])
    UNION SELECT event_id, pool_id FROM counted
    UNION SELECT event_id, pool_id FROM told
)
SELECT head.event_id, head.stream_version, head.waiting AS waiting_stored,
    coalesce(waiting.entries, 0) AS waiting_counted, coalesce(stream.waiting, 0) AS waiting_told,
    coalesce(stream.lines, 0) AS lines, stream.first_version, stream.last_version,
    coalesce(ticketed.registrations, 0) AS registrations, coalesce(ticketed.uneven, 0) AS uneven,
    ticketed.ids, ticketed.places, ticketed.tickets,
    pools.pool_id, pool.kind, coalesce(pool.name, tier.name) AS name, pool.capacity, pool.overbooking,
    limited.capacity::int AS capacity_told, coalesce(limited.overbooking::int, 0) AS overbooking_told,
    CASE WHEN pool.id IS NOT NULL THEN ARRAY[{_in_all_uses("pool.{use}::bigint")}] END AS stored,
    counted.uses AS counted, told.uses AS told
FROM event_heads AS head
    JOIN pools ON pools.event_id = head.event_id
    LEFT JOIN capacity_pools AS pool ON pool.event_id = pools.event_id AND pool.id = pools.pool_id
    LEFT JOIN ticket_tiers AS tier ON tier.event_id = pools.event_id AND tier.id = pools.pool_id
    LEFT JOIN counted ON counted.event_id = pools.event_id AND counted.pool_id = pools.pool_id
    LEFT JOIN told ON told.event_id = pools.event_id AND told.pool_id = pools.pool_id
    LEFT JOIN limited ON limited.event_id = pools.event_id AND limited.pool_id = pools.pool_id
    LEFT JOIN stream ON stream.event_id = head.event_id
    LEFT JOIN waiting ON waiting.event_id = head.event_id
    LEFT JOIN ticketed ON ticketed.event_id = head.event_id
WHERE head.event_id = ANY($1::uuid[])
-- The event itself, its tiers in their order, then what they share.
ORDER BY head.event_id, pools.pool_id <> head.event_id, tier.position, name, pools.pool_id
"""

_TOLD_OF_EVENT = _in_all_uses(
    "coalesce(sum((line.data->'deltas'->wanted.event_id::text->>'{use}')::bigint), 0)::int AS {use}"
)
_AS_OF = f"""
SELECT wanted.event_id, wanted.event_id AS id, upto.version AS stream_version, told.*,
    (limited.capacity->>1)::int AS capacity, coalesce((overbooked.overbooking->>1)::int, 0) AS overbooking
FROM unnest($1::uuid[]) AS wanted (event_id)
    CROSS JOIN LATERAL (
        SELECT max(version) AS version FROM journal WHERE stream_id = wanted.event_id AND at <= $2
    ) AS upto
    CROSS JOIN LATERAL (
        SELECT {_TOLD_OF_EVENT}, coalesce(sum((line.data->>'waiting')::bigint), 0)::int AS waiting
        FROM journal AS line WHERE line.stream_id = wanted.event_id AND line.version <= upto.version
    ) AS told
    LEFT JOIN LATERAL (
        SELECT data->'changes'->'capacity' AS capacity FROM journal
        WHERE stream_id = wanted.event_id AND object_id = wanted.event_id AND version <= upto.version
            AND kind IN ({_LIMITING}) AND data->'changes' ? 'capacity'
        ORDER BY version DESC LIMIT 1
    ) AS limited ON true
    LEFT JOIN LATERAL (
        SELECT data->'changes'->'overbooking' AS overbooking FROM journal
        WHERE stream_id = wanted.event_id AND object_id = wanted.event_id AND version <= upto.version
            AND kind IN ({_LIMITING}) AND data->'changes' ? 'overbooking'
        ORDER BY version DESC LIMIT 1
    ) AS overbooked ON true
WHERE upto.version IS NOT NULL
"""

_HEADS = "SELECT event_id, stream_version FROM event_heads"
_WALK = f"{_HEADS} WHERE event_id > $1 ORDER BY event_id LIMIT $2"
_OF = f"{_HEADS} WHERE event_id = ANY($1::uuid[])"
# A line that a slow transaction commits late is passed over: the walk comes by its event as well.
_CHANGED = """
SELECT stream_id, stream, xid::text AS xid, seq FROM journal WHERE (xid, seq) > ($1::text::xid8, $2)
ORDER BY xid DESC, seq DESC LIMIT $3
"""

_NONE = [0] * len(Use)


class Asking(Protocol):
    """Where statements run: a pool, a session or a bare connection."""

    async def fetch(self, sql: str, /, *values: object) -> list[asyncpg.Record]:
        """All rows."""
        ...


async def prove(asking: Asking, event_ids: Sequence[UUID]) -> dict[EventId, CapacityProof]:
    """The proofs of those events that exist, in one statement. Reads every registration and line of each."""
    by_event: dict[EventId, list[asyncpg.Record]] = {}
    for row in await asking.fetch(_PROOF, list(event_ids)):
        by_event.setdefault(row["event_id"], []).append(row)
    return {event_id: _proof(rows) for event_id, rows in by_event.items()}


async def statuses_as_of(asking: Asking, event_ids: Sequence[UUID], at: datetime) -> list[asyncpg.Record | None]:
    """The use of each event's own pool as the lines up to that time tell it, with the version of the last of them.

    Nothing for an event whose journal begins later.
    """
    rows = {row["event_id"]: row for row in await asking.fetch(_AS_OF, list(event_ids), at)}
    return [rows.get(event_id) for event_id in event_ids]


async def events_after(asking: Asking, event_id: UUID, limit: int) -> list[tuple[EventId, int]]:
    """The next events in the order of their ids, each with the number of its lines."""
    return [(EventId(row["event_id"]), row["stream_version"]) for row in await asking.fetch(_WALK, event_id, limit)]


async def events_with_lines(asking: Asking, event_ids: Iterable[EventId]) -> list[tuple[EventId, int]]:
    """Those of the events that exist, in the given order, each with the number of its lines."""
    ids = list(event_ids)
    lines = {row["event_id"]: row["stream_version"] for row in await asking.fetch(_OF, ids)}
    return [(event_id, lines[event_id]) for event_id in ids if event_id in lines]


async def events_changed_since(
    asking: Asking, position: tuple[str, int], lines: int
) -> tuple[list[EventId], tuple[str, int]]:
    """The events that the journal's newest lines after a position tell of, and the position of the newest line.

    Of more than `lines` lines the newest. A position is a transaction and a place in it.
    """
    rows = await asking.fetch(_CHANGED, *position, lines)
    if not rows:
        return [], position
    changed = dict.fromkeys(EventId(row["stream_id"]) for row in rows if row["stream"] == Stream.EVENT)
    return list(changed), (rows[0]["xid"], rows[0]["seq"])


def _proof(rows: Sequence[asyncpg.Record]) -> CapacityProof:
    first = rows[0]
    uneven: zip[Any] = zip(first["ids"] or (), first["places"] or (), first["tickets"] or (), strict=True)
    return CapacityProof(
        event_id=first["event_id"],
        version=first["stream_version"],
        pools=tuple(_account(row) for row in rows),
        waiting=Tally(first["waiting_stored"], first["waiting_counted"], first["waiting_told"]),
        lines=first["lines"],
        first_version=first["first_version"],
        last_version=first["last_version"],
        registrations=first["registrations"],
        uneven=first["uneven"],
        examples=tuple(UnevenRegistration(RegistrationId(id_), places, tickets) for id_, places, tickets in uneven),
    )


def _account(row: asyncpg.Record) -> PoolAccount:
    return PoolAccount(
        id=PoolId(row["pool_id"]),
        kind=PoolKind(row["kind"]) if row["kind"] else None,
        name=row["name"],
        capacity=Tally(row["capacity"], None, row["capacity_told"]),
        overbooking=Tally(row["overbooking"], None, row["overbooking_told"]),
        stored=tuple(row["stored"]) if row["stored"] else None,
        counted=tuple(row["counted"] or _NONE),
        told=tuple(row["told"] or _NONE),
    )
