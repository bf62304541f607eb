"""Leadership: of all processes over one database exactly one does the work of a name, by a session's advisory lock.

What a leader does has to be right with two of them as well, by rows that it locks: whoever loses the connection hears
of it a moment after PostgreSQL has given the lock to the next one.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import asyncpg
import structlog

from db.database import BareConnection
from db.failures import translated
from domain import errors

WAIT_SECONDS = 1.0
"""Between two tries to become the leader."""
PULSE_SECONDS = 5.0
"""Between two questions whether the connection still lives, and how long an answer may take."""
FIRST_PAUSE = 0.2
LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0
"""A leader that worked this long counts as healthy: after its end the next try comes quickly again."""

# The first key is an arbitrary constant that only leaders lock. Waiting for the lock inside PostgreSQL would keep a
# snapshot open for as long as another process leads, and with it every dead row of the database.
_TRY = "SELECT pg_try_advisory_lock(717031927, hashtext($1))"
_CLOSE_SECONDS = 2.0

_log = structlog.get_logger("bilten.leaders")


class LeadershipIsLost(Exception):
    """The connection that held the lock is gone, and another process may lead."""


@asynccontextmanager
async def leadership(url: str, name: str, *, wait: float = WAIT_SECONDS) -> AsyncGenerator[None]:
    """Wait until this process leads `name`, then run the block; it is cancelled as soon as it no longer leads.

    `url` has to lead to PostgreSQL itself and not to a pooler, which would share the session with others. `wait` is
    seconds between two tries. Raises `Unavailable` when the database is away before the block, `LeadershipIsLost`
    when the block was cancelled for it.
    """
    connection = await _connected(url, name)
    try:
        while not await _asked(connection, _TRY, name):  # noqa: ASYNC110 - the event is in another process
            await asyncio.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311 - spreads processes, guards nothing
        async with _ended_with(connection):
            yield
    finally:
        await _closed(connection)


async def keep_leading(
    url: str, name: str, work: Callable[[], Awaitable[None]], *, wait: float = WAIT_SECONDS, pause: float = FIRST_PAUSE
) -> None:
    """Run `work` whenever this process leads `name`, until cancelled.

    When it fails, returns or loses the lead, another process may take over, and this one tries again after `pause`
    seconds, twice as long after each failure that follows quickly, with `LONGEST_PAUSE` as the limit.
    """
    loop = asyncio.get_running_loop()
    current = pause
    while True:
        began = loop.time()
        try:
            async with leadership(url, name, wait=wait):
                began = loop.time()
                _log.info("leader.leads", leads=name)
                await work()
        except LeadershipIsLost:
            _log.warning("leader.lost", leads=name)
        except errors.Unavailable:
            _log.warning("leader.waits", leads=name, reason="a service is away")
        except Exception:
            # Nobody awaits this task before the end, so a failure that ended it would go unseen until then.
            _log.exception("leader.failed", leads=name)
        current = pause if loop.time() - began > STEADY_SECONDS else min(current * 2, LONGEST_PAUSE)
        await asyncio.sleep(current * random.uniform(0.5, 1.0))  # noqa: S311


async def _connected(url: str, name: str) -> BareConnection:
    with translated():
        return await asyncpg.connect(
            url,
            timeout=5,
            command_timeout=PULSE_SECONDS,
            server_settings={
                "application_name": f"bilten {name}",
                # A server that ends idle sessions would end the lead with them.
                "idle_session_timeout": "0",
                # The lock of a host that is gone without a word is free again within a minute.
                "tcp_keepalives_idle": "15",
                "tcp_keepalives_interval": "5",
                "tcp_keepalives_count": "4",
            },
        )


async def _asked(connection: BareConnection, sql: str, *values: object) -> object:
    with translated():
        return await connection.fetchval(sql, *values)


@asynccontextmanager
async def _ended_with(connection: BareConnection) -> AsyncGenerator[None]:
    """Cancel the block when the connection ends, by itself or because it has stopped answering."""
    loop = asyncio.get_running_loop()
    if connection.is_closed():
        raise LeadershipIsLost
    scope = asyncio.timeout(None)
    try:
        async with scope:
            is_over = False

            def end(_: object) -> None:
                # The driver calls a little later, when the block may have ended by itself.
                if not is_over and not scope.expired():
                    scope.reschedule(loop.time())

            connection.add_termination_listener(end)
            pulse = asyncio.create_task(_pulse(connection), name="leader's pulse")
            try:
                yield
            finally:
                is_over = True
                connection.remove_termination_listener(end)
                pulse.cancel()
                with suppress(asyncio.CancelledError):
                    await pulse
    except TimeoutError:
        if scope.expired():
            raise LeadershipIsLost from None
        raise


async def _pulse(connection: BareConnection) -> None:
    """Ask now and then; a connection that does not answer is cut, which ends the lead by its listener."""
    while not connection.is_closed():
        await asyncio.sleep(PULSE_SECONDS)
        try:
            await connection.fetchval("SELECT 1")
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
            connection.terminate()


async def _closed(connection: BareConnection) -> None:
    """Give the lock back at once: PostgreSQL frees it when the session ends."""
    try:
        await connection.close(timeout=_CLOSE_SECONDS)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError):
        connection.terminate()
