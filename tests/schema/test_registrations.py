"""Registering through the API: places are taken once, given back once, and every refusal says why in numbers."""

from typing import Any

import pytest

from tests.api import Api
from tests.commands import attempt, change, codes, refusals
from tests.world import REGISTER, Listed, Team, World, address


@pytest.fixture(params=["compiled", "core"])
def engine(request: pytest.FixtureRequest) -> str:
    """Both: what these tests hold to is what the two could do differently."""
    return request.param


COUNTERS = """
query ($id: ID!) {
  event(id: $id) {
    version registeredCount
    capacityStatus { capacity confirmed held offered blocked available soldOut version }
    ticketTiers { name sold available }
  }
}
"""
WHOLE = """
registration {
  id status quantity version createdAt cancelledAt expiresAt price { amountMinor currency }
  event { id } ticketTier { id } user { email } tickets { id code status checkedInAt }
}
"""


async def counters(api: Api, event: Listed, by: str) -> dict[str, Any]:
    return (await api.run(COUNTERS, {"id": event.id}, by=by)).data["event"]


def places(event: Listed, tier: str = "Standard", quantity: int = 1) -> dict[str, Any]:
    return {"eventId": event.id, "ticketTierId": event.tiers[tier], "quantity": quantity}


async def listed(api: Api, **details: Any) -> tuple[World, Team, Listed]:
    world = World(api)
    team = await world.team()
    return world, team, await world.event(team, **details)


async def test_last_place_is_sold_once(api: Api) -> None:
    world, _, event = await listed(api, capacity=1)
    await world.register(event, address("first"))

    answer = await api.run(REGISTER, {"input": places(event)}, by=address("second"))

    assert answer.problems("register") == ["SOLD_OUT"]


async def test_registration_has_a_ticket_with_its_own_code_for_every_place(api: Api) -> None:
    _, _, event = await listed(
        api, tiers={"Standard": {"price": {"amountMinor": 1250, "currency": "EUR"}}}, capacity=10
    )
    guest = address("guest")

    payload = await change(api, guest, "register", WHOLE, **places(event, quantity=3))

    registration = payload["registration"]
    tickets = registration.pop("tickets")
    assert registration.pop("id").startswith("reg_")
    assert registration == {
        "status": "CONFIRMED",
        "quantity": 3,
        "version": 1,
        "createdAt": api.clock.now.isoformat(),
        "cancelledAt": None,
        "expiresAt": None,
        "price": {"amountMinor": 1250, "currency": "EUR"},
        "event": {"id": event.id},
        "ticketTier": {"id": event.tiers["Standard"]},
        "user": {"email": guest},
    }
    assert [ticket["status"] for ticket in tickets] == ["VALID"] * 3
    assert len({ticket["code"] for ticket in tickets}) == 3
    assert all(len(ticket["code"]) >= 8 for ticket in tickets)


async def test_one_place_is_meant_when_no_number_is_said(api: Api) -> None:
    _, _, event = await listed(api)

    given = {"eventId": event.id, "ticketTierId": event.tiers["Standard"]}
    payload = await change(api, address("guest"), "register", "registration { quantity }", **given)

    assert payload["registration"]["quantity"] == 1


async def test_cancelled_places_can_be_taken_again(api: Api) -> None:
    world, team, event = await listed(api, capacity=2)
    guest = address("guest")
    first = await world.register(event, guest, quantity=2)

    cancelled = await change(api, guest, "cancelRegistration", WHOLE, id=first)
    second = await world.register(event, guest, quantity=2)

    assert cancelled["registration"]["status"] == "CANCELLED"
    assert cancelled["registration"]["version"] == 2
    assert cancelled["registration"]["cancelledAt"] == api.clock.now.isoformat()
    assert {ticket["status"] for ticket in cancelled["registration"]["tickets"]} == {"CANCELLED"}
    assert second != first
    assert (await counters(api, event, team.manager))["registeredCount"] == 2


async def test_registration_is_cancelled_once(api: Api) -> None:
    world, team, event = await listed(api, capacity=5)
    guest = address("guest")
    registration = await world.register(event, guest, quantity=2)
    await world.register(event, address("other"))
    await change(api, guest, "cancelRegistration", "registration { id }", id=registration)

    [problem] = await refusals(api, guest, "cancelRegistration", id=registration)

    assert (problem["code"], problem["path"]) == ("REGISTRATION_OVER", ["id"])
    assert "CANCELLED" in problem["message"]
    assert (await counters(api, event, team.manager))["registeredCount"] == 1


async def test_guest_cannot_cancel_once_the_event_has_started_and_its_team_still_can(api: Api) -> None:
    world, team, event = await listed(api)
    guest = address("guest")
    registration = await world.register(event, guest)
    api.clock.advance(days=10, minutes=1)

    assert await codes(api, guest, "cancelRegistration", id=registration) == ["EVENT_HAS_STARTED"]
    cancelled = await change(
        api, team.manager, "cancelRegistration", "registration { status }", id=registration, reason="Asked by phone."
    )
    assert cancelled["registration"]["status"] == "CANCELLED"


@pytest.mark.parametrize("somebody", ["stranger", "staff"])
async def test_registration_of_somebody_else_cannot_be_cancelled(api: Api, somebody: str) -> None:
    world, team, event = await listed(api)
    registration = await world.register(event, address("guest"))
    by = team.staff if somebody == "staff" else address("stranger")

    answer = await attempt(api, by, "cancelRegistration", "__typename", id=registration)

    assert answer.codes in (["FORBIDDEN"], ["NOT_FOUND"])
    assert (await counters(api, event, team.manager))["registeredCount"] == 1


async def test_sold_out_says_how_many_are_left_and_may_be_tried_again(api: Api) -> None:
    world, team, event = await listed(api, capacity=5)
    await world.register(event, address("first"), quantity=3)

    [problem] = await refusals(api, address("second"), "register", **places(event, quantity=4))

    assert problem == {
        "code": "SOLD_OUT",
        "message": "Places asked for: 4. Places left: 2.",
        "path": ["quantity"],
        "retryable": True,
        "params": {"asked": 4, "available": 2},
        "retryAfter": None,
    }
    assert (await counters(api, event, team.manager))["registeredCount"] == 3


async def test_quota_of_a_tier_and_capacity_of_the_event_both_limit(api: Api) -> None:
    world, team, event = await listed(api, capacity=5, tiers={"Small": {"quota": 2}, "Open": {}})
    await world.register(event, address("first"), tier="Small", quantity=2)

    small = await refusals(api, address("second"), "register", **places(event, "Small"))
    await world.register(event, address("third"), tier="Open", quantity=3)
    whole = await refusals(api, address("fourth"), "register", **places(event, "Open"))

    assert [small[0]["code"], whole[0]["code"]] == ["SOLD_OUT", "SOLD_OUT"]
    seen = await counters(api, event, team.manager)
    assert seen["ticketTiers"] == [
        {"name": "Small", "sold": 2, "available": 0},
        {"name": "Open", "sold": 3, "available": 0},
    ]
    assert seen["capacityStatus"]["soldOut"] is True


async def test_counters_follow_every_claim_and_the_stream_grows_by_one_for_each(api: Api) -> None:
    world, team, event = await listed(api, capacity=10, tiers={"Standard": {"quota": 6}, "Other": {}})
    start = await counters(api, event, team.manager)
    guest = address("guest")

    registration = await world.register(event, guest, quantity=4)
    taken = await counters(api, event, team.manager)
    await change(api, guest, "cancelRegistration", "registration { id }", id=registration)
    given_back = await counters(api, event, team.manager)

    assert taken == {
        "version": start["version"],
        "registeredCount": 4,
        "capacityStatus": {
            "capacity": 10,
            "confirmed": 4,
            "held": 0,
            "offered": 0,
            "blocked": 0,
            "available": 6,
            "soldOut": False,
            "version": start["capacityStatus"]["version"] + 1,
        },
        "ticketTiers": [
            {"name": "Standard", "sold": 4, "available": 2},
            {"name": "Other", "sold": 0, "available": 6},
        ],
    }
    assert given_back["capacityStatus"]["version"] == start["capacityStatus"]["version"] + 2
    given_back["capacityStatus"]["version"] = start["capacityStatus"]["version"]
    assert given_back == start


async def test_unlimited_event_counts_without_an_end(api: Api) -> None:
    world, team, event = await listed(api)

    await world.register(event, address("guest"), quantity=100)

    seen = await counters(api, event, team.manager)
    assert seen["capacityStatus"]["capacity"] is None
    assert seen["capacityStatus"]["available"] is None
    assert seen["capacityStatus"]["soldOut"] is False
    assert seen["ticketTiers"] == [{"name": "Standard", "sold": 100, "available": None}]


@pytest.mark.parametrize("quantity", [0, -1, 101, 2**31 - 1, -(2**31)])
async def test_impossible_number_of_places_is_refused_with_the_bounds(api: Api, quantity: int) -> None:
    _, _, event = await listed(api)

    [problem] = await refusals(api, address("guest"), "register", **places(event, quantity=quantity))

    assert (problem["code"], problem["path"]) == ("OUT_OF_RANGE", ["quantity"])
    assert "between 1 and 100" in problem["message"]


@pytest.mark.parametrize("quantity", [2**31, -(2**31) - 1, 1.5, "2", True, None])
async def test_number_that_is_no_int_is_bad_input(api: Api, quantity: Any) -> None:
    _, _, event = await listed(api)

    answer = await attempt(api, address("guest"), "register", "__typename", **places(event, quantity=quantity))

    assert answer.codes == ["BAD_USER_INPUT"]


async def test_person_limit_counts_over_all_registrations_and_forgets_cancelled_ones(api: Api) -> None:
    world, _, event = await listed(api, tiers={"Standard": {"perPersonLimit": 3}})
    guest = address("guest")
    first = await world.register(event, guest, quantity=2)

    [problem] = await refusals(api, guest, "register", **places(event, quantity=2))
    assert (problem["code"], problem["path"]) == ("PERSON_LIMIT_REACHED", ["quantity"])
    assert problem["message"] == "One person may take 3 places of this ticket tier; you have 2 and asked for 2 more."

    await world.register(event, guest, quantity=1)
    await change(api, guest, "cancelRegistration", "registration { id }", id=first)
    await world.register(event, guest, quantity=2)
    await world.register(event, address("other"), quantity=3)


async def test_sales_window_opens_and_closes_on_the_second(api: Api) -> None:
    window = {"salesStartAt": "2026-11-23T13:00:00Z", "salesEndAt": "2026-11-23T14:00:00Z"}
    world, _, event = await listed(api, tiers={"Standard": window})
    guest = address("guest")

    api.clock.advance(hours=1, microseconds=-1)
    [early] = await refusals(api, guest, "register", **places(event))
    api.clock.advance(microseconds=1)
    await world.register(event, guest)
    api.clock.advance(hours=1, microseconds=-1)
    await world.register(event, guest)
    api.clock.advance(microseconds=1)
    [late] = await refusals(api, guest, "register", **places(event))

    assert (early["code"], early["retryable"]) == ("SALES_NOT_STARTED", True)
    assert "2026-11-23T13:00:00+00:00" in early["message"]
    assert (late["code"], late["retryable"]) == ("SALES_ENDED", False)


async def test_places_are_sold_until_the_event_ends(api: Api) -> None:
    world, _, event = await listed(api)

    api.clock.advance(days=10, hours=3, microseconds=-1)
    await world.register(event, address("late"))
    api.clock.advance(microseconds=1)
    [problem] = await refusals(api, address("later"), "register", **places(event))

    assert problem["code"] == "REGISTRATION_CLOSED"
    assert "ENDED" in problem["message"]


@pytest.mark.parametrize(("verb", "status"), [("postpone", "POSTPONED"), ("cancel", "CANCELLED")])
async def test_event_that_was_put_off_or_called_off_sells_nothing(api: Api, verb: str, status: str) -> None:
    world, team, event = await listed(api)
    registration = await world.register(event, address("first"))
    await world.move(event.id, verb, team.manager)

    [problem] = await refusals(api, address("guest"), "register", **places(event))

    assert (problem["code"], problem["path"]) == ("REGISTRATION_CLOSED", ["eventId"])
    assert status in problem["message"]
    kept = await api.run("query ($id: ID!) { node(id: $id) { ... on Registration { status } } }", {"id": registration})
    assert kept.data["node"] is None


@pytest.mark.parametrize(
    ("moves", "status"), [([], "DRAFT"), (["submit"], "APPROVED"), (["archive"], "ARCHIVED")], ids=str
)
async def test_event_that_is_not_public_sells_nothing(api: Api, moves: list[str], status: str) -> None:
    world, team, event = await listed(api, published=False)
    for verb in moves:
        await world.move(event.id, verb, team.manager)

    unseen = await attempt(api, address("guest"), "register", "__typename", **places(event))
    own = await attempt(api, team.manager, "register", "__typename", **places(event))

    assert unseen.codes == ["NOT_FOUND"]
    if own.errors:
        assert own.codes == ["FORBIDDEN"]
    else:
        [problem] = own.data["register"]["problems"]
        assert problem["code"] == "REGISTRATION_CLOSED"
        assert status in problem["message"]


async def test_event_published_again_sells_again(api: Api) -> None:
    world, team, event = await listed(api)
    await world.move(event.id, "postpone", team.manager)
    await world.move(event.id, "publish", team.manager)

    await world.register(event, address("guest"))


async def test_tier_of_another_event_is_unknown(api: Api) -> None:
    world, team, event = await listed(api)
    other = await world.event(team)

    given = {"eventId": event.id, "ticketTierId": other.tiers["Standard"]}
    [problem] = await refusals(api, address("guest"), "register", **given)

    assert (problem["code"], problem["path"]) == ("TICKET_TIER_UNKNOWN", ["ticketTierId"])
    assert (await counters(api, other, team.manager))["registeredCount"] == 0


async def test_price_stays_what_it_was_when_the_places_were_taken(api: Api) -> None:
    world, team, event = await listed(api, tiers={"Standard": {"price": {"amountMinor": 1000, "currency": "EUR"}}})
    guest = address("guest")
    registration = await world.register(event, guest)

    price = {"amountMinor": 2500, "currency": "USD"}
    await change(api, team.manager, "updateTicketTier", "ticketTier { id }", id=event.tiers["Standard"], price=price)

    document = "query ($id: ID!) { node(id: $id) { ... on Registration { price { amountMinor currency } } } }"
    kept = await api.run(document, {"id": registration}, by=guest)
    later = await change(api, guest, "register", "registration { price { amountMinor currency } }", **places(event))
    assert kept.data["node"]["price"] == {"amountMinor": 1000, "currency": "EUR"}
    assert later["registration"]["price"] == price


async def test_refused_claim_changes_no_counter_and_no_version(api: Api) -> None:
    world, team, event = await listed(api, capacity=1)
    await world.register(event, address("first"))
    before = await counters(api, event, team.manager)

    await refusals(api, address("second"), "register", **places(event))

    assert await counters(api, event, team.manager) == before


async def test_viewer_registration_is_the_newest_live_one(api: Api) -> None:
    world, _, event = await listed(api)
    guest = address("guest")
    document = "query ($id: ID!) { event(id: $id) { viewerRegistration { id } } }"
    older = await world.register(event, guest)
    api.clock.advance(minutes=1)
    newer = await world.register(event, guest)

    both = await api.run(document, {"id": event.id}, by=guest)
    await change(api, guest, "cancelRegistration", "registration { id }", id=newer)
    one = await api.run(document, {"id": event.id}, by=guest)
    await change(api, guest, "cancelRegistration", "registration { id }", id=older)
    none = await api.run(document, {"id": event.id}, by=guest)

    assert both.data["event"]["viewerRegistration"] == {"id": newer}
    assert one.data["event"]["viewerRegistration"] == {"id": older}
    assert none.data["event"]["viewerRegistration"] is None


async def test_nobody_registers_without_signing_in(api: Api) -> None:
    _, _, event = await listed(api)

    answer = await attempt(api, None, "register", "__typename", **places(event))

    assert answer.codes == ["UNAUTHENTICATED"]
