"""Check-in through the API: each ticket opens the door once, also to devices that upload later what they have read."""

from typing import Any

import pytest

from tests.api import Api
from tests.commands import attempt, change, codes, refusals
from tests.schema.sales import listed, story_of, tickets_of, used, version_of
from tests.world import Listed, Team, World, address

RESULTS = "results { code nonce outcome checkedInAt ticket { id status checkedInAt } }"


async def at_the_door(api: Api, quantity: int = 1, **details: Any) -> tuple[World, Team, Listed, list[dict[str, Any]]]:
    """An event that starts in an hour, and the tickets of a guest."""
    world, team, event = await listed(api, **details)
    registration = await world.register(event, guest := address("guest"), quantity=quantity)
    tickets = await tickets_of(api, guest, registration)
    api.clock.advance(days=9, hours=23)
    return world, team, event, [{**ticket, "guest": guest, "registration": registration} for ticket in tickets]


async def read(api: Api, by: str, event: Listed, *codes_: str, **more: Any) -> list[dict[str, Any]]:
    """What came of the codes."""
    given = {"eventId": event.id, **({"codes": list(codes_)} if codes_ else {}), **more}
    return (await change(api, by, "checkIn", RESULTS, **given))["results"]


def outcomes(results: list[dict[str, Any]]) -> list[str]:
    return [result["outcome"] for result in results]


async def test_a_ticket_lets_its_holder_in_once(api: Api) -> None:
    _, team, event, [ticket] = await at_the_door(api)
    now = api.clock.now.isoformat()

    first = await read(api, team.staff, event, ticket["code"])
    api.clock.advance(minutes=1)
    second = await read(api, team.staff, event, ticket["code"])

    shown = {"id": ticket["id"], "status": "CHECKED_IN", "checkedInAt": now}
    assert first == [
        {"code": ticket["code"], "nonce": None, "outcome": "CHECKED_IN", "checkedInAt": now, "ticket": shown}
    ]
    assert second == [{**first[0], "outcome": "ALREADY_CHECKED_IN"}]
    assert (await used(api, event))["checkedIn"] == 1


async def test_codes_are_read_as_people_type_them(api: Api) -> None:
    _, team, event, [ticket] = await at_the_door(api)
    typed = ticket["code"].lower().replace("-", " ").replace("0", "o").replace("1", "l")

    assert outcomes(await read(api, team.staff, event, typed)) == ["CHECKED_IN"]


async def test_a_group_arrives_in_parts(api: Api) -> None:
    _, team, event, [one, two, three] = await at_the_door(api, quantity=3)

    assert outcomes(await read(api, team.staff, event, one["code"], two["code"])) == ["CHECKED_IN"] * 2

    assert (await used(api, event))["checkedIn"] == 2
    statuses = [ticket["status"] for ticket in await tickets_of(api, one["guest"], one["registration"])]
    assert sorted(statuses) == ["CHECKED_IN", "CHECKED_IN", "VALID"]
    [problem] = await refusals(api, one["guest"], "cancelRegistration", id=one["registration"])
    assert (problem["code"], problem["params"]) == ("TICKETS_CHECKED_IN", {"checkedIn": 2})
    assert await codes(api, one["guest"], "transferTicket", id=one["id"], attendeeName="Ada") == ["TICKET_UNKNOWN"]
    left = await change(
        api,
        team.manager,
        "cancelRegistration",
        "registration { quantity }",
        id=one["registration"],
        ticketIds=[three["id"]],
    )
    assert left["registration"]["quantity"] == 2


async def test_bad_tickets_do_not_keep_good_ones_outside(api: Api) -> None:
    world, team, event, [good] = await at_the_door(api)
    cancelled = await world.register(event, guest := address("guest"))
    [bad] = await tickets_of(api, guest, cancelled)
    await change(api, guest, "cancelRegistration", "registration { id }", id=cancelled)

    results = await read(api, team.staff, event, "NOSUC-HCODE", bad["code"], good["code"], good["code"])

    assert outcomes(results) == ["UNKNOWN", "CANCELLED", "CHECKED_IN", "ALREADY_CHECKED_IN"]
    assert results[0]["ticket"] is None
    assert results[1]["checkedInAt"] is None


async def test_a_ticket_of_another_event_is_unknown(api: Api) -> None:
    world, team, _, [ticket] = await at_the_door(api)
    other = await world.event(team, startsAtLocal="2026-12-03T12:30", endsAtLocal="2026-12-03T13:30")

    assert outcomes(await read(api, team.staff, other, ticket["code"])) == ["UNKNOWN"]


async def test_a_reading_that_is_uploaded_again_gets_the_same_answer(api: Api) -> None:
    _, team, event, [ticket] = await at_the_door(api)
    scanned = api.clock.now.replace(minute=api.clock.now.minute).isoformat()
    api.clock.advance(minutes=20)
    scans = [{"code": ticket["code"], "nonce": "gate-1:17", "scannedAt": scanned}]

    first = await read(api, team.staff, event, scans=scans)
    version = await version_of(api, event)
    again = await read(api, team.staff, event, scans=scans)

    assert (first[0]["outcome"], first[0]["checkedInAt"], first[0]["nonce"]) == ("CHECKED_IN", scanned, "gate-1:17")
    assert again == first
    assert await version_of(api, event) == version


async def test_two_gates_that_let_one_ticket_in_are_told_apart(api: Api) -> None:
    _, team, event, [ticket] = await at_the_door(api)
    at = api.clock.now.isoformat()

    one = await read(api, team.staff, event, scans=[{"code": ticket["code"], "nonce": "gate-1", "scannedAt": at}])
    two = await read(api, team.staff, event, scans=[{"code": ticket["code"], "nonce": "gate-2", "scannedAt": at}])

    assert outcomes(one + two) == ["CHECKED_IN", "ALREADY_CHECKED_IN"]
    assert two[0]["checkedInAt"] == at


async def test_a_name_of_a_reading_belongs_to_its_code(api: Api) -> None:
    _, team, event, [one, two] = await at_the_door(api, quantity=2)
    await read(api, team.staff, event, scans=[{"code": one["code"], "nonce": "same"}])

    scans = [{"code": two["code"], "nonce": "same"}]

    assert await codes(api, team.staff, "checkIn", eventId=event.id, scans=scans) == ["NONCE_REUSED"]
    assert (await used(api, event))["checkedIn"] == 1


@pytest.mark.parametrize("hours", [3, -80])
async def test_a_device_with_a_wrong_clock_does_not_know_when_it_was(api: Api, hours: int) -> None:
    _, team, event, [ticket] = await at_the_door(api)
    now = api.clock.now
    api.clock.advance(hours=hours)
    wrong = api.clock.now.isoformat()
    api.clock.advance(hours=-hours)

    [result] = await read(api, team.staff, event, scans=[{"code": ticket["code"], "nonce": "n", "scannedAt": wrong}])

    assert result["checkedInAt"] == now.isoformat()


async def test_codes_under_a_key_are_read_once(api: Api) -> None:
    _, team, event, [ticket] = await at_the_door(api)

    first = await read(api, team.staff, event, ticket["code"], idempotencyKey="door")
    again = await read(api, team.staff, event, ticket["code"], idempotencyKey="door")

    assert outcomes(first) == ["CHECKED_IN"]
    assert again == first
    assert again[0]["nonce"] is None


async def test_a_check_in_by_mistake_is_undone(api: Api) -> None:
    _, team, event, [ticket] = await at_the_door(api)
    given = {"eventId": event.id, "code": ticket["code"]}
    [early] = await refusals(api, team.staff, "undoCheckIn", **given)
    await read(api, team.staff, event, ticket["code"])

    undone = await change(
        api, team.staff, "undoCheckIn", "ticket { id status checkedInAt }", **given, reason="Wrong person."
    )

    assert (early["code"], early["params"]) == ("TICKET_NOT_CHECKED_IN", {"status": "VALID"})
    assert undone["ticket"] == {"id": ticket["id"], "status": "VALID", "checkedInAt": None}
    assert "checkedIn" not in await used(api, event)
    assert outcomes(await read(api, team.staff, event, ticket["code"])) == ["CHECKED_IN"]
    story = await story_of(api, team.staff, ticket["registration"])
    assert [line["kind"] for line in story[1:]] == ["TicketsCheckedIn", "CheckInUndone", "TicketsCheckedIn"]
    assert story[1]["data"]["ticket_ids"] == [ticket["id"]]


async def test_the_door_is_open_from_a_day_before_the_start(api: Api) -> None:
    world, team, event = await listed(api)
    registration = await world.register(event, guest := address("guest"))
    [ticket] = await tickets_of(api, guest, registration)
    api.clock.advance(days=9, microseconds=-1)

    assert await codes(api, team.staff, "checkIn", eventId=event.id, codes=[ticket["code"]]) == ["CHECK_IN_NOT_STARTED"]

    api.clock.advance(microseconds=1)
    assert outcomes(await read(api, team.staff, event, ticket["code"])) == ["CHECKED_IN"]


async def test_nobody_is_let_in_to_a_cancelled_event(api: Api) -> None:
    world, team, event, [ticket] = await at_the_door(api)
    await world.move(event.id, "cancel", team.manager)

    [problem] = await refusals(api, team.staff, "checkIn", eventId=event.id, codes=[ticket["code"]])

    assert (problem["code"], problem["params"]) == ("CHECK_IN_CLOSED", {"status": "CANCELLED"})


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "REQUIRED"),
        ({"codes": []}, "REQUIRED"),
        ({"codes": [""]}, "REQUIRED"),
        ({"codes": ["A" * 41]}, "TOO_LONG"),
        ({"codes": ["A"] * 501}, "TOO_MANY"),
        ({"scans": [{"code": "A", "nonce": ""}]}, "REQUIRED"),
        ({"scans": [{"code": "A", "nonce": "n" * 101}]}, "TOO_LONG"),
    ],
)
async def test_what_is_no_reading_is_refused(api: Api, given: dict[str, Any], code: str) -> None:
    _, team, event = await listed(api)

    assert code in await codes(api, team.staff, "checkIn", eventId=event.id, **given)


async def test_guests_do_not_let_themselves_in(api: Api) -> None:
    _, _, event, [ticket] = await at_the_door(api)

    answer = await attempt(api, ticket["guest"], "checkIn", RESULTS, eventId=event.id, codes=[ticket["code"]])

    assert answer.codes == ["FORBIDDEN"]


async def test_reading_many_tickets_takes_no_more_statements_than_reading_one(api: Api) -> None:
    world, team, event, tickets = await at_the_door(api, quantity=20)
    other = await world.register(event, guest := address("guest"))
    [single] = await tickets_of(api, guest, other)

    one = await attempt(api, team.staff, "checkIn", RESULTS, eventId=event.id, codes=[single["code"]])
    many = await attempt(
        api, team.staff, "checkIn", RESULTS, eventId=event.id, codes=[ticket["code"] for ticket in tickets]
    )

    assert outcomes(many.data["checkIn"]["results"]) == ["CHECKED_IN"] * 20
    assert len(many.sql) == len(one.sql)
