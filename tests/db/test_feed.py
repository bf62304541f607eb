"""The journal's global order on real PostgreSQL: every line exactly once, whatever order transactions commit in."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from db.database import Database, connect, statements
from db.feed import RENUMBER, begin, look_ahead, reading
from tests.commands import together
from tests.waiting import eventually

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LINE = """
INSERT INTO journal (stream_id, version, stream, kind, object_id, data, at)
VALUES ($1, 1, 'user', $2, $1, '{"said": "yes"}', $3)
"""

VALUES: dict[int, tuple[object, ...]] = {1: ("reader",), 4: (1, 1, ["ProfileUpdated"], 10)}
"""What each statement of a reader is given, by how many values that is."""


@pytest.fixture
async def database(fresh_database_url: str) -> AsyncGenerator[Database]:
    database = await connect(fresh_database_url, pool_size=6)
    yield database
    await database.close()


@pytest.fixture
async def writers(fresh_database_url: str) -> AsyncGenerator[list["asyncpg.Connection[asyncpg.Record]"]]:
    connections = [await asyncpg.connect(fresh_database_url) for _ in range(2)]
    yield connections
    for connection in connections:
        await connection.close()


async def write(connection: "asyncpg.Connection[asyncpg.Record]", kind: str = "ProfileUpdated") -> UUID:
    line = uuid4()
    await connection.execute(LINE, line, kind, NOW)
    return line


async def read(database: Database, name: str = "reader", limit: int = 100) -> list[UUID]:
    async with reading(database, name, kinds=["ProfileUpdated"], now=NOW, limit=limit) as batch:
        return [line.stream_id for line in batch.lines]


class Reader:
    """Reads until it has met everything that it waits for."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.met: list[UUID] = []

    async def meets(self, count: int) -> None:
        async def has() -> bool:
            self.met += await read(self.database)
            return len(self.met) >= count

        await eventually(has, what=f"{count} lines")


async def test_line_of_a_transaction_that_commits_late_is_not_passed(
    database: Database, writers: list["asyncpg.Connection[asyncpg.Record]"]
) -> None:
    slow, quick = writers
    reader = Reader(database)
    await begin(database, "reader", NOW)
    async with slow.transaction():
        first = await write(slow)
        second = await write(quick)
        third = await write(quick)
        assert await read(database) == []
        ahead = await look_ahead(database, "reader")
        assert ahead is not None
        assert (ahead.since, ahead.readable) == (NOW, False)
    await reader.meets(3)
    assert reader.met == [first, second, third]
    assert await read(database) == []


async def test_line_with_a_low_number_in_a_later_transaction_is_not_passed(
    database: Database, writers: list["asyncpg.Connection[asyncpg.Record]"]
) -> None:
    # The older transaction writes its line after the younger one: by `seq` it comes later, by commit as well.
    older, younger = writers
    reader = Reader(database)
    await begin(database, "reader", NOW)
    async with older.transaction():
        await older.execute("SELECT pg_current_xact_id()")
        async with younger.transaction():
            early = await write(younger)
            late = await write(older)
        assert await read(database) == []
    await reader.meets(2)
    assert reader.met == [late, early]


async def test_every_line_is_read_once_while_many_write_and_two_read(
    database: Database, fresh_database_url: str
) -> None:
    await begin(database, "reader", NOW)
    written: list[UUID] = []
    met: list[UUID] = []

    async def writes() -> None:
        connection = await asyncpg.connect(fresh_database_url)
        try:
            for number in range(40):
                async with connection.transaction():
                    written.append(await write(connection))
                    if number % 3:
                        await asyncio.sleep(0)
                        written.append(await write(connection))
        finally:
            await connection.close()

    writing = asyncio.gather(*(writes() for _ in range(4)))

    async def reads() -> None:
        while not writing.done() or len(met) < len(written):
            met.extend(await read(database, limit=7))

    await together([writing, reads(), reads()])
    assert len(met) == len(written) == 4 * (40 + 26)
    assert set(met) == set(written)


async def test_failed_block_moves_nothing_and_keeps_nothing(
    database: Database, writers: list["asyncpg.Connection[asyncpg.Record]"]
) -> None:
    reader = Reader(database)
    await begin(database, "reader", NOW)
    line = await write(writers[0])

    async def fails() -> bool:
        async with reading(database, "reader", kinds=[], now=NOW) as batch:
            if not batch.lines:
                return False
            await batch.session.execute("UPDATE journal SET at = now()")
            raise LookupError
        return False

    with pytest.raises(LookupError):
        await eventually(fails, what="a line to fail with")
    await reader.meets(1)
    assert reader.met == [line]
    assert await writers[0].fetchval("SELECT at FROM journal") == NOW


async def test_new_reader_begins_at_the_end_and_an_old_one_keeps_its_place(
    database: Database, writers: list["asyncpg.Connection[asyncpg.Record]"]
) -> None:
    await write(writers[0])

    async def is_settled() -> bool:
        row = await database.fetchrow("SELECT max(xid) < pg_snapshot_xmin(pg_current_snapshot()) AS s FROM journal")
        return row is not None and row["s"]

    await eventually(is_settled, what="the end of older transactions")
    assert await look_ahead(database, "reader") is None
    assert await read(database) == []
    reader = Reader(database)
    later = await write(writers[0])
    await begin(database, "reader", NOW)
    await reader.meets(1)
    assert reader.met == [later]
    ahead = await look_ahead(database, "reader")
    assert ahead is not None
    assert ahead.since is None


async def test_data_comes_for_the_kinds_that_were_asked_for(
    database: Database, writers: list["asyncpg.Connection[asyncpg.Record]"]
) -> None:
    await begin(database, "reader", NOW)
    await write(writers[0], "ProfileUpdated")
    await write(writers[0], "SomethingOfTheFuture")
    data: list[object] = []

    async def has_both() -> bool:
        async with reading(database, "reader", kinds=["ProfileUpdated"], now=NOW) as batch:
            data.extend(dict(line.data) for line in batch.lines)
        return len(data) == 2

    await eventually(has_both, what="both lines")
    assert data == [{"said": "yes"}, {}]


async def test_both_statements_of_a_reader_use_the_index(database: Database) -> None:
    await begin(database, "reader", NOW)
    said: list[str] = []
    reset = statements.set(said)
    try:
        await look_ahead(database, "reader")
        await read(database)
    finally:
        statements.reset(reset)
    asked = [(sql, values) for sql in said if "LIMIT" in sql and (values := VALUES.get(sql.count("$")))]
    assert len(asked) == 2
    for sql, values in asked:
        async with database.transaction() as session:
            # An empty table is read as a whole for want of anything better.
            await session.execute("SET LOCAL enable_seqscan = off")
            await session.execute("SET LOCAL enable_bitmapscan = off")
            plan = [row[0] for row in await session.fetch(f"EXPLAIN {sql}", *values)]
        assert any("Index Scan using journal_feed_idx" in row for row in plan), plan
        assert any("Index Cond: ((ROW(" in row or "Index Cond: (ROW(" in row for row in plan), plan


async def test_reader_of_a_restored_journal_goes_on_where_it_was(
    database: Database, writers: list["asyncpg.Connection[asyncpg.Record]"]
) -> None:
    reader = Reader(database)
    await begin(database, "reader", NOW)
    for _ in range(3):
        await write(writers[0])
    await reader.meets(3)
    unread = await write(writers[0])
    # Another server was further on: its numbers lie ahead of all that this one gives out.
    await writers[0].execute("UPDATE journal SET xid = (xid::text::bigint + 1000000)::text::xid8")
    await writers[0].execute("UPDATE journal_readers SET xid = (xid::text::bigint + 1000000)::text::xid8")
    await writers[0].execute(RENUMBER)
    new = await write(writers[0])
    await reader.meets(5)
    assert reader.met[3:] == [unread, new]


def test_page_on_backups_has_the_statement_that_renumbers() -> None:
    page = (Path(__file__).parents[2] / "docs" / "backup.md").read_text(encoding="utf-8")
    assert f"```sql\n-- renumber.sql{RENUMBER}```" in page
