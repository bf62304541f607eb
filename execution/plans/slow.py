"""What a plan leaves to graphql-core: completing one value that is no ordinary one, with all that is selected below it.

The value is in hand: nothing is resolved twice.
"""

from collections.abc import Awaitable
from typing import cast

from graphql import GraphQLError
from graphql.pyutils import Path

from execution.plans.columns import Column, Raised, Value
from execution.plans.core import Type, is_awaitable
from execution.plans.places import Places
from execution.plans.run import Run, Selected


def complete(run: Run, field: Selected, type_: Type, path: Path, value: Value) -> Value:
    """What the value becomes in the answer, `Raised`, or an awaitable of either. A value is not awaited."""
    try:
        completed = _finish(run, field, type_, path, value)
    except Exception as error:
        return _failed(run, field, type_, path, error)
    return _later(run, field, type_, path, completed) if is_awaitable(completed) else completed


def complete_item(run: Run, field: Selected, type_: Type, path: Path, value: Value) -> Value:
    """The same for an item of a list, which is awaited where a field's value has been."""
    if is_awaitable(value):
        return _later(run, field, type_, path, _item(run, field, type_, path, value))
    return complete(run, field, type_, path, value)


def nulled(run: Run, column: Column, places: Places) -> Column:
    """The column with null where something is `Raised`: the failures end here."""
    errors = run.executor.collected_errors
    for index, value in enumerate(column):
        if isinstance(value, Raised):
            errors.add(value.error, places.path(index))
            column[index] = None
    return list(column)


def _finish(run: Run, field: Selected, type_: Type, path: Path, value: Value) -> Value:
    executor = run.executor
    nodes = [detail.node for detail in field.details]
    info = executor.build_resolve_info(field.definition, nodes, field.parent_type, _of_field(path))
    return executor.complete_value(type_, field.details, info, path, value, None)


async def _item(run: Run, field: Selected, type_: Type, path: Path, value: Awaitable[Value]) -> Value:
    completed = _finish(run, field, type_, path, await value)
    return await completed if is_awaitable(completed) else completed


async def _later(run: Run, field: Selected, type_: Type, path: Path, completed: Awaitable[Value]) -> Value:
    try:
        return await completed
    except Exception as error:
        return _failed(run, field, type_, path, error)


def _failed(run: Run, field: Selected, type_: Type, path: Path, error: Exception) -> Raised | None:
    try:
        run.executor.handle_field_error(error, type_, field.details, path)
    except GraphQLError as raised:
        return Raised(raised)
    return None


def _of_field(path: Path) -> Path:
    while isinstance(path.key, int):
        path = cast("Path", path.prev)
    return path
