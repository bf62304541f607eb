"""Who may see and do what, as data: an algebra over a row's declared columns and facts about the viewer.

Deny is the default: what is not granted here is refused. Two interpreters read the same data: `allows` in this
module for rows in hand, `db/visibility.py` for bound SQL. A property test proves that both agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

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


# --- The algebra ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Everyone:
    """Always."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Any signed-in user."""


@dataclass(frozen=True, slots=True)
class HasPlatformRole:
    """The viewer has one of the platform roles."""

    roles: frozenset[PlatformRole]


@dataclass(frozen=True, slots=True)
class HasRole:
    """The viewer has one of the roles in the organization that the column names."""

    column: str
    roles: frozenset[OrganizationRole]


@dataclass(frozen=True, slots=True)
class IsViewer:
    """The column holds the viewer's own user id."""

    column: str


@dataclass(frozen=True, slots=True)
class ColumnIn:
    """The column holds one of the values."""

    column: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class ColumnIsSet:
    """The column holds something."""

    column: str


@dataclass(frozen=True, slots=True)
class One:
    """The one row of `noun` that the column points at exists and satisfies the policy."""

    noun: str
    column: str
    policy: "Policy"


@dataclass(frozen=True, slots=True)
class Some:
    """At least one row of `noun` whose `column` points at this row satisfies the policy."""

    noun: str
    column: str
    policy: "Policy"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the policies holds; none when empty."""

    policies: tuple["Policy", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of the policies holds."""

    policies: tuple["Policy", ...]


Policy = (
    Everyone | SignedIn | HasPlatformRole | HasRole | IsViewer | ColumnIn | ColumnIsSet | One | Some | AnyOf | AllOf
)


def any_of(*policies: Policy) -> Policy:
    """At least one of the policies."""
    return AnyOf(policies)


def all_of(*policies: Policy) -> Policy:
    """Every one of the policies."""
    return AllOf(policies)


NOBODY: Policy = AnyOf(())


def allows(policy: Policy, viewer: Viewer, row: Mapping[str, object]) -> bool:  # noqa: C901, PLR0911 - one arm each
    """Whether the policy grants the viewer this row.

    `One` reads the related row under `row[noun]`, `Some` the related rows under `row[noun + "s"]`.
    """
    match policy:
        case Everyone():
            return True
        case SignedIn():
            return viewer.user_id is not None
        case HasPlatformRole(roles):
            return viewer.platform_role in roles
        case HasRole(column, roles):
            return viewer.roles.get(cast("OrganizationId", row[column])) in roles
        case IsViewer(column):
            return viewer.user_id is not None and row[column] == viewer.user_id
        case ColumnIn(column, values):
            return row[column] in values
        case ColumnIsSet(column):
            return row[column] is not None
        case One(noun, _, inner):
            related = cast("Mapping[str, object] | None", row[noun])
            return related is not None and allows(inner, viewer, related)
        case Some(noun, _, inner):
            rows = cast("Sequence[Mapping[str, object]]", row[f"{noun}s"])
            return any(allows(inner, viewer, related) for related in rows)
        case AnyOf(policies):
            return any(allows(inner, viewer, row) for inner in policies)
        case AllOf(policies):
            return all(allows(inner, viewer, row) for inner in policies)


# --- Who sees which rows --------------------------------------------------------------------------------------------

ADMINISTRATORS = HasPlatformRole(frozenset({PlatformRole.ADMIN}))
READERS = HasPlatformRole(frozenset({PlatformRole.ADMIN, PlatformRole.ANALYST}))

_TEAM_OF_EVENT = HasRole("organization_id", TEAM)
_MANAGERS_OF_EVENT = HasRole("organization_id", MANAGERS)

_EVENT_IS_PUBLIC = any_of(
    ColumnIn("status", frozenset({"PUBLISHED"})),
    all_of(ColumnIn("status", frozenset({"POSTPONED", "CANCELLED"})), ColumnIsSet("published_at")),
)
_EVENT = any_of(
    _EVENT_IS_PUBLIC,
    READERS,
    _TEAM_OF_EVENT,
    # Who registered keeps seeing the event, also after it was archived.
    Some("registration", "event_id", IsViewer("user_id")),
)
_REGISTRATION = any_of(IsViewer("user_id"), READERS, One("event", "event_id", _TEAM_OF_EVENT))

# People who meet in the course of the work: oneself, colleagues, and guests of the events one works for.
_ACQUAINTANCES = any_of(
    IsViewer("id"),
    ADMINISTRATORS,
    Some("membership", "user_id", HasRole("organization_id", TEAM)),
    Some("registration", "user_id", One("event", "event_id", _TEAM_OF_EVENT)),
)

VISIBLE: Mapping[str, Policy] = {
    "event": _EVENT,
    "ticket_tier": One("event", "event_id", _EVENT),
    "registration": _REGISTRATION,
    "ticket": One("registration", "registration_id", _REGISTRATION),
    "organization": Everyone(),
    "membership": any_of(IsViewer("user_id"), READERS, HasRole("organization_id", TEAM)),
    "venue": any_of(READERS, HasRole("organization_id", TEAM), Some("event", "venue_id", _EVENT)),
    "user": any_of(_ACQUAINTANCES, READERS),
    "import": any_of(READERS, HasRole("organization_id", MANAGERS)),
}
"""Row visibility by noun. Every read of a noun starts here."""

_OWN_REGISTRATION_OR_TEAM = any_of(
    ADMINISTRATORS,
    One("registration", "registration_id", any_of(IsViewer("user_id"), One("event", "event_id", _TEAM_OF_EVENT))),
)

READABLE: Mapping[tuple[str, str], Policy] = {
    ("user", "name"): _ACQUAINTANCES,
    ("user", "email"): any_of(IsViewer("id"), ADMINISTRATORS),
    ("user", "locale"): any_of(IsViewer("id"), ADMINISTRATORS),
    ("user", "timezone"): any_of(IsViewer("id"), ADMINISTRATORS),
    ("user", "preferences"): any_of(IsViewer("id"), ADMINISTRATORS),
    ("ticket", "code"): _OWN_REGISTRATION_OR_TEAM,
    ("ticket", "attendee_name"): _OWN_REGISTRATION_OR_TEAM,
}
"""Columns that are masked on a visible row unless the policy grants them. An analyst reads all but personal data."""

MASKED = "(hidden)"
"""What a masked text reads where the schema promises one; elsewhere a masked value is null."""


# --- Who may do what ------------------------------------------------------------------------------------------------


class EventAction(StrEnum):
    """What can be done with an event. Values carry the noun: they key one table for all nouns."""

    UPDATE = "event.update"
    SUBMIT = "event.submit"
    PUBLISH = "event.publish"
    POSTPONE = "event.postpone"
    CANCEL = "event.cancel"
    ARCHIVE = "event.archive"
    COPY = "event.copy"
    CREATE_TICKET_TIER = "event.create_ticket_tier"
    UPDATE_TICKET_TIER = "event.update_ticket_tier"
    REGISTER = "event.register"
    VIEW_REGISTRATIONS = "event.view_registrations"
    VIEW_HISTORY = "event.view_history"


class OrganizationAction(StrEnum):
    """What can be done with an organization."""

    UPDATE = "organization.update"
    CREATE_EVENT = "organization.create_event"
    CREATE_VENUE = "organization.create_venue"
    UPDATE_VENUE = "organization.update_venue"
    INVITE_MEMBER = "organization.invite_member"
    CHANGE_MEMBER_ROLE = "organization.change_member_role"
    REMOVE_MEMBER = "organization.remove_member"
    VIEW_MEMBERS = "organization.view_members"
    VIEW_VENUES = "organization.view_venues"
    IMPORT_EVENTS = "organization.import_events"
    VIEW_IMPORTS = "organization.view_imports"
    VIEW_HISTORY = "organization.view_history"


class RegistrationAction(StrEnum):
    """What can be done with a registration."""

    CANCEL = "registration.cancel"
    VIEW_HISTORY = "registration.view_history"


class UserAction(StrEnum):
    """What can be done with an account."""

    UPDATE_PROFILE = "user.update_profile"
    UPDATE_PREFERENCES = "user.update_preferences"
    DEACTIVATE = "user.deactivate"
    REACTIVATE = "user.reactivate"
    SET_PLATFORM_ROLE = "user.set_platform_role"
    VIEW_REGISTRATIONS = "user.view_registrations"
    VIEW_MEMBERSHIPS = "user.view_memberships"
    VIEW_ONBOARDING = "user.view_onboarding"
    VIEW_HISTORY = "user.view_history"


class PlatformAction(StrEnum):
    """What can be done without an object."""

    BROWSE = "platform.browse"
    CREATE_ORGANIZATION = "platform.create_organization"
    ACCEPT_INVITATION = "platform.accept_invitation"
    LIST_USERS = "platform.list_users"


Action = EventAction | OrganizationAction | RegistrationAction | UserAction | PlatformAction

_MANAGE_EVENT = any_of(ADMINISTRATORS, _MANAGERS_OF_EVENT)
_OWN_ORGANIZATION = any_of(ADMINISTRATORS, HasRole("id", OWNERS))
_MANAGE_ORGANIZATION = any_of(ADMINISTRATORS, HasRole("id", MANAGERS))
_ON_THE_TEAM = any_of(READERS, HasRole("id", TEAM))
_SELF = IsViewer("id")
_SELF_OR_ADMINISTRATOR = any_of(IsViewer("id"), ADMINISTRATORS)

GRANTS: Mapping[Action, Policy] = {
    EventAction.UPDATE: _MANAGE_EVENT,
    EventAction.SUBMIT: _MANAGE_EVENT,
    EventAction.PUBLISH: _MANAGE_EVENT,
    EventAction.POSTPONE: _MANAGE_EVENT,
    EventAction.CANCEL: _MANAGE_EVENT,
    EventAction.ARCHIVE: _MANAGE_EVENT,
    EventAction.COPY: _MANAGE_EVENT,
    EventAction.CREATE_TICKET_TIER: _MANAGE_EVENT,
    EventAction.UPDATE_TICKET_TIER: _MANAGE_EVENT,
    EventAction.REGISTER: SignedIn(),
    EventAction.VIEW_REGISTRATIONS: any_of(READERS, _TEAM_OF_EVENT),
    EventAction.VIEW_HISTORY: any_of(READERS, _TEAM_OF_EVENT),
    OrganizationAction.UPDATE: _OWN_ORGANIZATION,
    OrganizationAction.CREATE_EVENT: _MANAGE_ORGANIZATION,
    OrganizationAction.CREATE_VENUE: _MANAGE_ORGANIZATION,
    OrganizationAction.UPDATE_VENUE: _MANAGE_ORGANIZATION,
    OrganizationAction.INVITE_MEMBER: _MANAGE_ORGANIZATION,
    OrganizationAction.CHANGE_MEMBER_ROLE: _OWN_ORGANIZATION,
    # Everybody on the team may leave; removing somebody else takes the owner's role as well (see resolvers).
    OrganizationAction.REMOVE_MEMBER: any_of(ADMINISTRATORS, HasRole("id", TEAM)),
    OrganizationAction.VIEW_MEMBERS: _ON_THE_TEAM,
    OrganizationAction.VIEW_VENUES: _ON_THE_TEAM,
    OrganizationAction.IMPORT_EVENTS: _MANAGE_ORGANIZATION,
    OrganizationAction.VIEW_IMPORTS: any_of(READERS, HasRole("id", MANAGERS)),
    OrganizationAction.VIEW_HISTORY: any_of(READERS, HasRole("id", MANAGERS)),
    RegistrationAction.CANCEL: any_of(
        ADMINISTRATORS, IsViewer("user_id"), One("event", "event_id", _MANAGERS_OF_EVENT)
    ),
    RegistrationAction.VIEW_HISTORY: _REGISTRATION,
    UserAction.UPDATE_PROFILE: _SELF,
    UserAction.UPDATE_PREFERENCES: _SELF,
    UserAction.DEACTIVATE: _SELF_OR_ADMINISTRATOR,
    UserAction.REACTIVATE: ADMINISTRATORS,
    UserAction.SET_PLATFORM_ROLE: ADMINISTRATORS,
    UserAction.VIEW_REGISTRATIONS: any_of(_SELF, READERS),
    UserAction.VIEW_MEMBERSHIPS: any_of(_SELF, READERS),
    UserAction.VIEW_ONBOARDING: _SELF_OR_ADMINISTRATOR,
    UserAction.VIEW_HISTORY: _SELF_OR_ADMINISTRATOR,
    PlatformAction.BROWSE: Everyone(),
    PlatformAction.CREATE_ORGANIZATION: SignedIn(),
    PlatformAction.ACCEPT_INVITATION: SignedIn(),
    PlatformAction.LIST_USERS: ADMINISTRATORS,
}
"""Every action and who may take it. `viewerCan` and `authorize` read this table and nothing else."""

ROOT_FIELDS: Mapping[str, Action] = {
    "node": PlatformAction.BROWSE,
    "nodes": PlatformAction.BROWSE,
    "viewer": PlatformAction.BROWSE,
    "event": PlatformAction.BROWSE,
    "events": PlatformAction.BROWSE,
    "organization": PlatformAction.BROWSE,
    "organizations": PlatformAction.BROWSE,
    "user": PlatformAction.BROWSE,
    "users": PlatformAction.LIST_USERS,
    "import": PlatformAction.BROWSE,
    "startImport": OrganizationAction.IMPORT_EVENTS,
    "createEvent": OrganizationAction.CREATE_EVENT,
    "updateEvent": EventAction.UPDATE,
    "submitEvent": EventAction.SUBMIT,
    "publishEvent": EventAction.PUBLISH,
    "postponeEvent": EventAction.POSTPONE,
    "cancelEvent": EventAction.CANCEL,
    "archiveEvent": EventAction.ARCHIVE,
    "copyEvent": EventAction.COPY,
    "createTicketTier": EventAction.CREATE_TICKET_TIER,
    "updateTicketTier": EventAction.UPDATE_TICKET_TIER,
    "createVenue": OrganizationAction.CREATE_VENUE,
    "updateVenue": OrganizationAction.UPDATE_VENUE,
    "register": EventAction.REGISTER,
    "cancelRegistration": RegistrationAction.CANCEL,
    "updateProfile": UserAction.UPDATE_PROFILE,
    "updatePreferences": UserAction.UPDATE_PREFERENCES,
    "deactivateAccount": UserAction.DEACTIVATE,
    "reactivateUser": UserAction.REACTIVATE,
    "setPlatformRole": UserAction.SET_PLATFORM_ROLE,
    "createOrganization": PlatformAction.CREATE_ORGANIZATION,
    "updateOrganization": OrganizationAction.UPDATE,
    "inviteMember": OrganizationAction.INVITE_MEMBER,
    "acceptInvitation": PlatformAction.ACCEPT_INVITATION,
    "changeMemberRole": OrganizationAction.CHANGE_MEMBER_ROLE,
    "removeMember": OrganizationAction.REMOVE_MEMBER,
}
"""The action behind every root field of the schema; a test walks the schema and demands an entry."""

GUARDED_FIELDS: Mapping[str, Action] = {
    "Event.registrations": EventAction.VIEW_REGISTRATIONS,
    "Event.history": EventAction.VIEW_HISTORY,
    "Organization.members": OrganizationAction.VIEW_MEMBERS,
    "Organization.venues": OrganizationAction.VIEW_VENUES,
    "Organization.imports": OrganizationAction.VIEW_IMPORTS,
    "Organization.history": OrganizationAction.VIEW_HISTORY,
    "Registration.history": RegistrationAction.VIEW_HISTORY,
    "User.registrations": UserAction.VIEW_REGISTRATIONS,
    "User.memberships": UserAction.VIEW_MEMBERSHIPS,
    "User.onboarding": UserAction.VIEW_ONBOARDING,
    "User.history": UserAction.VIEW_HISTORY,
}
"""Fields of a visible object that need an action of their own; refused with `FORBIDDEN` and the field's path."""

GRANTABLE: Mapping[OrganizationRole, frozenset[OrganizationRole]] = {
    OrganizationRole.OWNER: TEAM,
    OrganizationRole.MANAGER: frozenset({OrganizationRole.STAFF}),
    OrganizationRole.STAFF: frozenset(),
}
"""Which roles a member may give by inviting. An administrator may give all."""


def may(action: Action, viewer: Viewer, row: Mapping[str, object]) -> bool:
    """Whether the viewer may take the action on the row."""
    return allows(GRANTS[action], viewer, row)
