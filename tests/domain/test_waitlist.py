"""Who waits for places, in which order they get what becomes free, and what becomes of what they are offered."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from domain import errors, waitlist
from domain.blocks import BlockPlaces, ReleaseBlock
from domain.capacity import Unread
from domain.capacity_pools import Settle, SetWaitlistPolicy
from domain.ids import TicketTierId, WaitlistEntryId
from domain.journal import FactKind, Json
from domain.registrations import CancelRegistration, HoldPlaces, Register
from domain.waitlist import (
    AcceptOffer,
    EntryAction,
    JoinWaitlist,
    MoveEntry,
    SetPriority,
    StartOffer,
    WaitlistEntry,
    WaitlistStatus,
)
from tests.domain.house import OTHER_TIER, OWN, SHARED, WHOLE, House, a_house
from tests.domain.made import EVENT, NOW, TIER
from tests.domain.sold_out import HOST, OTHERS, free, full, join, move, statuses

# --- Joining ----------------------------------------------------------------------------------------------------------


def test_whoever_finds_no_places_waits_in_the_order_of_arrival() -> None:
    house, _ = full()

    first, second = join(house, 0), join(house, 1, 2)

    assert house.entry(first).order < house.entry(second).order
    assert house.books.head.waiting == 2
    assert house.last.fact.kind is FactKind.WAITLIST_JOINED
    assert house.last.fact.data["waiting"] == 1
    # The place in the list is the line that tells of it.
    assert house.entry(second).position == 5 + len(house.books.lines)


def test_nobody_waits_while_places_are_left() -> None:
    house = a_house(2)

    assert house.refused(errors.WaitlistIsNotNeeded, JoinWaitlist(EVENT, TIER, 2)) == {"available": 2}


def test_somebody_waits_once_for_a_tier_and_for_another_one_as_well() -> None:
    house, _ = full()
    join(house, 0, 2)

    assert house.refused(errors.AlreadyOnWaitlist, JoinWaitlist(EVENT, TIER, 1), OTHERS[0]) == {"quantity": 2}
    join(house, 0, 1, OTHER_TIER)


def test_whoever_left_may_join_again_at_the_end() -> None:
    house, _ = full()
    left, other = join(house, 0), join(house, 1)
    move(house, left, EntryAction.LEAVE)

    again = join(house, 0)

    assert house.entry(left).order < house.entry(other).order < house.entry(again).order


def test_a_group_that_could_never_get_places_does_not_wait_for_them() -> None:
    house, _ = full(4, shared=4)
    house.change(SHARED, capacity=3, overbooking=1)

    assert house.refused(errors.GroupIsTooLarge, JoinWaitlist(EVENT, TIER, 5)) == {"asked": 5, "limit": 4}
    join(house, 0, 4)


def test_somebody_who_may_not_take_so_many_does_not_wait_for_them() -> None:
    house, _ = full(2)
    house.books.tiers[TIER] = replace(house.books.tiers[TIER], per_person_limit=2)

    assert house.refused(errors.PersonLimitIsReached, JoinWaitlist(EVENT, TIER, 1), HOST)["taken"] == 2


@pytest.mark.parametrize("quantity", [0, -1, 101])
def test_nobody_waits_for_less_than_one_place_or_more_than_a_hundred(quantity: int) -> None:
    with pytest.raises(errors.Refused):
        waitlist.validate(JoinWaitlist(EVENT, TIER, quantity))


def test_nobody_waits_for_what_is_not_on_sale() -> None:
    house, _ = full()
    house.books.tiers[TIER] = replace(house.books.tiers[TIER], sales_end_at=NOW)

    house.refused(errors.SalesHaveEnded, JoinWaitlist(EVENT, TIER, 1))


# --- Whose turn it is -------------------------------------------------------------------------------------------------


def test_freed_places_are_offered_at_once_in_the_order_of_arrival() -> None:
    house, taken = full()
    entries = [join(house, person) for person in range(3)]

    free(house, taken[:2])

    assert statuses(house, entries) == ["OFFERED", "OFFERED", "WAITING"]
    assert (house.pool().offered, house.pool().available, house.books.head.waiting) == (2, 0, 1)
    assert house.last.fact.kind is FactKind.PLACES_OFFERED
    assert house.last.fact.data["waiting"] == -1
    assert house.last.actor_id is None


def test_a_group_gets_all_of_its_places_or_none_and_nobody_behind_it_gets_them() -> None:
    house, taken = full()
    group, single = join(house, 0, 3), join(house, 1)

    free(house, taken[:2])
    assert statuses(house, [group, single]) == ["WAITING", "WAITING"]
    numbers = house.refused(errors.OthersAreWaiting, Register(EVENT, TIER, 1))
    assert numbers == {"asked": 1, "available": 2, "waiting": 2}

    free(house, taken[2:])
    assert statuses(house, [group, single]) == ["OFFERED", "OFFERED"]


def test_a_newcomer_gets_what_nobody_who_waits_is_short_of() -> None:
    house = a_house(10, quota=1, shared=9)
    house.ask(Register(EVENT, TIER, 1), HOST)
    join(house, 0)

    house.refused(errors.EventIsFull, Register(EVENT, TIER, 1))
    house.ask(Register(EVENT, OTHER_TIER, 2))

    assert house.pool().confirmed == 3


def test_a_newcomer_does_not_get_what_somebody_in_another_tier_is_short_of() -> None:
    house, taken = full(4, quota=4)
    waiting = join(house, 0, 2)
    free(house, taken[:1])

    house.refused(errors.OthersAreWaiting, Register(EVENT, OTHER_TIER, 1))
    house.refused(errors.OthersAreWaiting, HoldPlaces(EVENT, OTHER_TIER, 1))
    free(house, taken[1:2])

    assert house.entry(waiting).status is WaitlistStatus.OFFERED


def test_whoever_is_short_of_another_pool_lets_those_behind_have_the_rest() -> None:
    house = a_house(4, quota=2, other_quota=3, shared=None)
    first = house.ask(Register(EVENT, TIER, 2), HOST)
    second = house.ask(Register(EVENT, OTHER_TIER, 2), HOST)
    for_own = join(house, 0, 2)
    for_other = join(house, 1, 1, OTHER_TIER)

    # The first one is short of two places in its tier, and of them in the whole event.
    house.ask(CancelRegistration(EVENT, second, None, None), HOST)
    assert statuses(house, [for_own, for_other]) == ["WAITING", "OFFERED"]
    house.ask(CancelRegistration(EVENT, first, None, None), HOST)

    assert statuses(house, [for_own, for_other]) == ["OFFERED", "OFFERED"]


def test_places_that_an_earlier_group_comes_to_lack_go_no_further_down_the_list() -> None:
    house = a_house(5, quota=3)
    house.ask(BlockPlaces(EVENT, 2, "House", "Kept back", pool_id=OWN), HOST)
    taken = house.ask(Register(EVENT, OTHER_TIER, 5), HOST)
    group = join(house, 0, 3)
    second, third = join(house, 1, 1, OTHER_TIER), join(house, 2, 1, OTHER_TIER)

    # With three places free in the whole event, the group lacks only places of its tier, until the second has one.
    three = tuple(ticket.id for ticket in house.tickets(taken)[:3])
    house.ask(CancelRegistration(EVENT, taken, None, None, three), HOST)

    assert statuses(house, [group, second, third]) == ["WAITING", "OFFERED", "WAITING"]


def test_a_released_block_and_a_raised_capacity_are_offered_too() -> None:
    house, _ = full(2)
    house.change(WHOLE, capacity=3)
    block = house.ask(BlockPlaces(EVENT, 1, "House", "Kept back", pool_id=WHOLE), HOST)
    entries = [join(house, person) for person in range(2)]

    house.ask(ReleaseBlock(EVENT, block), HOST)
    assert statuses(house, entries) == ["OFFERED", "WAITING"]
    house.change(WHOLE, capacity=4)
    house.ask(Settle(EVENT), None)

    assert statuses(house, entries) == ["OFFERED", "OFFERED"]


def test_an_expired_hold_is_offered_to_whoever_waits_before_anybody_else_asks() -> None:
    house = a_house(1)
    house.ask(HoldPlaces(EVENT, TIER, 1), HOST)
    waiting = join(house, 0)
    house.advance(minutes=10)

    house.refused(errors.EventIsFull, Register(EVENT, TIER, 1), OTHERS[1])

    assert house.entry(waiting).status is WaitlistStatus.OFFERED


def test_a_postponed_event_keeps_its_list_and_offers_nothing_until_sales_open() -> None:
    house, taken = full(1)
    waiting = join(house, 0)
    house.books.head = replace(house.books.head, sales_open=False)
    free(house, taken)
    assert house.entry(waiting).status is WaitlistStatus.WAITING

    house.books.head = replace(house.books.head, sales_open=True)
    house.ask(Settle(EVENT), None)

    assert house.entry(waiting).status is WaitlistStatus.OFFERED


# --- Looking past groups ----------------------------------------------------------------------------------------------


def test_a_group_is_passed_as_often_as_the_policy_allows_and_each_time_is_told() -> None:
    house, taken = full(4, look_past=2)
    group = join(house, 0, 4)
    singles = [join(house, person) for person in range(1, 5)]

    free(house, taken[:3])

    assert statuses(house, [group, *singles]) == ["WAITING", "OFFERED", "OFFERED", "WAITING", "WAITING"]
    assert house.entry(group).passed == 2
    passes = [line.fact for line in house.books.lines if line.fact.kind is FactKind.WAITLIST_PASSED]
    assert [fact.object_id for fact in passes] == [group, group]
    assert [fact.data["passed"] for fact in passes] == [
        told_pass(singles[0], available=1, times=1),
        told_pass(singles[1], available=1, times=2),
    ]


def told_pass(by: WaitlistEntryId, *, available: int, times: int) -> Json:
    return {"by": str(by), "pool_id": str(WHOLE), "available": available, "times": times}


def test_whoever_joins_behind_a_group_that_may_be_passed_is_served_at_once() -> None:
    house, taken = full(2, look_past=1)
    group = join(house, 0, 2)
    free(house, taken[:1])
    house.refused(errors.OthersAreWaiting, Register(EVENT, TIER, 1), OTHERS[1])

    single = join(house, 1)

    assert statuses(house, [group, single]) == ["WAITING", "OFFERED"]


def test_a_group_that_lacks_nothing_of_what_another_one_gets_is_not_passed() -> None:
    house = a_house(4, quota=2, other_quota=3, look_past=5)
    house.ask(Register(EVENT, TIER, 2), HOST)
    other = house.ask(Register(EVENT, OTHER_TIER, 2), HOST)
    group = join(house, 0, 2)
    single = join(house, 1, 1, OTHER_TIER)

    house.ask(CancelRegistration(EVENT, other, None, None), HOST)

    assert statuses(house, [group, single]) == ["WAITING", "OFFERED"]
    assert house.entry(group).passed == 0


def test_a_stricter_policy_holds_for_those_who_wait_already() -> None:
    house, taken = full(3, look_past=5)
    group, *singles = join(house, 0, 3), join(house, 1), join(house, 2)
    free(house, taken[:1])

    house.ask(SetWaitlistPolicy(EVENT, look_past=1), HOST)
    free(house, taken[1:2])

    assert statuses(house, [group, *singles]) == ["WAITING", "OFFERED", "WAITING"]


# --- Suspended entries and priorities ---------------------------------------------------------------------------------


def test_a_suspended_entry_keeps_its_place_and_is_not_asked() -> None:
    house, taken = full()
    first, second = join(house, 0), join(house, 1)
    move(house, first, EntryAction.SUSPEND)
    assert house.books.head.waiting == 1

    free(house, taken[:1])
    assert statuses(house, [first, second]) == ["SUSPENDED", "OFFERED"]
    third = join(house, 2)
    move(house, first, EntryAction.RESUME)
    free(house, taken[1:2])

    assert statuses(house, [first, second, third]) == ["OFFERED", "OFFERED", "WAITING"]
    assert house.entry(first).passed == 0


def test_whoever_resumes_while_places_are_free_is_offered_them_at_once() -> None:
    house, taken = full()
    entry = join(house, 0)
    move(house, entry, EntryAction.SUSPEND)
    free(house, taken)

    move(house, entry, EntryAction.RESUME)

    assert house.entry(entry).status is WaitlistStatus.OFFERED


def test_suspending_twice_changes_nothing_the_second_time() -> None:
    house, _ = full()
    entry = join(house, 0)
    move(house, entry, EntryAction.SUSPEND)
    lines = len(house.books.lines)

    move(house, entry, EntryAction.SUSPEND)

    assert (len(house.books.lines), house.books.head.waiting) == (lines, 0)


def test_the_higher_priority_comes_first_and_says_who_gave_it_and_why() -> None:
    house, taken = full()
    first, second, third = (join(house, person) for person in range(3))

    house.ask(SetPriority(EVENT, third, 5, "Was turned away last year", None), HOST)
    free(house, taken[:2])

    assert statuses(house, [first, second, third]) == ["OFFERED", "WAITING", "OFFERED"]
    line = next(line for line in house.books.lines if line.fact.kind is FactKind.WAITLIST_PRIORITY_CHANGED)
    assert line.actor_id == HOST
    assert line.fact.data["changes"] == {"priority": [0, 5]}
    assert line.fact.private == {"reason": "Was turned away last year"}


def test_a_priority_needs_a_reason_and_has_bounds() -> None:
    house, _ = full()
    entry = join(house, 0)

    house.refused(errors.Refused, SetPriority(EVENT, entry, 1, " ", None))
    house.refused(errors.Refused, SetPriority(EVENT, entry, 1_001, "Because", None))


def test_a_lower_priority_lets_those_behind_have_what_is_free() -> None:
    house, taken = full()
    group, single = join(house, 0, 2), join(house, 1)
    free(house, taken[:1])

    house.ask(SetPriority(EVENT, group, -1, "Asked to wait", None), HOST)

    assert statuses(house, [group, single]) == ["WAITING", "OFFERED"]


def test_an_entry_that_is_not_there_is_not_found() -> None:
    house = a_house()
    id_ = WaitlistEntryId(OTHERS[0])

    for command in (MoveEntry(EVENT, id_, EntryAction.LEAVE), AcceptOffer(EVENT, id_), StartOffer(EVENT, id_)):
        house.refused(errors.NotFound, command)


# --- Lists that were not read to their end ----------------------------------------------------------------------------


def unread(house: House, tier_id: TicketTierId, entries: Sequence[WaitlistEntryId]) -> list[WaitlistEntry]:
    """Take the last entries of a tier out of the books, as if they had not been read."""
    gone = [house.books.entries.pop(id_) for id_ in entries]
    known = [entry.order for entry in house.books.entries.values() if entry.ticket_tier_id == tier_id]
    house.books.unread[tier_id] = Unread(max(known), max(entry.quantity for entry in gone))
    return gone


def read_on(house: House, entries: Sequence[WaitlistEntry]) -> None:
    house.books.entries |= {entry.id: entry for entry in entries}
    house.books.unread.clear()


def test_nobody_behind_an_unread_entry_is_served_before_it() -> None:
    house, _ = full(1)
    first, hidden = join(house, 0), join(house, 1)
    other = join(house, 2, 1, OTHER_TIER)
    rest = unread(house, TIER, [hidden])
    house.change(WHOLE, capacity=3)

    waitlist.promote(house.books)
    assert statuses(house, [first, other]) == ["OFFERED", "WAITING"]
    assert house.books.sought == {TIER}
    assert house.books.awaited() == {WHOLE, OWN, SHARED}
    read_on(house, rest)
    waitlist.promote(house.books)

    assert statuses(house, [hidden, other]) == ["OFFERED", "WAITING"]
    assert not house.books.sought


def test_a_list_is_read_on_when_somebody_unread_might_keep_a_place_from_others() -> None:
    house, _ = full(4, quota=4)
    first, hidden = join(house, 0, 1), join(house, 1, 3)
    other = join(house, 2, 1, OTHER_TIER)
    rest = unread(house, TIER, [hidden])
    house.change(WHOLE, capacity=6)

    waitlist.promote(house.books)

    # The tier is full, so nobody of it is served; but a group of three lacks a place of the event as well.
    assert statuses(house, [first, other]) == ["WAITING", "WAITING"]
    assert house.books.sought == {TIER}
    read_on(house, rest)
    waitlist.promote(house.books)
    assert statuses(house, [first, hidden, other]) == ["WAITING", "WAITING", "WAITING"]


def test_a_list_is_not_read_on_when_nobody_unread_can_make_a_difference() -> None:
    house, _ = full(4, quota=4)
    first, hidden = join(house, 0), join(house, 1)
    other = join(house, 2, 1, OTHER_TIER)
    unread(house, TIER, [hidden])
    house.change(WHOLE, capacity=6)

    waitlist.promote(house.books)

    assert statuses(house, [first, other]) == ["WAITING", "OFFERED"]
    assert not house.books.sought
