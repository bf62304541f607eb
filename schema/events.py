"""Events in the schema: the type, its filter and its orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.pagination import Window
from domain.ports import AtOnce
from domain.queries import EventFilter as Criteria
from domain.queries import EventQuery
from domain.rows import EventRow
from execution.batch import batch
from resolvers import capacity as capacity_cases
from resolvers import events as use_cases
from resolvers import history as history_cases
from resolvers import ledger as ledger_cases
from resolvers import registrations as registration_cases
from resolvers import waitlist as waitlist_cases
from schema import ids
from schema.capacity import CapacityBlock, CapacityPool, CapacityStatus, WaitlistPolicy
from schema.context import Info, field
from schema.enums import EventAction, EventOrder, EventStatus
from schema.history import JournalEntry
from schema.nodes import Node, own_id
from schema.pagination import After, Before, Connection, First, Last, connection, paged, selected_relations, window_of
from schema.registrations import Registration, RegistrationFilter, registration_query
from schema.relations import derived, related
from schema.scalars import URL, LocalDateTime, TimeZone
from schema.ticket_tiers import TicketTier
from schema.venues import Venue
from schema.waitlist import WaitlistEntry, WaitlistFilter, waitlist_query

if TYPE_CHECKING:
    from schema.organizations import Organization

RELATIONS = {
    "organization": "organization",
    "venue": "venue",
    "capacity": "pool",
    "capacityStatus": "pool",
    "registeredCount": "pool",
}
"""Fields of an event that a list reads along in the same statement."""


@strawberry.type(description="Whether an event may change to another status now.")
class EventTransition:
    """A way an event could go."""

    to: EventStatus = field(description="The status it would have.")
    allowed: bool = field(description="Whether you can take it there now.")
    reason: str | None = field(description="Why not; null when it is allowed.")


@batch
def _statuses(events: Sequence[EventRow], info: Info) -> list[EventStatus]:
    context = info.context
    return [use_cases.status_of(context, event) for event in events]


def _transitions(event: strawberry.Parent[EventRow], info: Info) -> list[EventTransition]:
    found = use_cases.transitions_of(info.context, event)
    return [EventTransition(to=way.to, allowed=way.allowed, reason=way.reason) for way in found]


@batch
def _capacities(events: Sequence[EventRow], info: Info) -> AtOnce[int | None]:
    pools = info.context.reads.pools_by_event_ids([event["id"] for event in events])
    return derived(pools, lambda found: [pool["capacity"] if pool else None for pool in found])


@batch
def _registered_counts(events: Sequence[EventRow], info: Info) -> AtOnce[int]:
    pools = info.context.reads.pools_by_event_ids([event["id"] for event in events])
    return derived(pools, lambda found: [pool["confirmed"] if pool else 0 for pool in found])


@batch
def _capacity_statuses(
    events: Sequence[EventRow],
    info: Info,
    as_of: Annotated[
        datetime | None,
        strawberry.argument(
            description="What the journal tells of that time: why was it sold out at 10:02? Now if absent. The past is"
            " for the event's team and analysts, from the event's draft on."
        ),
    ] = None,
) -> AtOnce[Any]:
    return ledger_cases.statuses_as_of(info.context, events, as_of)


async def _registrations(  # noqa: PLR0917 - a connection's own arguments
    event: strawberry.Parent[EventRow],
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[  # noqa: A002 - the contract's name
        RegistrationFilter | None, strawberry.argument(description="Which registrations to list.")
    ] = None,
) -> Any:  # noqa: ANN401 - a connection
    query = registration_query(info, filter, window_of("event_registrations", first, after, last, before))
    return connection(await registration_cases.list_registrations_of_event(info.context, event, query))


async def _capacity_pools(event: strawberry.Parent[EventRow], info: Info) -> Any:  # noqa: ANN401 - rows
    return await info.context.reads.capacity_pools_by_event_id(event["id"])


async def _waitlist(  # noqa: PLR0917 - a connection's own arguments
    event: strawberry.Parent[EventRow],
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[  # noqa: A002 - as of registrations
        WaitlistFilter | None, strawberry.argument(description="Which entries to list.")
    ] = None,
) -> Any:  # noqa: ANN401 - a connection
    query = waitlist_query(info, filter, window_of("event_waitlist", first, after, last, before))
    return connection(await waitlist_cases.list_entries_of_event(info.context, event, query))


async def _viewer_waitlist_entry(event: strawberry.Parent[EventRow], info: Info) -> Any:  # noqa: ANN401 - a row
    return await info.context.reads.viewer_waitlist_entry_by_event_id(event["id"])


async def _waitlist_policy(event: strawberry.Parent[EventRow], info: Info) -> Any:  # noqa: ANN401 - a row
    return await info.context.reads.waitlist_policy_by_event_id(event["id"])


def _viewer_can(event: strawberry.Parent[EventRow], info: Info) -> list[EventAction]:
    return use_cases.actions(info.context, event)


@strawberry.type(description="An event of an organization.")
class Event(Node):
    """An event."""

    id: strawberry.ID = field(own_id("Event"), description="The event's id.")
    slug: str = field(description="A readable name for addresses, unique among all events.")
    title: str = field(description="What the event is called. Plain text.")
    summary: str | None = field(description="One or two sentences. Plain text.")
    description: str | None = field(description="Everything else, in Markdown without raw HTML.")
    category: str = field(description="What kind of event it is.")
    tags: list[str] = field(description="Lower-case labels.")
    status: EventStatus = field(_statuses, description="Where it stands now; LIVE and ENDED follow from the clock.")
    available_transitions: list[EventTransition] = field(
        _transitions, description="Every other status, and whether you can take the event there now."
    )
    starts_at: datetime = field(description="When it starts.")
    ends_at: datetime = field(description="When it ends.")
    starts_at_local: LocalDateTime = field(description="What the clock shows there when it starts.")
    ends_at_local: LocalDateTime = field(description="What the clock shows there when it ends.")
    timezone: TimeZone = field(description="The zone that its local times are meant in.")
    online: bool = field(description="Whether people can take part from afar.")
    url: URL | None = field(description="The event's own page, or where to join it.")
    organization: Annotated["Organization", strawberry.lazy("schema.organizations")] = field(
        related(lambda reads, keys: reads.organizations_by_ids(keys), "organization_id"), description="Who holds it."
    )
    venue: Venue | None = field(
        related(lambda reads, keys: reads.venues_by_ids(keys), "venue_id"),
        description="Where it happens; null when it is only online or not settled.",
    )
    capacity: int | None = field(_capacities, description="How many places it has; null when unlimited.")
    capacity_status: CapacityStatus = field(
        _capacity_statuses, description="How much of the capacity is used, or was at an earlier time."
    )
    registered_count: int = field(_registered_counts, description="Confirmed places.")
    ticket_tiers: list[TicketTier] = field(
        related(lambda reads, keys: reads.ticket_tiers_by_event_ids(keys), "id"),
        description="What is sold for it, in the organizers' order.",
    )
    registrations: Connection[Registration] = field(
        _registrations, description="Who comes, oldest first. For the event's team and analysts."
    )
    viewer_registration: Registration | None = field(
        related(lambda reads, keys: reads.viewer_registrations_by_event_ids(keys), "id"),
        description="Your newest live registration for it.",
    )
    capacity_pools: list[CapacityPool] = field(
        _capacity_pools, description="All pools: the event's own first, those of its tiers, those that tiers share."
    )
    capacity_blocks: Connection[CapacityBlock] = field(
        paged("blocks", capacity_cases.list_blocks_of_event),
        description="Places that are or were kept back, newest first. For the event's team and analysts.",
    )
    waitlist: Connection[WaitlistEntry] = field(
        _waitlist,
        description="Who waits or has waited, in the order of arrival. For the event's team and analysts.",
    )
    waitlist_policy: WaitlistPolicy = field(_waitlist_policy, description="How its waiting list is worked.")
    viewer_waitlist_entry: WaitlistEntry | None = field(
        _viewer_waitlist_entry, description="Your newest live entry on its waiting list."
    )
    viewer_can: list[EventAction] = field(
        _viewer_can,
        description="What your role lets you do with it; whether it is possible now, `availableTransitions` tells.",
    )
    history: Connection[JournalEntry] = field(
        paged("history", history_cases.history_of_event),
        description="Who did what, when and why, newest first. For the event's team and analysts.",
    )
    published_at: datetime | None = field(description="When it was first published.")
    created_at: datetime = field(description="When it was drafted.")
    updated_at: datetime = field(description="When it was last edited.")
    version: int = field(description="Counts edits; give it as `expectedVersion` to be told of conflicts.")


@strawberry.input(description="Which events to list; everything combines with and.")
class EventFilter:
    """A filter."""

    status: list[EventStatus] | None = field(default=None, description="Only in one of these statuses.")
    category: list[str] | None = field(default=None, description="Only of one of these categories.")
    starts_after: datetime | None = field(default=None, description="Only those that start at or after this instant.")
    starts_before: datetime | None = field(default=None, description="Only those that start before this instant.")
    organization_id: strawberry.ID | None = field(default=None, description="Only of this organization.")
    city: str | None = field(default=None, description="Only in this city, ignoring case.")
    country: str | None = field(default=None, description="Only in this country, as in ISO 3166-1 alpha-2.")
    search: str | None = field(
        default=None,
        description="Only those that this text finds in title, tags, category, summary, description, venue, city or"
        ' organization: words, the beginnings of words (`pyth`), `"phrases"` and `-without`. Case and accents make no'
        " difference, and other forms of a word are found in many languages.",
    )
    has_availability: bool | None = field(
        default=None, description="Whether some ticket tier can be registered for at this moment."
    )
    online: bool | None = field(default=None, description="Whether people can take part from afar.")

    def to_criteria(self) -> Criteria:
        """The port's filter."""
        return Criteria(
            status=tuple(self.status) if self.status is not None else None,
            category=tuple(self.category) if self.category is not None else None,
            starts_after=self.starts_after,
            starts_before=self.starts_before,
            organization_id=ids.organization_id(self.organization_id) if self.organization_id is not None else None,
            city=self.city,
            country=self.country,
            search=self.search or None,
            has_availability=self.has_availability,
            online=self.online,
        )


def event_query(  # noqa: PLR0917 - a connection's own arguments
    info: Info,
    criteria: EventFilter | None,
    order: EventOrder,
    first: int | None,
    after: str | None,
    last: int | None = None,
    before: str | None = None,
) -> EventQuery:
    """The query behind a list of events."""
    return EventQuery(
        window=Window.from_arguments(order, first=first, after=after, last=last, before=before),
        order=order,
        filter=criteria.to_criteria() if criteria else Criteria(),
        relations=selected_relations(info, RELATIONS),
    )
