"""Memberships and invitations in the schema."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.ids import MembershipId, OrganizationId
from domain.organizations import AcceptInvitation, ChangeMemberRole, InviteMember, RemoveMember
from domain.organizations import Invitation as StoredInvitation
from resolvers import memberships as use_cases
from resolvers.context import Context
from schema import ids
from schema.context import Info, field
from schema.enums import OrganizationRole
from schema.nodes import Node, own_id
from schema.problems import Command, Edit, Payload, answer
from schema.relations import related
from schema.scalars import URL, EmailAddress

if TYPE_CHECKING:
    from schema.organizations import Organization
    from schema.users import User


@strawberry.type(description="A user's place in the team of an organization.")
class Membership(Node):
    """A membership."""

    id: strawberry.ID = field(own_id("Membership"), description="The membership's id.")
    role: OrganizationRole = field(description="What the member may do.")
    organization: Annotated["Organization", strawberry.lazy("schema.organizations")] = field(
        related(lambda reads, keys: reads.organizations_by_ids(keys), "organization_id"),
        description="The organization.",
    )
    user: Annotated["User", strawberry.lazy("schema.users")] = field(
        related(lambda reads, keys: reads.users_by_ids(keys), "user_id"), description="The member."
    )
    created_at: datetime = field(description="When the member joined.")
    version: int = field(description="Counts edits; give it as `expectedVersion` to be told of conflicts.")


@strawberry.type(description="An invitation to join a team.")
class Invitation:
    """An invitation as its author sees it."""

    email: EmailAddress = field(description="Who may use it: the holder of this address.")
    role: OrganizationRole = field(description="The role that it opens.")
    link: URL = field(description="The signed link to hand over. It works once, until it expires or is replaced.")
    expires_at: datetime = field(description="When it stops working.")


@strawberry.input(description="Whom to invite to a team.")
class InviteMemberInput(Command):
    """Input of inviteMember."""

    organization_id: strawberry.ID = field(description="The organization.")
    email: EmailAddress = field(description="The address that the invited person has to sign in with.")
    role: OrganizationRole = field(description="The role to give; no higher than your own lets you.")

    def to_command(self) -> InviteMember:
        """The domain's command."""
        return InviteMember(ids.organization_id(self.organization_id), self.email, self.role)


@strawberry.input(description="An invitation to accept.")
class AcceptInvitationInput(Command):
    """Input of acceptInvitation."""

    token: str = field(description="The `token` of the invitation's link.")

    def to_command(self) -> AcceptInvitation:
        """The domain's command."""
        return AcceptInvitation(self.token)


@strawberry.input(description="Another role for a member.")
class ChangeMemberRoleInput(Edit):
    """Input of changeMemberRole."""

    id: strawberry.ID = field(description="The membership.")
    role: OrganizationRole = field(description="The new role.")

    def to_command(self) -> ChangeMemberRole:
        """The domain's command."""
        return ChangeMemberRole(ids.membership_id(self.id), self.role, self.expected_version)


@strawberry.input(description="A member to send away, or your own membership to leave.")
class RemoveMemberInput(Edit):
    """Input of removeMember."""

    id: strawberry.ID = field(description="The membership.")

    def to_command(self) -> RemoveMember:
        """The domain's command."""
        return RemoveMember(ids.membership_id(self.id), self.expected_version)


@strawberry.type(description="The answer to inviteMember.")
class InviteMemberPayload(Payload):
    """Payload of inviteMember."""

    invitation: Invitation | None = field(default=None, description="The invitation with its link.")


@strawberry.type(description="The answer to acceptInvitation.")
class AcceptInvitationPayload(Payload):
    """Payload of acceptInvitation."""

    membership: Membership | None = field(default=None, description="Your new membership.")


@strawberry.type(description="The answer to changeMemberRole.")
class ChangeMemberRolePayload(Payload):
    """Payload of changeMemberRole."""

    membership: Membership | None = field(default=None, description="The membership as it is now.")


@strawberry.type(description="The answer to removeMember.")
class RemoveMemberPayload(Payload):
    """Payload of removeMember."""

    organization: Annotated["Organization", strawberry.lazy("schema.organizations")] | None = field(
        default=None, description="The organization without the member."
    )


async def _show_invitation(_context: Context, result: tuple[StoredInvitation, str]) -> dict[str, Any]:
    invitation, link = result
    shown = Invitation(
        email=EmailAddress(invitation.email),
        role=invitation.role,
        link=URL(link),
        expires_at=invitation.expires_at,
    )
    return {"invitation": shown}


async def _show(context: Context, membership_id: MembershipId) -> dict[str, Any]:
    return {"membership": await context.reads.membership_by_id(membership_id)}


async def _show_organization(context: Context, organization_id: OrganizationId) -> dict[str, Any]:
    return {"organization": await context.reads.organization_by_id(organization_id)}


@strawberry.type
class MembershipMutations:
    """Root fields that change teams."""

    @strawberry.mutation(description="Invite somebody to a team; hand them the link yourself.")
    async def invite_member(self, info: Info, input: InviteMemberInput) -> InviteMemberPayload:  # noqa: A002
        """Invite somebody."""
        key = input.idempotency_key
        return await answer(
            InviteMemberPayload,
            info,
            lambda context: use_cases.invite_member(context, input.to_command(), key),
            _show_invitation,
        )

    @strawberry.mutation(description="Join a team. Your sign-in has to vouch for the address that was invited.")
    async def accept_invitation(self, info: Info, input: AcceptInvitationInput) -> AcceptInvitationPayload:  # noqa: A002
        """Join a team."""
        key = input.idempotency_key
        return await answer(
            AcceptInvitationPayload,
            info,
            lambda context: use_cases.accept_invitation(context, input.to_command(), key),
            _show,
        )

    @strawberry.mutation(description="Give a member another role. The last owner stays an owner.")
    async def change_member_role(self, info: Info, input: ChangeMemberRoleInput) -> ChangeMemberRolePayload:  # noqa: A002
        """Change a role."""
        key = input.idempotency_key
        return await answer(
            ChangeMemberRolePayload,
            info,
            lambda context: use_cases.change_member_role(context, input.to_command(), key),
            _show,
        )

    @strawberry.mutation(description="Send a member away, or leave. The last owner cannot.")
    async def remove_member(self, info: Info, input: RemoveMemberInput) -> RemoveMemberPayload:  # noqa: A002
        """Remove a member."""
        key = input.idempotency_key
        return await answer(
            RemoveMemberPayload,
            info,
            lambda context: use_cases.remove_member(context, input.to_command(), key),
            _show_organization,
        )
