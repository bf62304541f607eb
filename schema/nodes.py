"""Relay's Node: anything that can be fetched again by its id."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, cast
from uuid import UUID

import strawberry

from domain import errors
from execution.hints import decided_by_class
from resolvers.context import Context
from schema.ids import PREFIXES, decode, encode


class NodeRow(Mapping[str, Any]):
    """A row with the type that its global id named, for positions where the schema says only `Node`."""

    __slots__ = ("row",)

    typename: ClassVar[str]

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - a row's values are of many types
        return self.row[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.row.keys())

    def __len__(self) -> int:
        return len(self.row)


def _row_class(typename: str) -> type[NodeRow]:
    return cast("type[NodeRow]", type(f"{typename}NodeRow", (NodeRow,), {"__slots__": (), "typename": typename}))


NODE_ROWS: Mapping[str, type[NodeRow]] = {typename: _row_class(typename) for typename in PREFIXES}
"""A class of rows for each type: what is asked of a row's type can be answered once for all rows of a class."""


@strawberry.interface(description="An object that can be fetched again by its id.")
class Node:
    """The interface of all objects with an id."""

    id: strawberry.ID = strawberry.field(description="An opaque id, unique among all objects; it never changes.")

    @classmethod
    def resolve_type(cls, value: NodeRow, _info: object, _type: object) -> str:
        """The type is what the id said: a row cannot tell."""
        return value.typename

    @classmethod
    @decided_by_class
    def is_type_of(cls, value: object, _info: object) -> bool:
        """A bare row stands only where the schema names its type; a `NodeRow` knows its own."""
        return not isinstance(value, NodeRow) or value.typename == cls.__name__


def own_id(typename: str, *columns: str) -> Callable[[Any], str]:
    """A resolver of the global id that the columns of a row make."""

    def resolve(root: Any) -> str:  # noqa: ANN401 - a row
        return encode(typename, *(root[column] for column in columns or ("id",)))

    return resolve


Load = Callable[[Context, tuple[Any, ...]], Awaitable[Mapping[str, Any] | None]]


def _single(read: Callable[[Context], Callable[[Any], Awaitable[Any]]]) -> Load:
    return lambda context, key: read(context)(key[0])


def _paired(read: Callable[[Context], Callable[[Any], Awaitable[Any]]]) -> Load:
    return lambda context, key: read(context)(key)


_LOADS: Mapping[str, Load] = {
    "CapacityBlock": _paired(lambda context: context.reads.capacity_block_by_id),
    "CapacityPool": _paired(lambda context: context.reads.capacity_pool_by_id),
    "Event": _single(lambda context: context.reads.event_by_id),
    "Import": _single(lambda context: context.reads.import_by_id),
    "Membership": _single(lambda context: context.reads.membership_by_id),
    "Organization": _single(lambda context: context.reads.organization_by_id),
    "Registration": _paired(lambda context: context.reads.registration_by_id),
    "Ticket": _paired(lambda context: context.reads.ticket_by_id),
    "TicketTier": _paired(lambda context: context.reads.ticket_tier_by_id),
    "User": _single(lambda context: context.reads.user_by_id),
    "Venue": _single(lambda context: context.reads.venue_by_id),
    "WaitlistEntry": _paired(lambda context: context.reads.waitlist_entry_by_id),
}


async def load_node(context: Context, text: str) -> NodeRow | None:
    """The object behind a global id, if the viewer may see it. Raises `BadInput`."""
    decoded = decode(text)
    key: tuple[UUID, ...] = decoded.key
    row = await _LOADS[decoded.typename](context, key)
    return NODE_ROWS[decoded.typename](row) if row is not None else None


NODES_LIMIT = 100


async def load_nodes(context: Context, ids: Sequence[str]) -> list[NodeRow | None]:
    """Objects by their ids, in the same order. Raises `BadInput`."""
    if len(ids) > NODES_LIMIT:
        message = f"At most {NODES_LIMIT} ids are allowed."
        raise errors.BadInput(message)
    # Every id is checked before anything is read; the loads of one type then share a statement.
    for text in ids:
        decode(text)
    return await asyncio.gather(*(load_node(context, text) for text in ids))
