"""Paging through the API: nothing twice, nothing left out, whatever the order, the filter, or who writes meanwhile."""

import base64
import json
import random
from collections.abc import AsyncGenerator, Callable
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from domain.pagination import Cursor
from domain.queries import EventOrder
from tests.api import Api, Clock, running_api
from tests.operations.crowd import ADMIN, GUEST, HOUSE, OWNER, connected, make_events, make_guests, make_people
from tests.operations.databases import NOON, own_database
from tests.schema.lists import EVENTS, Node, nodes, ordered, page

ORDERS = ("STARTS_AT_ASC", "STARTS_AT_DESC", "CREATED_AT_DESC", "TITLE_ASC", "RELEVANCE")
COUNT = 90


@pytest.fixture(scope="module")
async def crowded(
    postgres_admin_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Api]:
    """The application over many rows of everything; nothing that uses it changes them."""
    async with own_database(postgres_admin_url) as url:
        await make_people(url, NOON)
        await make_events(url, NOON, last=COUNT)
        await make_guests(url, NOON)
        async with running_api(url, redis_url, tmp_path_factory.mktemp("home"), Clock(NOON)) as api:
            yield api


async def whole(api: Api, order: str, filter_: dict[str, Any] | None = None) -> list[Node]:
    found = await page(api, first=500, **ordered(order, filter_))
    assert not found["pageInfo"]["hasNextPage"]
    return nodes(found)


async def walked(api: Api, variables: dict[str, Any], size: int, *, backward: bool = False) -> list[Node]:
    """Every entry, met by paging from one end to the other."""
    seen: list[Node] = []
    cursor: str | None = None
    while True:
        window = {"last": size, "before": cursor} if backward else {"first": size, "after": cursor}
        found = await page(api, **window, **variables)
        info = found["pageInfo"]
        seen = nodes(found) + seen if backward else seen + nodes(found)
        assert len(found["edges"]) <= size
        assert info["hasNextPage" if backward else "hasPreviousPage"] is (cursor is not None)
        if not info["hasPreviousPage" if backward else "hasNextPage"]:
            return seen
        cursor = info["startCursor" if backward else "endCursor"]


# --- Whole lists ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("size", [7, 30])
@pytest.mark.parametrize("order", ORDERS)
async def test_pages_make_the_whole_list(crowded: Api, order: str, size: int, *, backward: bool) -> None:
    expected = await whole(crowded, order)

    assert await walked(crowded, ordered(order), size, backward=backward) == expected
    assert len({node["id"] for node in expected}) == len(expected) > size


KEYS: dict[str, Callable[[Node], str]] = {
    "STARTS_AT_ASC": lambda node: node["startsAt"],
    "STARTS_AT_DESC": lambda node: node["startsAt"],
    "CREATED_AT_DESC": lambda node: node["createdAt"],
    "TITLE_ASC": lambda node: node["title"].lower(),
}


@pytest.mark.parametrize("order", KEYS)
async def test_a_list_is_in_its_order_and_equal_keys_in_that_of_their_ids(crowded: Api, order: str) -> None:
    found = await whole(crowded, order)

    assert len(found) == COUNT
    pairs = [(KEYS[order](node), node["id"]) for node in found]
    assert len({key for key, _ in pairs}) < len(pairs), "some keys have to be equal"
    numbers = [(key, int(node["slug"].removeprefix("event-"))) for (key, _), node in zip(pairs, found, strict=True)]
    assert numbers == sorted(numbers, reverse=order.endswith("DESC"))


async def test_the_most_relevant_comes_first(crowded: Api) -> None:
    titles = [node["title"] for node in await whole(crowded, "RELEVANCE")]

    # Equal titles lie together within the weight of their tags and categories; the one full of jazz leads.
    assert titles[0] == "jazz jazz Jazz"
    assert titles[-1] not in {"jazz jazz Jazz", "Jazz night", "jazz evening"}


@pytest.mark.parametrize("order", ORDERS)
async def test_a_page_in_the_middle_is_the_same_from_both_sides(crowded: Api, order: str) -> None:
    edges = (await page(crowded, first=30, **ordered(order)))["edges"]

    after = await page(crowded, first=10, after=edges[9]["cursor"], **ordered(order))
    before = await page(crowded, last=10, before=edges[20]["cursor"], **ordered(order))

    assert after["edges"] == before["edges"] == edges[10:20]
    assert after["pageInfo"] == before["pageInfo"] | {"hasNextPage": True, "hasPreviousPage": True}


async def test_other_lists_page_without_gaps_too(crowded: Api) -> None:
    ends = "pageInfo { endCursor startCursor hasNextPage hasPreviousPage }"
    lists = {
        "organizations": (f"organizations(%s) {{ edges {{ node {{ id }} }} {ends} }}", None),
        "users": (f"users(%s) {{ edges {{ node {{ id }} }} {ends} }}", ADMIN),
        "members": (f"members(%s) {{ edges {{ node {{ id }} }} {ends} }}", OWNER),
        "venues": (f"venues(%s) {{ edges {{ node {{ id }} }} {ends} }}", OWNER),
        "history": (f"history(%s) {{ edges {{ node {{ version }} }} {ends} }}", OWNER),
        "registrations": (f"registrations(%s) {{ edges {{ node {{ id }} }} {ends} }}", GUEST),
    }
    for name, (selection, by) in lists.items():
        parent = {"registrations": "viewer", "organizations": "", "users": ""}.get(
            name, f'organization(slug: "{HOUSE}")'
        )

        async def read(given: str, parent: str = parent, selection: str = selection, by: str | None = by) -> Any:
            document = f"{{ {parent} {{ {selection % given} }} }}" if parent else f"{{ {selection % given} }}"
            data = (await crowded.run(document, by=by)).data
            while "edges" not in data:
                [data] = data.values()
            return data

        expected = [json.dumps(edge) for edge in (await read("first: 500"))["edges"]]
        forward: list[str] = []
        found = await read("first: 13")
        while True:
            forward += [json.dumps(edge) for edge in found["edges"]]
            if not found["pageInfo"]["hasNextPage"]:
                break
            found = await read(f'first: 13, after: "{found["pageInfo"]["endCursor"]}"')
        backward: list[str] = []
        found = await read("last: 13")
        while True:
            backward = [json.dumps(edge) for edge in found["edges"]] + backward
            if not found["pageInfo"]["hasPreviousPage"]:
                break
            found = await read(f'last: 13, before: "{found["pageInfo"]["startCursor"]}"')
        assert forward == backward == expected, name
        assert len(set(forward)) == len(forward) > 40, name


# --- Filters --------------------------------------------------------------------------------------------------------

FILTERS: dict[str, tuple[Any, Callable[[Node], bool]]] = {
    "status": (["LIVE", "ENDED", "POSTPONED"], lambda node: node["status"] in {"LIVE", "ENDED", "POSTPONED"}),
    "category": (["Music", "Sport"], lambda node: node["category"] in {"Music", "Sport"}),
    "startsAfter": (
        (NOON + timedelta(hours=3)).isoformat(),
        lambda node: datetime.fromisoformat(node["startsAt"]) >= NOON + timedelta(hours=3),
    ),
    "startsBefore": (
        (NOON + timedelta(hours=20)).isoformat(),
        lambda node: datetime.fromisoformat(node["startsAt"]) < NOON + timedelta(hours=20),
    ),
    "city": ("lJUBLJANA", lambda node: bool(node["venue"]) and node["venue"]["city"] == "Ljubljana"),
    "country": ("at", lambda node: bool(node["venue"]) and node["venue"]["country"] == "AT"),
    "online": (False, lambda node: not node["online"]),
}


@pytest.mark.parametrize("seed", range(8))
async def test_filters_combine_with_each_other_and_with_every_order(crowded: Api, seed: int) -> None:
    chosen = random.Random(seed)  # noqa: S311 - the same choice in every run
    names = chosen.sample(sorted(FILTERS), chosen.randint(0, 3))
    given = {name: FILTERS[name][0] for name in names}
    for order in ORDERS:
        expected = [node for node in await whole(crowded, order) if all(FILTERS[name][1](node) for name in names)]

        found = await page(crowded, first=500, **ordered(order, given))

        assert nodes(found) == expected, (order, given)
        assert found["totalCount"] == len(expected)
        assert await walked(crowded, ordered(order, given), 9) == expected


async def test_a_filter_by_organization_leaves_only_its_events(crowded: Api) -> None:
    everything = await whole(crowded, "STARTS_AT_ASC")
    organization = everything[0]["organization"]["id"]

    found = await whole(crowded, "STARTS_AT_ASC", {"organizationId": organization})

    assert found == [node for node in everything if node["organization"]["id"] == organization]


async def test_what_can_be_registered_for_and_what_cannot_make_the_whole_list(crowded: Api) -> None:
    everything = await whole(crowded, "TITLE_ASC")

    free = await whole(crowded, "TITLE_ASC", {"hasAvailability": True})
    taken = await whole(crowded, "TITLE_ASC", {"hasAvailability": False})

    assert free
    assert {node["status"] for node in free} <= {"PUBLISHED", "LIVE"}
    assert sorted(node["id"] for node in free + taken) == sorted(node["id"] for node in everything)


@pytest.mark.parametrize("given", [{"status": []}, {"category": []}, {"search": "!!"}, {"city": "Atlantis"}])
async def test_a_filter_that_nothing_passes_makes_an_empty_list(crowded: Api, given: dict[str, Any]) -> None:
    found = await page(crowded, first=10, filter=given)

    assert found == {
        "edges": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None},
        "totalCount": 0,
    }


# --- While others write ---------------------------------------------------------------------------------------------

INSERT = """
INSERT INTO events (id, organization_id, slug, title, category, status, starts_at_local, ends_at_local, timezone,
    starts_at, ends_at, online, published_at, created_by, created_at, updated_at)
SELECT gen_random_uuid(), organization_id, 'new-' || gen_random_uuid(), title, category, 'PUBLISHED', starts_at_local,
    ends_at_local, timezone, starts_at, ends_at, online, published_at, created_by, created_at, updated_at
FROM events WHERE slug = $1
"""
ALONGSIDE = """
INSERT INTO event_heads (event_id, sales_until) SELECT id, ends_at FROM events ON CONFLICT DO NOTHING;
INSERT INTO capacity_pools (event_id, id, kind) SELECT id, id, 'EVENT' FROM events ON CONFLICT DO NOTHING;
"""


@pytest.mark.parametrize("order", ORDERS)
async def test_rows_inserted_between_pages_repeat_and_hide_nothing(
    fresh_api: Api, fresh_database_url: str, order: str
) -> None:
    await make_people(fresh_database_url, NOON)
    await make_events(fresh_database_url, NOON, last=40)
    chosen = random.Random(order)  # noqa: S311 - the same choice in every run
    for backward in (False, True):
        old = [node["id"] for node in await whole(fresh_api, order)]
        seen: list[str] = []
        cursor: str | None = None
        while True:
            window = {"last": 5, "before": cursor} if backward else {"first": 5, "after": cursor}
            found = await page(fresh_api, **window, **ordered(order))
            met = [node["id"] for node in nodes(found)]
            seen = met + seen if backward else seen + met
            if not found["pageInfo"]["hasPreviousPage" if backward else "hasNextPage"]:
                break
            cursor = found["pageInfo"]["startCursor" if backward else "endCursor"]
            # Twins of old rows fall before, between and after what has been seen.
            async with connected(fresh_database_url) as connection:
                for _ in range(3):
                    await connection.execute(INSERT, f"event-{chosen.randint(1, 40)}")
                await connection.execute(ALONGSIDE)

        assert len(set(seen)) == len(seen)
        assert [id_ for id_ in seen if id_ in set(old)] == old
        assert len(seen) > len(old)


async def test_a_page_goes_on_behind_a_row_that_was_deleted(fresh_api: Api, fresh_database_url: str) -> None:
    await make_people(fresh_database_url, NOON)
    await make_events(fresh_database_url, NOON, last=10)
    expected = await whole(fresh_api, "TITLE_ASC")
    first = await page(fresh_api, first=4, **ordered("TITLE_ASC"))
    async with connected(fresh_database_url) as connection:
        await connection.execute(
            "UPDATE events SET status = 'DRAFT', published_at = NULL WHERE slug = $1", expected[3]["slug"]
        )

    second = await page(fresh_api, first=6, after=first["pageInfo"]["endCursor"], **ordered("TITLE_ASC"))

    assert nodes(second) == expected[4:]


# --- Bad input ------------------------------------------------------------------------------------------------------


def cursor_of(*parts: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


ID = "00000000-0000-4000-8000-000000000001"
START = "2026-11-23 12:00:00+00"


@pytest.mark.parametrize(
    "window",
    [
        {"first": -1},
        {"first": 501},
        {"last": -1},
        {"last": 501},
        {"first": 1, "last": 1},
        {"first": 1, "before": cursor_of("STARTS_AT_ASC", START, ID)},
        {"last": 1, "after": cursor_of("STARTS_AT_ASC", START, ID)},
        {"after": cursor_of("STARTS_AT_ASC", START, ID), "before": cursor_of("STARTS_AT_ASC", START, ID)},
        {"after": ""},
        {"after": "garbage"},
        {"after": "Ä"},
        {"after": "===="},
        {"after": cursor_of("STARTS_AT_DESC", START, ID)},
        {"after": cursor_of("TITLE_ASC", "title", ID)},
        {"before": cursor_of("organizations", "house", ID)},
        {"after": cursor_of("STARTS_AT_ASC", START)},
        {"after": cursor_of("STARTS_AT_ASC", START, ID, "more")},
        {"after": cursor_of("STARTS_AT_ASC", None, ID)},
        {"after": cursor_of("STARTS_AT_ASC", 7, ID)},
        {"after": cursor_of("STARTS_AT_ASC", "yesterday evening", ID)},
        {"after": cursor_of("STARTS_AT_ASC", "2026-13-45", ID)},
        {"after": cursor_of("STARTS_AT_ASC", "999999-01-01", ID)},
        {"after": cursor_of("STARTS_AT_ASC", "", ID)},
        {"after": cursor_of("STARTS_AT_ASC", START, "no id")},
        {"after": cursor_of("STARTS_AT_ASC", START, "")},
        {"after": cursor_of("STARTS_AT_ASC", "'; DROP TABLE events; --", ID)},
        {"before": cursor_of("STARTS_AT_ASC", "\x00", ID)},
        {"before": cursor_of("STARTS_AT_ASC", "\ud800", ID)},
    ],
    ids=json.dumps,
)
async def test_a_window_that_makes_no_sense_is_bad_input(crowded: Api, window: dict[str, Any]) -> None:
    answer = await crowded.run(EVENTS, {"order": "STARTS_AT_ASC", **window})

    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.status in {200, 400}


@pytest.mark.parametrize("rank", ["", "high", "1e999", "0x", "\x00"])
async def test_a_tampered_rank_is_bad_input(crowded: Api, rank: str) -> None:
    answer = await crowded.run(EVENTS, {"after": cursor_of("RELEVANCE", rank, ID), **ordered("RELEVANCE")})

    assert answer.codes == ["BAD_USER_INPUT"]


async def test_relevance_needs_something_to_be_relevant_to(crowded: Api) -> None:
    answer = await crowded.run(EVENTS, {"order": "RELEVANCE"})

    assert answer.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("parent", ["members", "venues", "history", "events"])
async def test_a_tampered_cursor_of_a_nested_list_is_bad_input(crowded: Api, parent: str) -> None:
    inner = "kind" if parent == "history" else "id"
    selection = f"{parent}(first: 1, after: $after) {{ edges {{ cursor node {{ {inner} }} }} }}"
    document = f'query ($after: String) {{ organization(slug: "{HOUSE}") {{ {selection} }} }}'
    answer = await crowded.run(document, by=OWNER)
    [edge] = answer.data["organization"][parent]["edges"]
    order = cast("list[str]", json.loads(base64.urlsafe_b64decode(edge["cursor"] + "==")))[0]

    for cursor in (Cursor(order, "tampered", "tampered"), Cursor(order, "1", "x"), Cursor("other", "1", ID)):
        tampered = await crowded.run(document, {"after": cursor.encode()}, by=OWNER)
        assert tampered.codes == ["BAD_USER_INPUT"]


async def test_a_page_may_be_empty_or_as_long_as_allowed(crowded: Api) -> None:
    empty = await page(crowded, first=0)
    longest = await page(crowded, last=500)

    assert empty["edges"] == []
    assert empty["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": None,
        "endCursor": None,
    }
    assert len(longest["edges"]) == COUNT


def test_every_order_is_paged_here() -> None:
    assert set(ORDERS) == {order.value for order in EventOrder}
