"""Capacity in the schema."""

import strawberry

from domain.rows import PoolRow
from schema.context import field


def _available(pool: strawberry.Parent[PoolRow]) -> int | None:
    if pool["capacity"] is None:
        return None
    return max(pool["capacity"] + pool["overbooking"] - taken(pool), 0)


def _sold_out(pool: strawberry.Parent[PoolRow]) -> bool:
    return _available(pool) == 0


def taken(pool: PoolRow) -> int:
    """Places that nobody else can get."""
    return pool["confirmed"] + pool["held"] + pool["offered"] + pool["blocked"]


def _version(pool: strawberry.Parent[PoolRow]) -> int:
    return pool["stream_version"]


@strawberry.type(description="How much of an event's capacity is used.")
class CapacityStatus:
    """The overall pool of an event."""

    capacity: int | None = field(description="All places; null when unlimited.")
    confirmed: int = field(description="Places of confirmed registrations.")
    held: int = field(description="Places held for somebody who has not confirmed yet.")
    offered: int = field(description="Places offered to people on the waiting list.")
    blocked: int = field(description="Places that the organizers keep back.")
    available: int | None = field(_available, description="Places left; null when unlimited.")
    sold_out: bool = field(_sold_out, description="Whether no place is left.")
    version: int = field(
        _version, description="The version of the event's journal stream that this status belongs to; it only grows."
    )
