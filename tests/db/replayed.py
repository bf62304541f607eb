"""Replays the journal of a database through the rules of the domain, and compares lines and rows with what they say."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from db.database import BareConnection
from db.mapping import columns, value_from
from domain import events, ticket_tiers
from domain.asked import Asked
from domain.capacity import Books, EventHead, Pool, PoolKind
from domain.decisions import decide
from domain.events import CreateEvent, Event, EventDetails, MoveEvent
from domain.ids import EventId, PoolId, RegistrationId, TicketTierId, UserId, VenueId
from domain.journal import Fact
from domain.lifecycles import TRANSITIONS, EventStatus
from domain.registrations import CancelRegistration, Register, Registration
from domain.ticket_tiers import CreateTicketTier, TicketTier
from domain.time import AmbiguousHour

LINES = """
SELECT line.version, kind, object_id, line.data, actor_id, at, private.data AS private, private.subject_id
FROM journal AS line LEFT JOIN journal_private AS private USING (stream_id, version)
WHERE stream_id = $1 ORDER BY line.version
"""
EVENT_FIELDS = (
    *("title", "slug", "summary", "description", "category", "tags", "timezone", "online", "url", "venue_id"),
    *("starts_at_local", "ends_at_local"),
)
TIER_FIELDS = ("name", "description", "price_minor", "currency", "sales_start_at", "sales_end_at", "per_person_limit")
MOVES = {transition.fact: action for action, transition in TRANSITIONS.items()}


def said(fact: Fact) -> object:
    """A fact as it comes back from the database."""
    return orjson.loads(orjson.dumps([fact.kind, str(fact.object_id), fact.data, fact.private or None]))


def reason_of(line: asyncpg.Record) -> str | None:
    """The reason that somebody gave, kept apart because it is personal."""
    private: dict[str, Any] | None = line["private"]
    return private.get("reason") if private else None


@dataclass(frozen=True, slots=True)
class _Known:
    """Gives the id that a line has told; ticket codes are not told and not compared."""

    id: UUID

    def new_id(self) -> UUID:
        return self.id

    def new_ticket_code(self) -> str:
        return "00000-00000"


@dataclass(slots=True)
class Replay:
    """One event's stream, from its first line on."""

    id: UUID
    rows: Mapping[str, Sequence[asyncpg.Record]]
    event: Event | None = None
    tiers: dict[UUID, TicketTier] = field(default_factory=dict[UUID, TicketTier])
    pools: dict[UUID, Pool] = field(default_factory=dict[UUID, Pool])
    registrations: dict[UUID, Registration] = field(default_factory=dict[UUID, Registration])

    def hear(self, line: asyncpg.Record) -> None:
        """Do again what the line tells: the domain has to allow it and say the same."""
        told = [line["kind"], str(line["object_id"]), line["data"], line["private"]]
        assert said(self.fact(line)) == told
        assert (line["private"] is None) == (line["subject_id"] is None)

    def fact(self, line: asyncpg.Record) -> Fact:
        kind, now = line["kind"], line["at"]
        if kind == "EventCreated":
            return self.created(line, now)
        if kind == "TicketTierCreated":
            return self.tier_created(line, now)
        assert self.event is not None
        if kind == "EventUpdated":
            changes = {name: pair[1] for name, pair in line["data"]["changes"].items()}
            if "status" in changes:
                changes["status"] = EventStatus(changes["status"])
            before = self.event
            self.event = replace(before, **changes, version=before.version + 1, updated_at=now)
            reason = reason_of(line)
            return events.updated_fact(before, self.event, actor_id=line["actor_id"], reason=reason)
        if kind == "PlacesConfirmed":
            return self.confirmed(line, now)
        if kind == "PlacesCancelled":
            return self.cancelled(line, now)
        reason = reason_of(line)
        command = MoveEvent(self.event.id, MOVES[kind], reason, None)
        self.event, fact = events.move(self.event, command, actor_id=line["actor_id"], now=now)
        return fact

    def created(self, line: asyncpg.Record, now: datetime) -> Fact:
        [row] = self.rows["events"]
        details: Any = {name: row[name] for name in EVENT_FIELDS}
        details["tags"] = tuple(details["tags"])
        details["venue_id"] = VenueId(row["venue_id"]) if row["venue_id"] else None
        details["summary"] = line["data"]["changes"].get("summary", [None, None])[1]
        given: EventDetails = details
        capacity = line["data"]["changes"]["capacity"][1]
        command = CreateEvent(row["organization_id"], given, capacity, AmbiguousHour.FIRST)
        self.event = events.create(command, event_id=EventId(self.id), actor_id=UserId(line["actor_id"]), now=now)
        without_slug: Any = {name: value for name, value in details.items() if name != "slug"}
        by_itself = replace(command, details=without_slug)
        assert events.create(by_itself, event_id=EventId(self.id), actor_id=line["actor_id"], now=now) == self.event
        self.pools[self.id] = Pool(EventId(self.id), PoolId(self.id), PoolKind.EVENT, capacity)
        return events.created_fact(self.event, capacity=capacity)

    def tier_created(self, line: asyncpg.Record, now: datetime) -> Fact:
        [row] = [row for row in self.rows["ticket_tiers"] if row["id"] == line["object_id"]]
        details: Any = {name: row[name] for name in TIER_FIELDS}
        quota = line["data"]["changes"]["quota"][1]
        tier = ticket_tiers.create(
            CreateTicketTier(EventId(self.id), details, quota),
            ticket_tier_id=TicketTierId(row["id"]),
            position=len(self.tiers),
            now=now,
        )
        self.tiers[tier.id] = tier
        self.pools[tier.id] = Pool(EventId(self.id), PoolId(tier.id), PoolKind.TICKET_TIER, quota)
        return ticket_tiers.created_fact(tier, quota=quota)

    def confirmed(self, line: asyncpg.Record, now: datetime) -> Fact:
        data = line["data"]
        command = Register(EventId(self.id), TicketTierId(UUID(data["ticket_tier_id"])), data["quantity"])
        assert str(line["actor_id"]) == data["user_id"]
        return self.decided(line, command, now)

    def cancelled(self, line: asyncpg.Record, now: datetime) -> Fact:
        by_organizer = line["actor_id"] != self.registrations[line["object_id"]].user_id
        registration_id = RegistrationId(line["object_id"])
        command = CancelRegistration(
            EventId(self.id), registration_id, reason_of(line), None, by_organizer=by_organizer
        )
        return self.decided(line, command, now)

    def decided(self, line: asyncpg.Record, command: Register | CancelRegistration, now: datetime) -> Fact:
        """Have the command decided on books that hold what the lines have told so far."""
        assert self.event is not None
        places: Counter[tuple[TicketTierId, UserId]] = Counter()
        for taken in self.registrations.values():
            if taken.status == "CONFIRMED":
                places[taken.ticket_tier_id, taken.user_id] += taken.quantity
        books = Books(
            head=EventHead(self.event.id, 0, self.event.sales_open, self.event.ends_at),
            status=self.event.status,
            starts_at=self.event.starts_at,
            now=now,
            pools={PoolId(key): pool for key, pool in self.pools.items()},
            tiers={TicketTierId(key): tier for key, tier in self.tiers.items()},
            registrations={RegistrationId(key): one for key, one in self.registrations.items()},
            tickets={},
            entries={},
            blocks={},
            scans={},
            places=dict(places),
            unread={},
        )
        decide(books, Asked(self.event.id, command, line["actor_id"]), _Known(line["object_id"]))
        self.pools |= books.pools
        self.registrations |= books.registrations
        [written] = books.lines
        return written.fact

    def compare(self) -> None:
        """What the lines led to has to be what the rows hold."""
        [event] = self.rows["events"]
        assert value_from(Event, event) == self.event
        assert self.event is not None
        [head] = self.rows["event_heads"]
        assert (head["sales_open"], head["sales_until"]) == (self.event.sales_open, self.event.ends_at)
        assert {row["id"]: value_from(Pool, row) for row in self.rows["capacity_pools"]} == self.pools
        assert {row["id"]: value_from(TicketTier, row) for row in self.rows["ticket_tiers"]} == self.tiers
        stored = {row["id"]: value_from(Registration, row) for row in self.rows["registrations"]}
        assert stored == self.registrations


TABLES: Mapping[str, tuple[str, str]] = {
    "events": (columns(Event), "id"),
    "event_heads": ("event_id, stream_version, sales_open, sales_until", "event_id"),
    "ticket_tiers": (columns(TicketTier), "event_id"),
    "capacity_pools": (columns(Pool), "event_id"),
    "registrations": (columns(Registration), "event_id"),
}


async def replay_event(database: BareConnection, event_id: UUID) -> Replay:
    """Replay one event and compare everything."""
    rows = {
        table: await database.fetch(f"SELECT {names} FROM {table} WHERE {key} = $1", event_id)  # noqa: S608 - names from TABLES
        for table, (names, key) in TABLES.items()
    }
    replay = Replay(event_id, rows)
    lines = await database.fetch(LINES, event_id)
    for line in lines:
        replay.hear(line)
    assert [line["at"] for line in lines] == sorted(line["at"] for line in lines)
    assert rows["event_heads"][0]["stream_version"] == len(lines)
    replay.compare()
    return replay
