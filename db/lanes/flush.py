"""What a lane needs from others: the flush that decides and writes a batch, and somebody who counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from db.database import Session
from domain.asked import Asked
from domain.ids import EventId


@dataclass(frozen=True, slots=True)
class Proof:
    """One journal line of an event's stream that a batch has written: it is there exactly if the batch committed.

    The event's head has to be locked by the batch, because asking for the line waits for that lock. Where a line's
    object may be the subject of many lines, as a registration is, another process could write an equal line after
    the batch was lost; `xid` (`pg_current_xact_id()` of the batch, as kept in `journal.xid`) tells them apart.
    """

    event_id: EventId
    version: int
    object_id: UUID
    xid: int | None = None


@dataclass(frozen=True, slots=True)
class Flushed:
    """What came of a batch, provided that its transaction commits."""

    answers: Sequence[object | BaseException]
    """One for each command, in order: what its caller gets, or the exception that is raised to it."""
    proof: Proof | None
    """Nothing where the batch wrote no line: then it may be run again without harm."""


class Flush(Protocol):
    """Decides and writes one batch."""

    async def __call__(self, session: Session, asked: Sequence[Asked[object]]) -> Flushed:
        """Run the commands inside the session's transaction, each event's in the order given; do not commit.

        A refusal of one command is its answer. What is raised undoes the batch: it is then run again in parts.
        """
        ...


class Observer(Protocol):
    """Who counts what lanes do; all of it is called on the event loop and takes microseconds."""

    def flushed(self, size: int, seconds: float) -> None:
        """A batch of `size` commands was committed, `seconds` after its transaction was begun."""
        ...

    def busy(self) -> None:
        """A caller was turned away because too many wait."""
        ...

    def trouble(self, kind: str) -> None:
        """Something went wrong; `kind` is a value of `db.lanes.troubles.Trouble`."""
        ...


class Unobserved:
    """Nobody counts."""

    def flushed(self, size: int, seconds: float) -> None:
        """Take no note."""

    def busy(self) -> None:
        """Take no note."""

    def trouble(self, kind: str) -> None:
        """Take no note."""
