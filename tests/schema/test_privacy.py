"""Drafts stay with their team: no list, count, search, address or story tells an outsider about them."""

from collections.abc import AsyncGenerator
from typing import Any

import pytest

from tests.api import Api
from tests.schema.cast import Cast, acting
from tests.world import World, address

OUTSIDERS = ("anonymous", "attendee", "stranger")
INSIDERS = ("staff", "manager", "owner", "analyst", "administrator")
ORDERS = ("STARTS_AT_ASC", "STARTS_AT_DESC", "CREATED_AT_DESC", "TITLE_ASC")

EVENTS = """
query ($filter: EventFilter, $orderBy: EventOrder) {
  events(first: 500, filter: $filter, orderBy: $orderBy) {
    totalCount edges { node { id slug title summary category tags venue { id } } }
  }
}
"""
OF_ORGANIZATION = """
query ($id: ID!, $filter: EventFilter, $orderBy: EventOrder! = STARTS_AT_ASC) {
  organization(id: $id) {
    events(first: 500, filter: $filter, orderBy: $orderBy) {
      totalCount edges { node { id slug title summary category tags venue { id } } }
    }
  }
}
"""

ONLY_THE_DRAFT: dict[str, dict[str, Any]] = {
    "its title": {"search": "zanzibarquest"},
    "the start of its title": {"search": "zanz"},
    "its summary": {"search": "hushhushsummary"},
    "its tag": {"search": "hushhushtag"},
    "its category": {"category": ["Hushhushcategory"]},
    "its venue's city": {"city": "Vaduz"},
    "its venue's country": {"country": "LI"},
    "its status": {"status": ["DRAFT", "IN_REVIEW", "APPROVED"]},
}
"""Filters that fit the draft of the organization and none of its published events."""

ALSO_THE_DRAFT: dict[str, dict[str, Any]] = {
    "nothing in particular": {},
    "every status": {
        "status": [
            *("DRAFT", "IN_REVIEW", "APPROVED", "PUBLISHED", "LIVE", "ENDED", "POSTPONED", "CANCELLED", "ARCHIVED")
        ]
    },
    "its time": {"startsAfter": "2026-11-24T00:00:00Z", "startsBefore": "2027-01-01T00:00:00Z"},
    "being online": {"online": True},
}
"""Filters that fit the draft of the organization and its published event."""


@pytest.fixture(scope="module")
async def cast(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Cast]:
    async with acting(database_url, redis_url, tmp_path_factory.mktemp("cast")) as on_stage:
        yield on_stage


def assert_no_draft(cast: Cast, body: object) -> None:
    """Nothing in an answer comes from the draft."""
    text = str(body)
    told = [cast.ids["draft"], cast.ids["draftTier"], cast.ids["secretHall"], cast.secrets["draftSlug"], "hushhush"]
    assert [word for word in told if word in text] == []


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("wanted", ONLY_THE_DRAFT.values(), ids=ONLY_THE_DRAFT)
async def test_no_filter_finds_a_draft_for_outsiders(cast: Cast, wanted: dict[str, Any], order: str) -> None:
    here = {**wanted, "organizationId": cast.ids["team"]}
    for actor in OUTSIDERS:
        everywhere = await cast.api.run(EVENTS, {"filter": here, "orderBy": order}, by=cast.people[actor])
        beneath = await cast.api.run(
            OF_ORGANIZATION, {"id": cast.ids["team"], "filter": wanted, "orderBy": order}, by=cast.people[actor]
        )

        assert everywhere.data["events"] == {"totalCount": 0, "edges": []}
        assert beneath.data["organization"]["events"] == {"totalCount": 0, "edges": []}


@pytest.mark.parametrize("wanted", ONLY_THE_DRAFT.values(), ids=ONLY_THE_DRAFT)
async def test_the_same_filters_find_the_draft_for_insiders(cast: Cast, wanted: dict[str, Any]) -> None:
    here = {**wanted, "organizationId": cast.ids["team"]}
    for actor in INSIDERS:
        answer = await cast.api.run(EVENTS, {"filter": here}, by=cast.people[actor])

        assert [edge["node"]["id"] for edge in answer.data["events"]["edges"]] == [cast.ids["draft"]]
        assert answer.data["events"]["totalCount"] == 1


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("wanted", ALSO_THE_DRAFT.values(), ids=ALSO_THE_DRAFT)
async def test_lists_and_counts_of_outsiders_hold_only_what_is_published(
    cast: Cast, wanted: dict[str, Any], order: str
) -> None:
    variables = {"id": cast.ids["team"], "filter": wanted, "orderBy": order}
    for actor in OUTSIDERS:
        answer = await cast.api.run(OF_ORGANIZATION, variables, by=cast.people[actor])

        found = answer.data["organization"]["events"]
        assert [edge["node"]["id"] for edge in found["edges"]] == [cast.ids["published"]]
        assert found["totalCount"] == 1


async def test_the_best_match_of_a_search_is_no_draft_for_outsiders(cast: Cast) -> None:
    ranked = {"filter": {"search": "zanzibarquest"}, "orderBy": "RELEVANCE"}
    for actor in OUTSIDERS:
        answer = await cast.api.run(EVENTS, ranked, by=cast.people[actor])

        assert answer.data["events"] == {"totalCount": 0, "edges": []}


async def test_the_whole_catalogue_of_an_outsider_names_no_draft(cast: Cast) -> None:
    for actor in OUTSIDERS:
        answer = await cast.api.run(EVENTS, {}, by=cast.people[actor])

        assert_no_draft(cast, answer.body)


async def test_the_address_of_a_draft_is_like_an_address_that_nobody_took(cast: Cast) -> None:
    document = "query ($slug: String!) { event(slug: $slug) { id title } }"
    for actor in OUTSIDERS:
        taken = await cast.api.run(document, {"slug": cast.secrets["draftSlug"]}, by=cast.people[actor])
        free = await cast.api.run(document, {"slug": "nobody-took-this"}, by=cast.people[actor])

        assert taken.body == free.body == {"data": {"event": None}}
        assert taken.sql == free.sql


async def test_nodes_of_a_draft_are_holes_between_what_may_be_seen(cast: Cast) -> None:
    names = ("draft", "published", "draftTier", "tier", "secretHall", "openHall")
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    for actor in OUTSIDERS:
        answer = await cast.api.run(document, {"ids": [cast.ids[name] for name in names]}, by=cast.people[actor])

        shown = [node and node["__typename"] for node in answer.data["nodes"]]
        assert shown == [None, "Event", None, "TicketTier", None, "Venue"]
        assert_no_draft(cast, answer.body)


async def test_an_outsider_cannot_use_a_venue_or_tier_to_learn_of_it(cast: Cast) -> None:
    create = """
mutation ($input: CreateEventInput!) { createEvent(input: $input) { event { id } problems { code message path } } }
"""
    register = """
mutation ($input: RegisterInput!) { register(input: $input) { registration { id } problems { code message path } } }
"""
    planned = {
        "organizationId": cast.ids["elsewhere"],
        "title": "Somewhere else",
        "category": "Technology",
        "timezone": "UTC",
        "startsAtLocal": "2027-01-01T12:00:00",
        "endsAtLocal": "2027-01-01T13:00:00",
    }

    foreign = [
        await cast.api.run(create, {"input": {**planned, "venueId": venue}}, by=cast.people["stranger"])
        for venue in (cast.ids["secretHall"], "ven_AAAAAAAAAAAAAAAAAAAAAA")
    ]
    tiers = [
        await cast.api.run(
            register, {"input": {"eventId": cast.ids["published"], "ticketTierId": tier}}, by=cast.people["stranger"]
        )
        for tier in (cast.ids["draftTier"], "tier_" + "A" * 43)
    ]

    assert foreign[0].body == foreign[1].body
    assert foreign[0].problems("createEvent") == ["VENUE_UNKNOWN"]
    assert tiers[0].body == tiers[1].body
    assert tiers[0].problems("register") == ["TICKET_TIER_UNKNOWN"]


async def test_a_filter_by_the_tier_of_a_draft_is_like_one_by_no_tier(cast: Cast) -> None:
    document = """
query ($id: ID!, $tier: ID!) {
  user(id: $id) { registrations(filter: {ticketTierId: $tier}) { totalCount edges { node { id } } } }
}
"""
    tiers = (cast.ids["draftTier"], "tier_" + "A" * 43)

    answers = [
        await cast.api.run(document, {"id": cast.ids["ownUser"], "tier": tier}, by=cast.people["attendee"])
        for tier in tiers
    ]

    assert answers[0].body == answers[1].body
    assert answers[0].data["user"]["registrations"]["totalCount"] == 0


async def test_what_was_public_stays_public_and_what_was_not_never_becomes_so(api: Api) -> None:
    """Cancelled and postponed events are shown when they had been published; archived ones only to those concerned."""
    world, guest = World(api), address("guest")
    team = await world.team()
    called_off, put_off, kept = [await world.event(team) for _ in range(3)]
    never_shown = await world.event(team, published=False)
    await world.register(kept, guest)
    await world.move(called_off.id, "cancel", team.manager)
    await world.move(put_off.id, "postpone", team.manager)
    await world.move(never_shown.id, "submit", team.manager)
    await world.move(never_shown.id, "cancel", team.manager)
    await world.move(kept.id, "cancel", team.manager)
    await world.move(kept.id, "archive", team.manager)
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Event { status } } }"
    events = {"ids": [called_off.id, put_off.id, never_shown.id, kept.id]}

    seen = {
        who: [event and event["status"] for event in (await api.run(document, events, by=by)).data["nodes"]]
        for who, by in {"anonymous": None, "guest": guest, "staff": team.staff}.items()
    }

    assert seen == {
        "anonymous": ["CANCELLED", "POSTPONED", None, None],
        "guest": ["CANCELLED", "POSTPONED", None, "ARCHIVED"],
        "staff": ["CANCELLED", "POSTPONED", "CANCELLED", "ARCHIVED"],
    }
