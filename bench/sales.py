"""Sales under measurement: a durable PostgreSQL of their own, events in it that are sold, and a crowd that buys."""

import asyncio
import gc
import random
import statistics
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from bench.homes import passing_home
from bilten.embedded.cluster import data_folder, find_cluster
from bilten.embedded.home import locked_home
from bilten.embedded.postgres import PostgresServer
from bilten.embedded.processes import choose_identity
from bilten.embedded.supervisor import Supervisor
from db.database import Database
from db.migrate import migrate
from domain import errors
from domain.asked import Asked
from domain.ids import EventId, TicketTierId, UserId
from domain.registrations import Register

PEOPLE = 4_096
Buy = Callable[[Asked[Register]], Awaitable[object]]

_PEOPLE = """
INSERT INTO users (id, issuer, subject, email, email_verified, name, status, created_at, updated_at)
SELECT id, 'bench', id::text, id || '@people.example', true, 'Somebody', 'ACTIVE', $2, $2 FROM unnest($1::uuid[]) AS id
"""
_HOUSE = """
INSERT INTO organizations (id, slug, name, created_at, updated_at) VALUES ($1, $1::uuid::text, 'House', $2, $2)
"""
_EVENTS = """
INSERT INTO events (id, organization_id, slug, title, category, status, starts_at_local, ends_at_local, timezone,
    starts_at, ends_at, online, created_by, created_at, updated_at)
SELECT id, $2, id::text, 'Sale', 'Music', 'PUBLISHED', $4::timestamptz AT TIME ZONE 'UTC',
    $5::timestamptz AT TIME ZONE 'UTC', 'UTC', $4, $5, true, $3, now(), now()
FROM unnest($1::uuid[]) AS id
"""
_HEADS = """
INSERT INTO event_heads (event_id, sales_open, sales_until) SELECT id, true, $2 FROM unnest($1::uuid[]) AS id
"""
_POOLS = """
INSERT INTO capacity_pools (event_id, id, kind, capacity)
SELECT event_id, event_id, 'EVENT', $3::int FROM unnest($1::uuid[]) AS event_id
UNION ALL SELECT sold.event_id, sold.id, 'TICKET_TIER', NULL FROM unnest($1::uuid[], $2::uuid[]) AS sold (event_id, id)
"""
_TIERS = """
INSERT INTO ticket_tiers (event_id, id, name, price_minor, currency, position, created_at, updated_at)
SELECT sold.event_id, sold.id, 'Standard', 2500, 'EUR', 0, now(), now()
FROM unnest($1::uuid[], $2::uuid[]) AS sold (event_id, id)
"""
# What has to hold when a sale is over, whoever ran it.
_WRONG = """
SELECT pool.event_id FROM capacity_pools AS pool
JOIN event_heads AS head ON head.event_id = pool.event_id
WHERE pool.id = pool.event_id AND pool.event_id = ANY($1::uuid[]) AND (
    pool.confirmed > pool.capacity
    OR pool.confirmed <> (SELECT count(*) FROM registrations WHERE event_id = pool.event_id)
    OR pool.confirmed <> (SELECT count(*) FROM tickets WHERE event_id = pool.event_id)
    OR pool.confirmed <> (SELECT count(*) FROM journal WHERE stream_id = pool.event_id)
    OR pool.confirmed <> (SELECT count(*) FROM idempotency_keys WHERE scope_id = pool.event_id)
    OR pool.confirmed <> head.stream_version)
"""


@asynccontextmanager
async def durable_postgres() -> AsyncGenerator[str]:
    """The address of a migrated database on a server as `bilten serve` starts it; gone at the end."""
    with passing_home() as path:
        identity = choose_identity(data_folder(path))
        with locked_home(path, mode=0o711) as home:
            postgres = PostgresServer(find_cluster(home, identity), print)
            async with Supervisor(postgres):
                await migrate(postgres.url())
                yield postgres.url()


@dataclass(frozen=True, slots=True)
class Sale:
    """Events that are sold, each with one tier and so many places."""

    events: Sequence[tuple[EventId, TicketTierId]]
    places: int
    people: Sequence[UserId]

    def claims(self, per_place: int) -> list[Asked[Register]]:
        """So many claims for each place, of all events in no order, every one under a key of its own."""
        chosen = [event for event in self.events for _ in range(self.places * per_place)]
        random.Random(1).shuffle(chosen)  # noqa: S311 - the same order for everybody
        return [
            Asked(event_id, Register(event_id, tier_id, 1), self.people[number % len(self.people)], key=f"{number}")
            for number, (event_id, tier_id) in enumerate(chosen)
        ]

    async def prove(self, database: Database) -> None:
        """Fail unless everything is sold exactly once, and every row of it is there."""
        ids = [event_id for event_id, _ in self.events]
        sold = await database.fetchrow("SELECT count(*) AS sold FROM registrations WHERE event_id = ANY($1)", ids)
        wrong = await database.fetch(_WRONG, ids)
        if wrong or sold is None or sold["sold"] != self.places * len(self.events):
            message = f"the books are wrong: {sold}, {wrong[:3]}"
            raise AssertionError(message)


@dataclass(slots=True)
class Fair:
    """A house that sells, and the people who buy."""

    database: Database
    house: UUID = field(default_factory=uuid4)
    people: list[UserId] = field(default_factory=list[UserId])

    async def open(self) -> None:
        """Let the people in."""
        self.people = [UserId(uuid4()) for _ in range(PEOPLE)]
        async with self.database.transaction() as session:
            await session.execute(_HOUSE, self.house, datetime.now(UTC))
            await session.execute(_PEOPLE, self.people, datetime.now(UTC))

    async def sale(self, events: int, places: int) -> Sale:
        """New events on sale."""
        ids, tiers = [EventId(uuid4()) for _ in range(events)], [TicketTierId(uuid4()) for _ in range(events)]
        starts_at = datetime.now(UTC) + timedelta(days=30)
        ends_at = starts_at + timedelta(hours=3)
        async with self.database.transaction() as session:
            await session.execute(_EVENTS, ids, self.house, self.people[0], starts_at, ends_at)
            await session.execute(_HEADS, ids, ends_at)
            await session.execute(_POOLS, ids, tiers, places)
            await session.execute(_TIERS, ids, tiers)
        # Statements that are prepared on tables without statistics keep bad plans.
        await self.database.fetch("ANALYZE")
        return Sale(list(zip(ids, tiers, strict=True)), places, self.people)


async def storm(buy: Buy, claims: Sequence[Asked[Register]], *, callers: int) -> dict[str, float]:
    """What it took to answer all claims: places sold and answers per second, and milliseconds of an answer.

    Places per second are those of the sale itself, from the first claim to the last place.
    """
    # As the server does when it has started: the claims themselves are not to be looked through during the sale.
    gc.collect()
    gc.freeze()
    queue = iter(claims)
    times: list[float] = []
    sold, sold_out_at = 0, 0.0
    begun = time.perf_counter()

    async def caller() -> None:
        nonlocal sold, sold_out_at
        for claim in queue:
            asked_at = time.perf_counter()
            try:
                await buy(claim)
            except errors.EventIsFull:
                times.append(time.perf_counter() - asked_at)
            else:
                sold_out_at = time.perf_counter()
                times.append(sold_out_at - asked_at)
                sold += 1

    await asyncio.gather(*[caller() for _ in range(callers)])
    cuts = statistics.quantiles(times, n=100)
    return {
        "sold": sold,
        "answers": len(times),
        "sold_per_second": sold / (sold_out_at - begun),
        "answers_per_second": len(times) / (time.perf_counter() - begun),
        "p50": cuts[49] * 1_000,
        "p99": cuts[98] * 1_000,
    }
