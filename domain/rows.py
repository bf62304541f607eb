"""What reads return: the columns of each noun by name, already limited to what the viewer may see.

A row is a mapping; in PostgreSQL's case the driver's own record. Times are aware UTC unless named `_local`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from domain.ids import (
    BlockId,
    EventId,
    ImportId,
    MembershipId,
    OrganizationId,
    PoolId,
    RegistrationId,
    TicketId,
    TicketTierId,
    UserId,
    VenueId,
    WaitlistEntryId,
)


class EventRow(TypedDict):
    """An event; `status` is the stored one."""

    id: EventId
    organization_id: OrganizationId
    venue_id: VenueId | None
    slug: str
    title: str
    summary: str | None
    description: str | None
    category: str
    tags: list[str]
    status: str
    starts_at_local: datetime
    ends_at_local: datetime
    timezone: str
    starts_at: datetime
    ends_at: datetime
    online: bool
    url: str | None
    published_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int


class PoolRow(TypedDict):
    """The use of an event's own pool, with the version of the event's stream that it belongs to.

    `waiting` counts the entries of the waiting list that wait.
    """

    event_id: EventId
    id: PoolId
    capacity: int | None
    overbooking: int
    confirmed: int
    held: int
    offered: int
    blocked: int
    checked_in: int
    waiting: int
    stream_version: int


class CapacityPoolRow(TypedDict):
    """Any pool of an event. `name` is its own, or that of what it limits."""

    event_id: EventId
    id: PoolId
    kind: str
    name: str
    capacity: int | None
    overbooking: int
    confirmed: int
    held: int
    offered: int
    blocked: int
    checked_in: int
    version: int


class CapacityBlockRow(TypedDict):
    """Places kept back."""

    event_id: EventId
    id: BlockId
    pool_ids: list[PoolId]
    quantity: int
    owner: str
    reason: str
    release_at: datetime | None
    released_at: datetime | None
    created_by: UserId
    created_at: datetime
    updated_at: datetime
    version: int


class WaitlistPolicyRow(TypedDict):
    """How an event's waiting list is worked."""

    event_id: EventId
    look_past: int
    offer_seconds: int


class TicketTierRow(TypedDict):
    """A ticket tier with the use of its own pool; `available` looks at every pool that it draws on."""

    event_id: EventId
    id: TicketTierId
    name: str
    description: str | None
    price_minor: int
    currency: str
    quota: int | None
    sold: int
    available: int | None
    sales_start_at: datetime | None
    sales_end_at: datetime | None
    per_person_limit: int | None
    shared_pool_ids: list[PoolId]
    version: int


class OrganizationRow(TypedDict):
    """An organization's public page."""

    id: OrganizationId
    slug: str
    name: str
    description: str | None
    url: str | None
    created_at: datetime
    updated_at: datetime
    version: int


class MembershipRow(TypedDict):
    """A user's place in an organization."""

    id: MembershipId
    organization_id: OrganizationId
    user_id: UserId
    role: str
    created_at: datetime
    version: int


class VenueRow(TypedDict):
    """A place."""

    id: VenueId
    organization_id: OrganizationId
    name: str
    address: str | None
    city: str
    country: str
    timezone: str
    capacity: int | None
    version: int


class UserRow(TypedDict):
    """An account with what the viewer may not see masked."""

    id: UserId
    name: str
    email: str | None
    locale: str | None
    timezone: str | None
    preferences: dict[str, Any]
    platform_role: str | None
    status: str
    created_at: datetime
    updated_at: datetime
    version: int


class RegistrationRow(TypedDict):
    """Places taken."""

    event_id: EventId
    id: RegistrationId
    ticket_tier_id: TicketTierId
    user_id: UserId
    status: str
    quantity: int
    price_minor: int
    currency: str
    expires_at: datetime | None
    cancelled_at: datetime | None
    extensions: int
    payment_reference: str | None
    created_at: datetime
    updated_at: datetime
    version: int


class WaitlistEntryRow(TypedDict):
    """A group that waits, or has waited, for places of a ticket tier."""

    event_id: EventId
    id: WaitlistEntryId
    ticket_tier_id: TicketTierId
    user_id: UserId
    quantity: int
    status: str
    priority: int
    position: int
    passed: int
    offered_at: datetime | None
    notified_at: datetime | None
    offer_expires_at: datetime | None
    registration_id: RegistrationId | None
    created_at: datetime
    updated_at: datetime
    version: int


class TicketRow(TypedDict):
    """One place of a registration."""

    event_id: EventId
    id: TicketId
    registration_id: RegistrationId
    code: str
    attendee_name: str | None
    status: str
    checked_in_at: datetime | None


class JournalRow(TypedDict):
    """One line of a stream; `private` is nothing to whom it does not concern."""

    stream_id: Any
    version: int
    kind: str
    object_id: Any
    data: dict[str, Any]
    private: dict[str, Any] | None
    actor_id: UserId | None
    request_id: str | None
    at: datetime


class ImportRow(TypedDict):
    """An import that somebody started, without its content."""

    id: ImportId
    organization_id: OrganizationId
    created_by: UserId
    format: str
    file_name: str | None
    timezone: str | None
    dry_run: bool
    publish: bool
    status: str
    created: int
    updated: int
    unchanged: int
    rejected: int
    failure: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class ImportResultRow(TypedDict):
    """What came of one row of an import; `reasons` hold code, message and field."""

    import_id: ImportId
    position: int
    row_number: int | None
    outcome: str
    reasons: list[dict[str, Any]]
    title: str | None
    event_id: EventId | None


class OnboardingRow(TypedDict):
    """The facts that onboarding is computed from."""

    id: UserId
    email_verified: bool
    has_profile: bool
    has_preferences: bool
    takes_part: bool


Row = Mapping[str, Any]
