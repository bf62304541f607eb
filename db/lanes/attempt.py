"""One transaction of a batch, from BEGIN to COMMIT, and how to learn afterwards whether it had committed."""

import asyncio
from collections.abc import Sequence

from db.database import BareConnection, Session
from db.failures import translated
from db.lanes.flush import Flush, Flushed, Proof
from db.lanes.link import Link
from db.lanes.troubles import Trouble, trouble_of
from domain.asked import Asked

LOCK_MILLISECONDS = 3_000
"""How long a batch waits for somebody else's lock."""
STATEMENT_MILLISECONDS = 5_000
_CONNECT_SECONDS = 4.0
_SECONDS = 10.0
"""How long an attempt may take as a whole: more than that is a server that hangs."""
_ROLLBACK_SECONDS = 2.0

# One round trip. What is read after the locks has to see what was committed while we waited for them, which READ
# COMMITTED alone promises; a database may have another default.
_BEGIN = """
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = {lock};
SET LOCAL statement_timeout = {statement}
"""
_LOCK_HEAD = "SELECT 1 FROM event_heads WHERE event_id = $1 FOR UPDATE"
_FIND_LINE = """
SELECT 1 FROM journal
WHERE stream_id = $1 AND version = $2 AND object_id = $3 AND ($4::xid8 IS NULL OR xid = $4)
"""
_UNLOCKED = """
SELECT event_id FROM event_heads WHERE event_id = any($1) ORDER BY event_id FOR UPDATE SKIP LOCKED
"""


class Attempt:
    """One try at a batch. An attempt that raises has not committed, unless `committing` says that nobody knows."""

    def __init__(self, link: Link, flush: Flush, *, lock_milliseconds: int = LOCK_MILLISECONDS) -> None:
        self._link = link
        self._flush = flush
        self._begin = _begin(lock_milliseconds)
        self.connection: BareConnection | None = None
        self.committing: Flushed | None = None
        """What will have come of the batch, from when the COMMIT is on its way."""

    async def run(self, asked: Sequence[Asked[object]]) -> Sequence[object]:
        """The answers, committed. Raises the domain's exceptions where there is one, like a session."""
        with translated():
            async with asyncio.timeout(_CONNECT_SECONDS):
                self.connection = await self._link.opened()
            try:
                async with asyncio.timeout(_SECONDS):
                    return await self._run(self.connection, asked)
            except asyncio.CancelledError:
                self._link.drop()
                raise
            except Exception as error:
                await self._undo(self.connection, error)
                raise

    def trouble(self, error: Exception) -> Trouble:
        """What an error that `run` raised amounts to."""
        trouble = trouble_of(error, self.connection)
        return Trouble.UNKNOWN if trouble is Trouble.LOST and self.committing else trouble

    async def _run(self, connection: BareConnection, asked: Sequence[Asked[object]]) -> Sequence[object]:
        await connection.execute(self._begin)
        flushed = await self._flushed(connection, asked)
        if len(flushed.answers) != len(asked):
            message = f"the flush gave {len(flushed.answers)} answers to {len(asked)} commands"
            raise RuntimeError(message)
        self.committing = flushed
        status = await connection.execute("COMMIT")
        if status != "COMMIT":
            # A transaction with a failed statement ends so: without an error, and undone.
            message = f"the flush hid a failed statement: COMMIT was answered with {status}"
            raise RuntimeError(message)
        return flushed.answers

    async def _flushed(self, connection: BareConnection, asked: Sequence[Asked[object]]) -> Flushed:
        try:
            return await self._flush(Session(connection), asked)
        except asyncio.CancelledError as cancelled:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            message = "something inside the flush was cancelled, but nobody cancelled the lane"
            raise RuntimeError(message) from cancelled

    async def _undo(self, connection: BareConnection, error: Exception) -> None:
        if trouble_of(error, connection) is Trouble.LOST:
            self._link.drop()
            return
        # The server has said that it failed: it has not committed.
        self.committing = None
        await roll_back(self._link, connection)


async def roll_back(link: Link, connection: BareConnection) -> None:
    """End the transaction; if that fails the connection ends, and the transaction with it."""
    try:
        async with asyncio.timeout(_ROLLBACK_SECONDS):
            await connection.execute("ROLLBACK")
    except BaseException as error:
        link.drop()
        if not isinstance(error, Exception):
            raise


async def has_committed(link: Link, proof: Proof) -> bool:
    """Whether the transaction that wrote the proof has committed; waits for its end. Raises what the driver raises."""
    connection = await link.opened()
    try:
        await connection.execute(_begin(LOCK_MILLISECONDS))
        await connection.execute(_LOCK_HEAD, proof.event_id)
        # A second statement: the first one's snapshot is older than the lock.
        found = await connection.fetchrow(_FIND_LINE, proof.event_id, proof.version, proof.object_id, proof.xid)
    except BaseException:
        link.drop()
        raise
    await roll_back(link, connection)
    return found is not None


async def free_events(link: Link, asked: Sequence[Asked[object]]) -> frozenset[object]:
    """The ids of those events whose heads nobody else has locked at this moment. Raises what the driver raises."""
    connection = await link.opened()
    try:
        await connection.execute(_begin(LOCK_MILLISECONDS))
        rows = await connection.fetch(_UNLOCKED, list({each.event_id for each in asked}))
    except BaseException:
        link.drop()
        raise
    await roll_back(link, connection)
    return frozenset(row["event_id"] for row in rows)


def _begin(lock_milliseconds: int) -> str:
    return _BEGIN.format(lock=lock_milliseconds, statement=STATEMENT_MILLISECONDS)
