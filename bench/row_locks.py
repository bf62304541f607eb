"""The naive form of a sale, kept as a baseline: the rows of the event are locked, and every caller commits alone.

It keeps what lanes keep: registrations, tickets, pools, the journal and the idempotency key. It knows neither shared
pools nor waiting lists, holds, blocks or limits of a person, and its statements are as few as they can be.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

from uuid_utils.compat import uuid7

from bilten.source import RandomSource
from db.database import Database, Session
from db.idempotency import LIFETIME, input_hash
from domain import errors
from domain.asked import Asked
from domain.journal import FactKind
from domain.registrations import Register

_HEAD = "SELECT sales_open, sales_until FROM event_heads WHERE event_id = $1 FOR UPDATE"
# A statement of its own: its snapshot is younger than the lock.
_POOLS = """
SELECT id, capacity + overbooking - confirmed - held - offered - blocked AS available,
    (SELECT (price_minor, currency) FROM ticket_tiers WHERE event_id = $1 AND id = $2) AS price,
    (SELECT (input_hash, object_id) FROM idempotency_keys
     WHERE scope_id = $1 AND user_id = $3 AND key = $4 AND created_at >= $5) AS kept
FROM capacity_pools WHERE event_id = $1 AND id IN ($1, $2) ORDER BY id FOR UPDATE
"""
_WRITE = """
WITH registration AS (
    INSERT INTO registrations (event_id, id, ticket_tier_id, user_id, status, quantity, price_minor, currency,
        created_at, updated_at)
    VALUES ($1, $3, $2, $4, 'CONFIRMED', 1, $5, $6, $7, $7)
), ticket AS (
    INSERT INTO tickets (event_id, id, registration_id, code, status) VALUES ($1, $8, $3, $9, 'VALID')
), pool AS (
    UPDATE capacity_pools SET confirmed = confirmed + 1 WHERE event_id = $1 AND id IN ($1, $2)
), head AS (
    UPDATE event_heads SET stream_version = stream_version + 1 WHERE event_id = $1 RETURNING stream_version
), key AS (
    INSERT INTO idempotency_keys (scope_id, user_id, key, input_hash, object_id, created_at)
    VALUES ($1, $4, $10, $11, $3, $7)
)
INSERT INTO journal (stream_id, version, stream, kind, object_id, data, actor_id, at)
SELECT $1, head.stream_version, 'event', $12, $3, $13, $4, $7 FROM head
"""


class RowLocks:
    """Answers claims as lanes do, one transaction for each."""

    def __init__(self, database: Database, *, connections: int) -> None:
        self._database = database
        # Whoever waits for a connection of the pool itself gives up after a while.
        self._turns = asyncio.Semaphore(connections)
        self._source = RandomSource()

    async def run(self, asked: Asked[Register]) -> object:
        """The id of the registration. Raises `EventIsFull` and what else stands in the way."""
        async with self._turns, self._database.transaction() as session:
            return await self._decide(session, asked)

    async def _decide(self, session: Session, asked: Asked[Register]) -> object:
        now, command, event_id = datetime.now(UTC), asked.command, asked.event_id
        tier_id, user_id, fingerprint = command.ticket_tier_id, asked.require_actor(), input_hash(command)
        head = await session.fetchrow(_HEAD, event_id)
        pools = await session.fetch(_POOLS, event_id, tier_id, user_id, asked.key, now - LIFETIME)
        if head is None or not pools:
            raise errors.NotFound
        if kept := pools[0]["kept"]:
            if kept[0] != fingerprint:
                raise errors.IdempotencyKeyReused("idempotency_key")
            return kept[1]
        if not head["sales_open"] or now >= head["sales_until"]:
            raise errors.RegistrationIsClosed("event_id", status="ENDED")
        available = min(pool["available"] for pool in pools if pool["available"] is not None)
        if available < 1:
            raise errors.EventIsFull("quantity", asked=1, available=available)
        registration_id, moved = uuid7(), {"confirmed": 1}
        data: dict[str, Any] = {
            "version": 1,
            "ticket_tier_id": str(tier_id),
            "user_id": str(user_id),
            "quantity": 1,
            "deltas": {str(event_id): moved, str(tier_id): moved},
        }
        await session.execute(
            _WRITE,
            event_id,
            tier_id,
            registration_id,
            user_id,
            *pools[0]["price"],
            now,
            uuid7(),
            self._source.new_ticket_code(),
            asked.key,
            fingerprint,
            FactKind.PLACES_CONFIRMED,
            data,
        )
        return registration_id
