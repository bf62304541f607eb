"""The capacity ledger on real PostgreSQL: counters, rows and lines agree whatever happens, and damage is found."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from db import ledger
from db.database import statements
from domain.blocks import BlockPlaces, ReleaseBlock
from domain.capacity import Use
from domain.capacity_pools import CreateCapacityPool, SetTicketTierPools, UpdateCapacityPool
from domain.check_in import CheckIn, Read, UndoCheckIn
from domain.ids import PoolId, UserId
from domain.ledger import CapacityProof, LedgerMatter, Tally
from domain.registrations import CancelRegistration, ConfirmRegistration, HoldPlaces, Register
from domain.waitlist import EntryAction, JoinWaitlist, MoveEntry
from schema.ids import event_id
from tests.api import Api
from tests.books import prove_books
from tests.commands import change
from tests.desk import Desk, Stall, desk_of
from tests.world import World


@pytest.fixture
async def desk(fresh_api: Api) -> AsyncGenerator[Desk]:
    async with desk_of(fresh_api) as opened:
        yield opened


async def proof_of(desk: Desk, stall: Stall) -> CapacityProof:
    return (await ledger.prove(desk.database, [stall.id]))[stall.id]


def used(proof: CapacityProof) -> dict[str, tuple[int | None, ...]]:
    """What is stored of each pool, in the order of `Use`."""
    return {pool.name or "event": tuple(pool.tally(use).stored for use in Use) for pool in proof.pools}


@dataclass(frozen=True, slots=True)
class Busy:
    """An event to which everything has happened, and the pool that its tiers share."""

    stall: Stall
    shared: PoolId


async def everything(desk: Desk) -> Busy:
    """Places taken, held, given back, blocked, waited for, offered and come to, over a shared pool."""
    stall = await desk.stall(capacity=20, tiers={"Floor": {"quota": 12}, "Box": {"quota": 10}})
    event_id, floor, box = stall.id, stall.tiers["Floor"], stall.tiers["Box"]
    guests = [await desk.guest() for _ in range(6)]
    organizer = await desk.guest("organizer")
    confirmed = await desk.ask(Register(event_id, floor, 4), guests[0])
    held = await desk.ask(HoldPlaces(event_id, floor, 2), guests[1])
    await desk.ask(HoldPlaces(event_id, box, 3), guests[2])
    shared = await desk.ask(CreateCapacityPool(event_id, "Terrace", 14), organizer)
    await desk.ask(SetTicketTierPools(event_id, floor, (shared,)), organizer)
    await desk.ask(SetTicketTierPools(event_id, box, (shared,)), organizer)
    await desk.ask(UpdateCapacityPool(event_id, shared, overbooking=1, capacity=13), organizer)
    await desk.ask(ConfirmRegistration(event_id, held), guests[1])
    tickets = await desk.database.fetch("SELECT id FROM tickets WHERE registration_id = $1 ORDER BY id", confirmed)
    await desk.ask(CancelRegistration(event_id, confirmed, None, None, (tickets[0]["id"],)), guests[0])
    block = await desk.ask(BlockPlaces(event_id, 2, "the band", "friends", pool_id=shared), organizer)
    await desk.ask(BlockPlaces(event_id, 1, "the press", "a chair", ticket_tier_id=box), organizer)
    # Three of fourteen are left on the terrace.
    waiting = [await desk.ask(JoinWaitlist(event_id, floor, size), guests[3 + n]) for n, size in enumerate((4, 3, 5))]
    await desk.ask(MoveEntry(event_id, waiting[1], EntryAction.SUSPEND), guests[4])
    await desk.ask(ReleaseBlock(event_id, block), organizer)
    assert await desk.value("SELECT status FROM waitlist_entries WHERE id = $1", waiting[0]) == "OFFERED"
    # Holds and offers run out on the way to the door, and who is next is offered what they leave.
    desk.api.clock.advance(days=9, hours=12)
    code, other, *_ = await desk.codes(confirmed)
    await desk.ask(CheckIn(event_id, (Read(code), Read(other))), organizer)
    await desk.ask(UndoCheckIn(event_id, code), organizer)
    await desk.ask(HoldPlaces(event_id, box, 2), guests[2])
    await desk.ask(JoinWaitlist(event_id, floor, 2), guests[3])
    return Busy(stall, shared)


async def test_books_agree_after_everything_has_happened(desk: Desk) -> None:
    busy = await everything(desk)

    proof = await proof_of(desk, busy.stall)

    assert proof.differences == ()
    assert proof.is_sound
    assert used(proof) == {
        "event": (5, 2, 5, 1, 1),
        "Floor": (5, 0, 5, 0, 1),
        "Box": (0, 2, 0, 1, 0),
        "Terrace": (5, 2, 5, 1, 1),
    }
    for pool in proof.pools:
        assert pool.stored == pool.counted == pool.told
    limits = [(pool.capacity.told, pool.overbooking.told) for pool in proof.pools]
    assert limits == [(20, 0), (12, 0), (10, 0), (13, 1)]
    assert proof.waiting == Tally(1, 1, 1)
    assert (proof.registrations, proof.uneven) == (4, 0)
    assert proof.version == proof.lines == proof.last_version
    async with desk.database.transaction() as session:
        await prove_books(session)


async def test_capacity_that_was_changed_is_what_the_lines_tell(desk: Desk) -> None:
    stall = await desk.stall(capacity=10, tiers={"Floor": {"quota": 4}, "Box": {}})
    manager = stall.team.manager
    await change(desk.api, manager, "updateEvent", "event { id }", id=stall.listed.id, capacity=12)
    await change(desk.api, manager, "updateTicketTier", "ticketTier { id }", id=stall.listed.tiers["Floor"], quota=None)
    await change(desk.api, manager, "updateTicketTier", "ticketTier { id }", id=stall.listed.tiers["Box"], quota=3)
    copied = await change(desk.api, manager, "copyEvent", "event { id }", id=stall.listed.id)

    both = await ledger.prove(desk.database, [stall.id, event_id(copied["event"]["id"])])

    for proof in both.values():
        assert proof.is_sound
        assert [pool.capacity for pool in proof.pools] == [
            Tally(12, None, 12),
            Tally(None, None, None),
            Tally(3, None, 3),
        ]


# What somebody might do to the tables by hand, and what has to be said of it.
DAMAGE: dict[str, tuple[str, set[LedgerMatter]]] = {
    "confirmed": ("UPDATE capacity_pools SET confirmed = confirmed + 1 WHERE kind = 'EVENT'", {LedgerMatter.CONFIRMED}),
    "held": ("UPDATE capacity_pools SET held = held + 1 WHERE name = 'Terrace'", {LedgerMatter.HELD}),
    "offered": ("UPDATE capacity_pools SET offered = 0 WHERE kind = 'EVENT'", {LedgerMatter.OFFERED}),
    "blocked": ("UPDATE capacity_pools SET blocked = blocked + 1 WHERE kind = 'TICKET_TIER'", {LedgerMatter.BLOCKED}),
    "checked in": (
        "UPDATE capacity_pools SET checked_in = checked_in - 1 WHERE checked_in > 0",
        {LedgerMatter.CHECKED_IN},
    ),
    "capacity": ("UPDATE capacity_pools SET capacity = 99 WHERE kind = 'EVENT'", {LedgerMatter.CAPACITY}),
    "unlimited": ("UPDATE capacity_pools SET capacity = NULL WHERE name = 'Terrace'", {LedgerMatter.CAPACITY}),
    "overbooking": ("UPDATE capacity_pools SET overbooking = 7 WHERE kind = 'EVENT'", {LedgerMatter.OVERBOOKING}),
    "pool": ("DELETE FROM capacity_pools WHERE name = 'Terrace'", {LedgerMatter.POOL}),
    "waiting": ("UPDATE event_heads SET waiting = waiting + 1", {LedgerMatter.WAITING}),
    "entry": ("UPDATE waitlist_entries SET status = 'LEFT' WHERE status = 'WAITING'", {LedgerMatter.WAITING}),
    "offer": (
        "UPDATE waitlist_entries SET status = 'DECLINED', offer_expires_at = NULL WHERE status = 'OFFERED'",
        {LedgerMatter.OFFERED},
    ),
    "block": ("UPDATE capacity_blocks SET released_at = now() WHERE released_at IS NULL", {LedgerMatter.BLOCKED}),
    "quantity": (
        "UPDATE registrations SET quantity = quantity + 1 WHERE status = 'CONFIRMED'",
        {LedgerMatter.CONFIRMED, LedgerMatter.TICKETS},
    ),
    "ticket": ("UPDATE tickets SET status = 'CANCELLED' WHERE status = 'VALID'", {LedgerMatter.TICKETS}),
    "arrival": (
        "UPDATE tickets SET status = 'CHECKED_IN' WHERE status = 'VALID'",
        {LedgerMatter.CHECKED_IN},
    ),
    "line": (
        "UPDATE journal SET data = data - 'deltas' WHERE kind = 'PlacesHeld'",
        {LedgerMatter.HELD},
    ),
    "gap": ("DELETE FROM journal WHERE kind = 'EventPublished'", {LedgerMatter.STREAM}),
    "head": ("UPDATE event_heads SET stream_version = stream_version + 1", {LedgerMatter.STREAM}),
}


class _Undone(Exception):
    """Rolls the damage back."""


async def test_damage_by_hand_is_found_and_named(desk: Desk) -> None:
    busy = await everything(desk)

    for name, (damage, matters) in DAMAGE.items():
        with suppress(_Undone):
            async with desk.database.transaction() as session:
                assert await session.execute(damage) > 0, name
                proof = (await ledger.prove(session, [busy.stall.id]))[busy.stall.id]
                assert {difference.matter for difference in proof.differences} == matters, name
                assert not proof.is_sound
                with pytest.raises(AssertionError):
                    await prove_books(session)
                raise _Undone
    assert (await proof_of(desk, busy.stall)).is_sound


async def test_difference_says_which_pool_and_which_numbers(desk: Desk) -> None:
    busy = await everything(desk)
    await desk.value("UPDATE capacity_pools SET held = 3 WHERE id = $1 RETURNING id", busy.shared)

    [difference] = (await proof_of(desk, busy.stall)).differences

    assert (difference.pool_id, difference.tally) == (busy.shared, Tally(3, 2, 2))
    assert str(difference) == f"Terrace {busy.shared}: held: counter 3, rows 2, journal 2"


async def test_books_are_of_one_moment_however_busy_the_event_is(desk: Desk) -> None:
    stall = await desk.stall(capacity=1_000)
    guests = [await desk.guest() for _ in range(3)]
    proofs: list[CapacityProof] = []

    async def sell(guest: UserId) -> None:
        for _ in range(20):
            await desk.ask(Register(stall.id, stall.tiers["Standard"], 1), guest)

    async def look(selling: "asyncio.Future[list[None]]") -> None:
        while not selling.done():
            proofs.append(await proof_of(desk, stall))

    selling = asyncio.gather(*(sell(guest) for guest in guests))
    await look(selling)
    await selling

    assert len({proof.version for proof in proofs}) > 5
    assert [proof.differences for proof in proofs if not proof.is_sound] == []


async def test_many_events_are_proved_by_one_statement(desk: Desk) -> None:
    team = await World(desk.api).team()
    stalls = [await desk.stall(team=team) for _ in range(3)]
    collected: list[str] = []
    reset = statements.set(collected)
    try:
        proofs = await ledger.prove(desk.database, [*(stall.id for stall in stalls), uuid4()])
    finally:
        statements.reset(reset)

    assert len(collected) == 1
    assert set(proofs) == {stall.id for stall in stalls}


async def test_use_at_an_earlier_time_is_what_the_lines_until_then_tell(desk: Desk) -> None:
    clock = desk.api.clock
    stall = await desk.stall(capacity=5)
    event_id, tier = stall.id, stall.tiers["Standard"]
    guest, other, organizer = [await desk.guest() for _ in range(3)]
    columns = (*(use.value for use in Use), "capacity", "overbooking", "waiting", "stream_version")
    moments: dict[datetime, tuple[object, ...]] = {}

    async def note() -> None:
        row = await desk.database.fetchrow(
            "SELECT * FROM capacity_pools AS pool JOIN event_heads AS head USING (event_id) WHERE pool.id = $1",
            event_id,
        )
        assert row is not None
        moments[clock.now] = tuple(row[name] for name in columns)
        clock.advance(seconds=30)

    await note()
    taken = await desk.ask(Register(event_id, tier, 3), guest)
    await note()
    await desk.ask(HoldPlaces(event_id, tier, 2), other)
    await note()
    await desk.ask(JoinWaitlist(event_id, tier, 2), guest)
    await note()
    await desk.ask(UpdateCapacityPool(event_id, PoolId(event_id), overbooking=1), organizer)
    await note()
    await desk.ask(CancelRegistration(event_id, taken, None, None), guest)
    await note()
    manager = stall.team.manager
    await change(desk.api, manager, "updateEvent", "event { id }", id=stall.listed.id, capacity=9)
    await note()

    for at, expected in moments.items():
        for moment in (at, at + timedelta(seconds=29)):
            [found] = await ledger.statuses_as_of(desk.database, [event_id], moment)
            assert found is not None
            assert tuple(found[name] for name in columns) == expected


async def test_before_its_journal_begins_an_event_has_no_use(desk: Desk) -> None:
    stall = await desk.stall()

    earlier = desk.api.clock.now - timedelta(seconds=1)

    assert await ledger.statuses_as_of(desk.database, [stall.id, uuid4()], earlier) == [None, None]
