"""What is used of graphql-core and annotated there with types of unknown parameters, under types of our own."""

from collections.abc import Callable
from typing import Any, cast

import graphql
from graphql import pyutils

Type = Any
"""A type of a schema."""
Executor = Any
"""graphql-core's executor of one operation."""

is_awaitable = cast("Callable[[object], bool]", cast("Any", pyutils).is_awaitable)
default_field_resolver = cast("Callable[..., Any]", cast("Any", graphql).default_field_resolver)
default_type_resolver = cast("Callable[..., Any]", cast("Any", graphql).default_type_resolver)


def bare(type_: Type) -> Type:
    """The type without its exclamation mark."""
    return inside(type_) if isinstance(type_, graphql.GraphQLNonNull) else type_


def inside(type_: Type) -> Type:
    """The type inside a list, or before an exclamation mark."""
    return type_.of_type


def is_nullable(type_: Type) -> bool:
    """Whether null may stand for a value of the type."""
    return not isinstance(type_, graphql.GraphQLNonNull)
