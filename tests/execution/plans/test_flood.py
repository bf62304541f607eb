"""A flood of documents that are each sent once is not compiled, drives nothing out that is in use, and is forgotten."""

import gc
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from graphql import build_schema
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.compiled import Compiled, Left
from execution.documents import Documents
from execution.engine import Engine, Result
from execution.limits import Limits
from tests.execution.plans.torture_cases import CASES

FLOOD = 2 * min(CASES, 50_000)
"""How many documents are sent once each."""
CAPACITY = 1_000_000
"""Bytes that documents may take: few enough that the flood runs over."""
# Small, so that validating takes little of the time.
SCHEMA = build_schema("type Query { a: Int b(n: Int): Query c: [Query] }")
HOT = "query Hot($number: Int) { a b(n: $number) { a c { a } } }"


@dataclass(slots=True)
class Dam:
    """An engine, with how often each reason left an operation to graphql-core and what became of documents."""

    documents: Documents
    engine: Engine
    left: Counter[str | None]
    seen: Counter[str] = field(default_factory=Counter[str])

    async def run(self, text: str) -> Result:
        document = self.documents.get(text) or await self.documents.prepare(text)
        assert document.errors == ()
        return await self.engine.run(document, document.operation(None), {"number": 1}, None)


@asynccontextmanager
async def dammed() -> AsyncGenerator[Dam]:
    left: Counter[str | None] = Counter()
    seen: Counter[str] = Counter()
    documents = Documents(SCHEMA, Limits(), capacity=CAPACITY, observe=lambda what: seen.update([what]))
    compiled = Compiled(SCHEMA, documents, observe=lambda reason: left.update([reason]))
    engine = Engine(
        SCHEMA,
        executor_class=StrawberryGraphQLCoreExecutionContext,
        present=lambda error: error,
        limits=Limits(),
        documents=documents,
        compiled=compiled,
    )
    try:
        yield Dam(documents, engine, left, seen)
    finally:
        documents.close()


def objects() -> int:
    """How many objects there are that could hold others."""
    gc.collect()
    return len(gc.get_objects())


async def test_flood_is_not_compiled_and_what_is_in_use_stays() -> None:
    async with dammed() as dam:
        for _ in range(3):
            await dam.run(HOT)
        dam.left.clear()
        dam.seen.clear()

        for number in range(FLOOD):
            await dam.run(f"{{ n{number}: __typename }}")
            if number % 1_000 == 0:
                hot = await dam.run(HOT)
                assert hot.errors == ()
            assert dam.documents.bytes <= CAPACITY

        again = -(-FLOOD // 1_000)
        assert dam.left == {Left.NEW: FLOOD, None: again}
        assert dam.seen["miss"] == FLOOD
        assert dam.seen["hit"] == again
        assert dam.seen["evicted"] > FLOOD / 2


async def test_flood_leaves_nothing_behind() -> None:
    async with dammed() as dam:

        async def flood(start: int, count: int) -> int:
            for number in range(start, start + count):
                await dam.run(f"{{ n{number}: a b(n: {number}) {{ a }} }}")
            return objects()

        # The cache is full by then.
        before = await flood(0, FLOOD // 20)
        after = await flood(FLOOD, FLOOD // 10)

        assert dam.seen["evicted"] > 0
        assert after < before * 1.02 + 1_000


async def test_flood_of_documents_that_come_twice_keeps_its_plans_within_bounds() -> None:
    async with dammed() as dam:

        async def flood(start: int, count: int) -> int:
            for number in range(start, start + count):
                for _ in range(3):
                    await dam.run(f"{{ n{number}: a b(n: {number}) {{ a }} }}")
                assert dam.documents.bytes <= CAPACITY
            return objects()

        before = await flood(0, FLOOD // 80)
        after = await flood(FLOOD, FLOOD // 40)

        assert dam.left[None] > 0
        assert dam.seen["evicted"] > 0
        assert after < before * 1.02 + 1_000
