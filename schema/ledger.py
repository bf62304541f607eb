"""The proof of an event's capacity in the schema."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.capacity import Use
from domain.ids import EventId, PoolId
from domain.ledger import CapacityProof as Proof
from domain.ledger import Difference, PoolAccount
from schema import ids
from schema.capacity import CapacityPool
from schema.context import Info, field
from schema.enums import LedgerMatter

if TYPE_CHECKING:
    from schema.events import Event


@strawberry.type(description="One number in the three forms in which it is kept.")
class CapacityTally:
    """A tally; the domain's own is read by attribute."""

    stored: int | None = field(description="The counter that decides; null when unlimited or missing.")
    counted: int | None = field(description="What the rows add up to; null for what has no rows, such as a capacity.")
    told: int | None = field(description="What the lines of the journal add up to; null when unlimited or not told.")
    agrees: bool = field(description="Whether all of them are the same.")


async def _pool(account: strawberry.Parent["PoolProof"], info: Info) -> Any:  # noqa: ANN401 - a row
    return await info.context.reads.capacity_pool_by_id(account.key)


@strawberry.type(description="The books of one capacity pool.")
class PoolProof:
    """A pool's account."""

    key: strawberry.Private[tuple[EventId, PoolId]]
    pool_id: strawberry.ID = field(description="The pool's id.")
    pool: CapacityPool | None = field(_pool, description="The pool; null when its counters are missing.")
    capacity: CapacityTally = field(description="All places.")
    overbooking: CapacityTally = field(description="Places that may be taken on top of that.")
    confirmed: CapacityTally = field(description="Places of confirmed registrations.")
    held: CapacityTally = field(description="Places held for somebody who has not confirmed yet.")
    offered: CapacityTally = field(description="Places offered to people on the waiting list.")
    blocked: CapacityTally = field(description="Places that the organizers keep back.")
    checked_in: CapacityTally = field(description="Confirmed places whose holders have arrived.")


@strawberry.type(description="A number that is not the same everywhere.")
class CapacityDifference:
    """A difference."""

    matter: LedgerMatter = field(description="What differs.")
    pool_id: strawberry.ID | None = field(description="The pool that it is about; null for the event as a whole.")
    registration_id: strawberry.ID | None = field(description="The registration whose tickets are not whole.")
    tally: CapacityTally = field(description="The numbers.")
    message: str = field(description="The difference in words.")


async def _event(proof: strawberry.Parent["CapacityProof"], info: Info) -> Any:  # noqa: ANN401 - a row
    return await info.context.reads.event_by_id(proof.key)


@strawberry.type(
    description="The places of an event counted in three ways at one moment: by the counters that decide, by the"
    " registrations, offers, blocks and tickets that people have, and by the lines of the journal."
)
class CapacityProof:
    """A proof."""

    key: strawberry.Private[EventId]
    event: Annotated["Event", strawberry.lazy("schema.events")] = field(_event, description="The event.")
    version: int = field(description="The version of the event's journal stream at that moment.")
    is_sound: bool = field(description="Whether nothing differs.")
    pools: list[PoolProof] = field(description="The event's own pool, those of its tiers, and shared ones.")
    waiting: CapacityTally = field(description="Entries of the waiting list that wait for their turn.")
    lines: CapacityTally = field(
        description="The stream: its version, the number of its lines, and the version of the last of them."
    )
    registrations: int = field(description="How many registrations were looked at, of every status.")
    uneven_registrations: int = field(description="How many of them have not one good ticket for each confirmed place.")
    differences: list[CapacityDifference] = field(
        description="Everything that differs; of registrations without whole tickets a few."
    )


def shown(proof: Proof) -> CapacityProof:
    """The proof as the schema shows it."""
    return CapacityProof(
        key=proof.event_id,
        version=proof.version,
        is_sound=proof.is_sound,
        pools=[_account(proof.event_id, pool) for pool in proof.pools],
        waiting=_as_shown(proof.waiting),
        lines=_as_shown(proof.stream),
        registrations=proof.registrations,
        uneven_registrations=proof.uneven,
        differences=[_difference(proof.event_id, difference) for difference in proof.differences],
    )


def _account(event_id: EventId, pool: PoolAccount) -> PoolProof:
    return PoolProof(
        key=(event_id, pool.id),
        pool_id=strawberry.ID(ids.encode("CapacityPool", event_id, pool.id)),
        capacity=_as_shown(pool.capacity),
        overbooking=_as_shown(pool.overbooking),
        confirmed=_as_shown(pool.tally(Use.CONFIRMED)),
        held=_as_shown(pool.tally(Use.HELD)),
        offered=_as_shown(pool.tally(Use.OFFERED)),
        blocked=_as_shown(pool.tally(Use.BLOCKED)),
        checked_in=_as_shown(pool.tally(Use.CHECKED_IN)),
    )


def _difference(event_id: EventId, difference: Difference) -> CapacityDifference:
    pool, registration = difference.pool_id, difference.registration_id
    return CapacityDifference(
        matter=difference.matter,
        pool_id=strawberry.ID(ids.encode("CapacityPool", event_id, pool)) if pool else None,
        registration_id=strawberry.ID(ids.encode("Registration", event_id, registration)) if registration else None,
        tally=_as_shown(difference.tally),
        message=str(difference),
    )


def _as_shown(tally: Any) -> CapacityTally:  # noqa: ANN401 - read by attribute, as the schema reads everything
    return tally
