"""Who may do what: one table of actions, and which field asks for which."""

from collections.abc import Mapping

from domain.permissions.actions import (
    Action,
    EventAction,
    OrganizationAction,
    PlatformAction,
    RegistrationAction,
    UserAction,
    WaitlistAction,
)
from domain.permissions.algebra import Everyone, HasRole, IsViewer, One, Policy, SignedIn, allows, any_of
from domain.permissions.viewers import MANAGERS, OWNERS, TEAM, OrganizationRole, Viewer
from domain.permissions.visibility import ADMINISTRATORS, MANAGERS_OF_EVENT, READERS, TEAM_OF_EVENT, VISIBLE

_MANAGE_EVENT = any_of(ADMINISTRATORS, MANAGERS_OF_EVENT)
_OWN_ORGANIZATION = any_of(ADMINISTRATORS, HasRole("id", OWNERS))
_MANAGE_ORGANIZATION = any_of(ADMINISTRATORS, HasRole("id", MANAGERS))
_ON_THE_TEAM = any_of(READERS, HasRole("id", TEAM))
_OWN_OR_MANAGED = any_of(ADMINISTRATORS, IsViewer("user_id"), One("event", "event_id", MANAGERS_OF_EVENT))
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
    EventAction.JOIN_WAITLIST: SignedIn(),
    EventAction.CHECK_IN: any_of(ADMINISTRATORS, TEAM_OF_EVENT),
    EventAction.MANAGE_CAPACITY: _MANAGE_EVENT,
    EventAction.VIEW_CAPACITY: any_of(READERS, TEAM_OF_EVENT),
    EventAction.VIEW_REGISTRATIONS: any_of(READERS, TEAM_OF_EVENT),
    EventAction.VIEW_WAITLIST: any_of(READERS, TEAM_OF_EVENT),
    EventAction.VIEW_HISTORY: any_of(READERS, TEAM_OF_EVENT),
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
    RegistrationAction.EXTEND_HOLD: IsViewer("user_id"),
    RegistrationAction.CONFIRM: _OWN_OR_MANAGED,
    RegistrationAction.CANCEL: _OWN_OR_MANAGED,
    RegistrationAction.TRANSFER_TICKET: _OWN_OR_MANAGED,
    RegistrationAction.VIEW_HISTORY: VISIBLE["registration"],
    WaitlistAction.ANSWER: IsViewer("user_id"),
    WaitlistAction.LEAVE: _OWN_OR_MANAGED,
    WaitlistAction.PRIORITIZE: any_of(ADMINISTRATORS, One("event", "event_id", MANAGERS_OF_EVENT)),
    WaitlistAction.VIEW_HISTORY: VISIBLE["waitlist_entry"],
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
    "capacityProof": EventAction.VIEW_CAPACITY,
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
    "holdPlaces": EventAction.REGISTER,
    "extendHold": RegistrationAction.EXTEND_HOLD,
    "confirmRegistration": RegistrationAction.CONFIRM,
    "cancelRegistration": RegistrationAction.CANCEL,
    "transferTicket": RegistrationAction.TRANSFER_TICKET,
    "checkIn": EventAction.CHECK_IN,
    "undoCheckIn": EventAction.CHECK_IN,
    "joinWaitlist": EventAction.JOIN_WAITLIST,
    "leaveWaitlist": WaitlistAction.LEAVE,
    "suspendWaitlistEntry": WaitlistAction.ANSWER,
    "resumeWaitlistEntry": WaitlistAction.ANSWER,
    "acceptOffer": WaitlistAction.ANSWER,
    "declineOffer": WaitlistAction.ANSWER,
    "prioritizeWaitlistEntry": WaitlistAction.PRIORITIZE,
    "updateWaitlistPolicy": EventAction.MANAGE_CAPACITY,
    "createCapacityPool": EventAction.MANAGE_CAPACITY,
    "updateCapacityPool": EventAction.MANAGE_CAPACITY,
    "setTicketTierPools": EventAction.MANAGE_CAPACITY,
    "blockPlaces": EventAction.MANAGE_CAPACITY,
    "releaseBlock": EventAction.MANAGE_CAPACITY,
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
    "Event.waitlist": EventAction.VIEW_WAITLIST,
    "Event.capacityBlocks": EventAction.VIEW_CAPACITY,
    "Event.history": EventAction.VIEW_HISTORY,
    "Organization.members": OrganizationAction.VIEW_MEMBERS,
    "Organization.venues": OrganizationAction.VIEW_VENUES,
    "Organization.imports": OrganizationAction.VIEW_IMPORTS,
    "Organization.history": OrganizationAction.VIEW_HISTORY,
    "Registration.history": RegistrationAction.VIEW_HISTORY,
    "WaitlistEntry.history": WaitlistAction.VIEW_HISTORY,
    "User.registrations": UserAction.VIEW_REGISTRATIONS,
    "User.waitlistEntries": UserAction.VIEW_REGISTRATIONS,
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
