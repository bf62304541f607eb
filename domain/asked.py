"""A command on its way to the books of an event, with who sent it. Standard library only; shared with the lanes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from domain import errors
from domain.ids import EventId, UserId

CommandT_co = TypeVar("CommandT_co", covariant=True)


class Outdated(Exception):
    """The command expected another version of an object; becomes `VersionConflict`, with the fields that differ."""

    def __init__(self, object_id: UUID, *, current: int, expected: int) -> None:
        self.object_id = object_id
        self.current = current
        self.expected = expected
        super().__init__(f"{object_id} is at version {current}, not {expected}")


class TicketSource(Protocol):
    """Where decisions take ids and codes from."""

    def new_id(self) -> UUID:
        """A new id; later ids sort after earlier ones."""
        ...

    def new_ticket_code(self) -> str:
        """A code that cannot be guessed, easy to read aloud."""
        ...


@dataclass(frozen=True, slots=True)
class Asked(Generic[CommandT_co]):
    """One caller's command for one event.

    Without `actor_id` the system itself asks. `key` is the caller's idempotency key, unique within event and actor.
    `gone` says whether the caller has hung up meanwhile: then nothing is decided.
    """

    event_id: EventId
    command: CommandT_co
    actor_id: UserId | None
    request_id: str | None = None
    key: str | None = None
    gone: Callable[[], bool] | None = None

    def require_actor(self) -> UserId:
        """Whose command it is. Raises `Unauthenticated`."""
        if self.actor_id is None:
            raise errors.Unauthenticated
        return self.actor_id


def expect_version(expected: int | None, current: int, object_id: UUID) -> None:
    """Raise `Outdated` unless nothing was expected or the object is at that version."""
    if expected is not None and expected != current:
        raise Outdated(object_id, current=current, expected=expected)
