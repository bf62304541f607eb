"""Capacity in the schema: the mutations of pools and of places kept back, with their inputs and payloads."""

from datetime import datetime
from typing import Any

import strawberry

from domain.blocks import QUANTITY_LIMIT, BlockPlaces, ReleaseBlock
from domain.capacity_pools import POOLS_LIMIT, CreateCapacityPool, SetTicketTierPools, UpdateCapacityPool
from domain.ids import BlockId, EventId, PoolId, TicketTierId
from resolvers import capacity as use_cases
from resolvers.context import Context
from schema import ids
from schema.capacity import CapacityBlock, CapacityPool
from schema.context import Info, field
from schema.problems import Command, Edit, Payload, answer
from schema.ticket_tiers import TicketTier

_OVERBOOKING = "Places that may be taken beyond the capacity."


@strawberry.input(description="A new pool that ticket tiers can share.")
class CreateCapacityPoolInput(Command):
    """Input of createCapacityPool."""

    event_id: strawberry.ID = field(description="The event.")
    name: str = field(description="What it is called, unlike the event's other shared pools.")
    capacity: int | None = field(default=None, description="How many places it has; absent: unlimited.")
    overbooking: int = field(default=0, description=_OVERBOOKING)

    def to_command(self) -> CreateCapacityPool:
        """The domain's command."""
        return CreateCapacityPool(ids.event_id(self.event_id), self.name, self.capacity, self.overbooking)


@strawberry.input(description="Changes to a capacity pool; what is absent stays as it is.")
class UpdateCapacityPoolInput(Edit):
    """Input of updateCapacityPool."""

    id: strawberry.ID = field(
        description="The pool. Of an event's or ticket tier's own pool only `overbooking` can be"
        " changed here: the rest belongs to what it limits."
    )
    name: strawberry.Maybe[str] = field(description="What it is called.")
    capacity: strawberry.Maybe[int | None] = field(
        description="How many places it has, and no fewer than are taken; null: unlimited."
    )
    overbooking: strawberry.Maybe[int] = field(description=_OVERBOOKING)
    reason: str | None = field(default=None, description="Why; kept with the event's history.")

    def to_command(self) -> UpdateCapacityPool:
        """The domain's command."""
        event_id, pool_id = ids.pool_key(self.id)
        return UpdateCapacityPool(
            event_id=event_id,
            pool_id=pool_id,
            name=None if self.name is None else self.name.value,
            capacity="unchanged" if self.capacity is None else self.capacity.value,
            overbooking=None if self.overbooking is None else self.overbooking.value,
            reason=self.reason,
            expected_version=self.expected_version,
        )


@strawberry.input(description="The shared pools that a ticket tier draws on from now on.")
class SetTicketTierPoolsInput(Edit):
    """Input of setTicketTierPools."""

    id: strawberry.ID = field(description="The ticket tier.")
    capacity_pool_ids: list[strawberry.ID] = field(
        description="All shared pools that it draws on, besides its own and its event's. What it has sold moves along:"
        " it has to fit."
    )

    def to_command(self) -> SetTicketTierPools:
        """The domain's command. A pool of another event is left for the domain to refuse."""
        event_id, tier_id = ids.ticket_tier_key(self.id)
        pool_ids = tuple(ids.pool_key(text)[1] for text in self.capacity_pool_ids)
        return SetTicketTierPools(event_id, tier_id, pool_ids, self.expected_version)


@strawberry.input(description="Places to keep back: of a ticket tier, or of one pool.")
class BlockPlacesInput(Command):
    """Input of blockPlaces."""

    event_id: strawberry.ID = field(description="The event.")
    quantity: int = field(description=f"How many places, at most {QUANTITY_LIMIT:,}: all are kept back, or none.")
    owner: str = field(description="For whom, such as a sponsor.")
    reason: str = field(description="Why.")
    ticket_tier_id: strawberry.ID | None = field(
        default=None, description="Take them from all pools of this ticket tier, as if they were sold."
    )
    capacity_pool_id: strawberry.ID | None = field(default=None, description="Take them from this pool only.")
    release_at: datetime | None = field(
        default=None, description="When to give them back; absent: when somebody releases them."
    )

    def to_command(self) -> BlockPlaces:
        """The domain's command. What belongs to another event is left for the domain to refuse."""
        return BlockPlaces(
            event_id=ids.event_id(self.event_id),
            quantity=self.quantity,
            owner=self.owner,
            reason=self.reason,
            ticket_tier_id=None if self.ticket_tier_id is None else ids.ticket_tier_key(self.ticket_tier_id)[1],
            pool_id=None if self.capacity_pool_id is None else ids.pool_key(self.capacity_pool_id)[1],
            release_at=self.release_at,
        )


@strawberry.input(description="Places to give back.")
class ReleaseBlockInput(Edit):
    """Input of releaseBlock."""

    id: strawberry.ID = field(description="The block.")

    def to_command(self) -> ReleaseBlock:
        """The domain's command."""
        event_id, block_id = ids.block_key(self.id)
        return ReleaseBlock(event_id, block_id, self.expected_version)


@strawberry.type(description="The answer to createCapacityPool.")
class CreateCapacityPoolPayload(Payload):
    """Payload of createCapacityPool."""

    capacity_pool: CapacityPool | None = field(default=None, description="The new pool.")


@strawberry.type(description="The answer to updateCapacityPool.")
class UpdateCapacityPoolPayload(Payload):
    """Payload of updateCapacityPool."""

    capacity_pool: CapacityPool | None = field(default=None, description="The pool as it is now.")


@strawberry.type(description="The answer to setTicketTierPools.")
class SetTicketTierPoolsPayload(Payload):
    """Payload of setTicketTierPools."""

    ticket_tier: TicketTier | None = field(default=None, description="The tier as it is now.")


@strawberry.type(description="The answer to blockPlaces.")
class BlockPlacesPayload(Payload):
    """Payload of blockPlaces."""

    capacity_block: CapacityBlock | None = field(default=None, description="The places kept back.")


@strawberry.type(description="The answer to releaseBlock.")
class ReleaseBlockPayload(Payload):
    """Payload of releaseBlock."""

    capacity_block: CapacityBlock | None = field(default=None, description="The block as it is now.")


async def _show_pool(context: Context, key: tuple[EventId, PoolId]) -> dict[str, Any]:
    return {"capacity_pool": await context.reads.capacity_pool_by_id(key)}


async def _show_tier(context: Context, key: tuple[EventId, TicketTierId]) -> dict[str, Any]:
    return {"ticket_tier": await context.reads.ticket_tier_by_id(key)}


async def _show_block(context: Context, key: tuple[EventId, BlockId]) -> dict[str, Any]:
    return {"capacity_block": await context.reads.capacity_block_by_id(key)}


@strawberry.type
class CapacityMutations:
    """Root fields that change pools and blocks."""

    @strawberry.mutation(
        description="Add a pool that several ticket tiers can draw on, such as one hall for two kinds of tickets; at"
        f" most {POOLS_LIMIT} for each event."
    )
    async def create_capacity_pool(self, info: Info, input: CreateCapacityPoolInput) -> CreateCapacityPoolPayload:  # noqa: A002
        """Add a pool."""
        key = input.idempotency_key
        return await answer(
            CreateCapacityPoolPayload,
            info,
            lambda context: use_cases.create_pool(context, input.to_command(), key),
            _show_pool,
        )

    @strawberry.mutation(description="Change a pool: its name, its capacity, or by how much it may be overbooked.")
    async def update_capacity_pool(self, info: Info, input: UpdateCapacityPoolInput) -> UpdateCapacityPoolPayload:  # noqa: A002
        """Change a pool."""
        key = input.idempotency_key
        return await answer(
            UpdateCapacityPoolPayload,
            info,
            lambda context: use_cases.update_pool(context, input.to_command(), key),
            _show_pool,
        )

    @strawberry.mutation(description="Let a ticket tier draw on other shared pools. All of it moves, or nothing does.")
    async def set_ticket_tier_pools(self, info: Info, input: SetTicketTierPoolsInput) -> SetTicketTierPoolsPayload:  # noqa: A002
        """Change the pools of a tier."""
        key = input.idempotency_key
        return await answer(
            SetTicketTierPoolsPayload,
            info,
            lambda context: use_cases.set_tier_pools(context, input.to_command(), key),
            _show_tier,
        )

    @strawberry.mutation(description="Keep places back for somebody: they are taken from sale until they are released.")
    async def block_places(self, info: Info, input: BlockPlacesInput) -> BlockPlacesPayload:  # noqa: A002
        """Keep places back."""
        key = input.idempotency_key
        return await answer(
            BlockPlacesPayload,
            info,
            lambda context: use_cases.block_places(context, input.to_command(), key),
            _show_block,
        )

    @strawberry.mutation(description="Give places back that were kept: whoever waits is offered them first.")
    async def release_block(self, info: Info, input: ReleaseBlockInput) -> ReleaseBlockPayload:  # noqa: A002
        """Release a block."""
        key = input.idempotency_key
        return await answer(
            ReleaseBlockPayload,
            info,
            lambda context: use_cases.release_block(context, input.to_command(), key),
            _show_block,
        )
