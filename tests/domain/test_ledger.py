"""Differences in the books of an event: found wherever numbers differ, told in words, and only then."""

from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.capacity import PoolKind, Use
from domain.ids import EventId, PoolId, RegistrationId
from domain.ledger import CapacityProof, LedgerMatter, PoolAccount, Tally, UnevenRegistration, in_words

EVENT = EventId(UUID(int=1))
POOL = PoolId(UUID(int=1))


def pool(*uses: int) -> PoolAccount:
    """A pool whose books agree."""
    return PoolAccount(POOL, PoolKind.EVENT, None, Tally(9, None, 9), Tally(0, None, 0), uses, uses, uses)


SOUND = CapacityProof(
    event_id=EVENT,
    version=3,
    pools=(pool(2, 1, 0, 0, 1),),
    waiting=Tally(4, 4, 4),
    lines=3,
    first_version=1,
    last_version=3,
    registrations=2,
)

uses = st.lists(st.integers(0, 3), min_size=len(Use), max_size=len(Use)).map(tuple)


def test_books_that_agree_have_no_difference() -> None:
    assert SOUND.is_sound
    assert in_words(SOUND.differences) == ""


@given(uses, uses, uses)
def test_pool_is_told_of_exactly_where_its_numbers_differ(
    stored: tuple[int, ...], counted: tuple[int, ...], told: tuple[int, ...]
) -> None:
    found = replace(pool(0, 0, 0, 0, 0), stored=stored, counted=counted, told=told).differences()

    expected = {use.name for use, *three in zip(Use, stored, counted, told, strict=True) if len(set(three)) > 1}
    assert {difference.matter.name for difference in found} == expected


def test_pool_without_counters_is_one_difference() -> None:
    gone = replace(pool(2, 1, 0, 0, 1), stored=None, capacity=Tally(None, None, 9), name="Terrace")

    [difference] = gone.differences()

    assert (difference.matter, difference.tally) == (LedgerMatter.POOL, Tally(None, 3, 3))
    assert str(difference) == f"Terrace {POOL}: no counters, but rows count 3 places and the journal tells 3"


def test_unlimited_capacity_differs_from_a_number() -> None:
    [difference] = replace(pool(0, 0, 0, 0, 0), capacity=Tally(None, None, 7)).differences()

    assert str(difference) == f"pool {POOL}: capacity unlimited, but the journal tells 7"


def test_stream_with_a_gap_differs_wherever_the_gap_is() -> None:
    behind = replace(SOUND, lines=2)
    without_first = replace(SOUND, version=2, lines=2, first_version=2, last_version=3)
    without_last = replace(SOUND, lines=2, last_version=2)
    empty = replace(SOUND, version=0, lines=0, first_version=None, last_version=None)

    for proof in (behind, without_first, without_last):
        assert [difference.matter for difference in proof.differences] == [LedgerMatter.STREAM]
    assert empty.is_sound


def test_registrations_without_whole_tickets_are_named() -> None:
    registration = RegistrationId(UUID(int=7))
    proof = replace(SOUND, uneven=1, examples=(UnevenRegistration(registration, places=3, tickets=2),))

    assert in_words(proof.differences) == f"registration {registration}: 3 places, 2 tickets that open the door"


def test_many_differences_are_told_in_few_words() -> None:
    differing = replace(pool(0, 0, 0, 0, 0), told=(1, 1, 1, 1, 1))

    told = in_words(differing.differences(), most=2)

    assert told.endswith("; and 3 more")
    assert told.count("counter 0, rows 0, journal 1") == 2
