"""Decides which operations run compiled, and keeps their plans with the documents that they belong to."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from graphql import DocumentNode, GraphQLSchema

from execution.documents import MAX_ERRORS, Document, Documents, Operation
from execution.errors import Busy
from execution.kept_plans import Choice, Plans
from execution.plans import Plan, Unsupported, compile_plan, flags_of

_log = logging.getLogger("bilten.execution")

MAX_PLANS = 8
"""Plans of one operation: one for each choice of the variables that `@skip` and `@include` depend on."""
Observe = Callable[[str | None], None]
"""Hears of each operation why it is left to graphql-core; nothing when it is not."""


class Left(StrEnum):
    """Why an operation is left to graphql-core, besides what a plan does not support."""

    NEW = "new document"
    BUSY = "busy"
    FLAGS = "no boolean in @skip or @include"
    PLANS = "too many choices of @skip and @include"
    FAILED = "failure of the compiler"


class Compiled:
    """The compiled operations of one schema. A document is compiled when it is seen the `sights`th time.

    One that is sent once is not worth the work, and a stream of such documents cannot ask for it.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        documents: Documents,
        *,
        sights: int = 2,
        hide_suggestions: bool = False,
        observe: Observe = lambda _: None,
    ) -> None:
        self._schema = schema
        self._documents = documents
        self._sights = sights
        self._hide_suggestions = hide_suggestions
        self._observe = observe

    async def plan(self, document: Document, operation: Operation, variables: Mapping[str, Any]) -> Plan | None:
        """The plan that the operation runs by, if it does."""
        found = await self._find(document, operation, variables)
        if isinstance(found, Plan):
            self._observe(None)
            return found
        self._observe(found)
        return None

    async def _find(self, document: Document, operation: Operation, variables: Mapping[str, Any]) -> Plan | str:
        plans = operation.plans
        if plans is None:
            operation.sights += 1
            if operation.sights < self._sights:
                return Left.NEW
            plans = operation.plans = _plans(document.ast, operation)
        if plans.reason is not None:
            return plans.reason
        choice = plans.choice(variables)
        if choice is None:
            return Left.FLAGS
        made = plans.made.get(choice)
        if made is not None:
            return made
        if len(plans.made) >= MAX_PLANS:
            return Left.PLANS
        return await self._compiled(document, operation, plans, choice)

    async def _compiled(self, document: Document, operation: Operation, plans: Plans, choice: Choice) -> Plan | str:
        pending = plans.pending.get(choice)
        if pending is None:
            flags = dict(zip(plans.flags, choice, strict=True))
            try:
                pending = self._documents.beside_the_loop(lambda: self._compile(document, operation, flags))
            except Busy:
                return Left.BUSY
            plans.pending[choice] = pending
            pending.add_done_callback(lambda done: self._keep(document, plans, choice, done))
        # Whoever asked first may go away; the others still wait for the plan.
        found = await asyncio.shield(pending)
        return found.reason if isinstance(found, Unsupported) else found

    def _keep(
        self, document: Document, plans: Plans, choice: Choice, done: "asyncio.Future[Plan | Unsupported]"
    ) -> None:
        del plans.pending[choice]
        if done.cancelled() or done.exception() is not None:
            return
        found = done.result()
        if isinstance(found, Unsupported):
            plans.reason = found.reason
            return
        plans.made[choice] = found
        self._documents.grow(document, found.size)

    def _compile(self, document: Document, operation: Operation, flags: Mapping[str, bool]) -> Plan | Unsupported:
        try:
            return compile_plan(
                self._schema,
                _ast(document),
                operation.name,
                flags=flags,
                max_coercion_errors=MAX_ERRORS,
                hide_suggestions=self._hide_suggestions,
            )
        except Unsupported as unsupported:
            return unsupported
        except Exception:
            # A mistake of ours costs time, and not the answer.
            _log.exception("an operation could not be compiled")
            return Unsupported(Left.FAILED)


def _plans(ast: DocumentNode | None, operation: Operation) -> Plans:
    if ast is None:
        return Plans({}, "no document")
    try:
        return Plans(flags_of(ast, operation.name))
    except Unsupported as unsupported:
        return Plans({}, unsupported.reason)


def _ast(document: Document) -> DocumentNode:
    if document.ast is None:
        reason = "no document"
        raise Unsupported(reason)
    return document.ast
