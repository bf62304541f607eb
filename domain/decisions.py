"""The decision about each command for the places of an event: pure, on its books, in the order of arrival.

First comes what time has brought: holds, offers and blocks that have run out are given back, and what is free is
offered to those who wait. So a place is free at the instant its hold ends, whoever asks next, and nobody passes the
waiting list.
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain import blocks, capacity_pools, check_in, registrations, waitlist
from domain.asked import Asked, TicketSource
from domain.blocks import BlockPlaces, ReleaseBlock
from domain.capacity import Books
from domain.capacity_pools import (
    CreateCapacityPool,
    SetTicketTierPools,
    Settle,
    SetWaitlistPolicy,
    UpdateCapacityPool,
)
from domain.check_in import CheckIn, UndoCheckIn
from domain.registrations import (
    CancelRegistration,
    ConfirmRegistration,
    ExtendHold,
    HoldPlaces,
    Register,
    TransferTicket,
)
from domain.waitlist import AcceptOffer, JoinWaitlist, MoveEntry, SetPriority, StartOffer

Decide = Callable[[Books, Asked[Any], TicketSource], object]
"""Decides one command; raises a refusal, and then has changed nothing."""

DECISIONS: Mapping[type, Decide] = {
    Register: registrations.register,
    HoldPlaces: registrations.hold,
    ExtendHold: registrations.extend,
    ConfirmRegistration: registrations.confirm,
    CancelRegistration: registrations.cancel,
    TransferTicket: registrations.transfer,
    CheckIn: check_in.check_in,
    UndoCheckIn: check_in.undo,
    JoinWaitlist: waitlist.join,
    MoveEntry: waitlist.move,
    AcceptOffer: waitlist.accept,
    SetPriority: waitlist.prioritize,
    StartOffer: waitlist.start,
    BlockPlaces: blocks.block,
    ReleaseBlock: blocks.release,
    CreateCapacityPool: capacity_pools.create,
    UpdateCapacityPool: capacity_pools.update,
    SetTicketTierPools: capacity_pools.draw,
    SetWaitlistPolicy: capacity_pools.set_policy,
    Settle: capacity_pools.settle,
}
"""Every command that a lane takes, and who decides it."""

CLAIMS = frozenset({Register, HoldPlaces})
"""Commands that only take places: nothing becomes free by them."""


def settle(books: Books) -> None:
    """Give back what has run out, and offer what is free."""
    registrations.expire(books)
    waitlist.expire(books)
    blocks.expire(books)
    waitlist.close(books)
    waitlist.promote(books)


def decide(books: Books, asked: Asked[object], source: TicketSource) -> object:
    """Decide one command on books that are settled. Raises refusals; the books are then as they were."""
    command = type(asked.command)
    answer = DECISIONS[command](books, asked, source)
    if command not in CLAIMS:
        waitlist.promote(books)
    return answer
