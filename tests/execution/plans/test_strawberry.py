"""Strawberry's resolvers in a plan: called with what the library would call them with, once."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from typing import Annotated, Any

import pytest
import strawberry
from graphql import GraphQLSchema
from strawberry.permission import BasePermission
from strawberry.schema.config import StrawberryConfig

from execution import hints
from execution.batch import batch
from tests.execution.plans.beside_core import by_core, by_plan, same


@dataclass
class Context:
    """What resolvers get, and note."""

    calls: list[str] = field(default_factory=list[str])


Info = strawberry.Info[Context, None]


class Denied(BasePermission):
    """Lets nobody through."""

    message = "denied"

    async def has_permission(self, source: Any, info: Any, **_: object) -> bool:
        return source["id"] != 2


@strawberry.enum
class Size(Enum):
    SMALL = "s"
    LARGE = "l"


@strawberry.input
class Wanted:
    name: str
    sizes: list[Size] = strawberry.field(default_factory=list[Size])
    more: "Wanted | None" = None
    maybe: strawberry.Maybe[int | None]


@batch
async def _friends(robots: Sequence[Any], info: Info) -> Sequence[Any]:
    info.context.calls.append(f"friends of {[robot['id'] for robot in robots]}")
    await asyncio.sleep(0)
    return [robot["friends"] for robot in robots]


@batch
def _ages(robots: Sequence[Any], info: Info, plus: int = 0) -> Sequence[Any]:
    assert info.field_name == "age"
    return [ValueError("no age") if robot["age"] is None else robot["age"] + plus for robot in robots]


@batch
def _broken(robots: Sequence[Any], info: Info) -> Sequence[Any]:
    message = "all of them"
    raise ValueError(message)


async def _told(robot: strawberry.Parent[Any], info: Info) -> str:
    return f"{robot['id']} {info.path.as_list()} {info.field_name} {info.python_name} {info.return_type}"


def _selected(info: Info) -> list[str]:
    return [selection.name for each in info.selected_fields for selection in each.selections]  # type: ignore[union-attr]


def _wants(
    robot: strawberry.Parent[Any],
    wanted: Annotated[list[Wanted], strawberry.argument(description="What.")],
    sizes: list[Size] | None = None,
) -> str:
    wanted.append(Wanted(name="changed", maybe=None))
    return f"{wanted} {sizes}"


@strawberry.type
class Robot:
    id: int
    size: Size
    made: datetime
    friends: "list[Robot]" = strawberry.field(resolver=_friends)
    age: int | None = strawberry.field(resolver=_ages)
    broken: int | None = strawberry.field(resolver=_broken)
    told: str = strawberry.field(resolver=_told)
    wants: str = strawberry.field(resolver=_wants)
    secret: str | None = strawberry.field(resolver=lambda: "hidden", permission_classes=[Denied])

    @strawberry.field
    def method(self, info: Info) -> str:
        info.context.calls.append(f"method {self['id']}")  # type: ignore[index]
        return f"{self['id']} of {info.parent_type if hasattr(info, 'parent_type') else 'nobody'}"  # type: ignore[index]

    @strawberry.field
    async def root(root, info: Info) -> int:  # noqa: N805
        return root["id"]  # type: ignore[index]


def _robots() -> list[dict[str, Any]]:
    made = datetime(2026, 11, 23, 12, 0, 0, 250, tzinfo=UTC)
    robots: list[dict[str, Any]] = [
        {"id": number, "size": size, "made": made, "age": age, "friends": []}
        for number, size, age in [(1, Size.SMALL, 5), (2, "l", None), (3, Size.LARGE, 7)]
    ]
    robots[0]["friends"] = robots[1:]
    robots[2]["friends"] = robots[:1]
    robots[1]["made"] = made.replace(tzinfo=timezone(timedelta(hours=2, seconds=7)))
    robots[2]["made"] = made.replace(tzinfo=None)
    return robots


@strawberry.type
class Query:
    @strawberry.field
    def robots(self) -> list[Robot]:
        return _robots()  # type: ignore[return-value]

    @strawberry.field
    async def robot(self, info: Info, number: int = 1) -> Robot:
        info.context.calls.append(f"robot {number}")
        return _robots()[number - 1]  # type: ignore[return-value]

    selected: Robot | None = strawberry.field(resolver=lambda: None)
    names: list[str] = strawberry.field(resolver=_selected)


_CONFIG = StrawberryConfig(default_resolver=hints.read)
SCHEMA: GraphQLSchema = strawberry.Schema(query=Query, config=_CONFIG)._schema  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize(
    "text",
    [
        "{ robots { id size made method root } }",
        "{ robots { told friends { told } } robot { told } }",
        "{ robots { age(plus: 2) friends { age friends { id age } } } }",
        "{ robots { id broken friends { broken } } }",
        "{ robots { id secret } }",
        '{ robots { wants(wanted: {name: "x"}, sizes: [SMALL, LARGE]) } }',
        '{ robots { wants(wanted: [{name: "x", sizes: LARGE, maybe: null, more: {name: "y", maybe: 4}}]) } }',
        "{ robots { wants(wanted: []) } }",
        "{ a: robot(number: 1) { id } b: robot(number: 2) { id } }",
        "{ robot(number: 99) { id } }",
        "{ selected { id } names }",
    ],
)
async def test_resolvers_get_what_the_library_gives_them(text: str) -> None:
    # Twice: what one execution is given, the next one must not find changed.
    for _ in range(2):
        await same(SCHEMA, text, make_context=Context)


async def test_arguments_from_variables_are_converted() -> None:
    text = "query ($w: [Wanted!]!, $s: [Size!], $n: Int!) { robots { wants(wanted: $w, sizes: $s) age(plus: $n) } }"
    wanted = {"name": "x", "sizes": ["LARGE"], "more": {"name": "y"}}

    result = await same(SCHEMA, text, variables={"w": [wanted], "s": ["SMALL"], "n": 3}, make_context=Context)
    await same(SCHEMA, text, variables={"w": [{}], "n": 3}, make_context=Context)

    assert result.data is not None
    assert "Size.LARGE" in result.data["robots"][0]["wants"]


async def test_batch_is_called_once_for_a_level() -> None:
    plan, core = Context(), Context()
    text = "{ robots { friends { friends { id } } } }"

    result = await by_plan(SCHEMA, text, context=plan)
    expected = await by_core(SCHEMA, text, context=core)

    assert result.data == expected.data
    assert plan.calls == ["friends of [1, 2, 3]", "friends of [2, 3, 1]"]
    assert sorted(core.calls) == [f"friends of [{number}]" for number in (1, 1, 2, 2, 3, 3)]


async def test_failure_in_a_batch_is_that_of_its_own_parent() -> None:
    result = await same(SCHEMA, "{ robots { age } }", make_context=Context)

    assert result.data == {"robots": [{"age": 5}, {"age": None}, {"age": 7}]}
    assert [error.path for error in result.errors or []] == [["robots", 1, "age"]]


async def test_batch_of_the_wrong_length_fails_for_all() -> None:
    @batch
    def short(parents: Sequence[Any], info: Info) -> list[int]:
        return [1 for _ in parents[1:]]

    @strawberry.type
    class Item:
        number: int | None = strawberry.field(resolver=short)

    @strawberry.type
    class Items:
        @strawberry.field
        def items(self) -> list[Item]:
            return [Item(), Item()]

    schema = strawberry.Schema(query=Items)._schema  # pyright: ignore[reportPrivateUsage]

    result = await by_plan(schema, "{ items { number } }", context=Context())

    assert result.data == {"items": [{"number": None}, {"number": None}]}
    assert [error.message for error in result.errors or []] == [
        "a batch resolver returned 1 values for 2 objects",
        "a batch resolver returned 1 values for 2 objects",
    ]


async def test_selections_are_those_of_the_field_that_asks() -> None:
    @strawberry.type
    class Leaf:
        a: str
        b: str

    def chosen(info: Info) -> Leaf:
        [own] = info.selected_fields
        names = [getattr(each, "name", "...") for each in own.selections]
        return Leaf(a=f"{names}", b=f"{own.arguments}")  # type: ignore[union-attr]

    @strawberry.type
    class Root:
        one: Leaf = strawberry.field(resolver=chosen)

        @strawberry.field
        def two(self, info: Info, text: str = "") -> Leaf:
            return chosen(info)

    schema = strawberry.Schema(query=Root)._schema  # pyright: ignore[reportPrivateUsage]

    for variable in ("x", "y"):
        text = "query ($t: String!) { one { a b } x: one { b } two(text: $t) { a ...F } } fragment F on Leaf { b }"
        await same(schema, text, variables={"t": variable}, make_context=Context)
