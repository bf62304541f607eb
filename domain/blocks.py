"""Blocks: places that organizers keep back for somebody, with a reason, until they are released."""

from dataclasses import dataclass, replace
from datetime import datetime

from domain import errors
from domain.asked import Asked, TicketSource, expect_version
from domain.capacity import Books, Use
from domain.ids import BlockId, EventId, PoolId, TicketTierId, UserId
from domain.journal import FactKind, Json, as_json
from domain.validation import Validation

QUANTITY_LIMIT = 100_000
OWNER_LIMIT = 200
REASON_LIMIT = 1_000


@dataclass(frozen=True, slots=True)
class Block:
    """Places kept back from some pools: all of those of a ticket tier, or one."""

    event_id: EventId
    id: BlockId
    pool_ids: tuple[PoolId, ...]
    quantity: int
    owner: str
    reason: str
    release_at: datetime | None
    created_by: UserId
    created_at: datetime
    updated_at: datetime
    released_at: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class BlockPlaces:
    """Keep places back: of a ticket tier, which takes them from all of its pools, or of one pool."""

    event_id: EventId
    quantity: int
    owner: str
    reason: str
    ticket_tier_id: TicketTierId | None = None
    pool_id: PoolId | None = None
    release_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ReleaseBlock:
    """Give the places of a block back."""

    event_id: EventId
    block_id: BlockId
    expected_version: int | None = None


def block(books: Books, asked: Asked[BlockPlaces], source: TicketSource) -> BlockId:
    """Keep the places back: all of them or none. Raises `EventIsFull` and what is wrong with the command."""
    command = asked.command
    validation = Validation()
    validation.number(command.quantity, "quantity", minimum=1, maximum=QUANTITY_LIMIT)
    owner = validation.text(command.owner, "owner", limit=OWNER_LIMIT)
    reason = validation.text(command.reason, "reason", limit=REASON_LIMIT, multiline=True)
    if (command.ticket_tier_id is None) == (command.pool_id is None):
        validation.refuse(errors.ValueIsMalformed("ticket_tier_id", what="target: name a ticket tier or a pool"))
    if command.release_at is not None and command.release_at <= books.now:
        validation.refuse(errors.TimeIsInThePast("release_at"))
    validation.finish()
    pool_ids = _pools_of(books, command)
    if not books.have_room(pool_ids, command.quantity):
        raise errors.EventIsFull("quantity", asked=command.quantity, available=books.available(pool_ids) or 0)
    made = Block(
        event_id=books.event_id,
        id=BlockId(source.new_id()),
        pool_ids=pool_ids,
        quantity=command.quantity,
        owner=owner,
        reason=reason,
        release_at=command.release_at,
        created_by=asked.require_actor(),
        created_at=books.now,
        updated_at=books.now,
    )
    books.blocks[made.id] = made
    books.due(made.release_at)
    data = _data(made) | {"deltas": books.move(pool_ids, {Use.BLOCKED: made.quantity})}
    books.tell(
        FactKind.PLACES_BLOCKED,
        made.id,
        data,
        actor_id=asked.actor_id,
        request_id=asked.request_id,
        private={"reason": reason, "owner": owner},
        subject_id=asked.actor_id,
    )
    return made.id


def release(books: Books, asked: Asked[ReleaseBlock], _source: TicketSource) -> BlockId:
    """Give the places back. Raises `BlockIsReleased`."""
    before = books.blocks.get(asked.command.block_id)
    if before is None:
        raise errors.NotFound
    expect_version(asked.command.expected_version, before.version, before.id)
    if before.released_at:
        raise errors.BlockIsReleased("id", released_at=before.released_at.isoformat())
    _release(books, before, asked)
    return before.id


def expire(books: Books) -> None:
    """Release the blocks whose time has come."""
    for before in list(books.blocks.values()):
        if before.released_at is None and before.release_at is not None and before.release_at <= books.now:
            _release(books, before, None)


def _pools_of(books: Books, command: BlockPlaces) -> tuple[PoolId, ...]:
    if command.ticket_tier_id is not None:
        tier = books.tiers.get(command.ticket_tier_id)
        if tier is None:
            raise errors.TicketTierIsUnknown("ticket_tier_id")
        return books.pool_ids_of(tier)
    if command.pool_id is None or command.pool_id not in books.pools:
        raise errors.CapacityPoolIsUnknown("capacity_pool_id")
    return (command.pool_id,)


def _release(books: Books, before: Block, asked: Asked[object] | None) -> None:
    after = replace(before, released_at=books.now, updated_at=books.now, version=before.version + 1)
    books.blocks[after.id] = after
    data = _data(after) | {"deltas": books.move(after.pool_ids, {Use.BLOCKED: -after.quantity})}
    books.tell(
        FactKind.PLACES_UNBLOCKED,
        after.id,
        data,
        actor_id=asked.actor_id if asked else None,
        request_id=asked.request_id if asked else None,
    )


def _data(block: Block) -> dict[str, Json]:
    return {"version": block.version, "quantity": block.quantity, "release_at": as_json(block.release_at)}
