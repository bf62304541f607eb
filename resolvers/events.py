"""Use cases of events: reading, drafting, editing and moving them through their life."""

from dataclasses import replace

from domain import capacity, errors, events
from domain.events import CopyEvent, CreateEvent, Event, MoveEvent, UpdateEvent
from domain.ids import EventId, OrganizationId, PoolId, TicketTierId, VenueId
from domain.journal import Fact, FactKind, Stream, told
from domain.lifecycles import EventState, EventStatus, Prospect, prospects, status_at
from domain.pagination import Page
from domain.permissions import EventAction, OrganizationAction, may
from domain.ports import Work
from domain.queries import EventQuery
from domain.rows import EventRow
from domain.ticket_tiers import created_fact as tier_created_fact
from resolvers.authorization import event_for, found, organization_for, signed_in
from resolvers.context import Context
from resolvers.settling import settle
from resolvers.versions import expect_version


async def get_event(context: Context, event_id: EventId | None, slug: str | None) -> EventRow | None:
    """One event by id or slug, if the viewer may see it. Raises `BadInput` unless exactly one is given."""
    if (event_id is None) == (slug is None):
        message = "Name the event by either id or slug."
        raise errors.BadInput(message)
    if event_id is not None:
        return await context.reads.event_by_id(event_id)
    return await context.reads.event_by_slug(slug or "")


async def list_events(context: Context, query: EventQuery) -> Page[EventRow]:
    """The events that the viewer may see."""
    return await context.reads.events(query)


async def list_events_of_organization(
    context: Context, organization_id: OrganizationId, query: EventQuery
) -> Page[EventRow]:
    """The events of one organization that the viewer may see."""
    return await context.reads.events_by_organization_id(organization_id, query)


def status_of(context: Context, event: EventRow) -> EventStatus:
    """The status that the world sees now."""
    return status_at(EventStatus(event["status"]), event["starts_at"], event["ends_at"], context.now)


def transitions_of(context: Context, event: EventRow) -> list[Prospect]:
    """Every other status, and whether the viewer can take the event there now."""
    state = EventState(
        status=EventStatus(event["status"]),
        starts_at=event["starts_at"],
        ends_at=event["ends_at"],
        venue_id=event["venue_id"],
        online=event["online"],
    )
    return prospects(state, context.now, allowed=lambda action: may(action, context.viewer, event))


def actions(context: Context, event: EventRow) -> list[EventAction]:
    """What the viewer may do with the event, as far as permissions go."""
    return [action for action in EventAction if may(action, context.viewer, event)]


async def create_event(context: Context, command: CreateEvent, key: str | None) -> EventId:
    """Start a draft."""
    actor_id = signed_in(context.viewer)
    await organization_for(context, OrganizationAction.CREATE_EVENT, command.organization_id)
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            return await work.commit(EventId(work.replayed))
        event = events.create(command, event_id=EventId(context.source.new_id()), actor_id=actor_id, now=context.now)
        await _check_venue(work, event.organization_id, event.venue_id)
        await work.events.insert(event, capacity=command.capacity)
        fact = events.created_fact(event, capacity=command.capacity)
        await work.journal.append(Stream.EVENT, event.id, fact)
        return await work.commit(event.id)


async def update_event(context: Context, command: UpdateEvent, key: str | None) -> EventId:
    """Change details, schedule or capacity."""
    actor_id = signed_in(context.viewer)
    await event_for(context, EventAction.UPDATE, command.event_id)
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            return await work.commit(EventId(work.replayed))
        before = found(await work.events.get_for_update(command.event_id))
        await expect_version(work, command.expected_version, before.version, stream_id=before.id)
        after = events.update(before, command, context.now)
        if after.venue_id != before.venue_id:
            await _check_venue(work, after.organization_id, after.venue_id)
        facts = (
            [events.updated_fact(before, after, actor_id=actor_id, reason=command.reason)] if after != before else []
        )
        resized, fact = await _resize(work, command, after, context, edited=bool(facts))
        facts += [fact] if fact else []
        if facts:
            await work.events.save(before, resized)
            await work.journal.append(Stream.EVENT, before.id, *facts)
        await work.commit(before.id)
    await settle(context, command.event_id)
    return command.event_id


async def move_event(context: Context, command: MoveEvent, key: str | None) -> EventId:
    """Take one action of the event's life: submit, publish, postpone, cancel or archive."""
    actor_id = signed_in(context.viewer)
    await event_for(context, command.action, command.event_id)
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            return await work.commit(EventId(work.replayed))
        before = found(await work.events.get_for_update(command.event_id))
        await expect_version(work, command.expected_version, before.version, stream_id=before.id)
        after, fact = events.move(before, command, actor_id=actor_id, now=context.now)
        await work.events.save(before, after)
        await work.journal.append(Stream.EVENT, before.id, fact)
        await work.commit(before.id)
    await settle(context, command.event_id)
    return command.event_id


async def copy_event(context: Context, command: CopyEvent, key: str | None) -> EventId:
    """Start a draft from another event, its capacity and its ticket tiers."""
    actor_id = signed_in(context.viewer)
    await event_for(context, EventAction.COPY, command.event_id)
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            return await work.commit(EventId(work.replayed))
        source = found(await work.events.get(command.event_id))
        event = events.copy(
            source, command, event_id=EventId(context.source.new_id()), actor_id=actor_id, now=context.now
        )
        if event.venue_id != source.venue_id:
            await _check_venue(work, event.organization_id, event.venue_id)
        await _copy_with_tiers(work, source, event, context)
        return await work.commit(event.id)


async def require_editable(work: Work, event_id: EventId, context: Context) -> Event:
    """Lock the event for a change of what belongs to it. Raises `EventIsNotEditable` and `NotFound`."""
    event = found(await work.events.get_for_update(event_id))
    events.check_editable(event, context.now)
    return event


async def _check_venue(work: Work, organization_id: OrganizationId, venue_id: VenueId | None) -> None:
    if venue_id and not await work.events.has_venue(organization_id, venue_id):
        raise errors.VenueIsUnknown("venue_id")


async def _resize(
    work: Work, command: UpdateEvent, event: Event, context: Context, *, edited: bool
) -> tuple[Event, Fact | None]:
    """The event with its edit counted once, and the fact of a changed capacity."""
    if command.capacity == "unchanged":
        return event, None
    [pool] = await work.events.pools_for_update(event.id, [PoolId(event.id)])
    if pool.capacity == command.capacity:
        return event, None
    resized = capacity.resize(pool, command.capacity, "capacity")
    await work.events.save_pools([pool], [resized])
    if not edited:
        event = replace(event, version=event.version + 1, updated_at=context.now)
    fact = told(
        FactKind.CAPACITY_CHANGED,
        event.id,
        {"capacity": [pool.capacity, resized.capacity]},
        version=event.version,
        subject_id=context.viewer.user_id,
        reason=command.reason,
    )
    return event, fact


async def _copy_with_tiers(work: Work, source: Event, event: Event, context: Context) -> None:
    tiers = await work.events.ticket_tiers(source.id)
    pool_ids = [PoolId(source.id), *(PoolId(tier.id) for tier in tiers)]
    limits = {pool.id: pool.capacity for pool in await work.events.pools_for_update(source.id, pool_ids)}
    limit = limits[PoolId(source.id)]
    await work.events.insert(event, capacity=limit)
    facts = [events.created_fact(event, capacity=limit, source_id=source.id)]
    for tier in tiers:
        quota = limits[PoolId(tier.id)]
        copied = replace(
            tier,
            event_id=event.id,
            id=TicketTierId(context.source.new_id()),
            # A window of the source's sales would be closed or wrong for the copy's dates.
            sales_start_at=None,
            sales_end_at=None,
            created_at=context.now,
            updated_at=context.now,
            version=1,
        )
        await work.events.insert_ticket_tier(copied, quota=quota)
        facts.append(tier_created_fact(copied, quota=quota))
    await work.journal.append(Stream.EVENT, event.id, *facts)
