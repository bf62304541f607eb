"""Ticket tiers in the schema."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.ids import EventId, TicketTierId
from domain.rows import TicketTierRow
from domain.ticket_tiers import CreateTicketTier, TicketTierDetails, UpdateTicketTier
from resolvers import ticket_tiers as use_cases
from resolvers.context import Context
from schema import ids
from schema.capacity import CapacityPool
from schema.context import Info, field
from schema.money import Money, MoneyInput
from schema.nodes import Node, own_id
from schema.problems import Command, Edit, Payload, answer, given
from schema.relations import related
from schema.scalars import CurrencyCode

if TYPE_CHECKING:
    from schema.events import Event


def _price(tier: strawberry.Parent[TicketTierRow]) -> Money:
    return Money(amount_minor=tier["price_minor"], currency=CurrencyCode(tier["currency"]))


async def _capacity_pools(tier: strawberry.Parent[TicketTierRow], info: Info) -> Any:  # noqa: ANN401 - rows
    pools = await info.context.reads.capacity_pools_by_event_id(tier["event_id"])
    drawn = {tier["event_id"], tier["id"], *tier["shared_pool_ids"]}
    return [pool for pool in pools if pool["id"] in drawn]


@strawberry.type(description="What is sold for an event: a kind of ticket with its price, quota and sales window.")
class TicketTier(Node):
    """A ticket tier."""

    id: strawberry.ID = field(own_id("TicketTier", "event_id", "id"), description="The tier's id.")
    name: str = field(description="What the ticket is called.")
    description: str | None = field(description="What it includes.")
    price: Money = field(_price, description="What one place costs.")
    quota: int | None = field(description="How many places this tier may sell; null when only the event limits it.")
    sold: int = field(description="Confirmed places of this tier.")
    available: int | None = field(
        description="Places that this tier can still sell, by all pools that it draws on; null when unlimited. While"
        " others wait for them, they are not for newcomers."
    )
    capacity_pools: list[CapacityPool] = field(
        _capacity_pools,
        description="The pools that a place of this tier is taken from: its event's, its own, those that it shares.",
    )
    sales_start_at: datetime | None = field(description="When sales start; null when at publication.")
    sales_end_at: datetime | None = field(description="When sales end; null when at the end of the event.")
    per_person_limit: int | None = field(description="How many places one account may have; null when unlimited.")
    event: Annotated["Event", strawberry.lazy("schema.events")] = field(
        related(lambda reads, keys: reads.events_by_ids(keys), "event_id"), description="The event."
    )
    version: int = field(description="Counts edits; give it as `expectedVersion` to be told of conflicts.")


@strawberry.input(description="A new ticket tier.")
class CreateTicketTierInput(Command):
    """Input of createTicketTier."""

    event_id: strawberry.ID = field(description="The event it is sold for.")
    name: str = field(description="What the ticket is called, unlike the event's other tiers.")
    price: MoneyInput = field(description="What one place costs.")
    description: str | None = field(default=None, description="What it includes.")
    quota: int | None = field(default=None, description="How many places it may sell; absent: as the event has.")
    sales_start_at: datetime | None = field(default=None, description="When sales start.")
    sales_end_at: datetime | None = field(default=None, description="When sales end.")
    per_person_limit: int | None = field(default=None, description="How many places one account may have.")

    def to_command(self) -> CreateTicketTier:
        """The domain's command."""
        details = TicketTierDetails(
            name=self.name,
            description=self.description,
            price_minor=self.price.amount_minor,
            currency=self.price.currency,
            sales_start_at=self.sales_start_at,
            sales_end_at=self.sales_end_at,
            per_person_limit=self.per_person_limit,
        )
        return CreateTicketTier(ids.event_id(self.event_id), details, self.quota)


@strawberry.input(description="Changes to a ticket tier; what is absent stays as it is.")
class UpdateTicketTierInput(Edit):
    """Input of updateTicketTier."""

    id: strawberry.ID = field(description="The tier.")
    name: strawberry.Maybe[str] = field(description="What the ticket is called.")
    price: strawberry.Maybe[MoneyInput] = field(
        description="What one place costs from now on; registrations keep their price."
    )
    description: strawberry.Maybe[str | None] = field(description="What it includes.")
    quota: strawberry.Maybe[int | None] = field(description="How many places it may sell; null: only the event limits.")
    sales_start_at: strawberry.Maybe[datetime | None] = field(description="When sales start.")
    sales_end_at: strawberry.Maybe[datetime | None] = field(description="When sales end.")
    per_person_limit: strawberry.Maybe[int | None] = field(description="How many places one account may have.")

    def to_command(self) -> UpdateTicketTier:
        """The domain's command."""
        details = given(
            name=self.name,
            description=self.description,
            sales_start_at=self.sales_start_at,
            sales_end_at=self.sales_end_at,
            per_person_limit=self.per_person_limit,
        )
        if self.price is not None:
            details |= {"price_minor": self.price.value.amount_minor, "currency": self.price.value.currency}
        event_id, ticket_tier_id = ids.ticket_tier_key(self.id)
        return UpdateTicketTier(
            event_id=event_id,
            ticket_tier_id=ticket_tier_id,
            details=TicketTierDetails(**details),
            quota="unchanged" if self.quota is None else self.quota.value,
            expected_version=self.expected_version,
        )


@strawberry.type(description="The answer to createTicketTier.")
class CreateTicketTierPayload(Payload):
    """Payload of createTicketTier."""

    ticket_tier: TicketTier | None = field(default=None, description="The new tier.")


@strawberry.type(description="The answer to updateTicketTier.")
class UpdateTicketTierPayload(Payload):
    """Payload of updateTicketTier."""

    ticket_tier: TicketTier | None = field(default=None, description="The tier as it is now.")


async def _show(context: Context, key: tuple[EventId, TicketTierId]) -> dict[str, Any]:
    return {"ticket_tier": await context.reads.ticket_tier_by_id(key)}


@strawberry.type
class TicketTierMutations:
    """Root fields that change ticket tiers."""

    @strawberry.mutation(description="Add a ticket tier to an event.")
    async def create_ticket_tier(self, info: Info, input: CreateTicketTierInput) -> CreateTicketTierPayload:  # noqa: A002
        """Add a tier."""

        async def create(context: Context) -> tuple[EventId, TicketTierId]:
            command = input.to_command()
            return command.event_id, await use_cases.create_ticket_tier(context, command, input.idempotency_key)

        return await answer(CreateTicketTierPayload, info, create, _show)

    @strawberry.mutation(description="Change a ticket tier.")
    async def update_ticket_tier(self, info: Info, input: UpdateTicketTierInput) -> UpdateTicketTierPayload:  # noqa: A002
        """Change a tier."""

        async def update(context: Context) -> tuple[EventId, TicketTierId]:
            command = input.to_command()
            return command.event_id, await use_cases.update_ticket_tier(context, command, input.idempotency_key)

        return await answer(UpdateTicketTierPayload, info, update, _show)
