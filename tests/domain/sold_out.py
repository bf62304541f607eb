"""A sold-out house and people who wait for places in it: steps that several tests of waiting lists take."""

from collections.abc import Sequence
from datetime import timedelta

from domain.ids import RegistrationId, TicketTierId, WaitlistEntryId
from domain.registrations import CancelRegistration, Register
from domain.waitlist import (
    EntryAction,
    JoinWaitlist,
    MoveEntry,
)
from tests.domain.house import GUESTS, House, a_house
from tests.domain.made import EVENT, TIER

HOST, *OTHERS = GUESTS
DAY = timedelta(days=1)


def full(
    places: int = 4, *, quota: int | None = None, shared: int | None = None, look_past: int = 0
) -> tuple[House, list[RegistrationId]]:
    """A house whose places are taken one by one."""
    house = a_house(places, quota=quota, shared=shared, look_past=look_past)
    return house, [house.ask(Register(EVENT, TIER, 1), HOST) for _ in range(places)]


def join(house: House, person: int, quantity: int = 1, tier_id: TicketTierId = TIER) -> WaitlistEntryId:
    return house.ask(JoinWaitlist(EVENT, tier_id, quantity), OTHERS[person])


def free(house: House, ids: Sequence[RegistrationId]) -> None:
    for id_ in ids:
        house.ask(CancelRegistration(EVENT, id_, None, None), HOST)


def move(house: House, id_: WaitlistEntryId, action: EntryAction, reason: str | None = None) -> None:
    house.ask(MoveEntry(EVENT, id_, action, reason), OTHERS[0])


def statuses(house: House, ids: Sequence[WaitlistEntryId]) -> list[str]:
    return [house.entry(id_).status.value for id_ in ids]
