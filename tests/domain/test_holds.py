"""Places held for a while: what becomes of them when they are paid in time, too late, or not at all."""

from datetime import timedelta

from domain import errors
from domain.capacity_pools import Settle
from domain.ids import RegistrationId, TicketId, TicketTierId
from domain.journal import FactKind
from domain.registrations import (
    CancelRegistration,
    ConfirmRegistration,
    ExtendHold,
    HoldPlaces,
    Register,
    RegistrationStatus,
)
from domain.waitlist import JoinWaitlist
from tests.domain.house import ENDS_AT, GUESTS, a_house
from tests.domain.made import EVENT, LATER, NOW, TIER

SECOND = timedelta(seconds=1)


def register(quantity: int = 1, tier_id: TicketTierId = TIER) -> Register:
    return Register(EVENT, tier_id, quantity)


def hold(quantity: int = 1, minutes: int | None = None) -> HoldPlaces:
    return HoldPlaces(EVENT, TIER, quantity, minutes)


def confirm(id_: RegistrationId, payment: str | None = None) -> ConfirmRegistration:
    return ConfirmRegistration(EVENT, id_, payment)


def cancel(id_: RegistrationId, *tickets: TicketId, reason: str | None = None) -> CancelRegistration:
    return CancelRegistration(EVENT, id_, reason, None, tickets or None)


def test_a_hold_takes_places_without_tickets_for_ten_minutes() -> None:
    house = a_house(3)

    id_ = house.ask(hold(2))

    registration = house.registration(id_)
    assert (registration.status, registration.expires_at) == (RegistrationStatus.HELD, NOW + timedelta(minutes=10))
    assert (house.pool().held, house.pool().confirmed, house.tickets(id_)) == (2, 0, [])
    assert house.last.fact.kind is FactKind.PLACES_HELD
    house.refused(errors.EventIsFull, register(2), GUESTS[0])


def test_a_place_is_free_at_the_instant_its_hold_ends_for_whoever_asks_next() -> None:
    house = a_house(1)
    held = house.ask(hold(1))
    house.advance(minutes=10, microseconds=-1)
    house.refused(errors.EventIsFull, register(1), GUESTS[0])

    house.advance(microseconds=1)
    house.ask(register(1), GUESTS[0])

    assert house.registration(held).status is RegistrationStatus.EXPIRED
    assert house.told == [FactKind.PLACES_HELD, FactKind.HOLD_EXPIRED, FactKind.PLACES_CONFIRMED]
    assert house.books.lines[1].actor_id is None


def test_a_hold_lasts_as_long_again_once() -> None:
    house = a_house()
    id_ = house.ask(hold(1, minutes=5))
    house.advance(minutes=4)

    house.ask(ExtendHold(EVENT, id_))

    ends_at = NOW + timedelta(minutes=10)
    assert house.registration(id_).expires_at == ends_at
    assert house.refused(errors.HoldWasExtended, ExtendHold(EVENT, id_)) == {"expires_at": ends_at.isoformat()}
    house.advance(minutes=6)
    assert house.refused(errors.RegistrationIsNotHeld, ExtendHold(EVENT, id_)) == {"status": "EXPIRED"}


def test_only_a_hold_is_extended() -> None:
    house = a_house()
    id_ = house.ask(register())

    assert house.refused(errors.RegistrationIsNotHeld, ExtendHold(EVENT, id_)) == {"status": "CONFIRMED"}


def test_a_confirmed_hold_has_tickets_and_ends_no_more() -> None:
    house = a_house(2)
    id_ = house.ask(hold(2))

    assert house.ask(confirm(id_, "pay-1")) == id_

    registration = house.registration(id_)
    assert (registration.status, registration.expires_at) == (RegistrationStatus.CONFIRMED, None)
    assert registration.payment_reference == "pay-1"
    assert len(house.tickets(id_)) == 2
    assert (house.pool().held, house.pool().confirmed) == (0, 2)
    house.advance(days=1)
    house.ask(Settle(EVENT))
    assert house.registration(id_).status is RegistrationStatus.CONFIRMED


def test_a_payment_service_may_repeat_itself_and_nobody_else() -> None:
    house = a_house()
    id_ = house.ask(hold())
    house.ask(confirm(id_, "pay-1"))
    lines = len(house.books.lines)

    assert house.ask(confirm(id_, "pay-1")) == id_

    assert len(house.books.lines) == lines
    assert house.refused(errors.RegistrationIsOver, confirm(id_, "pay-2")) == {"status": "CONFIRMED"}
    assert house.refused(errors.RegistrationIsOver, confirm(id_)) == {"status": "CONFIRMED"}


def test_a_hold_may_be_confirmed_when_the_tier_is_sold_no_more_but_not_when_the_event_is_over() -> None:
    house = a_house(sales_end_at=LATER)
    house.advance(minutes=55)
    id_ = house.ask(hold())
    house.advance(minutes=6)

    house.ask(confirm(id_))

    house = a_house()
    house.books.now = ENDS_AT - timedelta(minutes=5)
    late = house.ask(hold())
    house.advance(minutes=5)
    house.refused(errors.RegistrationIsClosed, confirm(late))


def test_a_late_payment_is_admitted_again_where_places_are_left() -> None:
    house = a_house(2)
    id_ = house.ask(hold(2))
    house.advance(minutes=11)
    house.ask(Settle(EVENT))
    assert house.pool().taken == 0

    house.ask(confirm(id_, "pay-1"))

    assert house.registration(id_).status is RegistrationStatus.CONFIRMED
    assert (house.pool().confirmed, len(house.tickets(id_))) == (2, 2)


def test_a_late_payment_without_places_is_told_the_numbers() -> None:
    house = a_house(3)
    id_ = house.ask(hold(2))
    house.advance(minutes=10)
    house.ask(register(2), GUESTS[0])

    numbers = house.refused(errors.HoldHasExpired, confirm(id_, "pay-1"))

    assert numbers == {"expired_at": (NOW + timedelta(minutes=10)).isoformat(), "asked": 2, "available": 1}
    assert house.registration(id_).status is RegistrationStatus.EXPIRED


def test_a_late_payment_does_not_pass_the_waiting_list() -> None:
    house = a_house(2)
    house.ask(register(1), GUESTS[0])
    id_ = house.ask(hold(1))
    house.ask(JoinWaitlist(EVENT, TIER, 2), GUESTS[1])
    house.advance(minutes=10)

    assert house.refused(errors.HoldHasExpired, confirm(id_, "pay-1"))["available"] == 1


def test_a_late_payment_counts_for_the_limit_of_a_person() -> None:
    house = a_house(per_person_limit=1)
    id_ = house.ask(hold())
    house.advance(minutes=10)
    house.ask(register())

    assert house.refused(errors.PersonLimitIsReached, confirm(id_)) == {"limit": 1, "taken": 1, "asked": 1}


def test_a_cancelled_hold_gives_back_what_was_held() -> None:
    house = a_house(2)
    id_ = house.ask(hold(2))

    house.ask(cancel(id_))

    assert (house.registration(id_).status, house.registration(id_).expires_at) == ("CANCELLED", None)
    assert house.pool().taken == 0
    assert house.refused(errors.RegistrationIsOver, confirm(id_, "pay-1")) == {"status": "CANCELLED"}


def test_whoever_confirms_a_payment_again_after_giving_places_back_gets_none() -> None:
    house = a_house()
    id_ = house.ask(hold())
    house.ask(confirm(id_, "pay-1"))
    house.ask(cancel(id_))

    assert house.refused(errors.RegistrationIsOver, confirm(id_, "pay-1")) == {"status": "CANCELLED"}
