"""Random documents for any schema: valid by construction, with values for their variables that need not be."""

import json
from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from random import Random
from typing import Any, cast

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_composite_type,
    is_required_argument,
    is_required_input_field,
)
from graphql.utilities import do_types_overlap

Supply = Callable[[Random, str, str], Any]
"""A value of a scalar, by the scalar's name and that of the input field, or field and argument, that want it."""
Composite = GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType
MOST_FLAGS = 3
"""With each flag there may be twice as many plans of a document."""
FLAG = "if"
WRONG: tuple[Any, ...] = ({"wrong": 1}, [[]], "wrong", -1.5, 2**70, True)
"""Values of variables, of which each fits few types."""
RESPONSE_NAMES = ("x", "y", "name", "id", "friend", "label")


@dataclass(frozen=True, slots=True)
class Name:
    """A bare word in a document: a value of an enum, or a variable with its `$`."""

    text: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of an operation; `where` names the place it was made for. A flag stands in `@skip` or `@include`."""

    name: str
    type: Any
    default: str | None
    where: str

    @property
    def flag(self) -> bool:
        return self.where == FLAG

    def __str__(self) -> str:
        return f"${self.name}: {self.type}" + ("" if self.default is None else f" = {self.default}")


def literal(value: object) -> str:
    """A value as a document writes it."""
    match value:
        case Name():
            return value.text
        case dict():
            members = cast("dict[str, object]", value).items()
            return "{" + ", ".join(f"{name}: {literal(member)}" for name, member in members) + "}"
        case list():
            return "[" + ", ".join(map(literal, cast("list[object]", value))) + "]"
        case _:
            return json.dumps(value)


def plain(value: object) -> Any:
    """The same value as the variables of a request hold it."""
    match value:
        case Name():
            return value.text
        case dict():
            return {name: plain(member) for name, member in cast("dict[str, object]", value).items()}
        case list():
            return [plain(entry) for entry in cast("list[object]", value)]
        case _:
            return value


@dataclass(frozen=True, slots=True)
class Drawn:
    """A document with what its variables may hold."""

    text: str
    variables: tuple[Variable, ...]
    inputs: "Inputs"

    def values(self, *, wrong: bool) -> dict[str, Any]:
        """Values for the variables: given, null or left out; with `wrong`, some that fit no type."""
        random = self.inputs.random
        values: dict[str, Any] = {}
        for variable in self.variables:
            chance = random.random()
            is_nullable = not isinstance(variable.type, GraphQLNonNull)
            if chance < 0.2 and (variable.default is not None or (is_nullable and not variable.flag)):
                continue
            if chance < 0.3 and is_nullable and not variable.flag:
                values[variable.name] = None
            elif chance < 0.35 and wrong and not variable.flag:
                values[variable.name] = random.choice(WRONG)
            else:
                values[variable.name] = plain(self.inputs.value(variable.type, variable.where, nullable=False))
        return values

    def flags(self, values: Mapping[str, Any]) -> dict[str, bool]:
        """The flags, as these values and the defaults say."""
        return {
            variable.name: values.get(variable.name, variable.default == "true")
            for variable in self.variables
            if variable.flag
        }


class Inputs:
    """Values of input types."""

    def __init__(self, random: Random, supply: Supply) -> None:
        self.random = random
        self.supply = supply

    def value(self, type_: Any, where: str, *, nullable: bool = True) -> Any:
        """A value of the type, for a place of this name; null only if it is `nullable`."""
        if isinstance(type_, GraphQLNonNull):
            return self.value(cast("Any", type_).of_type, where, nullable=False)
        if nullable and self.random.random() < 0.1:
            return None
        match type_:
            case GraphQLList():
                return self._list(cast("Any", type_).of_type, where)
            case GraphQLEnumType():
                return Name(self.random.choice(list(type_.values)))
            case GraphQLInputObjectType():
                return self._object(type_)
            case _:
                return self.supply(self.random, type_.name, where)

    def _list(self, inner: Any, where: str) -> Any:
        # One entry may stand for the list. In a list of lists its variables would be one level off.
        if self.random.random() < 0.1 and not isinstance(inner, GraphQLList):
            return self.value(inner, where, nullable=False)
        return [self.nested(inner, where) for _ in range(self.random.randint(0, 3))]

    def nested(self, type_: Any, where: str) -> Any:
        """A value that stands inside another."""
        return self.value(type_, where)

    def _object(self, type_: GraphQLInputObjectType) -> dict[str, Any]:
        if type_.is_one_of:
            name, only = self.random.choice(list(type_.fields.items()))
            return {name: self.value(only.type, name, nullable=False)}
        return {
            name: self.nested(member.type, name)
            for name, member in type_.fields.items()
            if is_required_input_field(member) or self.random.random() < 0.4
        }


class Document(Inputs):
    """One document while it is written."""

    def __init__(
        self,
        schema: GraphQLSchema,
        random: Random,
        supply: Supply,
        *,
        most: int = 30,
        rare: Set[str] = frozenset(),
    ) -> None:
        """`most` is how many fields it may have at the most; `rare` names arguments that are seldom given."""
        super().__init__(random, supply)
        self._rare = rare
        self._schema = schema
        self._flag = GraphQLNonNull(GraphQLBoolean)
        self._left = most
        self._composites = [
            type_ for name, type_ in schema.type_map.items() if is_composite_type(type_) and not name.startswith("__")
        ]
        self._variables: list[Variable] = []
        self._fragments: dict[str, tuple[Composite, int, str]] = {}
        self._response_names: dict[str, str] = {}
        self._is_constant = False

    def draw(self, kind: str, depth: int) -> Drawn:
        """An operation of this kind, whose fields nest so deeply."""
        root = self._schema.query_type if kind == "query" else self._schema.mutation_type
        selected = self._selections(cast("Composite", root), depth)
        # Only what is used may be defined, and a fragment is written before whatever spreads it.
        variables = "(" + ", ".join(map(str, self._variables)) + ")" if self._variables else ""
        fragments = [f"fragment {name} on {type_.name} {text}" for name, (type_, _, text) in self._fragments.items()]
        text = "\n".join([f"{kind} Drawn{variables} {selected}", *fragments])
        return Drawn(text, tuple(self._variables), Inputs(self.random, self.supply))

    # --- Selections ---------------------------------------------------------------------------------------------------

    def _selections(self, parent: Composite, depth: int) -> str:
        parts = [self._selection(parent, depth) for _ in range(self.random.choice((1, 2, 2, 3, 4)))]
        if self.random.random() < 0.1:
            parts.append(self.random.choice(parts))
        return "{ " + " ".join(parts) + " }"

    def _selection(self, parent: Composite, depth: int) -> str:
        chance = self.random.random()
        if chance < 0.08 or self._left <= 0:
            return f"{self._alias('__typename', '__typename')}__typename{self._condition()}"
        if isinstance(parent, GraphQLUnionType):
            chance = 0.08 + chance / 5
        if depth > 0 and chance < 0.2:
            inside = self._overlapping(parent)
            return f"... on {inside.name}{self._condition()} {self._selections(inside, depth - 1)}"
        if depth > 0 and chance < 0.23:
            return f"...{self._condition()} {self._selections(parent, depth - 1)}"
        if depth > 0 and chance < 0.32:
            return f"...{self._fragment(parent, depth - 1)}{self._condition()}"
        return self._field(parent, depth)

    def _overlapping(self, parent: Composite) -> Composite:
        return self.random.choice([type_ for type_ in self._composites if self._overlap(type_, parent)])

    def _overlap(self, one: Composite, other: Composite) -> bool:
        return do_types_overlap(self._schema, one, other)

    def _fragment(self, parent: Composite, depth: int) -> str:
        fitting = [
            name
            for name, (type_, inside, _) in self._fragments.items()
            if inside <= depth and self._overlap(type_, parent)
        ]
        if fitting and self.random.random() < 0.6:
            return self.random.choice(fitting)
        type_ = self._overlapping(parent)
        text = self._selections(type_, depth)
        name = f"F{len(self._fragments)}"
        self._fragments[name] = type_, depth, text
        return name

    def _field(self, parent: Composite, depth: int) -> str:
        fields: dict[str, GraphQLField] = {} if isinstance(parent, GraphQLUnionType) else parent.fields
        if depth == 0:
            fields = {name: field for name, field in fields.items() if not is_composite_type(_named(field))}
        if not fields:
            return f"{self._alias('__typename', '__typename')}__typename"
        self._left -= 1
        name = self.random.choice(list(fields))
        if not is_composite_type(_named(fields[name])):
            # Leaves are many, and what leads on makes the better documents.
            name = self.random.choice(list(fields))
        field = fields[name]
        arguments = self._arguments(field, name)
        named = _named(field)
        inside = f" {self._selections(named, depth - 1)}" if is_composite_type(named) else ""
        alias = self._alias(name, f"{name}{arguments}:{cast('Any', field).type}")
        return f"{alias}{name}{arguments}{self._condition()}{inside}"

    def _alias(self, name: str, signature: str) -> str:
        """A name in the answer that only fields share which may be merged."""
        if self.random.random() < 0.8:
            choices = [name, name, *RESPONSE_NAMES, *(f"a{number}" for number in range(100))]
        else:
            choices = [*self.random.sample(RESPONSE_NAMES, len(RESPONSE_NAMES)), *(f"a{n}" for n in range(100))]
        chosen = next(found for found in choices if self._response_names.setdefault(found, signature) == signature)
        return "" if chosen == name else f"{chosen}: "

    def _condition(self) -> str:
        if self.random.random() > 0.08:
            return ""
        flags = [variable for variable in self._variables if variable.flag]
        chance = self.random.random()
        if chance < 0.25:
            told = self.random.choice(("true", "false"))
        elif flags and (chance < 0.7 or len(flags) == MOST_FLAGS):
            told = f"${self.random.choice(flags).name}"
        else:
            default = self.random.choice((None, "true", "false"))
            told = f"${self._define(self._flag, default, FLAG)}"
        return f" @{self.random.choice(('skip', 'include'))}(if: {told})"

    # --- Arguments ----------------------------------------------------------------------------------------------------

    def _arguments(self, field: GraphQLField, where: str) -> str:
        given: dict[str, Any] = {}
        for name, argument in field.args.items():
            often = 0.05 if name in self._rare else 0.6
            if is_required_argument(argument) or self.random.random() < often:
                has_default = argument.default is not None
                given[name] = self._given(cast("Any", argument).type, f"{where}.{name}", has_default=has_default)
        return f"({literal(given)[1:-1]})" if given else ""

    def _given(self, type_: Any, where: str, *, has_default: bool = False) -> Any:
        if self._is_constant or self.random.random() > 0.3:
            return self.value(type_, where)
        fitting = [known.name for known in self._variables if str(known.type) == str(type_) and not known.flag]
        if fitting and self.random.random() < 0.6:
            return Name(f"${self.random.choice(fitting)}")
        is_required = isinstance(type_, GraphQLNonNull)
        chance = self.random.random()
        if chance > 0.3:
            return Name(f"${self._define(type_, None, where)}")
        self._is_constant = True
        default = literal(self.value(type_, where, nullable=False))
        self._is_constant = False
        # A variable that can be null may stand where null cannot, if it has a default: the null is found at run time.
        if is_required and (chance < 0.15 or has_default):
            type_ = cast("Any", type_).of_type
        return Name(f"${self._define(type_, default, where)}")

    def nested(self, type_: Any, where: str) -> Any:
        """A value that stands inside another; a variable may."""
        return self._given(type_, where) if self.random.random() < 0.3 else self.value(type_, where)

    def _define(self, type_: Any, default: str | None, where: str) -> str:
        name = f"v{len(self._variables)}"
        self._variables.append(Variable(name, type_, default, where))
        return name


def _named(field: GraphQLField) -> Any:
    return cast("Any", get_named_type)(cast("Any", field).type)
