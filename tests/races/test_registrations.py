"""Many people at once, through two applications over one database: what was sold, and what everybody was told."""

from collections import Counter
from collections.abc import Awaitable
from typing import Any

import asyncpg

from tests.api import Api
from tests.books import prove_books
from tests.commands import attempt, together, told
from tests.world import Listed, Team, World, address


def place(event: Listed, tier: str, quantity: int = 1, **more: Any) -> dict[str, Any]:
    return {"eventId": event.id, "ticketTierId": event.tiers[tier], "quantity": quantity, **more}


async def known_people(api: Api, count: int, who: str = "guest") -> list[str]:
    """People with accounts, so that the race is about places and not about first sights."""
    people = [address(who) for _ in range(count)]
    for person in people:
        await api.run("{ viewer { id } }", by=person)
    return people


async def test_ten_places_are_sold_to_ten_of_sixty_four_over_two_applications(
    two: tuple[Api, Api], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    world = World(two[0])
    team = await world.team()
    event = await world.event(team, capacity=10, tiers={"Stalls": {}, "Balcony": {"quota": 7}, "Box": {"quota": 3}})
    tiers = ["Stalls", "Balcony", "Box"]

    # Most of them have never been seen before: their accounts are made in the same rush.
    answers = await together(
        [told(two[number % 2], address("guest"), "register", **place(event, tiers[number % 3])) for number in range(64)]
    )

    assert Counter(answers) == {"done": 10, "SOLD_OUT": 54}
    assert await database.fetchval("SELECT sum(quantity) FROM registrations WHERE status = 'CONFIRMED'") == 10
    assert await database.fetchval("SELECT count(*) FROM tickets") == 10
    await prove_books(database)


async def test_claims_of_several_places_fill_the_event_and_never_overfill_it(
    two: tuple[Api, Api], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    world = World(two[0])
    event = await world.event(await world.team(), capacity=10)

    answers = await together(
        [
            told(two[number % 2], address("guest"), "register", **place(event, "Standard", 1 + number % 4))
            for number in range(40)
        ]
    )

    assert set(answers) == {"done", "SOLD_OUT"}
    # A claim for one place was among those that were refused, so not one place can be left.
    assert await database.fetchval("SELECT confirmed FROM capacity_pools WHERE id = event_id") == 10
    await prove_books(database)


async def test_one_person_does_not_get_past_the_limit_by_asking_at_once(
    two: tuple[Api, Api], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    world = World(two[0])
    event = await world.event(await world.team(), tiers={"Standard": {"perPersonLimit": 3}})
    [guest] = await known_people(two[0], 1)

    answers = await together(
        [told(two[number % 2], guest, "register", **place(event, "Standard")) for number in range(12)]
    )

    assert Counter(answers) == {"done": 3, "PERSON_LIMIT_REACHED": 9}
    await prove_books(database)


async def test_nobody_gets_a_place_after_the_event_was_called_off(
    two: tuple[Api, Api], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    world = World(two[0])
    team = await world.team()
    event = await world.event(team)
    guests = await known_people(two[1], 24)

    answers = await together(
        [
            *(
                told(two[number % 2], guest, "register", **place(event, "Standard"))
                for number, guest in enumerate(guests)
            ),
            told(two[1], team.manager, "cancelEvent", id=event.id),
        ]
    )

    assert answers[-1] == "done"
    assert set(answers[:-1]) <= {"done", "REGISTRATION_CLOSED"}
    called_off = await database.fetchval("SELECT version FROM journal WHERE kind = 'EventCancelled'")
    last = await database.fetchval("SELECT max(version) FROM journal WHERE kind = 'PlacesConfirmed'")
    assert last is None or last < called_off
    assert await database.fetchval("SELECT count(*) FROM registrations") == answers.count("done") - 1
    await prove_books(database)


async def test_shrinking_capacity_never_goes_below_what_is_sold_meanwhile(
    two: tuple[Api, Api], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    world = World(two[0])
    team = await world.team()
    event = await world.event(team, capacity=20)
    guests = await known_people(two[1], 20)
    calls: list[Awaitable[str]] = []
    for number, guest in enumerate(guests):
        calls.append(told(two[number % 2], guest, "register", **place(event, "Standard")))
        if number % 4 == 3:
            calls.append(told(two[0], team.manager, "updateEvent", id=event.id, capacity=20 - number // 2))

    answers = await together(calls)

    assert set(answers) <= {"done", "SOLD_OUT", "CAPACITY_TAKEN"}
    row = await database.fetchrow("SELECT capacity, confirmed FROM capacity_pools WHERE id = event_id")
    assert row is not None
    assert row["confirmed"] <= row["capacity"]
    await prove_books(database)


async def test_places_given_back_are_sold_once_more_and_no_more(
    two: tuple[Api, Api], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    world = World(two[0])
    event = await world.event(await world.team(), capacity=8)
    leaving = await known_people(two[0], 8)
    held = [await world.register(event, guest) for guest in leaving]
    coming = await known_people(two[0], 24)

    # Each is cancelled twice at once, from both applications.
    answers = await together(
        [
            *(told(two[0], guest, "cancelRegistration", id=held[number]) for number, guest in enumerate(leaving)),
            *(told(two[1], guest, "cancelRegistration", id=held[number]) for number, guest in enumerate(leaving)),
            *(
                told(two[number % 2], guest, "register", **place(event, "Standard"))
                for number, guest in enumerate(coming)
            ),
        ]
    )

    assert Counter(answers[:16]) == {"done": 8, "REGISTRATION_OVER": 8}
    assert set(answers[16:]) <= {"done", "SOLD_OUT"}
    assert await database.fetchval("SELECT confirmed FROM capacity_pools WHERE id = event_id") == answers[16:].count(
        "done"
    )
    await prove_books(database)


async def test_twenty_equal_requests_under_one_key_take_places_once(
    two: tuple[Api, Api], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    world = World(two[0])
    event = await world.event(await world.team(), capacity=5)
    [guest] = await known_people(two[0], 1)
    given = place(event, "Standard", 2, idempotencyKey="one click")

    answers = await together(
        [attempt(two[number % 2], guest, "register", "registration { id status }", **given) for number in range(20)]
    )

    bodies = [answer.body for answer in answers]
    assert bodies == [bodies[0]] * 20
    assert bodies[0]["data"]["register"]["registration"]["status"] == "CONFIRMED"
    assert await database.fetchval("SELECT count(*) FROM registrations") == 1
    await prove_books(database)


async def test_everything_at_once_neither_deadlocks_nor_breaks_the_books(
    two: tuple[Api, Api], database: "asyncpg.Connection[asyncpg.Record]"
) -> None:
    world = World(two[0])
    team = await world.team()
    events = [await world.event(team, capacity=6, tiers={"A": {}, "B": {"quota": 4}}) for _ in range(2)]
    guests = await known_people(two[0], 8)
    held = {guest: await world.register(events[0], guest, tier="A") for guest in guests[:4]}

    answers = await together(list(_everything(two, team, events, guests, held)))

    assert set(answers) <= {
        "done",
        "SOLD_OUT",
        "REGISTRATION_CLOSED",
        "REGISTRATION_OVER",
        "CAPACITY_TAKEN",
        "EVENT_NOT_EDITABLE",
        "TRANSITION_NOT_ALLOWED",
        "NAME_TAKEN",
        "LAST_OWNER",
        "FORBIDDEN",
        "NOT_FOUND",
    }, Counter(answers)
    await prove_books(database)


def _everything(
    two: tuple[Api, Api], team: Team, events: list[Listed], guests: list[str], held: dict[str, str]
) -> list[Awaitable[str]]:
    calls: list[Awaitable[str]] = []
    for number, guest in enumerate(guests):
        api, other = two[number % 2], two[(number + 1) % 2]
        calls += [told(api, guest, "register", **place(event, tier)) for event in events for tier in ("A", "B")]
        calls.append(told(other, guest, "updateProfile", name=f"Guest {number}"))
        if guest in held:
            calls.append(told(other, guest, "cancelRegistration", id=held[guest]))
        calls.append(told(api, team.manager, "updateEvent", id=events[0].id, capacity=6 + number, tags=[f"t{number}"]))
        calls.append(told(other, team.manager, "updateTicketTier", id=events[0].tiers["B"], quota=4 + number))
        calls.append(told(other, team.manager, "copyEvent", id=events[0].id))
        calls.append(told(api, team.owner, "inviteMember", organizationId=team.id, email=guest, role="STAFF"))
        calls.append(told(api, team.owner, "updateOrganization", id=team.id, name=f"Team {number}"))
    calls.append(told(two[0], team.owner, "changeMemberRole", id=team.memberships["STAFF"], role="MANAGER"))
    calls.append(told(two[1], team.owner, "deactivateAccount"))
    calls.append(told(two[0], team.manager, "postponeEvent", id=events[1].id))
    calls.append(told(two[1], team.manager, "cancelEvent", id=events[1].id))
    return calls
