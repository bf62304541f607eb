"""Failures in a plan: what becomes null, how far it spreads, and what is told about it."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest
from graphql import GraphQLError, build_schema

from tests.execution.plans.beside_core import by_plan, same

SDL = """
interface Node { id: ID! }
type A implements Node {
  id: ID! name: String must: String! one: A sure: A! many: [A] full: [A!] all: [A!]! deep: [[A!]]!
}
type B implements Node { id: ID! size: Int! }
union Either = A | B
type Query { a: A sure: A! list: [A] full: [A!] all: [A!]! node: Node nodes: [Node] either: [Either!] }
"""
SCHEMA = build_schema(SDL)


def a(**values: object) -> dict[str, object]:
    return {"__typename": "A", "id": "1", "name": "n", "must": "m", **values}


def raising(_info: object) -> object:
    message = "broken"
    raise ValueError(message)


BAD = object()


def filled(value: object, failure: object) -> Any:
    """The value with the failure where `BAD` stands."""
    if value is BAD:
        return failure
    if isinstance(value, list):
        return [filled(item, failure) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: filled(item, failure) for key, item in cast("dict[str, object]", value).items()}
    return value


async def raising_late(_info: object) -> object:
    await asyncio.sleep(0)
    message = "broken late"
    raise ValueError(message)


@pytest.mark.parametrize("failure", [raising, raising_late, None, ValueError("a value")])
@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("{ a { id name } }", {"a": a(name=BAD)}),
        ("{ a { id must } }", {"a": a(must=BAD)}),
        ("{ a { name one { must } } }", {"a": a(one=a(must=BAD))}),
        ("{ a { name sure { must } } }", {"a": a(sure=a(must=BAD))}),
        ("{ a { sure { sure { must } } } list { id } }", {"a": a(sure=a(sure=a(must=BAD))), "list": [a()]}),
        ("{ sure { must } }", {"sure": a(must=BAD)}),
        ("{ list { must } }", {"list": [a(), a(must=BAD), a()]}),
        ("{ full { must } }", {"full": [a(), a(must=BAD), a()]}),
        ("{ all { must } }", {"all": [a(), a(must=BAD)]}),
        ("{ all { name one { full { must } } } }", {"all": [a(), a(one=a(full=[a(must=BAD)]))]}),
        ("{ a { deep { must } } }", {"a": a(deep=[[a()], [a(must=BAD), a()], []])}),
        ("{ list { many { one { must } } } }", {"list": [None, a(many=[None, a(one=a(must=BAD))])]}),
        ("{ list { id } }", {"list": [a(), BAD]}),
        ("{ node { ... on A { must } id } }", {"node": a(must=BAD)}),
        ("{ either { ... on A { must } ... on B { size } } }", {"either": [a(must=BAD)]}),
        ("{ a { one { id } sure { id } } }", {"a": a(one=BAD, sure=a())}),
        ("{ a { one { id } sure { id } } }", {"a": a(one=a(), sure=BAD)}),
    ],
)  # fmt: skip
async def test_failure_becomes_null_as_far_as_it_has_to(text: str, root: object, failure: object) -> None:
    await same(SCHEMA, text, lambda: filled(root, failure))


async def test_error_says_where_it_happened() -> None:
    result = await by_plan(SCHEMA, "{ list { all: many { x: one { must } } } }", {
        "list": [a(many=[]), None, a(many=[a(one=None), a(one=a(must=raising))])],
    })  # fmt: skip

    [error] = result.errors or []
    assert error.path == ["list", 2, "all", 1, "x", "must"]
    assert error.message == "broken"
    assert isinstance(error.original_error, ValueError)
    assert result.data == {"list": [{"all": []}, None, {"all": [{"x": None}, {"x": None}]}]}


async def test_each_object_has_its_own_failures() -> None:
    def bad(index: int) -> Callable[[object], object]:
        def resolve(_info: object) -> object:
            message = f"broken {index}"
            raise GraphQLError(message, extensions={"index": index})

        return resolve

    result = await same(SCHEMA, "{ list { name must } }", lambda: {"list": [a(name=bad(index)) for index in range(3)]})

    assert result.data == {"list": [{"name": None, "must": "m"}] * 3}
    assert [error.extensions for error in result.errors or []] == [{"index": index} for index in range(3)]


@pytest.mark.parametrize("typename", [None, "Nothing", "Query", "Node", "Either", 5])
async def test_object_of_no_fitting_type_is_an_error(typename: object) -> None:
    odd = {"__typename": typename, "id": "1", "size": 1}

    await same(SCHEMA, "{ node { id } }", lambda: {"node": odd})
    await same(SCHEMA, "{ nodes { id } a { id } }", lambda: {"nodes": [a(), odd, a()], "a": a()})
    await same(SCHEMA, "{ either { ... on B { size } } }", lambda: {"either": [{"__typename": "B", "size": 1}, odd]})


async def test_cancelled_operation_is_cancelled() -> None:
    started = asyncio.Event()

    async def never(_info: object) -> object:
        started.set()
        return await asyncio.Event().wait()

    running = asyncio.ensure_future(by_plan(SCHEMA, "{ a { id } sure { id } }", {"a": never, "sure": a()}))
    await started.wait()
    running.cancel()

    with pytest.raises(asyncio.CancelledError):
        await running
