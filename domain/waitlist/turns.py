"""Whose turn it is: what is free is offered along the list, in order, and nobody is passed unless that is told."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from domain.capacity import Books, Use
from domain.ids import PoolId, TicketTierId
from domain.journal import FactKind, Json, as_json
from domain.ticket_tiers import TicketTier
from domain.waitlist.entries import WaitlistEntry, WaitlistStatus, edited, offer_end, tell

UNANNOUNCED = timedelta(hours=24)
"""How long an offer stands at most before its message is handed over, on top of its own time."""


@dataclass(slots=True)
class _Walk:
    """A walk along the list. Who was met and not served keeps what they are short of from those behind them.

    `wanted` is the largest group met for each pool, `passable` the groups that may be passed, and `unread` the tiers
    of which others stand between those who were met.
    """

    books: Books
    wanted: dict[PoolId, int] = field(default_factory=dict[PoolId, int])
    passable: list[WaitlistEntry] = field(default_factory=list[WaitlistEntry])
    unread: dict[TicketTierId, int] = field(default_factory=dict[TicketTierId, int])

    def serves(self, pool_ids: Iterable[PoolId], quantity: int) -> bool:
        """Whether there are places for a group, and nobody before it keeps them."""
        pools = self.books.pools
        return all(
            pools[id_].has_room_for(quantity) and pools[id_].has_room_for(self.wanted.get(id_, 0)) for id_ in pool_ids
        )

    def leave(self, entry: WaitlistEntry, pool_ids: Iterable[PoolId]) -> None:
        """Go on without having served somebody."""
        if entry.passed < self.books.head.look_past:
            self.passable.append(entry)
            return
        for pool_id in pool_ids:
            self.wanted[pool_id] = max(self.wanted.get(pool_id, 0), entry.quantity)

    def doubted(self, pool_ids: Collection[PoolId]) -> set[TicketTierId]:
        """Tiers of which somebody who was not read might keep one of the pools."""
        return {
            tier_id
            for tier_id, largest in self.unread.items()
            for pool_id in self.books.pool_ids_of(self.books.tiers[tier_id])
            if pool_id in pool_ids and not self.books.pools[pool_id].has_room_for(largest)
        }


def promote(books: Books) -> None:
    """Offer what is free to those who wait, in order.

    A group that does not fit keeps the pools that it is short of from everybody behind it, unless the event's policy
    lets some later ones pass; whoever is passed has that told of them, with the numbers. Where it depends on somebody
    who was not read, `books.sought` says of which tiers more has to be read before this is called again.
    """
    books.sought.clear()
    if not books.head.waiting or not books.head.sales_open:
        return
    walk = _Walk(books)
    turns: list[tuple[tuple[int, int], int, WaitlistEntry | TicketTierId]] = [
        *((entry.order, 0, entry) for entry in books.entries.values() if entry.is_waiting),
        *((unread.after, 1, tier_id) for tier_id, unread in books.unread.items()),
    ]
    for _, _, turn in sorted(turns, key=lambda turn: turn[:2]):
        if not books.have_room([PoolId(books.event_id)], 1):
            return
        tier = books.tiers[turn.ticket_tier_id if isinstance(turn, WaitlistEntry) else turn]
        if not books.sells(tier):
            continue
        pool_ids = books.pool_ids_of(tier)
        if not isinstance(turn, WaitlistEntry):
            walk.unread[tier.id] = books.unread[tier.id].largest
            books.sought |= {tier.id} if walk.serves(pool_ids, 1) else set()
        elif walk.serves(pool_ids, turn.quantity):
            books.sought |= walk.doubted(pool_ids)
            if not books.sought:
                _pass(walk, turn, pool_ids)
                _offer(books, turn, tier)
        else:
            walk.leave(turn, pool_ids)
        if books.sought:
            return


def _pass(walk: _Walk, entry: WaitlistEntry, pool_ids: Collection[PoolId]) -> None:
    """Tell of the groups that are short of the same pools that an entry passes them, and how often that was."""
    books = walk.books
    for before in list(walk.passable):
        own = books.pool_ids_of(books.tiers[before.ticket_tier_id])
        short = [id_ for id_ in own if id_ in pool_ids and not books.pools[id_].has_room_for(before.quantity)]
        if not short:
            continue
        after = replace(before, passed=before.passed + 1, updated_at=books.now)
        books.entries[after.id] = after
        reason: dict[str, Json] = {
            "by": as_json(entry.id),
            "pool_id": as_json(short[0]),
            "available": books.pools[short[0]].available,
            "times": after.passed,
        }
        tell(books, FactKind.WAITLIST_PASSED, after, None, {"passed": reason})
        walk.passable.remove(before)
        walk.leave(after, own)


def _offer(books: Books, entry: WaitlistEntry, tier: TicketTier) -> None:
    latest = offer_end(books, tier, UNANNOUNCED + timedelta(seconds=books.head.offer_seconds))
    after = edited(
        books, entry, status=WaitlistStatus.OFFERED, offered_at=books.now, notified_at=None, offer_expires_at=latest
    )
    books.wait(-1)
    books.due(latest)
    moved = books.move(books.pool_ids_of(tier), {Use.OFFERED: entry.quantity})
    tell(books, FactKind.PLACES_OFFERED, after, None, {"deltas": moved, "waiting": -1})
