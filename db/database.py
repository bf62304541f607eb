"""The pool of PostgreSQL connections: every statement of the process passes here, counted and with failures named."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import asyncpg
import orjson

from db.failures import translated

statements: ContextVar[list[str] | None] = ContextVar("statements", default=None)
"""When set, collects the text of each statement of this context: for statement budgets and metrics."""


if TYPE_CHECKING:
    # The stubs know the record type; at run time the classes take none.
    BareConnection = asyncpg.Connection[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    BareConnection = asyncpg.Connection
    Pool = asyncpg.Pool


class Connection(BareConnection):
    """A connection without the pool's reset query: a round trip saved for each read.

    Therefore nothing may use session state outside a transaction.
    """

    def get_reset_query(self) -> str:
        """Nothing to reset."""
        return ""


class Session:
    """Statements on one connection, inside a transaction."""

    def __init__(self, connection: BareConnection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """All rows."""
        _count(sql)
        with translated():
            return await self._connection.fetch(sql, *values)

    async def fetchrow(self, sql: str, *values: object) -> asyncpg.Record | None:
        """The first row, or nothing."""
        _count(sql)
        with translated():
            return await self._connection.fetchrow(sql, *values)

    async def execute(self, sql: str, *values: object) -> int:
        """How many rows the statement touched."""
        _count(sql)
        with translated():
            status = await self._connection.execute(sql, *values)
        return int(status.rpartition(" ")[2]) if status[-1].isdigit() else 0

    async def executemany(self, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """The statement once for each row, in one round trip."""
        _count(sql)
        with translated():
            await self._connection.executemany(sql, rows)


class PoolCounts(NamedTuple):
    """Connections of a pool: open and waiting, open and in use, and how many there may be."""

    idle: int
    used: int
    most: int


class Database:
    """A pool that connects when first used, so that the process starts and recovers without PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def fetch(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """All rows, on any connection, outside a transaction."""
        _count(sql)
        with translated():
            async with self._pool.acquire(timeout=5) as connection:
                return await connection.fetch(sql, *values)

    async def fetchrow(self, sql: str, *values: object) -> asyncpg.Record | None:
        """The first row, or nothing."""
        rows = await self.fetch(sql, *values)
        return rows[0] if rows else None

    @asynccontextmanager
    async def transaction(self) -> AsyncGenerator[Session]:
        """A transaction that commits when the block ends and rolls back when it raises."""
        with translated():
            async with self._pool.acquire(timeout=5) as connection, connection.transaction():
                yield Session(cast("BareConnection", connection))

    def pool_counts(self) -> PoolCounts:
        """How the pool is used at this moment."""
        idle = self._pool.get_idle_size()
        return PoolCounts(idle=idle, used=self._pool.get_size() - idle, most=self._pool.get_max_size())

    async def close(self) -> None:
        """Give running statements five seconds, then close all connections."""
        try:
            async with asyncio.timeout(5):
                await self._pool.close()
        except TimeoutError:
            self._pool.terminate()


async def connect(url: str, *, pool_size: int = 10) -> Database:
    """A pool over the URL. Does not fail when PostgreSQL is away; statements do, with `Unavailable`."""
    pool = await asyncpg.create_pool(
        url,
        min_size=0,
        max_size=pool_size,
        connection_class=Connection,
        init=prepare,
        timeout=5,
        command_timeout=20,
        max_inactive_connection_lifetime=60,
        server_settings={
            "application_name": "bilten",
            "timezone": "UTC",
            "statement_timeout": "15s",
            # One open writer stalls every reader of the journal's global order.
            "idle_in_transaction_session_timeout": "30s",
        },
    )
    return Database(pool)


async def prepare(connection: Any) -> None:  # noqa: ANN401 - asyncpg types its callback loosely
    """Teach a new connection JSON."""
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=_encode, decoder=orjson.loads, format="text")


def _encode(value: object) -> str:
    return orjson.dumps(value).decode()


def _count(sql: str) -> None:
    seen = statements.get()
    if seen is not None:
        seen.append(sql)
