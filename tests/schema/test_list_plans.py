"""Lists are read from their indexes, however far into them."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from domain.pagination import Cursor
from domain.queries import EventOrder
from tests.api import Api, Clock, running_api
from tests.operations.crowd import connected, make_events, make_people
from tests.operations.databases import NOON, own_database
from tests.schema.lists import EVENTS, nodes, ordered, page

INDEXES = {
    "STARTS_AT_ASC": "events_starts_at_idx",
    "STARTS_AT_DESC": "events_starts_at_idx",
    "CREATED_AT_DESC": "events_created_at_idx",
    "TITLE_ASC": "events_title_idx",
}


@pytest.fixture(scope="module")
async def huge(
    postgres_admin_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[tuple[Api, str]]:
    """The application over thousands of events, with statistics."""
    async with own_database(postgres_admin_url) as url:
        await make_people(url, NOON)
        await make_events(url, NOON, last=5_000)
        async with running_api(url, redis_url, tmp_path_factory.mktemp("home"), Clock(NOON)) as api:
            yield api, url


async def plan_of(url: str, sql: str, *values: object) -> list[dict[str, Any]]:
    """The nodes of the plan that PostgreSQL makes of a statement."""
    async with connected(url) as connection:
        [root] = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) {sql}", *values))
    found: list[dict[str, Any]] = []
    left = [root["Plan"]]
    while left:
        node = left.pop()
        found.append(node)
        left += node.get("Plans", [])
    return found


async def middle_of(api: Api, order: str) -> str:
    """A cursor with as many rows before it as after it, or nearly."""
    document = """
    query ($order: EventOrder, $after: String) {
      events(first: 500, after: $after, orderBy: $order) { pageInfo { endCursor } }
    }
    """
    cursor: str | None = None
    for _ in range(4):
        found = (await api.run(document, {"order": order, "after": cursor})).data["events"]
        cursor = found["pageInfo"]["endCursor"]
    assert cursor is not None
    return cursor


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("order", INDEXES)
async def test_every_order_is_read_from_its_index(huge: tuple[Api, str], order: str, *, backward: bool) -> None:
    api, url = huge
    middle = await middle_of(api, order)
    cursor = Cursor.decode(middle, order)
    window = {"last": 20, "before": middle} if backward else {"first": 20, "after": middle}

    answer = await api.run(EVENTS.replace("totalCount", ""), {**window, "order": order})

    [sql] = answer.sql
    # An anonymous list without a filter binds the cursor's key and id, and the number of rows.
    plan = await plan_of(url, sql, cursor.key, cursor.id)
    assert INDEXES[order] in {node.get("Index Name") for node in plan}
    assert {node["Node Type"] for node in plan}.isdisjoint({"Sort", "Incremental Sort"})
    assert not [node for node in plan if node["Node Type"] == "Seq Scan" and node.get("Relation Name") == "events"]


async def test_a_search_finds_its_words_in_an_index(huge: tuple[Api, str]) -> None:
    api, url = huge
    document = EVENTS.replace("totalCount", "")

    answer = await api.run(document, {"first": 20, "order": "RELEVANCE", "filter": {"search": "4321"}})

    assert [node["slug"] for node in nodes(answer.data["events"])] == ["event-4321"]
    [sql] = answer.sql
    plan = await plan_of(url, sql, ["*4321"])
    assert "events_search_idx" in {node.get("Index Name") for node in plan}


async def test_pages_far_into_a_list_cost_no_more_than_the_first(huge: tuple[Api, str]) -> None:
    api, url = huge
    last = (await page(api, last=40, **ordered("TITLE_ASC")))["edges"]
    cursor = Cursor.decode(last[0]["cursor"], "TITLE_ASC")

    answer = await api.run(
        EVENTS.replace("totalCount", ""), {"first": 20, "after": last[0]["cursor"], "order": "TITLE_ASC"}
    )

    [sql] = answer.sql
    plan = await plan_of(url, sql, cursor.key, cursor.id)
    conditions = [node["Index Cond"] for node in plan if node.get("Index Name") == "events_title_idx"]
    assert conditions, "the cursor has to be found in the index"
    assert all(cursor.id in condition for condition in conditions)


def test_every_order_has_an_index_here() -> None:
    assert {*INDEXES, "RELEVANCE"} == {order.value for order in EventOrder}
