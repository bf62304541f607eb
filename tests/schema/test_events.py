"""The life of events through the API: drafting, moving, copying, and what is refused on the way."""

from datetime import datetime
from typing import Any

import pytest

from tests.api import Api
from tests.commands import change, codes, refusals
from tests.schema.lives import LIFE, allowed, draft, history, read
from tests.world import World, address


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
