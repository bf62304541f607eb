"""Relay connections over the pages that use cases return."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar, cast

import strawberry
from graphql import (
    ArgumentNode,
    BooleanValueNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLResolveInfo,
    InlineFragmentNode,
    SelectionNode,
    ValueNode,
    VariableNode,
)

from domain.pagination import MAXIMUM_SIZE, Page, Window
from domain.queries import WINDOW_ORDERS
from resolvers.context import Context
from schema.context import Info, field

NodeType = TypeVar("NodeType")
RawInfo = GraphQLResolveInfo[Any]

First = Annotated[
    int | None, strawberry.argument(description=f"How many entries to take from the start, at most {MAXIMUM_SIZE}.")
]
After = Annotated[str | None, strawberry.argument(description="Only entries after this cursor.")]
Last = Annotated[
    int | None, strawberry.argument(description=f"How many entries to take from the end, at most {MAXIMUM_SIZE}.")
]
Before = Annotated[str | None, strawberry.argument(description="Only entries before this cursor.")]


@strawberry.type(description="Where a page lies in its list.")
class PageInfo:
    """Relay's PageInfo."""

    has_next_page: bool = field(description="Whether there are entries after this page.")
    has_previous_page: bool = field(description="Whether there are entries before this page.")
    start_cursor: str | None = field(description="The cursor of the first entry.")
    end_cursor: str | None = field(description="The cursor of the last entry.")


@strawberry.type(description="An entry of a list with its cursor.")
class Edge(Generic[NodeType]):
    """Relay's edge."""

    cursor: str = field(description="Where the entry stands in the list; good for `after` and `before`.")
    node: NodeType = field(description="The entry itself.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[NodeType]):
    """Relay's connection; `total_count` runs its statement only when it is selected."""

    edges: list[Edge[NodeType]] = field(description="The entries of this page.")
    page_info: PageInfo = field(description="Where the page lies in the list.")
    page: strawberry.Private[Any]

    @strawberry.field(description="How many entries the whole list has. Counted only when selected.")
    async def total_count(self) -> int:
        """Count the list."""
        return await self.page.count()


def window_of(list_: str, first: int | None, after: str | None, last: int | None, before: str | None) -> Window:
    """The window of a list that has one order. Raises `BadInput`."""
    return Window.from_arguments(WINDOW_ORDERS[list_], first=first, after=after, last=last, before=before)


def connection(page: Page[Any]) -> Any:  # noqa: ANN401 - Strawberry reads it by attribute
    """The connection that a page makes."""
    pairs = zip(page.rows, page.cursors, strict=True)
    edges: list[Edge[Any]] = [Edge(cursor=cursor, node=row) for row, cursor in pairs]
    info = PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=page.cursors[0] if page.cursors else None,
        end_cursor=page.cursors[-1] if page.cursors else None,
    )
    made: Connection[Any] = Connection(edges=edges, page_info=info, page=page)
    return made


def paged(list_: str, read: Callable[[Context, Any, Window], Awaitable[Page[Any]]]) -> Any:  # noqa: ANN401 - a resolver
    """The resolver of a list that an object has and that has one order: `read` gets the object and the window."""

    async def resolve(  # noqa: PLR0917 - a connection's own arguments
        parent: strawberry.Parent[Any],
        info: Info,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Any:  # noqa: ANN401 - a connection
        return connection(await read(info.context, parent, window_of(list_, first, after, last, before)))

    return resolve


def selected_relations(info: Info, wanted: Mapping[str, str]) -> frozenset[str]:
    """Which relations the nodes of the current connection select; `wanted` maps field names to relations.

    Read off the document as it stands: Strawberry's `selected_fields` converts every argument below as well, which
    takes longer than running a page of events.
    """
    raw = cast("RawInfo", info._raw_info)  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType]
    edges = _below(raw, raw.field_nodes)
    nodes = _below(raw, [field for field in edges if field.name.value == "edges"])
    chosen = _below(raw, [field for field in nodes if field.name.value == "node"])
    return frozenset(wanted[field.name.value] for field in chosen if field.name.value in wanted)


def _below(raw: RawInfo, fields: Iterable[FieldNode]) -> list[FieldNode]:
    """The fields selected in these; those of fragments count as if they stood here."""
    found: list[FieldNode] = []
    waiting = [selection for field in fields if field.selection_set for selection in field.selection_set.selections]
    while waiting:
        selection = waiting.pop()
        if selection.directives and _is_left_out(raw, selection):
            continue
        if isinstance(selection, FieldNode):
            found.append(selection)
        elif isinstance(selection, InlineFragmentNode):
            waiting += selection.selection_set.selections
        elif isinstance(selection, FragmentSpreadNode):
            waiting += raw.fragments[selection.name.value].selection_set.selections
    return found


def _is_left_out(raw: RawInfo, selection: SelectionNode) -> bool:
    """Whether `@skip` or `@include` leaves the selection out; what else stands there decides nothing."""
    for directive in selection.directives or ():
        if directive.name.value not in {"skip", "include"}:
            continue
        value = cast("Sequence[ArgumentNode]", directive.arguments)[0].value
        # Variables are coerced here, with their defaults: a plain mapping, whichever engine runs the operation.
        values = cast("Mapping[str, object]", raw.variable_values)
        condition = value.value if isinstance(value, BooleanValueNode) else values[_variable(value)]
        if condition is (directive.name.value == "skip"):
            return True
    return False


def _variable(value: ValueNode) -> str:
    return value.name.value if isinstance(value, VariableNode) else ""
