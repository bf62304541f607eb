"""Writing organizations, memberships, invitations and venues; the organization's row is the lock of all four."""

from dataclasses import dataclass
from datetime import datetime

from db.database import Session
from db.mapping import columns, insert, update, value_from
from domain.ids import InvitationId, MembershipId, OrganizationId, UserId, VenueId
from domain.organizations import Invitation, Membership, Organization
from domain.venues import Venue

_LOCK = f"SELECT {columns(Organization)} FROM organizations WHERE id = $1 FOR UPDATE"
_MEMBERSHIP = f"SELECT {columns(Membership)} FROM memberships WHERE id = $1"
_MEMBERSHIP_OF = f"""
SELECT {columns(Membership)} FROM memberships WHERE organization_id = $1 AND user_id = $2
"""
_MEMBER_BY_EMAIL = """
SELECT 1 FROM memberships AS m JOIN users AS u ON u.id = m.user_id
WHERE m.organization_id = $1 AND lower(u.email) = lower($2) AND u.email_verified LIMIT 1
"""
_OWNERS = """
SELECT count(*)::int AS owners FROM memberships AS m JOIN users AS u ON u.id = m.user_id
WHERE m.organization_id = $1 AND m.role = 'OWNER' AND (u.status = 'ACTIVE' OR u.id = $2)
"""
_LOCK_OWNED = """
SELECT id FROM organizations WHERE id IN (
    SELECT organization_id FROM memberships WHERE user_id = $1 AND role = 'OWNER'
) ORDER BY id FOR UPDATE
"""
_OWNED = f"""
SELECT {columns(Membership)} FROM memberships
WHERE user_id = $1 AND role = 'OWNER' AND organization_id = ANY($2::uuid[]) ORDER BY organization_id
"""
_REVOKE = """
UPDATE invitations SET revoked_at = $3
WHERE organization_id = $1 AND lower(email) = lower($2) AND accepted_at IS NULL AND revoked_at IS NULL
"""
_INVITATION = f"SELECT {columns(Invitation)} FROM invitations WHERE id = $1"
_VENUE = f"SELECT {columns(Venue)} FROM venues WHERE id = $1"


@dataclass(frozen=True, slots=True)
class SqlOrganizations:
    """Organizations on one transaction."""

    session: Session

    async def get_for_update(self, organization_id: OrganizationId) -> Organization | None:
        """Lock and read an organization: its lock also covers members, invitations and venues."""
        row = await self.session.fetchrow(_LOCK, organization_id)
        return value_from(Organization, row) if row else None

    async def insert(self, organization: Organization) -> None:
        """Store a new organization."""
        await insert(self.session, "organizations", organization)

    async def save(self, before: Organization, after: Organization) -> None:
        """Write what differs."""
        await update(self.session, "organizations", before, after)

    async def membership(self, membership_id: MembershipId) -> Membership | None:
        """One membership."""
        row = await self.session.fetchrow(_MEMBERSHIP, membership_id)
        return value_from(Membership, row) if row else None

    async def membership_of(self, organization_id: OrganizationId, user_id: UserId) -> Membership | None:
        """A user's membership."""
        row = await self.session.fetchrow(_MEMBERSHIP_OF, organization_id, user_id)
        return value_from(Membership, row) if row else None

    async def is_member_by_email(self, organization_id: OrganizationId, email: str) -> bool:
        """Whether somebody with this verified address is a member."""
        return await self.session.fetchrow(_MEMBER_BY_EMAIL, organization_id, email) is not None

    async def insert_membership(self, membership: Membership) -> None:
        """Store a new membership."""
        await insert(self.session, "memberships", membership)

    async def save_membership(self, before: Membership, after: Membership) -> None:
        """Write what differs."""
        await update(self.session, "memberships", before, after)

    async def delete_membership(self, membership: Membership) -> None:
        """Remove a member."""
        await self.session.execute("DELETE FROM memberships WHERE id = $1", membership.id)

    async def count_owners(self, organization_id: OrganizationId, user_id: UserId) -> int:
        """How many active owners the organization has; an owner `user_id` counts in any state."""
        row = await self.session.fetchrow(_OWNERS, organization_id, user_id)
        return row["owners"] if row else 0

    async def owned_by_for_update(self, user_id: UserId) -> list[Membership]:
        """The user's ownerships, each with its organization locked, in id order."""
        locked = [row["id"] for row in await self.session.fetch(_LOCK_OWNED, user_id)]
        return [value_from(Membership, row) for row in await self.session.fetch(_OWNED, user_id, locked)]

    async def insert_invitation(self, invitation: Invitation, now: datetime) -> None:
        """Store an invitation; an open one to the same address is revoked."""
        await self.session.execute(_REVOKE, invitation.organization_id, invitation.email, now)
        await insert(self.session, "invitations", invitation)

    async def invitation(self, invitation_id: InvitationId) -> Invitation | None:
        """One invitation."""
        row = await self.session.fetchrow(_INVITATION, invitation_id)
        return value_from(Invitation, row) if row else None

    async def save_invitation(self, before: Invitation, after: Invitation) -> None:
        """Write what differs."""
        await update(self.session, "invitations", before, after)

    async def venue(self, venue_id: VenueId) -> Venue | None:
        """One venue."""
        row = await self.session.fetchrow(_VENUE, venue_id)
        return value_from(Venue, row) if row else None

    async def insert_venue(self, venue: Venue) -> None:
        """Store a new venue."""
        await insert(self.session, "venues", venue)

    async def save_venue(self, before: Venue, after: Venue) -> None:
        """Write what differs."""
        await update(self.session, "venues", before, after)
