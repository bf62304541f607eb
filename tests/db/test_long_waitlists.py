"""Waiting lists that are longer than what a batch reads at once: whose turn it is does not depend on that."""

from collections.abc import AsyncGenerator

import pytest

from db.books import WAITING_AT_ONCE
from db.lanes import Lanes
from domain.capacity_pools import Settle, UpdateCapacityPool
from domain.ids import TicketTierId
from domain.registrations import Register
from domain.waitlist import JoinWaitlist
from tests.box_office import BoxOffice, Show, answer, answers, asked, box_office
from tests.capacity_machine import told

LONG = 2 * WAITING_AT_ONCE + 50
STATUSES = "SELECT status FROM waitlist_entries WHERE event_id = $1 AND ticket_tier_id = $2 ORDER BY position"


@pytest.fixture
async def office(fresh_database_url: str) -> AsyncGenerator[BoxOffice]:
    async with box_office(fresh_database_url, LONG + 10) as office:
        yield office


@pytest.fixture
async def lanes(office: BoxOffice) -> AsyncGenerator[Lanes]:
    async with office.lanes() as lanes:
        yield lanes


async def sold_out(office: BoxOffice, lanes: Lanes, *, largest: int = 1) -> Show:
    """A show with one place, a long list for one tier, whose last group is the largest, and one entry for another."""
    show = await office.show(1, None, None)
    first, second = show.tiers
    host, late, *others = office.people
    await answer(lanes.run(asked(Register(show.id, first, 1), host)))
    # A group that is larger than everything could not wait.
    await office.books.execute("UPDATE capacity_pools SET capacity = 2 WHERE id = $1", show.id)
    await answer(lanes.run(asked(Register(show.id, first, 1), host)))
    queue = [asked(JoinWaitlist(show.id, first, 1), person) for person in others[: LONG - 1]]
    assert {told(each) for each in await answers(list(map(lanes.run, queue)))} == {"done"}
    assert told(await answer(lanes.run(asked(JoinWaitlist(show.id, first, largest), others[LONG])))) == "done"
    assert told(await answer(lanes.run(asked(JoinWaitlist(show.id, second, 1), late)))) == "done"
    return show


async def raised(office: BoxOffice, lanes: Lanes, show: Show, by: int) -> tuple[list[str], list[str]]:
    """Where the entries of both tiers stand after so many places were added."""
    await office.books.execute("UPDATE capacity_pools SET capacity = capacity + $2 WHERE id = $1", show.id, by)
    await answer(lanes.run(asked(Settle(show.id), office.people[0])))
    first, second = show.tiers
    return await statuses(office, show, first), await statuses(office, show, second)


async def statuses(office: BoxOffice, show: Show, tier_id: TicketTierId) -> list[str]:
    return [row["status"] for row in await office.books.fetch(STATUSES, show.id, tier_id)]


@pytest.mark.parametrize("places", [1, WAITING_AT_ONCE - 1, WAITING_AT_ONCE, WAITING_AT_ONCE + 1, LONG - 1])
async def test_as_many_as_there_are_places_for_are_served_in_order(
    office: BoxOffice, lanes: Lanes, places: int
) -> None:
    show = await sold_out(office, lanes)

    first, second = await raised(office, lanes, show, places)

    assert first == ["OFFERED"] * places + ["WAITING"] * (LONG - places)
    assert second == ["WAITING"]


async def test_everybody_is_served_when_there_are_places_for_all(office: BoxOffice, lanes: Lanes) -> None:
    show = await sold_out(office, lanes)

    first, second = await raised(office, lanes, show, LONG + 3)

    assert (set(first), second) == ({"OFFERED"}, ["OFFERED"])
    assert told(await answer(lanes.run(asked(Register(show.id, show.tiers[1], 2), office.people[1])))) == "done"


async def test_newcomers_of_the_same_batch_come_after_the_whole_list(office: BoxOffice, lanes: Lanes) -> None:
    show = await sold_out(office, lanes)
    places = WAITING_AT_ONCE + 20
    await office.books.execute("UPDATE capacity_pools SET capacity = capacity + $2 WHERE id = $1", show.id, places)

    calls = [lanes.run(asked(Settle(show.id), office.people[0]))]
    calls += [lanes.run(asked(Register(show.id, show.tiers[1], 1), person)) for person in office.people[:30]]
    found = [told(each) for each in await answers(calls)]

    assert set(found[1:]) == {"SOLD_OUT"}
    assert await statuses(office, show, show.tiers[0]) == ["OFFERED"] * places + ["WAITING"] * (LONG - places)


async def test_a_group_far_down_a_list_keeps_what_it_lacks_from_those_behind_it(
    office: BoxOffice, lanes: Lanes
) -> None:
    show = await sold_out(office, lanes, largest=2)
    first = show.tiers[0]
    # The tier itself is full, for all of its list; the event has one more place, which the group of two lacks as well.
    await office.books.execute(
        "UPDATE capacity_pools SET capacity = confirmed + held + offered WHERE event_id = $1 AND id = $2",
        show.id,
        first,
    )

    _, second = await raised(office, lanes, show, 1)
    assert second == ["WAITING"]
    _, second = await raised(office, lanes, show, 1)
    assert second == ["OFFERED"]


async def test_a_larger_shared_pool_is_offered_down_the_whole_list(office: BoxOffice, lanes: Lanes) -> None:
    show = await office.show(None, None, shared=0)
    host, *others = office.people
    shared = show.shared
    await answer(lanes.run(asked(UpdateCapacityPool(show.id, shared, capacity=1), host)))
    await answer(lanes.run(asked(Register(show.id, show.tiers[0], 1), host)))
    queue = [asked(JoinWaitlist(show.id, show.tiers[0], 1), person) for person in others[:LONG]]
    await answers(list(map(lanes.run, queue)))

    assert told(await answer(lanes.run(asked(UpdateCapacityPool(show.id, shared, capacity=200), host)))) == "done"

    assert await statuses(office, show, show.tiers[0]) == ["OFFERED"] * 199 + ["WAITING"] * (LONG - 199)
    await office.prove()
