"""The capacity ledger: what the journal tells of an event's places has to equal the counters and the rows.

Every number is kept three times: stored in a counter that decides, countable in the rows of those who have the places,
and told by the lines of the event's stream. Pure; `db/ledger.py` reads all three in one snapshot.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from domain.capacity import PoolKind, Use
from domain.ids import EventId, PoolId, RegistrationId
from domain.journal import FactKind

LIMITING = frozenset(
    {
        FactKind.EVENT_CREATED,
        FactKind.EVENT_COPIED,
        FactKind.CAPACITY_CHANGED,
        FactKind.TICKET_TIER_CREATED,
        FactKind.CAPACITY_POOL_CREATED,
        FactKind.CAPACITY_POOL_UPDATED,
    }
)
"""The lines that say how many places a pool has: of their object, which has the pool's id."""


class LedgerMatter(StrEnum):
    """What the books may differ about."""

    POOL = "POOL"
    CAPACITY = "CAPACITY"
    OVERBOOKING = "OVERBOOKING"
    CONFIRMED = "CONFIRMED"
    HELD = "HELD"
    OFFERED = "OFFERED"
    BLOCKED = "BLOCKED"
    CHECKED_IN = "CHECKED_IN"
    WAITING = "WAITING"
    TICKETS = "TICKETS"
    STREAM = "STREAM"


@dataclass(frozen=True, slots=True)
class Tally:
    """One number as it is stored, as its rows count it, and as the journal's lines sum it.

    Nothing where it is not kept in that way: no rows count a limit, and no limit has no number.
    """

    stored: int | None
    counted: int | None
    told: int | None

    @property
    def agrees(self) -> bool:
        """Whether what is stored is what the lines tell, and what the rows count where they do."""
        return self.stored == self.told and self.counted in {None, self.stored}


@dataclass(frozen=True, slots=True)
class Difference:
    """A number that is not the same everywhere. `pool_id` and `registration_id` say whose it is."""

    matter: LedgerMatter
    tally: Tally
    pool_id: PoolId | None = None
    pool_name: str | None = None
    registration_id: RegistrationId | None = None

    def __str__(self) -> str:
        """The difference in words, without personal data."""
        stored, counted, told = (_shown(number) for number in (self.tally.stored, self.tally.counted, self.tally.told))
        pool = f"{self.pool_name or 'pool'} {self.pool_id}"
        match self.matter:
            case LedgerMatter.POOL:
                return f"{pool}: no counters, but rows count {counted} places and the journal tells {told}"
            case LedgerMatter.CAPACITY | LedgerMatter.OVERBOOKING:
                return f"{pool}: {self.matter.lower()} {stored}, but the journal tells {told}"
            case LedgerMatter.WAITING:
                return f"waiting list: counter {stored}, rows {counted}, journal {told}"
            case LedgerMatter.TICKETS:
                return f"registration {self.registration_id}: {stored} places, {counted} tickets that open the door"
            case LedgerMatter.STREAM:
                return f"journal: version {stored}, {counted} lines, the last one {told}"
            case _:
                return f"{pool}: {self.matter.lower()}: counter {stored}, rows {counted}, journal {told}"


@dataclass(frozen=True, slots=True)
class PoolAccount:
    """One pool. `stored` is nothing when its row is gone; the numbers are in the order of `Use`."""

    id: PoolId
    kind: PoolKind | None
    name: str | None
    capacity: Tally
    overbooking: Tally
    stored: tuple[int, ...] | None
    counted: tuple[int, ...]
    told: tuple[int, ...]

    def tally(self, use: Use) -> Tally:
        """One counter in its three forms."""
        place = _PLACES[use]
        stored = None if self.stored is None else self.stored[place]
        return Tally(stored, self.counted[place], self.told[place])

    def differences(self) -> Iterator[Difference]:
        """Where the books of this pool disagree."""
        if self.stored is None:
            yield Difference(
                LedgerMatter.POOL, Tally(None, _taken(self.counted), _taken(self.told)), self.id, self.name
            )
            return
        limits = ((LedgerMatter.CAPACITY, self.capacity), (LedgerMatter.OVERBOOKING, self.overbooking))
        uses = ((LedgerMatter[use.name], self.tally(use)) for use in Use)
        for matter, tally in (*limits, *uses):
            if not tally.agrees:
                yield Difference(matter, tally, self.id, self.name)


@dataclass(frozen=True, slots=True)
class UnevenRegistration:
    """A registration that has not one good ticket for each confirmed place."""

    id: RegistrationId
    places: int
    tickets: int


@dataclass(frozen=True, slots=True)
class CapacityProof:
    """Everything that is known about the places of one event at version `version` of its stream.

    `uneven` counts registrations whose tickets are not whole; of those, some are in `examples`.
    """

    event_id: EventId
    version: int
    pools: tuple[PoolAccount, ...]
    waiting: Tally
    lines: int
    first_version: int | None
    last_version: int | None
    registrations: int
    uneven: int = 0
    examples: tuple[UnevenRegistration, ...] = ()

    @property
    def differences(self) -> tuple[Difference, ...]:
        """All disagreements: nothing when the books are sound."""
        return tuple(self._differences())

    @property
    def is_sound(self) -> bool:
        """Whether all books agree."""
        return not self.differences

    @property
    def stream(self) -> Tally:
        """The stream's version, its lines, and its last line: equal when none is missing, for versions begin at 1."""
        return Tally(self.version, self.lines, self.last_version or 0)

    def _differences(self) -> Iterator[Difference]:
        for pool in self.pools:
            yield from pool.differences()
        if not self.waiting.agrees:
            yield Difference(LedgerMatter.WAITING, self.waiting)
        for one in self.examples:
            yield Difference(LedgerMatter.TICKETS, Tally(one.places, one.tickets, None), registration_id=one.id)
        if not self.stream.agrees or (self.first_version or 1) != 1:
            yield Difference(LedgerMatter.STREAM, self.stream)


def in_words(differences: Iterable[Difference], most: int = 5) -> str:
    """The first differences in one line."""
    told = [str(difference) for difference in differences]
    more = f"; and {len(told) - most} more" if len(told) > most else ""
    return "; ".join(told[:most]) + more


_PLACES = {use: place for place, use in enumerate(Use)}


def _taken(uses: Iterable[int]) -> int:
    """Places that nobody else can get: those checked in are among the confirmed ones."""
    return sum(number for use, number in zip(Use, uses, strict=True) if use is not Use.CHECKED_IN)


def _shown(number: int | None) -> str:
    return "unlimited" if number is None else str(number)
