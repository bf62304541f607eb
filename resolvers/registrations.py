"""Use cases of registrations: taking places, giving them back, and listing who comes."""

from dataclasses import replace

from domain import errors, registrations
from domain.ids import EventId, RegistrationId, TicketId
from domain.pagination import Page
from domain.permissions import EventAction, RegistrationAction, UserAction, may
from domain.queries import RegistrationQuery
from domain.registrations import (
    CancelRegistration,
    ConfirmRegistration,
    ExtendHold,
    HoldPlaces,
    Register,
    TransferTicket,
)
from domain.rows import EventRow, RegistrationRow, UserRow
from resolvers.authorization import authorize, event_for, found, signed_in
from resolvers.context import Context

RegistrationKey = tuple[EventId, RegistrationId]
_Named = ExtendHold | ConfirmRegistration | CancelRegistration | TransferTicket
_OfRegistration = Register | HoldPlaces | _Named


async def register(context: Context, command: Register, key: str | None) -> RegistrationKey:
    """Take places in one step: all of them or none."""
    return await _claim(context, EventAction.REGISTER, command, key)


async def hold_places(context: Context, command: HoldPlaces, key: str | None) -> RegistrationKey:
    """Take places for a while: all of them or none."""
    return await _claim(context, EventAction.REGISTER, command, key)


async def extend_hold(context: Context, command: ExtendHold, key: str | None) -> RegistrationKey:
    """Hold places for as long again, once."""
    await _registration_for(context, RegistrationAction.EXTEND_HOLD, command)
    return await _decided(context, command, key)


async def confirm_registration(context: Context, command: ConfirmRegistration, key: str | None) -> RegistrationKey:
    """Keep places that are held."""
    await _registration_for(context, RegistrationAction.CONFIRM, command)
    return await _decided(context, command, key)


async def cancel_registration(context: Context, command: CancelRegistration, key: str | None) -> RegistrationKey:
    """Give places of a registration back."""
    event = await _registration_for(context, RegistrationAction.CANCEL, command)
    by_organizer = may(EventAction.UPDATE, context.viewer, event)
    return await _decided(context, replace(command, by_organizer=by_organizer), key)


async def transfer_ticket(context: Context, command: TransferTicket, key: str | None) -> tuple[EventId, TicketId]:
    """Let somebody else come with a ticket. `registration_id` is looked up: who may not see the ticket names none."""
    ticket = await context.reads.ticket_by_id((command.event_id, command.ticket_id))
    command = replace(command, registration_id=ticket["registration_id"] if ticket else command.registration_id)
    event = await _registration_for(context, RegistrationAction.TRANSFER_TICKET, command)
    by_organizer = may(EventAction.UPDATE, context.viewer, event)
    await _decided(context, replace(command, by_organizer=by_organizer), key)
    return command.event_id, command.ticket_id


async def list_registrations_of_event(
    context: Context, event: EventRow, query: RegistrationQuery
) -> Page[RegistrationRow]:
    """Who comes to an event. Raises `Forbidden` to whom it does not concern."""
    await authorize(context, EventAction.VIEW_REGISTRATIONS, event, event["id"])
    return await context.reads.registrations_by_event_id(event["id"], query)


async def list_registrations_of_user(
    context: Context, user: UserRow, query: RegistrationQuery
) -> Page[RegistrationRow]:
    """What a user takes part in. Raises `Forbidden` to whom it does not concern."""
    await authorize(context, UserAction.VIEW_REGISTRATIONS, user, user["id"])
    return await context.reads.registrations_by_user_id(user["id"], query)


async def actions(context: Context, registration: RegistrationRow) -> list[RegistrationAction]:
    """What the viewer may do with the registration, as far as permissions go."""
    event = await context.reads.event_by_id(registration["event_id"])
    row = {**registration, "event": event}
    return [action for action in RegistrationAction if may(action, context.viewer, row)]


async def _claim(
    context: Context, action: EventAction, command: Register | HoldPlaces, key: str | None
) -> RegistrationKey:
    signed_in(context.viewer)
    await event_for(context, action, command.event_id)
    registrations.validate(command)
    return await _decided(context, command, key)


async def _decided(context: Context, command: _OfRegistration, key: str | None) -> RegistrationKey:
    answer: RegistrationId = await context.lanes.run(command, event_id=command.event_id, key=key)
    return command.event_id, answer


async def _registration_for(context: Context, action: RegistrationAction, command: _Named) -> EventRow:
    """The event of the registration, when the viewer may take the action on it."""
    signed_in(context.viewer)
    registration = await context.reads.registration_by_id((command.event_id, command.registration_id))
    if registration is None:
        await context.denials.denied(context.viewer.user_id, action, command.registration_id)
        raise errors.NotFound
    event = found(await context.reads.event_by_id(command.event_id))
    await authorize(context, action, {**registration, "event": event}, command.registration_id)
    return event
