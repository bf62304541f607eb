"""The connection that a lane has for itself: opened when it is needed, and made anew after a loss or when it is old."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg

from db.database import BareConnection, Connection, prepare

Connect = Callable[[], Awaitable[BareConnection]]
"""Opens a connection that is ready for use."""

MOST_AGE = 600.0
"""Seconds after which a connection is exchanged: plans that were made for small tables do not live for ever."""
_CLOSE_SECONDS = 2.0


def lane_connections(url: str) -> Connect:
    """Opens connections for lanes to the database of the URL."""

    async def connect() -> BareConnection:
        connection = await asyncpg.connect(
            url,
            connection_class=Connection,
            timeout=5,
            command_timeout=8,
            server_settings={
                "application_name": "bilten-lane",
                "timezone": "UTC",
                # The server may not notice for long that a lane is lost, and its locks stop everybody else.
                "idle_in_transaction_session_timeout": "5s",
            },
        )
        await prepare(connection)
        return connection

    return connect


class Link:
    """At most one open connection; for one task."""

    def __init__(self, connect: Connect, *, most_age: float = MOST_AGE) -> None:
        self._connect = connect
        self._most_age = most_age
        self._connection: BareConnection | None = None
        self._since = 0.0

    async def opened(self) -> BareConnection:
        """The connection, opened if there is none. Raises whatever opening raises."""
        loop = asyncio.get_running_loop()
        if self._connection is not None and (
            self._connection.is_closed() or loop.time() - self._since > self._most_age
        ):
            await self.close()
        if self._connection is None:
            self._connection = await self._connect()
            self._since = loop.time()
        return self._connection

    def drop(self) -> None:
        """End the connection without a word, whatever state it is in."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()

    async def close(self) -> None:
        """Take leave of the server, if it listens."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
                await connection.close(timeout=_CLOSE_SECONDS)
        finally:
            connection.terminate()
