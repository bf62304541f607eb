"""What PostgreSQL's failures mean to the domain: a constraint's name becomes a refusal, an outage `Unavailable`."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager

import asyncpg

from domain import errors

BY_CONSTRAINT: Mapping[str, Callable[[], errors.Refusal]] = {
    "events_slug_key": lambda: errors.SlugIsTaken("slug"),
    "organizations_slug_key": lambda: errors.SlugIsTaken("slug"),
    "ticket_tiers_name_key": lambda: errors.NameIsTaken("name"),
    # Decided under the lock before; what lower case is, PostgreSQL may see otherwise.
    "capacity_pools_name_key": lambda: errors.NameIsTaken("name"),
    "memberships_member_key": lambda: errors.AlreadyMember("email"),
    "users_identity_key": errors.SubjectIsKnown,
    "events_venue_id_fkey": lambda: errors.VenueIsUnknown("venue_id"),
    # The pools' own check is the last line of defence: the claim was decided on locked rows before.
    "capacity_pools_capacity_check": lambda: errors.EventIsFull("quantity", available=0, asked=1),
}
"""Constraints that a command can hit in a race that no check before could win."""

_OUTAGES = (
    asyncpg.PostgresConnectionError,
    # What the driver says when the server ends a connection while a statement is on its way.
    asyncpg.InternalClientError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.TransactionTimeoutError,
    asyncpg.LockNotAvailableError,
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.PostgresIOError,
    asyncpg.InvalidCatalogNameError,
    OSError,
    TimeoutError,
)


_MALFORMED = (
    asyncpg.CharacterNotInRepertoireError,
    asyncpg.UntranslatableCharacterError,
    asyncpg.InvalidTextRepresentationError,
    asyncpg.InvalidDatetimeFormatError,
    asyncpg.DatetimeFieldOverflowError,
    asyncpg.NumericValueOutOfRangeError,
    UnicodeEncodeError,
)
"""Values that PostgreSQL cannot read: a client's own, for instance in a tampered cursor."""

_CLOSED = ("closed", "closing", "released", "terminated")


@contextmanager
def translated() -> Generator[None]:
    """Turn the driver's exceptions into the domain's; what has no meaning there passes unchanged."""
    try:
        yield
    except asyncpg.IntegrityConstraintViolationError as error:
        refusal = BY_CONSTRAINT.get(error.constraint_name or "")
        if refusal is None:
            raise
        raise refusal() from error
    except _MALFORMED as error:
        message = "A value is malformed or holds characters that cannot be stored."
        raise errors.BadInput(message) from error
    except asyncpg.InterfaceError as error:
        # The driver's own class covers lost connections and wrong use alike; wrong use is a defect and stays one.
        if not any(word in str(error) for word in _CLOSED):
            raise
        raise errors.Unavailable(service="database", retryAfter=1) from error
    except _OUTAGES as error:
        raise errors.Unavailable(service="database", retryAfter=1) from error
