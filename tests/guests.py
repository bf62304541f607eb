"""Rows of an event with guests, written past all rules, for tests that need a state rather than the way to it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from db.database import Database, Session
from db.journal import JournalAppender
from domain.ids import UserId
from domain.journal import Fact, FactKind, Stream

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
_USER = """
INSERT INTO users (id, issuer, subject, email, email_verified, name, locale, timezone, status, preferences, created_at,
    updated_at)
VALUES ($1::uuid, 'guests', $1::uuid::text, $2, $3, $4, $5, $6, $7, $8, $9, $9)
"""
_ORGANIZATION = """
INSERT INTO organizations (id, slug, name, created_at, updated_at)
VALUES ($1::uuid, $1::uuid::text, 'House', $2, $2)
"""
_EVENT = """
INSERT INTO events (id, organization_id, slug, title, category, status, starts_at_local, ends_at_local, timezone,
    starts_at, ends_at, online, created_by, created_at, updated_at, version)
VALUES ($1::uuid, $2, $1::uuid::text, 'Evening', 'Music', 'PUBLISHED', '2026-12-03 18:00', '2026-12-03 21:00',
    'Europe/Ljubljana', '2026-12-03T17:00:00Z', '2026-12-03T20:00:00Z', true, $3, $4, $4, 3)
"""
_HEAD = "INSERT INTO event_heads (event_id, sales_open, sales_until) VALUES ($1, true, '2026-12-03T20:00:00Z')"
_TIER = """
INSERT INTO ticket_tiers (event_id, id, name, price_minor, currency, position, created_at, updated_at)
VALUES ($1, $2, 'Standard', 1500, 'EUR', 0, $3, $3)
"""
_REGISTRATION = """
INSERT INTO registrations (event_id, id, ticket_tier_id, user_id, status, quantity, price_minor, currency, created_at,
    updated_at, cancelled_at)
VALUES ($1, $2, $3, $4, $5, $6, 1500, 'EUR', $7, $7, $8)
"""
_TICKET = """
INSERT INTO tickets (event_id, id, registration_id, code, status)
VALUES ($1, $2::uuid, $3, $2::uuid::text, 'VALID')
"""
_ENTRY = """
INSERT INTO waitlist_entries (event_id, id, ticket_tier_id, user_id, quantity, status, position, created_at, updated_at,
    offer_expires_at)
VALUES ($1, $2, $3, $4, 2, $5::text, 1, $6::timestamptz, $6::timestamptz,
    CASE WHEN $5::text = 'OFFERED' THEN $6::timestamptz + interval '2 days' END)
"""
_INVITATION = """
INSERT INTO invitations (id, organization_id, email, role, invited_by, created_at, expires_at)
VALUES ($1, $2, $3, 'MANAGER', $4, $5, $6)
"""


class Guests:
    """One event of one organization, and the people around it."""

    def __init__(self, database: Database, now: datetime = NOW) -> None:
        self.database = database
        self.now = now
        self.organization, self.event, self.tier = uuid4(), uuid4(), uuid4()
        self.owner = uuid4()

    async def open(self) -> None:
        """Make the organization, its owner and the event with one tier."""
        await self.person("owner", id_=self.owner)
        async with self.database.transaction() as session:
            await session.execute(_ORGANIZATION, self.organization, self.now)
            await session.execute(_EVENT, self.event, self.organization, self.owner, self.now)
            await session.execute(_HEAD, self.event)
            await session.execute(_TIER, self.event, self.tier, self.now)

    async def person(
        self,
        name: str,
        *,
        id_: UUID | None = None,
        verified: bool = True,
        status: str = "ACTIVE",
        locale: str | None = None,
        **preferences: bool,
    ) -> UUID:
        """An account with the address `name@people.example`."""
        id_ = id_ or uuid4()
        address = f"{name}@people.example"
        async with self.database.transaction() as session:
            await session.execute(
                _USER, id_, address, verified, name.title(), locale, None, status, preferences, self.now
            )
        return id_

    async def registration(
        self, user_id: UUID, *, status: str = "CONFIRMED", quantity: int = 1, cancelled_at: datetime | None = None
    ) -> UUID:
        """A registration with its tickets, without a fact."""
        id_ = uuid4()
        async with self.database.transaction() as session:
            await session.execute(
                _REGISTRATION, self.event, id_, self.tier, user_id, status, quantity, self.now, cancelled_at
            )
            for _ in range(quantity):
                await session.execute(_TICKET, self.event, uuid4(), id_)
        return id_

    async def entry(self, user_id: UUID, status: str = "WAITING") -> UUID:
        """An entry of the waiting list for two places, without a fact."""
        id_ = uuid4()
        async with self.database.transaction() as session:
            await session.execute(_ENTRY, self.event, id_, self.tier, user_id, status, self.now)
        return id_

    async def invitation(self, email: str) -> UUID:
        """An open invitation, without a fact."""
        id_ = uuid4()
        async with self.database.transaction() as session:
            await session.execute(
                _INVITATION, id_, self.organization, email, self.owner, self.now, self.now + timedelta(days=7)
            )
        return id_

    async def tell(
        self, kind: FactKind, object_id: UUID, *, by: UUID | None = None, at: datetime | None = None, **data: Any
    ) -> None:
        """Write a fact into the event's stream, or the organization's for an invitation."""
        async with self.database.transaction() as session:
            await self.tell_in(session, kind, object_id, by=by, at=at, **data)

    async def tell_in(
        self,
        session: Session,
        kind: FactKind,
        object_id: UUID,
        *,
        by: UUID | None = None,
        at: datetime | None = None,
        **data: Any,
    ) -> None:
        """The same in a transaction of the caller."""
        of_organization = kind is FactKind.MEMBER_INVITED
        stream = Stream.ORGANIZATION if of_organization else Stream.EVENT
        journal = JournalAppender(session, UserId(by) if by else None, None, at or self.now)
        await journal.append(stream, self.organization if of_organization else self.event, Fact(kind, object_id, data))

    async def booked(self, name: str, **about: Any) -> UUID:
        """A new person with a confirmed registration, and the fact of it; the registration's id."""
        id_ = await self.registration(await self.person(name, **about))
        await self.tell(FactKind.PLACES_CONFIRMED, id_)
        return id_
