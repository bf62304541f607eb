"""Runs an operation on both engines and says where the compiled one does not answer as graphql-core does."""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from inspect import isawaitable
from typing import Any, cast

import orjson
from graphql import (
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    GraphQLSchema,
    NameNode,
    OperationDefinitionNode,
    OperationType,
)
from graphql import execute as execute_plainly  # pyright: ignore[reportUnknownVariableType]
from graphql.execution import Executor

from execution.plans import Plan, Unsupported, compile_plan

Path = tuple[str | int, ...]
_ADDRESS = re.compile(rb" at 0x[0-9a-f]+")
"""What Python says of an object that has no better name: it is another one each time."""
LONGEST = 30
"""Seconds after which an operation is taken to hang."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an engine answered, and what the operation has done."""

    data: Any
    errors: tuple[Mapping[str, Any], ...]
    effects: tuple[str, ...]

    @property
    def body(self) -> bytes:
        """The data as it is sent, with the order of its members; what cannot be sent is told apart by its name."""
        return _ADDRESS.sub(b"", orjson.dumps(self.data, default=repr))

    @property
    def told(self) -> list[tuple[Path, bytes]]:
        """Each error's path, and all of it in one form."""
        return [
            (tuple(error.get("path") or ()), _ADDRESS.sub(b"", orjson.dumps(error, option=orjson.OPT_SORT_KEYS)))
            for error in self.errors
        ]

    def veil(self, path: Path) -> Path | None:
        """Where above this path the answer is null, so that nothing is said of what lies below."""
        found = self.data
        for depth, step in enumerate(path):
            if found is None:
                return path[:depth]
            found = found[step]
        return None


@dataclass(frozen=True, slots=True)
class Subject:
    """A schema that is compared on, with the class of executors that its library wants."""

    schema: GraphQLSchema
    executor_class: type[Executor[Any]] | None = None
    root: Any = None
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def plainly(self, document: DocumentNode, values: Mapping[str, Any], context: object) -> Any:
        """What graphql-core answers."""
        return execute_plainly(
            self.schema,
            document,
            self.root,
            context,
            variable_values=dict(values),
            executor_class=self.executor_class,
            **self.options,
        )


def compiled(subject: Subject, document: DocumentNode, flags: Mapping[str, bool], reasons: Counter[str]) -> Plan | None:
    """The plan of a document with one operation; nothing, and the reason counted, if it has to be interpreted."""
    try:
        return compile_plan(subject.schema, document, None, flags=flags)
    except Unsupported as unsupported:
        reasons[str(unsupported)] += 1
        return None


async def finished(
    answer: ExecutionResult | Awaitable[ExecutionResult], effects: Callable[[], list[str]] = list[str]
) -> Outcome:
    """The outcome. Raises `TimeoutError` when there is none soon."""
    async with asyncio.timeout(LONGEST):
        result = await answer if isawaitable(answer) else answer
    errors = tuple([cast("Mapping[str, Any]", error.formatted) for error in result.errors or ()])
    return Outcome(result.data, errors, tuple(effects()))


@asynccontextmanager
async def settled() -> AsyncGenerator[None]:
    """Let everything that the block has set going come to its end before anything else begins."""
    before = asyncio.all_tasks()
    yield
    async with asyncio.timeout(LONGEST):
        while left := asyncio.all_tasks() - before:
            await asyncio.wait(left)


def difference(core: Outcome, plan: Outcome) -> str | None:
    """What a client could tell apart, or nothing.

    Which errors are told of what lies below a null is left open by the specification: there has to be one at least.
    """
    if core.body != plan.body:
        return f"data: {core.body.decode()}\n  plan: {plan.body.decode()}\n{core.errors}\n  plan: {plan.errors}"
    if core.effects != plan.effects:
        return f"effects: {core.effects}\n     plan: {plan.effects}"
    (open_, veiled), (plan_open, plan_veiled) = _parted(core), _parted(plan)
    if open_ != plan_open:
        return f"errors: {list((open_ - plan_open).elements())}\n  plan: {list((plan_open - open_).elements())}"
    if veiled.keys() != plan_veiled.keys():
        return f"nulls with an error below: {sorted(map(str, veiled))}\n  plan: {sorted(map(str, plan_veiled))}"
    return None


def _parted(outcome: Outcome) -> tuple[Counter[bytes], Mapping[Path, set[bytes]]]:
    veiled: defaultdict[Path, set[bytes]] = defaultdict(set)
    open_: Counter[bytes] = Counter()
    for path, error in outcome.told:
        veil = outcome.veil(path)
        if veil is None:
            open_[error] += 1
        else:
            veiled[veil].add(error)
    return open_, veiled


def invented(plan: Outcome, everything: Outcome) -> str | None:
    """An error below a null that is no error of the operation; `everything` was run without letting nulls spread."""
    _, veiled = _parted(plan)
    known = {error for _, error in everything.told}
    found = [error for errors in veiled.values() for error in errors if error not in known]
    return f"errors that nothing causes: {found}\n  known: {sorted(known)}" if found else None


def without_spreading(document: DocumentNode) -> DocumentNode:
    """The same document with an operation whose nulls stay where they are."""
    name = NameNode(value="experimental_disableErrorPropagation")
    directive = DirectiveNode(name=name, arguments=())
    definitions = [
        replace(node, directives=(*(node.directives or ()), directive))
        if isinstance(node, OperationDefinitionNode)
        else node
        for node in document.definitions
    ]
    return replace(document, definitions=tuple(definitions))


def is_query(document: DocumentNode) -> bool:
    """Whether its operation only reads."""
    return any(
        isinstance(node, OperationDefinitionNode) and node.operation is OperationType.QUERY
        for node in document.definitions
    )
