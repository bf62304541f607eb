"""How large a document may be: its shape is measured before validation, once for each fragment, and compared here.

A document of a few hundred bytes can stand for millions of fields when fragments spread fragments. Nothing here
expands them: what a fragment holds is measured once and added wherever it is spread.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

TOO_COMPLEX = "QUERY_TOO_COMPLEX"
_COUNTABLE = 2**53 - 1
"""The largest number that JSON is sure to carry; fragments of fragments soon stand for more fields than that."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What a selection holds once every fragment stands where it is spread.

    `depth` counts fields below one another; the other figures count occurrences.
    """

    fields: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest document that is accepted. `cost` bounds the field values of one answer, see `execution.cost`."""

    characters: int = 100_000
    tokens: int = 3_000
    fields: int = 1_000
    depth: int = 20
    aliases: int = 100
    directives: int = 50
    definitions: int = 100
    comparisons: int = 10_000
    """How often two fields may be compared that share a name in the answer; 140 times the same field are that many."""
    cost: int = 20_000
    introspections: int = 5
    """How often an operation may ask for `__schema` or `__type`."""
    introspection_cost: int = 500_000
    """What an operation may cost that asks for nothing else: its answer is kept, and made beside the event loop."""
    page: int = 20
    """How many entries a connection answers when no size is asked for."""
    largest_page: int = 500
    """How many it answers at most: who asks for more gets none."""
    list: int = 5
    """How many entries a list without a size is taken to have."""


class TooComplex(GraphQLError):
    """The document, or one operation of it, is larger than the limits allow."""

    def __init__(self, what: str, found: int | None, maximum: int) -> None:
        if found is not None and found > _COUNTABLE:
            found = None
        counted = f"more than {maximum:,}" if found is None else f"{found:,}"
        super().__init__(
            f"The document is too complex: {counted} {what}, and at most {maximum:,} are allowed.",
            extensions={"code": TOO_COMPLEX, "limit": maximum, **({} if found is None else {"found": found})},
        )


def check(document: DocumentNode, limits: Limits) -> Mapping[str | None, Shape]:
    """The shape of each operation, by name. Raises `TooComplex` at the first figure beyond its limit.

    Only one operation of a document runs, but all are validated: together they hold no more fields than one may.
    """
    if len(document.definitions) > limits.definitions:
        raise TooComplex("operations and fragments", len(document.definitions), limits.definitions)
    shapes = measure(document, limits.depth)
    for shape in shapes.values():
        for figure in fields(Shape):
            found, maximum = getattr(shape, figure.name), getattr(limits, figure.name)
            if found > maximum:
                what = "levels of fields" if figure.name == "depth" else figure.name
                raise TooComplex(what, found, maximum)
    together = sum(shape.fields for name, shape in shapes.items() if not _is_fragment(name))
    if together > limits.fields:
        raise TooComplex("fields in all operations", together, limits.fields)
    return shapes


def _is_fragment(name: str | None) -> bool:
    return name is not None and name.startswith("...")


def measure(document: DocumentNode, deepest: int) -> dict[str | None, Shape]:
    """The shape of each operation, by name; of operations with one name, the last.

    Fragments that no operation spreads are measured too, since validation walks them, and count as operations
    without a name of their own: the key is `...name`. Raises `TooComplex` when selections nest beyond all reason.
    """
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    measured = _Measurer(fragments, deepest)
    shapes: dict[str | None, Shape] = {f"...{name}": measured.fragment(name) for name in fragments}
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            shape = measured.selections(node.selection_set, 0)
            of_variables = sum(len(variable.directives or ()) for variable in node.variable_definitions or ())
            own = Shape(directives=len(node.directives or ()) + of_variables)
            shapes[node.name.value if node.name else None] = _sum((shape, own))
    return shapes


class _Measurer:
    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], deepest: int) -> None:
        self._fragments = fragments
        # Inline fragments add levels without adding depth; twice the depth leaves room for every honest document.
        self._deepest = deepest
        self._nested = 2 * deepest
        self._shapes: dict[str, Shape] = {}

    def fragment(self, name: str, level: int = 0) -> Shape:
        """The shape of a fragment; one that is missing or spreads itself adds nothing, and validation refuses it."""
        known = self._shapes.get(name)
        if known is None:
            fragment = self._fragments.get(name)
            # While a fragment is measured, it stands for nothing: that ends every circle.
            self._shapes[name] = Shape()
            if fragment is None:
                return Shape()
            inside = self.selections(fragment.selection_set, level + 1)
            known = _sum((inside, Shape(directives=len(fragment.directives or ()))))
            self._shapes[name] = known
        return known

    def selections(self, selection_set: SelectionSetNode, level: int) -> Shape:
        """The shape of a selection set, `level` selection sets below the top."""
        if level > self._nested + len(self._fragments):
            message = "levels of fields"
            raise TooComplex(message, None, self._deepest)
        return _sum(self._selection(node, level) for node in selection_set.selections)

    def _selection(self, node: object, level: int) -> Shape:
        match node:
            case FieldNode():
                inside = self.selections(node.selection_set, level + 1) if node.selection_set else Shape()
                return Shape(
                    fields=inside.fields + 1,
                    depth=inside.depth + 1,
                    aliases=inside.aliases + (node.alias is not None),
                    directives=inside.directives + len(node.directives or ()),
                )
            case InlineFragmentNode():
                inside = self.selections(node.selection_set, level + 1)
                return _sum((inside, Shape(directives=len(node.directives or ()))))
            case FragmentSpreadNode():
                inside = self.fragment(node.name.value, level)
                return _sum((inside, Shape(directives=len(node.directives or ()))))
            case _:
                return Shape()


def _sum(shapes: Iterable[Shape]) -> Shape:
    held = list(shapes)
    return Shape(
        fields=sum(shape.fields for shape in held),
        depth=max((shape.depth for shape in held), default=0),
        aliases=sum(shape.aliases for shape in held),
        directives=sum(shape.directives for shape in held),
    )
