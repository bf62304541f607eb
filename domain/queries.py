"""What lists can be asked for: windows, orders and filters, as use cases hand them to reads."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.ids import OrganizationId, TicketTierId
from domain.lifecycles import EventStatus
from domain.pagination import Window
from domain.registrations import RegistrationStatus
from domain.users import UserStatus
from domain.waitlist import WaitlistStatus


class EventOrder(StrEnum):
    """The orders of events, each backed by an index."""

    STARTS_AT_ASC = "STARTS_AT_ASC"
    STARTS_AT_DESC = "STARTS_AT_DESC"
    CREATED_AT_DESC = "CREATED_AT_DESC"
    TITLE_ASC = "TITLE_ASC"
    RELEVANCE = "RELEVANCE"


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events to list; everything combines with and."""

    status: tuple[EventStatus, ...] | None = None
    category: tuple[str, ...] | None = None
    starts_after: datetime | None = None
    starts_before: datetime | None = None
    organization_id: OrganizationId | None = None
    city: str | None = None
    country: str | None = None
    search: str | None = None
    has_availability: bool | None = None
    online: bool | None = None


@dataclass(frozen=True, slots=True)
class EventQuery:
    """A list of events; `relations` names the to-one relations to read along with it."""

    window: Window
    order: EventOrder = EventOrder.STARTS_AT_ASC
    filter: EventFilter = field(default_factory=EventFilter)
    relations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class UserFilter:
    """Which users to list."""

    email: str | None = None
    search: str | None = None
    platform_role: tuple[str, ...] | None = None
    status: UserStatus | None = None


@dataclass(frozen=True, slots=True)
class RegistrationQuery:
    """A list of registrations of one event or one user."""

    window: Window
    status: tuple[RegistrationStatus, ...] | None = None
    ticket_tier_id: TicketTierId | None = None
    relations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class WaitlistQuery:
    """A list of waiting-list entries of one event or one user."""

    window: Window
    status: tuple[WaitlistStatus, ...] | None = None
    ticket_tier_id: TicketTierId | None = None
    relations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ImportResultQuery:
    """A list of what came of the rows of an import."""

    window: Window
    outcome: tuple[str, ...] | None = None


WINDOW_ORDERS = {
    "organizations": "NAME",
    "members": "JOINED",
    "venues": "NAME",
    "users": "CREATED",
    "event_registrations": "CREATED",
    "user_registrations": "NEWEST",
    "event_waitlist": "ARRIVAL",
    "user_waitlist": "NEWEST",
    "blocks": "NEWEST",
    "history": "VERSION",
    "imports": "NEWEST",
    "import_results": "POSITION",
}
"""The one order of each list that has no choice; it stands in the cursors."""
