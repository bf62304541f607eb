"""Who gets places and who gives them back: the whole decision, on state that somebody else has locked."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain import errors, registrations
from domain.capacity import Pool, PoolKind
from domain.ids import PoolId, TicketId
from domain.journal import FactKind
from domain.lifecycles import EventStatus
from domain.registrations import (
    Admission,
    CancelRegistration,
    EventHead,
    Register,
    RegistrationStatus,
    TicketStatus,
)
from domain.ticket_tiers import TicketTier
from tests.domain.made import EVENT, LATER, NOW, REGISTRATION, TIER, USER, a_registration, a_tier

SECOND = timedelta(seconds=1)
HEAD = EventHead(EVENT, stream_version=5, sales_open=True, sales_until=LATER)
POOLS = [
    Pool(EVENT, PoolId(EVENT), PoolKind.EVENT, capacity=10, confirmed=4),
    Pool(EVENT, PoolId(TIER), PoolKind.TICKET_TIER, capacity=5, confirmed=2),
]


def admit(
    quantity: int = 1,
    *,
    head: EventHead = HEAD,
    tier: TicketTier | None = None,
    known: bool = True,
    pools: list[Pool] = POOLS,
    taken_by_user: int = 0,
) -> Admission:
    return registrations.admit(
        Register(EVENT, TIER, quantity),
        head=head,
        status=EventStatus.PUBLISHED,
        tier=(tier or a_tier()) if known else None,
        pools=pools,
        taken_by_user=taken_by_user,
        user_id=USER,
        registration_id=REGISTRATION,
        new_tickets=[(TicketId(UUID(int=20 + number)), f"CODE{number}") for number in range(quantity)],
        now=NOW,
    )


def test_a_granted_claim_takes_places_makes_tickets_and_tells_how_the_pools_moved() -> None:
    admission = admit(2)

    assert admission.registration.status is RegistrationStatus.CONFIRMED
    assert (admission.registration.quantity, admission.registration.version) == (2, 1)
    assert (admission.registration.price_minor, admission.registration.currency) == (1_500, "EUR")
    assert [ticket.code for ticket in admission.tickets] == ["CODE0", "CODE1"]
    assert {ticket.status for ticket in admission.tickets} == {TicketStatus.VALID}
    assert [pool.confirmed for pool in admission.pools] == [6, 4]
    assert admission.fact.kind is FactKind.PLACES_CONFIRMED
    assert admission.fact.data == {
        "version": 1,
        "ticket_tier_id": str(TIER),
        "user_id": str(USER),
        "quantity": 2,
        "deltas": {str(EVENT): {"confirmed": 2}, str(TIER): {"confirmed": 2}},
    }


def test_the_last_places_are_granted_and_one_more_is_not() -> None:
    assert admit(3).pools[1].available == 0
    with pytest.raises(errors.EventIsFull) as refused:
        admit(4)
    assert refused.value.params == {"available": 3, "asked": 4}


@pytest.mark.parametrize(
    "head",
    [
        replace(HEAD, sales_open=False),
        replace(HEAD, sales_until=NOW),
        replace(HEAD, sales_until=NOW - SECOND),
    ],
)
def test_nothing_is_sold_for_an_event_that_is_closed_or_over(head: EventHead) -> None:
    with pytest.raises(errors.RegistrationIsClosed):
        admit(head=head)


def test_a_tier_of_another_event_is_unknown() -> None:
    with pytest.raises(errors.TicketTierIsUnknown):
        admit(known=False)


def test_a_tier_is_sold_from_its_start_until_its_end() -> None:
    with pytest.raises(errors.SalesHaveNotStarted) as early:
        admit(tier=replace(a_tier(), sales_start_at=NOW + SECOND))
    with pytest.raises(errors.SalesHaveEnded):
        admit(tier=replace(a_tier(), sales_end_at=NOW))

    assert early.value.retryable
    assert admit(tier=replace(a_tier(), sales_start_at=NOW, sales_end_at=NOW + SECOND))


@pytest.mark.parametrize(("taken", "quantity", "granted"), [(0, 2, True), (1, 1, True), (1, 2, False), (2, 1, False)])
def test_one_person_takes_no_more_than_the_tier_allows(taken: int, quantity: int, *, granted: bool) -> None:
    tier = replace(a_tier(), per_person_limit=2)

    if granted:
        assert admit(quantity, tier=tier, taken_by_user=taken).registration.quantity == quantity
    else:
        with pytest.raises(errors.PersonLimitIsReached) as refused:
            admit(quantity, tier=tier, taken_by_user=taken)
        assert refused.value.params == {"limit": 2, "taken": taken, "asked": quantity}


def test_the_first_reason_that_no_waiting_helps_is_told_first() -> None:
    full = [replace(pool, confirmed=pool.capacity or 0) for pool in POOLS]

    with pytest.raises(errors.RegistrationIsClosed):
        admit(head=replace(HEAD, sales_open=False), pools=full, known=False)
    with pytest.raises(errors.TicketTierIsUnknown):
        admit(pools=full, known=False)
    with pytest.raises(errors.PersonLimitIsReached):
        admit(2, tier=replace(a_tier(), per_person_limit=1), pools=full)


@pytest.mark.parametrize("quantity", [0, -1, 101])
def test_nobody_asks_for_less_than_one_place_or_more_than_a_hundred(quantity: int) -> None:
    with pytest.raises(errors.Refused):
        registrations.validate(Register(EVENT, TIER, quantity))


@pytest.mark.parametrize("quantity", [1, 100])
def test_any_other_number_of_places_may_be_asked_for(quantity: int) -> None:
    registrations.validate(Register(EVENT, TIER, quantity))


# --- Giving back ----------------------------------------------------------------------------------------------------


def command(reason: str | None = None) -> CancelRegistration:
    return CancelRegistration(EVENT, REGISTRATION, reason, expected_version=None)


def test_a_cancellation_gives_all_places_back_and_tells_it() -> None:
    cancelled, pools, fact = registrations.cancel(
        a_registration(), command("Ill."), pools=POOLS, event_starts_at=LATER, by_organizer=False, now=NOW
    )

    assert (cancelled.status, cancelled.cancelled_at, cancelled.version) == (RegistrationStatus.CANCELLED, NOW, 4)
    assert [pool.confirmed for pool in pools] == [2, 0]
    assert fact.kind is FactKind.PLACES_CANCELLED
    assert fact.data["deltas"] == {str(EVENT): {"confirmed": -2}, str(TIER): {"confirmed": -2}}
    assert (fact.private, fact.subject_id) == ({"reason": "Ill."}, USER)
    assert "Ill" not in str(fact.data)


@pytest.mark.parametrize("status", [status for status in RegistrationStatus if status != RegistrationStatus.CONFIRMED])
def test_places_are_given_back_once(status: RegistrationStatus) -> None:
    with pytest.raises(errors.RegistrationIsOver) as refused:
        registrations.cancel(
            a_registration(status), command(), pools=POOLS, event_starts_at=LATER, by_organizer=True, now=NOW
        )

    assert refused.value.params == {"status": status}


def test_from_the_start_of_an_event_only_its_organizers_give_places_back() -> None:
    with pytest.raises(errors.EventHasStarted):
        registrations.cancel(a_registration(), command(), pools=POOLS, event_starts_at=NOW, by_organizer=False, now=NOW)

    cancelled, _, _ = registrations.cancel(
        a_registration(), command(), pools=POOLS, event_starts_at=NOW, by_organizer=True, now=NOW
    )
    assert cancelled.status is RegistrationStatus.CANCELLED


def test_a_reason_for_giving_back_is_text_of_a_decent_length() -> None:
    with pytest.raises(errors.Refused):
        registrations.cancel(
            a_registration(), command("x" * 1_001), pools=POOLS, event_starts_at=LATER, by_organizer=False, now=NOW
        )
