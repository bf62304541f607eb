"""What is selected: fragments, conditions, merged fields, types that are found out while running, and their order."""

from collections.abc import Callable
from typing import Any

import pytest
from graphql import GraphQLObjectType, GraphQLSchema, build_schema

from tests.execution.plans.graphql_core.engines import on_both, start, told
from tests.execution.plans.torture_faults import Later

pytestmark = on_both
ZOO = build_schema("""
type Query { pet: Pet pets: [Pet] any: Any dog: Dog cat: Cat }
interface Pet { name: String friend: Pet }
type Dog implements Pet { name: String friend: Pet barks: Boolean }
type Cat implements Pet { name: String friend: Pet meows: Boolean }
type Stone { name: String }
union Any = Dog | Stone
""")
REX = {"__typename": "Dog", "name": "Rex", "barks": True}
TOM = {"__typename": "Cat", "name": "Tom", "meows": False, "friend": REX}


# --- Conditions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("include", [False, True])
@pytest.mark.parametrize(
    "where",
    ["{{ dog {{ name barks {} }} }}", "{{ dog {{ name ... on Dog {} {{ barks }} }} }}",
     "{{ dog {{ name ... {} {{ barks }} }} }}", "{{ dog {{ name ...F {} }} }} fragment F on Dog {{ barks }}"],
)  # fmt: skip
async def test_conditions_decide_wherever_they_stand(engine: str, where: str, *, skip: bool, include: bool) -> None:
    literal = f"@skip(if: {str(skip).lower()}) @include(if: {str(include).lower()})"
    asked = f"query ($s: Boolean!, $i: Boolean = {str(include).lower()}) " + where.format(
        "@skip(if: $s) @include(if: $i)"
    )
    dog = {"name": "Rex"} | ({"barks": True} if include and not skip else {})

    assert await told(engine, ZOO, where.format(literal), root={"dog": REX}) == ({"dog": dog}, [])
    assert await told(engine, ZOO, asked, root={"dog": REX}, values={"s": skip}) == ({"dog": dog}, [])


async def test_selection_of_which_everything_is_skipped_is_empty(engine: str) -> None:
    text = "{ dog { name @skip(if: true) ... on Dog @include(if: false) { barks } } }"

    assert await told(engine, ZOO, text, root={"dog": REX}) == ({"dog": {}}, [])


async def test_fragment_is_left_out_where_its_type_does_not_fit(engine: str) -> None:
    text = "{ pets { ... on Dog { barks } ...C name } } fragment C on Cat { meows friend { ... on Cat { meows } } }"

    data, errors = await told(engine, ZOO, text, root={"pets": [REX, TOM, None]})

    assert errors == []
    assert data == {"pets": [{"barks": True, "name": "Rex"}, {"meows": False, "friend": {}, "name": "Tom"}, None]}


# --- Merging and order ----------------------------------------------------------------------------------------------


async def test_fields_are_answered_in_the_order_in_which_they_first_stand(engine: str) -> None:
    text = "{ cat { ...F name x: name ... on Pet { __typename } meows } } fragment F on Cat { meows friend { name } }"

    data, _ = await told(engine, ZOO, text, root={"cat": TOM})

    assert list(data["cat"]) == ["meows", "friend", "name", "x", "__typename"]


async def test_same_field_is_resolved_once_for_all_places_that_ask(engine: str) -> None:
    calls: list[str] = []

    def dog(_: Any) -> Any:
        calls.append("dog")
        return REX

    text = "{ dog { name } ... { dog { barks } } ...F } fragment F on Query { dog { name a: __typename } }"

    data, _ = await told(engine, ZOO, text, root={"dog": dog})

    assert calls == ["dog"]
    assert data == {"dog": {"name": "Rex", "barks": True, "a": "Dog"}}


async def test_same_field_under_two_names_is_resolved_twice(engine: str) -> None:
    data, _ = await told(engine, ZOO, "{ a: dog { name } b: dog { x: name y: name } }", root={"dog": REX})

    assert data == {"a": {"name": "Rex"}, "b": {"x": "Rex", "y": "Rex"}}


# --- Abstract types -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, ("Abstract type 'Any' must resolve to an Object type at runtime for field 'Query.any'. Either the 'Any'"
             " type should provide a 'resolve_type' function or each possible type should provide an 'is_type_of'"
             " function.")),
        ({"__typename": "Cow"},
         "Abstract type 'Any' was resolved to a type 'Cow' that does not exist inside the schema."),
        ({"__typename": "Pet"}, "Abstract type 'Any' was resolved to a non-object type 'Pet'."),
        ({"__typename": "Cat"}, "Runtime Object type 'Cat' is not a possible type for 'Any'."),
    ],
    ids=["none", "unknown", "interface", "another"],
)  # fmt: skip
async def test_value_of_no_type_that_may_stand_there_is_a_failure(engine: str, value: Any, said: str) -> None:
    assert await told(engine, ZOO, "{ any { __typename } }", root={"any": value}) == ({"any": None}, [(said, ["any"])])


def with_checks(wait: int, answer: Callable[[Any, str], bool]) -> GraphQLSchema:
    schema = build_schema("type Query { any: [Any] } union Any = One | Two type One { a: Int } type Two { a: Int }")

    def check(name: str) -> Any:
        def is_type_of(value: Any, _: Any) -> Any:
            return Later(wait, lambda: answer(value, name)) if wait else answer(value, name)

        return is_type_of

    for name in ("One", "Two"):
        type_ = schema.type_map[name]
        assert isinstance(type_, GraphQLObjectType)
        type_.is_type_of = check(name)
    return schema


def _says(value: Any, name: str) -> bool:
    return value["is"] == name


def _divides(value: Any, name: str) -> bool:
    return 1 // value["n"] == 1 and name == "Two"


@pytest.mark.parametrize("wait", [0, 2])
async def test_types_are_asked_in_turn_whether_a_value_is_theirs(engine: str, wait: int) -> None:
    schema = with_checks(wait, _says)

    data, errors = await told(
        engine,
        schema,
        "{ any { __typename ... on Two { a } } }",
        root={"any": [{"is": "One", "a": 1}, {"is": "Two", "a": 2}]},
    )

    assert (data, errors) == ({"any": [{"__typename": "One"}, {"__typename": "Two", "a": 2}]}, [])


@pytest.mark.parametrize("wait", [0, 2])
async def test_type_that_fails_to_say_fails_the_value_alone(engine: str, wait: int) -> None:
    schema = with_checks(wait, _divides)

    data, errors = await told(engine, schema, "{ any { a } }", root={"any": [{"n": 0}, {"n": 1, "a": 2}]})

    assert data == {"any": [None, {"a": 2}]}
    assert errors == [("integer division or modulo by zero", ["any", 0])]


async def test_answer_of_several_types_at_once_needs_no_waiting(engine: str) -> None:
    result: Any = start(engine, ZOO, "{ pets { __typename friend { __typename } } }", root={"pets": [REX, TOM]})

    assert [pet["__typename"] for pet in result.data["pets"]] == ["Dog", "Cat"]
