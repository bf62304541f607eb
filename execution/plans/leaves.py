"""Scalars and enums: which values stand in the answer as they are, and what is asked about the others.

Each leaf is an expression in generated code. Whatever it does not expect raises, and graphql-core decides about it.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import Enum
from math import isfinite
from typing import cast

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLString,
    is_leaf_type,
)
from graphql.pyutils import Undefined

from execution.hints import kinds_left_to_encoder
from execution.plans.columns import Value
from execution.plans.core import Type, bare, inside, is_nullable
from execution.plans.kinds import LISTS, is_plain, kind_of

Coerce = Callable[[Value], Value]

_TESTS = {
    GraphQLString: "{v}.__class__ is str",
    GraphQLID: "{v}.__class__ is str",
    GraphQLBoolean: "{v}.__class__ is bool",
    GraphQLInt: "{v}.__class__ is int and -2147483648 <= {v} <= 2147483647",
    GraphQLFloat: "{v}.__class__ is float and isfinite({v})",
}
_INSTANT = "{v}.__class__ is datetime and ({v}.tzinfo is UTC or {v}.tzinfo is None)"


class Surprise(Exception):
    """A value that the plan leaves to graphql-core."""


class Names:
    """The constants of a piece of generated code, by the names that it knows them by."""

    def __init__(self) -> None:
        self.values: dict[str, object] = {"UTC": UTC, "datetime": datetime, "isfinite": isfinite}

    def add(self, value: object) -> str:
        """The name of one more constant."""
        name = f"k{len(self.values)}"
        self.values[name] = value
        return name


def is_leaves(type_: Type) -> bool:
    """Whether the type is a leaf, or a list of leaves."""
    while isinstance(type_, GraphQLNonNull | GraphQLList):
        type_ = inside(type_)
    return is_leaf_type(type_)


def expression(type_: Type, value: str, names: Names, *, calls: bool = False) -> str:
    """Code that turns the code of a value into what stands in the answer, or raises.

    With `calls` the value comes from a reader that would call what can be called.
    """
    nullable = is_nullable(type_)
    named = bare(type_)
    if isinstance(named, GraphQLEnumType):
        known = f"{names.add(_enum_names(named))}"
        return f"(None if (v := {value}) is None else {known}[v])" if nullable else f"{known}[{value}]"
    otherwise = names.add(coercion(named, calls=calls))
    test = _test(named, names)
    if test is None:
        return f"(None if (v := {value}) is None else {otherwise}(v))" if nullable else f"{otherwise}({value})"
    # The value is bound where it is first looked at.
    first = test.replace("{v}", f"(v := {value})", 1).replace("{v}", "v")
    null = " or v is None" if nullable else ""
    return f"(v if {first}{null} else {otherwise}(v))"


def coercion(type_: Type, *, calls: bool = False) -> Coerce:
    """What turns a value that is not null into what stands in the answer. It raises on everything unexpected."""
    named = bare(type_)
    if isinstance(named, GraphQLList):
        return _list_coercion(inside(named), calls=calls)
    coerce = cast("GraphQLLeafType", named).coerce_output_value

    def coerced(value: Value) -> Value:
        if not is_plain(kind_of(value)) or (calls and callable(value)):
            raise Surprise
        found = coerce(value)
        if found is None or found is Undefined:
            raise Surprise
        return found

    return coerced


def _list_coercion(item: Type, *, calls: bool) -> Coerce:
    nullable = is_nullable(item)
    coerce = coercion(item, calls=False)
    texts = {str} if bare(item) in {GraphQLString, GraphQLID} else None

    def coerced(values: Value) -> Value:
        kind = kind_of(values)
        if kind not in LISTS or (calls and callable(values)):
            raise Surprise
        if texts is not None and kind is list and set(map(type, values)) <= texts:
            return values
        return [None if value is None and nullable else coerce(value) for value in values]

    return coerced


def _test(type_: Type, names: Names) -> str | None:
    known = _TESTS.get(type_)
    if known is not None or not isinstance(type_, GraphQLScalarType):
        return known
    kinds = kinds_left_to_encoder(type_.coerce_output_value)
    if kinds == (datetime,):
        return _INSTANT
    return " or ".join(f"{{v}}.__class__ is {names.add(kind)}" for kind in kinds) or None


def _enum_names(type_: GraphQLEnumType) -> dict[Value, str]:
    """The name of each value, as the type itself gives it, for members of Python enums and for what they stand for."""
    found: dict[Value, str] = {}
    for value in _enum_values(type_):
        if value is None or callable(value):
            continue
        try:
            found[value] = type_.coerce_output_value(value)
        except Exception:  # noqa: S112 - graphql-core is asked about it when it is met
            continue
    return found


def _enum_values(type_: GraphQLEnumType) -> Iterator[Value]:
    for value in type_.values.values():
        yield value.value
    wrapped = getattr(type_, "wrapped_cls", None)
    if isinstance(wrapped, type) and issubclass(wrapped, Enum):
        yield from wrapped
