"""The cost of operations: equal to a naive count of the largest answer, and never another for being remembered."""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import (
    FragmentDefinitionNode,
    GraphQLSchema,
    OperationDefinitionNode,
    get_introspection_query,
    parse,
    validate,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from execution.cost import WRITE, Cost
from execution.documents import Document, Documents
from execution.limits import TOO_COMPLEX, Limits, TooComplex
from schema import schema
from tests.execution import prices
from tests.execution.work import calls_within

REAL: GraphQLSchema = schema._schema  # pyright: ignore[reportPrivateUsage]
SMALL = Limits(page=prices.PAGE, largest_page=prices.LARGEST, list=prices.LIST)
DISCOVER = """
query Discover($first: Int, $after: String, $filter: EventFilter) {
  events(first: $first, after: $after, filter: $filter) {
    edges { cursor node { id title tags organization { name } ticketTiers { name price { amountMinor currency } } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


def cost_of(text: str, on: GraphQLSchema = REAL, limits: Limits = SMALL) -> Cost:
    document = parse(text)
    operation = next(node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    return Cost(on, limits, operation, fragments)


async def prepared(text: str, limits: Limits | None = None) -> Document:
    documents = Documents(REAL, limits or Limits())
    try:
        return await documents.prepare(text)
    finally:
        documents.close()


# --- Any operation ----------------------------------------------------------------------------------------------------


@settings(max_examples=250, deadline=None)
@given(prices.operations(), prices.variables())
def test_cost_is_that_of_the_largest_answer_counted_field_by_field(
    operation: prices.Priced, variables: dict[str, object]
) -> None:
    assert cost_of(str(operation), prices.SCHEMA).of(variables) == operation.cost(variables)


@settings(max_examples=150, deadline=None)
@given(prices.operations(), st.lists(prices.variables(), min_size=2, max_size=12))
def test_what_was_asked_before_changes_no_answer(operation: prices.Priced, asked: list[dict[str, object]]) -> None:
    cost = cost_of(str(operation), prices.SCHEMA)

    assert [cost.of(variables) for variables in asked] == [operation.cost(variables) for variables in asked]


def test_every_value_of_a_size_is_told_from_every_other() -> None:
    text = "query ($a: Int, $i: [ID!]!) { things(first: $a) { nodes { id } } nodes(ids: $i) { id } }"
    given = [{"a": a, "i": i} for a in prices.VALUES for i in prices.VALUES]
    cost = cost_of(text, prices.SCHEMA)

    remembered = [cost.of(variables) for variables in given]

    assert remembered == [cost_of(text, prices.SCHEMA).of(variables) for variables in given]


@settings(max_examples=30, deadline=None)
@given(prices.operations())
def test_drawn_operations_are_mostly_what_their_schema_knows(operation: prices.Priced) -> None:
    # The other tests of this file prove nothing about operations that could not run.
    unknown = [error for error in validate(prices.SCHEMA, parse(str(operation))) if "Cannot query" in error.message]

    assert unknown == []


# --- Our schema -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "entries"), [(1, 1), (20, 20), (500, 500), (501, 500), (10**30, 500), (None, 20)])
async def test_discovering_costs_its_fields_for_each_event(first: int | None, entries: int) -> None:
    operation = (await prepared(DISCOVER)).operation("Discover")

    # Of each edge: cursor, node, id, title, tags, organization, name, and five tiers with a name and a price of two.
    each = 7 + 1 + Limits().list * 4
    assert operation.cost.of({"first": first}) == 1 + (1 + entries * each) + 3


async def test_nodes_cost_as_much_as_there_are_ids() -> None:
    operation = (await prepared("query ($ids: [ID!]!) { nodes(ids: $ids) { id ... on Event { title } } }")).operation(
        None
    )

    assert operation.cost.of({"ids": ["x"] * 100}) == 1 + 100 * 2
    assert operation.cost.of({"ids": []}) == 1


@pytest.mark.parametrize(
    "size", ["-1", "-99999999999", "true", '"20"', "1.5", "9" * 5_000, "null", "[1]", "{a: 1}", "X"]
)
def test_size_that_is_none_is_priced_without_failing(size: str) -> None:
    assert 1 <= cost_of(f"{{ events(first: {size}) {{ edges {{ cursor }} }} }}").of({}) <= 1 + 1 + 500


@pytest.mark.parametrize("size", [-1, -(10**30), True, "20", 1.5, 10**30, 1e300, None, [1] * 500, {"a": 1}])
def test_variable_that_is_no_size_is_priced_without_failing(size: object) -> None:
    cost = cost_of("query ($size: Int) { events(first: $size) { edges { cursor } } }", limits=Limits())

    assert 1 <= cost.of({"size": size}) <= 1 + 1 + 500
    assert cost.of({"size": 500}) == 1 + 1 + 500


def test_change_costs_more_than_a_question() -> None:
    text = "mutation ($input: RegisterInput!) { register(input: $input) { problems { code } } }"

    assert cost_of(text, limits=Limits()).of({"input": {}}) == WRITE + 1 + Limits().list


async def test_operation_beyond_the_limit_is_refused_with_both_figures() -> None:
    operation = (await prepared(DISCOVER, Limits(cost=100))).operations
    text = "query ($n: Int) { events(first: $n) { edges { cursor } } }"
    counted = (await prepared(text, Limits(cost=100))).operation(None)

    assert operation == {}, "with the default size it costs more already"
    assert counted.priced({"n": 98}, Limits(cost=100)) == 100
    with pytest.raises(TooComplex, match="101 field values") as refused:
        counted.priced({"n": 99}, Limits(cost=100))
    assert refused.value.extensions == {"code": TOO_COMPLEX, "limit": 100, "found": 101}


async def test_tool_that_asks_for_the_whole_schema_is_served() -> None:
    document = await prepared(get_introspection_query(descriptions=True, input_value_deprecation=True))
    operation = document.operation("IntrospectionQuery")

    assert operation.static
    assert 1_000 < operation.priced({}, Limits()) < Limits().introspection_cost


def test_pages_below_pages_have_an_end_to_their_cost() -> None:
    levels = 15
    fragments = [
        f"fragment F{n} on Organization {{ events(first: {450 + n}) {{ edges {{ node {{ organization {{"
        f" ...F{n + 1} ...F{n + 1} }} }} }} }} }}"
        for n in range(levels)
    ]
    text = (
        '{ organization(slug: "x") { ...F0 } } ' + " ".join(fragments) + f" fragment F{levels} on Organization {{ id }}"
    )
    cost = cost_of(text, limits=Limits())

    with calls_within(2_000 * levels):
        found = cost.of({})

    assert Limits().cost < found < 2**53


def test_every_list_with_a_page_is_a_connection() -> None:
    # Of a field with `first` or `last`, only `edges` and `nodes` below it are multiplied.
    for type_ in REAL.type_map.values():
        fields: Mapping[str, Any] = getattr(type_, "fields", {})
        for name, field in fields.items():
            if {"first", "last"} & set(getattr(field, "args", ())):
                assert str(field.type).endswith("Connection!"), f"{type_.name}.{name}"
