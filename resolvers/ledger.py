"""Use cases of the capacity ledger: what an event's capacity looked like, and the proof that its books agree."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from domain import errors
from domain.ids import EventId
from domain.ledger import CapacityProof
from domain.permissions import EventAction
from domain.ports import AtOnce
from domain.rows import EventRow, PoolRow
from resolvers.authorization import authorize, event_for, found
from resolvers.context import Context


def statuses_as_of(context: Context, events: Sequence[EventRow], at: datetime | None) -> AtOnce[Any]:
    """The use of each event's capacity now, or as its journal had it at an earlier time.

    The past is for the event's team: among the answers are `Forbidden`, and `BadInput` where there is no past.
    """
    if at is None:
        return context.reads.pools_by_event_ids([event["id"] for event in events])
    return asyncio.gather(*(_status_as_of(context, event, at) for event in events), return_exceptions=True)


async def _status_as_of(context: Context, event: EventRow, at: datetime) -> PoolRow:
    await authorize(context, EventAction.VIEW_CAPACITY, event, event["id"])
    if at > context.now:
        message = "asOf lies in the future."
        raise errors.BadInput(message)
    status = await context.reads.pool_by_event_id_as_of(event["id"], at)
    if status is None:
        message = "asOf lies before the event was drafted."
        raise errors.BadInput(message)
    return status


async def prove(context: Context, event_id: EventId) -> CapacityProof:
    """Count the event's places in three ways and compare. Raises `Forbidden` to whom it does not concern."""
    await event_for(context, EventAction.VIEW_CAPACITY, event_id)
    return found(await context.reads.capacity_proof_by_event_id(event_id))
