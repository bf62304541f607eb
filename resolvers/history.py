"""Use cases of the journal: who did what, when and why, for those whom it concerns."""

from domain.pagination import Page, Window
from domain.permissions import (
    EventAction,
    OrganizationAction,
    RegistrationAction,
    UserAction,
    WaitlistAction,
    may,
)
from domain.rows import EventRow, JournalRow, OrganizationRow, RegistrationRow, UserRow, WaitlistEntryRow
from resolvers.authorization import authorize, found
from resolvers.context import Context


async def history_of_event(context: Context, event: EventRow, window: Window) -> Page[JournalRow]:
    """The whole story of an event, its ticket tiers and its registrations."""
    await authorize(context, EventAction.VIEW_HISTORY, event, event["id"])
    private = may(EventAction.UPDATE, context.viewer, event)
    return await context.reads.history_by_stream_id(event["id"], window, private=private)


async def history_of_organization(context: Context, organization: OrganizationRow, window: Window) -> Page[JournalRow]:
    """The whole story of an organization, its venues and its members."""
    await authorize(context, OrganizationAction.VIEW_HISTORY, organization, organization["id"])
    private = may(OrganizationAction.UPDATE, context.viewer, organization)
    return await context.reads.history_by_stream_id(organization["id"], window, private=private)


async def history_of_registration(context: Context, registration: RegistrationRow, window: Window) -> Page[JournalRow]:
    """What happened to one registration."""
    event = found(await context.reads.event_by_id(registration["event_id"]))
    row = {**registration, "event": event}
    await authorize(context, RegistrationAction.VIEW_HISTORY, row, registration["id"])
    private = may(EventAction.UPDATE, context.viewer, event)
    return await context.reads.history_by_object_id(registration["id"], window, private=private)


async def history_of_waitlist_entry(context: Context, entry: WaitlistEntryRow, window: Window) -> Page[JournalRow]:
    """What happened to one entry of a waiting list."""
    event = found(await context.reads.event_by_id(entry["event_id"]))
    row = {**entry, "event": event}
    await authorize(context, WaitlistAction.VIEW_HISTORY, row, entry["id"])
    private = may(EventAction.UPDATE, context.viewer, event)
    return await context.reads.history_by_object_id(entry["id"], window, private=private)


async def history_of_user(context: Context, user: UserRow, window: Window) -> Page[JournalRow]:
    """What happened to an account."""
    await authorize(context, UserAction.VIEW_HISTORY, user, user["id"])
    return await context.reads.history_by_stream_id(user["id"], window, private=True)
