"""Writing registrations and their tickets; the caller holds the lock on the event's head."""

from collections.abc import Sequence
from dataclasses import dataclass

from db.database import Session
from db.mapping import columns, insert, update, value_from
from domain.ids import EventId, RegistrationId, TicketTierId, UserId
from domain.registrations import Registration, RegistrationStatus, Ticket

_TAKEN = """
SELECT coalesce(sum(quantity), 0)::int AS places FROM registrations
WHERE event_id = $1 AND user_id = $2 AND ticket_tier_id = $3
  AND status IN ('CONFIRMED', 'HELD', 'PENDING_APPROVAL')
"""
_GET = f"SELECT {columns(Registration)} FROM registrations WHERE event_id = $1 AND id = $2"
_CANCEL_TICKETS = """
UPDATE tickets SET status = 'CANCELLED' WHERE event_id = $1 AND registration_id = $2 AND status = 'VALID'
"""


@dataclass(frozen=True, slots=True)
class SqlRegistrations:
    """Registrations on one transaction."""

    session: Session

    async def places_of_user(self, event_id: EventId, ticket_tier_id: TicketTierId, user_id: UserId) -> int:
        """How many places of the tier the user has now, confirmed, held or awaiting approval."""
        row = await self.session.fetchrow(_TAKEN, event_id, user_id, ticket_tier_id)
        return row["places"] if row else 0

    async def insert(self, registration: Registration, tickets: Sequence[Ticket]) -> None:
        """Store a new registration."""
        await insert(self.session, "registrations", registration)
        await insert(self.session, "tickets", *tickets)

    async def get(self, event_id: EventId, registration_id: RegistrationId) -> Registration | None:
        """One registration; read it after locking the event's head."""
        row = await self.session.fetchrow(_GET, event_id, registration_id)
        return value_from(Registration, row) if row else None

    async def save(self, before: Registration, after: Registration) -> None:
        """Write what differs; tickets of a cancelled registration are cancelled with it."""
        await update(self.session, "registrations", before, after, key=("event_id", "id"))
        if after.status is RegistrationStatus.CANCELLED:
            await self.session.execute(_CANCEL_TICKETS, after.event_id, after.id)
