"""Whose turn it was: the lines of one step, read backwards, tell whether anybody on the waiting list was passed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast
from uuid import UUID

from domain.capacity import Pool
from domain.ids import PoolId, TicketTierId, WaitlistEntryId
from domain.journal import Fact, FactKind, Json
from domain.ticket_tiers import TicketTier
from domain.waitlist import WaitlistEntry, WaitlistStatus
from tests.domain.house import Rows, is_sold, number, pools_of


@dataclass(slots=True)
class _Past:
    """Things as they were before some of the lines."""

    rows: Rows
    pools: dict[PoolId, Pool]
    tiers: dict[TicketTierId, TicketTier]
    entries: dict[WaitlistEntryId, WaitlistEntry]
    look_past: int

    def undo(self, fact: Fact) -> None:
        for pool_id, moved in _map(fact.data.get("deltas", {})).items():
            pool = self.pools[PoolId(UUID(pool_id))]
            by = {use: getattr(pool, use) - number(count) for use, count in _map(moved).items()}
            self.pools[pool.id] = replace(pool, **by)
        changes = {name: cast("Sequence[Json]", pair)[0] for name, pair in _map(fact.data.get("changes", {})).items()}
        if fact.kind is FactKind.CAPACITY_POOL_UPDATED:
            pool_id = PoolId(fact.object_id)
            self.pools[pool_id] = replace(self.pools[pool_id], **changes)  # pyright: ignore[reportArgumentType]
        elif "shared_pool_ids" in changes:
            tier = self.tiers[TicketTierId(fact.object_id)]
            ids = tuple(PoolId(UUID(str(id_))) for id_ in cast("Sequence[Json]", changes["shared_pool_ids"]))
            self.tiers[tier.id] = replace(tier, shared_pool_ids=ids)
        elif "look_past" in changes:
            self.look_past = number(changes["look_past"])
        entry = self.entries.get(WaitlistEntryId(fact.object_id))
        if entry is None:
            return
        if "priority" in changes:
            entry = replace(entry, priority=number(changes["priority"]))
        if "waiting" in fact.data:
            # Suspended, offered or gone: what else it was does not matter here.
            waits = number(fact.data["waiting"]) < 0
            entry = replace(entry, status=WaitlistStatus.WAITING if waits else WaitlistStatus.SUSPENDED)
        if fact.kind is FactKind.WAITLIST_PASSED:
            entry = replace(entry, passed=entry.passed - 1)
        self.entries[entry.id] = entry

    def short_of(self, served: WaitlistEntry) -> set[WaitlistEntryId]:
        """Who waits before somebody and is short of a pool of theirs."""
        drawn = set(self._pools_of(served))
        return {
            entry.id
            for entry in self.entries.values()
            if entry.is_waiting and entry.order < served.order and is_sold(self.rows, entry.ticket_tier_id)
            if any(
                not self.pools[id_].has_room_for(entry.quantity) for id_ in drawn.intersection(self._pools_of(entry))
            )
        }

    def has_room_for(self, entry: WaitlistEntry) -> bool:
        return all(self.pools[pool_id].has_room_for(entry.quantity) for pool_id in self._pools_of(entry))

    def _pools_of(self, entry: WaitlistEntry) -> tuple[PoolId, ...]:
        fixed = pools_of(self.rows, entry.ticket_tier_id)[:2]
        return (*fixed, *self.tiers[entry.ticket_tier_id].shared_pool_ids)


def prove_turns(rows: Rows, facts: Sequence[Fact]) -> None:
    """Fail if an offer was made out of turn, or a pass was not allowed or not told.

    `facts` are what led to `rows`, in order, all of them at one time.
    """
    past = _Past(rows, dict(rows.pools), dict(rows.tiers), dict(rows.entries), rows.head.look_past)
    passes: dict[WaitlistEntryId, set[WaitlistEntryId]] = {}
    expected: dict[WaitlistEntryId, set[WaitlistEntryId]] = {}
    for fact in reversed(facts):
        past.undo(fact)
        entry_id = WaitlistEntryId(fact.object_id)
        if fact.kind is FactKind.PLACES_OFFERED:
            served = past.entries[entry_id]
            assert past.has_room_for(served)
            expected[entry_id] = past.short_of(served)
        elif fact.kind is FactKind.WAITLIST_PASSED:
            told = _map(fact.data["passed"])
            passes.setdefault(WaitlistEntryId(UUID(str(told["by"]))), set()).add(entry_id)
            assert number(told["times"]) == past.entries[entry_id].passed + 1 <= past.look_past
    assert passes == {by: passed for by, passed in expected.items() if passed}, "nobody is passed unless that is told"


def _map(value: Json) -> Mapping[str, Json]:
    assert isinstance(value, Mapping)
    return cast("Mapping[str, Json]", value)
