"""Use cases of capacity: pools, blocks, and the door, for the team of an event."""

from dataclasses import replace

from domain import check_in
from domain.blocks import BlockPlaces, ReleaseBlock
from domain.capacity_pools import CreateCapacityPool, SetTicketTierPools, SetWaitlistPolicy, UpdateCapacityPool
from domain.check_in import CheckedIn, CheckIn, UndoCheckIn
from domain.ids import BlockId, EventId, PoolId, TicketId, TicketTierId
from domain.pagination import Page, Window
from domain.permissions import EventAction
from domain.rows import CapacityBlockRow, EventRow
from resolvers.authorization import authorize, event_for, signed_in
from resolvers.context import Context

_Managed = CreateCapacityPool | UpdateCapacityPool | SetTicketTierPools | SetWaitlistPolicy | BlockPlaces | ReleaseBlock


async def create_pool(context: Context, command: CreateCapacityPool, key: str | None) -> tuple[EventId, PoolId]:
    """Add a pool that ticket tiers can share."""
    return command.event_id, PoolId(await _managed(context, command, key))


async def update_pool(context: Context, command: UpdateCapacityPool, key: str | None) -> tuple[EventId, PoolId]:
    """Change a pool."""
    return command.event_id, PoolId(await _managed(context, command, key))


async def set_tier_pools(
    context: Context, command: SetTicketTierPools, key: str | None
) -> tuple[EventId, TicketTierId]:
    """Let a ticket tier draw on other shared pools."""
    return command.event_id, TicketTierId(await _managed(context, command, key))


async def set_waitlist_policy(context: Context, command: SetWaitlistPolicy, key: str | None) -> EventId:
    """Change how the event's waiting list is worked."""
    await _managed(context, command, key)
    return command.event_id


async def block_places(context: Context, command: BlockPlaces, key: str | None) -> tuple[EventId, BlockId]:
    """Keep places back."""
    return command.event_id, BlockId(await _managed(context, command, key))


async def release_block(context: Context, command: ReleaseBlock, key: str | None) -> tuple[EventId, BlockId]:
    """Give the places of a block back."""
    return command.event_id, BlockId(await _managed(context, command, key))


async def check_tickets_in(context: Context, command: CheckIn, key: str | None) -> CheckedIn:
    """Let the holders of tickets in. An idempotency key names those readings that have no nonce of their own."""
    signed_in(context.viewer)
    await event_for(context, EventAction.CHECK_IN, command.event_id)
    check_in.validate(command)
    if key is not None:
        reads = [
            read if read.nonce else replace(read, nonce=f"key:{key}:{place}")
            for place, read in enumerate(command.reads)
        ]
        command = replace(command, reads=tuple(reads))
    answer: CheckedIn = await context.lanes.run(command, event_id=command.event_id, key=None)
    return answer


async def undo_check_in(context: Context, command: UndoCheckIn, key: str | None) -> tuple[EventId, TicketId]:
    """Make a ticket good for entry again."""
    signed_in(context.viewer)
    await event_for(context, EventAction.CHECK_IN, command.event_id)
    answer: TicketId = await context.lanes.run(command, event_id=command.event_id, key=key)
    return command.event_id, answer


async def list_blocks_of_event(context: Context, event: EventRow, window: Window) -> Page[CapacityBlockRow]:
    """Places kept back, newest first. Raises `Forbidden` to whom it does not concern."""
    await authorize(context, EventAction.VIEW_CAPACITY, event, event["id"])
    return await context.reads.capacity_blocks_by_event_id(event["id"], window)


async def _managed(context: Context, command: _Managed, key: str | None) -> BlockId | PoolId | TicketTierId | EventId:
    signed_in(context.viewer)
    await event_for(context, EventAction.MANAGE_CAPACITY, command.event_id)
    return await context.lanes.run(command, event_id=command.event_id, key=key)
