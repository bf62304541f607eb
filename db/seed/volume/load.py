"""Brings a large data set into an empty database: one transaction, by COPY, while the next chunk is being made."""

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from dataclasses import dataclass
from multiprocessing.connection import Connection

import asyncpg

from db.database import BareConnection
from db.seed.volume.chunks import make_chunks
from db.seed.volume.plan import Volume
from db.seed.volume.wire import Chunk

_OCCUPIED = """
SELECT (SELECT count(*) FROM events) AS events, EXISTS (SELECT FROM users) AS users,
    EXISTS (SELECT FROM organizations) AS organizations, EXISTS (SELECT FROM journal) AS journal
"""


class DatabaseIsNotEmpty(Exception):
    """The database holds data already, and a large data set is made for an empty one."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What has been sent so far."""

    events: int = 0
    registrations: int = 0
    rows: int = 0

    def __add__(self, chunk: Chunk) -> "Loaded":
        return Loaded(self.events + chunk.events, self.registrations + chunk.registrations, self.rows + chunk.rows)


async def seed_volume(url: str, volume: Volume, progress: Callable[[Loaded], None]) -> Loaded:
    """Fill an empty database, all or nothing. Raises `DatabaseIsNotEmpty`."""
    connection: BareConnection = await asyncpg.connect(url, timeout=10)
    try:
        async with connection.transaction():
            # An administrator may have limited transactions that wait, and making a chunk takes a moment.
            await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            # Two that start at once must not both find it empty.
            await connection.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
            await _require_empty(connection)
            loaded = Loaded()
            async with aclosing(_made_ahead(volume)) as chunks:
                async for chunk in chunks:
                    await _copy(connection, chunk)
                    loaded += chunk
                    progress(loaded)
            # Nobody is to be told of guests that were made up: readers begin anew, behind all this.
            await connection.execute("DELETE FROM journal_readers")
        # Without statistics the first plans are wrong, and prepared statements keep them.
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return loaded


async def _require_empty(connection: BareConnection) -> None:
    row = await connection.fetchrow(_OCCUPIED)
    if row is None or not any(row.values()):
        return
    found = f"{row['events']:,} events" if row["events"] else "accounts, though no events"
    message = f"the database already holds {found}: a data set of this kind needs an empty one"
    raise DatabaseIsNotEmpty(message)


async def _copy(connection: BareConnection, chunk: Chunk) -> None:
    for sheet, rows in chunk.parts:
        await connection.copy_to_table(sheet.name, source=_once(rows), columns=sheet.columns, format="binary")


async def _once(rows: bytes) -> AsyncGenerator[bytes]:
    yield rows


async def _made_ahead(volume: Volume) -> AsyncGenerator[Chunk]:
    """Chunks, made by a process of their own: a thread would make PostgreSQL wait for the interpreter's lock."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    maker = context.Process(target=_make, args=(volume, sender), name="seed", daemon=True)
    maker.start()
    sender.close()
    loop = asyncio.get_running_loop()
    with receiver, ThreadPoolExecutor(1, thread_name_prefix="seed") as reader:
        try:
            coming = loop.run_in_executor(reader, _receive, receiver)
            while (chunk := await coming) is not None:
                if isinstance(chunk, Exception):
                    message = "the process that makes the data has ended"
                    raise RuntimeError(message) from chunk
                coming = loop.run_in_executor(reader, _receive, receiver)
                yield chunk
        finally:
            # A reader that still waits then finds the end of the pipe.
            maker.kill()
            maker.join()


def _receive(receiver: "Connection[object, Chunk | None]") -> Chunk | Exception | None:
    """The next chunk, nothing after the last one, or why there is none: nobody may be left to catch it."""
    try:
        return receiver.recv()
    except (EOFError, OSError) as error:
        return error


def _make(volume: Volume, sender: "Connection[Chunk | None, object]") -> None:
    """Send all chunks, and nothing at the end."""
    # Ctrl-C is for the process that talks to the database: it ends this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with sender:
        for chunk in make_chunks(volume):
            sender.send(chunk)
        sender.send(None)
