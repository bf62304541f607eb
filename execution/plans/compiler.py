"""From a document to a plan. Fields are merged, and arguments coerced, by graphql-core's own functions."""

from collections.abc import Mapping

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    TypeNameMetaFieldDef,
    VariableNode,
    Visitor,
    is_abstract_type,
    is_object_type,
    visit,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues

from execution.plans.core import Type, bare, inside
from execution.plans.leaves import is_leaves
from execution.plans.levels import Constant, Filled, Inline, Level, Part
from execution.plans.plan import Plan
from execution.plans.run import Operation, Selected
from execution.plans.shapes import Abstract, Lists, Objects, Shape
from execution.plans.sources import Attributes, Members, Resolver, Source
from execution.plans.strawberries import Strawberry
from execution.plans.unsupported import Unsupported

MAX_FIELDS = 4_000
"""Fields of a plan, counted again for each type of an interface that they are met on."""
_BYTES_PER_FIELD = 1_500
_INCREMENTAL = frozenset({"defer", "stream"})
_PROPAGATION = "experimental_disableErrorPropagation"


def compile_plan(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation_name: str | None,
    *,
    flags: Mapping[str, bool],
    max_coercion_errors: int = 50,
    hide_suggestions: bool = False,
) -> Plan:
    """The plan of one operation of a valid document. Raises `Unsupported`.

    `flags` are the values of the variables that `@skip` and `@include` depend on: those that `flags_of` names.
    """
    node, fragments = _chosen(document, operation_name)
    _refuse(schema, document, node, fragments)
    strawberry = Strawberry.behind(schema)
    operation = Operation(
        schema=schema,
        node=node,
        fragments=fragments,
        executor_class=strawberry.executor_class if strawberry else Executor,
        executor_options={"operation_extensions": None} if strawberry else {},
        plain_variables=strawberry is not None,
        hide_suggestions=hide_suggestions,
    )
    compiler = _Compiler(operation, strawberry, flags)
    levels = compiler.root_levels()
    if levels is None:
        reason = "nested too deeply"
        raise Unsupported(reason)
    return Plan(
        operation,
        levels,
        flags=flags,
        max_coercion_errors=max_coercion_errors,
        size=4_000 + _BYTES_PER_FIELD * compiler.fields,
    )


def flags_of(document: DocumentNode, operation_name: str | None) -> Mapping[str, bool | None]:
    """The operation's variables that `@skip` and `@include` depend on, and their defaults. Raises `Unsupported`."""
    visitor = _Flags()
    visit(document, visitor)
    if not visitor.names:
        return {}
    node, _ = _chosen(document, operation_name)
    defaults = {each.variable.name.value: each.default_value for each in node.variable_definitions or ()}
    return {
        name: default.value if isinstance(default, BooleanValueNode) else None
        for name, default in defaults.items()
        if name in visitor.names
    }


class _Flags(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        if node.name.value in {"skip", "include"}:
            values = [argument.value for argument in node.arguments or ()]
            self.names |= {value.name.value for value in values if isinstance(value, VariableNode)}


class _Directives(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        self.names.add(node.name.value)


def _chosen(
    document: DocumentNode, name: str | None
) -> tuple[OperationDefinitionNode, dict[str, FragmentDefinitionNode]]:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    found = [node for node in operations if name is None or (node.name and node.name.value == name)]
    if len(found) != 1:
        reason = "no single operation"
        raise Unsupported(reason)
    return found[0], fragments


def _refuse(
    schema: GraphQLSchema,
    document: DocumentNode,
    node: OperationDefinitionNode,
    fragments: Mapping[str, FragmentDefinitionNode],
) -> None:
    if node.operation is OperationType.SUBSCRIPTION:
        reason = "subscription"
        raise Unsupported(reason)
    if any(fragment.variable_definitions for fragment in fragments.values()):
        reason = "variables of fragments"
        raise Unsupported(reason)
    used = _Directives()
    visit(document, used)
    if used.names & _INCREMENTAL or any(schema.get_directive(name) for name in _INCREMENTAL):
        reason = "@defer or @stream"
        raise Unsupported(reason)
    if _PROPAGATION in used.names:
        reason = "error propagation is off"
        raise Unsupported(reason)


class _Compiler:
    def __init__(self, operation: Operation, strawberry: Strawberry | None, flags: Mapping[str, bool]) -> None:
        self._operation = operation
        self._strawberry = strawberry
        self._variables = VariableValues({}, dict(flags))
        self.fields = 0

    def root_levels(self) -> list[Level] | None:
        """What the plan begins with; nothing where the operation nests deeper than Python can follow."""
        try:
            return self.root()
        except RecursionError:
            # Whoever raised out of here would keep all the frames alive.
            return None

    def root(self) -> list[Level]:
        """One level for a query; for a mutation one for each field, since these run one by one."""
        operation = self._operation
        type_ = operation.schema.get_root_type(operation.node.operation)
        if type_ is None:
            reason = "no such root type"
            raise Unsupported(reason)
        collected = collect_fields(operation.schema, operation.details, self._variables, type_, operation.node)
        grouped = collected.grouped_field_set
        if operation.node.operation is OperationType.MUTATION:
            return [self._level(type_, {key: details}) for key, details in grouped.items()]
        return [self._level(type_, grouped)]

    def _level(self, type_: GraphQLObjectType, grouped: Mapping[str, list[FieldDetails]]) -> Level:
        parts: list[Part] = []
        for key, details in grouped.items():
            definition = self._operation.schema.get_field(type_, details[0].node.name.value)
            if definition is None:
                continue
            self.fields += 1
            if self.fields > MAX_FIELDS:
                reason = "too many fields"
                raise Unsupported(reason)
            parts.append(self._part(Selected(key, definition, type_, details, len(parts))))
        return Level(type_, parts)

    def _part(self, field: Selected) -> Part:
        if field.definition is TypeNameMetaFieldDef:
            return Constant(field, field.parent_type.name)
        source = self._source(field)
        type_: Type = field.type
        if is_leaves(type_):
            if isinstance(source, Attributes | Members):
                return Inline(field, source)
            return Filled(field, source, None)
        return Filled(field, source, self._shape(field, type_))

    def _source(self, field: Selected) -> Source:
        definition: GraphQLField = field.definition
        if definition.resolve is None:
            return Members(field)
        own = self._strawberry.source_of(field) if self._strawberry else None
        return own or Resolver(field, definition.resolve)

    def _shape(self, field: Selected, type_: Type) -> Shape:
        named = bare(type_)
        if isinstance(named, GraphQLList):
            return Lists(field, type_, self._shape(field, inside(named)))
        if is_object_type(named):
            return Objects(field, type_, self._below(field, named))
        if is_abstract_type(named):
            return self._abstract(field, type_, named)
        reason = "unknown kind of type"
        raise Unsupported(reason)

    def _abstract(self, field: Selected, type_: Type, abstract: Type) -> Shape:
        schema = self._operation.schema
        known: dict[str, Shape | None] = {}

        def shape_of(name: str) -> Shape | None:
            if name not in known:
                concrete = schema.get_type(name)
                if not isinstance(concrete, GraphQLObjectType) or not schema.is_sub_type(abstract, concrete):
                    return None
                try:
                    known[name] = Objects(field, type_, self._below(field, concrete))
                except (Unsupported, RecursionError):
                    known[name] = None
            return known[name]

        return Abstract(field, type_, abstract, shape_of)

    def _below(self, field: Selected, type_: GraphQLObjectType) -> Level:
        operation = self._operation
        collected = collect_subfields(
            operation.schema, operation.details, self._variables, operation.node, type_, field.details
        )
        return self._level(type_, collected.grouped_field_set)
