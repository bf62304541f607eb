"""Which operations run compiled: from when on, with which plans, and what is counted when one does not."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from graphql import GraphQLError, build_schema
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from execution.compiled import MAX_PLANS, Compiled, Left
from execution.documents import Documents
from execution.engine import Engine, Result
from execution.limits import Limits

SCHEMA = build_schema("""
type Query { a(n: Int): Int b: Int! c: Int d: Int }
type Subscription { ticks: Int }
""")
CHOOSING = "query ({}) {{ a {} }}".format(
    ", ".join(f"$v{number}: Boolean = false" for number in range(4)),
    " ".join(f"x{number}: a @skip(if: $v{number})" for number in range(4)),
)


@dataclass
class Running:
    """An engine and what it counted."""

    engine: Engine
    left: list[str | None] = field(default_factory=list[str | None])

    async def run(self, text: str, variables: Mapping[str, object] | None = None) -> Result:
        document = self.engine.documents.get(text) or await self.engine.documents.prepare(text)
        assert document.errors == ()
        return await self.engine.run(document, document.operation(None), variables or {}, None)


def present(error: GraphQLError) -> GraphQLError:
    return error


def _engine(documents: Documents, compiled: Compiled) -> Engine:
    return Engine(
        SCHEMA,
        executor_class=StrawberryGraphQLCoreExecutionContext,
        present=present,
        limits=Limits(),
        documents=documents,
        compiled=compiled,
    )


@asynccontextmanager
async def running(*, sights: int = 1) -> AsyncGenerator[Running]:
    documents = Documents(SCHEMA, Limits())
    left: list[str | None] = []
    compiled = Compiled(SCHEMA, documents, sights=sights, observe=left.append)
    try:
        yield Running(_engine(documents, compiled), left)
    finally:
        documents.close()


async def test_document_is_compiled_when_it_comes_again() -> None:
    async with running(sights=2) as run:
        results = [await run.run("{ a c }") for _ in range(3)]

        assert {str(result.data) for result in results} == {"{'a': None, 'c': None}"}
        assert run.left == [Left.NEW, None, None]


async def test_document_that_many_send_at_once_is_compiled_once() -> None:
    async with running() as run:
        document = await run.engine.documents.prepare("{ a }")
        before = document.size
        await asyncio.gather(*[run.run("{ a }") for _ in range(5)])
        grown = document.size
        await run.run("{ a }")

        assert run.left == [None] * 6
        assert document.size == grown
        assert run.engine.documents.bytes == grown > before


async def test_each_choice_of_conditions_has_its_plan_up_to_a_number() -> None:
    async with running() as run:
        for choice in range(2**4):
            flags = {f"v{number}": bool(choice >> number & 1) for number in range(4)}
            for _ in range(2):
                result = await run.run(CHOOSING, flags)

                kept = {f"x{number}" for number in range(4) if not flags[f"v{number}"]}
                assert result.data == dict.fromkeys(["a", *sorted(kept)])

        assert run.left == [None] * 2 * MAX_PLANS + [Left.PLANS] * 2 * (2**4 - MAX_PLANS)


@pytest.mark.parametrize("flag", [None, 1, "true", []])
async def test_condition_that_is_no_boolean_is_refused_by_graphql_core(flag: object) -> None:
    async with running() as run:
        result = await run.run("query ($v: Boolean!) { a @skip(if: $v) }", {"v": flag})

        assert not result.ran
        assert run.left == [Left.FLAGS]


async def test_failure_in_a_plan_is_told_as_any_other() -> None:
    async with running() as run:
        result = await run.run("{ a x: b }")

        errors = list(result.errors)
        assert result.data is None
        assert [error["path"] for error in errors] == [["x"]]
        assert run.left == [None]


async def test_wrong_variables_do_not_run() -> None:
    async with running() as run:
        result = await run.run("query ($n: Int) { a(n: $n) }", {"n": "many"})

        assert (result.ran, run.left) == (False, [None])


async def test_what_is_not_supported_is_counted_by_its_reason() -> None:
    async with running() as run:
        document = await run.engine.documents.prepare("subscription { ticks }")
        operation = document.operation(None)

        compiled = Compiled(SCHEMA, run.engine.documents, sights=1, observe=run.left.append)
        plans = [await compiled.plan(document, operation, {}) for _ in range(2)]

        assert plans == [None, None]
        assert run.left == ["subscription", "subscription"]


async def test_document_that_outgrows_the_cache_still_runs() -> None:
    documents = Documents(SCHEMA, Limits(), capacity=20_000)
    compiled = Compiled(SCHEMA, documents, sights=1)
    engine = _engine(documents, compiled)
    try:
        for text in ("{ a b }", "{ a c }", "{ c d }"):
            document = await documents.prepare(text)
            result = await engine.run(document, document.operation(None), {}, None)

            assert result.ran
        assert documents.bytes <= 20_000
    finally:
        documents.close()
