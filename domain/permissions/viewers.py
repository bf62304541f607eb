"""Who asks: roles, and everything that a policy may know about the viewer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain import errors
from domain.ids import OrganizationId, UserId


class PlatformRole(StrEnum):
    """What an account may do on the whole platform."""

    ADMIN = "ADMIN"
    ANALYST = "ANALYST"


class OrganizationRole(StrEnum):
    """What a member may do for an organization."""

    OWNER = "OWNER"
    MANAGER = "MANAGER"
    STAFF = "STAFF"


OWNERS = frozenset({OrganizationRole.OWNER})
MANAGERS = OWNERS | {OrganizationRole.MANAGER}
TEAM = MANAGERS | {OrganizationRole.STAFF}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is asking: everything that a policy may know about them."""

    user_id: UserId | None = None
    platform_role: PlatformRole | None = None
    roles: Mapping[OrganizationId, OrganizationRole] = field(default_factory=dict[OrganizationId, OrganizationRole])

    def organizations_as(self, roles: frozenset[OrganizationRole]) -> list[OrganizationId]:
        """The organizations in which the viewer has one of the roles, in id order."""
        return sorted(organization for organization, role in self.roles.items() if role in roles)

    def require_user(self) -> UserId:
        """The signed-in user's id. Raises `Unauthenticated`."""
        if self.user_id is None:
            raise errors.Unauthenticated
        return self.user_id


ANONYMOUS = Viewer()
