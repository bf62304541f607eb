"""What a search costs PostgreSQL: the statements of a page and of its total, over a database full of events.

Give it one or two addresses of databases, `python -m bench.search URL [URL]`: made by `bilten seed --events 100000`, or
one before and one after a migration. It prints Markdown: sizes, then the milliseconds of each statement as the driver
sees them, median and 95th percentile. Databases and searches take turns, so that a busy moment meets all of them.
"""

import asyncio
import re
import statistics
import sys
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

import asyncpg

from db import listings, pages, search
from db.database import Database, connect
from db.pages import Listing, Order
from domain.pagination import Window
from domain.permissions import ANONYMOUS
from domain.queries import EventFilter, EventOrder, EventQuery

ROUNDS, WARM_UP = 20, 6
"""The first rounds are not counted: a prepared statement may get its final plan in the sixth."""
ORDERS = (EventOrder.RELEVANCE, EventOrder.STARTS_AT_ASC)
TOTAL = "totalCount"
WINDOW = Window(20, None, backward=False)
Result = TypeVar("Result")

_SIZES = """
SELECT count(*) AS events, pg_table_size('events') / 1048576 AS heap,
    pg_relation_size('events_search_idx') / 1048576 AS index, avg(pg_column_size(search))::int AS document,
    EXISTS (SELECT FROM pg_proc WHERE proname = 'bilten_query') AS current
FROM events
"""
_FREQUENT = """
SELECT word FROM ts_stat('SELECT search FROM events TABLESAMPLE SYSTEM (5)')
WHERE word ~ '^[a-z]{4,}$' ORDER BY ndoc DESC, word LIMIT 1000
"""


@dataclass(slots=True)
class Place:
    """A database, and what was measured there."""

    database: Database
    sizes: asyncpg.Record
    found: dict[str, int] = field(default_factory=dict[str, int])
    times: dict[tuple[str, str], list[float]] = field(default_factory=dict[tuple[str, str], list[float]])

    async def measure(self, name: str, text: str) -> None:
        """Read a page in each order, and the total."""
        for order in ORDERS:
            await self._timed(name, order, pages.read_page(self.database, self._listing(text, order), WINDOW))
        counted = pages.count(self.database, self._listing(text, EventOrder.STARTS_AT_ASC))
        self.found[name] = await self._timed(name, TOTAL, counted)

    async def _timed(self, name: str, what: str, read: Awaitable[Result]) -> Result:
        started = time.perf_counter()
        result = await read
        self.times.setdefault((name, what), []).append((time.perf_counter() - started) * 1000)
        return result

    def _listing(self, text: str, order: EventOrder) -> Listing:
        query = EventQuery(WINDOW, order, EventFilter(search=text))
        listing = listings.events(query, ANONYMOUS, datetime.now(UTC))
        return listing if self.sizes["current"] else _former(listing, text)


def _former(listing: Listing, text: str) -> Listing:
    """The same list as the first release asked for it."""
    called = "to_tsquery('simple', $1::text)"
    listing.binds.values[0] = " & ".join(f"'{word}':*" for word in re.findall(r"\w+", text))
    where = [part.replace(search.matches("$1"), f"event.search @@ {called}") for part in listing.where]
    joins = listing.joins.replace(search.rank_source("$1"), "")
    order = listing.order
    if order.name == EventOrder.RELEVANCE:
        order = Order(order.name, f"ts_rank(event.search, {called})", "real", order.id, descending=True)
    return replace(listing, where=where, joins=joins, order=order, search=None)


async def main(urls: list[str]) -> None:
    """Measure and print."""
    places: list[Place] = []
    for url in urls:
        database = await connect(url, pool_size=1)
        [sizes] = await database.fetch(_SIZES)
        places.append(Place(database, sizes))
    searches = _searches([row["word"] for row in await places[0].database.fetch(_FREQUENT)])
    for number in range(WARM_UP + ROUNDS):
        print(f"\rround {number + 1} of {WARM_UP + ROUNDS}", end="", file=sys.stderr)
        if number == WARM_UP:
            for place in places:
                place.times.clear()
        for name, text in searches.items():
            for place in places:
                await place.measure(name, text)
    print(file=sys.stderr)
    _report(places, searches)
    for place in places:
        await place.database.close()


def _searches(frequent: list[str]) -> dict[str, str]:
    common, second, middle, seldom = frequent[0], frequent[1], frequent[len(frequent) // 10], frequent[-1]
    return {
        "no hit": "xylophonequestion",
        "seldom word": seldom,
        "middling word": middle,
        "commonest word": common,
        "two words": f"{common} {middle}",
        "two common words": f"{common} {second}",
        "1 letter": middle[:1],
        "2 letters": middle[:2],
        "3 letters": middle[:3],
        "phrase": f'"{common} {second}"',
        "one without another": f"{middle} -{common}",
    }


def _report(places: list[Place], searches: dict[str, str]) -> None:
    print("| | events | table, MiB | index of words, MiB | document, bytes |\n|---|---:|---:|---:|---:|")
    for number, place in enumerate(places, 1):
        print(
            f"| {number} | {' | '.join(str(place.sizes[name]) for name in ('events', 'heap', 'index', 'document'))} |"
        )
    print("\n| search | database | found | " + " | ".join([*ORDERS, TOTAL]) + " |\n|---|---|---:|---:|---:|---:|")
    for name in searches:
        for number, place in enumerate(places, 1):
            cells = [_cell(place.times[name, what]) for what in (*ORDERS, TOTAL)]
            print(f"| {name} | {number} | {place.found[name]} | {' | '.join(cells)} |")


def _cell(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} (p95 {statistics.quantiles(times, n=20)[-1]:.1f})"


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
