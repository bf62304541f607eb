"""Every command in any order on the books of one event: nothing is sold twice, nobody is passed, all of it adds up."""

from hypothesis import settings

from domain import decisions
from domain.capacity_pools import Settle
from domain.decisions import CLAIMS, DECISIONS
from domain.registrations import HoldPlaces, Register
from tests.domain.house import a_house
from tests.domain.house_machine import HouseMachine
from tests.domain.made import EVENT, TIER

TestHouse = HouseMachine.TestCase
TestHouse.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def test_every_command_has_somebody_who_decides_it() -> None:
    assert {Register, HoldPlaces} == CLAIMS
    assert set(DECISIONS) >= CLAIMS


def test_what_time_has_brought_is_settled_once() -> None:
    house = a_house(1)
    house.ask(HoldPlaces(EVENT, TIER, 1))
    house.advance(minutes=10)
    house.ask(Settle(EVENT), None)
    lines = len(house.books.lines)

    decisions.settle(house.books)

    assert len(house.books.lines) == lines
