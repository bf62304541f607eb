"""What documents select: fragments, aliases, variables, conditions; and which are left to graphql-core."""

from typing import Any

import pytest
from graphql import DocumentNode, GraphQLSchema, build_schema, parse

from execution.plans import Unsupported, compile_plan, flags_of
from tests.execution.plans.beside_core import by_core, by_plan, planned, same

INCREMENTAL = build_schema("""
directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
type Query { node: Int }
""")
SDL = """
interface Node { id: ID! related: [Node!] }
type A implements Node { id: ID! related: [Node!] name(upper: Boolean = false, in: In): String a: A }
type B implements Node { id: ID! related: [Node!] size: Int a: A }
type C implements Node { id: ID! related: [Node!] }
union Either = A | B
input In { text: String! = "x", numbers: [Int!] }
type Query { node: Node nodes: [Node!]! either: [Either] a(n: Int!, list: [In!] = [{numbers: [1]}]): A }
type Mutation { add(n: Int!): Int note(n: Int!): A! }
type Subscription { ticks: Int }
"""
SCHEMA: GraphQLSchema = build_schema(SDL)


def node(kind: str, **values: object) -> dict[str, object]:
    def name(_info: object, **arguments: object) -> str:
        return repr(sorted(arguments.items()))

    return {"__typename": kind, "id": kind.lower(), "name": name, "size": 3, "a": None, "related": [], **values}


def world() -> dict[str, object]:
    def a(_info: object, **arguments: object) -> dict[str, object]:
        return node("A", id=repr(arguments))

    inner = [node("C"), node("A", a=node("A", id="deep")), node("B", a=node("A"))]
    return {
        "node": node("B", related=inner, a=node("A", related=[node("C")])),
        "nodes": [node("A", related=inner), node("B"), node("C", related=None)],
        "either": [node("B"), None, node("A")],
        "a": a,
    }


@pytest.mark.parametrize(
    "text",
    [
        "{ node { id __typename } other: node { x: id y: id } }",
        "{ nodes { id ... on A { name } ... on B { size } } }",
        "{ nodes { ... on Node { id related { ... on Node { __typename } } } ... on A { related { id } } } }",
        "{ nodes { ...F } } fragment F on Node { id related { ...G } } fragment G on Node { ... on B { a { name } } }",
        "{ nodes { ...F ...F related { __typename } } } fragment F on Node { related { id } }",
        "{ either { __typename ... on A { name(upper: true) } ... on B { n: size } ... on Node { id } } }",
        "{ either { ... on A { related { id } } ... on Node { related { __typename } } } }",
        "{ __typename ... { __typename } ... on Query { node { id } } }",
        "{ nodes { ... on C { id } } }",
        '{ a(n: 5) { id name(in: {text: "y", numbers: 4}) } }',
        '{ a(n: 1, list: {text: "z"}) { id } b: a(n: 2, list: []) { id } }',
        '{ __schema { queryType { name fields { name } } } __type(name: "A") { kind } node { id } }',
    ],
)
async def test_selection_is_answered_as_graphql_core_does(text: str) -> None:
    result = await same(SCHEMA, text, world)

    assert result.errors is None


@pytest.mark.parametrize(
    "variables",
    [
        {}, {"n": 1}, {"n": "1"}, {"n": None}, {"n": 2, "in": {"text": "y"}}, {"n": 2, "in": None},
        {"n": 2, "in": {"numbers": ["x"]}}, {"n": 1, "list": [{"numbers": 5}]}, {"n": 1, "unknown": True},
    ],
    ids=repr,
)  # fmt: skip
async def test_variables_are_those_of_graphql_core(variables: dict[str, Any]) -> None:
    text = """query ($n: Int!, $in: In = {text: "default"}, $list: [In!], $upper: Boolean) {
      a(n: $n, list: $list) { id name(in: $in, upper: $upper) }
    }"""

    await same(SCHEMA, text, world, variables)


CONDITIONS = """query ($yes: Boolean!, $no: Boolean = false) {
  node { id @include(if: $yes) x: id @skip(if: $no) ...F @include(if: $no) ... @skip(if: $yes) { __typename } }
  a(n: 1) @include(if: $yes) { id }
}
fragment F on B { size @skip(if: $no) a { id @include(if: true) name @skip(if: true) } }
"""


@pytest.mark.parametrize("yes", [True, False])
@pytest.mark.parametrize("no", [True, False, None])
async def test_conditions_choose_the_plan(*, yes: bool, no: bool | None) -> None:
    await same(SCHEMA, CONDITIONS, world, {"yes": yes} if no is None else {"yes": yes, "no": no})


async def test_object_of_which_nothing_is_selected_is_empty() -> None:
    result = await same(SCHEMA, "query ($no: Boolean!) { node { id @include(if: $no) } }", world, {"no": False})

    assert result.data == {"node": {}}


def test_variables_of_conditions_are_named_with_their_defaults() -> None:
    assert flags_of(parse(CONDITIONS), None) == {"yes": None, "no": False}
    assert flags_of(parse("{ node { id } }"), None) == {}


async def test_plan_refuses_variables_that_choose_another() -> None:
    plan = planned(SCHEMA, CONDITIONS, {"yes": True})

    with pytest.raises(ValueError, match=r"\$no"):
        plan.execute({"yes": True, "no": True}, root=world())


async def test_fields_of_a_mutation_run_one_after_the_other() -> None:
    log: list[str] = []

    async def add(_info: object, n: int) -> int:
        log.append(f"begin {n}")
        if n == 2:
            message = "two"
            raise ValueError(message)
        log.append(f"end {n}")
        return n

    async def noted(_info: object) -> str:
        log.append("noted")
        return "x"

    def note(_info: object, n: int) -> object:
        return node("A", id=noted, name=n)

    def root() -> dict[str, object]:
        log.clear()
        return {"add": add, "note": note}

    text = "mutation { a: add(n: 1) b: add(n: 2) note(n: 3) { id } c: add(n: 4) }"
    result = await by_plan(SCHEMA, text, root())
    ours = list(log)
    core = await by_core(SCHEMA, text, root())

    assert ours == log == ["begin 1", "end 1", "begin 2", "noted", "begin 4", "end 4"]
    assert result.data == core.data == {"a": 1, "b": None, "note": {"id": "x"}, "c": 4}


async def test_nothing_of_a_mutation_runs_after_it_has_become_null() -> None:
    log: list[int] = []

    def add(_info: object, n: int) -> int:
        log.append(n)
        return n

    def note(_info: object, n: int) -> None:
        log.append(n)

    result = await by_plan(SCHEMA, "mutation { add(n: 1) note(n: 4) { id } b: add(n: 2) }", {"add": add, "note": note})

    assert (result.data, log) == (None, [1, 4])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("subscription { ticks }", "subscription"),
        ("{ ... @defer { node { id } } }", "@defer or @stream"),
        ("query A { node { id } } query B { node { id } }", "no single operation"),
        ("fragment F on Query { node { id } }", "no single operation"),
        ("query @experimental_disableErrorPropagation { node { id } }", "error propagation is off"),
    ],
)
def test_what_is_not_compiled_says_why(text: str, reason: str) -> None:
    document: DocumentNode = parse(text)

    with pytest.raises(Unsupported) as unsupported:
        compile_plan(SCHEMA, document, None, flags={})

    assert unsupported.value.reason == reason


def test_operation_is_chosen_by_its_name() -> None:
    document = parse("query A { node { id } } query B { nodes { id } }")

    result: Any = compile_plan(SCHEMA, document, "B", flags={}).execute({}, root=world())

    assert list(result.data) == ["nodes"]


def test_schema_that_defers_is_left_to_graphql_core() -> None:
    with pytest.raises(Unsupported, match="@defer or @stream"):
        compile_plan(INCREMENTAL, parse("{ node }"), None, flags={})
