"""Runs one GraphQL request, whatever protocol it came by: prices it, runs it, and says what came of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any, Generic, Protocol, TypeVar, cast

from graphql import GraphQLError

from execution.documents import Document, Operation
from execution.engine import Engine, Result
from execution.errors import Busy, FormattedError, request_error
from transport.head import Head
from transport.parameters import Parameters
from transport.refusals import Refused


class Asker(Protocol):
    """Whoever sent a request."""

    @property
    def context(self) -> object:
        """What the fields of their operation get."""
        ...


AskerT = TypeVar("AskerT", bound=Asker)


@dataclass(frozen=True, slots=True)
class Observation:
    """What is worth counting about a request. Without `kind` no operation was found to run."""

    name: str | None
    kind: str | None
    outcome: str
    """`ok`, `problems` (of a mutation), `errors` (of fields) or `rejected` (nothing ran)."""
    codes: tuple[str, ...]
    """Of errors that kept it from running."""
    seconds: float


class Service(Protocol[AskerT]):
    """What stands behind the transport: who asks, what they may spend, and who counts."""

    async def asker(self, head: Head) -> AskerT:
        """Who sent the request, authenticated anew for each operation. Raises `Refused`."""
        ...

    async def spend(self, asker: AskerT, cost: int) -> int | None:
        """Take the cost from the budget of whoever asks; what is left, where that is known. Raises `Refused`."""
        ...

    def may_introspect(self, asker: AskerT) -> bool:
        """Whether the schema answers questions about itself here."""
        ...

    def observe(self, asker: AskerT, observation: Observation) -> None:
        """Count the request."""
        ...

    def refused(self, refused: Refused) -> None:
        """Count a request, or one of a batch, that is refused without an observation of its reasons."""
        ...

    def unexpected(self, error: Exception) -> Refused:
        """Log a failure that nobody expected, and what to say of it."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of one request and the status that fits it."""

    payload: Mapping[str, Any]
    status: int = 200
    allow: bytes | None = None
    """The methods that would do, where this one does not."""
    retry_after: int | None = None
    """Seconds after which the same request may be answered, where it was too early."""


class Operations(Generic[AskerT]):
    """The operations of one engine for the users of one service."""

    def __init__(self, engine: Engine, service: Service[AskerT]) -> None:
        self._engine = engine
        self._service = service

    async def answer(self, parameters: Parameters, head: Head, *, read_only: bool = False) -> Answer:
        """Run the request as whoever sent it. Raises `Refused` when it is not run at all."""
        asker = await self._service.asker(head)
        run = _Run(self._engine, self._service, asker, parameters, read_only=read_only)
        started = time.perf_counter()
        try:
            return await run.answer()
        finally:
            seconds = time.perf_counter() - started
            operation = run.operation
            self._service.observe(
                asker,
                Observation(
                    name=operation.name if operation else None,
                    kind=operation.kind if operation else None,
                    outcome=run.outcome,
                    codes=run.codes,
                    seconds=seconds,
                ),
            )


class _Run(Generic[AskerT]):
    """One request on its way."""

    def __init__(
        self, engine: Engine, service: Service[AskerT], asker: AskerT, parameters: Parameters, *, read_only: bool
    ) -> None:
        self._engine = engine
        self._service = service
        self._asker = asker
        self._parameters = parameters
        self._read_only = read_only
        self.operation: Operation | None = None
        self.outcome = "rejected"
        self.codes: tuple[str, ...] = ()

    async def answer(self) -> Answer:
        try:
            document = await self._document()
            if document.errors:
                await self._service.spend(self._asker, 1)
                return self._rejected(document.errors)
            operation = self.operation = document.operation(self._parameters.operation_name)
            if operation.kind == "mutation" and self._read_only:
                self.codes = ("METHOD_NOT_ALLOWED",)
                told = _error("A mutation has to be sent with POST.", "METHOD_NOT_ALLOWED")
                return Answer({"errors": [told]}, 405, b"POST")
            if operation.introspects and not self._service.may_introspect(self._asker):
                message = "The schema is not shown to everybody here: sign in."
                return self._rejected([_error(message, "FORBIDDEN")], 403)
            cost = operation.priced(self._parameters.variables, self._engine.limits)
            taken = self._engine.cost_of_running(document, operation, self._parameters.variables, cost)
            left = await self._service.spend(self._asker, taken)
            result = await self._engine.run(document, operation, self._parameters.variables, self._asker.context)
        except GraphQLError as error:
            told = request_error(error)
            rejected = self._rejected([told])
            if isinstance(error, Busy):
                return replace(rejected, status=503, retry_after=error.retry_after)
            return rejected
        return self._answered(operation, result, cost, left)

    async def _document(self) -> Document:
        documents = self._engine.documents
        digest = self._parameters.document_hash
        text = self._parameters.query
        if not text:
            text = documents.text_by_hash(digest or "")
            if text is None:
                raise _NotPersisted
        document = documents.get(text)
        if document is None:
            await self._service.spend(self._asker, self._engine.cost_of_preparing(text))
            document = await documents.prepare(text)
        if digest is not None and self._parameters.query:
            if sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != digest:
                message = "The sha256Hash is not that of the query."
                raise GraphQLError(message)
            documents.remember(document)
        return document

    def _answered(self, operation: Operation, result: Result, cost: int, left: int | None) -> Answer:
        if not result.ran:
            return self._rejected(result.errors)
        payload: dict[str, Any] = {"data": result.data}
        self.outcome = "problems" if operation.kind == "mutation" and _has_problems(result.data) else "ok"
        if result.errors:
            payload["errors"] = result.errors
            self.outcome = "errors"
        if self._parameters.wants_cost:
            payload["extensions"] = {"cost": self._cost(operation, cost, left)}
        return Answer(payload)

    def _rejected(self, errors: tuple[FormattedError, ...] | list[FormattedError], status: int = 400) -> Answer:
        self.codes = tuple([error["extensions"]["code"] for error in errors])
        payload: dict[str, Any] = {"errors": errors}
        operation = self.operation
        if operation is not None and self._parameters.wants_cost:
            payload["extensions"] = {"cost": self._cost(operation, operation.cost.of(self._parameters.variables), None)}
        return Answer(payload, status)

    def _cost(self, operation: Operation, cost: int, left: int | None) -> Mapping[str, Any]:
        limits, shape = self._engine.limits, operation.shape
        told: dict[str, Any] = {
            "cost": cost,
            "maximumCost": operation.highest_cost(limits),
            "fields": shape.fields,
            "maximumFields": limits.fields,
            "depth": shape.depth,
            "maximumDepth": limits.depth,
            "aliases": shape.aliases,
            "maximumAliases": limits.aliases,
            "directives": shape.directives,
            "maximumDirectives": limits.directives,
        }
        return told if left is None else {**told, "remainingBudget": left}


class _NotPersisted(GraphQLError):
    """The words that clients of the protocol look for."""

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound", extensions={"code": "PERSISTED_QUERY_NOT_FOUND"})


def _error(message: str, code: str) -> FormattedError:
    return {"message": message, "extensions": {"code": code}}


def _has_problems(data: object) -> bool:
    if not isinstance(data, dict):
        return False
    payloads = cast("dict[str, object]", data).values()
    return any(isinstance(payload, dict) and bool(cast("Any", payload).get("problems")) for payload in payloads)
