"""What to do about a candidate: make an event of it, bring to its event what the source has changed, or nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain import capacity, errors, events
from domain.capacity import Pool
from domain.events import CreateEvent, Event, EventDetails
from domain.ids import EventId, OrganizationId, UserId, VenueId
from domain.imports.candidates import Candidate, Home, Spot
from domain.imports.rows import Reason
from domain.journal import Fact, FactKind, Json, changes_between, told
from domain.lifecycles import EventStatus
from domain.organizations import CreateOrganization, Organization, OrganizationDetails
from domain.organizations import create as create_organization
from domain.time import AmbiguousHour
from domain.venues import CreateVenue, Venue, VenueDetails
from domain.venues import create as create_venue

CLOSED = frozenset({EventStatus.CANCELLED, EventStatus.ARCHIVED})
"""Statuses in which people have put an event away: a source does not bring it back."""


class LinkKind(StrEnum):
    """What a source's key leads to."""

    EVENT = "EVENT"
    ORGANIZATION = "ORGANIZATION"
    VENUE = "VENUE"


@dataclass(frozen=True, slots=True)
class Link:
    """Under which key a source knows an object, and what it last said about it."""

    source: str
    kind: LinkKind
    key: str
    object_id: UUID
    said: Mapping[str, Json]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Arrival:
    """A new event, with the facts that tell of it."""

    event: Event
    capacity: int | None
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Revision:
    """An event that changes, or whose link alone does, because somebody had made the same change here."""

    before: Event
    after: Event
    facts: tuple[Fact, ...]
    resized: tuple[Pool, Pool] | None = None
    """The event's own pool, before and after."""


def reasons_of(error: errors.Refusal | errors.Refused) -> tuple[Reason, ...]:
    """The reasons behind a refusal of a command."""
    refusals = error.refusals if isinstance(error, errors.Refused) else (error,)
    return tuple(
        Reason(refusal.code, refusal.message, refusal.path[0] if refusal.path else None) for refusal in refusals
    )


def found(
    home: Home, *, organization_id: OrganizationId, taken: bool, source: str, now: datetime
) -> tuple[Organization, Fact]:
    """A new organization; where somebody else has its slug, the tail of its id sets it apart."""
    slug = f"{home.slug}-{organization_id.hex[-8:]}" if taken else home.slug
    details = OrganizationDetails(name=home.name, slug=slug, url=home.url)
    organization, fact = create_organization(CreateOrganization(details), organization_id=organization_id, now=now)
    return organization, replace(fact, data={**fact.data, "source": source})


def settle(
    spot: Spot, organization_id: OrganizationId, *, venue_id: VenueId, source: str, now: datetime
) -> tuple[Venue, Fact]:
    """A new venue."""
    details = VenueDetails(
        name=spot.name, address=spot.address, city=spot.city, country=spot.country, timezone=spot.timezone
    )
    venue, fact = create_venue(CreateVenue(organization_id, details), venue_id=venue_id, now=now)
    return venue, replace(fact, data={**fact.data, "source": source})


def arrive(
    candidate: Candidate,
    organization_id: OrganizationId,
    *,
    event_id: EventId,
    venue_id: VenueId | None,
    publish: bool,
    source: str,
    actor_id: UserId,
    now: datetime,
) -> Arrival:
    """The event that a candidate makes. What lies in the past may come in: it has happened elsewhere already.

    Raises `Refused`.
    """
    details = _details(candidate, set(candidate.values()), venue_id)
    command = CreateEvent(organization_id, details, candidate.capacity, AmbiguousHour.FIRST)
    event = events.create(command, event_id=event_id, actor_id=actor_id, now=now)
    changes = changes_between(None, event) | {"capacity": [None, candidate.capacity]}
    facts = [told(FactKind.EVENT_CREATED, event.id, changes, version=1, source=source)]
    if publish and (event.venue_id or event.online):
        event, fact = _moved(event, EventStatus.PUBLISHED, FactKind.EVENT_PUBLISHED, source=source, now=now)
        facts.append(fact)
    if candidate.cancelled:
        event, fact = _moved(event, EventStatus.CANCELLED, FactKind.EVENT_CANCELLED, source=source, now=now)
        facts.append(fact)
    return Arrival(event, candidate.capacity, tuple(facts))


def changed(candidate: Candidate, link: Link) -> set[str]:
    """The names of the values that the source says differently now."""
    said = candidate.values()
    return {name for name in {*said, *link.said} if said.get(name) != link.said.get(name)}


def revise(
    before: Event,
    candidate: Candidate,
    names: set[str],
    *,
    venue_id: VenueId | None,
    pool: Pool | None = None,
    source: str,
    now: datetime,
) -> Revision:
    """The event with what the source has changed, and with everything else as people left it. `pool` is the event's
    own when its capacity is among that.

    Raises `Refused`, `EventIsNotEditable` when the event was put away, and `CapacityIsTaken`.
    """
    if names == {"cancelled"} and candidate.cancelled and before.status is EventStatus.CANCELLED:
        return Revision(before, before, ())
    if before.status in CLOSED:
        raise errors.EventIsNotEditable(status=before.status)
    after, facts = before, list[Fact]()
    details = _details(candidate, names, venue_id)
    if details:
        revised = events.revise(before, details)
        if revised != before:
            after = replace(revised, version=before.version + 1, updated_at=now)
            changes = changes_between(before, after)
            facts.append(told(FactKind.EVENT_UPDATED, after.id, changes, version=after.version, source=source))
    resized = None
    if pool and "capacity" in names and pool.capacity != candidate.capacity:
        resized = (pool, capacity.resize(pool, candidate.capacity, "capacity"))
        if after is before:
            after = replace(before, version=before.version + 1, updated_at=now)
        changes = {"capacity": [pool.capacity, candidate.capacity]}
        facts.append(told(FactKind.CAPACITY_CHANGED, after.id, changes, version=after.version, source=source))
    if "cancelled" in names and candidate.cancelled:
        after, fact = _moved(after, EventStatus.CANCELLED, FactKind.EVENT_CANCELLED, source=source, now=now)
        facts.append(fact)
    return Revision(before, after, tuple(facts), resized)


def _moved(event: Event, status: EventStatus, kind: FactKind, *, source: str, now: datetime) -> tuple[Event, Fact]:
    published_at = event.published_at or (now if status is EventStatus.PUBLISHED else None)
    moved = replace(event, status=status, published_at=published_at, version=event.version + 1, updated_at=now)
    return moved, told(kind, event.id, changes_between(event, moved), version=moved.version, source=source)


def _details(candidate: Candidate, names: set[str], venue_id: VenueId | None) -> EventDetails:
    details: dict[str, object] = {
        name: getattr(candidate, name)
        for name in names - {"venue", "capacity", "cancelled"}
        if hasattr(candidate, name)
    }
    if "venue" in names:
        details["venue_id"] = venue_id
    return EventDetails(**details)  # pyright: ignore[reportArgumentType]
