"""A box office on real lanes: events in tables, people who buy, and what was acknowledged to whom.

The commands take the way that they take in the server, from lanes on: what lies before is tested elsewhere.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg

from bilten.source import RandomSource
from db.database import BareConnection, Session, prepare
from db.decisions import Decisions
from db.lanes import Connect, Lanes, lane_connections
from db.mapping import insert
from domain import errors
from domain.asked import Asked
from domain.capacity import EventHead, Pool, PoolKind
from domain.ids import EventId, PoolId, TicketTierId, UserId
from domain.journal import Fact, FactKind, Json
from domain.lifecycles import EventStatus
from tests.books import prove_books
from tests.domain.made import a_tier, a_user, an_event, an_organization

DEADLINE = 60.0
_LINE = """
INSERT INTO journal (stream_id, version, stream, kind, object_id, data, at) VALUES ($1, $2, 'event', $3, $4, $5, now())
"""


@dataclass(frozen=True, slots=True)
class Show:
    """An event with tiers that may share a pool."""

    id: EventId
    tiers: Sequence[TicketTierId]
    shared: PoolId


@dataclass(slots=True)
class BoxOffice:
    """A database with shows, and everybody who may buy."""

    url: str
    books: BareConnection
    people: list[UserId] = field(default_factory=list[UserId])

    async def open(self, people: int) -> None:
        """Let so many people in."""
        session = Session(self.books)
        await insert(session, "organizations", an_organization())
        self.people = [UserId(uuid4()) for _ in range(people)]
        host = a_user()
        users = [replace(host, id=id_, subject=str(id_)) for id_ in (host.id, *self.people)]
        await insert(session, "users", *users)

    async def show(
        self, capacity: int | None, *quotas: int | None, shared: int | None = None, look_past: int = 0
    ) -> Show:
        """A new event with a tier for each quota; all tiers draw on one shared pool."""
        id_, starts_at = EventId(uuid4()), datetime.now(UTC) + timedelta(days=10)
        ends_at, shared_id = starts_at + timedelta(hours=3), PoolId(uuid4())
        event = replace(an_event(EventStatus.PUBLISHED), id=id_, slug=str(id_), starts_at=starts_at, ends_at=ends_at)
        tiers = [
            replace(
                a_tier(), event_id=id_, id=TicketTierId(uuid4()), name=f"Tier {place}", shared_pool_ids=(shared_id,)
            )
            for place in range(len(quotas))
        ]
        pools = [
            Pool(id_, PoolId(id_), PoolKind.EVENT, capacity),
            Pool(id_, shared_id, PoolKind.SHARED, shared, name="Seats"),
            *(
                Pool(id_, PoolId(tier.id), PoolKind.TICKET_TIER, quota)
                for tier, quota in zip(tiers, quotas, strict=True)
            ),
        ]
        # The limits are told as whoever makes an event tells them, so that the lines add up to them.
        kinds = {PoolKind.EVENT: FactKind.EVENT_CREATED, PoolKind.SHARED: FactKind.CAPACITY_POOL_CREATED}
        facts = [_told(kinds.get(pool.kind, FactKind.TICKET_TIER_CREATED), pool) for pool in pools]
        head = EventHead(id_, len(facts), sales_open=True, sales_until=ends_at, look_past=look_past)
        session = Session(self.books)
        async with self.books.transaction():
            await insert(session, "events", event)
            await insert(session, "event_heads", head)
            await insert(session, "ticket_tiers", *tiers)
            await insert(session, "capacity_pools", *pools)
            lines = [[id_, version, fact.kind, fact.object_id, fact.data] for version, fact in enumerate(facts, 1)]
            await session.executemany(_LINE, lines)
        return Show(id_, [tier.id for tier in tiers], shared_id)

    @asynccontextmanager
    async def lanes(self, *, connect: Connect | None = None, **options: Any) -> AsyncGenerator[Lanes]:
        """The lanes of one process."""
        decisions = Decisions(RandomSource(), lambda: datetime.now(UTC))
        async with Lanes(connect or lane_connections(self.url), decisions, **options) as lanes:
            yield lanes

    async def prove(self) -> None:
        """Fail unless counters, rows and lines agree."""
        await prove_books(self.books)

    async def count(self, show: Show, status: str = "CONFIRMED") -> int:
        """How many places registrations of a status have."""
        sql = "SELECT coalesce(sum(quantity), 0)::int FROM registrations WHERE event_id = $1 AND status = $2"
        return await self.books.fetchval(sql, show.id, status)


def asked(command: Any, by: UserId, key: str | None = None, gone: Callable[[], bool] | None = None) -> Asked[object]:
    """A command on its way, under a key of its own unless one is given."""
    return Asked(command.event_id, command, by, key=key or str(uuid4()), gone=gone)


async def answer(call: Awaitable[object]) -> object:
    """The answer, or the exception that stands for it; an answer that does not come is a failure."""
    try:
        async with asyncio.timeout(DEADLINE):
            return await call
    except (errors.Refusal, errors.Refused, errors.RequestError) as refused:
        return refused


async def answers(calls: Sequence[Awaitable[object]]) -> list[object]:
    """All of them, at once."""
    return await asyncio.gather(*map(answer, calls))


@asynccontextmanager
async def box_office(url: str, people: int) -> AsyncGenerator[BoxOffice]:
    """A box office in a migrated, empty database."""
    books = await asyncpg.connect(url)
    try:
        await prepare(books)
        office = BoxOffice(url, books)
        await office.open(people)
        yield office
    finally:
        await books.close(timeout=5)


def _told(kind: FactKind, pool: Pool) -> Fact:
    name = "quota" if pool.kind is PoolKind.TICKET_TIER else "capacity"
    changes: dict[str, Json] = {name: [None, pool.capacity]}
    return Fact(kind, pool.id, {"version": 1, "changes": changes})
