"""Use cases of venues: the places of an organization."""

from domain import errors, venues
from domain.ids import VenueId
from domain.journal import Stream
from domain.pagination import Page, Window
from domain.permissions import OrganizationAction
from domain.rows import OrganizationRow, VenueRow
from domain.venues import CreateVenue, UpdateVenue
from resolvers.authorization import authorize, found, organization_for, signed_in
from resolvers.context import Context
from resolvers.versions import expect_version


async def list_venues(context: Context, organization: OrganizationRow, window: Window) -> Page[VenueRow]:
    """An organization's venues by name. Raises `Forbidden` to outsiders."""
    await authorize(context, OrganizationAction.VIEW_VENUES, organization, organization["id"])
    return await context.reads.venues_by_organization_id(organization["id"], window)


async def create_venue(context: Context, command: CreateVenue, key: str | None) -> VenueId:
    """Add a place."""
    signed_in(context.viewer)
    await organization_for(context, OrganizationAction.CREATE_VENUE, command.organization_id)
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            return await work.commit(VenueId(work.replayed))
        venue, fact = venues.create(command, venue_id=VenueId(context.source.new_id()), now=context.now)
        await work.organizations.insert_venue(venue)
        await work.journal.append(Stream.ORGANIZATION, venue.organization_id, fact)
        return await work.commit(venue.id)


async def update_venue(context: Context, command: UpdateVenue, key: str | None) -> VenueId:
    """Change a place."""
    signed_in(context.viewer)
    row = await context.reads.venue_by_id(command.venue_id)
    if row is None:
        await context.denials.denied(context.viewer.user_id, OrganizationAction.UPDATE_VENUE, command.venue_id)
        raise errors.NotFound
    await organization_for(context, OrganizationAction.UPDATE_VENUE, row["organization_id"])
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            return await work.commit(VenueId(work.replayed))
        found(await work.organizations.get_for_update(row["organization_id"]))
        before = found(await work.organizations.venue(command.venue_id))
        await expect_version(
            work,
            command.expected_version,
            before.version,
            stream_id=before.organization_id,
            object_id=before.id,
        )
        after, fact = venues.update(before, command, context.now)
        if fact:
            await work.organizations.save_venue(before, after)
            await work.journal.append(Stream.ORGANIZATION, before.organization_id, fact)
        return await work.commit(before.id)
