"""Registrations in the schema: the mutations with their inputs and payloads."""

from typing import Any

import strawberry

from domain.ids import EventId, RegistrationId, TicketId
from domain.registrations import (
    HOLD_LENGTHS,
    CancelRegistration,
    ConfirmRegistration,
    ExtendHold,
    HoldPlaces,
    Register,
    TransferTicket,
)
from resolvers import registrations as use_cases
from resolvers.context import Context
from schema import ids
from schema.context import Info, field
from schema.problems import Command, Edit, Payload, answer
from schema.registrations import Registration, Ticket


@strawberry.input(description="Places to take.")
class RegisterInput(Command):
    """Input of register."""

    event_id: strawberry.ID = field(description="The event.")
    ticket_tier_id: strawberry.ID = field(description="One of the event's ticket tiers.")
    quantity: int = field(default=1, description="How many places: all of them are taken, or none.")

    def to_command(self) -> Register:
        """The domain's command. A tier of another event is left for the domain to refuse."""
        return Register(ids.event_id(self.event_id), ids.ticket_tier_key(self.ticket_tier_id)[1], self.quantity)


@strawberry.input(description="Places to take for a while.")
class HoldPlacesInput(Command):
    """Input of holdPlaces."""

    event_id: strawberry.ID = field(description="The event.")
    ticket_tier_id: strawberry.ID = field(description="One of the event's ticket tiers.")
    quantity: int = field(default=1, description="How many places: all of them are held, or none.")
    minutes: int | None = field(
        default=None,
        description=f"For how long, from {HOLD_LENGTHS[0]} to {HOLD_LENGTHS[1]} minutes; absent: 10.",
    )

    def to_command(self) -> HoldPlaces:
        """The domain's command."""
        tier_id = ids.ticket_tier_key(self.ticket_tier_id)[1]
        return HoldPlaces(ids.event_id(self.event_id), tier_id, self.quantity, self.minutes)


@strawberry.input(description="A hold to extend.")
class ExtendHoldInput(Edit):
    """Input of extendHold."""

    id: strawberry.ID = field(description="The registration that is held.")

    def to_command(self) -> ExtendHold:
        """The domain's command."""
        return ExtendHold(*ids.registration_key(self.id), self.expected_version)


@strawberry.input(description="A hold to keep.")
class ConfirmRegistrationInput(Edit):
    """Input of confirmRegistration."""

    id: strawberry.ID = field(description="The registration that is held.")
    payment_reference: str | None = field(
        default=None,
        description="What the payment service calls the payment. The same reference again confirms nothing twice and"
        " is no problem.",
    )

    def to_command(self) -> ConfirmRegistration:
        """The domain's command."""
        return ConfirmRegistration(*ids.registration_key(self.id), self.payment_reference, self.expected_version)


@strawberry.input(description="A registration to give back, whole or in part.")
class CancelRegistrationInput(Edit):
    """Input of cancelRegistration."""

    id: strawberry.ID = field(description="The registration.")
    ticket_ids: list[strawberry.ID] | None = field(
        default=None, description="Give back only the places of these tickets; absent: all places."
    )
    reason: str | None = field(default=None, description="Why; kept with the registration's history.")

    def to_command(self) -> CancelRegistration:
        """The domain's command. A ticket of another registration is left for the domain to refuse."""
        event_id, registration_id = ids.registration_key(self.id)
        tickets = None if self.ticket_ids is None else tuple(ids.ticket_key(text)[1] for text in self.ticket_ids)
        return CancelRegistration(event_id, registration_id, self.reason, self.expected_version, tickets)


@strawberry.input(description="A ticket, and who comes with it instead.")
class TransferTicketInput(Edit):
    """Input of transferTicket."""

    id: strawberry.ID = field(description="The ticket; `expectedVersion` is its registration's version.")
    attendee_name: str = field(description="Who comes with it.")

    def to_command(self) -> TransferTicket:
        """The domain's command. The registration is looked up: until then its place is taken by the ticket's id."""
        event_id, ticket_id = ids.ticket_key(self.id)
        return TransferTicket(
            event_id=event_id,
            registration_id=RegistrationId(ticket_id),
            ticket_id=ticket_id,
            attendee_name=self.attendee_name,
            expected_version=self.expected_version,
        )


@strawberry.type
class _Shown(Payload):
    """What a step of a registration returns."""

    registration: Registration | None = field(default=None, description="The registration as it is now.")


@strawberry.type(description="The answer to register.")
class RegisterPayload(_Shown):
    """Payload of register."""


@strawberry.type(description="The answer to holdPlaces.")
class HoldPlacesPayload(_Shown):
    """Payload of holdPlaces."""


@strawberry.type(description="The answer to extendHold.")
class ExtendHoldPayload(_Shown):
    """Payload of extendHold."""


@strawberry.type(description="The answer to confirmRegistration.")
class ConfirmRegistrationPayload(_Shown):
    """Payload of confirmRegistration."""


@strawberry.type(description="The answer to cancelRegistration.")
class CancelRegistrationPayload(_Shown):
    """Payload of cancelRegistration."""


@strawberry.type(description="The answer to transferTicket.")
class TransferTicketPayload(Payload):
    """Payload of transferTicket."""

    ticket: Ticket | None = field(default=None, description="The ticket with its new name and code.")


async def _show(context: Context, key: tuple[EventId, RegistrationId]) -> dict[str, Any]:
    return {"registration": await context.reads.registration_by_id(key)}


async def _show_ticket(context: Context, key: tuple[EventId, TicketId]) -> dict[str, Any]:
    return {"ticket": await context.reads.ticket_by_id(key)}


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

    @strawberry.mutation(
        description="Take places for a while, as long as somebody pays: all that are asked for, or none. They are free"
        " again at the instant the hold ends, unless confirmRegistration keeps them."
    )
    async def hold_places(self, info: Info, input: HoldPlacesInput) -> HoldPlacesPayload:  # noqa: A002
        """Hold places."""
        key = input.idempotency_key
        return await answer(
            HoldPlacesPayload, info, lambda context: use_cases.hold_places(context, input.to_command(), key), _show
        )

    @strawberry.mutation(description="Hold places for as long again as at first. Once for each hold.")
    async def extend_hold(self, info: Info, input: ExtendHoldInput) -> ExtendHoldPayload:  # noqa: A002
        """Extend a hold."""
        key = input.idempotency_key
        return await answer(
            ExtendHoldPayload, info, lambda context: use_cases.extend_hold(context, input.to_command(), key), _show
        )

    @strawberry.mutation(
        description="Keep places that are held. Of a hold that has run out the places are taken again, if they are"
        " still there; else the problem HOLD_EXPIRED says how many are."
    )
    async def confirm_registration(self, info: Info, input: ConfirmRegistrationInput) -> ConfirmRegistrationPayload:  # noqa: A002
        """Keep places."""
        key = input.idempotency_key
        return await answer(
            ConfirmRegistrationPayload,
            info,
            lambda context: use_cases.confirm_registration(context, input.to_command(), key),
            _show,
        )

    @strawberry.mutation(
        description="Give places of a registration back: all of them, or those of some tickets. Guests can until the"
        " event starts. Whoever waits is offered them at once."
    )
    async def cancel_registration(self, info: Info, input: CancelRegistrationInput) -> CancelRegistrationPayload:  # noqa: A002
        """Give places back."""
        key = input.idempotency_key
        return await answer(
            CancelRegistrationPayload,
            info,
            lambda context: use_cases.cancel_registration(context, input.to_command(), key),
            _show,
        )

    @strawberry.mutation(
        description="Let somebody else come with a ticket. It gets a new code; the old one opens nothing any more."
    )
    async def transfer_ticket(self, info: Info, input: TransferTicketInput) -> TransferTicketPayload:  # noqa: A002
        """Transfer a ticket."""
        key = input.idempotency_key
        return await answer(
            TransferTicketPayload,
            info,
            lambda context: use_cases.transfer_ticket(context, input.to_command(), key),
            _show_ticket,
        )
