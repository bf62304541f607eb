"""What values become in the answer of a plan: what graphql-core makes of them, to the word."""

import enum
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLEnumType, GraphQLSchema, build_schema
from graphql.pyutils import Undefined

from tests.execution.plans.beside_core import by_plan, same


class Colour(enum.Enum):
    """Plain members, whose hash is no value's."""

    RED = "r"
    BLUE = "b"


SDL = """
enum Colour { RED BLUE }
interface Named { name: String! }
type Thing implements Named {
  name: String! text: String int: Int! float: Float! flag: Boolean id: ID! colour: Colour
  texts: [String!] ints: [Int]! one: Thing many: [Thing!] nested: [[Thing]!] must: Thing! any: Either named: [Named]
}
type Other implements Named { name: String! size: Int }
union Either = Thing | Other
type Query { thing: Thing things: [Thing!] must: Thing! named: Named either: Either }
"""


class Odd:
    """Neither a text nor anything else that a scalar is made of."""

    def __str__(self) -> str:
        return "odd"

    def __repr__(self) -> str:
        return "Odd()"


def _schema() -> GraphQLSchema:
    schema = build_schema(SDL)
    colour = schema.get_type("Colour")
    assert isinstance(colour, GraphQLEnumType)
    for name, value in colour.values.items():
        value.value = Colour[name].value
    return schema


SCHEMA = _schema()
THING = {"name": "a", "int": 1, "float": 1.5, "flag": True, "id": "x", "colour": "r", "texts": ["b"], "ints": [1]}
LEAVES = "{ thing { name text int float flag id colour texts ints } }"


def thing(**changes: object) -> dict[str, object]:
    return {**THING, **changes}


async def test_plain_values_stand_as_they_are() -> None:
    result = await same(SCHEMA, LEAVES, lambda: {"thing": thing()})

    assert result.data is not None
    assert result.data["thing"]["colour"] == "RED"
    assert list(result.data["thing"]) == ["name", "text", "int", "float", "flag", "id", "colour", "texts", "ints"]


@pytest.mark.parametrize("field", ["name", "text", "int", "float", "flag", "id", "colour", "texts", "ints"])
@pytest.mark.parametrize(
    "value",
    [
        None, Undefined, "", "x", "7", 0, -1, 2**31, 2**31 - 1, 1.0, 1.5, float("nan"), float("inf"), True,
        Decimal("2.5"), Odd(), ValueError("a value that is an error"), Colour.RED, "r", "RED", [], [None], ["x", 1],
        [2**40], ("x",), {"a": 1}, deque(["x"]), {"x"}, b"x",
    ],
    ids=repr,
)  # fmt: skip
async def test_unusual_value_becomes_what_graphql_core_makes_of_it(field: str, value: object) -> None:
    await same(SCHEMA, LEAVES, lambda: {"thing": thing(**{field: value})})


@pytest.mark.parametrize("field", ["name", "text", "int", "texts"])
async def test_method_is_called_once(field: str) -> None:
    calls: list[str] = []

    def method(_info: object) -> object:
        calls.append(field)
        return THING.get(field, "called")

    await by_plan(SCHEMA, LEAVES, {"thing": thing(**{field: method})})

    assert calls == [field]
    await same(SCHEMA, LEAVES, lambda: {"thing": thing(**{field: method})})


@pytest.mark.parametrize("field", ["name", "text", "int", "ints", "one", "many"])
async def test_coroutine_in_an_attribute_is_awaited(field: str) -> None:
    async def value() -> object:
        return {"one": thing(), "many": [thing()]}.get(field, THING.get(field))

    text = "{ thing { name text int ints one { name } many { name } } }"
    result = await same(SCHEMA, text, lambda: {"thing": thing(**{field: value()})})

    assert result.errors is None


async def test_coroutines_among_items_are_awaited() -> None:
    async def item(name: str | None) -> object:
        return thing(name=name)

    def root() -> object:
        return {"things": [thing(), item("b"), item("c")], "thing": {**thing(), "many": [item(None)]}}

    result = await same(SCHEMA, "{ things { name } thing { many { name } } }", root)

    assert result.data == {"things": [{"name": "a"}, {"name": "b"}, {"name": "c"}], "thing": {"many": None}}


async def test_any_iterable_is_a_list() -> None:
    def items() -> Iterator[object]:
        yield thing()
        yield thing(name="b")

    async def slowly() -> AsyncGenerator[object]:
        yield thing(name="c")

    await same(SCHEMA, "{ things { name } }", lambda: {"things": items()})
    await same(SCHEMA, "{ things { name } }", lambda: {"things": slowly()})
    await same(SCHEMA, "{ things { name } }", lambda: {"things": deque([thing()])})
    await same(SCHEMA, "{ things { name } }", lambda: {"things": "no list"})
    await same(SCHEMA, "{ things { name } }", lambda: {"things": thing()})


async def test_objects_of_several_classes_stand_in_one_list() -> None:
    class Plain:
        name = "attribute"
        one = None

    def root() -> object:
        return {"things": [thing(name="key"), Plain(), thing(name="key too")]}

    result = await same(SCHEMA, "{ things { name one { name } } }", root)

    assert result.data is not None
    assert [each["name"] for each in result.data["things"]] == ["key", "attribute", "key too"]


@pytest.mark.parametrize("data", [{}, {"thing": None}, {"thing": 5}, {"thing": ValueError("x")}, {"thing": Undefined}])
async def test_object_that_is_none(data: dict[str, Any]) -> None:
    await same(SCHEMA, "{ thing { text must { name } } }", lambda: data)
    await same(SCHEMA, "{ must { name } }", lambda: {"must": data.get("thing")})
