"""Runs operations of one schema: the way from a text and its variables to a result, for every transport."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from inspect import isawaitable
from typing import Any, cast

import orjson
from graphql import DocumentNode, ExecutionResult, GraphQLError, GraphQLSchema
from graphql import execute as _execute  # pyright: ignore[reportUnknownVariableType]
from graphql.execution import Executor
from graphql.pyutils import AwaitableOrValue

from execution.compiled import Compiled
from execution.documents import MAX_ERRORS, Document, Documents, Operation
from execution.errors import FormattedError, formatted
from execution.limits import Limits
from execution.shelf import Shelf

Present = Callable[[GraphQLError], GraphQLError]
"""Makes an error of a field what a client may see of it."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an operation. Without `ran` there is no data, not even null: the request was at fault."""

    data: object = None
    errors: tuple[FormattedError, ...] = ()
    ran: bool = True


class Engine:
    """One schema with its documents and limits.

    `executor_class` is what the schema's library runs its resolvers with; `present` decides what clients learn of a
    failure. Without `compiled` every operation is left to graphql-core.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        executor_class: type[Executor[Any]],
        present: Present,
        limits: Limits,
        documents: Documents,
        hide_suggestions: bool = False,
        compiled: Compiled | None = None,
    ) -> None:
        self.limits = limits
        self.documents = documents
        self._schema = schema
        self._executor_class = executor_class
        self._present = present
        self._hide_suggestions = hide_suggestions
        self._compiled = compiled
        self._answers = Shelf[Result](4_000_000)
        self._described: dict[str, asyncio.Future[tuple[Result, int]]] = {}

    def cost_of_preparing(self, text: str) -> int:
        """What a document that is not kept adds to the cost of its operation: the worst take 15 us a character."""
        return 20 + len(text) // 2

    def cost_of_running(self, document: Document, operation: Operation, variables: Mapping[str, Any], cost: int) -> int:
        """What an operation takes from a budget: its cost, or little if its answer is kept or soon will be."""
        if not operation.static:
            return cost
        known = self._answers.get(_question(document, operation, variables)) is not None
        return operation.shape.fields + (0 if known else cost // 100)

    async def run(
        self, document: Document, operation: Operation, variables: Mapping[str, Any], context: object
    ) -> Result:
        """Run one operation of a prepared document."""
        if operation.static:
            return await self._describe(document, operation, variables)
        plan = await self._compiled.plan(document, operation, variables) if self._compiled else None
        if plan is not None:
            outcome = plan.execute(variables, context=context)
        else:
            outcome = self._start(document, operation, variables, context)
        return self._told(await outcome if isawaitable(outcome) else outcome)

    async def _describe(self, document: Document, operation: Operation, variables: Mapping[str, Any]) -> Result:
        """Answer a question about the schema, which takes long to walk and is the same for everyone."""
        key = _question(document, operation, variables)
        known = self._answers.get(key)
        if known is not None:
            return known
        walk = self._described.get(key)
        if walk is None:
            walk = self.documents.beside_the_loop(lambda: self._walk(document, operation, variables))
            self._described[key] = walk
            walk.add_done_callback(lambda done: self._keep(key, done))
        return (await asyncio.shield(walk))[0]

    def _keep(self, key: str, done: asyncio.Future[tuple[Result, int]]) -> None:
        del self._described[key]
        if not done.cancelled() and done.exception() is None:
            told, size = done.result()
            self._answers.put(key, told, sys.getsizeof(key) + size)

    def _walk(self, document: Document, operation: Operation, variables: Mapping[str, Any]) -> tuple[Result, int]:
        result = self._told(cast("ExecutionResult", self._start(document, operation, variables, None)))
        # Kept as text: the objects would take ten times the room.
        encoded = orjson.dumps(result.data)
        return replace(result, data=orjson.Fragment(encoded)), len(encoded)

    def _start(
        self, document: Document, operation: Operation, variables: Mapping[str, Any], context: object
    ) -> AwaitableOrValue[ExecutionResult]:
        return _execute(
            self._schema,
            cast("DocumentNode", document.ast),
            context_value=context,
            variable_values=cast("dict[str, Any]", variables),
            operation_name=operation.name,
            executor_class=self._executor_class,
            hide_suggestions=self._hide_suggestions,
            max_coercion_errors=MAX_ERRORS,
            operation_extensions=None,
        )

    def _told(self, result: ExecutionResult) -> Result:
        if not result.errors:
            return Result(result.data)
        errors = [self._present(error) for error in result.errors]
        # Errors without a path are about the request, such as its variables: then nothing has run.
        ran = result.data is not None or any(error.path for error in errors)
        return Result(result.data, tuple([formatted(error) for error in errors]), ran=ran)


def _question(document: Document, operation: Operation, variables: Mapping[str, Any]) -> str:
    """What the answer about the schema depends on; variables that the operation does not have are not part of it.

    Raises `GraphQLError` when a value nests so deeply that it fits no variable of such a question anyway.
    """
    names = [definition.variable.name.value for definition in operation.node.variable_definitions or ()]
    given = {name: variables[name] for name in names if name in variables}
    try:
        values = orjson.dumps(given, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError as error:
        message = "The variables nest too deeply."
        raise GraphQLError(message) from error
    return f"{document.text}\n{operation.name}\n{values}"
