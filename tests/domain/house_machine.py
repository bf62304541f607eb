"""The crowd at a house in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from domain import errors
from domain.asked import Asked, Outdated
from domain.ids import EventId, PoolId, UserId
from domain.journal import Fact
from tests.capacity_machine import CapacityMachine
from tests.domain.house import GUESTS, OTHER_TIER, STARTS_AT, House, Rows, a_house
from tests.domain.made import EVENT


class HouseMachine(CapacityMachine):
    """The crowd at a house in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.house = a_house()
        self.known = 0

    def open(
        self,
        capacity: int | None,
        quotas: Sequence[int | None],
        *,
        shared: int | None,
        person_limit: int,
        is_near: bool,
    ) -> None:
        quota, other_quota = quotas
        house = a_house(capacity, quota=quota, other_quota=other_quota, shared=shared, per_person_limit=person_limit)
        if is_near:
            house.books.now = STARTS_AT - timedelta(hours=20)
        tiers, sales_end_at = house.books.tiers, house.books.now + timedelta(hours=20)
        tiers[OTHER_TIER] = replace(tiers[OTHER_TIER], sales_end_at=sales_end_at)
        self.house = house
        self.opened(house)

    def opened(self, house: House) -> None:
        """A house has been opened."""

    def decided(self, asked: Asked[object]) -> object:
        self.known = len(self.house.books.lines)
        try:
            return self.house.ask(asked.command, asked.actor_id)
        except (errors.Refusal, errors.Refused, errors.RequestError, Outdated) as refused:
            return refused

    def resized(self, pool_id: PoolId, capacity: int | None) -> None:
        self.house.change(pool_id, capacity=capacity)

    def advanced(self, delta: timedelta) -> None:
        self.house.books.now += delta

    def rows(self) -> Rows:
        return self.house.books

    def facts(self) -> Sequence[Fact]:
        return [line.fact for line in self.house.books.lines[self.known :]]

    @property
    def event_id(self) -> EventId:
        return EVENT

    def person(self, number: int) -> UserId:
        return GUESTS[number]
