"""The crowd at a house in tables: every step goes through real batches, beside the same house in memory.

After each batch the rows, counters and lines are read back, recounted, and compared with the house in memory, which
never saw them. `BILTEN_NIGHTLY=1` takes a hundred thousand steps.
"""

import asyncio
import os
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test

from db.database import BareConnection, Session, prepare
from db.decisions import Decisions
from db.idempotency import LIFETIME
from db.lanes import Flushed
from db.mapping import columns, insert, value_from
from domain.asked import Asked
from domain.blocks import Block
from domain.capacity import Books, EventHead, Line, Pool
from domain.capacity_pools import Settle
from domain.check_in import Scan
from domain.ids import PoolId
from domain.journal import Fact, FactKind
from domain.lifecycles import EventStatus
from domain.registrations import Registration, Ticket
from domain.ticket_tiers import TicketTier
from domain.waitlist import WaitlistEntry
from tests.capacity_machine import told
from tests.domain.house import ENDS_AT, GUESTS, STARTS_AT, House, Source, copied, prove
from tests.domain.house_machine import HouseMachine
from tests.domain.made import EVENT, USER, a_user, an_event, an_organization

IS_NIGHTLY = os.environ.get("BILTEN_NIGHTLY") == "1"
STEPS = 100_000 if IS_NIGHTLY else 10_000
EXAMPLES = 100
"""Crowds between two looks at how many steps were taken."""
OF_AN_EVENT = {
    "registrations": Registration,
    "tickets": Ticket,
    "capacity_pools": Pool,
    "ticket_tiers": TicketTier,
    "waitlist_entries": WaitlistEntry,
    "capacity_blocks": Block,
    "check_in_scans": Scan,
}
SELECTS = {cls: f"SELECT {columns(cls)} FROM {table} WHERE event_id = $1" for table, cls in OF_AN_EVENT.items()}  # noqa: S608 - names of our own
HEAD = f"SELECT {columns(EventHead)} FROM event_heads WHERE event_id = $1"  # noqa: S608 - as above
LINES = "SELECT version, kind, object_id, data FROM journal WHERE stream_id = $1 ORDER BY version"
CLEAR = [
    f"DELETE FROM {table} WHERE {key} = $1"  # noqa: S608 - as above
    for table, key in (
        ("journal_private", "stream_id"),
        ("journal", "stream_id"),
        ("idempotency_keys", "scope_id"),
        ("tickets", "event_id"),
        ("registrations", "event_id"),
        ("waitlist_entries", "event_id"),
        ("capacity_blocks", "event_id"),
        ("check_in_scans", "event_id"),
        ("ticket_tiers", "event_id"),
        ("capacity_pools", "event_id"),
        ("event_heads", "event_id"),
        ("events", "id"),
    )
]
# What edits of an event and of its tiers do besides: nothing stays waiting for what became free.
RESIZE = """
WITH pool AS (UPDATE capacity_pools SET capacity = $3 WHERE event_id = $1 AND id = $2)
UPDATE event_heads SET due_at = least(due_at, $4) WHERE event_id = $1 AND due_at IS NOT NULL
"""
Result = TypeVar("Result")


class Tables:
    """One event in tables, and the batches that write to it."""

    def __init__(self, runner: asyncio.Runner, connection: BareConnection) -> None:
        self._runner = runner
        self._connection = connection
        self.steps = 0

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self._runner.run(work)

    async def open(self, books: Books) -> None:
        """Store a house that nobody has been to."""
        for sql in CLEAR:
            await self._connection.execute(sql, EVENT)
        event = replace(an_event(EventStatus.PUBLISHED), starts_at=STARTS_AT, ends_at=ENDS_AT)
        session = Session(self._connection)
        await insert(session, "events", event)
        await insert(session, "event_heads", books.head)
        await insert(session, "capacity_pools", *books.pools.values())
        await insert(session, "ticket_tiers", *books.tiers.values())

    async def flush(self, decisions: Decisions, asked: Sequence[Asked[object]]) -> Flushed:
        async with self._connection.transaction():
            return await decisions(Session(self._connection), asked)

    async def resize(self, pool_id: PoolId, capacity: int | None, now: datetime) -> None:
        await self._connection.execute(RESIZE, EVENT, pool_id, capacity, now)

    async def read(self, books: Books) -> Books:
        """What is stored; with the time, the status and the start of the given books."""
        rows: dict[type, dict[Any, Any]] = {}
        for cls, sql in SELECTS.items():
            values = [value_from(cls, row) for row in await self._connection.fetch(sql, EVENT)]
            rows[cls] = {getattr(value, "nonce" if cls is Scan else "id"): value for value in values}
        [head] = [value_from(EventHead, row) for row in await self._connection.fetch(HEAD, EVENT)]
        lines = await self._connection.fetch(LINES, EVENT)
        assert [row["version"] for row in lines] == list(range(1, len(lines) + 1)), "no gap in the stream"
        assert head.stream_version == len(lines)
        return replace(
            books,
            head=head,
            pools=rows[Pool],
            tiers=rows[TicketTier],
            registrations=rows[Registration],
            tickets=rows[Ticket],
            entries=rows[WaitlistEntry],
            blocks=rows[Block],
            scans=rows[Scan],
            lines=[Line(Fact(FactKind(row["kind"]), row["object_id"], row["data"])) for row in lines],
        )


class TablesMachine(HouseMachine):
    """Each command is decided in memory at once, and in tables a few at a time, as batches come."""

    tables: ClassVar[Tables]

    def __init__(self) -> None:
        super().__init__()
        self.size = 1
        self.decisions = Decisions(Source(), lambda: self.house.books.now)
        self.waiting: list[tuple[Asked[object], object]] = []
        self.answered: list[tuple[Asked[object], object, datetime]] = []
        self.keys = 0

    def opened(self, house: House) -> None:
        # Versions count from one, so that the stored stream has no gap from its beginning.
        house.books.head = replace(house.books.head, stream_version=0)
        self.tables.run(self.tables.open(house.books))

    @rule(size=st.integers(1, 4))
    def change_size(self, size: int) -> None:
        """Let so many commands share a batch from now on."""
        self._flush()
        self.size = size

    @rule(which=st.integers(0, 10**6))
    def replay(self, which: int) -> None:
        """Ask again under the same key: the answer is the same, and nothing changes but what time brings."""
        self._flush()
        now = self.house.books.now
        known = [(asked, answer) for asked, answer, at in self.answered if at >= now - LIFETIME]
        if known:
            asked, answer = known[which % len(known)]
            self._settle_both()
            assert self.tables.run(self.tables.flush(self.decisions, [asked])).answers == [answer]
            self._compare()

    def decided(self, asked: Asked[object]) -> object:
        self.keys += 1
        self.tables.steps += 1
        keyed = replace(asked, key=f"key {self.keys}")
        answer = super().decided(asked)
        self.waiting.append((keyed, answer))
        if len(self.waiting) >= self.size:
            self._flush()
        return answer

    def advanced(self, delta: timedelta) -> None:
        self._flush()
        super().advanced(delta)

    def resized(self, pool_id: PoolId, capacity: int | None) -> None:
        self._flush()
        super().resized(pool_id, capacity)
        self.tables.run(self.tables.resize(pool_id, capacity, self.house.books.now))

    def teardown(self) -> None:
        self._flush()

    def _settle_both(self) -> None:
        self.house.settle()
        self.tables.run(self.tables.flush(self.decisions, [Asked(EVENT, Settle(EVENT), None)]))

    def _flush(self) -> None:
        if not self.waiting:
            return
        waiting, self.waiting = self.waiting, []
        answers = self.tables.run(self.tables.flush(self.decisions, [asked for asked, _ in waiting])).answers
        for (asked, expected), answer in zip(waiting, answers, strict=True):
            assert told(answer) == told(expected), asked
            if not isinstance(expected, BaseException):
                assert answer == expected, asked
            if isinstance(answer, UUID) and asked.actor_id is not None:
                self.answered.append((asked, answer, self.house.books.now))
        self._compare()

    def _compare(self) -> None:
        stored, remembered = self.tables.run(self.tables.read(self.house.books)), copied(self.house.books)
        prove(stored)
        # In memory, the version of the stream stands still and the lines are counted.
        assert stored.head.stream_version == len(remembered.lines)
        assert sorted(line.fact.kind for line in stored.lines) == sorted(line.fact.kind for line in remembered.lines)
        for books in (stored, remembered):
            books.head = replace(books.head, stream_version=0, due_at=None)
            books.lines, books.places = [], {}
        assert stored == remembered


def test_tables_and_memory_agree_after_every_step_of_a_crowd(fresh_database_url: str) -> None:
    # A loop of its own: a state machine is not asynchronous, and the tests' loop must not be touched.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        connection = runner.run(_connected(fresh_database_url))
        try:
            tables = TablesMachine.tables = Tables(runner, connection)
            while tables.steps < STEPS:
                run_state_machine_as_test(  # pyright: ignore[reportUnknownMemberType]
                    TablesMachine,
                    settings=settings(
                        max_examples=EXAMPLES,
                        stateful_step_count=40,
                        deadline=None,
                        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
                        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
                    ),
                )
        finally:
            runner.run(connection.close())


async def _connected(url: str) -> BareConnection:
    connection = await asyncpg.connect(url)
    await prepare(connection)
    session = Session(connection)
    await insert(session, "organizations", an_organization())
    for number, user_id in enumerate([USER, *GUESTS[:6]]):
        await insert(session, "users", replace(a_user(), id=user_id, subject=f"subject {number}"))
    return connection
