"""Runs a document by its plan and by graphql-core, and holds the one to the other."""

from collections.abc import Callable, Mapping
from inspect import isawaitable
from typing import Any, cast

import orjson
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, execute, parse  # pyright: ignore[reportUnknownVariableType]

from execution.plans import Plan, compile_plan, flags_of

MakeRoot = Callable[[], Any]


def planned(schema: GraphQLSchema, text: str, variables: Mapping[str, Any] | None = None) -> Plan:
    """The plan of the only operation."""
    document = parse(text)
    flags = {name: (variables or {}).get(name, default) for name, default in flags_of(document, None).items()}
    return compile_plan(schema, document, None, flags=cast("Mapping[str, bool]", flags))


async def by_plan(
    schema: GraphQLSchema, text: str, root: Any = None, variables: Mapping[str, Any] | None = None, context: Any = None
) -> ExecutionResult:
    """What the plan makes of it."""
    found = planned(schema, text, variables).execute(variables or {}, root=root, context=context)
    return await found if isawaitable(found) else found


async def by_core(
    schema: GraphQLSchema, text: str, root: Any = None, variables: Mapping[str, Any] | None = None, context: Any = None
) -> ExecutionResult:
    """What graphql-core makes of it, with the executor that the schema's library runs it with."""
    strawberry: Any = getattr(schema, "_strawberry_schema", None)
    options: dict[str, Any] = {}
    if strawberry is not None:
        options = {"executor_class": strawberry.execution_context_class, "operation_extensions": None}
    found = execute(schema, parse(text), root, context, dict(variables or {}), **options)
    return await found if isawaitable(found) else found


async def same(
    schema: GraphQLSchema,
    text: str,
    make_root: MakeRoot = lambda: None,
    variables: Mapping[str, Any] | None = None,
    *,
    make_context: MakeRoot = lambda: None,
) -> ExecutionResult:
    """The plan's result, which is graphql-core's: data to the byte, and errors whatever their order."""
    plan = await by_plan(schema, text, make_root(), variables, make_context())
    core = await by_core(schema, text, make_root(), variables, make_context())
    assert orjson.dumps(plan.data) == orjson.dumps(core.data)
    assert told(plan.errors) == told(core.errors)
    return plan


def told(errors: list[GraphQLError] | None) -> list[str]:
    """Errors as they are answered."""
    return sorted(str(error.formatted) for error in errors or [])
