"""Facts: what happened, in the past tense, as the journal keeps it.

A fact names every field that changed. Values of personal fields and free-text reasons travel in `private`, which
is stored apart so that erasing a person erases them and leaves the fact.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Protocol, cast
from uuid import UUID

from domain.ids import UserId

Json = str | int | bool | Sequence["Json"] | Mapping[str, "Json"] | None


Changes = Mapping[str, Sequence[Json]]
"""Fields that changed, each as `[before, after]`."""


class Stream(StrEnum):
    """The kinds of streams; an event's stream also tells of its ticket tiers and registrations."""

    EVENT = "event"
    ORGANIZATION = "organization"
    USER = "user"


class FactKind(StrEnum):
    """What a journal line can tell."""

    EVENT_CREATED = "EventCreated"
    EVENT_UPDATED = "EventUpdated"
    EVENT_COPIED = "EventCopied"
    EVENT_APPROVED = "EventApproved"
    EVENT_PUBLISHED = "EventPublished"
    EVENT_POSTPONED = "EventPostponed"
    EVENT_CANCELLED = "EventCancelled"
    EVENT_ARCHIVED = "EventArchived"
    CAPACITY_CHANGED = "CapacityChanged"
    TICKET_TIER_CREATED = "TicketTierCreated"
    TICKET_TIER_UPDATED = "TicketTierUpdated"
    CAPACITY_POOL_CREATED = "CapacityPoolCreated"
    CAPACITY_POOL_UPDATED = "CapacityPoolUpdated"
    PLACES_BLOCKED = "PlacesBlocked"
    PLACES_UNBLOCKED = "PlacesUnblocked"
    PLACES_CONFIRMED = "PlacesConfirmed"
    PLACES_HELD = "PlacesHeld"
    HOLD_EXTENDED = "HoldExtended"
    HOLD_EXPIRED = "HoldExpired"
    PLACES_CANCELLED = "PlacesCancelled"
    TICKETS_CANCELLED = "TicketsCancelled"
    TICKET_TRANSFERRED = "TicketTransferred"
    TICKETS_CHECKED_IN = "TicketsCheckedIn"
    CHECK_IN_UNDONE = "CheckInUndone"
    WAITLIST_JOINED = "WaitlistJoined"
    WAITLIST_LEFT = "WaitlistLeft"
    WAITLIST_SUSPENDED = "WaitlistSuspended"
    WAITLIST_RESUMED = "WaitlistResumed"
    WAITLIST_PRIORITY_CHANGED = "WaitlistPriorityChanged"
    WAITLIST_POLICY_CHANGED = "WaitlistPolicyChanged"
    WAITLIST_PASSED = "WaitlistPassed"
    WAITLIST_CLOSED = "WaitlistClosed"
    PLACES_OFFERED = "PlacesOffered"
    OFFER_HANDED_OVER = "OfferHandedOver"
    OFFER_ACCEPTED = "OfferAccepted"
    OFFER_DECLINED = "OfferDeclined"
    OFFER_EXPIRED = "OfferExpired"
    ORGANIZATION_CREATED = "OrganizationCreated"
    ORGANIZATION_UPDATED = "OrganizationUpdated"
    VENUE_CREATED = "VenueCreated"
    VENUE_UPDATED = "VenueUpdated"
    MEMBER_INVITED = "MemberInvited"
    MEMBER_JOINED = "MemberJoined"
    MEMBER_ROLE_CHANGED = "MemberRoleChanged"
    MEMBER_REMOVED = "MemberRemoved"
    IMPORT_STARTED = "ImportStarted"
    IMPORT_FINISHED = "ImportFinished"
    USER_PROVISIONED = "UserProvisioned"
    USER_IDENTITY_REFRESHED = "UserIdentityRefreshed"
    PROFILE_UPDATED = "ProfileUpdated"
    PREFERENCES_UPDATED = "PreferencesUpdated"
    ACCOUNT_DEACTIVATED = "AccountDeactivated"
    ACCOUNT_REACTIVATED = "AccountReactivated"
    PLATFORM_ROLE_CHANGED = "PlatformRoleChanged"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened to one object of a stream.

    `subject_id` is the person whom `private` is about: it goes when that person is erased.
    """

    kind: FactKind
    object_id: UUID
    data: Mapping[str, Json] = field(default_factory=dict[str, Json])
    private: Mapping[str, Json] = field(default_factory=dict[str, Json])
    subject_id: UserId | None = None


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


UNTOLD = frozenset({"id", "event_id", "version", "created_at", "updated_at", "created_by", "shared_pool_ids"})
"""Fields that a line tells elsewhere: by its stream, its object, its version, its time and its actor."""


def as_json(value: object) -> Json:
    """A value as the journal stores it: ids as text, instants in ISO 8601, sequences as lists."""
    match value:
        case None | bool() | int():
            return value
        case str():
            return str(value)
        case datetime():
            return value.isoformat()
        case UUID():
            return str(value)
        case Mapping():
            return {str(key): as_json(item) for key, item in cast("Mapping[str, object]", value).items()}
        case tuple() | list():
            return [as_json(item) for item in cast("Sequence[object]", value)]
        case _:
            message = f"a journal line cannot hold {type(value).__name__}"
            raise TypeError(message)


def changes_between(before: _Dataclass | None, after: _Dataclass) -> dict[str, Sequence[Json]]:
    """The fields in which two states of one object differ, each as `[before, after]`."""
    names = [item.name for item in fields(after) if item.name not in UNTOLD]
    pairs: dict[str, Sequence[Json]] = {
        name: [as_json(getattr(before, name, None)), as_json(getattr(after, name))] for name in names
    }
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def told(
    kind: FactKind,
    object_id: UUID,
    changes: Changes,
    *,
    version: int,
    personal: Collection[str] = (),
    subject_id: UserId | None = None,
    reason: str | None = None,
    **more: Json,
) -> Fact:
    """The fact of an edit: open changes in `data`, personal ones and the reason in `private`."""
    private: dict[str, Json] = {}
    hidden: dict[str, Json] = {name: list(pair) for name, pair in changes.items() if name in personal}
    if hidden:
        private["changes"] = hidden
    if reason:
        private["reason"] = reason
    data: dict[str, Json] = {
        "version": version,
        "changes": {name: list(pair) for name, pair in changes.items() if name not in personal},
        **more,
    }
    if hidden:
        data["personal"] = sorted(hidden)
    return Fact(kind, object_id, data, private, subject_id if private else None)
