"""Venues in the schema."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.ids import VenueId
from domain.venues import CreateVenue, UpdateVenue, VenueDetails
from resolvers import venues as use_cases
from resolvers.context import Context
from schema import ids
from schema.context import Info, field
from schema.nodes import Node, own_id
from schema.problems import Command, Edit, Payload, answer, given
from schema.relations import related
from schema.scalars import TimeZone

if TYPE_CHECKING:
    from schema.organizations import Organization


@strawberry.type(description="A place where events happen. It belongs to an organization.")
class Venue(Node):
    """A venue."""

    id: strawberry.ID = field(own_id("Venue"), description="The venue's id.")
    name: str = field(description="What the place is called.")
    address: str | None = field(description="Street and number, possibly on several lines.")
    city: str = field(description="The city.")
    country: str = field(description="The country as in ISO 3166-1 alpha-2.")
    timezone: TimeZone = field(description="The zone that clocks at the place show.")
    capacity: int | None = field(description="How many people the place holds, if known.")
    organization: Annotated["Organization", strawberry.lazy("schema.organizations")] = field(
        related(lambda reads, keys: reads.organizations_by_ids(keys), "organization_id"),
        description="Whose place it is.",
    )
    version: int = field(description="Counts edits; give it as `expectedVersion` to be told of conflicts.")


@strawberry.input(description="A new venue.")
class CreateVenueInput(Command):
    """Input of createVenue."""

    organization_id: strawberry.ID = field(description="Whose venue it will be.")
    name: str = field(description="What the place is called.")
    city: str = field(description="The city.")
    country: str = field(description="The country as in ISO 3166-1 alpha-2.")
    timezone: TimeZone = field(description="The zone that clocks at the place show.")
    address: str | None = field(default=None, description="Street and number.")
    capacity: int | None = field(default=None, description="How many people the place holds.")

    def to_command(self) -> CreateVenue:
        """The domain's command."""
        details = VenueDetails(
            name=self.name,
            address=self.address,
            city=self.city,
            country=self.country,
            timezone=self.timezone,
            capacity=self.capacity,
        )
        return CreateVenue(ids.organization_id(self.organization_id), details)


@strawberry.input(description="Changes to a venue; what is absent stays as it is.")
class UpdateVenueInput(Edit):
    """Input of updateVenue."""

    id: strawberry.ID = field(description="The venue.")
    name: strawberry.Maybe[str] = field(description="What the place is called.")
    address: strawberry.Maybe[str | None] = field(description="Street and number.")
    city: strawberry.Maybe[str] = field(description="The city.")
    country: strawberry.Maybe[str] = field(description="The country as in ISO 3166-1 alpha-2.")
    timezone: strawberry.Maybe[TimeZone] = field(description="The zone that clocks at the place show.")
    capacity: strawberry.Maybe[int | None] = field(description="How many people the place holds.")

    def to_command(self) -> UpdateVenue:
        """The domain's command."""
        details = given(
            name=self.name,
            address=self.address,
            city=self.city,
            country=self.country,
            timezone=self.timezone,
            capacity=self.capacity,
        )
        return UpdateVenue(ids.venue_id(self.id), VenueDetails(**details), self.expected_version)


@strawberry.type(description="The answer to createVenue.")
class CreateVenuePayload(Payload):
    """Payload of createVenue."""

    venue: Venue | None = field(default=None, description="The new venue.")


@strawberry.type(description="The answer to updateVenue.")
class UpdateVenuePayload(Payload):
    """Payload of updateVenue."""

    venue: Venue | None = field(default=None, description="The venue as it is now.")


async def _show(context: Context, venue_id: VenueId) -> dict[str, Any]:
    return {"venue": await context.reads.venue_by_id(venue_id)}


@strawberry.type
class VenueMutations:
    """Root fields that change venues."""

    @strawberry.mutation(description="Add a venue to an organization.")
    async def create_venue(self, info: Info, input: CreateVenueInput) -> CreateVenuePayload:  # noqa: A002
        """Add a venue."""
        key = input.idempotency_key
        return await answer(
            CreateVenuePayload, info, lambda context: use_cases.create_venue(context, input.to_command(), key), _show
        )

    @strawberry.mutation(description="Change a venue.")
    async def update_venue(self, info: Info, input: UpdateVenueInput) -> UpdateVenuePayload:  # noqa: A002
        """Change a venue."""
        key = input.idempotency_key
        return await answer(
            UpdateVenuePayload, info, lambda context: use_cases.update_venue(context, input.to_command(), key), _show
        )
