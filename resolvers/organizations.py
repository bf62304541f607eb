"""Use cases of organizations: founding and editing them."""

from domain import errors, organizations
from domain.ids import MembershipId, OrganizationId
from domain.journal import Stream
from domain.organizations import CreateOrganization, UpdateOrganization
from domain.pagination import Page, Window
from domain.permissions import OrganizationAction, OrganizationRole, PlatformAction, may
from domain.rows import OrganizationRow
from resolvers.authorization import NOTHING, authorize, found, organization_for, signed_in
from resolvers.context import Context
from resolvers.versions import expect_version


async def get_organization(
    context: Context, organization_id: OrganizationId | None, slug: str | None
) -> OrganizationRow | None:
    """One organization by id or slug. Raises `BadInput` unless exactly one is given."""
    if (organization_id is None) == (slug is None):
        message = "Name the organization by either id or slug."
        raise errors.BadInput(message)
    if organization_id is not None:
        return await context.reads.organization_by_id(organization_id)
    return await context.reads.organization_by_slug(slug or "")


async def list_organizations(context: Context, window: Window) -> Page[OrganizationRow]:
    """All organizations by name."""
    return await context.reads.organizations(window)


def actions(context: Context, organization: OrganizationRow) -> list[OrganizationAction]:
    """What the viewer may do with the organization."""
    return [action for action in OrganizationAction if may(action, context.viewer, organization)]


async def create_organization(context: Context, command: CreateOrganization, key: str | None) -> OrganizationId:
    """Found an organization; the founder becomes its owner."""
    founder = signed_in(context.viewer)
    await authorize(context, PlatformAction.CREATE_ORGANIZATION, NOTHING, None)
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            return await work.commit(OrganizationId(work.replayed))
        organization, created = organizations.create(
            command, organization_id=OrganizationId(context.source.new_id()), now=context.now
        )
        membership, joined = organizations.join(
            organization.id,
            founder,
            OrganizationRole.OWNER,
            membership_id=MembershipId(context.source.new_id()),
            now=context.now,
        )
        await work.organizations.insert(organization)
        await work.organizations.insert_membership(membership)
        await work.journal.append(Stream.ORGANIZATION, organization.id, created, joined)
        result = await work.commit(organization.id)
    await context.renew(viewer=True)
    return result


async def update_organization(context: Context, command: UpdateOrganization, key: str | None) -> OrganizationId:
    """Change an organization's public page."""
    signed_in(context.viewer)
    await organization_for(context, OrganizationAction.UPDATE, command.organization_id)
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            return await work.commit(OrganizationId(work.replayed))
        before = found(await work.organizations.get_for_update(command.organization_id))
        await expect_version(work, command.expected_version, before.version, stream_id=before.id)
        after, fact = organizations.update(before, command, context.now)
        if fact:
            await work.organizations.save(before, after)
            await work.journal.append(Stream.ORGANIZATION, before.id, fact)
        return await work.commit(before.id)
