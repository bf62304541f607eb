"""What can be done, noun by noun."""

from enum import StrEnum


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
    JOIN_WAITLIST = "event.join_waitlist"
    CHECK_IN = "event.check_in"
    MANAGE_CAPACITY = "event.manage_capacity"
    VIEW_CAPACITY = "event.view_capacity"
    VIEW_REGISTRATIONS = "event.view_registrations"
    VIEW_WAITLIST = "event.view_waitlist"
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

    EXTEND_HOLD = "registration.extend_hold"
    CONFIRM = "registration.confirm"
    CANCEL = "registration.cancel"
    TRANSFER_TICKET = "registration.transfer_ticket"
    VIEW_HISTORY = "registration.view_history"


class WaitlistAction(StrEnum):
    """What can be done with an entry of a waiting list."""

    ANSWER = "waitlist_entry.answer"
    LEAVE = "waitlist_entry.leave"
    PRIORITIZE = "waitlist_entry.prioritize"
    VIEW_HISTORY = "waitlist_entry.view_history"


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


Action = EventAction | OrganizationAction | RegistrationAction | WaitlistAction | UserAction | PlatformAction
