"""Venues: the places of an organization."""

from typing import Any

import pytest

from tests.api import Api
from tests.commands import attempt, change, codes, refusals
from tests.world import World

WHOLE = "venue { id name address city country timezone capacity version }"


async def test_venue_is_kept_as_it_was_given(api: Api) -> None:
    team = await World(api).team()

    made = await change(
        api,
        team.manager,
        "createVenue",
        WHOLE,
        organizationId=team.id,
        name="  Kino Šiška ",
        address="Trg prekomorskih brigad 3\n1000 Ljubljana",
        city="Ljubljana",
        country="SI",
        timezone="Europe/Ljubljana",
        capacity=800,
    )

    assert made["venue"].pop("id").startswith("ven_")
    assert made["venue"] == {
        "name": "Kino Šiška",
        "address": "Trg prekomorskih brigad 3\n1000 Ljubljana",
        "city": "Ljubljana",
        "country": "SI",
        "timezone": "Europe/Ljubljana",
        "capacity": 800,
        "version": 1,
    }


async def test_problems_are_told_at_once(api: Api) -> None:
    team = await World(api).team()

    problems = await refusals(
        api,
        team.manager,
        "createVenue",
        organizationId=team.id,
        name="",
        city="x" * 121,
        country="Slovenia",
        timezone="CET",
        capacity=0,
    )

    assert {(problem["code"], *problem["path"]) for problem in problems} == {
        ("REQUIRED", "name"),
        ("TOO_LONG", "city"),
        ("INVALID", "country"),
        ("INVALID", "timezone"),
        ("OUT_OF_RANGE", "capacity"),
    }


@pytest.mark.parametrize(
    ("given", "version"),
    [
        ({"capacity": 10}, 2),
        ({"capacity": None}, 1),
        ({"name": "Hall"}, 1),
        ({"name": "New", "address": "Here"}, 2),
        ({}, 1),
    ],
)
async def test_edit_counts_when_it_changes_something(api: Api, given: dict[str, Any], version: int) -> None:
    world = World(api)
    team = await world.team()
    venue = await world.venue(team)

    edited = await change(api, team.manager, "updateVenue", WHOLE, id=venue, **given)

    assert edited["venue"]["version"] == version
    assert {name: edited["venue"][name] for name in given} == given


async def test_venue_that_moves_leaves_its_events_where_the_clock_said(api: Api) -> None:
    world = World(api)
    team = await world.team()
    venue = await world.venue(team)
    event = await world.event(team, published=False, venueId=venue, timezone="Europe/Ljubljana")

    await change(api, team.manager, "updateVenue", WHOLE, id=venue, timezone="America/New_York")

    seen = await api.run("query ($id: ID!) { event(id: $id) { timezone } }", {"id": event.id}, by=team.manager)
    assert seen.data["event"]["timezone"] == "Europe/Ljubljana"


async def test_staff_and_other_teams_touch_no_venue(api: Api) -> None:
    world = World(api)
    team, other = await world.team(), await world.team()
    venue = await world.venue(team)

    for by in (team.staff, other.owner):
        answer = await attempt(api, by, "updateVenue", "__typename", id=venue, name="Mine")
        assert answer.codes in (["FORBIDDEN"], ["NOT_FOUND"]), by
    assert await codes(api, team.owner, "updateVenue", id=venue, name=" ") == ["REQUIRED"]
