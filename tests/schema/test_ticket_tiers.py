"""Ticket tiers: what is sold for an event, at what price, when, and how much of it."""

from typing import Any

from tests.api import Api
from tests.commands import attempt, change, codes, refusals
from tests.world import World, address

WHOLE = """
ticketTier {
  id name description price { amountMinor currency } quota sold available salesStartAt salesEndAt perPersonLimit version
}
"""
EUR = {"amountMinor": 1000, "currency": "EUR"}


async def test_tier_is_kept_as_it_was_given(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, tiers={}, published=False, capacity=50)

    made = await change(
        api,
        team.manager,
        "createTicketTier",
        WHOLE,
        eventId=event.id,
        name=" Early bird ",
        description="Seat and drink.",
        price={"amountMinor": 1999, "currency": "JPY"},
        quota=20,
        salesStartAt="2026-11-24T09:00:00+01:00",
        salesEndAt="2026-11-30T23:59:59Z",
        perPersonLimit=4,
    )

    assert made["ticketTier"].pop("id").startswith("tier_")
    assert made["ticketTier"] == {
        "name": "Early bird",
        "description": "Seat and drink.",
        "price": {"amountMinor": 1999, "currency": "JPY"},
        "quota": 20,
        "sold": 0,
        "available": 20,
        "salesStartAt": "2026-11-24T08:00:00+00:00",
        "salesEndAt": "2026-11-30T23:59:59+00:00",
        "perPersonLimit": 4,
        "version": 1,
    }


async def test_problems_are_told_at_once(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, published=False)

    problems = await refusals(
        api,
        team.manager,
        "createTicketTier",
        eventId=event.id,
        name="",
        price={"amountMinor": -1, "currency": "EURO"},
        quota=-1,
        perPersonLimit=0,
        salesStartAt="2026-12-02T00:00:00Z",
        salesEndAt="2026-12-01T00:00:00Z",
    )

    assert {(problem["code"], *problem["path"]) for problem in problems} == {
        ("REQUIRED", "name"),
        ("OUT_OF_RANGE", "price", "amountMinor"),
        ("INVALID", "price", "currency"),
        ("OUT_OF_RANGE", "quota"),
        ("OUT_OF_RANGE", "perPersonLimit"),
        ("END_BEFORE_START", "salesEndAt"),
    }


async def test_name_is_taken_once_in_an_event_whatever_its_case(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, tiers={"Standard": {}, "Other": {}})
    elsewhere = await world.event(team, tiers={"Third": {}})

    given = {"eventId": event.id, "name": "STANDARD", "price": EUR}
    [problem] = await refusals(api, team.manager, "createTicketTier", **given)

    assert (problem["code"], problem["path"]) == ("NAME_TAKEN", ["name"])
    assert await codes(api, team.manager, "updateTicketTier", id=event.tiers["Other"], name="standard") == [
        "NAME_TAKEN"
    ]
    await change(api, team.manager, "createTicketTier", WHOLE, **{**given, "eventId": elsewhere.id})


async def test_quota_moves_but_not_below_what_is_sold(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, tiers={"Standard": {"quota": 5}}, capacity=50)
    await world.register(event, address("guest"), quantity=3)
    tier = event.tiers["Standard"]

    [problem] = await refusals(api, team.manager, "updateTicketTier", id=tier, quota=2)
    assert (problem["code"], problem["path"]) == ("CAPACITY_TAKEN", ["quota"])
    for quota, available in ((3, 0), (10, 7), (None, 47)):
        edited = await change(api, team.manager, "updateTicketTier", WHOLE, id=tier, quota=quota)
        assert (edited["ticketTier"]["quota"], edited["ticketTier"]["available"]) == (quota, available)
    assert edited["ticketTier"]["version"] == 4


async def test_edit_changes_only_what_was_sent_and_counts_once(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, tiers={"Standard": {"quota": 5, "perPersonLimit": 2, "price": dict(EUR)}})
    tier = event.tiers["Standard"]

    same = await change(api, team.manager, "updateTicketTier", WHOLE, id=tier, quota=5, price=EUR, name="Standard")
    both = await change(api, team.manager, "updateTicketTier", WHOLE, id=tier, quota=6, perPersonLimit=None)

    assert same["ticketTier"]["version"] == 1
    assert both["ticketTier"] == {
        **same["ticketTier"],
        "quota": 6,
        "available": 6,
        "perPersonLimit": None,
        "version": 2,
    }


async def test_window_is_checked_against_what_is_stored(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, tiers={"Standard": {"salesStartAt": "2026-12-01T00:00:00Z"}})

    given: dict[str, Any] = {"id": event.tiers["Standard"], "salesEndAt": "2026-11-30T00:00:00Z"}
    assert await codes(api, team.manager, "updateTicketTier", **given) == ["END_BEFORE_START"]
    await change(api, team.manager, "updateTicketTier", WHOLE, **given, salesStartAt=None)


async def test_event_has_at_most_fifty_tiers(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, tiers={f"Tier {number}": {} for number in range(50)}, published=False)

    given = {"eventId": event.id, "name": "One more", "price": EUR}
    assert await codes(api, team.manager, "createTicketTier", **given) == ["TOO_MANY_TICKET_TIERS"]


async def test_only_the_team_changes_what_is_sold(api: Api) -> None:
    world = World(api)
    team, other = await world.team(), await world.team()
    event = await world.event(team)

    for by in (team.staff, other.owner, address("guest")):
        edited = await attempt(api, by, "updateTicketTier", "__typename", id=event.tiers["Standard"], price=EUR)
        added = await attempt(api, by, "createTicketTier", "__typename", eventId=event.id, name="Mine", price=EUR)
        assert (edited.codes, added.codes) == (["FORBIDDEN"], ["FORBIDDEN"])
