"""Who sees which rows, and which columns of them are masked."""

from collections.abc import Mapping

from domain.permissions.algebra import (
    ColumnIn,
    ColumnIsSet,
    Everyone,
    HasPlatformRole,
    HasRole,
    IsViewer,
    One,
    Policy,
    Some,
    all_of,
    any_of,
)
from domain.permissions.viewers import MANAGERS, TEAM, PlatformRole

ADMINISTRATORS = HasPlatformRole(frozenset({PlatformRole.ADMIN}))
READERS = HasPlatformRole(frozenset({PlatformRole.ADMIN, PlatformRole.ANALYST}))

TEAM_OF_EVENT = HasRole("organization_id", TEAM)
MANAGERS_OF_EVENT = HasRole("organization_id", MANAGERS)

_EVENT_IS_PUBLIC = any_of(
    ColumnIn("status", frozenset({"PUBLISHED"})),
    all_of(ColumnIn("status", frozenset({"POSTPONED", "CANCELLED"})), ColumnIsSet("published_at")),
)
_EVENT = any_of(
    _EVENT_IS_PUBLIC,
    READERS,
    TEAM_OF_EVENT,
    # Who registered or waits keeps seeing the event, also after it was archived.
    Some("registration", "event_id", IsViewer("user_id")),
    Some("waitlist_entry", "event_id", IsViewer("user_id")),
)
_REGISTRATION = any_of(IsViewer("user_id"), READERS, One("event", "event_id", TEAM_OF_EVENT))

# People who meet in the course of the work: oneself, colleagues, and guests of the events one works for, also those
# who only wait for a place.
_ACQUAINTANCES = any_of(
    IsViewer("id"),
    ADMINISTRATORS,
    Some("membership", "user_id", HasRole("organization_id", TEAM)),
    Some("registration", "user_id", One("event", "event_id", TEAM_OF_EVENT)),
    Some("waitlist_entry", "user_id", One("event", "event_id", TEAM_OF_EVENT)),
)

VISIBLE: Mapping[str, Policy] = {
    "event": _EVENT,
    "ticket_tier": One("event", "event_id", _EVENT),
    "registration": _REGISTRATION,
    "waitlist_entry": _REGISTRATION,
    "capacity_pool": One("event", "event_id", _EVENT),
    "capacity_block": any_of(READERS, One("event", "event_id", TEAM_OF_EVENT)),
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
    One("registration", "registration_id", any_of(IsViewer("user_id"), One("event", "event_id", TEAM_OF_EVENT))),
)

READABLE: Mapping[tuple[str, str], Policy] = {
    ("user", "name"): _ACQUAINTANCES,
    ("user", "email"): any_of(IsViewer("id"), ADMINISTRATORS),
    ("user", "locale"): any_of(IsViewer("id"), ADMINISTRATORS),
    ("user", "timezone"): any_of(IsViewer("id"), ADMINISTRATORS),
    ("user", "preferences"): any_of(IsViewer("id"), ADMINISTRATORS),
    ("registration", "payment_reference"): any_of(
        ADMINISTRATORS, IsViewer("user_id"), One("event", "event_id", TEAM_OF_EVENT)
    ),
    ("ticket", "code"): _OWN_REGISTRATION_OR_TEAM,
    ("ticket", "attendee_name"): _OWN_REGISTRATION_OR_TEAM,
}
"""Columns that are masked on a visible row unless the policy grants them. An analyst reads all but personal data."""

MASKED = "(hidden)"
"""What a masked text reads where the schema promises one; elsewhere a masked value is null."""
