"""Makes a document that shows a difference as small as it can be and still show it."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any, cast

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)

Shows = Callable[[str], Awaitable[bool]]
_MEMBERS = ("directives", "arguments", "fields", "values", "alias")


class _Cut(Visitor):
    """Takes the part with this number out of a document, and counts the parts."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.left = number

    def enter(self, node: Any, *_: Any) -> Any:
        members = _MEMBERS
        if isinstance(node, SelectionSetNode) and len(node.selections) > 1:
            members = ("selections",)
        for member in members:
            held: Any = getattr(node, member, None)
            entries = cast("tuple[Any, ...] | None", held if isinstance(held, tuple) else None)
            parts = int(held is not None) if entries is None else len(entries)
            if 0 <= self.left < parts:
                less = None if entries is None else (*entries[: self.left], *entries[self.left + 1 :])
                self.left -= parts
                return replace(node, **{member: less})
            self.left -= parts
        return None


def smaller(document: DocumentNode) -> Iterator[DocumentNode]:
    """Every document that is the same but for one thing less."""
    number = 0
    while True:
        cut = _Cut(number)
        less = visit(document, cut)
        if cut.left >= 0:
            return
        yield _without_unused(less)
        number += 1


def _without_unused(document: DocumentNode) -> DocumentNode:
    while True:
        text = print_ast(document)
        used = [_used(node, text) for node in document.definitions]
        less = replace(document, definitions=tuple([node for node in used if node is not None]))
        if print_ast(less) == text:
            return less
        document = less


def _used(node: Node, text: str) -> Node | None:
    if isinstance(node, FragmentDefinitionNode) and f"...{node.name.value}" not in text.split():
        return None
    if not isinstance(node, OperationDefinitionNode):
        return node
    named = [(variable, f"${variable.variable.name.value}") for variable in node.variable_definitions or ()]
    return replace(node, variable_definitions=tuple([variable for variable, name in named if text.count(name) > 1]))


async def shrunk(schema: GraphQLSchema, text: str, shows: Shows, *, attempts: int = 2_000) -> str:
    """The smallest document found in so many attempts."""
    found = True
    while found and attempts > 0:
        found = False
        for candidate in smaller(parse(text)):
            attempts -= 1
            told = print_ast(candidate)
            if len(told) < len(text) and not validate(schema, parse(told)) and await shows(told):
                text, found = told, True
                break
            if attempts <= 0:
                break
    return text
