"""Settling: after an edit that may free places or end a sale, what became free is offered at once."""

from contextlib import suppress

from domain import errors
from domain.capacity_pools import Settle
from domain.ids import EventId
from resolvers.context import Context


async def settle(context: Context, event_id: EventId) -> None:
    """Ask the event's lane to settle. If it cannot now, whoever opens the books next does it before anything else."""
    with suppress(errors.Busy, errors.Unavailable):
        await context.lanes.run(Settle(event_id), event_id=event_id, key=None)
