"""Waiting lists: who waits for places of a ticket tier, in which order, and who is offered what becomes free.

The order of an event's list is priority, then arrival. Whoever frees places offers them in the same transaction, so
between two transactions everybody who waits is short of something, or stands behind somebody who is.
"""

from domain.waitlist.entries import (
    LIVE,
    AcceptOffer,
    EntryAction,
    JoinWaitlist,
    MoveEntry,
    SetPriority,
    StartOffer,
    WaitlistEntry,
    WaitlistStatus,
    find,
    validate,
)
from domain.waitlist.steps import accept, close, expire, join, move, prioritize, start
from domain.waitlist.turns import promote

__all__ = [
    "LIVE",
    "AcceptOffer",
    "EntryAction",
    "JoinWaitlist",
    "MoveEntry",
    "SetPriority",
    "StartOffer",
    "WaitlistEntry",
    "WaitlistStatus",
    "accept",
    "close",
    "expire",
    "find",
    "join",
    "move",
    "prioritize",
    "promote",
    "start",
    "validate",
]
