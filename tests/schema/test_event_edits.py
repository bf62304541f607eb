"""Editing events through the API: every problem at once, odd hours, places, slugs, versions and capacity."""

import pytest

from tests.api import Api
from tests.commands import change, refusals
from tests.schema.lives import draft, history, read
from tests.world import World, address


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
