"""Keyset pages: one statement for a list, or for the same list of many parents at once."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

import asyncpg

from db.database import Database
from db.visibility import FALSE, TRUE, Binds
from domain.pagination import MAXIMUM_SIZE, Cursor, Page, Window

_LIMITS = tuple(size + 1 for size in (1, 2, 5, 10, 20, 25, 50, 100, 200, MAXIMUM_SIZE))
"""Rows of the usual pages, each with the one that tells whether there are more."""


@dataclass(frozen=True, slots=True)
class Order:
    """An order of a list: by `key`, then by `id`, both in one direction.

    `key` is an SQL expression of the named type; `name` stands in the cursors.
    """

    name: str
    key: str
    type: str
    id: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """A condition of a list that fits now a few rows and now most of them, and nobody can tell before.

    `found` selects the column `id` of up to `bound` + 1 rows that it fits. When there are no more than `bound`, they
    are put in order; otherwise the rows are read in order and those it fits are kept, of which there are enough.
    """

    condition: str
    found: str
    bound: int


@dataclass(frozen=True, slots=True)
class Listing:
    """A list before it is cut into pages. `parent` is the column that holds the parent's id, if there is one.

    The first `filters` values of `binds` belong to the conditions; only the select list mentions the others.
    """

    columns: str
    source: str
    where: Sequence[str]
    order: Order
    binds: Binds
    filters: int
    parent: str | None = None
    joins: str = ""
    search: Search | None = None

    @property
    def conditions(self) -> str:
        """The conditions joined; the cheap and selective ones first."""
        kept = [part for part in self.where if part != TRUE]
        return " AND ".join(kept) or TRUE


async def read_page(database: Database, listing: Listing, window: Window) -> tuple[list[asyncpg.Record], bool, bool]:
    """The rows of a page in order, and whether there are rows after and before them."""
    if FALSE in listing.where:
        return [], False, False
    sql = _page_sql(listing, window)
    return _cut(await database.fetch(sql, *listing.binds.values), window)


async def read_pages(
    database: Database, listing: Listing, window: Window, parents: Sequence[UUID]
) -> list[tuple[list[asyncpg.Record], bool, bool]]:
    """The same page of each parent's list, in the order of the parents, by one statement."""
    if FALSE in listing.where:
        return [([], False, False) for _ in parents]
    place = listing.binds.add(list(parents))
    direction = _direction(listing, window)
    sql = f"""
SELECT parent.id AS parent_id, page.*
FROM unnest({place}::uuid[]) WITH ORDINALITY AS parent (id, position)
CROSS JOIN LATERAL (
{_page_sql(listing, window, parent=f"{listing.parent} = parent.id")}
) AS page
ORDER BY parent.position, page.sort_value {direction}, page.sort_id {direction}
""".strip()
    grouped: dict[UUID, list[asyncpg.Record]] = {parent: [] for parent in parents}
    for row in await database.fetch(sql, *listing.binds.values):
        grouped[row["parent_id"]].append(row)
    return [_cut(grouped[parent], window) for parent in parents]


async def count(database: Database, listing: Listing) -> int:
    """How many rows the whole list has."""
    if FALSE in listing.where:
        return 0
    sql = f"SELECT count(*) AS total FROM {listing.source} WHERE {listing.conditions}"
    row = await database.fetchrow(sql, *listing.binds.values[: listing.filters])
    return cast("int", row["total"]) if row else 0


async def count_each(database: Database, listing: Listing, parents: Sequence[UUID]) -> list[int]:
    """How many rows each parent's whole list has."""
    if FALSE in listing.where:
        return [0 for _ in parents]
    values = [*listing.binds.values[: listing.filters], list(parents)]
    place = f"${len(values)}"
    sql = f"""
SELECT {listing.parent} AS parent_id, count(*) AS total FROM {listing.source}
WHERE {listing.parent} = ANY({place}::uuid[]) AND {listing.conditions} GROUP BY {listing.parent}
""".strip()
    totals = {row["parent_id"]: row["total"] for row in await database.fetch(sql, *values)}
    return [totals.get(parent, 0) for parent in parents]


def page(
    cut: tuple[list[asyncpg.Record], bool, bool], order: str, total: Callable[[], Awaitable[int]]
) -> Page[Mapping[str, Any]]:
    """The page that the rows make."""
    rows, has_next, has_previous = cut
    cursors = [Cursor(order, row["sort_key"], str(row["sort_id"])).encode() for row in rows]
    return Page(cast("list[Mapping[str, Any]]", rows), cursors, has_next, has_previous, total)


def _direction(listing: Listing, window: Window) -> str:
    return "DESC" if listing.order.descending is not window.backward else "ASC"


def _page_sql(listing: Listing, window: Window, *, parent: str | None = None) -> str:
    order = listing.order
    direction = _direction(listing, window)
    where = [part for part in (parent, *listing.where) if part and part != TRUE]
    if window.cursor:
        comparison = "<" if direction == "DESC" else ">"
        key = f"{listing.binds.add(window.cursor.key)}::text::{order.type}"
        tie = f"{listing.binds.add(window.cursor.id)}::text::uuid"
        where.append(f"({order.key}, {order.id}) {comparison} ({key}, {tie})")
    limit = _limit(window.limit + 1)
    search = listing.search
    if search is None:
        return _rows_sql(listing, where, direction, limit, nested=parent is not None)
    few = [f"{order.id} IN (SELECT found.id FROM found)" if part == search.condition else part for part in where]
    found = "(SELECT count(*) FROM found)"
    return f"""
WITH found AS MATERIALIZED ({search.found})
SELECT page.* FROM ((
{_rows_sql(listing, [f"{found} <= {search.bound}", *few], direction, limit, nested=True)}
) UNION ALL (
{_rows_sql(listing, [f"{found} > {search.bound}", *where], direction, limit, nested=True)}
)) AS page
ORDER BY page.sort_value {direction}, page.sort_id {direction}
LIMIT {limit}
""".strip()


def _limit(rows: int) -> str:
    """At least so many rows, for the text of a statement.

    Of a page of unknown size PostgreSQL expects a tenth of the table, and so would plan the statement anew each time,
    which takes longer than reading the page. Of the usual sizes none is read in vain, and of all others few texts come.
    """
    return str(next((limit for limit in _LIMITS if limit >= rows), rows))


def _rows_sql(listing: Listing, where: Sequence[str], direction: str, limit: str, *, nested: bool) -> str:
    order = listing.order
    sort_value = f", {order.key} AS sort_value" if nested else ""
    return f"""
SELECT {listing.columns}, ({order.key})::text AS sort_key, {order.id} AS sort_id{sort_value}
FROM {listing.source}{listing.joins}
WHERE {" AND ".join(where) or TRUE}
ORDER BY {order.key} {direction}, {order.id} {direction}
LIMIT {limit}
""".strip()


def _cut(rows: list[asyncpg.Record], window: Window) -> tuple[list[asyncpg.Record], bool, bool]:
    more = len(rows) > window.limit
    kept = rows[: window.limit]
    if window.backward:
        # Whoever pages backward came from the row of the cursor: it comes after this page.
        return kept[::-1], window.cursor is not None, more
    return kept, more, window.cursor is not None
