"""Capacity in the schema: how much of what is used, pools, places kept back, and how a waiting list is worked."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.capacity import PoolKind as Kind
from domain.rows import CapacityBlockRow, CapacityPoolRow, PoolRow, WaitlistPolicyRow
from schema.context import Info, field
from schema.enums import PoolKind
from schema.nodes import Node, own_id

if TYPE_CHECKING:
    from schema.ticket_tiers import TicketTier
    from schema.users import User

AnyPoolRow = PoolRow | CapacityPoolRow


def _available(pool: strawberry.Parent[AnyPoolRow]) -> int | None:
    if pool["capacity"] is None:
        return None
    return max(pool["capacity"] + pool["overbooking"] - taken(pool), 0)


def _sold_out(pool: strawberry.Parent[PoolRow]) -> bool:
    return _available(pool) == 0


def taken(pool: AnyPoolRow) -> int:
    """Places that nobody else can get."""
    return pool["confirmed"] + pool["held"] + pool["offered"] + pool["blocked"]


def _version(pool: strawberry.Parent[PoolRow]) -> int:
    return pool["stream_version"]


def _waitlisted(pool: strawberry.Parent[PoolRow]) -> int:
    return pool["waiting"]


@strawberry.type(description="How much of an event's capacity is used.")
class CapacityStatus:
    """The overall pool of an event."""

    capacity: int | None = field(description="All places; null when unlimited.")
    confirmed: int = field(description="Places of confirmed registrations.")
    held: int = field(description="Places held for somebody who has not confirmed yet.")
    offered: int = field(description="Places offered to people on the waiting list.")
    blocked: int = field(description="Places that the organizers keep back.")
    checked_in: int = field(description="Confirmed places whose holders have arrived.")
    available: int | None = field(
        _available,
        description="Places left; null when unlimited. While others wait for them, they are not for newcomers.",
    )
    waitlisted: int = field(_waitlisted, description="Entries of the waiting list that wait for their turn.")
    sold_out: bool = field(_sold_out, description="Whether no place is left.")
    version: int = field(
        _version, description="The version of the event's journal stream that this status belongs to; it only grows."
    )


async def _tiers_of_pool(pool: strawberry.Parent[CapacityPoolRow], info: Info) -> Any:  # noqa: ANN401 - rows
    tiers = await info.context.reads.ticket_tiers_by_event_id(pool["event_id"])
    if pool["kind"] == Kind.EVENT:
        return tiers
    return [tier for tier in tiers if pool["id"] == tier["id"] or pool["id"] in tier["shared_pool_ids"]]


@strawberry.type(
    description="Places that are counted together. A place is taken from all pools that its ticket tier draws on, or"
    " from none: the event's own, the tier's own, and those that the tier shares with others."
)
class CapacityPool(Node):
    """A pool."""

    id: strawberry.ID = field(own_id("CapacityPool", "event_id", "id"), description="The pool's id.")
    name: str = field(description="Its own name, or that of the event or ticket tier that it limits.")
    kind: PoolKind = field(description="What it limits.")
    capacity: int | None = field(description="All places; null when unlimited.")
    overbooking: int = field(description="Places that may be taken beyond the capacity: a decision, never an accident.")
    confirmed: int = field(description="Places of confirmed registrations.")
    held: int = field(description="Places held for somebody who has not confirmed yet.")
    offered: int = field(description="Places offered to people on the waiting list.")
    blocked: int = field(description="Places that the organizers keep back.")
    checked_in: int = field(description="Confirmed places whose holders have arrived.")
    available: int | None = field(
        _available, description="Places left, those of overbooking included; null when unlimited."
    )
    ticket_tiers: list[Annotated["TicketTier", strawberry.lazy("schema.ticket_tiers")]] = field(
        _tiers_of_pool, description="The ticket tiers that draw on it, in the organizers' order."
    )
    version: int = field(description="Counts edits; give it as `expectedVersion` to be told of conflicts.")


async def _pools_of_block(block: strawberry.Parent[CapacityBlockRow], info: Info) -> Any:  # noqa: ANN401 - rows
    pools = await info.context.reads.capacity_pools_by_event_id(block["event_id"])
    return [pool for pool in pools if pool["id"] in block["pool_ids"]]


async def _created_by(block: strawberry.Parent[CapacityBlockRow], info: Info) -> Any:  # noqa: ANN401 - a row
    return await info.context.reads.user_by_id(block["created_by"])


@strawberry.type(
    description="Places that organizers keep back for somebody. Only the event's team and analysts see it."
)
class CapacityBlock(Node):
    """A block."""

    id: strawberry.ID = field(own_id("CapacityBlock", "event_id", "id"), description="The block's id.")
    quantity: int = field(description="How many places it keeps back in each of its pools.")
    owner: str = field(description="For whom, in the organizers' words.")
    reason: str = field(description="Why, in the organizers' words.")
    release_at: datetime | None = field(
        description="When the places are given back by themselves; null: when somebody releases them."
    )
    released_at: datetime | None = field(description="When the places were given back; null while they are kept.")
    created_at: datetime = field(description="When they were kept back.")
    created_by: Annotated["User", strawberry.lazy("schema.users")] | None = field(
        _created_by, description="Who kept them back, if you may see them."
    )
    pools: list[CapacityPool] = field(_pools_of_block, description="The pools that the places are taken from.")
    version: int = field(description="Counts edits; give it as `expectedVersion` to be told of conflicts.")


def _offer_minutes(policy: strawberry.Parent[WaitlistPolicyRow]) -> int:
    return policy["offer_seconds"] // 60


@strawberry.type(description="How the waiting list of an event is worked.")
class WaitlistPolicy:
    """A policy."""

    look_past: int = field(
        description="How often a group that does not fit yet may be passed by later ones that fit; 0: strictly in turn."
    )
    offer_minutes: int = field(
        _offer_minutes, description="How long an offer stands, from when its message was handed over."
    )
