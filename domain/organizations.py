"""Organizations, their venues and their members: commands, rules and facts."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypedDict

from domain import errors
from domain.ids import InvitationId, MembershipId, OrganizationId, UserId
from domain.journal import Fact, FactKind, Json, as_json, changes_between, told
from domain.permissions import ADMINISTRATORS, GRANTABLE, OrganizationRole, Viewer, allows
from domain.validation import Validation, slug_from

NAME_LIMIT = 200
DESCRIPTION_LIMIT = 10_000
INVITATION_LIFETIME = timedelta(days=7)


class OrganizationDetails(TypedDict, total=False):
    """What can be said about an organization; a key that is absent is left as it is."""

    name: str
    slug: str
    description: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization as it is stored."""

    id: OrganizationId
    slug: str
    name: str
    description: str | None
    url: str | None
    created_at: datetime
    updated_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True)
class Membership:
    """A user's place in an organization."""

    id: MembershipId
    organization_id: OrganizationId
    user_id: UserId
    role: OrganizationRole
    created_at: datetime
    updated_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open door for one e-mail address, until it is used, replaced or expires."""

    id: InvitationId
    organization_id: OrganizationId
    email: str
    role: OrganizationRole
    invited_by: UserId
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CreateOrganization:
    """Found an organization; the founder becomes its owner. `details` needs a name."""

    details: OrganizationDetails


@dataclass(frozen=True, slots=True)
class UpdateOrganization:
    """Change an organization's public page."""

    organization_id: OrganizationId
    details: OrganizationDetails
    expected_version: int | None


@dataclass(frozen=True, slots=True)
class InviteMember:
    """Invite the holder of an e-mail address."""

    organization_id: OrganizationId
    email: str
    role: OrganizationRole


@dataclass(frozen=True, slots=True)
class AcceptInvitation:
    """Join with a signed link."""

    token: str


@dataclass(frozen=True, slots=True)
class ChangeMemberRole:
    """Give a member another role."""

    membership_id: MembershipId
    role: OrganizationRole
    expected_version: int | None


@dataclass(frozen=True, slots=True)
class RemoveMember:
    """Remove a member, or leave."""

    membership_id: MembershipId
    expected_version: int | None


def create(command: CreateOrganization, *, organization_id: OrganizationId, now: datetime) -> tuple[Organization, Fact]:
    """The organization that the command describes. Raises `Refused`."""
    if "name" not in command.details:
        raise errors.Refused([errors.ValueIsRequired("name")])
    blank = Organization(organization_id, "", "", None, None, now, now)
    validation = Validation()
    organization = _with_details(blank, command.details, validation)
    if "slug" not in command.details:
        organization = replace(organization, slug=f"{slug_from(organization.name)}-{organization_id.hex[-8:]}")
    validation.finish()
    changes = changes_between(None, organization)
    return organization, told(FactKind.ORGANIZATION_CREATED, organization_id, changes, version=1)


def update(organization: Organization, command: UpdateOrganization, now: datetime) -> tuple[Organization, Fact | None]:
    """The organization with the new details, and the fact unless nothing changed. Raises `Refused`."""
    validation = Validation()
    changed = _with_details(organization, command.details, validation)
    validation.finish()
    if changed == organization:
        return organization, None
    changed = replace(changed, version=organization.version + 1, updated_at=now)
    changes = changes_between(organization, changed)
    return changed, told(FactKind.ORGANIZATION_UPDATED, organization.id, changes, version=changed.version)


def invite(
    command: InviteMember, *, invitation_id: InvitationId, inviter: Viewer, role: OrganizationRole | None, now: datetime
) -> tuple[Invitation, Fact]:
    """An invitation by somebody with `role` in the organization. Raises `RoleIsNotGrantable`."""
    grantable = GRANTABLE[role] if role else frozenset[OrganizationRole]()
    if command.role not in grantable and not allows(ADMINISTRATORS, inviter, {}):
        raise errors.RoleIsNotGrantable("role", role=command.role)
    invitation = Invitation(
        id=invitation_id,
        organization_id=command.organization_id,
        email=command.email,
        role=command.role,
        invited_by=inviter.require_user(),
        created_at=now,
        expires_at=now + INVITATION_LIFETIME,
    )
    # The invited person may have no account yet: the address is kept with the invitation, not in the journal.
    fact = Fact(FactKind.MEMBER_INVITED, invitation.id, {"role": command.role, "personal": ["email"]})
    return invitation, fact


def accept(
    invitation: Invitation, *, email: str | None, user_id: UserId, membership_id: MembershipId, now: datetime
) -> tuple[Membership, Fact]:
    """The membership that an invitation opens to the holder of its address. Raises a refusal for any other."""
    if invitation.accepted_at or invitation.revoked_at:
        raise errors.InvitationIsUsed("token")
    if now >= invitation.expires_at:
        raise errors.InvitationHasExpired("token", expired_at=invitation.expires_at.isoformat())
    if email is None:
        raise errors.EmailIsNotVerified("token")
    if email.casefold() != invitation.email.casefold():
        raise errors.InvitationIsForSomebodyElse("token")
    membership, fact = join(invitation.organization_id, user_id, invitation.role, membership_id=membership_id, now=now)
    return membership, fact


def join(
    organization_id: OrganizationId,
    user_id: UserId,
    role: OrganizationRole,
    *,
    membership_id: MembershipId,
    now: datetime,
) -> tuple[Membership, Fact]:
    """A new membership and its fact."""
    membership = Membership(membership_id, organization_id, user_id, role, now, now)
    data: dict[str, Json] = {"version": 1, "user_id": as_json(user_id), "changes": {"role": [None, as_json(role)]}}
    return membership, Fact(FactKind.MEMBER_JOINED, membership_id, data)


def change_role(
    membership: Membership, role: OrganizationRole, *, owners: int, now: datetime
) -> tuple[Membership, Fact | None]:
    """The membership with another role; `owners` counts the organization's owners. Raises `LastOwnerMustStay`."""
    if role is membership.role:
        return membership, None
    keep_an_owner(membership, owners)
    changed = replace(membership, role=role, version=membership.version + 1, updated_at=now)
    changes = changes_between(membership, changed)
    fact = told(
        FactKind.MEMBER_ROLE_CHANGED,
        membership.id,
        changes,
        version=changed.version,
        user_id=as_json(membership.user_id),
    )
    return changed, fact


def removed_fact(membership: Membership, *, owners: int) -> Fact:
    """The fact of a member's leaving. Raises `LastOwnerMustStay`."""
    keep_an_owner(membership, owners)
    return Fact(
        FactKind.MEMBER_REMOVED,
        membership.id,
        {"user_id": as_json(membership.user_id), "changes": {"role": [as_json(membership.role), None]}},
    )


def keep_an_owner(membership: Membership, owners: int) -> None:
    """Raise `LastOwnerMustStay` when this member is the only owner left."""
    if membership.role is OrganizationRole.OWNER and owners <= 1:
        raise errors.LastOwnerMustStay("membership_id")


def _with_details(organization: Organization, details: OrganizationDetails, check: Validation) -> Organization:
    changed = replace(organization, **details)
    if "slug" in details:
        check.slug(changed.slug, "slug")
    return replace(
        changed,
        name=check.text(changed.name, "name", limit=NAME_LIMIT),
        description=check.markdown(changed.description, "description", limit=DESCRIPTION_LIMIT),
        url=check.url(changed.url, "url"),
    )
