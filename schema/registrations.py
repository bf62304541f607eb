"""Registrations and tickets in the schema."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.ids import EventId, RegistrationId
from domain.pagination import Window
from domain.queries import RegistrationQuery
from domain.registrations import CancelRegistration, Register
from domain.rows import RegistrationRow, TicketRow
from resolvers import history as history_cases
from resolvers import registrations as use_cases
from resolvers.context import Context
from schema import ids
from schema.context import Info, field
from schema.enums import RegistrationAction, RegistrationStatus, TicketStatus
from schema.history import JournalEntry
from schema.money import Money
from schema.nodes import Node, own_id
from schema.pagination import Connection, paged, selected_relations
from schema.problems import Command, Edit, Payload, answer
from schema.scalars import CurrencyCode

if TYPE_CHECKING:
    from schema.events import Event
    from schema.ticket_tiers import TicketTier
    from schema.users import User


async def _event(registration: strawberry.Parent[RegistrationRow], info: Info) -> Any:  # noqa: ANN401 - a row
    return await info.context.reads.event_by_id(registration["event_id"])


async def _ticket_tier(registration: strawberry.Parent[RegistrationRow], info: Info) -> Any:  # noqa: ANN401 - a row
    return await info.context.reads.ticket_tier_by_id((registration["event_id"], registration["ticket_tier_id"]))


async def _user(registration: strawberry.Parent[RegistrationRow], info: Info) -> Any:  # noqa: ANN401 - a row
    return await info.context.reads.user_by_id(registration["user_id"])


async def _tickets(registration: strawberry.Parent[RegistrationRow], info: Info) -> Any:  # noqa: ANN401 - rows
    return await info.context.reads.tickets_by_registration_id((registration["event_id"], registration["id"]))


def _price(registration: strawberry.Parent[RegistrationRow]) -> Money:
    return Money(amount_minor=registration["price_minor"], currency=CurrencyCode(registration["currency"]))


async def _viewer_can(registration: strawberry.Parent[RegistrationRow], info: Info) -> list[RegistrationAction]:
    return await use_cases.actions(info.context, registration)


async def _registration(ticket: strawberry.Parent[TicketRow], info: Info) -> Any:  # noqa: ANN401 - a row
    return await info.context.reads.registration_by_id((ticket["event_id"], ticket["registration_id"]))


@strawberry.type(description="One place of a registration; its code opens the door once.")
class Ticket(Node):
    """A ticket."""

    id: strawberry.ID = field(own_id("Ticket", "event_id", "id"), description="The ticket's id.")
    code: str = field(description="What check-in reads. Hidden from whom the ticket does not concern.")
    attendee_name: str | None = field(description="Who comes with it, if it was said.")
    status: TicketStatus = field(description="Whether it is still good for entry.")
    checked_in_at: datetime | None = field(description="When its holder arrived.")
    registration: Annotated["Registration", strawberry.lazy("schema.registrations")] = field(
        _registration, description="The registration it belongs to."
    )


@strawberry.type(description="Places of one ticket tier taken by one user.")
class Registration(Node):
    """A registration."""

    id: strawberry.ID = field(own_id("Registration", "event_id", "id"), description="The registration's id.")
    status: RegistrationStatus = field(description="Where it stands.")
    quantity: int = field(description="How many places it has.")
    price: Money = field(_price, description="What one place cost when it was taken.")
    event: Annotated["Event", strawberry.lazy("schema.events")] = field(_event, description="The event.")
    ticket_tier: Annotated["TicketTier", strawberry.lazy("schema.ticket_tiers")] = field(
        _ticket_tier, description="What was taken."
    )
    user: Annotated["User", strawberry.lazy("schema.users")] = field(_user, description="Who took it.")
    tickets: list[Ticket] = field(_tickets, description="One ticket for each place.")
    expires_at: datetime | None = field(description="When a hold runs out.")
    cancelled_at: datetime | None = field(description="When the places were given back.")
    created_at: datetime = field(description="When the places were taken.")
    updated_at: datetime = field(description="When it last changed.")
    version: int = field(description="Counts edits; give it as `expectedVersion` to be told of conflicts.")
    viewer_can: list[RegistrationAction] = field(_viewer_can, description="What your role lets you do with it.")
    history: Connection[JournalEntry] = field(
        paged("history", history_cases.history_of_registration),
        description="What happened to it, newest first. For its owner and the event's team.",
    )


@strawberry.input(description="Which registrations to list; everything combines with and.")
class RegistrationFilter:
    """A filter."""

    status: list[RegistrationStatus] | None = field(default=None, description="Only in one of these statuses.")
    ticket_tier_id: strawberry.ID | None = field(default=None, description="Only of this ticket tier.")


def registration_query(info: Info, criteria: RegistrationFilter | None, window: Window) -> RegistrationQuery:
    """The query behind a list of registrations."""
    criteria = criteria or RegistrationFilter()
    tier = ids.ticket_tier_key(criteria.ticket_tier_id)[1] if criteria.ticket_tier_id is not None else None
    return RegistrationQuery(
        window=window,
        status=tuple(criteria.status) if criteria.status is not None else None,
        ticket_tier_id=tier,
        relations=selected_relations(info, {"user": "user", "event": "event"}),
    )


@strawberry.input(description="Places to take.")
class RegisterInput(Command):
    """Input of register."""

    event_id: strawberry.ID = field(description="The event.")
    ticket_tier_id: strawberry.ID = field(description="One of the event's ticket tiers.")
    quantity: int = field(default=1, description="How many places: all of them are taken, or none.")

    def to_command(self) -> Register:
        """The domain's command. A tier of another event is left for the domain to refuse."""
        return Register(ids.event_id(self.event_id), ids.ticket_tier_key(self.ticket_tier_id)[1], self.quantity)


@strawberry.input(description="A registration to give back.")
class CancelRegistrationInput(Edit):
    """Input of cancelRegistration."""

    id: strawberry.ID = field(description="The registration.")
    reason: str | None = field(default=None, description="Why; kept with the registration's history.")

    def to_command(self) -> CancelRegistration:
        """The domain's command."""
        event_id, registration_id = ids.registration_key(self.id)
        return CancelRegistration(event_id, registration_id, self.reason, self.expected_version)


@strawberry.type(description="The answer to register.")
class RegisterPayload(Payload):
    """Payload of register."""

    registration: Registration | None = field(default=None, description="The registration.")


@strawberry.type(description="The answer to cancelRegistration.")
class CancelRegistrationPayload(Payload):
    """Payload of cancelRegistration."""

    registration: Registration | None = field(default=None, description="The registration as it is now.")


async def _show(context: Context, key: tuple[EventId, RegistrationId]) -> dict[str, Any]:
    return {"registration": await context.reads.registration_by_id(key)}


@strawberry.type
class RegistrationMutations:
    """Root fields that change registrations."""

    @strawberry.mutation(description="Take places at an event in one step: all that are asked for, or none.")
    async def register(self, info: Info, input: RegisterInput) -> RegisterPayload:  # noqa: A002
        """Take places."""
        key = input.idempotency_key
        return await answer(
            RegisterPayload, info, lambda context: use_cases.register(context, input.to_command(), key), _show
        )

    @strawberry.mutation(description="Give the places of a registration back. Guests can until the event starts.")
    async def cancel_registration(self, info: Info, input: CancelRegistrationInput) -> CancelRegistrationPayload:  # noqa: A002
        """Give places back."""
        key = input.idempotency_key
        return await answer(
            CancelRegistrationPayload,
            info,
            lambda context: use_cases.cancel_registration(context, input.to_command(), key),
            _show,
        )
