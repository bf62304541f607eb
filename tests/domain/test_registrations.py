"""Who gets places, holds them and gives them back, decided on books of one event."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain import errors, registrations
from domain.asked import Outdated
from domain.ids import RegistrationId, TicketId, TicketTierId
from domain.journal import FactKind
from domain.registrations import (
    CancelRegistration,
    ConfirmRegistration,
    ExtendHold,
    HoldPlaces,
    Register,
    RegistrationStatus,
    TicketStatus,
    TransferTicket,
)
from tests.domain.house import GUESTS, OTHER_TIER, OWN, SHARED, STARTS_AT, WHOLE, a_house
from tests.domain.made import EVENT, NOW, TIER, USER

SECOND = timedelta(seconds=1)


def register(quantity: int = 1, tier_id: TicketTierId = TIER) -> Register:
    return Register(EVENT, tier_id, quantity)


def hold(quantity: int = 1, minutes: int | None = None) -> HoldPlaces:
    return HoldPlaces(EVENT, TIER, quantity, minutes)


def confirm(id_: RegistrationId, payment: str | None = None) -> ConfirmRegistration:
    return ConfirmRegistration(EVENT, id_, payment)


def cancel(id_: RegistrationId, *tickets: TicketId, reason: str | None = None) -> CancelRegistration:
    return CancelRegistration(EVENT, id_, reason, None, tickets or None)


# --- Taking places ----------------------------------------------------------------------------------------------------


def test_a_granted_claim_takes_places_makes_tickets_and_tells_how_the_pools_moved() -> None:
    house = a_house(10, quota=5, shared=5)

    id_ = house.ask(register(2))

    registration = house.registration(id_)
    assert registration.status is RegistrationStatus.CONFIRMED
    assert (registration.quantity, registration.version, registration.user_id) == (2, 1, USER)
    assert (registration.price_minor, registration.currency) == (1_500, "EUR")
    assert len({ticket.code for ticket in house.tickets(id_)}) == 2
    assert {ticket.status for ticket in house.tickets(id_)} == {TicketStatus.VALID}
    assert house.told == [FactKind.PLACES_CONFIRMED]
    assert house.last.actor_id == USER
    assert house.last.fact.data == {
        "version": 1,
        "ticket_tier_id": str(TIER),
        "user_id": str(USER),
        "quantity": 2,
        "deltas": {str(pool_id): {"confirmed": 2} for pool_id in (WHOLE, OWN, SHARED)},
    }


def test_the_last_places_are_granted_and_one_more_is_not() -> None:
    house = a_house(5)
    house.ask(register(2))

    assert house.refused(errors.EventIsFull, register(4)) == {"available": 3, "asked": 4}
    house.ask(register(3))
    assert house.refused(errors.EventIsFull, register(1)) == {"available": 0, "asked": 1}


def test_a_claim_takes_from_every_pool_or_from_none() -> None:
    house = a_house(10, quota=10, shared=3)
    house.ask(register(2, OTHER_TIER))

    assert house.refused(errors.EventIsFull, register(2)) == {"available": 1, "asked": 2}
    house.ask(register(1))

    assert (house.pool(WHOLE).confirmed, house.pool(OWN).confirmed, house.pool(SHARED).confirmed) == (3, 1, 3)


@pytest.mark.parametrize("change", [{"sales_open": False}, {"sales_until": NOW}, {"sales_until": NOW - SECOND}])
def test_nothing_is_sold_for_an_event_that_is_closed_or_over(change: dict[str, object]) -> None:
    house = a_house()
    house.books.head = replace(house.books.head, **change)  # pyright: ignore[reportArgumentType]

    house.refused(errors.RegistrationIsClosed, register())
    house.refused(errors.RegistrationIsClosed, hold())


def test_a_tier_of_another_event_is_unknown() -> None:
    a_house().refused(errors.TicketTierIsUnknown, register(1, TicketTierId(UUID(int=99))))


def test_a_tier_is_sold_from_its_start_until_its_end() -> None:
    house = a_house(sales_start_at=NOW + SECOND, sales_end_at=NOW + 2 * SECOND)

    house.refused(errors.SalesHaveNotStarted, register())
    house.advance(seconds=1)
    house.ask(register())
    house.advance(seconds=1)
    house.refused(errors.SalesHaveEnded, register())


@pytest.mark.parametrize(("taken", "quantity", "granted"), [(0, 2, True), (1, 1, True), (1, 2, False), (2, 1, False)])
def test_one_person_takes_no_more_than_the_tier_allows(taken: int, quantity: int, *, granted: bool) -> None:
    house = a_house(per_person_limit=2)
    if taken:
        house.ask(register(taken))
    house.ask(register(2), GUESTS[0])

    if granted:
        house.ask(register(quantity))
    else:
        numbers = house.refused(errors.PersonLimitIsReached, register(quantity))
        assert numbers == {"limit": 2, "taken": taken, "asked": quantity}


def test_places_that_were_given_back_do_not_count_for_a_person() -> None:
    house = a_house(per_person_limit=2)
    first, _ = house.ask(register(1)), house.ask(hold(1))
    house.refused(errors.PersonLimitIsReached, register(1))

    house.ask(cancel(first))
    house.ask(register(1))
    house.advance(minutes=10)

    house.ask(register(1))


def test_the_first_reason_that_no_waiting_helps_is_told_first() -> None:
    house = a_house(0, per_person_limit=1)

    house.refused(errors.TicketTierIsUnknown, register(2, TicketTierId(UUID(int=99))))
    house.refused(errors.PersonLimitIsReached, register(2))
    house.refused(errors.EventIsFull, register(1))


@pytest.mark.parametrize("quantity", [0, -1, 101, 10**12])
def test_nobody_asks_for_less_than_one_place_or_more_than_a_hundred(quantity: int) -> None:
    for command in (register(quantity), hold(quantity)):
        with pytest.raises(errors.Refused):
            registrations.validate(command)


@pytest.mark.parametrize("quantity", [1, 100])
def test_any_other_number_of_places_may_be_asked_for(quantity: int) -> None:
    registrations.validate(register(quantity))
    registrations.validate(hold(quantity, minutes=60))


@pytest.mark.parametrize("minutes", [0, -1, 61])
def test_places_are_held_for_a_minute_to_an_hour(minutes: int) -> None:
    with pytest.raises(errors.Refused):
        registrations.validate(hold(1, minutes))


# --- Giving back ----------------------------------------------------------------------------------------------------


def test_a_cancellation_gives_all_places_back_and_tells_it() -> None:
    house = a_house(2)
    id_ = house.ask(register(2))

    house.ask(cancel(id_, reason="Ill."))

    registration = house.registration(id_)
    assert (registration.status, registration.cancelled_at, registration.version) == ("CANCELLED", NOW, 2)
    assert {ticket.status for ticket in house.tickets(id_)} == {TicketStatus.CANCELLED}
    fact = house.last.fact
    assert (fact.kind, fact.private, fact.subject_id) == (FactKind.PLACES_CANCELLED, {"reason": "Ill."}, USER)
    assert fact.data["deltas"] == {str(pool_id): {"confirmed": -2} for pool_id in (WHOLE, OWN, SHARED)}
    assert "Ill" not in str(fact.data)


def test_places_are_given_back_once() -> None:
    house = a_house()
    gone, lapsed = house.ask(register()), house.ask(hold())
    house.ask(cancel(gone))
    house.advance(minutes=10)

    assert house.refused(errors.RegistrationIsOver, cancel(gone)) == {"status": "CANCELLED"}
    assert house.refused(errors.RegistrationIsOver, cancel(lapsed)) == {"status": "EXPIRED"}


def test_places_of_some_tickets_are_given_back_and_the_others_stay() -> None:
    house = a_house(3)
    id_ = house.ask(register(3))
    one, two, three = (ticket.id for ticket in house.tickets(id_))

    house.ask(cancel(id_, two))

    assert (house.registration(id_).status, house.registration(id_).quantity) == ("CONFIRMED", 2)
    assert house.books.tickets[two].status is TicketStatus.CANCELLED
    assert house.last.fact.kind is FactKind.TICKETS_CANCELLED
    house.refused(errors.TicketIsUnknown, cancel(id_, two))
    house.refused(errors.TicketIsUnknown, cancel(id_, one, one))
    house.ask(cancel(id_, one, three))
    assert (house.registration(id_).status, house.registration(id_).quantity) == ("CANCELLED", 2)
    assert house.last.fact.kind is FactKind.PLACES_CANCELLED


def test_whoever_chose_no_ticket_loses_none() -> None:
    house = a_house()

    house.refused(errors.Refused, replace(cancel(house.ask(register(2))), ticket_ids=()))


def test_tickets_of_somebody_else_are_not_given_back() -> None:
    house = a_house()
    own, other = house.ask(register()), house.ask(register(), GUESTS[0])
    held = house.ask(hold())

    house.refused(errors.TicketIsUnknown, cancel(own, house.tickets(other)[0].id))
    house.refused(errors.TicketIsUnknown, cancel(held, house.tickets(own)[0].id))


def test_from_the_start_of_an_event_only_its_organizers_give_places_back() -> None:
    house = a_house()
    id_ = house.ask(register())
    house.books.now = STARTS_AT

    assert house.refused(errors.EventHasStarted, cancel(id_)) == {"started_at": STARTS_AT.isoformat()}
    house.ask(replace(cancel(id_), by_organizer=True))

    assert house.registration(id_).status is RegistrationStatus.CANCELLED


def test_a_cancellation_of_another_version_is_outdated() -> None:
    house = a_house()
    id_ = house.ask(register())

    with pytest.raises(Outdated):
        house.ask(replace(cancel(id_), expected_version=2))


def test_a_reason_for_giving_back_is_text_of_a_decent_length() -> None:
    house = a_house()

    house.refused(errors.Refused, cancel(house.ask(register()), reason="x" * 1_001))


# --- Handing on -------------------------------------------------------------------------------------------------------


def test_a_transferred_ticket_has_another_name_and_another_code() -> None:
    house = a_house()
    id_ = house.ask(register(2))
    first, second = house.tickets(id_)

    house.ask(TransferTicket(EVENT, id_, first.id, "Somebody Else"))

    after = house.books.tickets[first.id]
    assert after.attendee_name == "Somebody Else"
    assert after.code not in {first.code, second.code}
    assert house.books.tickets[second.id] == second
    fact = house.last.fact
    assert fact.kind is FactKind.TICKET_TRANSFERRED
    assert fact.private == {"changes": {"attendee_name": [None, "Somebody Else"]}}
    assert "Somebody" not in str(fact.data)


def test_only_a_good_ticket_of_the_registration_is_transferred_before_the_event() -> None:
    house = a_house()
    id_, other = house.ask(register(2)), house.ask(register(), GUESTS[0])
    first, second = (ticket.id for ticket in house.tickets(id_))
    house.ask(cancel(id_, second))

    for ticket_id in (second, house.tickets(other)[0].id, TicketId(UUID(int=97))):
        house.refused(errors.TicketIsUnknown, TransferTicket(EVENT, id_, ticket_id, "Somebody"))
    house.refused(errors.Refused, TransferTicket(EVENT, id_, first, " "))
    house.books.now = STARTS_AT
    house.refused(errors.EventHasStarted, TransferTicket(EVENT, id_, first, "Somebody"))
    house.ask(TransferTicket(EVENT, id_, first, "Somebody", by_organizer=True))


def test_a_registration_that_is_not_there_is_not_found() -> None:
    id_ = RegistrationId(UUID(int=98))

    for command in (confirm(id_), cancel(id_), ExtendHold(EVENT, id_)):
        a_house().refused(errors.NotFound, command)
