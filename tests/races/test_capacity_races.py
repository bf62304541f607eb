"""Hundreds at once on shared pools, through the lanes of two processes: what was sold, and what everybody was told."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable
from contextlib import AsyncExitStack
from uuid import UUID

import pytest

from db.lanes import Lanes
from domain import errors
from domain.asked import Asked
from domain.ids import RegistrationId
from domain.registrations import CancelRegistration, ConfirmRegistration, HoldPlaces, Register
from domain.waitlist import AcceptOffer, JoinWaitlist
from tests.box_office import BoxOffice, Show, answer, answers, asked, box_office
from tests.capacity_machine import told

PEOPLE = 300
ENTRIES = "SELECT id, user_id, quantity, status FROM waitlist_entries WHERE event_id = $1 ORDER BY position"
POOLS = "SELECT id, capacity, confirmed + held + offered + blocked AS taken FROM capacity_pools WHERE event_id = $1"
OF_PERSON = "SELECT id FROM registrations WHERE event_id = $1 AND user_id = $2"


@pytest.fixture
async def office(fresh_database_url: str) -> AsyncGenerator[BoxOffice]:
    async with box_office(fresh_database_url, PEOPLE) as office:
        yield office


@pytest.fixture
async def both(office: BoxOffice) -> AsyncGenerator[tuple[Lanes, Lanes]]:
    """The lanes of two processes."""
    async with AsyncExitStack() as stack:
        yield (
            await stack.enter_async_context(office.lanes(lanes=2)),
            await stack.enter_async_context(office.lanes(lanes=2)),
        )


def claims(office: BoxOffice, show: Show, *, most: int = 4) -> list[Asked[object]]:
    """Everybody wants some places of some tier."""
    return [
        asked(Register(show.id, show.tiers[number % len(show.tiers)], 1 + number * 7 % most), person)
        for number, person in enumerate(office.people)
    ]


def cancellation(show: Show, id_: object) -> CancelRegistration:
    assert isinstance(id_, UUID)
    return CancelRegistration(show.id, RegistrationId(id_), None, None)


async def test_hundreds_of_claims_over_shared_pools_sell_what_there_is_and_no_more(
    office: BoxOffice, both: tuple[Lanes, Lanes]
) -> None:
    show = await office.show(90, 40, None, 30, shared=70)
    wanted = claims(office, show)

    found = await answers([both[number % 2].run(each) for number, each in enumerate(wanted)])

    assert {told(each) for each in found} == {"done", "SOLD_OUT"}
    for each in found:
        # Nobody was refused what was there at that moment.
        assert not isinstance(each, errors.EventIsFull) or int(each.params["asked"] or 0) > int(
            each.params["available"] or 0
        )
    for pool in await office.books.fetch(POOLS, show.id):
        assert pool["capacity"] is None or pool["taken"] <= pool["capacity"]
    # Everybody asks once more for a single place: now that is sold which nobody could use before, and then nothing is.
    await answers(
        [
            both[number % 2].run(asked(Register(show.id, show.tiers[number % 3], 1), person))
            for number, person in enumerate(office.people)
        ]
    )
    assert await office.count(show) == 70
    await office.prove()


async def test_each_caller_gets_their_own_answer(office: BoxOffice, both: tuple[Lanes, Lanes]) -> None:
    shows = [await office.show(25, None, None) for _ in range(4)]
    wanted = [each for show in shows for each in claims(office, show, most=2)]

    found = await answers([both[number % 2].run(each) for number, each in enumerate(wanted)])

    rows = await office.books.fetch("SELECT id, event_id, user_id, ticket_tier_id, quantity FROM registrations")
    by_id = {row["id"]: row for row in rows}
    for each, answered in zip(wanted, found, strict=True):
        assert isinstance(each.command, Register)
        if isinstance(answered, UUID):
            row = by_id.pop(answered)
            assert (row["event_id"], row["user_id"]) == (each.event_id, each.actor_id)
            assert (row["ticket_tier_id"], row["quantity"]) == (each.command.ticket_tier_id, each.command.quantity)
    assert by_id == {}, "nobody has places without having been told"
    await office.prove()


async def test_a_command_that_is_repeated_through_both_processes_is_decided_once(
    office: BoxOffice, both: tuple[Lanes, Lanes]
) -> None:
    show = await office.show(40, None)
    wanted = claims(office, show, most=2)[:60]

    # Each four times at once, in both processes, and once more when all is over.
    found = await answers([lanes.run(each) for each in wanted for lanes in (*both, *both)])
    again = await answers([both[0].run(each) for each in wanted])

    for place, answered in enumerate(again):
        same = found[place * 4 : place * 4 + 4]
        if isinstance(answered, UUID):
            assert set(same) <= {answered} | {each for each in same if isinstance(each, errors.EventIsFull)}
            assert answered in same
        else:
            assert {told(each) for each in same} == {told(answered)} == {"SOLD_OUT"}
    assert await office.count(show) == 40
    await office.prove()


async def test_one_key_with_two_wishes_grants_one_of_them(office: BoxOffice, both: tuple[Lanes, Lanes]) -> None:
    show, person = await office.show(10, None), office.people[0]
    wishes = [asked(Register(show.id, show.tiers[0], 1 + number % 2), person, "one key") for number in range(20)]

    found = await answers([both[number % 2].run(each) for number, each in enumerate(wishes)])

    assert Counter(map(told, found)) == {"done": 10, "IDEMPOTENCY_KEY_REUSED": 10}
    assert len({each for each in found if isinstance(each, UUID)}) == 1
    await office.prove()


async def test_holds_that_are_confirmed_and_cancelled_at_once_end_one_way(
    office: BoxOffice, both: tuple[Lanes, Lanes]
) -> None:
    show = await office.show(100, None)
    held = await answers(
        [both[0].run(asked(HoldPlaces(show.id, show.tiers[0], 1), person)) for person in office.people[:100]]
    )
    assert await office.count(show, "HELD") == 100

    calls: list[Awaitable[object]] = []
    for id_, person in zip(held, office.people, strict=False):
        assert isinstance(id_, UUID)
        for lanes in both:
            calls.append(lanes.run(asked(ConfirmRegistration(show.id, RegistrationId(id_), "payment"), person)))
            calls.append(lanes.run(asked(cancellation(show, id_), person)))
    found = Counter(map(told, await answers(calls)))

    # Each is cancelled once, before or after it was confirmed.
    assert await office.count(show, "CANCELLED") == 100
    assert found["done"] >= 100
    assert set(found) == {"done", "REGISTRATION_OVER"}
    await office.prove()


async def test_nobody_passes_the_waiting_list_while_places_come_and_go(
    office: BoxOffice, both: tuple[Lanes, Lanes]
) -> None:
    show = await office.show(20, None)
    [tier] = show.tiers
    first, waiting, newcomers = office.people[:20], office.people[20:80], office.people[80:200]
    taken = await answers([both[0].run(asked(Register(show.id, tier, 1), person)) for person in first])
    for person in waiting:
        # One after the other: the order in which they came is known.
        assert isinstance(await answer(both[0].run(asked(JoinWaitlist(show.id, tier, 1), person))), UUID)

    leaving = [asked(cancellation(show, id_), person) for id_, person in zip(taken, first, strict=True)]
    coming = [asked(Register(show.id, tier, 1), person) for person in newcomers]
    mixed = [each for place in range(120) for each in (*leaving[place : place + 1], coming[place])]
    found = await answers([both[number % 2].run(each) for number, each in enumerate(mixed)])

    assert Counter(map(told, found)) == {"done": 20, "SOLD_OUT": 120}
    entries = await office.books.fetch(ENTRIES, show.id)
    assert [row["status"] for row in entries] == ["OFFERED"] * 20 + ["WAITING"] * 40
    accepted = [asked(AcceptOffer(show.id, row["id"]), row["user_id"]) for row in entries[:20]]
    assert {told(each) for each in await answers([both[n % 2].run(each) for n, each in enumerate(accepted * 2)])} == {
        "done"
    }
    assert await office.count(show) == 20
    await office.prove()


async def test_whoever_hangs_up_has_no_place_or_one_that_their_key_finds(
    office: BoxOffice, both: tuple[Lanes, Lanes]
) -> None:
    show = await office.show(200, None)
    wanted = [asked(Register(show.id, show.tiers[0], 1), person) for person in office.people]
    calls = [asyncio.create_task(both[number % 2].run(each)) for number, each in enumerate(wanted)]

    # Everybody else hangs up at some moment of what happens.
    for place, call in enumerate(calls):
        if place % 2:
            await asyncio.sleep(0)
            call.cancel()
    await asyncio.gather(*calls, return_exceptions=True)

    before = await office.count(show)
    for each, call in zip(wanted, calls, strict=True):
        own = {row["id"] for row in await office.books.fetch(OF_PERSON, show.id, each.actor_id)}
        again = await answer(both[0].run(each))
        if call.cancelled():
            assert own <= {again}, "the key finds the place"
        elif call.exception() is None:
            assert own == {call.result()} == {again}
    assert await office.count(show) >= before
    await office.prove()
