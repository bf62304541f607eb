"""Check-in in the schema: tickets are read at the door, and what came of it."""

import asyncio
from datetime import datetime
from typing import Any

import strawberry

from domain.check_in import SCANS_LIMIT, CheckedIn, CheckIn, Read, UndoCheckIn
from domain.ids import EventId, TicketId
from resolvers import capacity as use_cases
from resolvers.context import Context
from schema import ids
from schema.context import Info, field
from schema.enums import ScanOutcome
from schema.problems import Command, Payload, answer
from schema.registrations import Ticket


@strawberry.input(description="A ticket that a device has read, perhaps while it was offline.")
class TicketScan:
    """A reading."""

    code: str = field(description="The code that was read.")
    nonce: str = field(
        description="The device's own name for this reading, such as a UUID: uploaded again, it gets the same answer."
    )
    scanned_at: datetime | None = field(
        default=None, description="When it was read, by the device's clock; absent: now. What cannot be is corrected."
    )


@strawberry.input(description="Tickets to let in.")
class CheckInInput(Command):
    """Input of checkIn."""

    event_id: strawberry.ID = field(description="The event.")
    codes: list[str] | None = field(
        default=None,
        description=f"Codes read just now, at most {SCANS_LIMIT} with the scans. Case, blanks and hyphens do not"
        " matter, and O, I and L read as 0 and 1.",
    )
    scans: list[TicketScan] | None = field(default=None, description="Readings that devices have kept.")

    def to_command(self) -> CheckIn:
        """The domain's command."""
        codes = [Read(code) for code in self.codes or ()]
        scans = [Read(scan.code, scan.nonce, scan.scanned_at) for scan in self.scans or ()]
        return CheckIn(ids.event_id(self.event_id), (*codes, *scans))


@strawberry.input(description="A ticket that was read by mistake.")
class UndoCheckInInput(Command):
    """Input of undoCheckIn."""

    event_id: strawberry.ID = field(description="The event.")
    code: str = field(description="The ticket's code.")
    reason: str | None = field(default=None, description="Why; kept with the registration's history.")

    def to_command(self) -> UndoCheckIn:
        """The domain's command."""
        return UndoCheckIn(ids.event_id(self.event_id), self.code, self.reason)


@strawberry.type(description="What came of reading one ticket.")
class CheckInResult:
    """A result."""

    code: str = field(description="The code as it was sent.")
    nonce: str | None = field(description="The name of the reading; null for what came among `codes`.")
    outcome: ScanOutcome = field(description="Whether its holder may enter.")
    ticket: Ticket | None = field(description="The ticket as it is now; null when the code is unknown.")
    checked_in_at: datetime | None = field(
        description="When its holder arrived, now or before; null when nobody has come with it."
    )


@strawberry.type(description="The answer to checkIn.")
class CheckInPayload(Payload):
    """Payload of checkIn."""

    results: list[CheckInResult] | None = field(
        default=None, description="What came of each reading: first those of `codes`, then those of `scans`, in order."
    )


@strawberry.type(description="The answer to undoCheckIn.")
class UndoCheckInPayload(Payload):
    """Payload of undoCheckIn."""

    ticket: Ticket | None = field(default=None, description="The ticket, good for entry again.")


async def _ticket(context: Context, event_id: EventId, ticket_id: TicketId | None) -> Any:  # noqa: ANN401 - a row
    return await context.reads.ticket_by_id((event_id, ticket_id)) if ticket_id else None


async def _show_ticket(context: Context, key: tuple[EventId, TicketId]) -> dict[str, Any]:
    return {"ticket": await context.reads.ticket_by_id(key)}


@strawberry.type
class CheckInMutations:
    """Root fields of the door."""

    @strawberry.mutation(
        description="Let the holders of tickets in, each once. A bad ticket is an outcome, not a problem: the others"
        " of the same call are let in. For the event's team, from a day before it starts."
    )
    async def check_in(self, info: Info, input: CheckInInput) -> CheckInPayload:  # noqa: A002
        """Check in."""
        key, event_id = input.idempotency_key, ids.event_id(input.event_id)

        async def show(context: Context, answered: CheckedIn) -> dict[str, Any]:
            # Loads of one tick share a statement.
            tickets = await asyncio.gather(
                *(_ticket(context, event_id, ticket_id) for _, _, ticket_id, _ in answered.outcomes)
            )
            asked = input.to_command().reads
            results = [
                CheckInResult(code=read.code, nonce=read.nonce, outcome=outcome, ticket=ticket, checked_in_at=at)
                for read, ticket, (_, outcome, _, at) in zip(asked, tickets, answered.outcomes, strict=True)
            ]
            return {"results": results}

        return await answer(
            CheckInPayload, info, lambda context: use_cases.check_tickets_in(context, input.to_command(), key), show
        )

    @strawberry.mutation(description="Make a ticket good for entry again that was read by mistake.")
    async def undo_check_in(self, info: Info, input: UndoCheckInInput) -> UndoCheckInPayload:  # noqa: A002
        """Undo."""
        key = input.idempotency_key
        return await answer(
            UndoCheckInPayload,
            info,
            lambda context: use_cases.undo_check_in(context, input.to_command(), key),
            _show_ticket,
        )
