"""What becomes of the values that resolvers return: leaves, lists, and nulls where none may be."""

from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest
from graphql import GraphQLSchema, build_schema

from tests.execution.plans.graphql_core.engines import on_both, start, told
from tests.execution.plans.torture_faults import Later, Read

pytestmark = on_both
TYPES = ("[Int]", "[Int]!", "[Int!]", "[Int!]!")
NOT_NULL = "Cannot return null for non-nullable field Query.f."


def schema_of(type_: str) -> GraphQLSchema:
    return build_schema(f"type Query {{ f: {type_} g: Int }}")


async def coroutine(value: Any) -> Any:
    return value


def later(value: Any) -> Later:
    return Later(1, lambda: value)


def failing(_: Any = None) -> Later:
    return Later(1, Read("f", "it", lambda: None).fail)


def each(values: list[Any]) -> Generator[Any]:
    yield from values


async def each_later(values: list[Any]) -> AsyncGenerator[Any]:
    for value in values:
        yield value


class Root:
    """A root whose field is found by calling it, so that even a class can be its value."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def f(self, _: Any) -> Any:
        return self.value


# --- Lists ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", [list, tuple, each, each_later, coroutine, later], ids=lambda made: made.__name__)
@pytest.mark.parametrize("type_", TYPES)
async def test_list_is_whatever_can_be_iterated_over(engine: str, type_: str, made: Any) -> None:
    assert await told(engine, schema_of(type_), "{ f }", root={"f": made([1, 2])}) == ({"f": [1, 2]}, [])


@pytest.mark.parametrize("value", ["text", b"bytes", {"a": 1}, 7, object])
async def test_text_mappings_and_single_values_are_no_list(engine: str, value: Any) -> None:
    data, errors = await told(engine, schema_of("[String]"), "{ f }", root=Root(value))

    assert data == {"f": None}
    assert errors == [("Expected Iterable, but did not find one for field 'Query.f'.", ["f"])]


@pytest.mark.parametrize(
    ("type_", "data", "path"),
    [("[Int]", {"f": [1, None]}, None), ("[Int]!", {"f": [1, None]}, None), ("[Int!]", {"f": None}, ["f", 1]),
     ("[Int!]!", None, ["f", 1])],
)  # fmt: skip
async def test_null_entry_spreads_as_far_as_nothing_may_be_null(
    engine: str, type_: str, data: Any, path: list[Any] | None
) -> None:
    errors = [] if path is None else [(NOT_NULL, path)]

    assert await told(engine, schema_of(type_), "{ f }", root={"f": [1, None]}) == (data, errors)
    assert await told(engine, schema_of(type_), "{ f }", root={"f": [later(1), later(None)]}) == (data, errors)


@pytest.mark.parametrize(
    ("type_", "data"),
    [("[Int]", {"f": [1, None]}), ("[Int]!", {"f": [1, None]}), ("[Int!]", {"f": None}), ("[Int!]!", None)],
)
async def test_failing_entry_spreads_as_far_as_nothing_may_be_null(engine: str, type_: str, data: Any) -> None:
    for entry in (ValueError("f of it is broken"), failing()):
        assert await told(engine, schema_of(type_), "{ f }", root={"f": [1, entry]}) == (
            data,
            [("f of it is broken", ["f", 1])],
        )


@pytest.mark.parametrize(("type_", "data"), [("[Int]", {"f": None}), ("[Int!]!", None)])
async def test_list_that_breaks_off_is_no_list(engine: str, type_: str, data: Any) -> None:
    def broken() -> Generator[int]:
        yield 1
        message = "broke off"
        raise ValueError(message)

    assert await told(engine, schema_of(type_), "{ f }", root={"f": broken()}) == (data, [("broke off", ["f"])])


async def test_lists_in_lists_are_completed_at_every_depth(engine: str) -> None:
    schema = schema_of("[[[Int!]]]")
    root = {"f": [[[1], None, [2, None]], later([(3,), later([later(4)])]), None]}

    data, errors = await told(engine, schema, "{ f }", root=root)

    assert data == {"f": [[[1], None, None], [[3], [4]], None]}
    assert errors == [(NOT_NULL, ["f", 0, 2, 1])]


# --- Leaves ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("type_", "value", "said"),
    [("Int", 7.0, 7), ("Int", True, 1), ("Int", "7", 7), ("Float", 7, 7.0), ("Float", "7.5", 7.5), ("String", 7, "7"),
     ("String", True, "true"), ("Boolean", 0, False), ("ID", 7, "7"), ("ID", "a", "a")],
)  # fmt: skip
async def test_values_of_a_near_type_are_turned_into_it(engine: str, type_: str, value: Any, said: Any) -> None:
    data, errors = await told(engine, schema_of(type_), "{ f }", root={"f": value})

    assert (data, errors) == ({"f": said}, [])
    assert type(data["f"]) is type(said)


@pytest.mark.parametrize(
    ("type_", "value", "said"),
    [("Int", 2**31, "Int cannot represent non 32-bit signed integer value: 2147483648"),
     ("Int", 7.5, "Int cannot represent non-integer value: 7.5"),
     ("Int", "x", "Int cannot represent non-integer value: 'x'"),
     ("Float", float("inf"), "Float cannot represent non numeric value: inf"),
     ("Boolean", "true", "Boolean cannot represent a non boolean value: 'true'"),
     ("String", [1], "String cannot represent value: [1]"),
     ("ID", 7.5, "ID cannot represent value: 7.5")],
)  # fmt: skip
async def test_values_of_another_type_are_failures(engine: str, type_: str, value: Any, said: str) -> None:
    assert await told(engine, schema_of(type_), "{ f }", root={"f": value}) == ({"f": None}, [(said, ["f"])])
    assert await told(engine, schema_of(f"{type_}!"), "{ f }", root={"f": value}) == (None, [(said, ["f"])])


async def test_enum_is_answered_by_name_and_knows_no_other_value(engine: str) -> None:
    schema = build_schema("enum Size { SMALL LARGE } type Query { f: [Size] }")

    data, errors = await told(engine, schema, "{ f }", root={"f": ["SMALL", "MEDIUM", "LARGE", 1]})

    assert data == {"f": ["SMALL", None, "LARGE", None]}
    assert errors == [
        ("Enum 'Size' cannot represent value: 'MEDIUM'", ["f", 1]),
        ("Enum 'Size' cannot represent value: 1", ["f", 3]),
    ]


# --- Nulls ----------------------------------------------------------------------------------------------------------

NESTED = build_schema(
    "type Query { maybe: Node sure: Node! } type Node { leaf: Int strict: Int! maybe: Node sure: Node! }"
)


@pytest.mark.parametrize("wait", [False, True])
async def test_null_spreads_to_the_nearest_place_that_may_be_null(engine: str, *, wait: bool) -> None:
    def node(depth: int) -> dict[str, Any]:
        inner: Any = node(depth - 1) if depth else None
        return {
            "leaf": 1,
            "strict": 1,
            "maybe": later(inner) if wait else inner,
            "sure": later(inner) if wait else inner,
        }

    text = "{ maybe { leaf maybe { leaf sure { sure { strict } } } } }"

    data, errors = await told(engine, NESTED, text, root={"maybe": node(2)})

    assert data == {"maybe": {"leaf": 1, "maybe": None}}
    assert errors == [("Cannot return null for non-nullable field Node.sure.", ["maybe", "maybe", "sure", "sure"])]


async def test_null_that_nothing_stops_takes_all_data(engine: str) -> None:
    root = {"sure": {"sure": {"sure": {"strict": None}}}, "maybe": {"leaf": 1}}

    data, errors = await told(engine, NESTED, "{ maybe { leaf } sure { sure { sure { strict } } } }", root=root)

    assert data is None
    path = ["sure", "sure", "sure", "strict"]
    assert errors == [("Cannot return null for non-nullable field Node.strict.", path)]


async def test_failures_beside_one_another_are_all_told(engine: str) -> None:
    root = {"maybe": {"leaf": ValueError("one"), "maybe": ValueError("two")}, "sure": {"leaf": failing}}

    data, errors = await told(engine, NESTED, "{ maybe { leaf maybe { leaf } } sure { leaf } }", root=root)

    assert data == {"maybe": {"leaf": None, "maybe": None}, "sure": {"leaf": None}}
    assert sorted(errors) == [
        ("f of it is broken", ["sure", "leaf"]),
        ("one", ["maybe", "leaf"]),
        ("two", ["maybe", "maybe"]),
    ]


# --- At once --------------------------------------------------------------------------------------------------------


async def test_answer_that_waits_for_nothing_is_there_at_once(engine: str) -> None:
    result: Any = start(engine, NESTED, "{ maybe { leaf maybe { strict } } }", root={"maybe": {"leaf": 1, "maybe": {}}})

    assert result.data == {"maybe": {"leaf": 1, "maybe": None}}
