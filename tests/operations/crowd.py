"""Many rows at once, written straight into the tables: for lists whose length is the point.

Everything belongs to the people and the house named here. Ids are the same in every run and sort by their numbers.
"""

import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime

import asyncpg

from domain.users import DEVELOPMENT_ISSUER

GUEST, OWNER, ADMIN = "guest1@crowd.example", "guest2@crowd.example", "guest3@crowd.example"
HOUSE = "house-1"
PEOPLE = 60

# Ids of one kind sort by their numbers.
_ID = """
CREATE FUNCTION pg_temp.id(kind text, number bigint) RETURNS uuid IMMUTABLE LANGUAGE sql
RETURN (substr(md5(kind), 1, 8) || '-0000-4000-8000-' || lpad(to_hex(number), 12, '0'))::uuid
"""
# In all that follows: $1 is the first number, $2 the last one, $3 the present.
_PEOPLE = """
INSERT INTO users (id, issuer, subject, email, email_verified, name, status, platform_role, created_at, updated_at)
SELECT pg_temp.id('user', n), $4, 'dev|guest' || n || '@crowd.example', 'guest' || n || '@crowd.example', true,
    'Guest ' || n, 'ACTIVE', CASE WHEN n = 3 THEN 'ADMIN' END, $3, $3
FROM generate_series($1::int, $2::int) AS n
"""
_HOUSES = """
INSERT INTO organizations (id, slug, name, created_at, updated_at, stream_version)
SELECT pg_temp.id('organization', n), 'house-' || n, 'House ' || n % 5, $3, $3, 1
FROM generate_series($1::int, $2::int) AS n
"""
_MEMBERS = """
INSERT INTO memberships (id, organization_id, user_id, role, created_at, updated_at)
SELECT pg_temp.id('membership', n), pg_temp.id('organization', 1), pg_temp.id('user', n),
    CASE WHEN n = 2 THEN 'OWNER' ELSE 'STAFF' END, $3, $3
FROM generate_series($1::int + 1, $2::int) AS n
"""
_VENUES = """
INSERT INTO venues (id, organization_id, name, city, country, timezone, created_at, updated_at)
SELECT pg_temp.id('venue', n), pg_temp.id('organization', 1), 'Hall ' || n % 7,
    (ARRAY['Ljubljana', 'Graz', 'Trieste'])[n % 3 + 1],
    (ARRAY['SI', 'AT', 'IT'])[n % 3 + 1], 'UTC', $3, $3
FROM generate_series($1::int, $2::int) AS n
"""
# Many rows share a start, a title and a moment of creation, so that only the id tells them apart.
_EVENTS = """
INSERT INTO events (id, organization_id, venue_id, slug, title, category, tags, status, starts_at_local, ends_at_local,
    timezone, starts_at, ends_at, online, published_at, created_by, created_at, updated_at)
SELECT pg_temp.id('event', n), pg_temp.id('organization', CASE WHEN n <= 60 THEN 1 ELSE n % 60 + 1 END),
    CASE WHEN n % 4 > 0 THEN pg_temp.id('venue', n % 60 + 1) END, 'event-' || n,
    (ARRAY['Jazz night', 'jazz evening', 'Žur', 'Opera', 'jazz jazz Jazz'])[n % 5 + 1]
        || CASE WHEN n > 1000 THEN ' ' || n ELSE '' END,
    (ARRAY['Music', 'Sport', 'Jazz'])[n % 3 + 1], CASE WHEN n % 2 > 0 THEN '{jazz}' ELSE '{}' END::text[],
    (ARRAY['PUBLISHED', 'PUBLISHED', 'PUBLISHED', 'POSTPONED', 'CANCELLED'])[n % 7 % 5 + 1],
    starts AT TIME ZONE 'UTC', (starts + interval '3 hours') AT TIME ZONE 'UTC', 'UTC',
    starts, starts + interval '3 hours', n % 4 = 0, $3, pg_temp.id('user', 2),
    $3::timestamptz - n % 9 * interval '1 hour', $3
FROM generate_series($1::int, $2::int) AS n, LATERAL (
    SELECT $3::timestamptz + (n * 7919 % greatest($2 / 3, 13) - 4) * interval '1 hour' AS starts
) AS schedule
"""
_HEADS = """
INSERT INTO event_heads (event_id, stream_version, sales_open, sales_until)
SELECT pg_temp.id('event', n), 1, true, $3::timestamptz + interval '90 days' FROM generate_series($1::int, $2::int) AS n
"""
_TIERS = """
INSERT INTO ticket_tiers (event_id, id, name, price_minor, currency, position, created_at, updated_at)
SELECT pg_temp.id('event', n), pg_temp.id('tier', n * 2 + place), 'Tier ' || place, 100 * place, 'EUR', place, $3, $3
FROM generate_series($1::int, $2::int) AS n, generate_series(0, 1) AS place
"""
_POOLS = """
INSERT INTO capacity_pools (event_id, id, kind, capacity, confirmed)
SELECT pg_temp.id('event', n), pg_temp.id('event', n), 'EVENT', CASE WHEN n % 3 = 0 THEN NULL ELSE 100 + n % 2 END, 100
FROM generate_series($1::int, $2::int) AS n
UNION ALL
SELECT pg_temp.id('event', n), pg_temp.id('tier', n * 2 + place), 'TICKET_TIER', NULL, 50
FROM generate_series($1::int, $2::int) AS n, generate_series(0, 1) AS place
"""
# The first guest comes to every event, two others to each of them.
_REGISTRATIONS = """
INSERT INTO registrations (event_id, id, ticket_tier_id, user_id, status, quantity, price_minor, currency,
    created_at, updated_at)
SELECT pg_temp.id('event', n), pg_temp.id('registration', n * 3 + place), pg_temp.id('tier', n * 2),
    pg_temp.id('user', CASE place WHEN 0 THEN 1 ELSE (n * 2 + place) % 50 + 4 END), 'CONFIRMED', 1, 0, 'EUR', $3, $3
FROM generate_series($1::int, $2::int) AS n, generate_series(0, 2) AS place
"""
_TICKETS = """
INSERT INTO tickets (event_id, id, registration_id, code, status)
SELECT pg_temp.id('event', n), pg_temp.id('ticket', n * 3 + place), pg_temp.id('registration', n * 3 + place),
    'C' || n || '-' || place, 'VALID'
FROM generate_series($1::int, $2::int) AS n, generate_series(0, 2) AS place
"""
# The first guest waits for every event, two others for each of them.
_WAITLIST = """
INSERT INTO waitlist_entries (event_id, id, ticket_tier_id, user_id, quantity, status, position, created_at, updated_at)
SELECT pg_temp.id('event', n), pg_temp.id('entry', n * 3 + place), pg_temp.id('tier', n * 2 + 1),
    pg_temp.id('user', CASE place WHEN 0 THEN 1 ELSE (n * 2 + place) % 50 + 4 END), 1, 'WAITING', place + 2, $3, $3
FROM generate_series($1::int, $2::int) AS n, generate_series(0, 2) AS place
"""
_BLOCKS = """
INSERT INTO capacity_blocks (event_id, id, pool_ids, quantity, owner, reason, created_by, created_at, updated_at)
SELECT pg_temp.id('event', n), pg_temp.id('block', n * 2 + place),
    ARRAY[pg_temp.id('event', n), pg_temp.id('tier', n * 2)], 1, 'Choir', 'They sing.', pg_temp.id('user', 2), $3, $3
FROM generate_series($1::int, $2::int) AS n, generate_series(0, 1) AS place
"""
_JOURNAL = """
INSERT INTO journal (stream_id, version, stream, kind, object_id, data, actor_id, at)
SELECT pg_temp.id('organization', 1), n, 'organization', 'OrganizationUpdated', pg_temp.id('organization', 1),
    '{"version": 1, "changes": {}}'::jsonb, pg_temp.id('user', n), $3::timestamptz
FROM generate_series($1::int, $2::int) AS n
UNION ALL
SELECT pg_temp.id('event', n), 1, 'event', 'EventCreated', pg_temp.id('event', n),
    '{"version": 1, "changes": {}}'::jsonb, pg_temp.id('user', n), $3::timestamptz
FROM generate_series($1::int, $2::int) AS n
"""


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def make_people(url: str, now: datetime) -> None:
    """Sixty people, as many houses and venues; all but the first guest work for the first house."""
    await _run(url, (_PEOPLE, _HOUSES, _MEMBERS, _VENUES), 1, PEOPLE, now, DEVELOPMENT_ISSUER)


async def make_events(url: str, now: datetime, *, last: int, first: int = 1) -> None:
    """Events of the numbers given with two tiers each; the first sixty belong to the first house."""
    await _run(url, (_EVENTS, _HEADS, _TIERS, _POOLS), first, last, now)


async def make_guests(url: str, now: datetime) -> None:
    """Three registrations with a ticket for each of the first sixty events, as many who wait, and what is told."""
    await _run(url, (_REGISTRATIONS, _TICKETS, _WAITLIST, _BLOCKS, _JOURNAL), 1, PEOPLE, now)


async def _run(url: str, statements: tuple[str, ...], *values: object) -> None:
    async with connected(url) as connection:
        await connection.execute(_ID)
        for sql in statements:
            needed = max(int(place) for place in re.findall(r"\$(\d)", sql))
            await connection.execute(sql, *values[:needed])
        await connection.execute("ANALYZE")
