"""Holding places through the API: they are kept for a while, confirmed once, and free at the instant that ends."""

from typing import Any

import pytest

from tests.api import Api
from tests.commands import attempt, change, codes, refusals
from tests.schema.sales import listed, places, story_of, tickets_of, used, version_of
from tests.world import World, address

HELD = "registration { id status quantity expiresAt extensions paymentReference version tickets { code } viewerCan }"
STATE = "query ($id: ID!) { node(id: $id) { ... on Registration { status quantity paymentReference version } } }"


async def state(api: Api, by: str, registration: str) -> dict[str, Any]:
    return (await api.run(STATE, {"id": registration}, by=by)).data["node"]


async def test_held_places_are_taken_until_they_run_out(api: Api) -> None:
    _, _, event = await listed(api, capacity=3)
    guest = address("guest")

    held = (await change(api, guest, "holdPlaces", HELD, **places(event, quantity=2)))["registration"]

    assert held | {"id": ""} == {
        "id": "",
        "status": "HELD",
        "quantity": 2,
        "expiresAt": api.clock.now.replace(minute=10).isoformat(),
        "extensions": 0,
        "paymentReference": None,
        "version": 1,
        "tickets": [],
        "viewerCan": ["EXTEND_HOLD", "CONFIRM", "CANCEL", "TRANSFER_TICKET", "VIEW_HISTORY"],
    }
    assert await used(api, event) == {"held": 2, "available": 1}


async def test_places_are_free_at_the_instant_their_hold_ends(api: Api) -> None:
    world, _, event = await listed(api, capacity=1)
    held = await world.hold(event, first := address("first"), minutes=5)

    api.clock.advance(minutes=5, microseconds=-1)
    assert await codes(api, address("early"), "register", **places(event)) == ["SOLD_OUT"]
    api.clock.advance(microseconds=1)
    await world.register(event, address("second"))

    assert (await state(api, first, held))["status"] == "EXPIRED"
    assert await used(api, event) == {"confirmed": 1, "available": 0}
    assert [line["kind"] for line in await story_of(api, first, held)] == ["PlacesHeld", "HoldExpired"]


async def test_the_viewers_hold_shows_with_the_event(api: Api) -> None:
    world, _, event = await listed(api)
    held = await world.hold(event, guest := address("guest"))

    document = "query ($id: ID!) { event(id: $id) { viewerRegistration { id status } } }"
    answer = await api.run(document, {"id": event.id}, by=guest)

    assert answer.data["event"]["viewerRegistration"] == {"id": held, "status": "HELD"}


async def test_a_hold_is_extended_once_by_as_long_again(api: Api) -> None:
    world, _, event = await listed(api)
    held = await world.hold(event, guest := address("guest"), minutes=7)
    api.clock.advance(minutes=6)

    extended = (await change(api, guest, "extendHold", HELD, id=held))["registration"]
    [problem] = await refusals(api, guest, "extendHold", id=held)

    assert extended["expiresAt"] == api.clock.now.replace(minute=14).isoformat()
    assert (extended["extensions"], extended["version"]) == (1, 2)
    assert problem["code"] == "HOLD_WAS_EXTENDED"
    assert extended["expiresAt"] in problem["message"]


async def test_a_confirmed_hold_has_tickets_and_the_payments_name(api: Api) -> None:
    world, _, event = await listed(api, capacity=2)
    held = await world.hold(event, guest := address("guest"), quantity=2)

    kept = (await change(api, guest, "confirmRegistration", HELD, id=held, paymentReference="pay-1"))["registration"]

    assert (kept["status"], kept["expiresAt"], kept["paymentReference"]) == ("CONFIRMED", None, "pay-1")
    assert len({ticket["code"] for ticket in kept["tickets"]}) == 2
    assert await used(api, event) == {"confirmed": 2, "available": 0}


async def test_a_payment_that_repeats_itself_confirms_once(api: Api) -> None:
    world, _, event = await listed(api)
    held = await world.hold(event, guest := address("guest"))
    given = {"id": held, "paymentReference": "pay-1", "expectedVersion": 1}
    await change(api, guest, "confirmRegistration", HELD, **given)
    version = await version_of(api, event)

    again = (await change(api, guest, "confirmRegistration", HELD, **given))["registration"]

    assert (again["status"], again["version"], len(again["tickets"])) == ("CONFIRMED", 2, 1)
    assert await version_of(api, event) == version


async def test_confirming_twice_without_the_same_payment_is_refused(api: Api) -> None:
    world, _, event = await listed(api)
    held = await world.hold(event, guest := address("guest"))
    await change(api, guest, "confirmRegistration", HELD, id=held, paymentReference="pay-1")

    [other] = await refusals(api, guest, "confirmRegistration", id=held, paymentReference="pay-2")
    [none] = await refusals(api, guest, "confirmRegistration", id=held)

    assert other["code"] == none["code"] == "REGISTRATION_OVER"
    assert "CONFIRMED" in other["message"]
    assert (await state(api, guest, held))["paymentReference"] == "pay-1"


async def test_a_late_payment_takes_the_places_again_while_they_are_there(api: Api) -> None:
    world, _, event = await listed(api, capacity=2)
    held = await world.hold(event, guest := address("guest"), quantity=2)
    api.clock.advance(minutes=11)
    assert await codes(api, guest, "extendHold", id=held) == ["REGISTRATION_NOT_HELD"]

    kept = (await change(api, guest, "confirmRegistration", HELD, id=held, paymentReference="late"))["registration"]

    assert (kept["status"], len(kept["tickets"])) == ("CONFIRMED", 2)
    assert await used(api, event) == {"confirmed": 2, "available": 0}


async def test_a_payment_that_is_too_late_is_told_how_many_places_are_left(api: Api) -> None:
    world, _, event = await listed(api, capacity=3)
    held = await world.hold(event, guest := address("guest"), quantity=2)
    ended = api.clock.now.replace(minute=10)
    api.clock.advance(minutes=10)
    await world.register(event, address("faster"), quantity=2)

    [problem] = await refusals(api, guest, "confirmRegistration", id=held, paymentReference="late")

    assert problem == {
        "code": "HOLD_EXPIRED",
        "message": f"The hold ended at {ended.isoformat()}, and of the 2 places it had 1 are left.",
        "path": ["id"],
        "retryable": False,
        "retryAfter": None,
        "params": {"expiredAt": ended.isoformat(), "asked": 2, "available": 1},
    }
    assert (await state(api, guest, held))["status"] == "EXPIRED"
    assert await used(api, event) == {"confirmed": 2, "available": 1}


async def test_a_manager_confirms_for_a_guest_and_staff_do_not(api: Api) -> None:
    world, team, event = await listed(api)
    held = await world.hold(event, address("guest"))

    refused = await attempt(api, team.staff, "confirmRegistration", HELD, id=held)
    kept = await change(api, team.manager, "confirmRegistration", HELD, id=held, paymentReference="cash")

    assert refused.codes == ["FORBIDDEN"]
    assert kept["registration"]["status"] == "CONFIRMED"


async def test_a_hold_is_given_back_whole(api: Api) -> None:
    world, _, event = await listed(api, capacity=2)
    held = await world.hold(event, guest := address("guest"), quantity=2)

    await change(api, guest, "cancelRegistration", HELD, id=held)

    assert await used(api, event) == {"available": 2}
    assert await codes(api, guest, "confirmRegistration", id=held) == ["REGISTRATION_OVER"]


async def test_places_of_single_tickets_are_given_back(api: Api) -> None:
    world, _, event = await listed(api, capacity=3)
    registration = await world.register(event, guest := address("guest"), quantity=3)
    first, second, third = await tickets_of(api, guest, registration)

    left = await change(
        api,
        guest,
        "cancelRegistration",
        "registration { status quantity tickets { id status } }",
        id=registration,
        ticketIds=[first["id"], third["id"]],
        reason="Two are ill.",
    )

    statuses = {ticket["id"]: ticket["status"] for ticket in left["registration"].pop("tickets")}
    assert left["registration"] == {"status": "CONFIRMED", "quantity": 1}
    assert statuses == {first["id"]: "CANCELLED", second["id"]: "VALID", third["id"]: "CANCELLED"}
    assert await used(api, event) == {"confirmed": 1, "available": 2}
    told = (await story_of(api, guest, registration))[-1]
    assert (told["kind"], told["reason"]) == ("TicketsCancelled", "Two are ill.")
    assert told["changes"] == [{"field": "quantity", "before": 3, "after": 1}]


async def test_nobody_loses_all_places_by_choosing_no_ticket(api: Api) -> None:
    world, _, event = await listed(api)
    registration = await world.register(event, guest := address("guest"), quantity=2)
    other = await world.register(event, guest)
    [foreign] = await tickets_of(api, guest, other)
    [mine, _] = await tickets_of(api, guest, registration)

    async def told(*ticket_ids: str) -> list[str]:
        return await codes(api, guest, "cancelRegistration", id=registration, ticketIds=list(ticket_ids))

    assert await told() == ["REQUIRED"]
    assert await told(foreign["id"]) == ["TICKET_UNKNOWN"]
    assert await told(mine["id"], mine["id"]) == ["TICKET_UNKNOWN"]
    assert (await state(api, guest, registration))["quantity"] == 2


async def test_a_transferred_ticket_has_a_new_name_and_a_code_that_only_the_new_one_opens_with(api: Api) -> None:
    world, team, event = await listed(api)
    registration = await world.register(event, guest := address("guest"))
    [ticket] = await tickets_of(api, guest, registration)

    moved = (
        await change(
            api,
            guest,
            "transferTicket",
            "ticket { id code attendeeName status version }",
            id=ticket["id"],
            attendeeName=" Somebody Else ",
            expectedVersion=1,
        )
    )["ticket"]

    assert (moved["id"], moved["attendeeName"], moved["status"]) == (ticket["id"], "Somebody Else", "VALID")
    assert moved["version"] == 2
    assert moved["code"] != ticket["code"]
    api.clock.advance(days=10)
    read = await change(
        api, team.staff, "checkIn", "results { outcome }", eventId=event.id, codes=[ticket["code"], moved["code"]]
    )
    assert [result["outcome"] for result in read["results"]] == ["UNKNOWN", "CHECKED_IN"]


async def test_a_ticket_that_is_given_back_cannot_be_transferred(api: Api) -> None:
    world, _, event = await listed(api)
    registration = await world.register(event, guest := address("guest"))
    [ticket] = await tickets_of(api, guest, registration)
    await change(api, guest, "cancelRegistration", HELD, id=registration)

    assert await codes(api, guest, "transferTicket", id=ticket["id"], attendeeName="Ada") == ["TICKET_UNKNOWN"]
    assert await codes(api, guest, "transferTicket", id=ticket["id"], attendeeName="") == ["REQUIRED"]


@pytest.mark.parametrize("mutation", ["holdPlaces", "register", "joinWaitlist"])
@pytest.mark.parametrize("quantity", [0, -1, 101, 2**31 - 1])
async def test_quantities_out_of_range_are_refused_with_the_range(api: Api, mutation: str, quantity: int) -> None:
    _, _, event = await listed(api)
    version = await version_of(api, event)

    [problem] = await refusals(api, address("guest"), mutation, **places(event, quantity=quantity))

    assert (problem["code"], problem["path"]) == ("OUT_OF_RANGE", ["quantity"])
    assert "between 1 and 100" in problem["message"]
    assert await version_of(api, event) == version


@pytest.mark.parametrize("mutation", ["holdPlaces", "register"])
async def test_a_quantity_beyond_an_integer_is_a_malformed_request(api: Api, mutation: str) -> None:
    _, _, event = await listed(api)

    answer = await attempt(api, address("guest"), mutation, "__typename", **places(event, quantity=2**31))

    assert answer.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("minutes", [0, -5, 61])
async def test_a_hold_is_neither_too_short_nor_too_long(api: Api, minutes: int) -> None:
    _, _, event = await listed(api)

    [problem] = await refusals(api, address("guest"), "holdPlaces", **places(event), minutes=minutes)

    assert (problem["code"], problem["path"]) == ("OUT_OF_RANGE", ["minutes"])


async def test_a_group_holds_all_places_or_none(api: Api) -> None:
    world, _, event = await listed(api, capacity=5)
    await world.hold(event, address("first"), quantity=3)

    [problem] = await refusals(api, address("second"), "holdPlaces", **places(event, quantity=3))

    assert (problem["code"], problem["params"]) == ("SOLD_OUT", {"asked": 3, "available": 2})
    assert await used(api, event) == {"held": 3, "available": 2}


async def test_holds_count_towards_what_one_person_may_have(api: Api) -> None:
    world, _, event = await listed(api, tiers={"Standard": {"perPersonLimit": 2}})
    await world.hold(event, guest := address("guest"), quantity=2)

    [problem] = await refusals(api, guest, "register", **places(event))

    assert problem["code"] == "PERSON_LIMIT_REACHED"
    api.clock.advance(minutes=10)
    await world.register(event, guest, quantity=2)


async def test_a_tier_of_another_event_cannot_be_held(api: Api) -> None:
    world, team, event = await listed(api)
    other = await world.event(team)

    given = {**places(event), "ticketTierId": other.tiers["Standard"]}

    assert await codes(api, address("guest"), "holdPlaces", **given) == ["TICKET_TIER_UNKNOWN"]


async def test_nothing_is_held_outside_the_sale(api: Api) -> None:
    world, team, event = await listed(
        api, tiers={"Standard": {"salesStartAt": "2026-11-24T12:00:00Z", "salesEndAt": "2026-11-25T12:00:00Z"}}
    )
    guest = address("guest")

    early = await codes(api, guest, "holdPlaces", **places(event))
    api.clock.advance(days=2)
    late = await codes(api, guest, "holdPlaces", **places(event))
    await world.move(event.id, "cancel", team.manager)
    cancelled = await codes(api, guest, "holdPlaces", **places(event))

    assert [early, late, cancelled] == [["SALES_NOT_STARTED"], ["SALES_ENDED"], ["REGISTRATION_CLOSED"]]


async def test_who_holds_places_may_pay_after_the_sale_of_the_tier(api: Api) -> None:
    world, _, event = await listed(api, tiers={"Standard": {"salesEndAt": "2026-11-23T12:05:00Z"}})
    held = await world.hold(event, guest := address("guest"))
    api.clock.advance(minutes=6)

    kept = await change(api, guest, "confirmRegistration", HELD, id=held)

    assert kept["registration"]["status"] == "CONFIRMED"


async def test_nobody_confirms_places_of_a_cancelled_event(api: Api) -> None:
    world, team, event = await listed(api)
    held = await world.hold(event, guest := address("guest"))
    await world.move(event.id, "cancel", team.manager)

    assert await codes(api, guest, "confirmRegistration", id=held) == ["REGISTRATION_CLOSED"]


@pytest.mark.parametrize(
    ("mutation", "more"), [("extendHold", {}), ("confirmRegistration", {}), ("cancelRegistration", {})]
)
async def test_a_step_that_expects_another_version_changes_nothing(
    api: Api, mutation: str, more: dict[str, Any]
) -> None:
    world, _, event = await listed(api)
    held = await world.hold(event, guest := address("guest"))

    [problem] = await refusals(api, guest, mutation, id=held, expectedVersion=7, **more)

    assert problem["code"] == "VERSION_CONFLICT"
    assert problem["params"]["current"] == 1
    assert await state(api, guest, held) == {"status": "HELD", "quantity": 1, "paymentReference": None, "version": 1}


async def test_the_same_hold_under_one_key_is_one_hold(api: Api) -> None:
    _, _, event = await listed(api, capacity=5)
    guest = address("guest")
    given = {**places(event, quantity=2), "idempotencyKey": "one"}

    first = await change(api, guest, "holdPlaces", HELD, **given)
    again = await change(api, guest, "holdPlaces", HELD, **given)
    other = await codes(api, guest, "holdPlaces", **{**given, "quantity": 3})

    assert first["registration"]["id"] == again["registration"]["id"]
    assert other == ["IDEMPOTENCY_KEY_REUSED"]
    assert await used(api, event) == {"held": 2, "available": 3}


async def test_a_sold_out_hold_is_not_kept_under_its_key(api: Api) -> None:
    world, _, event = await listed(api, capacity=1)
    await world.hold(event, address("first"))
    guest = address("guest")
    given = {**places(event), "idempotencyKey": "patient"}
    assert await codes(api, guest, "holdPlaces", **given) == ["SOLD_OUT"]

    api.clock.advance(minutes=10)

    assert (await change(api, guest, "holdPlaces", HELD, **given))["registration"]["status"] == "HELD"


async def test_the_name_of_a_payment_is_for_whom_it_concerns(api: Api) -> None:
    world, team, event = await listed(api)
    registration = await world.hold(event, guest := address("guest"))
    await change(api, guest, "confirmRegistration", HELD, id=registration, paymentReference="pay-1")

    assert (await state(api, team.staff, registration))["paymentReference"] == "pay-1"
    stranger = await api.run(STATE, {"id": registration}, by=address("stranger"))
    assert stranger.data["node"] is None


async def test_a_clock_that_goes_back_gives_nothing_away(api: Api) -> None:
    world, _, event = await listed(api, capacity=1)
    held = await world.hold(event, guest := address("guest"))
    api.clock.advance(minutes=10)
    await world.register(event, address("second"))

    api.clock.advance(minutes=-9)

    assert await codes(api, guest, "confirmRegistration", id=held) == ["HOLD_EXPIRED"]
    assert await used(api, event) == {"confirmed": 1, "available": 0}


async def test_an_expired_hold_is_no_obstacle_in_a_world_that_nobody_sweeps(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, capacity=3)
    for _ in range(3):
        await world.hold(event, address("guest"))

    api.clock.advance(hours=1)

    await world.register(event, address("late"), quantity=3)
