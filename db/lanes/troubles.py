"""What can go wrong with a batch, told apart by what helps: another connection, another try, or smaller parts."""

from enum import StrEnum

import asyncpg

from db.database import BareConnection
from domain import errors


class Trouble(StrEnum):
    """What happened to a batch, or to some of its callers."""

    LOST = "lost"
    """The connection or the server was lost before the commit: the batch is run again."""
    UNKNOWN = "unknown"
    """It was lost at the commit: the journal is asked what became of the batch."""
    FOUND = "found"
    """The journal said that the batch had committed."""
    CONFLICT = "conflict"
    """A deadlock, or a transaction that could not be serialized: the batch is run again."""
    BLOCKED = "blocked"
    """Somebody holds a lock for too long: the events that are free are served without the others."""
    SPLIT = "split"
    """A statement failed: the halves of the batch are run by themselves."""
    GONE = "gone"
    """A caller had left before its turn, and nothing was begun for it."""
    GIVEN_UP = "given_up"
    """A caller was told that the database is unavailable."""


_CONFLICTS = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    # A migration has changed a table since a statement was prepared; the driver has forgotten it by now.
    asyncpg.InvalidCachedStatementError,
    asyncpg.OutdatedSchemaCacheError,
)
_LOSSES = (
    asyncpg.PostgresConnectionError,
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
    # A server that has become a replica: the address leads to the new one sooner or later.
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.PostgresIOError,
    OSError,
    TimeoutError,
)


def trouble_of(error: Exception, connection: BareConnection | None) -> Trouble:
    """What an error of a batch amounts to; `connection` is the one it ran on, or nothing if none could be opened."""
    # The session has put the driver's errors into the domain's words already.
    cause = error.__cause__ if isinstance(error, errors.RequestError | errors.Refusal) else error
    if isinstance(cause, _CONFLICTS):
        return Trouble.CONFLICT
    if isinstance(cause, asyncpg.LockNotAvailableError):
        return Trouble.BLOCKED
    if connection is None or connection.is_closed():
        return Trouble.LOST
    # A statement that takes too long is the fault of a command, not of the server.
    if isinstance(cause, _LOSSES) and not isinstance(cause, asyncpg.QueryCanceledError):
        return Trouble.LOST
    return Trouble.SPLIT
