"""Who may see and do what, as data: an algebra over a row's declared columns and facts about the viewer.

Deny is the default: what is not granted here is refused. Two interpreters read the same data: `allows` in `algebra`
for rows in hand, `db/visibility.py` for bound SQL. A property test proves that both agree.
"""

from domain.permissions.actions import (
    Action,
    EventAction,
    OrganizationAction,
    PlatformAction,
    RegistrationAction,
    UserAction,
    WaitlistAction,
)
from domain.permissions.algebra import (
    NOBODY,
    AllOf,
    AnyOf,
    ColumnIn,
    ColumnIsSet,
    Everyone,
    HasPlatformRole,
    HasRole,
    IsViewer,
    One,
    Policy,
    SignedIn,
    Some,
    all_of,
    allows,
    any_of,
)
from domain.permissions.grants import GRANTABLE, GRANTS, GUARDED_FIELDS, ROOT_FIELDS, may
from domain.permissions.viewers import ANONYMOUS, MANAGERS, OWNERS, TEAM, OrganizationRole, PlatformRole, Viewer
from domain.permissions.visibility import ADMINISTRATORS, MASKED, READABLE, READERS, VISIBLE

__all__ = [
    "ADMINISTRATORS",
    "ANONYMOUS",
    "GRANTABLE",
    "GRANTS",
    "GUARDED_FIELDS",
    "MANAGERS",
    "MASKED",
    "NOBODY",
    "OWNERS",
    "READABLE",
    "READERS",
    "ROOT_FIELDS",
    "TEAM",
    "VISIBLE",
    "Action",
    "AllOf",
    "AnyOf",
    "ColumnIn",
    "ColumnIsSet",
    "EventAction",
    "Everyone",
    "HasPlatformRole",
    "HasRole",
    "IsViewer",
    "One",
    "OrganizationAction",
    "OrganizationRole",
    "PlatformAction",
    "PlatformRole",
    "Policy",
    "RegistrationAction",
    "SignedIn",
    "Some",
    "UserAction",
    "Viewer",
    "WaitlistAction",
    "all_of",
    "allows",
    "any_of",
    "may",
]
