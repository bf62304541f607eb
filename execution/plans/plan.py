"""A compiled operation, ready to be executed any number of times."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, cast

from graphql import ExecutionResult, GraphQLError, OperationType
from graphql.execution.values import VariableValues, get_variable_values
from graphql.pyutils import AwaitableOrValue

from execution.plans.columns import Column, Raised, Value
from execution.plans.kinds import kind_of
from execution.plans.levels import Level
from execution.plans.places import Root
from execution.plans.run import Operation, Run

_ROOT = Root()
_NO_VARIABLES = VariableValues({}, {})


class Plan:
    """One operation with one choice of its flags. `size` is what it keeps in memory: bytes, estimated."""

    def __init__(
        self,
        operation: Operation,
        levels: Sequence[Level],
        *,
        flags: Mapping[str, bool],
        max_coercion_errors: int,
        size: int,
    ) -> None:
        self.size = size
        self._operation = operation
        self._levels = levels
        self._flags = flags
        self._max_coercion_errors = max_coercion_errors

    def execute(
        self,
        variable_values: Mapping[str, Any],
        *,
        root: Any = None,  # noqa: ANN401 - any value
        context: Any = None,  # noqa: ANN401 - any value
    ) -> AwaitableOrValue[ExecutionResult]:
        """What graphql-core's `execute` returns for the raw variables: at once where nothing has to be waited for.

        Raises `ValueError` when the variables choose other flags than the plan is made for.
        """
        variables = self._coerced(variable_values)
        if not isinstance(variables, VariableValues):
            return ExecutionResult(None, variables)
        for name, flag in self._flags.items():
            if variables.coerced.get(name) is not flag:
                message = f"the plan is made for ${name} being {flag}"
                raise ValueError(message)
        run = Run(self._operation, variables, root, context)
        if self._operation.node.operation is OperationType.MUTATION:
            return self._one_by_one(run, 0, {})
        made = self._made(run, self._levels[0])
        return _result(run, made) if isinstance(made, list) else _result_later(run, made)

    def _coerced(self, variable_values: Mapping[str, Any]) -> VariableValues | list[GraphQLError]:
        operation = self._operation
        definitions = operation.node.variable_definitions
        if not definitions:
            return _NO_VARIABLES
        return get_variable_values(
            operation.schema,
            definitions,
            cast("dict[str, Any]", variable_values),
            max_errors=self._max_coercion_errors,
            hide_suggestions=operation.hide_suggestions,
        )

    def _made(self, run: Run, level: Level) -> Column | Awaitable[Column]:
        return level.run(run, [run.root], kind_of(run.root), _ROOT)

    def _one_by_one(self, run: Run, first: int, data: dict[str, Value]) -> AwaitableOrValue[ExecutionResult]:
        """The fields of a mutation, each after the one before it has ended."""
        for place in range(first, len(self._levels)):
            made = self._made(run, self._levels[place])
            if not isinstance(made, list):
                return self._rest(run, place, made, data)
            if isinstance(made[0], Raised):
                return _result(run, made)
            data.update(made[0])
        return _result(run, [data])

    async def _rest(
        self, run: Run, place: int, awaitable: Awaitable[Column], data: dict[str, Value]
    ) -> ExecutionResult:
        made = await awaitable
        if isinstance(made[0], Raised):
            return _result(run, made)
        data.update(made[0])
        rest = self._one_by_one(run, place + 1, data)
        return rest if isinstance(rest, ExecutionResult) else await rest


async def _result_later(run: Run, awaitable: Awaitable[Column]) -> ExecutionResult:
    return _result(run, await awaitable)


def _result(run: Run, made: Column) -> ExecutionResult:
    [data] = made
    if isinstance(data, Raised):
        run.executor.collected_errors.add(data.error, None)
        data = None
    executor = run.used_executor
    if executor is None:
        return ExecutionResult(data, None)
    return ExecutionResult(data, executor.collected_errors.errors or None)
