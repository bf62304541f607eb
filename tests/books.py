"""The books of registrations: counters, rows and journal have to tell the same story, whatever happened."""

import asyncpg

COUNTED = """
SELECT pool.id, pool.confirmed, coalesce(sum(r.quantity), 0)::int AS places
FROM capacity_pools AS pool LEFT JOIN registrations AS r
  ON r.event_id = pool.event_id AND r.status = 'CONFIRMED' AND (pool.id = pool.event_id OR r.ticket_tier_id = pool.id)
GROUP BY pool.event_id, pool.id, pool.confirmed ORDER BY pool.id
"""
TOLD = """
SELECT delta.key::uuid AS id, sum((delta.value->>'confirmed')::int)::int AS confirmed
FROM journal, jsonb_each(data->'deltas') AS delta GROUP BY 1 ORDER BY 1
"""
GAPS = """
SELECT stream_id FROM journal GROUP BY stream_id HAVING max(version) <> count(*) OR min(version) <> 1
"""
TICKETS = """
SELECT r.id FROM registrations AS r LEFT JOIN tickets AS t ON t.event_id = r.event_id AND t.registration_id = r.id
  AND t.status = CASE r.status WHEN 'CONFIRMED' THEN 'VALID' ELSE r.status END
GROUP BY r.event_id, r.id, r.quantity HAVING count(t.id) <> r.quantity
"""


async def prove_books(database: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Fail unless each pool equals the sum of its journal lines and the rows, with whole tickets and no gap."""
    counted = await database.fetch(COUNTED)
    assert [(row["id"], row["confirmed"]) for row in counted] == [(row["id"], row["places"]) for row in counted]
    told = {row["id"]: row["confirmed"] for row in await database.fetch(TOLD)}
    assert {row["id"]: row["confirmed"] for row in counted} == {row["id"]: told.get(row["id"], 0) for row in counted}
    assert await database.fetch(GAPS) == []
    assert await database.fetch(TICKETS) == []
