"""Statement budgets: how many a list takes is known, and does not grow with the page."""

import re
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

import pytest

from tests.api import Answer, Api, Clock, running_api
from tests.operations.crowd import ADMIN, GUEST, HOUSE, OWNER, PEOPLE, make_events, make_guests, make_people
from tests.operations.databases import NOON, own_database


@dataclass(frozen=True, slots=True)
class Operation:
    """A selection with a list of `$first` entries, who runs it, and how many statements that may take."""

    selection: str
    by: str | None
    budget: int


EVENT = "id title organization { name } venue { name } capacityStatus { available } ticketTiers { name available }"
POOL = "name available ticketTiers { name }"
ENTRY = "id rank user { name } ticketTier { name } registration { id } viewerCan event { title organization { name } }"
REGISTRATION = "id user { name } ticketTier { name } tickets { code } event { title organization { name } }"


def listed(field: str, node: str, also: str = "") -> str:
    """A connection with what is selected of its nodes and beside them."""
    return f"{field} {{ {also} edges {{ node {{ {node} }} }} }}"


def of_house(selection: str) -> str:
    return f'organization(slug: "{HOUSE}") {{ {selection} }}'


MANY = "(first: $first)"
OPERATIONS = {
    "events": Operation(listed(f"events{MANY}", EVENT), None, 2),
    "events for a viewer": Operation(
        listed(f"events{MANY}", f"{EVENT} viewerCan availableTransitions {{ to }} viewerRegistration {{ id }}"),
        GUEST,
        4,
    ),
    "organizations and their events": Operation(
        listed(f"organizations{MANY}", listed("events(first: 3)", EVENT)), None, 3
    ),
    "events of an organization": Operation(of_house(listed(f"events{MANY}", EVENT)), None, 3),
    "events and their registrations": Operation(
        of_house(listed(f"events{MANY}", listed("registrations(first: 2)", REGISTRATION))), OWNER, 7
    ),
    "members": Operation(of_house(listed(f"members{MANY}", "role user { name } organization { name }")), OWNER, 4),
    "venues": Operation(of_house(listed(f"venues{MANY}", "name city")), OWNER, 3),
    "history with actors": Operation(of_house(listed(f"history{MANY}", "kind actor { name }")), OWNER, 4),
    "events and their history with actors": Operation(
        of_house(listed(f"events{MANY}", listed("history(first: 2)", "kind actor { name }"))), OWNER, 5
    ),
    "my registrations": Operation(f"viewer {{ {listed(f'registrations{MANY}', REGISTRATION)} }}", GUEST, 6),
    "events and their pools": Operation(
        of_house(
            listed(
                f"events{MANY}",
                f"capacityPools {{ {POOL} }} ticketTiers {{ capacityPools {{ name }} }} waitlistPolicy {{ lookPast }}",
            )
        ),
        None,
        5,
    ),
    "events and their waiting lists": Operation(
        of_house(listed(f"events{MANY}", listed("waitlist(first: 2)", ENTRY) + " viewerWaitlistEntry { id }")),
        OWNER,
        8,
    ),
    "events and what is kept back": Operation(
        of_house(
            listed(f"events{MANY}", listed("capacityBlocks(first: 2)", "owner pools { name } createdBy { name }"))
        ),
        OWNER,
        6,
    ),
    "my waiting-list entries": Operation(f"viewer {{ {listed(f'waitlistEntries{MANY}', ENTRY)} }}", GUEST, 7),
    "users and their registrations": Operation(
        listed(
            f"users{MANY}",
            "name memberships { role } onboarding { completed } " + listed("registrations(first: 2)", REGISTRATION),
        ),
        ADMIN,
        8,
    ),
}

TOTALS: dict[str, tuple[Callable[[str], str], str | None]] = {
    "events": (lambda also: listed("events(first: 1)", "id", also), None),
    "organizations": (lambda also: listed("organizations(first: 1)", "id", also), None),
    "users": (lambda also: listed("users(first: 1)", "id", also), ADMIN),
    "members": (lambda also: of_house(listed("members(first: 1)", "id", also)), OWNER),
    "venues": (lambda also: of_house(listed("venues(first: 1)", "id", also)), OWNER),
    "registrations": (lambda also: f"viewer {{ {listed('registrations(first: 1)', 'id', also)} }}", GUEST),
    "events of organizations": (
        lambda also: listed("organizations(first: 5)", listed("events(first: 1)", "id", also)),
        None,
    ),
    "registrations of events": (
        lambda also: of_house(listed("events(first: 5)", listed("registrations(first: 1)", "id", also))),
        OWNER,
    ),
    "my waiting-list entries": (lambda also: f"viewer {{ {listed('waitlistEntries(first: 1)', 'id', also)} }}", GUEST),
    "waiting lists of events": (
        lambda also: of_house(listed("events(first: 5)", listed("waitlist(first: 1)", "id", also))),
        OWNER,
    ),
    "blocks of events": (
        lambda also: of_house(listed("events(first: 5)", listed("capacityBlocks(first: 1)", "id", also))),
        OWNER,
    ),
    "history": (lambda also: of_house(listed("history(first: 1)", "kind", also)), OWNER),
}


@pytest.fixture(scope="module")
async def crowded(
    postgres_admin_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Api]:
    """The application over many rows of everything; nothing here changes them."""
    async with own_database(postgres_admin_url) as url:
        await make_people(url, NOON)
        await make_events(url, NOON, last=120)
        await make_guests(url, NOON)
        async with running_api(url, redis_url, tmp_path_factory.mktemp("home"), Clock(NOON)) as api:
            yield api


def entries(answer: Answer) -> int:
    """How many entries all lists of an answer have together."""
    return str(answer.data).count("'node': ")


@pytest.mark.parametrize("name", OPERATIONS)
async def test_a_longer_page_takes_no_more_statements(crowded: Api, name: str) -> None:
    operation = OPERATIONS[name]

    document = f"query ($first: Int!) {{ {operation.selection} }}"
    short = await crowded.run(document, {"first": 2}, by=operation.by)
    long = await crowded.run(document, {"first": 50}, by=operation.by)

    assert entries(short) >= 2
    assert entries(long) >= 50
    assert without_limits(long.sql) == without_limits(short.sql)
    assert len(long.sql) <= operation.budget


def without_limits(statements: list[str]) -> list[str]:
    """The statements as far as they do not depend on the size of a page, which stands in their text."""
    return sorted(re.sub(r"LIMIT \d+", "LIMIT", sql) for sql in statements)


@pytest.mark.parametrize("name", TOTALS)
async def test_a_total_is_counted_only_when_asked_for(crowded: Api, name: str) -> None:
    document, by = TOTALS[name]

    without = await crowded.run(f"{{ {document('')} }}", by=by)
    with_total = await crowded.run(f"{{ {document('totalCount')} }}", by=by)

    assert not [sql for sql in without.sql if "count(*) AS total" in sql]
    assert len(with_total.sql) == len(without.sql) + 1
    assert "'totalCount': " in str(with_total.data)


async def test_a_total_counts_the_whole_list_and_not_the_page(crowded: Api) -> None:
    answer = await crowded.run("{ organizations(first: 3, after: null) { totalCount edges { node { id } } } }")

    assert answer.data["organizations"]["totalCount"] == PEOPLE
    assert len(answer.data["organizations"]["edges"]) == 3


async def test_a_total_without_entries_reads_no_entry_that_it_would_not_show(crowded: Api) -> None:
    answer = await crowded.run("{ events(first: 0) { totalCount edges { node { id } } pageInfo { hasNextPage } } }")

    assert answer.data["events"] == {"totalCount": 120, "edges": [], "pageInfo": {"hasNextPage": True}}
