"""Capacity: pools, the books of an event under its lock, and the decision about each command. Pure; no I/O, no clock.

`decisions` is not imported here: it knows the commands of all nouns, which know the books.
"""

from domain.capacity.books import Books, EventHead, Line, Unread
from domain.capacity.pools import Moves, Pool, PoolKind, Use, deltas, least_available, resize

__all__ = [
    "Books",
    "EventHead",
    "Line",
    "Moves",
    "Pool",
    "PoolKind",
    "Unread",
    "Use",
    "deltas",
    "least_available",
    "resize",
]
