"""Replays the journal of a database through the rules of the domain, and compares lines and rows with what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import orjson

from db.database import BareConnection
from db.mapping import columns, value_from
from domain import events, registrations, ticket_tiers
from domain.capacity import Pool, PoolKind
from domain.events import CreateEvent, Event, EventDetails, MoveEvent
from domain.ids import EventId, PoolId, RegistrationId, TicketTierId, UserId, VenueId
from domain.journal import Fact
from domain.lifecycles import TRANSITIONS, EventStatus, status_at
from domain.registrations import CancelRegistration, EventHead, Register, Registration
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
        assert self.event is not None
        data = line["data"]
        tier = self.tiers[UUID(data["ticket_tier_id"])]
        person = UserId(UUID(data["user_id"]))
        assert line["actor_id"] == person
        before = [self.pools[self.id], self.pools[tier.id]]
        admission = registrations.admit(
            Register(self.event.id, tier.id, data["quantity"]),
            head=EventHead(self.event.id, 0, self.event.sales_open, self.event.ends_at),
            status=status_at(self.event.status, self.event.starts_at, self.event.ends_at, now),
            tier=tier,
            pools=before,
            taken_by_user=sum(
                taken.quantity
                for taken in self.registrations.values()
                if taken.user_id == person and taken.ticket_tier_id == tier.id and taken.status == "CONFIRMED"
            ),
            user_id=person,
            registration_id=RegistrationId(line["object_id"]),
            new_tickets=[],
            now=now,
        )
        self.pools |= {UUID(bytes=pool.id.bytes): pool for pool in admission.pools}
        self.registrations[admission.registration.id] = admission.registration
        return admission.fact

    def cancelled(self, line: asyncpg.Record, now: datetime) -> Fact:
        assert self.event is not None
        before = self.registrations[line["object_id"]]
        reason = reason_of(line)
        after, released, fact = registrations.cancel(
            before,
            CancelRegistration(self.event.id, before.id, reason, None),
            pools=[self.pools[self.id], self.pools[before.ticket_tier_id]],
            event_starts_at=self.event.starts_at,
            by_organizer=line["actor_id"] != before.user_id,
            now=now,
        )
        self.pools |= {UUID(bytes=pool.id.bytes): pool for pool in released}
        self.registrations[after.id] = after
        return fact

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
