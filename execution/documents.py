"""Documents: parsed, measured and validated once, then kept. The cache is bounded by bytes and cannot be flooded.

A document enters on probation and is promoted when it is asked for again, so that a stream of documents that are each
sent once never displaces those that are in use. Documents that cannot run are kept as well, apart and in little room:
asking again for a refusal costs nothing. Parsing and validating happen in one thread beside the event loop, since a
hostile document takes tens of milliseconds; whoever asks for a document that is being prepared waits for that one.
"""

import asyncio
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeVar

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)
from graphql.validation import (
    ASTValidationRule,
    MaxIntrospectionDepthRule,
    OverlappingFieldsCanBeMergedRule,
    ValidationContext,
    specified_rules,
)
from graphql.validation.validate import ValidationAbortedError

from execution.cost import Cost
from execution.errors import Busy, FormattedError, request_error
from execution.introspection import META, META_AND_TYPENAME, roots
from execution.kept_plans import Plans
from execution.limits import Limits, Shape, TooComplex, check
from execution.shelf import Shelf

Done = TypeVar("Done")

_BYTES_PER_TOKEN = 1_200
"""What a token of a prepared document keeps in memory: its share of the tree, its place and the cached answers."""
_BYTES_PER_DOCUMENT = 4_000
MAX_ERRORS = 5
"""After so many mistakes nobody looks for more."""
_MAX_PENDING = 256
"""How many pieces of work may wait for the thread."""
_MAX_WAITING = 150_000
"""How many characters of documents may wait for it: about a second's work, and about two of the worst kind."""
_HEAVIEST = 10_000
"""What the longest count as: beyond so many characters the number of tokens ends the work."""
_WALK = 5_000
"""What other work counts as in characters."""
_COMPARISON = 2
"""What graphql-core's own budget for merging fields counts a comparison as."""


@dataclass(slots=True)
class Operation:
    """One operation of a document, with everything about it that does not depend on who runs it."""

    name: str | None
    node: OperationDefinitionNode
    shape: Shape
    cost: Cost
    introspects: bool
    """Whether it asks the schema about itself."""
    static: bool
    """Whether it asks nothing else, so that its answer depends on nobody and nothing."""
    sights: int = 0
    """How often it has run before it was compiled."""
    plans: Plans | None = None
    """What it was compiled to."""

    @property
    def kind(self) -> str:
        """`query`, `mutation` or `subscription`."""
        return self.node.operation.value

    def priced(self, variables: Mapping[str, Any], limits: Limits) -> int:
        """What it may cost with these variables. Raises `TooComplex`."""
        cost = self.cost.of(variables)
        maximum = self.highest_cost(limits)
        if cost > maximum:
            raise TooComplex("field values in one answer", cost, maximum)
        return cost

    def highest_cost(self, limits: Limits) -> int:
        """The cost beyond which it is refused."""
        return limits.introspection_cost if self.static else limits.cost


@dataclass(slots=True)
class Document:
    """A text and what became of it: operations that can run, or the errors that say why none can."""

    text: str
    size: int
    """Bytes that it keeps in memory, estimated."""
    operations: Mapping[str | None, Operation] = field(default_factory=dict[str | None, Operation])
    ast: DocumentNode | None = None
    errors: tuple[FormattedError, ...] = ()

    def operation(self, name: str | None) -> Operation:
        """The operation to run. Raises `GraphQLError` when the name does not lead to exactly one."""
        if name is not None:
            found = self.operations.get(name)
            if found is None:
                message = f'The document holds no operation named "{name}".'
                raise GraphQLError(message)
            return found
        if len(self.operations) != 1:
            message = "The document does not hold exactly one operation: operationName has to say which one to run."
            raise GraphQLError(message)
        return next(iter(self.operations.values()))


class Documents:
    """The documents of one schema. `capacity` is in bytes; `observe` hears `hit`, `miss`, `rejected` and `evicted`."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        capacity: int = 16_000_000,
        hide_suggestions: bool = False,
        observe: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._hide_suggestions = hide_suggestions
        self._observe = observe
        self._rules = _rules(limits)
        self._protected = Shelf[Document](capacity // 2)
        self._probation = Shelf[Document](capacity // 2)
        self._rejected = Shelf[Document](capacity // 16)
        self._by_hash: dict[str, str] = {}
        self._pending: dict[str, asyncio.Future[Document]] = {}
        self._queued = 0
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="documents")

    @property
    def entries(self) -> int:
        """How many documents are kept."""
        return len(self._protected) + len(self._probation) + len(self._rejected)

    @property
    def bytes(self) -> int:
        """What they keep in memory, estimated."""
        return self._protected.used + self._probation.used + self._rejected.used

    def get(self, text: str) -> Document | None:
        """The prepared document, if it is kept."""
        found = self._protected.get(text)
        if found is not None:
            self._observe("hit")
            return found
        found = self._probation.pop(text)
        if found is not None:
            self._observe("hit")
            self._protect(found)
            return found
        found = self._rejected.get(text)
        if found is not None:
            self._observe("rejected")
        return found

    def grow(self, document: Document, size: int) -> None:
        """Count what a document keeps in memory from now on besides, in bytes; others may have to go for it."""
        document.size += size
        if document.text in self._protected:
            self._protect(document)
        elif document.text in self._probation:
            self._forget(self._probation.put(document.text, document, document.size))

    def text_by_hash(self, digest: str) -> str | None:
        """The text of a kept document with this SHA-256, in lower-case hexadecimal."""
        return self._by_hash.get(digest)

    def remember(self, document: Document) -> None:
        """Let the document be asked for by its hash as long as it is kept."""
        # It may have gone already, or be too large to be kept at all.
        if document.text in self._protected or document.text in self._probation:
            self._by_hash[sha256(document.text.encode()).hexdigest()] = document.text

    async def prepare(self, text: str) -> Document:
        """Parse, measure and validate; at most once at a time for the same text. Raises `Busy`."""
        if len(text) > self._limits.characters:
            return _rejected(text, [TooComplex("characters", len(text), self._limits.characters)])
        pending = self._pending.get(text)
        if pending is None:
            # Whoever asks may have found nothing and then waited for something else.
            known = self.get(text)
            if known is not None:
                return known
            pending = self._enqueue(lambda: self._prepare(text), min(len(text), _HEAVIEST))
            self._observe("miss")
            self._pending[text] = pending
            pending.add_done_callback(lambda done: self._keep(text, done))
        # Whoever asked first may go away; the others still wait for the document.
        return await asyncio.shield(pending)

    def beside_the_loop(self, work: Callable[[], Done]) -> asyncio.Future[Done]:
        """Run something else that would hold the event loop up, after the documents that wait. Raises `Busy`."""
        return self._enqueue(work, _WALK)

    def close(self) -> None:
        """End the thread; what it is busy with is finished and forgotten."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _enqueue(self, work: Callable[[], Done], weight: int) -> asyncio.Future[Done]:
        # The first is taken however large it is: limits of its own refuse it.
        if self._queued and (self._queued >= _MAX_PENDING or self._waiting + weight > _MAX_WAITING):
            raise Busy(retry_after=1)
        self._queued += 1
        self._waiting += weight
        future = asyncio.ensure_future(asyncio.get_running_loop().run_in_executor(self._thread, work))
        future.add_done_callback(lambda _: self._dequeue(weight))
        return future

    def _dequeue(self, weight: int) -> None:
        self._queued -= 1
        self._waiting -= weight

    def _keep(self, text: str, done: asyncio.Future[Document]) -> None:
        del self._pending[text]
        if done.cancelled() or done.exception() is not None:
            return
        document = done.result()
        if document.errors:
            self._rejected.put(text, document, document.size)
        else:
            self._forget(self._probation.put(text, document, document.size))

    def _protect(self, document: Document) -> None:
        for demoted in self._protected.put(document.text, document, document.size):
            self._forget(self._probation.put(demoted.text, demoted, demoted.size))

    def _forget(self, gone: list[Document]) -> None:
        for document in gone:
            self._observe("evicted")
            if self._by_hash:
                self._by_hash.pop(sha256(document.text.encode()).hexdigest(), None)

    def _prepare(self, text: str) -> Document:
        try:
            ast = self._parse(text)
            operations = self._operations(ast)
            errors = self._validate(ast)
        except GraphQLError as error:
            return _rejected(text, [error])
        except RecursionError:
            return _rejected(text, [TooComplex("levels", None, self._limits.depth)])
        if errors:
            return _rejected(text, errors)
        size = _BYTES_PER_DOCUMENT + sys.getsizeof(text) + (ast.token_count or 0) * _BYTES_PER_TOKEN
        return Document(text, size, operations, ast)

    def _parse(self, text: str) -> DocumentNode:
        try:
            return parse(text, max_tokens=self._limits.tokens)
        except GraphQLSyntaxError as error:
            if "tokens. Parsing aborted" in error.message:
                raise TooComplex("tokens", None, self._limits.tokens) from error
            raise

    def _validate(self, ast: DocumentNode) -> list[GraphQLError]:
        hidden = self._hide_suggestions
        errors = validate(self._schema, ast, self._rules, max_errors=MAX_ERRORS, hide_suggestions=hidden)
        if errors and isinstance(errors[-1], ValidationAbortedError):
            # It stops at so many errors, or else because validating takes too long.
            last = errors.pop()
            if len(errors) < MAX_ERRORS:
                what = "comparisons of fields with the same name"
                raise TooComplex(what, None, self._limits.comparisons) from last
        return errors

    def _operations(self, ast: DocumentNode) -> dict[str | None, Operation]:
        shapes = check(ast, self._limits)
        fragments = {node.name.value: node for node in ast.definitions if isinstance(node, FragmentDefinitionNode)}
        operations: dict[str | None, Operation] = {}
        for node in ast.definitions:
            if not isinstance(node, OperationDefinitionNode):
                continue
            name = node.name.value if node.name else None
            asked = roots(node, fragments)
            questions = sum(asked[name] for name in META)
            if questions > self._limits.introspections:
                raise TooComplex("questions about the schema", questions, self._limits.introspections)
            introspects = node.operation is OperationType.QUERY and questions > 0
            operation = Operation(
                name=name,
                node=node,
                shape=shapes[name],
                cost=Cost(self._schema, self._limits, node, fragments),
                introspects=introspects,
                static=introspects and asked.keys() <= META_AND_TYPENAME,
            )
            operation.priced({}, self._limits)
            operations[name] = operation
        return operations


def _rules(limits: Limits) -> list[type[ASTValidationRule]]:
    """What a document has to obey; comparing the fields that are to be merged has an end of our own."""

    class Merging(OverlappingFieldsCanBeMergedRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = _COMPARISON * limits.comparisons

    rules = dict.fromkeys((*specified_rules, MaxIntrospectionDepthRule))
    return [Merging if rule is OverlappingFieldsCanBeMergedRule else rule for rule in rules]


def _rejected(text: str, errors: list[GraphQLError]) -> Document:
    told = tuple([request_error(error) for error in errors])
    return Document(text, _BYTES_PER_DOCUMENT + sys.getsizeof(text) + 1_000 * len(told), errors=told)
