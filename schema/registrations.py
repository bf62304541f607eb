"""Registrations and tickets in the schema: the types and their filter."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain.pagination import Window
from domain.queries import RegistrationQuery
from domain.rows import RegistrationRow, TicketRow
from resolvers import history as history_cases
from resolvers import registrations as use_cases
from resolvers.authorization import found
from schema import ids
from schema.context import Info, field
from schema.enums import RegistrationAction, RegistrationStatus, TicketStatus
from schema.history import JournalEntry
from schema.money import Money
from schema.nodes import Node, own_id
from schema.pagination import Connection, paged, selected_relations
from schema.relations import related
from schema.scalars import CurrencyCode

if TYPE_CHECKING:
    from schema.events import Event
    from schema.ticket_tiers import TicketTier
    from schema.users import User


def _price(registration: strawberry.Parent[RegistrationRow]) -> Money:
    return Money(amount_minor=registration["price_minor"], currency=CurrencyCode(registration["currency"]))


async def _viewer_can(registration: strawberry.Parent[RegistrationRow], info: Info) -> list[RegistrationAction]:
    return await use_cases.actions(info.context, registration)


async def _version(ticket: strawberry.Parent[TicketRow], info: Info) -> int:
    registration = found(await info.context.reads.registration_by_id((ticket["event_id"], ticket["registration_id"])))
    return registration["version"]


@strawberry.type(description="One place of a registration; its code opens the door once.")
class Ticket(Node):
    """A ticket."""

    id: strawberry.ID = field(own_id("Ticket", "event_id", "id"), description="The ticket's id.")
    code: str = field(description="What check-in reads. Hidden from whom the ticket does not concern.")
    attendee_name: str | None = field(description="Who comes with it, if it was said.")
    status: TicketStatus = field(description="Whether it is still good for entry.")
    checked_in_at: datetime | None = field(description="When its holder arrived.")
    registration: Annotated["Registration", strawberry.lazy("schema.registrations")] = field(
        related(lambda reads, keys: reads.registrations_by_ids(keys), "event_id", "registration_id"),
        description="The registration it belongs to.",
    )
    version: int = field(
        _version,
        description="The version of its registration, whose edits it counts; give it as `expectedVersion` to be told"
        " of conflicts.",
    )


@strawberry.type(description="Places of one ticket tier taken by one user.")
class Registration(Node):
    """A registration."""

    id: strawberry.ID = field(own_id("Registration", "event_id", "id"), description="The registration's id.")
    status: RegistrationStatus = field(description="Where it stands.")
    quantity: int = field(description="How many places it has.")
    price: Money = field(_price, description="What one place cost when it was taken.")
    event: Annotated["Event", strawberry.lazy("schema.events")] = field(
        related(lambda reads, keys: reads.events_by_ids(keys), "event_id"), description="The event."
    )
    ticket_tier: Annotated["TicketTier", strawberry.lazy("schema.ticket_tiers")] = field(
        related(lambda reads, keys: reads.ticket_tiers_by_ids(keys), "event_id", "ticket_tier_id"),
        description="What was taken.",
    )
    user: Annotated["User", strawberry.lazy("schema.users")] = field(
        related(lambda reads, keys: reads.users_by_ids(keys), "user_id"), description="Who took it."
    )
    tickets: list[Ticket] = field(
        related(lambda reads, keys: reads.tickets_by_registration_ids(keys), "event_id", "id"),
        description="One ticket for each place.",
    )
    expires_at: datetime | None = field(
        description="When the hold runs out, or ran out; null once the places are kept or given back."
    )
    extensions: int = field(description="How often the hold was extended; once is allowed.")
    payment_reference: str | None = field(
        description="What the payment service calls the payment that confirmed it. For its owner, the event's team and"
        " administrators."
    )
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
