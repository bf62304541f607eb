"""Whole operations: which runs, what its variables become, and the order of mutations."""

from typing import Any

import pytest
from graphql import GraphQLError, GraphQLObjectType, GraphQLSchema, build_schema

from tests.execution.plans.graphql_core.engines import on_both, told
from tests.execution.plans.torture_faults import Later

pytestmark = on_both
ECHOES = build_schema("""
enum Size { SMALL LARGE }
input Point { x: Int! = 1 y: Int sizes: [Size!] inside: Point }
input Either @oneOf { a: Int b: String }
type Query {
  n(value: Int): String s(value: String = "default"): String must(value: Int!): String sure(value: Int! = 3): String
  size(value: Size): String point(value: Point): String list(value: [Int!]): String either(value: Either): String
}
""")
assert ECHOES.query_type is not None


def _echo(_: Any, __: Any, **given: Any) -> str:
    return repr(given)


for _field in ECHOES.query_type.fields.values():
    _field.resolve = _echo


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("{ f: n }", {}, "{}"),
        ("{ f: n(value: null) }", {}, "{'value': None}"),
        ("{ f: s }", {}, "{'value': 'default'}"),
        ("{ f: s(value: null) }", {}, "{'value': None}"),
        ("{ f: sure }", {}, "{'value': 3}"),
        ("query ($v: Int) { f: n(value: $v) }", {}, "{}"),
        ("query ($v: Int) { f: n(value: $v) }", {"v": None}, "{'value': None}"),
        ("query ($v: Int = 5) { f: n(value: $v) }", {}, "{'value': 5}"),
        ("query ($v: Int = 5) { f: n(value: $v) }", {"v": None}, "{'value': None}"),
        ("query ($v: String) { f: s(value: $v) }", {}, "{'value': 'default'}"),
        ("query ($v: Int) { f: sure(value: $v) }", {}, "{'value': 3}"),
        ("query ($v: Int = 4) { f: must(value: $v) }", {}, "{'value': 4}"),
        ("query ($v: Int!) { f: n(value: $v) }", {"v": 2.0, "more": 1}, "{'value': 2}"),
        ("{ f: size(value: LARGE) }", {}, "{'value': 'LARGE'}"),
        ("query ($v: Size) { f: size(value: $v) }", {"v": "SMALL"}, "{'value': 'SMALL'}"),
        ("{ f: list(value: 1) }", {}, "{'value': [1]}"),
        ("query ($v: Int!) { f: list(value: [$v, 2]) }", {"v": 1}, "{'value': [1, 2]}"),
        ("query ($v: [Int!]) { f: list(value: $v) }", {"v": 7}, "{'value': [7]}"),
        ("{ f: point(value: {}) }", {}, "{'value': {'x': 1}}"),
        ("query ($v: Int) { f: point(value: {x: 2, y: $v}) }", {}, "{'value': {'x': 2}}"),
        ("query ($v: Point) { f: point(value: {inside: $v}) }", {"v": {"y": 3, "sizes": "LARGE"}},
         "{'value': {'x': 1, 'inside': {'x': 1, 'y': 3, 'sizes': ['LARGE']}}}"),
        ("{ f: either(value: {b: \"x\"}) }", {}, "{'value': {'b': 'x'}}"),
    ],
)  # fmt: skip
async def test_arguments_arrive_as_what_they_mean(engine: str, text: str, values: dict[str, Any], said: str) -> None:
    assert await told(engine, ECHOES, text, values=values) == ({"f": said}, [])


@pytest.mark.parametrize(
    ("text", "values", "said"),
    [
        ("query ($v: Int!) { f: n(value: $v) }", {}, "Expected a value of non-null type 'Int!' to be provided."),
        ("query ($v: Int) { f: n(value: $v) }", {"v": "x"}, "Int cannot represent non-integer value: 'x'"),
        ("query ($v: Size) { f: size(value: $v) }", {"v": "HUGE"}, "Value 'HUGE' does not exist in 'Size' enum."),
    ],
)  # fmt: skip
async def test_wrong_variables_end_the_request(engine: str, text: str, values: dict[str, Any], said: str) -> None:
    assert await told(engine, ECHOES, text, values=values) == (None, [(f"Variable '$v' has invalid value: {said}", [])])


async def test_null_that_a_variable_brings_too_late_fails_the_field_alone(engine: str) -> None:
    text = "query ($v: Int = 1) { f: must(value: $v) g: n(value: $v) }"

    data, errors = await told(engine, ECHOES, text, values={"v": None})

    assert data == {"f": None, "g": "{'value': None}"}
    assert [path for _, path in errors] == [["f"]]


@pytest.mark.parametrize(("name", "found"), [("A", {"f": "{}"}), ("B", {"f": "{'value': 1}"})])
async def test_operation_is_the_one_that_is_named(engine: str, name: str, found: Any) -> None:
    text = "query A { f: n } query B { f: n(value: 1) }"

    assert await told(engine, ECHOES, text, name=name) == (found, [])


# --- Mutations ------------------------------------------------------------------------------------------------------


def bank() -> tuple[GraphQLSchema, list[str]]:
    """A schema whose mutations put their number on a list, some of them late or never."""
    schema = build_schema("""
    type Query { a: Int }
    type Mutation { add(n: Int!, wait: Int = 0): Sum must(n: Int!): Sum! }
    type Sum { then: String later: String }
    """)
    done: list[str] = []

    def add(_: Any, __: Any, n: int, wait: int = 0) -> Any:
        def put() -> Any:
            if n < 0:
                raise GraphQLError("not less than nothing", extensions={"code": "NEGATIVE"})
            done.append(str(n))
            return {"then": " ".join(done)}

        return Later(wait, put) if wait else put()

    kinds = schema.type_map["Mutation"], schema.type_map["Sum"]
    mutation, total = [kind for kind in kinds if isinstance(kind, GraphQLObjectType)]
    mutation.fields["add"].resolve = mutation.fields["must"].resolve = add

    def later(_: Any, __: Any) -> Any:
        return Later(3, lambda: " ".join(done))

    total.fields["later"].resolve = later
    return schema, done


async def test_mutations_run_one_after_another_with_all_they_select(engine: str) -> None:
    schema, done = bank()
    text = (
        "mutation { a: add(n: 1, wait: 3) { then later } b: add(n: 2) { then later } c: add(n: 3, wait: 1) { later } }"
    )

    data, errors = await told(engine, schema, text)

    assert data == {"a": {"then": "1", "later": "1"}, "b": {"then": "1 2", "later": "1 2"}, "c": {"later": "1 2 3"}}
    assert (errors, done) == ([], ["1", "2", "3"])


async def test_mutation_that_fails_stops_none_after_it(engine: str) -> None:
    schema, done = bank()
    text = "mutation { a: add(n: 1) { then } b: add(n: -1, wait: 2) { then } c: add(n: 2) { then } }"

    data, errors = await told(engine, schema, text)

    assert data == {"a": {"then": "1"}, "b": None, "c": {"then": "1 2"}}
    assert errors == [("not less than nothing", ["b"])]
    assert done == ["1", "2"]


async def test_mutation_that_may_not_fail_stops_those_after_it(engine: str) -> None:
    schema, done = bank()
    text = "mutation { a: add(n: 1) { then } b: must(n: -1) { then } c: add(n: 2) { then } }"

    data, errors = await told(engine, schema, text)

    assert (data, errors) == (None, [("not less than nothing", ["b"])])
    assert done == ["1"]
