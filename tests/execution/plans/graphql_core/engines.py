"""Runs a document on either engine, for tests that say what comes out of both."""

from collections.abc import Mapping
from inspect import isawaitable
from typing import Any, cast

import pytest
from graphql import ExecutionResult, GraphQLSchema, parse
from graphql import execute as execute_plainly  # pyright: ignore[reportUnknownVariableType]

from execution.plans import compile_plan, flags_of

Values = Mapping[str, Any]
ENGINES = ("core", "plans")
on_both = pytest.mark.parametrize("engine", ENGINES)


def start(
    engine: str,
    schema: GraphQLSchema,
    text: str,
    *,
    root: Any = None,
    context: Any = None,
    values: Values | None = None,
    name: str | None = None,
) -> Any:
    """What the engine returns, which may have to be awaited."""
    document, given = parse(text), values or {}
    if engine == "core":
        return execute_plainly(schema, document, root, context, dict(given), name)
    flags = {flag: given.get(flag, default) for flag, default in flags_of(document, name).items()}
    assert all(isinstance(flag, bool) for flag in flags.values())
    plan = compile_plan(schema, document, name, flags=cast("Mapping[str, bool]", flags))
    return plan.execute(given, root=root, context=context)


async def told(
    engine: str, schema: GraphQLSchema, text: str, **options: Any
) -> tuple[Any, list[tuple[str, list[Any]]]]:
    """The data, and each error's message and path."""
    answer = start(engine, schema, text, **options)
    result: ExecutionResult = await answer if isawaitable(answer) else answer
    return result.data, [(error.message, list(error.path or [])) for error in result.errors or ()]
