"""Places that organizers keep back: all of them or none, until they are released."""

from datetime import timedelta
from uuid import UUID

import pytest

from domain import errors
from domain.asked import Outdated
from domain.blocks import BlockPlaces, ReleaseBlock
from domain.capacity_pools import Settle
from domain.ids import BlockId, PoolId, TicketTierId
from domain.journal import FactKind
from domain.registrations import Register
from domain.waitlist import JoinWaitlist, WaitlistStatus
from tests.domain.house import GUESTS, OWN, SHARED, WHOLE, a_house
from tests.domain.made import EVENT, LATER, NOW, TIER, USER


def block(quantity: int = 2, **given: object) -> BlockPlaces:
    target: dict[str, object] = {} if "pool_id" in given or "ticket_tier_id" in given else {"ticket_tier_id": TIER}
    return BlockPlaces(EVENT, quantity, "The band", "Guests of the band", **target, **given)  # pyright: ignore[reportArgumentType]


def test_a_block_of_a_tier_takes_its_places_from_all_of_its_pools() -> None:
    house = a_house(10, quota=5, shared=5)

    id_ = house.ask(block())

    made = house.block(id_)
    assert made.pool_ids == (WHOLE, OWN, SHARED)
    assert (made.owner, made.reason, made.created_by) == ("The band", "Guests of the band", USER)
    assert {house.pool(pool_id).blocked for pool_id in made.pool_ids} == {2}
    fact = house.last.fact
    assert fact.kind is FactKind.PLACES_BLOCKED
    assert fact.private == {"owner": "The band", "reason": "Guests of the band"}
    assert "band" not in str(fact.data)


def test_a_block_of_one_pool_takes_nothing_from_the_others() -> None:
    house = a_house(10, shared=5)

    house.ask(block(pool_id=SHARED))

    assert (house.pool(SHARED).blocked, house.pool(WHOLE).blocked, house.pool(OWN).blocked) == (2, 0, 0)


def test_blocked_places_are_not_sold() -> None:
    house = a_house(3)
    house.ask(block())

    assert house.refused(errors.EventIsFull, Register(EVENT, TIER, 2)) == {"asked": 2, "available": 1}
    assert house.refused(errors.EventIsFull, block()) == {"asked": 2, "available": 1}


def test_organizers_keep_places_back_before_anybody_who_waits() -> None:
    house = a_house(2)
    house.ask(Register(EVENT, TIER, 1))
    house.ask(Register(EVENT, TIER, 1), GUESTS[0])
    group = house.ask(JoinWaitlist(EVENT, TIER, 2), GUESTS[1])
    house.change(WHOLE, capacity=3)

    house.ask(block(1))

    assert (house.pool().blocked, house.entry(group).status) == (1, WaitlistStatus.WAITING)


def test_a_released_block_gives_its_places_back_once() -> None:
    house = a_house(3)
    id_ = house.ask(block())

    house.ask(ReleaseBlock(EVENT, id_))

    assert (house.pool().taken, house.block(id_).released_at, house.block(id_).version) == (0, NOW, 2)
    assert house.last.fact.kind is FactKind.PLACES_UNBLOCKED
    assert house.refused(errors.BlockIsReleased, ReleaseBlock(EVENT, id_)) == {"released_at": NOW.isoformat()}


def test_a_block_is_released_at_its_time_for_whoever_asks_next() -> None:
    house = a_house(2)
    id_ = house.ask(block(release_at=LATER))
    assert house.books.head.due_at == LATER
    house.books.now = LATER - timedelta(microseconds=1)
    house.refused(errors.EventIsFull, Register(EVENT, TIER, 1))

    house.books.now = LATER
    house.ask(Register(EVENT, TIER, 1))

    assert house.block(id_).released_at == LATER
    released = next(line for line in house.books.lines if line.fact.kind is FactKind.PLACES_UNBLOCKED)
    assert released.actor_id is None


def test_a_block_released_by_hand_is_not_released_again_by_the_clock() -> None:
    house = a_house(2)
    id_ = house.ask(block(release_at=LATER))
    house.ask(ReleaseBlock(EVENT, id_))
    house.books.now = LATER

    house.ask(Settle(EVENT), None)

    assert house.block(id_).released_at == NOW


@pytest.mark.parametrize(
    "given",
    [
        {"quantity": 0},
        {"quantity": 100_001},
        {"release_at": NOW},
        {"release_at": NOW - timedelta(days=1)},
        {"pool_id": WHOLE, "ticket_tier_id": TIER},
        {"pool_id": None},
    ],
)
def test_a_block_that_makes_no_sense_is_refused(given: "dict[str, int]") -> None:
    a_house().refused(errors.Refused, block(**given))


def test_a_block_needs_an_owner_and_a_reason() -> None:
    house = a_house()

    house.refused(errors.Refused, BlockPlaces(EVENT, 1, " ", "Reason", ticket_tier_id=TIER))
    house.refused(errors.Refused, BlockPlaces(EVENT, 1, "Owner", "", ticket_tier_id=TIER))


def test_nothing_is_kept_back_from_what_is_not_there() -> None:
    house = a_house()

    house.refused(errors.TicketTierIsUnknown, block(ticket_tier_id=TicketTierId(UUID(int=99))))
    house.refused(errors.CapacityPoolIsUnknown, block(pool_id=PoolId(UUID(int=99))))
    house.refused(errors.NotFound, ReleaseBlock(EVENT, BlockId(UUID(int=99))))


def test_a_release_of_another_version_is_outdated() -> None:
    house = a_house()
    id_ = house.ask(block())

    with pytest.raises(Outdated):
        house.ask(ReleaseBlock(EVENT, id_, expected_version=2))
