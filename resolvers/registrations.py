"""Use cases of registrations: taking places, giving them back, and listing who comes."""

from domain import errors, registrations
from domain.ids import EventId, PoolId, RegistrationId, TicketId
from domain.journal import Stream
from domain.pagination import Page
from domain.permissions import EventAction, RegistrationAction, UserAction, may
from domain.queries import RegistrationQuery
from domain.registrations import CancelRegistration, Register
from domain.rows import EventRow, RegistrationRow, UserRow
from resolvers.authorization import authorize, event_for, found, signed_in
from resolvers.context import Context
from resolvers.events import status_of
from resolvers.versions import expect_version


async def register(context: Context, command: Register, key: str | None) -> tuple[EventId, RegistrationId]:
    """Take places in one step: all of them or none."""
    user_id = signed_in(context.viewer)
    event = await event_for(context, EventAction.REGISTER, command.event_id)
    registrations.validate(command)
    async with context.unit_of_work(command, key=key, scope_id=command.event_id) as work:
        if work.replayed:
            return command.event_id, await work.commit(RegistrationId(work.replayed))
        head = found(await work.events.head_for_update(command.event_id))
        pool_ids = [PoolId(command.event_id), PoolId(command.ticket_tier_id)]
        pools = await work.events.pools_for_update(command.event_id, pool_ids)
        tier = await work.events.ticket_tier(command.event_id, command.ticket_tier_id)
        taken = await work.registrations.places_of_user(command.event_id, command.ticket_tier_id, user_id)
        admission = registrations.admit(
            command,
            head=head,
            status=status_of(context, event),
            tier=tier,
            pools=pools,
            taken_by_user=taken,
            user_id=user_id,
            registration_id=RegistrationId(context.source.new_id()),
            new_tickets=[
                (TicketId(context.source.new_id()), context.source.new_ticket_code()) for _ in range(command.quantity)
            ],
            now=context.now,
        )
        await work.registrations.insert(admission.registration, admission.tickets)
        await work.events.save_pools(pools, admission.pools)
        await work.journal.append(Stream.EVENT, command.event_id, admission.fact)
        return command.event_id, await work.commit(admission.registration.id)


async def cancel_registration(
    context: Context, command: CancelRegistration, key: str | None
) -> tuple[EventId, RegistrationId]:
    """Give all places of a registration back."""
    signed_in(context.viewer)
    event = await _authorize_cancel(context, command)
    by_organizer = may(EventAction.UPDATE, context.viewer, event)
    async with context.unit_of_work(command, key=key, scope_id=command.event_id) as work:
        if work.replayed:
            return command.event_id, await work.commit(RegistrationId(work.replayed))
        found(await work.events.head_for_update(command.event_id))
        before = found(await work.registrations.get(command.event_id, command.registration_id))
        await expect_version(
            work, command.expected_version, before.version, stream_id=before.event_id, object_id=before.id
        )
        pool_ids = [PoolId(before.event_id), PoolId(before.ticket_tier_id)]
        pools = await work.events.pools_for_update(before.event_id, pool_ids)
        after, released, fact = registrations.cancel(
            before,
            command,
            pools=pools,
            event_starts_at=event["starts_at"],
            by_organizer=by_organizer,
            now=context.now,
        )
        await work.registrations.save(before, after)
        await work.events.save_pools(pools, released)
        await work.journal.append(Stream.EVENT, before.event_id, fact)
        return command.event_id, await work.commit(before.id)


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


async def _authorize_cancel(context: Context, command: CancelRegistration) -> EventRow:
    registration = await context.reads.registration_by_id((command.event_id, command.registration_id))
    if registration is None:
        await context.denials.denied(context.viewer.user_id, RegistrationAction.CANCEL, command.registration_id)
        raise errors.NotFound
    event = found(await context.reads.event_by_id(command.event_id))
    row = {**registration, "event": event}
    await authorize(context, RegistrationAction.CANCEL, row, command.registration_id)
    return event
