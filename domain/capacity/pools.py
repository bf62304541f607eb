"""Capacity pools: what is taken of what, and whether a claim still fits. Pure arithmetic; the caller holds locks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from domain import errors
from domain.ids import EventId, PoolId
from domain.journal import Json


class PoolKind(StrEnum):
    """What a pool limits: a whole event, one ticket tier, or whatever draws on it. Sessions will get theirs."""

    EVENT = "EVENT"
    TICKET_TIER = "TICKET_TIER"
    SHARED = "SHARED"


class Use(StrEnum):
    """The counters of a pool. Places checked in are among the confirmed ones; the other four take places."""

    CONFIRMED = "confirmed"
    HELD = "held"
    OFFERED = "offered"
    BLOCKED = "blocked"
    CHECKED_IN = "checked_in"


Moves = Mapping[Use, int]
"""How many places each counter gains or, below zero, loses."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Places of one event, of one ticket tier in it, or of several tiers. No capacity means unlimited."""

    event_id: EventId
    id: PoolId
    kind: PoolKind
    capacity: int | None
    overbooking: int = 0
    confirmed: int = 0
    held: int = 0
    offered: int = 0
    blocked: int = 0
    name: str | None = None
    checked_in: int = 0
    version: int = 1

    @property
    def taken(self) -> int:
        """Places that nobody else can get."""
        return self.confirmed + self.held + self.offered + self.blocked

    @property
    def available(self) -> int | None:
        """Places left, never below zero; nothing when unlimited."""
        if self.capacity is None:
            return None
        return max(self.capacity + self.overbooking - self.taken, 0)

    def has_room_for(self, quantity: int) -> bool:
        """Whether so many places are left."""
        return self.capacity is None or self.taken + quantity <= self.capacity + self.overbooking

    def moved(self, moves: Moves) -> "Pool":
        """The pool with its counters moved."""
        return replace(self, **{use.value: getattr(self, use.value) + by for use, by in moves.items()})


def resize(pool: Pool, capacity: int | None, *path: str) -> Pool:
    """The pool with another capacity. Raises `CapacityIsTaken` when more than that is taken already."""
    if capacity is not None and capacity + pool.overbooking < pool.taken:
        raise errors.CapacityIsTaken(*path, taken=pool.taken, asked=capacity)
    return replace(pool, capacity=capacity)


def deltas(before: Sequence[Pool], after: Sequence[Pool]) -> dict[str, Json]:
    """How the use of each pool changed, as a journal line keeps it; the sum of all lines is the pool."""
    found: dict[str, Json] = {}
    for old, new in zip(before, after, strict=True):
        moved: dict[str, Json] = {
            use.value: getattr(new, use.value) - getattr(old, use.value)
            for use in Use
            if getattr(new, use.value) != getattr(old, use.value)
        }
        if moved:
            found[str(new.id)] = moved
    return found


def least_available(pools: Iterable[Pool]) -> int | None:
    """How many places a claim on all of the pools could get; nothing when all are unlimited."""
    return min((pool.available for pool in pools if pool.available is not None), default=None)
