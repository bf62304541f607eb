"""One execution of a plan: what its resolvers may ask for, and the executor of graphql-core behind it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from graphql import (
    FragmentDefinitionNode,
    GraphQLField,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.execution.collect_fields import FieldDetails, FragmentDetails
from graphql.execution.values import VariableValues
from graphql.pyutils import Path
from graphql.type import GraphQLResolveInfoHelpers

from execution.plans.columns import Value
from execution.plans.core import Executor, Type, default_field_resolver, default_type_resolver
from execution.plans.core import is_awaitable as _is_awaitable
from execution.plans.places import Places


@dataclass(frozen=True, slots=True)
class Operation:
    """What all executions of an operation share."""

    schema: GraphQLSchema
    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    executor_class: Executor
    executor_options: Mapping[str, Any]
    plain_variables: bool
    """Whether resolvers get the variables as a plain mapping."""
    hide_suggestions: bool
    details: dict[str, FragmentDetails] = field(init=False)

    def __post_init__(self) -> None:
        details = {name: FragmentDetails(node) for name, node in self.fragments.items()}
        object.__setattr__(self, "details", details)


class Run:
    """One execution."""

    __slots__ = ("_executor", "context", "operation", "root", "variables")

    def __init__(self, operation: Operation, variables: VariableValues, root: Value, context: Value) -> None:
        self.operation = operation
        self.variables = variables
        self.root = root
        self.context = context
        self._executor: Executor | None = None

    @property
    def executor(self) -> Executor:
        """graphql-core's executor for the same execution, made when it is first needed. It collects all errors."""
        if self._executor is None:
            operation = self.operation
            self._executor = operation.executor_class(
                operation.schema,
                cast("dict[str, FragmentDefinitionNode]", operation.fragments),
                operation.details,
                self.root,
                self.context,
                operation.node,
                self.variables,
                default_field_resolver,
                default_type_resolver,
                default_field_resolver,
                hide_suggestions=operation.hide_suggestions,
                **operation.executor_options,
            )
        return self._executor

    @property
    def used_executor(self) -> Executor | None:
        """The executor, if anything has needed it."""
        return self._executor


@dataclass(slots=True)
class Selected:
    """A field that an operation selects on an object type."""

    key: str
    definition: GraphQLField
    parent_type: GraphQLObjectType
    details: list[FieldDetails]
    position: int
    """Its place among the fields of the object."""

    @property
    def type(self) -> Type:
        """What the field is declared as."""
        return cast("Any", self.definition).type

    @property
    def name(self) -> str:
        """The field's name in the schema."""
        return self.details[0].node.name.value


class RawInfo:
    """What graphql-core tells a resolver, worked out when it is asked for."""

    __slots__ = ("_field", "_index", "_places", "_run", "context")

    abort_signal = None
    operation_extensions = None
    is_awaitable = staticmethod(_is_awaitable)

    def __init__(self, run: Run, field: Selected, places: Places, index: int) -> None:
        self.context = run.context
        self._run = run
        self._field = field
        self._places = places
        self._index = index

    @property
    def field_name(self) -> str:
        """The field's name in the schema."""
        return self._field.name

    @property
    def field_nodes(self) -> list[Any]:
        """All selections of the field under its key."""
        return [detail.node for detail in self._field.details]

    @property
    def return_type(self) -> Value:
        """The field's type."""
        return self._field.type

    @property
    def parent_type(self) -> GraphQLObjectType:
        """The type of the object."""
        return self._field.parent_type

    @property
    def path(self) -> Path:
        """Where the field's value stands in the answer."""
        return cast("Path", self._places.path(self._index))

    @property
    def schema(self) -> GraphQLSchema:
        """The schema."""
        return self._run.operation.schema

    @property
    def fragments(self) -> Mapping[str, FragmentDefinitionNode]:
        """The document's fragments by name."""
        return self._run.operation.fragments

    @property
    def root_value(self) -> Value:
        """The root."""
        return self._run.root

    @property
    def operation(self) -> OperationDefinitionNode:
        """The operation."""
        return self._run.operation.node

    @property
    def variable_values(self) -> Value:
        """The variables, coerced."""
        variables = self._run.variables
        return variables.coerced if self._run.operation.plain_variables else variables

    @property
    def async_helpers(self) -> GraphQLResolveInfoHelpers:
        """As the executor gives them."""
        return self._run.executor.async_helpers


MakeInfo = Callable[[RawInfo], Value]
"""What a library makes of it for its resolvers."""
