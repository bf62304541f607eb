"""What an operation may cost: the most field values that its answer can hold, known before anything runs.

A field costs 1 for itself and, for each entry that it may hold, the cost of what is selected below. A connection has
as many `edges` and `nodes` as `first` or `last` asks for; a field with `ids` as many entries as ids; any other list
counts as a fixed number, but for the types of the schema. A mutation's field costs more, since it writes. Fragments
are counted once and added wherever they are spread; `@skip` and `@include` are not believed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    OperationType,
    SchemaMetaFieldDef,
    SelectionNode,
    SelectionSetNode,
    TypeMetaFieldDef,
    ValueNode,
    VariableNode,
    get_named_type,
    introspection_types,
)

from execution.limits import Limits

WRITE = 10
"""What a field of the mutation root costs instead of 1."""
_SIZES = ("first", "last")
_SIZED = frozenset({"edges", "nodes"})
_TYPES = cast("GraphQLObjectType", introspection_types["__Schema"]).fields["types"]
"""The one list whose length is known, and long."""
_ENORMOUS = 10**12


@dataclass(slots=True)
class Cost:
    """The cost of one operation; asked again with the same sizes, it answers from memory."""

    schema: GraphQLSchema
    limits: Limits
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    _sizing: tuple[str, ...] | None = None
    _known: dict[tuple[object, ...], int] = field(default_factory=dict[tuple[object, ...], int])

    def of(self, variables: Mapping[str, Any]) -> int:
        """The cost with these variables, which need not have been checked yet."""
        if self._sizing is not None:
            sizes = tuple([_size_of(variables.get(name, _ABSENT)) for name in self._sizing])
            known = self._known.get(sizes)
            if known is not None:
                return known
        counter = _Counter(self, variables)
        cost = counter.operation()
        self._sizing = tuple(sorted(counter.variables))
        if len(self._known) >= 64:
            self._known.clear()
        self._known[tuple([_size_of(variables.get(name, _ABSENT)) for name in self._sizing])] = cost
        return cost


class _Absent:
    """The variable was not given, which is not the same as given as null."""


_ABSENT = _Absent()


def _size_of(value: object) -> object:
    """What of a variable's value the cost depends on; equal only where the cost is."""
    if isinstance(value, list):
        # Not the number itself: a list of 500 entries is no page of 500.
        return "entries", len(value)  # pyright: ignore[reportUnknownArgumentType]
    value = _whole(value)
    is_size = (isinstance(value, int | None) and not isinstance(value, bool)) or value is _ABSENT
    return value if is_size else "other"


def _whole(value: object) -> object:
    """A number as the schema reads it: 500.0 is as good as 500, in variables at least."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class _Counter:
    def __init__(self, cost: Cost, variables: Mapping[str, Any]) -> None:
        self._schema = cost.schema
        self._limits = cost.limits
        self._operation = cost.operation
        self._fragments = cost.fragments
        self._values = variables
        self._defaults = {
            definition.variable.name.value: definition.default_value
            for definition in cost.operation.variable_definitions or ()
        }
        self._spread: dict[tuple[str, int], int] = {}
        self.variables: set[str] = set()

    def operation(self) -> int:
        """The cost of the operation."""
        root = self._schema.get_root_type(self._operation.operation)
        weight = WRITE if self._operation.operation is OperationType.MUTATION else 1
        return min(self._selections(self._operation.selection_set, root, 1, weight), _ENORMOUS)

    def _selections(
        self, selection_set: SelectionSetNode, parent: GraphQLNamedType | None, page: int, weight: int = 1
    ) -> int:
        return sum(self._selection(node, parent, page, weight) for node in selection_set.selections)

    def _selection(self, node: SelectionNode, parent: GraphQLNamedType | None, page: int, weight: int) -> int:
        match node:
            case FieldNode():
                return self._field(node, parent, page, weight)
            case InlineFragmentNode():
                condition = node.type_condition
                inside = self._schema.get_type(condition.name.value) if condition else parent
                return self._selections(node.selection_set, inside, page, weight)
            case FragmentSpreadNode():
                return self._fragment(node.name.value, page, weight)
            case _:
                return 0

    def _fragment(self, name: str, page: int, weight: int) -> int:
        # The same fragment costs something else below a page of another size.
        known = self._spread.get((name, page))
        if known is None:
            self._spread[name, page] = 0
            fragment = self._fragments.get(name)
            if fragment is None:
                return 0
            parent = self._schema.get_type(fragment.type_condition.name.value)
            known = min(self._selections(fragment.selection_set, parent, page, weight), _ENORMOUS)
            self._spread[name, page] = known
        return known

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None, page: int, weight: int) -> int:
        if node.selection_set is None:
            return weight
        definition = self._definition(parent, node.name.value)
        if definition is None:
            # Validation will refuse the field; until then it counts as a plain one.
            return weight + self._selections(node.selection_set, None, 1)
        type_ = cast("Any", definition.type)  # pyright: ignore[reportUnknownMemberType]
        inside = cast("GraphQLNamedType", get_named_type(type_))
        if _SIZES[0] in definition.args or _SIZES[1] in definition.args:
            return weight + self._selections(node.selection_set, inside, self._page(node))
        entries = self._entries(node, definition, type_, page)
        return min(weight + entries * self._selections(node.selection_set, inside, 1), _ENORMOUS)

    def _definition(self, parent: GraphQLNamedType | None, name: str) -> GraphQLField | None:
        if name == "__schema":
            return SchemaMetaFieldDef
        if name == "__type":
            return TypeMetaFieldDef
        return parent.fields.get(name) if isinstance(parent, GraphQLObjectType | GraphQLInterfaceType) else None

    def _page(self, node: FieldNode) -> int:
        asked = [
            size
            for argument in node.arguments or ()
            if argument.name.value in _SIZES and (size := self._number(argument.value)) is not None
        ]
        return min(max(asked), self._limits.largest_page) if asked else self._limits.page

    def _entries(self, node: FieldNode, definition: GraphQLField, type_: Any, page: int) -> int:  # noqa: ANN401
        nullable = cast("Any", type_).of_type if isinstance(type_, GraphQLNonNull) else type_
        if not isinstance(nullable, GraphQLList):
            return 1
        for argument in node.arguments or ():
            if argument.name.value == "ids":
                return self._length(argument.value)
        if node.name.value in _SIZED:
            return page
        if definition is _TYPES:
            return len(self._schema.type_map)
        return self._limits.list

    def _number(self, value: ValueNode) -> int | None:
        found = _whole(self._given(value))
        if isinstance(found, IntValueNode):
            # No page is as large as a number of so many digits, and reading one takes long.
            found = int(found.value) if len(found.value) < 10 else self._limits.largest_page
        if isinstance(found, bool) or not isinstance(found, int):
            return None
        return max(found, 0)

    def _length(self, value: ValueNode) -> int:
        found = self._given(value)
        if isinstance(found, ListValueNode):
            return len(found.values)
        return len(found) if isinstance(found, list) else 1  # pyright: ignore[reportUnknownArgumentType]

    def _given(self, value: ValueNode) -> object:
        """The value itself, or what the variable stands for."""
        if not isinstance(value, VariableNode):
            return None if isinstance(value, NullValueNode) else value
        name = value.name.value
        self.variables.add(name)
        if name in self._values:
            return self._values[name]
        default = self._defaults.get(name)
        return None if default is None or isinstance(default, NullValueNode | VariableNode) else default
