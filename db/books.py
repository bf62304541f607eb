"""The books of events on one transaction: read under their locks, decided in `domain/decisions.py`, stored at once.

Every statement takes all events of a batch, so the number of statements does not depend on how many there are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from db.database import Session
from db.lanes import Proof
from db.mapping import columns, insert, insert_many, save_many, update_many, value_from
from domain.asked import Asked
from domain.blocks import Block, ReleaseBlock
from domain.capacity import Books, EventHead, Pool, Unread
from domain.check_in import CheckIn, Scan, UndoCheckIn, normal
from domain.ids import EventId, PoolId, TicketTierId, UserId
from domain.lifecycles import EventStatus
from domain.registrations import (
    CancelRegistration,
    ConfirmRegistration,
    ExtendHold,
    HoldPlaces,
    Register,
    Registration,
    Ticket,
    TransferTicket,
)
from domain.ticket_tiers import TicketTier
from domain.waitlist import LIVE as LIVE_ENTRIES
from domain.waitlist import AcceptOffer, JoinWaitlist, MoveEntry, SetPriority, StartOffer, WaitlistEntry

AT_ONCE = 1_000
"""How many things that have run out one batch settles for an event; the next one goes on."""
WAITING_AT_ONCE = 101
"""How many entries of each tier are read at once, in the order in which it is their turn."""

_HEADS = f"""
SELECT {columns(EventHead)} FROM event_heads WHERE event_id = ANY($1::uuid[]) ORDER BY event_id FOR UPDATE
"""
_EVENTS = "SELECT id, status, starts_at, version FROM events WHERE id = ANY($1::uuid[])"
_POOLS = f"""
SELECT {columns(Pool)} FROM capacity_pools WHERE event_id = ANY($1::uuid[]) ORDER BY event_id, id FOR UPDATE
"""
_TIERS = f"SELECT {columns(TicketTier)} FROM ticket_tiers WHERE event_id = ANY($1::uuid[])"

_IN_PAIRS = "IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))"
_REGISTRATIONS = f"SELECT {columns(Registration)} FROM registrations WHERE (event_id, id) {_IN_PAIRS}"
_TICKETS = f"SELECT {columns(Ticket)} FROM tickets WHERE (event_id, registration_id) {_IN_PAIRS}"
_TICKETS_BY_CODE = f"""
SELECT {columns(Ticket)} FROM tickets WHERE (event_id, code) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))
"""
_ENTRIES = f"SELECT {columns(WaitlistEntry)} FROM waitlist_entries WHERE (event_id, id) {_IN_PAIRS}"
_ENTRIES_OF_USERS = f"""
SELECT {columns(WaitlistEntry)} FROM waitlist_entries
WHERE (event_id, user_id) {_IN_PAIRS} AND status IN ({", ".join(f"'{status}'" for status in sorted(LIVE_ENTRIES))})
"""
_BLOCKS = f"SELECT {columns(Block)} FROM capacity_blocks WHERE (event_id, id) {_IN_PAIRS}"
_SCANS = f"""
SELECT {columns(Scan)} FROM check_in_scans WHERE (event_id, nonce) IN (SELECT * FROM unnest($1::uuid[], $2::text[]))
"""
_PLACES = """
SELECT wanted.event_id, wanted.ticket_tier_id, wanted.user_id, sum(taken.quantity)::int AS places
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS wanted (event_id, ticket_tier_id, user_id)
JOIN registrations AS taken ON taken.event_id = wanted.event_id AND taken.user_id = wanted.user_id
    AND taken.ticket_tier_id = wanted.ticket_tier_id
WHERE taken.status IN ('CONFIRMED', 'HELD', 'PENDING_APPROVAL')
GROUP BY wanted.event_id, wanted.ticket_tier_id, wanted.user_id
"""
_DUE_REGISTRATIONS = f"""
SELECT due.* FROM unnest($1::uuid[]) AS wanted (event_id) CROSS JOIN LATERAL (
    SELECT {columns(Registration)} FROM registrations
    WHERE event_id = wanted.event_id AND status = 'HELD' AND expires_at <= $2
    ORDER BY expires_at, id LIMIT {AT_ONCE}
) AS due
"""
_DUE_ENTRIES = f"""
SELECT due.* FROM unnest($1::uuid[]) AS wanted (event_id) CROSS JOIN LATERAL (
    SELECT {columns(WaitlistEntry)} FROM waitlist_entries
    WHERE event_id = wanted.event_id AND status = 'OFFERED' AND offer_expires_at <= $2
    ORDER BY offer_expires_at, id LIMIT {AT_ONCE}
) AS due
"""
_DUE_BLOCKS = f"""
SELECT {columns(Block)} FROM capacity_blocks
WHERE event_id = ANY($1::uuid[]) AND released_at IS NULL AND release_at <= $2
"""
# Who waits for what is sold no more.
_CLOSING = f"""
SELECT closing.* FROM unnest($1::uuid[]) AS wanted (event_id)
JOIN events AS event ON event.id = wanted.event_id
JOIN ticket_tiers AS tier ON tier.event_id = wanted.event_id
CROSS JOIN LATERAL (
    SELECT {columns(WaitlistEntry)} FROM waitlist_entries
    WHERE event_id = tier.event_id AND ticket_tier_id = tier.id AND status IN ('WAITING', 'SUSPENDED')
    ORDER BY position LIMIT {AT_ONCE}
) AS closing
WHERE event.status IN ('CANCELLED', 'ARCHIVED') OR least(event.ends_at, tier.sales_end_at) <= $2
"""
_WAITING = f"""
SELECT turn.* FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS wanted (event_id, ticket_tier_id, known)
CROSS JOIN LATERAL (
    SELECT {columns(WaitlistEntry)} FROM waitlist_entries
    WHERE event_id = wanted.event_id AND ticket_tier_id = wanted.ticket_tier_id AND status = 'WAITING'
    ORDER BY priority DESC, position OFFSET wanted.known LIMIT {WAITING_AT_ONCE}
) AS turn
"""
_UNREAD = """
SELECT wanted.ticket_tier_id, max(rest.quantity) AS largest
FROM unnest($1::uuid[], $2::uuid[], $3::int[]) AS wanted (event_id, ticket_tier_id, known)
CROSS JOIN LATERAL (
    SELECT quantity FROM waitlist_entries
    WHERE event_id = wanted.event_id AND ticket_tier_id = wanted.ticket_tier_id AND status = 'WAITING'
    ORDER BY priority DESC, position OFFSET wanted.known
) AS rest
GROUP BY wanted.ticket_tier_id
"""
_NEXT_DUE = """
UPDATE event_heads AS head SET due_at = least(
    (SELECT min(expires_at) FROM registrations WHERE event_id = head.event_id AND status = 'HELD'),
    (SELECT min(offer_expires_at) FROM waitlist_entries WHERE event_id = head.event_id AND status = 'OFFERED'),
    (SELECT min(release_at) FROM capacity_blocks WHERE event_id = head.event_id AND released_at IS NULL),
    (SELECT min(CASE WHEN event.status IN ('CANCELLED', 'ARCHIVED') THEN event.updated_at
                     ELSE least(tier.sales_end_at, head.sales_until) END)
     FROM ticket_tiers AS tier JOIN events AS event ON event.id = tier.event_id
     WHERE tier.event_id = head.event_id AND EXISTS (
         SELECT FROM waitlist_entries AS entry WHERE entry.event_id = tier.event_id
             AND entry.ticket_tier_id = tier.id AND entry.status IN ('WAITING', 'SUSPENDED')))
) WHERE event_id = ANY($1::uuid[])
"""
_JOURNAL = """
WITH written AS (
    INSERT INTO journal (stream_id, version, stream, kind, object_id, data, actor_id, request_id, at)
    SELECT stream_id, version, 'event', kind, object_id, data, actor_id, request_id, $8 FROM unnest(
        $1::uuid[], $2::bigint[], $3::text[], $4::uuid[], $5::jsonb[], $6::uuid[], $7::text[]
    ) AS line (stream_id, version, kind, object_id, data, actor_id, request_id)
)
SELECT pg_current_xact_id()::text::bigint AS xid
"""
_SAVE_VERSIONS = """
UPDATE events SET version = edited.version, updated_at = $3
FROM unnest($1::uuid[], $2::int[]) AS edited (id, version) WHERE events.id = edited.id
"""
_PRIVATE = """
INSERT INTO journal_private (stream_id, version, subject_id, data)
SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::uuid[], $4::jsonb[])
"""

Pair = tuple[EventId, UUID]


@dataclass(slots=True)
class Wanted:
    """What the commands of a batch need to know, by event."""

    registrations: set[Pair] = field(default_factory=set[Pair])
    tickets_of: set[Pair] = field(default_factory=set[Pair])
    codes: set[tuple[EventId, str]] = field(default_factory=set[tuple[EventId, str]])
    nonces: set[tuple[EventId, str]] = field(default_factory=set[tuple[EventId, str]])
    entries: set[Pair] = field(default_factory=set[Pair])
    entries_of: set[Pair] = field(default_factory=set[Pair])
    blocks: set[Pair] = field(default_factory=set[Pair])
    places: set[tuple[EventId, TicketTierId, UserId]] = field(default_factory=set[tuple[EventId, TicketTierId, UserId]])
    freeing: set[EventId] = field(default_factory=set[EventId])
    """Events of which some command may free places, or join those who wait."""

    def note(self, asked: Asked[object]) -> None:
        """Add what one command needs."""
        event_id = asked.event_id
        match asked.command:
            case Register(ticket_tier_id=tier_id) | HoldPlaces(ticket_tier_id=tier_id):
                self._person(asked, tier_id)
                return
            case JoinWaitlist(ticket_tier_id=tier_id):
                self._person(asked, tier_id)
                self.entries_of.add((event_id, asked.require_actor()))
            case ExtendHold(registration_id=id_) | ConfirmRegistration(registration_id=id_):
                self.registrations.add((event_id, id_))
            case CancelRegistration(registration_id=id_) | TransferTicket(registration_id=id_):
                self.registrations.add((event_id, id_))
                self.tickets_of.add((event_id, id_))
            case CheckIn(reads=reads):
                self.codes |= {(event_id, normal(read.code)) for read in reads}
                self.nonces |= {(event_id, read.nonce) for read in reads if read.nonce}
            case UndoCheckIn(code=code):
                self.codes.add((event_id, normal(code)))
            case (
                MoveEntry(entry_id=id_)
                | AcceptOffer(entry_id=id_)
                | SetPriority(entry_id=id_)
                | StartOffer(entry_id=id_)
            ):
                self.entries.add((event_id, id_))
            case ReleaseBlock(block_id=id_):
                self.blocks.add((event_id, id_))
            case _:
                pass
        self.freeing.add(event_id)

    def _person(self, asked: Asked[object], tier_id: TicketTierId) -> None:
        if asked.actor_id is not None:
            self.places.add((asked.event_id, tier_id, asked.actor_id))


class OpenBooks:
    """The books of the events of one batch, and how they were when they were opened."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now
        self._before: dict[EventId, Books] = {}
        self._due: list[EventId] = []
        self._known: dict[tuple[EventId, TicketTierId], int] = {}
        self.books: dict[EventId, Books] = {}

    async def open(self, event_ids: Iterable[EventId], wanted: Wanted) -> None:
        """Lock the events in id order, then their pools, and read the rest in statements of their own.

        Those see what was committed before the lock was given. Events that do not exist have no books.
        """
        ids = sorted(set(event_ids))
        heads = await self._all(EventHead, _HEADS, ids)
        events = {row["id"]: row for row in await self._session.fetch(_EVENTS, ids)}
        for head in heads:
            event = events[head.event_id]
            self.books[head.event_id] = Books(
                head=head,
                status=EventStatus(event["status"]),
                starts_at=event["starts_at"],
                now=self._now,
                pools={},
                tiers={},
                registrations={},
                tickets={},
                entries={},
                blocks={},
                scans={},
                places={},
                unread={},
                version=event["version"],
            )
        for pool in await self._all(Pool, _POOLS, ids):
            self.books[pool.event_id].pools[pool.id] = pool
        for tier in await self._all(TicketTier, _TIERS, ids):
            self.books[tier.event_id].tiers[tier.id] = tier
        self._due = [head.event_id for head in heads if head.due_at is not None and head.due_at <= self._now]
        await self._read_due()
        await self._read_wanted(wanted)
        await self._read_places(wanted)
        await self._read_waiting(wanted)
        self._before = {event_id: _copy(books) for event_id, books in self.books.items()}

    async def read_on(self, event_id: EventId) -> bool:
        """Read more of the waiting lists on which it depends who is served next; whether there were any."""
        books = self.books[event_id]
        if not books.sought:
            return False
        before = self._before[event_id]
        for entry in await self._read_turns([(event_id, tier_id) for tier_id in sorted(books.sought)]):
            before.entries.setdefault(entry.id, entry)
        return True

    async def store(self) -> Proof | None:
        """Write what has changed; proof of it, if there was anything."""
        changed = [books for books in self.books.values() if books.lines]
        await self._store_rows()
        await self._store_heads(changed)
        proof = await self._store_lines(changed)
        if self._due:
            await self._session.execute(_NEXT_DUE, self._due)
        return proof

    # --- Reading --------------------------------------------------------------------------------------------------

    async def _all(self, cls: type[Any], sql: str, *values: object) -> list[Any]:
        return [value_from(cls, row) for row in await self._session.fetch(sql, *values)]

    async def _read_due(self) -> None:
        if not self._due:
            return
        for registration in await self._all(Registration, _DUE_REGISTRATIONS, self._due, self._now):
            self.books[registration.event_id].registrations[registration.id] = registration
        for sql in (_DUE_ENTRIES, _CLOSING):
            for entry in await self._all(WaitlistEntry, sql, self._due, self._now):
                self.books[entry.event_id].entries[entry.id] = entry
        for block in await self._all(Block, _DUE_BLOCKS, self._due, self._now):
            self.books[block.event_id].blocks[block.id] = block

    async def _read_wanted(self, wanted: Wanted) -> None:
        for ticket in await self._pairs(Ticket, _TICKETS, wanted.tickets_of):
            self.books[ticket.event_id].tickets[ticket.id] = ticket
        for ticket in await self._pairs(Ticket, _TICKETS_BY_CODE, wanted.codes):
            self.books[ticket.event_id].tickets[ticket.id] = ticket
            wanted.registrations.add((ticket.event_id, ticket.registration_id))
        for registration in await self._pairs(Registration, _REGISTRATIONS, wanted.registrations):
            self.books[registration.event_id].registrations[registration.id] = registration
        for sql, pairs in ((_ENTRIES, wanted.entries), (_ENTRIES_OF_USERS, wanted.entries_of)):
            for entry in await self._pairs(WaitlistEntry, sql, pairs):
                self.books[entry.event_id].entries[entry.id] = entry
        for block in await self._pairs(Block, _BLOCKS, wanted.blocks):
            self.books[block.event_id].blocks[block.id] = block
        for scan in await self._pairs(Scan, _SCANS, wanted.nonces):
            self.books[scan.event_id].scans[scan.nonce] = scan

    async def _pairs(self, cls: type[Any], sql: str, pairs: Iterable[tuple[EventId, Any]]) -> list[Any]:
        known = [pair for pair in pairs if pair[0] in self.books]
        if not known:
            return []
        return await self._all(cls, sql, [event_id for event_id, _ in known], [other for _, other in known])

    async def _read_places(self, wanted: Wanted) -> None:
        """What people have already of tiers that limit it: those who claim, and those whose places may come back."""
        for books in self.books.values():
            for taken in (*books.registrations.values(), *books.entries.values()):
                wanted.places.add((books.event_id, taken.ticket_tier_id, taken.user_id))
        limited = [
            (event_id, tier_id, user_id)
            for event_id, tier_id, user_id in wanted.places
            if (books := self.books.get(event_id))
            and (tier := books.tiers.get(tier_id))
            and tier.per_person_limit is not None
        ]
        if not limited:
            return
        arrays = [list(column) for column in zip(*limited, strict=True)]
        for row in await self._session.fetch(_PLACES, *arrays):
            self.books[row["event_id"]].places[row["ticket_tier_id"], row["user_id"]] = row["places"]

    async def _read_waiting(self, wanted: Wanted) -> None:
        tiers = [
            (books.event_id, tier_id)
            for books in self.books.values()
            if books.head.waiting and (self._may_free(books, wanted) or _has_places(books))
            for tier_id in books.tiers
        ]
        if tiers:
            await self._read_turns(tiers)

    def _may_free(self, books: Books, wanted: Wanted) -> bool:
        return books.event_id in wanted.freeing or books.event_id in self._due

    async def _read_turns(self, tiers: Sequence[tuple[EventId, TicketTierId]]) -> list[WaitlistEntry]:
        """Read whose turn it is next; what is known already is not read over."""
        events, tier_ids = [event_id for event_id, _ in tiers], [tier_id for _, tier_id in tiers]
        known = [self._known.get(tier, 0) for tier in tiers]
        entries: list[WaitlistEntry] = await self._all(WaitlistEntry, _WAITING, events, tier_ids, known)
        last: dict[tuple[EventId, TicketTierId], tuple[int, int]] = {}
        counts = dict.fromkeys(tiers, 0)
        for entry in entries:
            tier = entry.event_id, entry.ticket_tier_id
            counts[tier] += 1
            last[tier] = max(last.get(tier, entry.order), entry.order)
            self.books[entry.event_id].entries.setdefault(entry.id, entry)
        for (event_id, tier_id), count in counts.items():
            self._known[event_id, tier_id] = self._known.get((event_id, tier_id), 0) + count
            self.books[event_id].unread.pop(tier_id, None)
        await self._read_ends({tier: last[tier] for tier, count in counts.items() if count == WAITING_AT_ONCE})
        return entries

    async def _read_ends(self, last: Mapping[tuple[EventId, TicketTierId], tuple[int, int]]) -> None:
        """Note how large the groups are behind the last ones that were read."""
        if not last:
            return
        known = [self._known[tier] for tier in last]
        rows = await self._session.fetch(_UNREAD, [id_ for id_, _ in last], [id_ for _, id_ in last], known)
        largest = {row["ticket_tier_id"]: row["largest"] for row in rows}
        for (event_id, tier_id), after in last.items():
            if tier_id in largest:
                self.books[event_id].unread[tier_id] = Unread(after, largest[tier_id])

    # --- Storing --------------------------------------------------------------------------------------------------

    async def _store_rows(self) -> None:
        session, key = self._session, ("event_id", "id")
        new, changed = self._differences("registrations")
        await insert_many(session, "registrations", new)
        names = ("status", "quantity", "expires_at", "extensions", "payment_reference", "cancelled_at", "version")
        await save_many(session, "registrations", changed, key=key, changing=(*names, "updated_at"))
        new, changed = self._differences("tickets")
        await insert_many(session, "tickets", new)
        names = ("status", "code", "attendee_name", "checked_in_at")
        await save_many(session, "tickets", changed, key=key, changing=names)
        new, changed = self._differences("pools")
        await insert_many(session, "capacity_pools", new)
        names = ("capacity", "overbooking", "confirmed", "held", "offered", "blocked", "checked_in", "name", "version")
        await save_many(session, "capacity_pools", changed, key=key, changing=names)
        new, changed = self._differences("entries")
        # The old entry of a person has to end before the new one is there.
        names = ("status", "priority", "passed", "offered_at", "notified_at", "offer_expires_at", "registration_id")
        await save_many(session, "waitlist_entries", changed, key=key, changing=(*names, "version", "updated_at"))
        await insert_many(session, "waitlist_entries", new)
        new, changed = self._differences("blocks")
        await insert(session, "capacity_blocks", *new)
        await save_many(session, "capacity_blocks", changed, key=key, changing=("released_at", "version", "updated_at"))
        new, _ = self._differences("scans")
        await insert_many(session, "check_in_scans", new)
        _, changed = self._differences("tiers")
        tiers = cast("list[TicketTier]", changed)
        pairs = [(self._before[tier.event_id].tiers[tier.id], tier) for tier in tiers]
        await update_many(session, "ticket_tiers", pairs, key=key)

    def _differences(self, kind: str) -> tuple[list[object], list[object]]:
        """What is new and what has changed among the books' things of a kind."""
        new: list[object] = []
        changed: list[object] = []
        for event_id, books in self.books.items():
            before: dict[object, object] = getattr(self._before[event_id], kind)
            after: dict[object, object] = getattr(books, kind)
            for key, value in after.items():
                old = before.get(key)
                if old is None:
                    new.append(value)
                elif old is not value and old != value:
                    changed.append(value)
        return new, changed

    async def _store_heads(self, changed: Sequence[Books]) -> None:
        heads = [replace(books.head, stream_version=books.head.stream_version + len(books.lines)) for books in changed]
        names = ("stream_version", "due_at", "waiting", "look_past", "offer_seconds")
        await save_many(self._session, "event_heads", heads, key=("event_id",), changing=names)
        edited = [books for books in changed if books.version != self._before[books.event_id].version]
        if edited:
            versions = [books.version for books in edited]
            await self._session.execute(_SAVE_VERSIONS, [books.event_id for books in edited], versions, self._now)

    async def _store_lines(self, changed: Sequence[Books]) -> Proof | None:
        lines = [
            (books.event_id, books.head.stream_version + place, line)
            for books in changed
            for place, line in enumerate(books.lines, 1)
        ]
        if not lines:
            return None
        row = await self._session.fetchrow(
            _JOURNAL,
            [event_id for event_id, _, _ in lines],
            [version for _, version, _ in lines],
            [line.fact.kind for _, _, line in lines],
            [line.fact.object_id for _, _, line in lines],
            [line.fact.data for _, _, line in lines],
            [line.actor_id for _, _, line in lines],
            [line.request_id for _, _, line in lines],
            self._now,
        )
        private = [(event_id, version, line.fact) for event_id, version, line in lines if line.fact.private]
        if private:
            await self._session.execute(
                _PRIVATE,
                [event_id for event_id, _, _ in private],
                [version for _, version, _ in private],
                [fact.subject_id for _, _, fact in private],
                [fact.private for _, _, fact in private],
            )
        event_id, version, line = lines[0]
        return Proof(event_id, version, line.fact.object_id, row["xid"] if row else None)


def _has_places(books: Books) -> bool:
    own = books.pools[PoolId(books.event_id)]
    return own.available is None or own.available > 0


def _copy(books: Books) -> Books:
    return replace(
        books,
        pools=dict(books.pools),
        tiers=dict(books.tiers),
        registrations=dict(books.registrations),
        tickets=dict(books.tickets),
        entries=dict(books.entries),
        blocks=dict(books.blocks),
        scans=dict(books.scans),
        lines=[],
    )
