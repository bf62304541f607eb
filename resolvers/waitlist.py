"""Use cases of waiting lists: joining, answering offers, and what organizers may do with entries."""

from domain import errors, waitlist
from domain.ids import EventId, RegistrationId, WaitlistEntryId
from domain.pagination import Page
from domain.permissions import EventAction, UserAction, WaitlistAction, may
from domain.queries import WaitlistQuery
from domain.rows import EventRow, UserRow, WaitlistEntryRow
from domain.waitlist import AcceptOffer, EntryAction, JoinWaitlist, MoveEntry, SetPriority
from resolvers.authorization import authorize, event_for, found, signed_in
from resolvers.context import Context

EntryKey = tuple[EventId, WaitlistEntryId]
_NEEDS = {EntryAction.LEAVE: WaitlistAction.LEAVE}


async def join_waitlist(context: Context, command: JoinWaitlist, key: str | None) -> EntryKey:
    """Wait for places of a ticket tier."""
    signed_in(context.viewer)
    await event_for(context, EventAction.JOIN_WAITLIST, command.event_id)
    waitlist.validate(command)
    answer: WaitlistEntryId = await context.lanes.run(command, event_id=command.event_id, key=key)
    return command.event_id, answer


async def move_entry(context: Context, command: MoveEntry, key: str | None) -> EntryKey:
    """Leave, suspend, resume, or decline an offer."""
    await _entry_for(context, _NEEDS.get(command.action, WaitlistAction.ANSWER), command)
    await context.lanes.run(command, event_id=command.event_id, key=key)
    return command.event_id, command.entry_id


async def accept_offer(context: Context, command: AcceptOffer, key: str | None) -> tuple[EventId, RegistrationId]:
    """Take the places that are offered."""
    await _entry_for(context, WaitlistAction.ANSWER, command)
    answer: RegistrationId = await context.lanes.run(command, event_id=command.event_id, key=key)
    return command.event_id, answer


async def prioritize(context: Context, command: SetPriority, key: str | None) -> EntryKey:
    """Let an entry wait before or behind others."""
    await _entry_for(context, WaitlistAction.PRIORITIZE, command)
    await context.lanes.run(command, event_id=command.event_id, key=key)
    return command.event_id, command.entry_id


async def list_entries_of_event(context: Context, event: EventRow, query: WaitlistQuery) -> Page[WaitlistEntryRow]:
    """Who waits for an event, in the order of arrival. Raises `Forbidden` to whom it does not concern."""
    await authorize(context, EventAction.VIEW_WAITLIST, event, event["id"])
    return await context.reads.waitlist_by_event_id(event["id"], query)


async def list_entries_of_user(context: Context, user: UserRow, query: WaitlistQuery) -> Page[WaitlistEntryRow]:
    """What a user waits for, newest first. Raises `Forbidden` to whom it does not concern."""
    await authorize(context, UserAction.VIEW_REGISTRATIONS, user, user["id"])
    return await context.reads.waitlist_entries_by_user_id(user["id"], query)


async def actions(context: Context, entry: WaitlistEntryRow) -> list[WaitlistAction]:
    """What the viewer may do with the entry, as far as permissions go."""
    event = await context.reads.event_by_id(entry["event_id"])
    row = {**entry, "event": event}
    return [action for action in WaitlistAction if may(action, context.viewer, row)]


async def _entry_for(context: Context, action: WaitlistAction, command: MoveEntry | AcceptOffer | SetPriority) -> None:
    signed_in(context.viewer)
    entry = await context.reads.waitlist_entry_by_id((command.event_id, command.entry_id))
    if entry is None:
        await context.denials.denied(context.viewer.user_id, action, command.entry_id)
        raise errors.NotFound
    event = found(await context.reads.event_by_id(command.event_id))
    await authorize(context, action, {**entry, "event": event}, command.entry_id)
