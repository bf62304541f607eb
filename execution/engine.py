"""Runs operations of one schema: the way from a text and its variables to a result, for every transport."""

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

from execution.documents import Document, Documents, Operation
from execution.errors import FormattedError
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
    failure.
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
    ) -> None:
        self.limits = limits
        self.documents = documents
        self._schema = schema
        self._executor_class = executor_class
        self._present = present
        self._hide_suggestions = hide_suggestions
        self._answers = Shelf[Result](4_000_000)

    def cost_of_preparing(self, text: str) -> int:
        """What a document that is not kept adds to the cost of its operation: about its share of a field each."""
        return 20 + len(text) // 10

    async def run(
        self, document: Document, operation: Operation, variables: Mapping[str, Any], context: object
    ) -> Result:
        """Run one operation of a prepared document."""
        if operation.static:
            return await self._describe(document, operation, variables)
        outcome = self._start(document, operation, variables, context)
        return self._told(await outcome if isawaitable(outcome) else outcome)

    async def _describe(self, document: Document, operation: Operation, variables: Mapping[str, Any]) -> Result:
        """Answer a question about the schema, which takes long to walk and is the same for everyone."""
        key = f"{document.text}\n{operation.name}\n{orjson.dumps(variables, option=orjson.OPT_SORT_KEYS).decode()}"
        known = self._answers.get(key)
        if known is None:
            known, size = await self.documents.beside_the_loop(lambda: self._walk(document, operation, variables))
            self._answers.put(key, known, sys.getsizeof(key) + size)
        return known

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
            operation_extensions=None,
        )

    def _told(self, result: ExecutionResult) -> Result:
        if not result.errors:
            return Result(result.data)
        errors = [self._present(error) for error in result.errors]
        # Errors without a path are about the request, such as its variables: then nothing has run.
        ran = result.data is not None or any(error.path for error in errors)
        return Result(result.data, tuple([error.formatted for error in errors]), ran=ran)
