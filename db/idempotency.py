"""Idempotency keys: the first command claims the key and everybody else under it waits for the answer."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, cast
from uuid import UUID

from db.database import Session
from domain import errors
from domain.ids import UserId

LIFETIME = timedelta(hours=48)

# A key that is claimed by a running transaction makes this insert wait for its end: its rollback lets us in, its
# commit sends us to read the answer. A row past its lifetime is taken over as if it were gone.
_CLAIM = """
INSERT INTO idempotency_keys AS kept (scope_id, user_id, key, input_hash, created_at)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (scope_id, user_id, key) DO UPDATE
SET input_hash = excluded.input_hash, created_at = excluded.created_at, object_id = NULL, refusals = NULL
WHERE kept.created_at < $6
"""
_READ = """
SELECT input_hash, object_id, refusals FROM idempotency_keys WHERE scope_id = $1 AND user_id = $2 AND key = $3
"""
_REMEMBER = """
UPDATE idempotency_keys SET object_id = $4, refusals = $5 WHERE scope_id = $1 AND user_id = $2 AND key = $3
"""
_PURGE = "DELETE FROM idempotency_keys WHERE created_at < $1"


class IdempotencyClaim:
    """One command's hold on its key."""

    def __init__(self, session: Session, *, scope_id: UUID, user_id: UserId, key: str) -> None:
        self._session = session
        self._row = (scope_id, user_id, key)

    async def take(self, command: object, now: datetime) -> UUID | None:
        """Claim the key, or return the object that an equal command led to.

        Raises `Refused` with the refusals of an equal command, and `IdempotencyKeyReused` after a different one.
        """
        fingerprint = input_hash(command)
        claimed = await self._session.execute(_CLAIM, *self._row, fingerprint, now, now - LIFETIME)
        if claimed:
            return None
        kept = await self._session.fetchrow(_READ, *self._row)
        if kept is None or kept["input_hash"] != fingerprint:
            raise errors.IdempotencyKeyReused("idempotency_key")
        if kept["refusals"]:
            raise errors.Refused(map(revived, kept["refusals"]))
        return cast("UUID", kept["object_id"])

    async def succeed(self, object_id: UUID) -> None:
        """Remember what the command led to."""
        await self._session.execute(_REMEMBER, *self._row, object_id, None)

    async def refuse(self, refusals: tuple[errors.Refusal, ...]) -> None:
        """Remember why the command was refused."""
        await self._session.execute(_REMEMBER, *self._row, None, kept_refusals(refusals))


def input_hash(command: object) -> bytes:
    """A digest of a command's kind and values."""
    return hashlib.sha256(f"{type(command).__name__} {_CANONICAL.encode(command)}".encode()).digest()


def _plain(value: object) -> object:
    """What JSON has no word for: a dataclass by its fields, anything else by its text."""
    if isinstance(value, UUID):
        return str(value)
    cls = type(value)
    return {name: getattr(value, name) for name in _names(cls)} if is_dataclass(cls) else str(value)


@cache
def _names(cls: Any) -> tuple[str, ...]:  # noqa: ANN401 - the class of a dataclass
    return tuple(item.name for item in fields(cls))


# One encoder for all, and no copy of the values first: the hash is taken of every command that has a key.
_CANONICAL = json.JSONEncoder(sort_keys=True, default=_plain)


async def purge(session: Session, now: datetime) -> int:
    """Delete the keys past their lifetime; returns how many."""
    return await session.execute(_PURGE, now - LIFETIME)


def kept_refusals(refusals: Iterable[errors.Refusal]) -> list[Any]:
    """Refusals as a row keeps them."""
    return [[refusal.code, list(refusal.path), dict(refusal.params)] for refusal in refusals]


def revived(kept: list[Any]) -> errors.Refusal:
    """A refusal as it was before it was kept."""
    code, path, params = kept
    return errors.refusals_by_code()[code](*path, **params)
