"""Lines of the journal as readers of its global order get them, whatever their stream."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID


class Position(NamedTuple):
    """A place in the global order: transactions by their number, and the lines of each by theirs."""

    xid: int
    seq: int


@dataclass(frozen=True, slots=True)
class Line:
    """One fact; `kind` is a text, because a newer version may tell what this one does not know.

    `data` is empty for kinds that the reader did not ask for.
    """

    position: Position
    stream_id: UUID
    version: int
    kind: str
    object_id: UUID
    data: Mapping[str, Any]
    actor_id: UUID | None
    at: datetime
