"""Relay connections over the pages that use cases return."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from domain.pagination import MAXIMUM_SIZE, Page, Window
from domain.queries import WINDOW_ORDERS
from resolvers.context import Context
from schema.context import Info, field

NodeType = TypeVar("NodeType")

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
    """Which relations the nodes of the current connection select; `wanted` maps field names to relations."""
    names = _children(_children_of(info.selected_fields), "edges", "node")
    return frozenset(wanted[name] for name in names if name in wanted)


def _children_of(selections: Sequence[Any]) -> list[Any]:
    return [child for selection in selections for child in selection.selections]


def _children(selections: Sequence[Any], *path: str) -> set[str]:
    """Names below a path; fragments count as if their fields stood here."""
    flat = _flatten(selections)
    if not path:
        return {selection.name for selection in flat}
    below = [child for selection in flat if selection.name == path[0] for child in selection.selections]
    return _children(below, *path[1:])


def _flatten(selections: Sequence[Any]) -> list[Any]:
    flat: list[Any] = []
    for selection in selections:
        # Fragments have a type condition; fields have arguments.
        if hasattr(selection, "arguments"):
            flat.append(selection)
        else:
            flat.extend(_flatten(selection.selections))
    return flat
