"""Strawberry's resolvers, called past the wrappers that its schema puts around them, where nothing else is in these."""

from collections.abc import Callable, Mapping
from enum import Enum
from inspect import Parameter
from typing import Any, cast

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLSchema,
    VariableNode,
    Visitor,
    visit,
)
from graphql.execution.values import get_argument_values
from strawberry.types import nodes
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from execution import hints
from execution.batch import resolve_all_of
from execution.plans.columns import Value
from execution.plans.core import Type, bare, inside
from execution.plans.places import Places
from execution.plans.run import RawInfo, Run, Selected
from execution.plans.sources import Attributes, Batch, Call, Calls, Functions, Source

_DEFINITION = "strawberry-definition"

Field = Any
"""A field of Strawberry, some of whose annotations have unknown parameters."""
_GET_RESULT = cast("Any", StrawberryField).get_result


class Strawberry:
    """A schema of Strawberry; `source_of` knows its fields."""

    def __init__(self, schema: Any) -> None:  # noqa: ANN401 - the library keeps its schema behind graphql-core's
        self._schema = schema
        self._converter = schema.schema_converter
        self._config = schema.config

    @classmethod
    def behind(cls, schema: GraphQLSchema) -> "Strawberry | None":
        """The schema that Strawberry has made this one of."""
        own = getattr(schema, "_strawberry_schema", None)
        return cls(own) if own is not None else None

    @property
    def executor_class(self) -> Any:  # noqa: ANN401 - as the library types it
        """What the schema runs its resolvers with."""
        return self._schema.execution_context_class

    def source_of(self, field: Selected) -> Source | None:
        """Where the field's values come from; nothing where more than the resolver has a say in it."""
        own: Field = (field.definition.extensions or {}).get(_DEFINITION)
        if own is None or not self._is_plain(own, field.definition):
            return None
        if own.base_resolver is None:
            return self._reading(own)
        resolve_all = resolve_all_of(own.base_resolver.wrapped_func)
        bound = _Bound(field, own, self._converter, self._config)
        if resolve_all is not None:
            return Batch(resolve_all, bound.for_all)
        function = bound.function_of_parent()
        return Functions(function) if function is not None else Calls(bound.prepare)

    def _is_plain(self, own: Field, definition: GraphQLField) -> bool:
        name = getattr(definition.resolve, "__qualname__", "")
        return (
            not own.extensions
            and not own.is_subscription
            and not self._converter.exception_handlers
            and _GET_RESULT is cast("Any", type(own)).get_result
            and name.startswith("GraphQLCoreConverter.from_resolver.")
        )

    def _reading(self, own: Field) -> Source:
        read = cast("Callable[[Value, str], Value]", own.default_resolver)
        if read is getattr or read is hints.read:
            return Attributes(own.python_name, read)
        name = own.python_name
        return Functions(lambda source: read(source, name))


class _Bound:
    """The parameters of a resolver, and what goes into each."""

    def __init__(self, field: Selected, own: Field, converter: Any, config: Any) -> None:  # noqa: ANN401 - Strawberry's own
        self._field = field
        self._own = own
        self._converter = converter
        self._config = config
        self._resolver = own.base_resolver
        self._node = field.details[0].node
        self._has_arguments = bool(field.definition.args)
        self._coerced = self._constant()
        self._selections: list[Any] | None = None
        self._keeps_selections = self._node.selection_set is not None and not any(
            _mentions_variables(detail.node) for detail in field.details
        )

    def function_of_parent(self) -> Callable[[Value], Value] | None:
        """The function itself, if it takes the parent and nothing else."""
        if self._positions() == ["parent"] and not self._has_arguments:
            return cast("Callable[[Value], Value]", self._resolver.wrapped_func)
        return None

    def for_all(self, run: Run, places: Places) -> tuple[Value, Mapping[str, Value]]:
        """Info and arguments of a resolver that takes all parents."""
        info = self._info(run, places, 0)
        return info, self._arguments(run, info)

    def prepare(self, run: Run) -> Call:
        """The resolver, ready to be called for parents. Raises what is wrong with the arguments."""
        function = self._resolver.wrapped_func
        positions = None if self._has_arguments else self._positions()
        if positions == ["info"]:
            return lambda run, _source, places, index: function(self._info(run, places, index))
        if positions == ["parent", "info"]:
            return lambda run, source, places, index: function(source, self._info(run, places, index))
        return self._with_arguments

    def _with_arguments(self, run: Run, source: Value, places: Places, index: int) -> Value:
        resolver = self._resolver
        info = self._info(run, places, index)
        given = self._arguments(run, info)
        for parameter in (resolver.parent_parameter, resolver.root_parameter):
            if parameter is not None:
                given[parameter.name] = source
        if resolver.info_parameter is not None:
            given[resolver.info_parameter.name] = info
        return resolver(source, **given) if resolver.self_parameter else resolver(**given)

    def _arguments(self, run: Run, info: Value) -> dict[str, Value]:
        if not self._has_arguments:
            return {}
        coerced = self._coerced
        if coerced is None:
            hidden = run.operation.hide_suggestions
            coerced = get_argument_values(self._field.definition, self._node, run.variables, None, hidden)
        return convert_arguments(
            coerced,
            self._own.arguments,
            scalar_registry=self._converter.scalar_registry,
            config=self._config,
            info=info,
        )

    def _info(self, run: Run, places: Places, index: int) -> Value:
        raw = cast("Any", RawInfo(run, self._field, places, index))
        info = self._config.info_class(_raw_info=raw, _field=self._own)
        if self._keeps_selections:
            if self._selections is None:
                self._selections = cast("Any", nodes).convert_selections(raw, raw.field_nodes)
            info.__dict__["selected_fields"] = self._selections
        return info

    def _positions(self) -> list[str] | None:
        """What goes into the positional parameters, if there are no others and the function is not bound."""
        resolver = self._resolver
        if resolver.wrapped_func is not resolver._unbound_wrapped_func:
            return None
        names: list[str] = []
        for parameter in resolver.signature.parameters.values():
            if parameter.kind is not Parameter.POSITIONAL_OR_KEYWORD:
                return None
            if parameter in (resolver.parent_parameter, resolver.root_parameter, resolver.self_parameter):
                names.append("parent")
            elif parameter == resolver.info_parameter:
                names.append("info")
            else:
                return None
        return names

    def _constant(self) -> dict[str, Value] | None:
        """The arguments before Strawberry converts them, where every request may share them."""
        if not self._has_arguments or _mentions_variables(self._node, arguments_only=True):
            return None
        try:
            coerced = get_argument_values(self._field.definition, self._node)
        except Exception:
            return None
        definitions: dict[str, Any] = self._field.definition.args
        types = {each.out_name or name: each.type for name, each in definitions.items()}
        return coerced if all(_may_be_shared(value, types[name]) for name, value in coerced.items()) else None


def _may_be_shared(value: Value, type_: Type) -> bool:
    """Whether converting the value leaves it unchanged, and gives nobody a part of it that can be changed."""
    if value is None or isinstance(value, str | int | float | bool | Enum):
        return True
    type_ = bare(type_)
    if isinstance(type_, GraphQLList) and isinstance(value, list):
        return all(_may_be_shared(item, inside(type_)) for item in cast("list[Value]", value))
    if isinstance(type_, GraphQLInputObjectType) and isinstance(value, dict):
        fields: dict[str, Type] = {field.out_name or name: field.type for name, field in type_.fields.items()}
        return all(
            name in fields and _may_be_shared(item, fields[name])
            for name, item in cast("dict[str, Value]", value).items()
        )
    return False


class _Variables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.found = False

    def enter_variable(self, _node: VariableNode, *_: object) -> None:
        self.found = True

    def enter_fragment_spread(self, *_: object) -> None:
        # What the fragment mentions is not looked up: it may well mention one.
        self.found = True


def _mentions_variables(node: Any, *, arguments_only: bool = False) -> bool:  # noqa: ANN401 - any node
    visitor = _Variables()
    for part in (node.arguments or ()) if arguments_only else (node,):
        visit(part, visitor)
    return visitor.found
