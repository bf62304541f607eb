"""Venues: the places of an organization, each with the zone that its clocks show."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict

from domain import errors
from domain.ids import OrganizationId, VenueId
from domain.journal import Fact, FactKind, changes_between, told
from domain.time import timezone
from domain.validation import Validation

NAME_LIMIT = 200
ADDRESS_LIMIT = 500
CITY_LIMIT = 120
CAPACITY_LIMIT = 1_000_000


class VenueDetails(TypedDict, total=False):
    """What can be said about a venue; a key that is absent is left as it is."""

    name: str
    address: str | None
    city: str
    country: str
    timezone: str
    capacity: int | None


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue as it is stored."""

    id: VenueId
    organization_id: OrganizationId
    name: str
    address: str | None
    city: str
    country: str
    timezone: str
    capacity: int | None
    created_at: datetime
    updated_at: datetime
    version: int = 1


@dataclass(frozen=True, slots=True)
class CreateVenue:
    """Add a place. `details` needs name, city, country and zone."""

    organization_id: OrganizationId
    details: VenueDetails


@dataclass(frozen=True, slots=True)
class UpdateVenue:
    """Change a place."""

    venue_id: VenueId
    details: VenueDetails
    expected_version: int | None


def create(command: CreateVenue, *, venue_id: VenueId, now: datetime) -> tuple[Venue, Fact]:
    """The venue that the command describes. Raises `Refused`."""
    if missing := [name for name in ("name", "city", "country", "timezone") if name not in command.details]:
        raise errors.Refused(errors.ValueIsRequired(name) for name in missing)
    blank = Venue(venue_id, command.organization_id, "", None, "", "", "", None, now, now)
    validation = Validation()
    venue = _checked(replace(blank, **command.details), validation)
    validation.finish()
    return venue, told(FactKind.VENUE_CREATED, venue_id, changes_between(None, venue), version=1)


def update(venue: Venue, command: UpdateVenue, now: datetime) -> tuple[Venue, Fact | None]:
    """The venue with the new details, and the fact unless nothing changed. Raises `Refused`."""
    validation = Validation()
    changed = _checked(replace(venue, **command.details), validation)
    validation.finish()
    if changed == venue:
        return venue, None
    changed = replace(changed, version=venue.version + 1, updated_at=now)
    return changed, told(FactKind.VENUE_UPDATED, venue.id, changes_between(venue, changed), version=changed.version)


def _checked(venue: Venue, check: Validation) -> Venue:
    if venue.capacity is not None:
        check.number(venue.capacity, "capacity", minimum=1, maximum=CAPACITY_LIMIT)
    return replace(
        venue,
        name=check.text(venue.name, "name", limit=NAME_LIMIT),
        address=check.optional_text(venue.address, "address", limit=ADDRESS_LIMIT, multiline=True),
        city=check.text(venue.city, "city", limit=CITY_LIMIT),
        country=check.country(venue.country, "country"),
        timezone=timezone(check, venue.timezone, "timezone"),
    )
