"""The door: a ticket opens it once, whatever the devices upload, in whichever order and how often."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import check_in, errors
from domain.check_in import CheckedIn, CheckIn, Read, ScanOutcome, UndoCheckIn
from domain.ids import RegistrationId
from domain.journal import FactKind
from domain.lifecycles import EventStatus
from domain.registrations import CancelRegistration, Register, TicketStatus, TransferTicket
from tests.domain.house import ENDS_AT, GUESTS, STARTS_AT, House, a_house
from tests.domain.made import EVENT, TIER

DOOR, GUEST = GUESTS[0], GUESTS[1]
MINUTE = timedelta(minutes=1)


def at_the_door(places: int = 3) -> tuple[House, RegistrationId, list[str]]:
    """An event that has begun, a registration for it, and the codes of its tickets."""
    house = a_house()
    id_ = house.ask(Register(EVENT, TIER, places), GUEST)
    house.books.now = STARTS_AT
    return house, id_, [ticket.code for ticket in house.tickets(id_)]


def reads(house: House, *given: Read | str) -> list[ScanOutcome]:
    """What comes of reading these."""
    command = CheckIn(EVENT, tuple(read if isinstance(read, Read) else Read(read) for read in given))
    answer: CheckedIn = house.ask(command, DOOR)
    return [outcome for _, outcome, _, _ in answer.outcomes]


def test_a_ticket_opens_the_door_once() -> None:
    house, id_, [code, *_] = at_the_door()

    assert reads(house, code) == [ScanOutcome.CHECKED_IN]
    assert reads(house, code) == [ScanOutcome.ALREADY_CHECKED_IN]

    assert (house.pool().checked_in, house.pool().confirmed) == (1, 3)
    assert house.tickets(id_)[0].checked_in_at == STARTS_AT
    assert house.told.count(FactKind.TICKETS_CHECKED_IN) == 1
    assert house.last.actor_id == DOOR


def test_a_ticket_that_is_read_twice_in_one_upload_opens_the_door_once() -> None:
    house, _, [code, other, _] = at_the_door()

    assert reads(house, code, other, code) == ["CHECKED_IN", "CHECKED_IN", "ALREADY_CHECKED_IN"]
    assert house.pool().checked_in == 2


def test_a_group_arrives_in_parts() -> None:
    house, _, codes = at_the_door()

    assert reads(house, *codes[:2]) == ["CHECKED_IN", "CHECKED_IN"]
    assert house.last.fact.data["quantity"] == 2
    assert reads(house, *codes) == ["ALREADY_CHECKED_IN", "ALREADY_CHECKED_IN", "CHECKED_IN"]

    assert house.pool().checked_in == 3


def test_bad_tickets_are_answered_and_do_not_stop_the_others() -> None:
    house, id_, [gone, moved, good] = at_the_door()
    first, second, _ = house.tickets(id_)
    house.ask(CancelRegistration(EVENT, id_, None, None, (first.id,), by_organizer=True), DOOR)
    house.ask(TransferTicket(EVENT, id_, second.id, "Somebody", by_organizer=True), DOOR)

    assert reads(house, gone, moved, "no such code", good) == ["CANCELLED", "UNKNOWN", "UNKNOWN", "CHECKED_IN"]
    assert reads(house, house.tickets(id_)[1].code) == ["CHECKED_IN"]


def test_a_code_may_be_typed_as_it_is_read_aloud() -> None:
    house, _, [code, *_] = at_the_door()

    assert reads(house, f" {code.lower().replace('-', ' ').replace('0', 'o').replace('1', 'l')} ") == ["CHECKED_IN"]


@pytest.mark.parametrize(
    ("written", "normal"),
    [("abcde-fghjk", "ABCDE-FGHJK"), ("ab cdefghjk", "ABCDE-FGHJK"), ("oil00-00000", "01100-00000")],
)
def test_letters_that_look_alike_read_the_same(written: str, normal: str) -> None:
    assert check_in.normal(written) == normal


def test_the_door_opens_a_day_before_the_start_and_stays_open_after_the_end() -> None:
    house, _, [code, other, _] = at_the_door()
    house.books.now = STARTS_AT - timedelta(days=1, seconds=1)
    opens_at = house.books.starts_at - timedelta(days=1)
    early = house.refused(errors.CheckInHasNotStarted, CheckIn(EVENT, (Read(code),)))
    assert early == {"opens_at": opens_at.isoformat()}

    house.advance(seconds=1)
    assert reads(house, code) == ["CHECKED_IN"]
    house.books.now = ENDS_AT + timedelta(days=2)
    assert reads(house, other) == ["CHECKED_IN"]


@pytest.mark.parametrize("status", [EventStatus.CANCELLED, EventStatus.POSTPONED, EventStatus.ARCHIVED])
def test_nobody_is_let_into_an_event_that_does_not_take_place(status: EventStatus) -> None:
    house, _, [code, *_] = at_the_door()
    house.books.status = status

    assert house.refused(errors.CheckInIsClosed, CheckIn(EVENT, (Read(code),))) == {"status": status}


def test_an_upload_has_a_bounded_number_of_readings() -> None:
    with pytest.raises(errors.Refused):
        check_in.validate(CheckIn(EVENT, ()))
    with pytest.raises(errors.Refused):
        check_in.validate(CheckIn(EVENT, (Read("code"),) * 501))
    with pytest.raises(errors.Refused):
        check_in.validate(CheckIn(EVENT, (Read("code", nonce=" "),)))
    check_in.validate(CheckIn(EVENT, (Read("code", nonce="n"),) * 500))


# --- Undoing ----------------------------------------------------------------------------------------------------------


def test_an_undone_check_in_lets_the_ticket_open_the_door_again() -> None:
    house, id_, [code, *_] = at_the_door()
    reads(house, code)

    house.ask(UndoCheckIn(EVENT, code, "Wrong person"), DOOR)

    ticket = house.tickets(id_)[0]
    assert (ticket.status, ticket.checked_in_at, house.pool().checked_in) == (TicketStatus.VALID, None, 0)
    assert (house.last.fact.kind, house.last.fact.private) == (FactKind.CHECK_IN_UNDONE, {"reason": "Wrong person"})
    assert house.refused(errors.TicketIsNotCheckedIn, UndoCheckIn(EVENT, code)) == {"status": "VALID"}
    assert reads(house, code) == ["CHECKED_IN"]


def test_nothing_is_undone_for_a_code_that_nobody_has() -> None:
    house, *_ = at_the_door()

    house.refused(errors.TicketIsUnknown, UndoCheckIn(EVENT, "nobody"))


def test_places_of_those_who_are_in_are_not_given_back() -> None:
    house, id_, [code, *_] = at_the_door()
    reads(house, code)
    whole = CancelRegistration(EVENT, id_, None, None, by_organizer=True)
    inside, outside, _ = (ticket.id for ticket in house.tickets(id_))

    assert house.refused(errors.TicketsAreCheckedIn, whole) == {"checked_in": 1}
    house.refused(errors.TicketIsUnknown, replace(whole, ticket_ids=(inside,)))
    house.ask(replace(whole, ticket_ids=(outside,)), DOOR)

    assert (house.pool().confirmed, house.pool().checked_in) == (2, 1)


# --- Devices that upload later ----------------------------------------------------------------------------------------


def test_the_same_reading_uploaded_again_has_the_same_answer() -> None:
    house, _, [code, *_] = at_the_door()
    read = Read(code, "device-1/17", STARTS_AT - 5 * MINUTE)
    command = CheckIn(EVENT, (read,))
    first: CheckedIn = house.ask(command, DOOR)
    lines = len(house.books.lines)
    house.ask(UndoCheckIn(EVENT, code), DOOR)

    again: CheckedIn = house.ask(command, DOOR)

    assert again.outcomes == first.outcomes
    assert first.outcomes[0][1] is ScanOutcome.CHECKED_IN
    assert first.outcomes[0][3] == STARTS_AT - 5 * MINUTE
    assert len(house.books.lines) == lines + 1


def test_a_nonce_names_one_reading_only() -> None:
    house, _, [code, other, _] = at_the_door()
    reads(house, Read(code, "nonce"))

    house.refused(errors.NonceReused, CheckIn(EVENT, (Read(other), Read(other, "nonce"))))
    house.refused(errors.NonceReused, CheckIn(EVENT, (Read(other, "new"), Read(code, "new"))))
    assert house.pool().checked_in == 1


@pytest.mark.parametrize(
    ("device", "kept"),
    [
        (STARTS_AT - 10 * MINUTE, STARTS_AT - 10 * MINUTE),
        (STARTS_AT + 4 * MINUTE, STARTS_AT),
        (STARTS_AT + 6 * MINUTE, STARTS_AT),
        (STARTS_AT - timedelta(days=2), STARTS_AT),
    ],
)
def test_a_device_is_believed_about_the_time_unless_its_clock_is_wrong(device: datetime, kept: datetime) -> None:
    house, id_, [code, *_] = at_the_door()

    reads(house, Read(code, "n", device))

    assert house.tickets(id_)[0].checked_in_at == kept


def test_whoever_tells_later_of_an_earlier_reading_corrects_the_time() -> None:
    house, id_, [code, *_] = at_the_door()
    reads(house, Read(code, "late", STARTS_AT - MINUTE))

    assert reads(house, Read(code, "early", STARTS_AT - 9 * MINUTE)) == ["ALREADY_CHECKED_IN"]

    assert house.tickets(id_)[0].checked_in_at == STARTS_AT - 9 * MINUTE
    times = [(STARTS_AT - minutes * MINUTE).isoformat() for minutes in (1, 9)]
    assert house.last.fact.data["changes"] == {"checked_in_at": times}


READINGS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30)), min_size=1, max_size=8)
"""Whose ticket was read, and how many minutes before the start."""


@given(READINGS, st.data())
def test_uploads_end_in_the_same_state_in_any_order_and_however_often(
    readings: list[tuple[int, int]], data: st.DataObject
) -> None:
    def doors(order: Sequence[int]) -> list[tuple[TicketStatus, object]]:
        house, id_, codes = at_the_door()
        # Two of the codes are nobody's.
        known = [*codes, "XXXXX-00000", "XXXXX-00001"]
        given = [
            Read(known[code], f"n{place}", STARTS_AT - minutes * MINUTE)
            for place, (code, minutes) in enumerate(readings)
        ]
        for place in order:
            reads(house, given[place])
        everything = reads(house, *given)
        assert everything == reads(house, *given)
        assert sum(outcome is ScanOutcome.CHECKED_IN for outcome in everything) == house.pool().checked_in
        return [(ticket.status, ticket.checked_in_at) for ticket in house.tickets(id_)]

    places = range(len(readings))
    order = data.draw(st.permutations([*places, *data.draw(st.lists(st.sampled_from(places), max_size=4))]))

    assert doors(order) == doors(places)
