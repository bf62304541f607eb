"""The life of events through the API: drafting, editing, moving, copying, and what is refused on the way."""

from datetime import datetime
from typing import Any

import pytest

from tests.api import Api
from tests.commands import change, codes, refusals
from tests.world import Listed, Team, World, address

LIFE = "event { id status version publishedAt availableTransitions { to allowed reason } }"
READ = """
query ($id: ID!) {
  event(id: $id) {
    id slug title summary description category tags status startsAt endsAt startsAtLocal endsAtLocal timezone online
    url capacity publishedAt createdAt updatedAt version venue { id }
    capacityStatus { version capacity }
    ticketTiers { name quota sold available salesStartAt salesEndAt perPersonLimit price { amountMinor currency } }
    availableTransitions { to allowed reason }
  }
}
"""


async def read(api: Api, event_id: str, by: str) -> dict[str, Any]:
    return (await api.run(READ, {"id": event_id}, by=by)).data["event"]


async def history(api: Api, event_id: str, by: str) -> list[dict[str, Any]]:
    document = "query ($id: ID!) { event(id: $id) { history { edges { node { kind version } } } } }"
    answer = await api.run(document, {"id": event_id}, by=by)
    return [edge["node"] for edge in answer.data["event"]["history"]["edges"]]


def allowed(event: dict[str, Any]) -> set[str]:
    return {way["to"] for way in event["availableTransitions"] if way["allowed"]}


async def draft(api: Api, **details: Any) -> tuple[World, Team, Listed]:
    world = World(api)
    team = await world.team()
    return world, team, await world.event(team, published=False, **details)


async def test_event_goes_through_its_whole_life_with_every_way_told_beforehand(api: Api) -> None:
    _, team, event = await draft(api)
    assert allowed(await read(api, event.id, team.manager)) == {"APPROVED", "ARCHIVED"}

    submitted = await change(api, team.manager, "submitEvent", LIFE, id=event.id)
    assert submitted["event"]["status"] == "APPROVED"
    assert allowed(submitted["event"]) == {"PUBLISHED", "CANCELLED"}
    assert submitted["event"]["publishedAt"] is None

    published = await change(api, team.manager, "publishEvent", LIFE, id=event.id)
    assert published["event"]["status"] == "PUBLISHED"
    assert allowed(published["event"]) == {"POSTPONED", "CANCELLED"}
    assert published["event"]["publishedAt"] == api.clock.now.isoformat()

    postponed = await change(api, team.manager, "postponeEvent", LIFE, id=event.id)
    assert allowed(postponed["event"]) == {"PUBLISHED", "CANCELLED"}

    cancelled = await change(api, team.manager, "cancelEvent", LIFE, id=event.id)
    assert allowed(cancelled["event"]) == {"ARCHIVED"}

    archived = await change(api, team.manager, "archiveEvent", LIFE, id=event.id)
    assert allowed(archived["event"]) == set()
    assert archived["event"]["version"] == 6
    assert [line["kind"] for line in await history(api, event.id, team.manager)] == [
        "EventArchived",
        "EventCancelled",
        "EventPostponed",
        "EventPublished",
        "EventApproved",
        "TicketTierCreated",
        "EventCreated",
    ]


async def test_every_refused_way_has_a_reason_and_every_allowed_one_has_none(api: Api) -> None:
    world, team, event = await draft(api)
    for verb in (None, "submit", "publish", "postpone", "cancel", "archive"):
        if verb:
            await world.move(event.id, verb, team.manager)
        seen = await read(api, event.id, team.manager)
        ways = seen["availableTransitions"]
        assert len(ways) == 8
        assert seen["status"] not in {way["to"] for way in ways}
        assert all((way["reason"] is None) == way["allowed"] for way in ways)


@pytest.mark.parametrize(
    ("reached", "verb", "target"),
    [
        ([], "publish", "PUBLISHED"),
        ([], "postpone", "POSTPONED"),
        ([], "cancel", "CANCELLED"),
        (["submit"], "submit", "APPROVED"),
        (["submit"], "postpone", "POSTPONED"),
        (["submit"], "archive", "ARCHIVED"),
        (["submit", "publish"], "publish", "PUBLISHED"),
        (["submit", "publish"], "archive", "ARCHIVED"),
        (["submit", "publish", "cancel"], "publish", "PUBLISHED"),
        (["submit", "publish", "cancel", "archive"], "submit", "APPROVED"),
    ],
)
async def test_refused_move_says_what_was_said_before_it(api: Api, reached: list[str], verb: str, target: str) -> None:
    world, team, event = await draft(api)
    for earlier in reached:
        await world.move(event.id, earlier, team.manager)
    before = await read(api, event.id, team.manager)
    [way] = [way for way in before["availableTransitions"] if way["to"] == target] or [None]

    [problem] = await refusals(api, team.manager, f"{verb}Event", id=event.id)

    assert problem["code"] == "TRANSITION_NOT_ALLOWED"
    if way is not None:
        assert not way["allowed"]
        assert way["reason"].lower() in problem["message"].lower()
    assert await read(api, event.id, team.manager) == before


async def test_staff_are_told_that_their_role_allows_no_move(api: Api) -> None:
    _, team, event = await draft(api)

    seen = await read(api, event.id, team.staff)

    reasons = {way["to"]: way["reason"] for way in seen["availableTransitions"]}
    assert reasons["APPROVED"] == "Your role does not allow it."
    assert allowed(seen) == set()


async def test_published_event_goes_live_and_ends_by_the_clock_alone(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team)

    api.clock.advance(days=10, seconds=-1)
    assert (await read(api, event.id, team.manager))["status"] == "PUBLISHED"
    api.clock.advance(seconds=1)
    live = await read(api, event.id, team.manager)
    assert (live["status"], allowed(live)) == ("LIVE", {"POSTPONED", "CANCELLED"})
    api.clock.advance(hours=3, seconds=-1)
    assert (await read(api, event.id, team.manager))["status"] == "LIVE"
    api.clock.advance(seconds=1)
    ended = await read(api, event.id, team.manager)
    assert (ended["status"], allowed(ended)) == ("ENDED", {"ARCHIVED"})
    assert ended["version"] == live["version"]


async def test_ended_event_can_only_be_archived(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team)
    api.clock.advance(days=11)

    for verb in ("submit", "publish", "postpone", "cancel"):
        assert await codes(api, team.manager, f"{verb}Event", id=event.id) == ["TRANSITION_NOT_ALLOWED"]
    assert await codes(api, team.manager, "updateEvent", id=event.id, title="Too late") == ["EVENT_NOT_EDITABLE"]
    tier = {"eventId": event.id, "name": "Late", "price": {"amountMinor": 1, "currency": "EUR"}}
    assert await codes(api, team.manager, "createTicketTier", **tier) == ["EVENT_NOT_EDITABLE"]
    archived = await world.move(event.id, "archive", team.manager)
    assert archived["event"]["status"] == "ARCHIVED"


async def test_postponed_event_is_published_again_with_new_dates_and_keeps_its_first_publication(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team)
    first = (await read(api, event.id, team.manager))["publishedAt"]
    await world.move(event.id, "postpone", team.manager, reason="The hall is flooded.")
    api.clock.advance(days=20)
    [problem] = await refusals(api, team.manager, "publishEvent", id=event.id)
    assert "new date" in problem["message"]

    await change(
        api,
        team.manager,
        "updateEvent",
        "event { id }",
        id=event.id,
        startsAtLocal="2027-03-01T18:00",
        endsAtLocal="2027-03-01T20:00",
    )
    again = await change(api, team.manager, "publishEvent", "event { status publishedAt startsAt }", id=event.id)

    assert again["event"] == {"status": "PUBLISHED", "publishedAt": first, "startsAt": "2027-03-01T18:00:00+00:00"}


async def test_draft_without_a_place_cannot_be_submitted(api: Api) -> None:
    _, team, event = await draft(api, online=False)

    [problem] = await refusals(api, team.manager, "submitEvent", id=event.id)

    assert problem["code"] == "TRANSITION_NOT_ALLOWED"
    assert "venue" in problem["message"]


async def test_draft_in_the_past_cannot_be_submitted(api: Api) -> None:
    _, team, event = await draft(api, startsAtLocal="2026-11-20T10:00", endsAtLocal="2026-11-20T12:00")

    [problem] = await refusals(api, team.manager, "submitEvent", id=event.id)

    assert "past" in problem["message"]


async def test_published_event_cannot_lose_its_place(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team)

    [problem] = await refusals(api, team.manager, "updateEvent", id=event.id, online=False)

    assert (problem["code"], problem["path"]) == ("PLACE_MISSING", ["venueId"])


async def test_published_event_cannot_be_moved_into_the_past(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team)

    times = {"startsAtLocal": "2026-11-01T10:00", "endsAtLocal": "2026-11-01T12:00"}
    [problem] = await refusals(api, team.manager, "updateEvent", id=event.id, **times)

    assert (problem["code"], problem["path"]) == ("IN_THE_PAST", ["endsAtLocal"])


async def test_all_problems_of_an_input_are_told_at_once_with_their_paths(api: Api) -> None:
    world = World(api)
    team = await world.team()

    problems = await refusals(
        api,
        team.manager,
        "createEvent",
        organizationId=team.id,
        title="x" * 201,
        category="   ",
        startsAtLocal="2027-01-02T10:00",
        endsAtLocal="2027-01-02T10:00",
        timezone="Europe/Ljubljana",
        slug="Not A Slug",
        summary="two\nlines",
        description="<script>alert(1)</script>",
        tags=["fine", "y" * 41, *(f"tag {number}" for number in range(19))],
        url="javascript:alert(1)",
        capacity=0,
    )

    assert {(problem["code"], ".".join(problem["path"])) for problem in problems} == {
        ("OUT_OF_RANGE", "capacity"),
        ("TOO_LONG", "title"),
        ("REQUIRED", "category"),
        ("INVALID", "slug"),
        ("INVALID_TEXT", "summary"),
        ("HTML_NOT_ALLOWED", "description"),
        ("TOO_LONG", "tags.1"),
        ("TOO_MANY", "tags"),
        ("INVALID", "url"),
        ("END_BEFORE_START", "endsAtLocal"),
    }
    assert not any(problem["retryable"] for problem in problems)


async def test_unknown_zone_and_long_events_are_refused(api: Api) -> None:
    _, team, event = await draft(api)

    [zone] = await refusals(api, team.manager, "updateEvent", id=event.id, timezone="Mars/Olympus")
    [length] = await refusals(api, team.manager, "updateEvent", id=event.id, endsAtLocal="2028-01-01T00:00")
    [year] = await refusals(
        api, team.manager, "updateEvent", id=event.id, startsAtLocal="1999-12-31T23:00", endsAtLocal="2000-01-01T01:00"
    )

    assert (zone["code"], zone["path"]) == ("INVALID", ["timezone"])
    assert (length["code"], length["path"]) == ("INVALID", ["endsAtLocal"])
    assert (year["code"], year["path"]) == ("OUT_OF_RANGE", ["startsAtLocal"])


async def test_schedule_over_a_change_of_clocks_keeps_what_the_wall_shows(api: Api) -> None:
    _, team, event = await draft(
        api, timezone="Europe/Ljubljana", startsAtLocal="2027-03-27T20:00", endsAtLocal="2027-03-28T08:00"
    )

    seen = await read(api, event.id, team.manager)

    # Clocks go forward at two that night: twelve hours on the wall are eleven.
    assert (seen["startsAt"], seen["endsAt"]) == ("2027-03-27T19:00:00+00:00", "2027-03-28T06:00:00+00:00")
    assert (seen["startsAtLocal"], seen["endsAtLocal"]) == ("2027-03-27T20:00:00", "2027-03-28T08:00:00")


async def test_another_zone_keeps_the_local_times_and_moves_the_instants(api: Api) -> None:
    _, team, event = await draft(
        api, timezone="Europe/Ljubljana", startsAtLocal="2027-07-01T20:00", endsAtLocal="2027-07-01T22:00"
    )

    await change(api, team.manager, "updateEvent", "event { id }", id=event.id, timezone="America/New_York")

    seen = await read(api, event.id, team.manager)
    assert (seen["startsAtLocal"], seen["startsAt"]) == ("2027-07-01T20:00:00", "2027-07-02T00:00:00+00:00")
    assert (seen["endsAtLocal"], seen["endsAt"]) == ("2027-07-01T22:00:00", "2027-07-02T02:00:00+00:00")


async def test_local_time_that_clocks_skip_is_refused_with_the_next_one(api: Api) -> None:
    _, team, event = await draft(api)

    [problem] = await refusals(
        api,
        team.manager,
        "updateEvent",
        id=event.id,
        timezone="Europe/Ljubljana",
        startsAtLocal="2027-03-28T02:30",
        endsAtLocal="2027-03-28T06:00",
    )

    assert (problem["code"], problem["path"]) == ("NONEXISTENT_LOCAL_TIME", ["startsAtLocal"])
    assert "2027-03-28T03:00" in problem["message"]


@pytest.mark.parametrize(("hour", "starts"), [("FIRST", "00:30"), ("SECOND", "01:30")])
async def test_local_time_that_occurs_twice_is_the_one_that_was_chosen(api: Api, hour: str, starts: str) -> None:
    _, team, event = await draft(
        api,
        timezone="Europe/Ljubljana",
        startsAtLocal="2027-10-31T02:30",
        endsAtLocal="2027-10-31T09:00",
        ambiguousHour=hour,
    )

    seen = await read(api, event.id, team.manager)

    assert seen["startsAt"] == f"2027-10-31T{starts}:00+00:00"


async def test_venue_of_another_organization_is_unknown(api: Api) -> None:
    world, team, event = await draft(api)
    other = await world.team()
    foreign = await world.venue(other)

    [updated] = await refusals(api, team.manager, "updateEvent", id=event.id, venueId=foreign)
    [created] = await refusals(
        api,
        team.manager,
        "createEvent",
        organizationId=team.id,
        title="Abroad",
        category="Travel",
        startsAtLocal="2027-01-01T10:00",
        endsAtLocal="2027-01-01T12:00",
        timezone="UTC",
        venueId=foreign,
    )

    assert (updated["code"], updated["path"]) == ("VENUE_UNKNOWN", ["venueId"])
    assert created["code"] == "VENUE_UNKNOWN"


async def test_venue_can_be_set_and_taken_away_again(api: Api) -> None:
    world, team, event = await draft(api)
    venue = await world.venue(team)

    placed = await change(api, team.manager, "updateEvent", "event { venue { id } }", id=event.id, venueId=venue)
    bare = await change(api, team.manager, "updateEvent", "event { venue { id } }", id=event.id, venueId=None)

    assert placed["event"]["venue"] == {"id": venue}
    assert bare["event"]["venue"] is None


async def test_slug_is_taken_once(api: Api) -> None:
    world, team, event = await draft(api)
    slug = (await read(api, event.id, team.manager))["slug"]
    other = await world.event(team, published=False)

    [problem] = await refusals(api, team.manager, "updateEvent", id=other.id, slug=slug)

    assert (problem["code"], problem["path"]) == ("SLUG_TAKEN", ["slug"])


async def test_events_of_one_title_have_slugs_of_their_own(api: Api) -> None:
    world, team, first = await draft(api, title="Čebelarski večer")
    second = await world.event(team, published=False, title="Čebelarski večer")

    slugs = {(await read(api, event.id, team.manager))["slug"] for event in (first, second)}

    assert len(slugs) == 2
    assert all(slug.startswith("cebelarski-vecer-") for slug in slugs)


async def test_edit_that_changes_nothing_leaves_version_and_history_alone(api: Api) -> None:
    _, team, event = await draft(api, capacity=40, tags=["one", "two"], summary="Short.")
    before = await read(api, event.id, team.manager)
    lines = await history(api, event.id, team.manager)
    api.clock.advance(minutes=5)

    names = ("title", "slug", "summary", "category", "tags", "startsAtLocal", "timezone", "online", "url", "capacity")
    await change(
        api, team.manager, "updateEvent", "event { version }", id=event.id, **{name: before[name] for name in names}
    )
    await change(api, team.manager, "updateEvent", "event { version }", id=event.id, title=f"  {before['title']}  ")

    assert await read(api, event.id, team.manager) == before
    assert await history(api, event.id, team.manager) == lines


async def test_edit_changes_only_what_was_sent(api: Api) -> None:
    _, team, event = await draft(api, summary="Short.", tags=["one"], url="https://bilten.example/x", capacity=7)
    before = await read(api, event.id, team.manager)
    api.clock.advance(minutes=5)

    await change(api, team.manager, "updateEvent", "event { id }", id=event.id, summary=None)

    after = await read(api, event.id, team.manager)
    assert {name for name in after if after[name] != before[name]} == {
        "summary",
        "version",
        "updatedAt",
        "capacityStatus",
    }
    assert after["summary"] is None
    assert after["version"] == before["version"] + 1


async def test_capacity_changes_count_as_edits_even_within_one_instant(api: Api) -> None:
    _, team, event = await draft(api, capacity=10)

    versions: list[int] = []
    for capacity in (20, 30, None):
        given = {"id": event.id, "capacity": capacity}
        payload = await change(api, team.manager, "updateEvent", "event { version capacity }", **given)
        assert payload["event"]["capacity"] == capacity
        versions.append(payload["event"]["version"])

    assert versions == [2, 3, 4]


async def test_details_and_capacity_in_one_edit_count_once(api: Api) -> None:
    _, team, event = await draft(api, capacity=10)

    payload = await change(
        api, team.manager, "updateEvent", "event { version capacity title }", id=event.id, capacity=11, title="New"
    )

    assert payload["event"] == {"version": 2, "capacity": 11, "title": "New"}
    assert [line["kind"] for line in await history(api, event.id, team.manager)][:2] == [
        "CapacityChanged",
        "EventUpdated",
    ]


async def test_capacity_cannot_go_below_what_is_taken(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, capacity=10)
    await world.register(event, address("guest"), quantity=4)

    [problem] = await refusals(api, team.manager, "updateEvent", id=event.id, capacity=3, title="Not this either")
    exact = await change(api, team.manager, "updateEvent", "event { capacity title }", id=event.id, capacity=4)

    assert (problem["code"], problem["path"]) == ("CAPACITY_TAKEN", ["capacity"])
    assert "4 places" in problem["message"]
    assert exact["event"]["capacity"] == 4
    assert exact["event"]["title"] != "Not this either"


async def test_copy_is_a_draft_with_the_tiers_and_nothing_sold(api: Api) -> None:
    world = World(api)
    team = await world.team()
    tiers: dict[str, dict[str, Any]] = {
        "Early": {
            "quota": 5,
            "perPersonLimit": 2,
            "salesEndAt": "2026-11-30T00:00:00Z",
            "price": {"amountMinor": 900, "currency": "EUR"},
        },
        "Regular": {"price": {"amountMinor": 1500, "currency": "EUR"}},
    }
    event = await world.event(team, tiers=tiers, capacity=30, tags=["jazz"])
    await world.register(event, address("guest"), tier="Early", quantity=2)
    source = await read(api, event.id, team.manager)

    copied = await change(
        api,
        team.manager,
        "copyEvent",
        "event { id }",
        id=event.id,
        title="Second night",
        startsAtLocal="2027-01-10T19:00",
        endsAtLocal="2027-01-10T22:00",
    )

    seen = await read(api, copied["event"]["id"], team.manager)
    assert (seen["status"], seen["version"], seen["publishedAt"]) == ("DRAFT", 1, None)
    assert (seen["title"], seen["tags"], seen["capacity"]) == ("Second night", ["jazz"], 30)
    assert seen["startsAt"] == "2027-01-10T19:00:00+00:00"
    assert seen["slug"] != source["slug"]
    assert seen["ticketTiers"] == [
        {
            "name": "Early",
            "quota": 5,
            "sold": 0,
            "available": 5,
            "salesStartAt": None,
            "salesEndAt": None,
            "perPersonLimit": 2,
            "price": {"amountMinor": 900, "currency": "EUR"},
        },
        {
            "name": "Regular",
            "quota": None,
            "sold": 0,
            "available": 30,
            "salesStartAt": None,
            "salesEndAt": None,
            "perPersonLimit": None,
            "price": {"amountMinor": 1500, "currency": "EUR"},
        },
    ]
    assert await read(api, event.id, team.manager) == source
    assert [line["kind"] for line in await history(api, seen["id"], team.manager)] == [
        "TicketTierCreated",
        "TicketTierCreated",
        "EventCopied",
    ]


async def test_copy_of_an_archived_event_starts_anew(api: Api) -> None:
    world, team, event = await draft(api)
    await world.move(event.id, "archive", team.manager)

    copied = await change(api, team.manager, "copyEvent", "event { status title startsAt }", id=event.id)

    assert copied["event"]["status"] == "DRAFT"
    assert datetime.fromisoformat(copied["event"]["startsAt"]) > api.clock.now


async def test_archived_event_can_no_longer_be_edited(api: Api) -> None:
    world, team, event = await draft(api)
    await world.move(event.id, "archive", team.manager)

    assert await codes(api, team.manager, "updateEvent", id=event.id, title="Again") == ["EVENT_NOT_EDITABLE"]
