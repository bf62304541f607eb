"""A small till behind real lanes: a flush over a table of its own that keeps heads and journal as they have to be."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from db.database import Session
from db.lanes import Connect, Flushed, Lanes, Proof, lane_connections
from domain import errors
from domain.asked import Asked
from domain.ids import EventId

TABLES = """
ALTER TABLE event_heads DROP CONSTRAINT event_heads_event_id_fkey;
CREATE TABLE taken (event_id uuid, who text, places int CONSTRAINT taken_places_check CHECK (places > 0), at int)
"""
LOCK = """
SELECT event_id, stream_version FROM event_heads WHERE event_id = any($1) ORDER BY event_id FOR UPDATE
"""
TAKE = """
WITH line AS (
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::text[], $5::int[])
        AS line (event_id, version, object_id, who, places)
), head AS (
    UPDATE event_heads SET stream_version = newest.version
    FROM (SELECT event_id, max(version) AS version FROM line GROUP BY event_id) AS newest
    WHERE event_heads.event_id = newest.event_id
), told AS (
    INSERT INTO journal (stream_id, version, stream, kind, object_id, data, at)
    SELECT event_id, version, 'event', 'PlacesTaken', object_id, '{}', $6 FROM line
)
INSERT INTO taken SELECT event_id, who, places, version FROM line
"""
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MOST_PLACES = 100


@dataclass(frozen=True, slots=True)
class Take:
    """Take places; more than `MOST_PLACES` are refused, and PostgreSQL itself stumbles over none."""

    who: str
    places: int = 1


async def _go_on(_: str, __: Session) -> None:
    """Nothing happens."""


@dataclass(slots=True)
class Till:
    """A flush. `at` is called at `begun`, `locked` and `written` of each batch, to hold it up or to break it."""

    at: Callable[[str, Session], Awaitable[None]] = _go_on
    batches: list[list[str]] = field(default_factory=list[list[str]])
    keeps_proof: bool = True

    async def __call__(self, session: Session, asked: Sequence[Asked[object]]) -> Flushed:
        self.batches.append([command(each).who for each in asked])
        await self.at("begun", session)
        locked = await session.fetch(LOCK, sorted({each.event_id for each in asked}))
        versions: dict[UUID, int] = {row["event_id"]: row["stream_version"] for row in locked}
        await self.at("locked", session)
        answers: list[object] = []
        lines: list[tuple[UUID, int, UUID, str, int]] = []
        for each in asked:
            take = command(each)
            if take.places > MOST_PLACES:
                answers.append(errors.EventIsFull("quantity", asked=take.places, available=MOST_PLACES))
                continue
            version = versions[each.event_id] = versions[each.event_id] + 1
            lines.append((each.event_id, version, uuid4(), take.who, take.places))
            answers.append(version)
        if lines:
            await session.execute(TAKE, *(list(column) for column in zip(*lines, strict=True)), NOON)
        await self.at("written", session)
        first = lines[0] if lines and self.keeps_proof else None
        return Flushed(answers, Proof(EventId(first[0]), first[1], first[2]) if first else None)


def command(asked: Asked[object]) -> Take:
    assert isinstance(asked.command, Take)
    return asked.command


@dataclass(slots=True)
class Gate:
    """Holds batches up at one point until it is opened."""

    point: str
    is_open: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, point: str, _: Session) -> None:
        if point == self.point:
            self.reached.set()
            await self.is_open.wait()


@dataclass(slots=True)
class Once:
    """Does something at the first batch that comes to a point."""

    point: str
    do: Callable[[Session], Awaitable[None]]
    done: bool = False

    async def __call__(self, point: str, session: Session) -> None:
        if point == self.point and not self.done:
            self.done = True
            await self.do(session)


@dataclass(slots=True)
class Tally:
    """Counts what lanes report."""

    batches: list[int] = field(default_factory=list[int])
    turned_away: int = 0
    troubles: list[str] = field(default_factory=list[str])

    def flushed(self, size: int, seconds: float) -> None:
        assert seconds >= 0
        self.batches.append(size)

    def busy(self) -> None:
        self.turned_away += 1

    def trouble(self, kind: str) -> None:
        self.troubles.append(str(kind))


@dataclass(slots=True)
class Shop:
    """A database with a till in it."""

    url: str
    books: "asyncpg.Connection[asyncpg.Record]"
    till: Till = field(default_factory=Till)
    tally: Tally = field(default_factory=Tally)
    _lanes: Lanes | None = None

    @property
    def waiting(self) -> int:
        """How many callers wait for their turn."""
        assert self._lanes is not None
        return self._lanes.waiting

    async def event(self) -> EventId:
        """A new event that can be locked."""
        event_id = EventId(uuid4())
        await self.books.execute("INSERT INTO event_heads (event_id, sales_until) VALUES ($1, $2)", event_id, NOON)
        return event_id

    @asynccontextmanager
    async def open(self, *, connect: Connect | None = None, **options: Any) -> AsyncGenerator[Lanes]:
        """Lanes in front of the till, by default one, for as long as the block runs."""
        given: dict[str, Any] = {"lanes": 1, "observer": self.tally, **options}
        async with asyncio.timeout(60), Lanes(connect or lane_connections(self.url), self.till, **given) as lanes:
            self._lanes = lanes
            yield lanes

    def take(self, event_id: EventId, who: str, places: int = 1, **more: Any) -> "asyncio.Task[object]":
        """Somebody who asks for places, and stands in the queue when this returns to the loop."""
        assert self._lanes is not None
        asked = Asked(event_id, Take(who, places), None, None, **more)
        return asyncio.create_task(_within_a_minute(self._lanes.run(asked)))

    async def taken(self, event_id: EventId) -> list[str]:
        """Who has places, in order."""
        rows = await self.books.fetch("SELECT who FROM taken WHERE event_id = $1 ORDER BY at", event_id)
        return [row["who"] for row in rows]

    async def prove(self) -> None:
        """Fail unless heads, journal and table tell the same story, without a gap."""
        wrong = """
        SELECT head.event_id FROM event_heads AS head
        LEFT JOIN journal AS line ON line.stream_id = head.event_id
        LEFT JOIN taken ON taken.event_id = line.stream_id AND taken.at = line.version
        GROUP BY head.event_id, head.stream_version
        HAVING count(line.version) <> head.stream_version OR coalesce(max(line.version), 0) <> head.stream_version
            OR count(taken.who) <> head.stream_version
        """
        assert await self.books.fetch(wrong) == []


async def _within_a_minute(answer: Awaitable[object]) -> object:
    async with asyncio.timeout(60):
        return await answer


async def outcome(call: "asyncio.Task[object]") -> object:
    """The answer, or the exception that was raised instead."""
    return (await asyncio.gather(call, return_exceptions=True))[0]


async def outcomes(calls: "Sequence[asyncio.Task[object]]") -> list[object]:
    """The same of many."""
    return await asyncio.gather(*calls, return_exceptions=True)


@asynccontextmanager
async def shop_in(url: str) -> AsyncGenerator[Shop]:
    """A till in a migrated, empty database."""
    books = await asyncpg.connect(url)
    try:
        await books.execute(TABLES)
        yield Shop(url, books)
    finally:
        await books.close(timeout=5)
