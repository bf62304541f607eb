"""Running operations: which one is chosen, what the schema says of itself, and what errors give away of it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import orjson
import pytest
from graphql import GraphQLError, GraphQLSchema, get_introspection_query, parse
from graphql import execute_sync as run_plainly  # pyright: ignore[reportUnknownVariableType]
from graphql.execution import Executor

from execution.documents import Documents
from execution.engine import Engine, Result
from execution.errors import BAD_USER_INPUT
from execution.limits import Limits
from schema import schema
from schema.failures import presented

REAL: GraphQLSchema = schema._schema  # pyright: ignore[reportPrivateUsage]
INTROSPECTION = get_introspection_query()


@asynccontextmanager
async def running(*, hide_suggestions: bool = False) -> AsyncGenerator[Engine]:
    documents = Documents(REAL, Limits(), hide_suggestions=hide_suggestions)
    try:
        yield Engine(
            REAL,
            executor_class=cast("type[Executor[Any]]", schema.execution_context_class),  # pyright: ignore[reportUnknownMemberType]
            present=presented,
            limits=Limits(),
            documents=documents,
            hide_suggestions=hide_suggestions,
        )
    finally:
        documents.close()


async def run(
    engine: Engine, text: str, variables: Mapping[str, object] | None = None, *, name: str | None = None
) -> Result:
    document = engine.documents.get(text) or await engine.documents.prepare(text)
    if document.errors:
        return Result(errors=document.errors, ran=False)
    return await engine.run(document, document.operation(name), variables or {}, None)


def data(result: Result) -> Any:
    """The data as a client gets it."""
    assert result.errors == ()
    return orjson.loads(orjson.dumps(result.data))


# --- Which operation ------------------------------------------------------------------------------------------------

SEVERAL = "query A { one: __typename } query B { two: __typename }"


@pytest.mark.parametrize(("name", "found"), [("A", {"one": "Query"}), ("B", {"two": "Query"})])
async def test_operation_is_chosen_by_its_name(name: str, found: dict[str, str]) -> None:
    async with running() as engine:
        assert data(await run(engine, SEVERAL, name=name)) == found


async def test_only_operation_needs_no_name() -> None:
    async with running() as engine:
        assert data(await run(engine, "query Only { __typename }")) == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (SEVERAL, None),
        (SEVERAL, "C"),
        (SEVERAL, "a"),
        ("{ __typename }", "A"),
        ("query A { ...F } fragment F on Query { __typename }", "F"),
        ("query A { ...F } fragment F on Query { __typename }", "...F"),
    ],
)
async def test_name_that_leads_to_no_single_operation_is_refused(text: str, name: str | None) -> None:
    async with running() as engine:
        document = await engine.documents.prepare(text)

        assert document.errors == ()
        with pytest.raises(GraphQLError, match="operation"):
            document.operation(name)


@pytest.mark.parametrize("text", ["fragment F on Query { __typename }", "type Query { a: Int }", "# nothing", ""])
async def test_document_without_an_operation_runs_nothing(text: str) -> None:
    async with running() as engine:
        document = await engine.documents.prepare(text)

        with pytest.raises(GraphQLError, match="operation"):
            document.operation(None)


# --- What the schema says of itself ---------------------------------------------------------------------------------


async def test_answer_about_the_schema_is_that_of_graphql_itself() -> None:
    async with running() as engine:
        assert data(await run(engine, INTROSPECTION)) == run_plainly(REAL, parse(INTROSPECTION)).data


async def test_answer_about_the_schema_is_made_once() -> None:
    async with running() as engine:
        together = await asyncio.gather(*[run(engine, INTROSPECTION) for _ in range(5)])

        again = await run(engine, INTROSPECTION, {"unknown": "variables change nothing"})

        assert all(answer.data is again.data for answer in together)


async def test_answers_about_the_schema_differ_by_what_they_depend_on() -> None:
    text = "query ($name: String!) { __type(name: $name) { name } } "
    two = "query A { a: __schema { queryType { name } } } query B { b: __schema { queryType { name } } }"
    async with running() as engine:
        assert data(await run(engine, text, {"name": "Event"})) == {"__type": {"name": "Event"}}
        assert data(await run(engine, text, {"name": "User"})) == {"__type": {"name": "User"}}
        assert data(await run(engine, text, {"name": "Nothing"})) == {"__type": None}
        assert list(data(await run(engine, two, name="A"))) == ["a"]
        assert list(data(await run(engine, two, name="B"))) == ["b"]


@pytest.mark.parametrize("variables", [{}, {"name": None}, {"name": 1}, {"name": ["x"]}])
async def test_question_about_the_schema_with_wrong_variables_does_not_run(variables: dict[str, object]) -> None:
    async with running() as engine:
        for _ in range(2):
            result = await run(engine, "query ($name: String!) { __type(name: $name) { name } }", variables)

            assert not result.ran
            assert [error["extensions"]["code"] for error in result.errors] == [BAD_USER_INPUT]


# --- What errors give away ------------------------------------------------------------------------------------------


BY_ORDER = "query ($order: EventOrder) { events(orderBy: $order) { totalCount } }"
FILTERED = "query ($filter: EventFilter) { events(filter: $filter) { totalCount } }"


@pytest.mark.parametrize(
    ("text", "variables", "close"),
    [
        ("{ organizatio { id } }", {}, "organization"),
        ("{ event(slg: 1) { id } }", {}, "slug"),
        ("{ events(orderBy: STARTS_AT_AS) { totalCount } }", {}, "STARTS_AT_ASC"),
        ("{ events(filter: { citty: 1 }) { totalCount } }", {}, "city"),
        ('{ node(id: "x") { ... on Evnt { id } } }', {}, "Event"),
        ("query ($filter: EventFiltr) { events(filter: $filter) { totalCount } }", {}, "EventFilter"),
        (BY_ORDER, {"order": "STARTS_AT_AS"}, "STARTS_AT_ASC"),
        (FILTERED, {"filter": {"citty": "x"}}, "city"),
        (FILTERED, {"filter": {"status": ["PUBLISHD"]}}, "PUBLISHED"),
    ],
    ids=["field", "argument", "enum value", "input field", "type condition", "type of a variable",
         "enum value in a variable", "input field in a variable", "enum value deep in a variable"],
)  # fmt: skip
async def test_close_names_are_told_only_where_the_schema_may_be_known(
    text: str, variables: dict[str, object], close: str
) -> None:
    async with running() as open_engine, running(hide_suggestions=True) as engine:
        told = await run(open_engine, text, variables)
        hidden = await run(engine, text, variables)

    assert (told.ran, hidden.ran) == (False, False)
    assert f"'{close}'" in str([error["message"] for error in told.errors])
    assert hidden.errors
    assert f"'{close}'" not in str(hidden.errors)
    assert "Did you mean" not in str(hidden.errors)
