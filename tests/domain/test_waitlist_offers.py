"""What becomes of places that are offered to those who wait, and of a list when its sale ends."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from domain import errors
from domain.capacity_pools import Settle, SetWaitlistPolicy
from domain.ids import WaitlistEntryId
from domain.journal import FactKind
from domain.lifecycles import EventStatus
from domain.registrations import Register, RegistrationStatus
from domain.waitlist import (
    AcceptOffer,
    EntryAction,
    MoveEntry,
    StartOffer,
    WaitlistStatus,
)
from tests.domain.house import ENDS_AT, OTHER_TIER, WHOLE, House
from tests.domain.made import EVENT, LATER, NOW, TIER
from tests.domain.sold_out import DAY, HOST, OTHERS, free, full, join, move, statuses

# --- Offers -----------------------------------------------------------------------------------------------------------


def offered(sales_end_at: datetime | None = None) -> tuple[House, WaitlistEntryId]:
    house, taken = full(1)
    house.books.tiers[TIER] = replace(house.books.tiers[TIER], sales_end_at=sales_end_at)
    entry = join(house, 0)
    free(house, taken)
    return house, entry


def test_an_accepted_offer_is_a_registration_with_tickets_at_the_price_of_now() -> None:
    house, entry = offered()

    id_ = house.ask(AcceptOffer(EVENT, entry), OTHERS[0])

    registration = house.registration(id_)
    assert (registration.status, registration.user_id) == (RegistrationStatus.CONFIRMED, OTHERS[0])
    assert (house.entry(entry).status, house.entry(entry).registration_id) == (WaitlistStatus.ACCEPTED, id_)
    assert (house.pool().offered, house.pool().confirmed) == (0, 1)
    assert house.told[-2:] == [FactKind.OFFER_ACCEPTED, FactKind.PLACES_CONFIRMED]
    assert house.ask(AcceptOffer(EVENT, entry), OTHERS[0]) == id_


def test_a_declined_offer_goes_to_the_next_one_at_once() -> None:
    house, entry = offered()
    following = join(house, 1)

    move(house, entry, EntryAction.DECLINE)

    assert statuses(house, [entry, following]) == ["DECLINED", "OFFERED"]
    assert house.refused(errors.OfferIsOver, AcceptOffer(EVENT, entry)) == {"status": "DECLINED"}
    assert house.refused(errors.OfferIsOver, MoveEntry(EVENT, entry, EntryAction.DECLINE)) == {"status": "DECLINED"}


def test_whoever_leaves_gives_back_what_was_offered() -> None:
    house, entry = offered()
    following = join(house, 1)

    move(house, entry, EntryAction.LEAVE, "Found something else")

    assert statuses(house, [entry, following]) == ["LEFT", "OFFERED"]
    left = next(line.fact for line in house.books.lines if line.fact.kind is FactKind.WAITLIST_LEFT)
    assert left.private == {"reason": "Found something else"}
    for action in EntryAction:
        refusal = errors.OfferIsOver if action is EntryAction.DECLINE else errors.WaitlistEntryIsOver
        house.refused(refusal, MoveEntry(EVENT, entry, action))


def test_the_clock_of_an_offer_starts_when_its_message_is_handed_over() -> None:
    house, entry = offered()
    house.advance(hours=5)

    house.ask(StartOffer(EVENT, entry), None)

    assert house.entry(entry).offer_expires_at == NOW + timedelta(hours=5) + DAY
    house.advance(hours=1)
    house.ask(StartOffer(EVENT, entry), None)
    assert house.entry(entry).offer_expires_at == NOW + timedelta(hours=5) + DAY
    house.books.now = NOW + timedelta(hours=5) + DAY
    house.refused(errors.OfferIsOver, AcceptOffer(EVENT, entry), OTHERS[0])
    assert house.entry(entry).status is WaitlistStatus.EXPIRED


def test_the_clock_of_an_offer_starts_a_day_later_at_the_latest() -> None:
    house, entry = offered()
    assert house.entry(entry).offer_expires_at == NOW + 2 * DAY
    house.advance(hours=47)

    house.ask(StartOffer(EVENT, entry), None)

    assert house.entry(entry).offer_expires_at == NOW + 2 * DAY


def test_a_lapsed_offer_goes_to_the_next_one_at_once() -> None:
    house, entry = offered()
    following = join(house, 1)
    house.advance(days=2)

    house.ask(Settle(EVENT), None)

    assert statuses(house, [entry, following]) == ["EXPIRED", "OFFERED"]
    house.ask(StartOffer(EVENT, entry), None)
    assert house.entry(entry).status is WaitlistStatus.EXPIRED


def test_an_offer_ends_with_the_sale_of_its_tier() -> None:
    house, entry = offered(LATER)
    assert house.entry(entry).offer_expires_at == LATER
    house.advance(minutes=30)
    house.ask(StartOffer(EVENT, entry), None)
    assert house.entry(entry).offer_expires_at == LATER

    house.books.now = LATER
    house.refused(errors.OfferIsOver, AcceptOffer(EVENT, entry), OTHERS[0])


def test_an_offer_ends_with_the_event_even_when_its_tier_would_be_sold_for_longer() -> None:
    house, entry = offered(ENDS_AT + DAY)
    house.books.now = ENDS_AT - timedelta(hours=50)
    house.ask(StartOffer(EVENT, entry), None)

    assert house.books.head.due_at is not None
    assert house.books.head.due_at <= ENDS_AT


def test_a_new_length_of_offers_holds_for_new_offers() -> None:
    house, entry = offered()
    house.ask(StartOffer(EVENT, entry), None)
    following = join(house, 1)

    house.ask(SetWaitlistPolicy(EVENT, offer_seconds=3_600), HOST)
    assert house.entry(entry).offer_expires_at == NOW + DAY
    move(house, entry, EntryAction.DECLINE)
    house.ask(StartOffer(EVENT, following), None)

    assert house.entry(following).offer_expires_at == NOW + timedelta(hours=1)


def test_an_offer_does_not_lift_the_limit_of_a_person() -> None:
    house, taken = full(2)
    house.books.tiers[TIER] = replace(house.books.tiers[TIER], per_person_limit=2)
    entry = join(house, 0, 2)
    house.change(WHOLE, capacity=3)
    move(house, entry, EntryAction.SUSPEND)
    house.ask(Register(EVENT, TIER, 1), OTHERS[0])
    move(house, entry, EntryAction.RESUME)
    free(house, taken)

    assert house.refused(errors.PersonLimitIsReached, AcceptOffer(EVENT, entry)) == {"limit": 2, "taken": 1, "asked": 2}


# --- The end of a list ------------------------------------------------------------------------------------------------


def test_the_list_of_a_tier_ends_with_its_sale_and_keeps_nothing_from_others() -> None:
    house, taken = full(4)
    house.books.tiers[TIER] = replace(house.books.tiers[TIER], sales_end_at=LATER)
    waiting, suspended, other = join(house, 0, 2), join(house, 1), join(house, 2, 1, OTHER_TIER)
    move(house, suspended, EntryAction.SUSPEND)
    assert house.books.head.due_at == LATER

    house.books.now = LATER
    free(house, taken[:1])

    assert statuses(house, [waiting, suspended, other]) == ["CLOSED", "CLOSED", "OFFERED"]
    assert FactKind.WAITLIST_CLOSED in house.told


@pytest.mark.parametrize("status", [EventStatus.CANCELLED, EventStatus.ARCHIVED])
def test_the_list_of_an_event_that_was_called_off_ends(status: EventStatus) -> None:
    house, _ = full()
    entry = join(house, 0)
    house.books.status = status
    house.books.head = replace(house.books.head, sales_open=False)

    house.settle()

    assert (house.entry(entry).status, house.books.head.waiting) == (WaitlistStatus.CLOSED, 0)


def test_who_waits_for_a_tier_that_is_not_on_sale_yet_keeps_nothing_from_others() -> None:
    house, taken = full(2)
    early, other = join(house, 0, 2), join(house, 1, 1, OTHER_TIER)
    house.books.tiers[TIER] = replace(house.books.tiers[TIER], sales_start_at=LATER)

    free(house, taken[:1])
    assert statuses(house, [early, other]) == ["WAITING", "OFFERED"]
    free(house, taken[1:])
    house.books.now = LATER
    move(house, other, EntryAction.DECLINE)

    assert house.entry(early).status is WaitlistStatus.OFFERED
