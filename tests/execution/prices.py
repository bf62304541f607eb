"""Random operations over a small schema, and what they cost when every field is counted where it would be answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from graphql import build_schema
from hypothesis import strategies as st

SCHEMA = build_schema("""
type Query {
  things(first: Int, last: Int, tag: String): ThingConnection!
  nodes(ids: [ID!]!): [Node]!
  node: Node
  any: Any
  thing: Thing
  tags: [String!]!
}
type Mutation { make: Payload! remake(ids: [ID!]): [Payload!]! }
type Payload { thing: Thing problems: [Problem!]! }
type Problem { code: String! path: [String!]! }
interface Node { id: ID! children(first: Int, last: Int): ThingConnection! siblings: [Thing!]! }
type Thing implements Node { id: ID! children(first: Int, last: Int): ThingConnection! siblings: [Thing!]! parent: Any }
type Other implements Node { id: ID! children(first: Int, last: Int): ThingConnection! siblings: [Thing!]! }
union Any = Thing | Other
type ThingConnection { edges: [ThingEdge!]! nodes: [Thing!]! first: Thing totalCount: Int! }
type ThingEdge { node: Thing! cursor: String! }
""")
PAGE, LARGEST, LIST, WRITE = 4, 6, 3, 10
_NODE = (("id", "", ""), ("children", "ThingConnection", "page"), ("siblings", "Thing", "list"))
FIELDS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "Query": (
        ("things", "ThingConnection", "page"),
        ("nodes", "Node", "ids"),
        ("node", "Node", "one"),
        ("any", "Any", "one"),
        ("thing", "Thing", "one"),
        ("tags", "", ""),
    ),
    "Mutation": (("make", "Payload", "one"), ("remake", "Payload", "ids")),
    "Payload": (("thing", "Thing", "one"), ("problems", "Problem", "list")),
    "Problem": (("code", "", ""), ("path", "", "")),
    "Node": _NODE,
    "Thing": (*_NODE, ("parent", "Any", "one")),
    "Other": _NODE,
    "Any": (("__typename", "", ""),),
    "ThingConnection": (
        ("edges", "ThingEdge", "sized"),
        ("nodes", "Thing", "sized"),
        ("first", "Thing", "one"),
        ("totalCount", "", ""),
    ),
    "ThingEdge": (("node", "Thing", "one"), ("cursor", "", "")),
}
"""Of each type the fields: name, type inside if any, and how many entries there are of it."""
_NARROWER = {"Node": ("Thing", "Other"), "Any": ("Thing", "Other")}
DEFAULTS: Mapping[str, object] = {"b": 2, "c": None, "j": ["x", "y"]}
HEAD = '($a: Int, $b: Int = 2, $c: Int = null, $i: [ID!], $j: [ID!] = ["x", "y"])'
_SIZES = ("-1", "0", "1", "3", "5", "9", "99999999999", "null", "true", '"3"', "$a", "$b", "$c", "$i")
_IDS = ("[]", '["x"]', '["x", "y", "z"]', '"x"', "null", "$i", "$j", "$a")
VALUES: tuple[object, ...] = (
    *(None, -3, 0, 1, 2, 3, 5, 9, 10**30, True, False, 2.0, 2.5, "3", ""),
    *([], ["x"], ["x", "y"], [1, 2, 3], [None] * 5, {}, {"first": 3}),
)
"""What a variable may be sent as, with or without sense."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field with the arguments that decide how many entries it has."""

    name: str
    entries: str
    arguments: tuple[tuple[str, str], ...]
    inside: "tuple[Selection, ...]"

    def __str__(self) -> str:
        arguments = ", ".join(f"{name}: {value}" for name, value in self.arguments)
        return f"{self.name}{f'({arguments})' if arguments else ''}{written(self.inside) if self.inside else ''}"


@dataclass(frozen=True, slots=True)
class Inline:
    """An inline fragment."""

    on: str
    inside: "tuple[Selection, ...]"

    def __str__(self) -> str:
        return f"... on {self.on} {written(self.inside)}"


@dataclass(frozen=True, slots=True)
class Fragment:
    """A fragment, which is spread by reference."""

    number: int
    on: str
    inside: "tuple[Selection, ...]"

    def __str__(self) -> str:
        return f"...F{self.number}"


Selection = Field | Inline | Fragment


@dataclass(frozen=True, slots=True)
class Priced:
    """One operation and the fragments of its document."""

    kind: str
    inside: tuple[Selection, ...]
    fragments: tuple[Fragment, ...]

    def __str__(self) -> str:
        fragments = [
            f"fragment F{fragment.number} on {fragment.on} {written(fragment.inside)}" for fragment in self.fragments
        ]
        return "\n".join((f"{self.kind} {HEAD} {written(self.inside)}", *fragments))

    def cost(self, variables: Mapping[str, Any]) -> int:
        """The field values of the largest answer, each counted by itself."""
        weight = WRITE if self.kind == "mutation" else 1
        return sum(_values(one, variables, 1, weight) for one in self.inside)


def written(selections: tuple[Selection, ...]) -> str:
    return "{" + " ".join(map(str, selections)) + "}"


def _values(one: Selection, variables: Mapping[str, Any], page: int, weight: int) -> int:
    if not isinstance(one, Field):
        return sum(_values(inner, variables, page, weight) for inner in one.inside)
    inner_page, times = 1, 1
    match one.entries:
        case "page":
            inner_page = _page([_given(value, variables) for _, value in one.arguments])
        case "sized":
            times = page
        case "list":
            times = LIST
        case "ids":
            times = _length([_given(value, variables) for _, value in one.arguments])
        case _:
            pass
    answered = weight
    for _ in range(times):
        answered += sum(_values(inner, variables, inner_page, 1) for inner in one.inside)
    return answered


def _given(value: str, variables: Mapping[str, Any]) -> object:
    if value.startswith("$"):
        return variables[value[1:]] if value[1:] in variables else DEFAULTS.get(value[1:])
    literals: dict[str, object] = {"null": None, "true": True}
    return literals[value] if value in literals else eval(value)  # noqa: S307 - what is left reads alike in Python


def _page(sizes: list[object]) -> int:
    asked = [
        int(size)
        for size in sizes
        if isinstance(size, int | float) and size not in {2.5} and not isinstance(size, bool)
    ]
    return max(0, min(LARGEST, max(asked))) if asked else PAGE


def _length(ids: list[object]) -> int:
    if not ids:
        return LIST
    return len(cast("list[object]", ids[0])) if isinstance(ids[0], list) else 1


@dataclass(slots=True)
class _Author:
    """Draws selections of a type; every number stands for a whole one, which is what makes drawing quick."""

    draw: st.DrawFn
    fragments: list[Fragment]
    room: int = 10

    def selections(self, on: str, level: int) -> tuple[Selection, ...]:
        return tuple(self.selection(on, level) for _ in range(self.draw(st.integers(1, 3))))

    def selection(self, on: str, level: int) -> Selection:
        self.room -= 1
        kind, which, first, last = self._drawn(6, 60, 2 * len(_SIZES), 2 * len(_SIZES))
        types = (on, *_NARROWER.get(on, ()))
        spreadable = [fragment for fragment in self.fragments if fragment.on in types]
        if kind == 0 and spreadable:
            return spreadable[which % len(spreadable)]
        if kind == 1 and level < 4:
            narrower = types[which % len(types)]
            return Inline(narrower, self.selections(narrower, level + 1))
        ends = level > 5 or self.room < 0
        if ends:
            return Field("__typename", "", (), ())
        name, inside, entries = FIELDS[on][which % len(FIELDS[on])]
        arguments: tuple[tuple[str, str], ...] = ()
        if entries == "page":
            sizes = (("first", first), ("last", last))
            arguments = tuple((size, _SIZES[number]) for size, number in sizes if number < len(_SIZES))
        elif entries == "ids" and (first % 4 or name == "nodes"):
            arguments = (("ids", _IDS[last % len(_IDS)]),)
        return Field(name, entries, arguments, self.selections(inside, level + 1) if inside else ())

    def _drawn(self, *bounds: int) -> list[int]:
        product = 1
        for bound in bounds:
            product *= bound
        number = self.draw(st.integers(0, product - 1))
        found: list[int] = []
        for bound in bounds:
            number, digit = divmod(number, bound)
            found.append(digit)
        return found


@st.composite
def operations(draw: st.DrawFn) -> Priced:
    """A query or a mutation; a fragment spreads only those drawn before it."""
    fragments: list[Fragment] = []
    for number in range(draw(st.integers(0, 4))):
        on = draw(st.sampled_from(sorted(FIELDS)))
        fragments.append(Fragment(number, on, _Author(draw, fragments.copy()).selections(on, 0)))
    kind = draw(st.sampled_from(["query", "query", "mutation"]))
    inside = _Author(draw, fragments).selections(kind.capitalize(), 0)
    return Priced(kind, inside, tuple(draw(st.permutations(fragments))))


def variables() -> st.SearchStrategy[dict[str, object]]:
    """Values for some of the variables."""
    return st.dictionaries(st.sampled_from("abcij"), st.sampled_from(VALUES), max_size=5)
