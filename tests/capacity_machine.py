"""A crowd of people and organizers at one event, doing whatever they like: the same for books in memory and in tables.

After every step the rows have to add up, whoever waits has to have been served in turn, and what the answer had to be
is foreseen from the rows.
"""

from abc import abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from domain import errors
from domain.asked import Asked
from domain.blocks import BlockPlaces, ReleaseBlock
from domain.capacity import PoolKind
from domain.capacity_pools import CreateCapacityPool, SetTicketTierPools, Settle, SetWaitlistPolicy, UpdateCapacityPool
from domain.check_in import CheckIn, Read, UndoCheckIn
from domain.ids import EventId, PoolId, RegistrationId, TicketTierId, UserId, WaitlistEntryId
from domain.journal import Fact
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
from domain.waitlist import AcceptOffer, EntryAction, JoinWaitlist, MoveEntry, SetPriority, StartOffer, WaitlistStatus
from tests.domain.foreseen import DONE, foreseen
from tests.domain.house import Rows
from tests.domain.turns import prove_turns

PEOPLE = st.integers(0, 5)
QUANTITIES = st.integers(1, 4)
LIMITS = st.sampled_from([None, 0, 1, 2, 3, 3, 4, 4, 5, 6, 7, 8])
TIERS = st.integers(0, 1)
ANY = st.integers(0, 10**6)
NOBODY = UUID(int=0)
_PAYABLE = (RegistrationStatus.HELD, RegistrationStatus.EXPIRED)
_TAKING = (RegistrationStatus.HELD, RegistrationStatus.CONFIRMED)
_WAITING = (WaitlistStatus.WAITING, WaitlistStatus.SUSPENDED)


class CapacityMachine(RuleBasedStateMachine):
    """Steps are commands, or what happens outside of them: time passes, and limits are edited."""

    # --- What a house in memory and one in tables do in their own way ---------------------------------------------

    @abstractmethod
    def open(
        self,
        capacity: int | None,
        quotas: Sequence[int | None],
        *,
        shared: int | None,
        person_limit: int,
        is_near: bool,
    ) -> None:
        """Open an event with two tiers that share a pool; the first has a limit, the second is sold for twenty hours.

        The event starts in ten days or, when it is near, in twenty hours.
        """

    @abstractmethod
    def decided(self, asked: Asked[object]) -> object:
        """The answer to a command, or the exception that it raised; what is there then is proved already."""

    @abstractmethod
    def resized(self, pool_id: PoolId, capacity: int | None) -> None:
        """Give the event or a tier another limit that is not below what is taken, without a command."""

    @abstractmethod
    def advanced(self, delta: timedelta) -> None:
        """Let time pass."""

    @abstractmethod
    def rows(self) -> Rows:
        """Everything there is now."""

    @abstractmethod
    def facts(self) -> Sequence[Fact]:
        """What the last step has told."""

    @property
    @abstractmethod
    def event_id(self) -> EventId:
        """The event."""

    @abstractmethod
    def person(self, number: int) -> UserId:
        """One of six people."""

    # --- Steps ----------------------------------------------------------------------------------------------------

    @initialize(
        capacity=LIMITS,
        quotas=st.tuples(LIMITS, LIMITS),
        shared=LIMITS,
        person_limit=st.sampled_from([3, 6, 1_000]),
        look_past=st.integers(0, 2),
        is_near=st.booleans(),
        crowd=st.lists(st.tuples(PEOPLE, TIERS, QUANTITIES), max_size=12),
    )
    def begin(
        self,
        *,
        capacity: int | None,
        quotas: tuple[int | None, int | None],
        shared: int | None,
        person_limit: int,
        look_past: int,
        is_near: bool,
        crowd: list[tuple[int, int, int]],
    ) -> None:
        self.open(capacity, quotas, shared=shared, person_limit=person_limit, is_near=is_near)
        self._ask(SetWaitlistPolicy(self.event_id, look_past))
        for person, tier, quantity in crowd:
            self._ask(Register(self.event_id, self._tier(tier), quantity), person)
        for person, tier, quantity in crowd:
            self._ask(JoinWaitlist(self.event_id, self._tier(tier), quantity), 5 - person)

    @rule(person=PEOPLE, tier=TIERS, quantity=QUANTITIES)
    def register(self, person: int, tier: int, quantity: int) -> None:
        self._ask(Register(self.event_id, self._tier(tier), quantity), person)

    @rule(person=PEOPLE, tier=TIERS, quantity=QUANTITIES, minutes=st.sampled_from([None, 1, 60]))
    def hold(self, person: int, tier: int, quantity: int, minutes: int | None) -> None:
        self._ask(HoldPlaces(self.event_id, self._tier(tier), quantity, minutes), person)

    @precondition(lambda self: self._any_registration(*_PAYABLE))
    @rule(which=ANY)
    def extend(self, which: int) -> None:
        self._ask(ExtendHold(self.event_id, self._registration(which, *_PAYABLE)))

    @precondition(lambda self: self._any_registration(*_PAYABLE))
    @rule(which=ANY, payment=st.sampled_from([None, "one", "two"]))
    def confirm(self, which: int, payment: str | None) -> None:
        self._ask(ConfirmRegistration(self.event_id, self._registration(which, *_PAYABLE), payment))

    @precondition(lambda self: self._any_registration(*_TAKING))
    @rule(which=ANY, by_organizer=st.booleans())
    def cancel(self, which: int, *, by_organizer: bool) -> None:
        id_ = self._registration(which, *_TAKING)
        self._ask(CancelRegistration(self.event_id, id_, None, None, by_organizer=by_organizer))

    @precondition(lambda self: self._any_registration(RegistrationStatus.CONFIRMED))
    @rule(which=ANY, chosen=st.integers(1, 15))
    def cancel_some(self, which: int, chosen: int) -> None:
        id_ = self._registration(which, RegistrationStatus.CONFIRMED)
        own = sorted(ticket.id for ticket in self.rows().tickets.values() if ticket.registration_id == id_)
        tickets = tuple(ticket_id for place, ticket_id in enumerate(own) if chosen >> place & 1)
        if tickets:
            self._ask(CancelRegistration(self.event_id, id_, "Some", None, tickets, by_organizer=True))

    @precondition(lambda self: self._any_registration(RegistrationStatus.CONFIRMED))
    @rule(which=ANY)
    def transfer(self, which: int) -> None:
        tickets = sorted(self.rows().tickets.values(), key=lambda ticket: ticket.id)
        ticket = tickets[which % len(tickets)]
        self._ask(TransferTicket(self.event_id, ticket.registration_id, ticket.id, "Else", by_organizer=True))

    @precondition(lambda self: self._any_registration(RegistrationStatus.CONFIRMED))
    @rule(which=st.lists(ANY, min_size=1, max_size=4), nonces=st.none() | st.integers(0, 3))
    def check_in(self, which: list[int], nonces: int | None) -> None:
        codes = self._codes()
        chosen = [codes[each % len(codes)] for each in which]
        reads = [Read(code, None if nonces is None else f"{nonces} {code}") for code in chosen]
        self._ask(CheckIn(self.event_id, tuple(reads)))

    @precondition(lambda self: self.rows().pools[PoolId(self.event_id)].checked_in)
    @rule(which=ANY)
    def undo(self, which: int) -> None:
        codes = self._codes(TicketStatus.CHECKED_IN)
        self._ask(UndoCheckIn(self.event_id, codes[which % len(codes)]))

    @rule(person=PEOPLE, tier=TIERS, quantity=QUANTITIES)
    def join(self, person: int, tier: int, quantity: int) -> None:
        self._ask(JoinWaitlist(self.event_id, self._tier(tier), quantity), person)

    @precondition(lambda self: self.rows().entries)
    @rule(which=ANY, action=st.sampled_from(EntryAction))
    def move(self, which: int, action: EntryAction) -> None:
        preferred = (WaitlistStatus.OFFERED,) if action is EntryAction.DECLINE else _WAITING
        self._ask(MoveEntry(self.event_id, self._entry(which, *preferred), action, None))

    @precondition(lambda self: self._any_entry(WaitlistStatus.OFFERED))
    @rule(which=ANY)
    def accept(self, which: int) -> None:
        self._ask(AcceptOffer(self.event_id, self._entry(which, WaitlistStatus.OFFERED)))

    @precondition(lambda self: self._any_entry(WaitlistStatus.OFFERED))
    @rule(which=ANY)
    def hand_over(self, which: int) -> None:
        self._ask(StartOffer(self.event_id, self._entry(which, WaitlistStatus.OFFERED)), None)

    @precondition(lambda self: self._any_entry(*_WAITING))
    @rule(which=ANY, priority=st.integers(-2, 2))
    def prioritize(self, which: int, priority: int) -> None:
        self._ask(SetPriority(self.event_id, self._entry(which, *_WAITING), priority, "A reason", None))

    @precondition(lambda self: self.rows().entries)
    @rule(look_past=st.integers(0, 3), offer_seconds=st.sampled_from([None, 60, 86_400]))
    def set_policy(self, look_past: int, offer_seconds: int | None) -> None:
        self._ask(SetWaitlistPolicy(self.event_id, look_past, offer_seconds))

    @rule(quantity=QUANTITIES, tier=st.none() | TIERS, which=ANY, minutes=st.none() | st.integers(1, 600))
    def block(self, quantity: int, tier: int | None, which: int, minutes: int | None) -> None:
        rows = self.rows()
        release_at = rows.now + timedelta(minutes=minutes) if minutes else None
        pools = sorted(rows.pools)
        target = (self._tier(tier), None) if tier is not None else (None, pools[which % len(pools)])
        self._ask(BlockPlaces(self.event_id, quantity, "House", "Kept back", *target, release_at))

    @precondition(lambda self: self.rows().blocks)
    @rule(which=ANY)
    def release(self, which: int) -> None:
        blocks = self.rows().blocks
        open_ = sorted(block.id for block in blocks.values() if block.released_at is None or which % 5 == 0)
        self._ask(ReleaseBlock(self.event_id, open_[which % len(open_)] if open_ else min(blocks)))

    @rule(which=ANY, overbooking=st.integers(0, 2), capacity=LIMITS)
    def change_pool(self, which: int, overbooking: int, capacity: int | None) -> None:
        pools = sorted(self.rows().pools.values(), key=lambda pool: pool.id)
        pool = pools[which % len(pools)]
        if pool.kind is PoolKind.SHARED:
            self._ask(UpdateCapacityPool(self.event_id, pool.id, capacity=capacity, overbooking=overbooking))
        else:
            self._ask(UpdateCapacityPool(self.event_id, pool.id, overbooking=overbooking))

    @rule(which=ANY, capacity=LIMITS)
    def resize(self, which: int, capacity: int | None) -> None:
        pools = sorted((p for p in self.rows().pools.values() if p.kind is not PoolKind.SHARED), key=lambda p: p.id)
        pool = pools[which % len(pools)]
        if capacity is None or capacity + pool.overbooking >= pool.taken:
            self.resized(pool.id, capacity)
            self._ask(Settle(self.event_id), None)

    @rule(tier=TIERS, chosen=st.integers(0, 7))
    def draw(self, tier: int, chosen: int) -> None:
        shared = sorted(pool.id for pool in self.rows().pools.values() if pool.kind is PoolKind.SHARED)
        pools = tuple(pool_id for place, pool_id in enumerate(shared) if chosen >> place & 1)
        self._ask(SetTicketTierPools(self.event_id, self._tier(tier), pools))

    @precondition(lambda self: len(self.rows().pools) < 6)
    @rule(capacity=LIMITS)
    def create_pool(self, capacity: int | None) -> None:
        self._ask(CreateCapacityPool(self.event_id, f"Pool {len(self.rows().pools)}", capacity))

    @rule(minutes=st.sampled_from([1, 9, 10, 59, 300, 1_500]), settles=st.booleans())
    def wait(self, minutes: int, *, settles: bool) -> None:
        self.advanced(timedelta(minutes=minutes))
        if settles:
            self._ask(Settle(self.event_id), None)

    # --- Asking ---------------------------------------------------------------------------------------------------

    def _ask(self, command: Any, person: int | None = 0) -> None:
        actor_id = None if person is None else self.person(person)
        asked: Asked[object] = Asked(self.event_id, command, actor_id)
        before = self.rows()
        is_due = before.head.due_at is not None and before.head.due_at <= before.now
        expected = None if is_due else foreseen(before, asked)
        answer = told(self.decided(asked))
        assert expected in {None, answer}, f"{command} was answered with {answer}, not {expected}"
        prove_turns(self.rows(), self.facts())

    def _tier(self, number: int) -> TicketTierId:
        return sorted(self.rows().tiers)[number]

    def _any_registration(self, *statuses: RegistrationStatus) -> bool:
        return any(registration.status in statuses for registration in self.rows().registrations.values())

    def _any_entry(self, *statuses: WaitlistStatus) -> bool:
        return any(entry.status in statuses for entry in self.rows().entries.values())

    def _registration(self, which: int, *statuses: RegistrationStatus) -> RegistrationId:
        """One of those of whom something may come, and now and then any other one."""
        all_ = self.rows().registrations.values()
        ids = sorted(each.id for each in all_ if each.status in statuses or which % 5 == 0)
        return ids[which % len(ids)] if ids else RegistrationId(NOBODY)

    def _entry(self, which: int, *statuses: WaitlistStatus) -> WaitlistEntryId:
        all_ = self.rows().entries.values()
        ids = sorted(each.id for each in all_ if each.status in statuses or which % 5 == 0)
        return ids[which % len(ids)] if ids else WaitlistEntryId(NOBODY)

    def _codes(self, *statuses: TicketStatus) -> list[str]:
        tickets = self.rows().tickets.values()
        return ["NOONE-00000", *sorted(each.code for each in tickets if not statuses or each.status in statuses)]


def told(answer: object) -> str:
    """What came of a command, in a word. Raises whatever is not a refusal."""
    match answer:
        case errors.Refusal(code=code) | errors.RequestError(code=code):
            return code
        case errors.Refused(refusals=refusals):
            return refusals[0].code
        case BaseException():
            raise answer
        case _:
            return DONE
