"""Capacity pools: what is taken of what, and whether a claim still fits. Pure arithmetic; the caller holds locks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from domain import errors
from domain.ids import EventId, PoolId
from domain.journal import Json


class PoolKind(StrEnum):
    """What a pool limits."""

    EVENT = "EVENT"
    TICKET_TIER = "TICKET_TIER"


@dataclass(frozen=True, slots=True)
class Pool:
    """Places of one event, or of one ticket tier in it. A capacity of nothing means unlimited."""

    event_id: EventId
    id: PoolId
    kind: PoolKind
    capacity: int | None
    overbooking: int = 0
    confirmed: int = 0
    held: int = 0
    offered: int = 0
    blocked: int = 0

    @property
    def taken(self) -> int:
        """Places that nobody else can get."""
        return self.confirmed + self.held + self.offered + self.blocked

    @property
    def available(self) -> int | None:
        """Places left, never below zero; nothing when unlimited."""
        return None if self.capacity is None else max(self.capacity + self.overbooking - self.taken, 0)


def claim(pools: Sequence[Pool], quantity: int) -> list[Pool]:
    """The pools after `quantity` places were confirmed in each: all or none. Raises `EventIsFull`."""
    left = [pool.available for pool in pools if pool.available is not None]
    if left and min(left) < quantity:
        raise errors.EventIsFull("quantity", available=min(left), asked=quantity)
    return [replace(pool, confirmed=pool.confirmed + quantity) for pool in pools]


def release(pools: Sequence[Pool], quantity: int) -> list[Pool]:
    """The pools after `quantity` confirmed places were given back in each."""
    return [replace(pool, confirmed=pool.confirmed - quantity) for pool in pools]


def resize(pool: Pool, capacity: int | None, *path: str) -> Pool:
    """The pool with another capacity. Raises `CapacityIsTaken` when more than that is taken already."""
    if capacity is not None and capacity + pool.overbooking < pool.taken:
        raise errors.CapacityIsTaken(*path, taken=pool.taken, asked=capacity)
    return replace(pool, capacity=capacity)


def deltas(before: Sequence[Pool], after: Sequence[Pool]) -> dict[str, Json]:
    """How the use of each pool changed, as a journal line keeps it; the sum of all lines is the pool."""
    counters = ("confirmed", "held", "offered", "blocked")
    found: dict[str, Json] = {}
    for old, new in zip(before, after, strict=True):
        moved: dict[str, Json] = {
            name: getattr(new, name) - getattr(old, name)
            for name in counters
            if getattr(new, name) != getattr(old, name)
        }
        if moved:
            found[str(new.id)] = moved
    return found
