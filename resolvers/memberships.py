"""Use cases of members: inviting, joining, changing roles, leaving."""

from dataclasses import replace

from domain import errors, organizations
from domain.ids import InvitationId, MembershipId, OrganizationId
from domain.journal import Stream
from domain.organizations import (
    AcceptInvitation,
    ChangeMemberRole,
    Invitation,
    InviteMember,
    Membership,
    RemoveMember,
)
from domain.pagination import Page, Window
from domain.permissions import OrganizationAction, PlatformAction
from domain.ports import Work
from domain.rows import MembershipRow, OrganizationRow
from resolvers.authorization import NOTHING, authorize, found, organization_for, signed_in
from resolvers.context import Context
from resolvers.versions import expect_version


async def list_members(
    context: Context, organization: OrganizationRow, window: Window, relations: frozenset[str]
) -> Page[MembershipRow]:
    """The members in the order they joined. Raises `Forbidden` to outsiders."""
    await authorize(context, OrganizationAction.VIEW_MEMBERS, organization, organization["id"])
    return await context.reads.members_by_organization_id(organization["id"], window, relations)


async def invite_member(context: Context, command: InviteMember, key: str | None) -> tuple[Invitation, str]:
    """The invitation and the link to hand over: signed, expiring, for one use."""
    signed_in(context.viewer)
    await organization_for(context, OrganizationAction.INVITE_MEMBER, command.organization_id)
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            invitation = found(await work.organizations.invitation(InvitationId(work.replayed)))
        else:
            invitation = await _invite(work, context, command)
        await work.commit(invitation.id)
    return invitation, context.links.link(invitation.id, invitation.expires_at)


async def accept_invitation(context: Context, command: AcceptInvitation, key: str | None) -> MembershipId:
    """Join the organization that the link opens."""
    user_id = signed_in(context.viewer)
    await authorize(context, PlatformAction.ACCEPT_INVITATION, NOTHING, None)
    invitation_id = context.links.invitation_id(command.token)
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            return await work.commit(MembershipId(work.replayed))
        seen = await _known(work, invitation_id)
        found(await work.organizations.get_for_update(seen.organization_id))
        # Read again under the lock: of two who use the link at once, one finds it used.
        invitation = await _known(work, invitation_id)
        membership, fact = organizations.accept(
            invitation,
            email=context.verified_email,
            user_id=user_id,
            membership_id=MembershipId(context.source.new_id()),
            now=context.now,
        )
        if await work.organizations.membership_of(invitation.organization_id, user_id):
            raise errors.AlreadyMember("token")
        await work.organizations.save_invitation(invitation, replace(invitation, accepted_at=context.now))
        await work.organizations.insert_membership(membership)
        await work.journal.append(Stream.ORGANIZATION, invitation.organization_id, fact)
        result = await work.commit(membership.id)
    await context.renew(viewer=True)
    return result


async def change_member_role(context: Context, command: ChangeMemberRole, key: str | None) -> MembershipId:
    """Give a member another role."""
    signed_in(context.viewer)
    row = await _membership_for(context, OrganizationAction.CHANGE_MEMBER_ROLE, command.membership_id)
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            return await work.commit(MembershipId(work.replayed))
        before, owners = await _lock(work, row, command.expected_version)
        after, fact = organizations.change_role(before, command.role, owners=owners, now=context.now)
        if fact:
            await work.organizations.save_membership(before, after)
            await work.journal.append(Stream.ORGANIZATION, before.organization_id, fact)
        result = await work.commit(before.id)
    await context.renew(viewer=True)
    return result


async def remove_member(context: Context, command: RemoveMember, key: str | None) -> OrganizationId:
    """Remove a member, or leave; the last owner cannot."""
    viewer_id = signed_in(context.viewer)
    if organization_id := await _left_before(context, command, key):
        return organization_id
    row = await _membership_for(context, OrganizationAction.REMOVE_MEMBER, command.membership_id)
    if row["user_id"] != viewer_id:
        # Leaving is everybody's right; sending somebody away takes the right to change roles.
        organization = found(await context.reads.organization_by_id(row["organization_id"]))
        await authorize(context, OrganizationAction.CHANGE_MEMBER_ROLE, organization, organization["id"])
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            return await work.commit(OrganizationId(work.replayed))
        before, owners = await _lock(work, row, command.expected_version)
        fact = organizations.removed_fact(before, owners=owners)
        await work.organizations.delete_membership(before)
        await work.journal.append(Stream.ORGANIZATION, before.organization_id, fact)
        result = await work.commit(before.organization_id)
    await context.renew(viewer=True)
    return result


async def _left_before(context: Context, command: RemoveMember, key: str | None) -> OrganizationId | None:
    """The result of the same command: the membership is gone by then, and only its idempotency key remembers."""
    if key is None or await context.reads.membership_by_id(command.membership_id) is not None:
        return None
    async with context.unit_of_work(command, key=key) as work:
        return await work.commit(OrganizationId(work.replayed)) if work.replayed else None


async def _invite(work: Work, context: Context, command: InviteMember) -> Invitation:
    found(await work.organizations.get_for_update(command.organization_id))
    if await work.organizations.is_member_by_email(command.organization_id, command.email):
        raise errors.AlreadyMember("email")
    invitation, fact = organizations.invite(
        command,
        invitation_id=InvitationId(context.source.new_id()),
        inviter=context.viewer,
        role=context.viewer.roles.get(command.organization_id),
        now=context.now,
    )
    await work.organizations.insert_invitation(invitation, context.now)
    await work.journal.append(Stream.ORGANIZATION, command.organization_id, fact)
    return invitation


async def _known(work: Work, invitation_id: InvitationId) -> Invitation:
    invitation = await work.organizations.invitation(invitation_id)
    if invitation is None:
        raise errors.InvitationIsInvalid("token")
    return invitation


async def _membership_for(context: Context, action: OrganizationAction, membership_id: MembershipId) -> MembershipRow:
    row = await context.reads.membership_by_id(membership_id)
    if row is None:
        await context.denials.denied(context.viewer.user_id, action, membership_id)
        raise errors.NotFound
    await organization_for(context, action, row["organization_id"])
    return row


async def _lock(work: Work, row: MembershipRow, expected_version: int | None) -> tuple[Membership, int]:
    """The membership and the number of owners, itself included, with the organization locked."""
    found(await work.organizations.get_for_update(row["organization_id"]))
    membership = found(await work.organizations.membership(row["id"]))
    await expect_version(
        work,
        expected_version,
        membership.version,
        stream_id=membership.organization_id,
        object_id=membership.id,
    )
    return membership, await work.organizations.count_owners(membership.organization_id, membership.user_id)
