"""Generates the function that makes the objects of a level: one dict display, with all checks of leaves in it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from keyword import iskeyword
from typing import cast

from execution.plans.columns import Column, Value
from execution.plans.core import Type
from execution.plans.leaves import Names, expression

Assemble = Callable[..., Column]
"""`assemble(objects, *columns, redo)`: the objects of an answer; `redo(index)` gives one that held a surprise."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of an object and the code of its value; `type` is set where the value is a leaf still to be checked."""

    key: str
    code: str
    type: Type | None = None
    calls: bool = False


def by_key(name: str) -> str:
    """Code that reads the object `o` by key."""
    return f"o[{name!r}]"


def by_attribute(name: str) -> str:
    """Code that reads an attribute of the object `o`."""
    return f"getattr(o, {name!r})" if iskeyword(name) else f"o.{name}"


def by_attribute_if_any(name: str) -> str:
    """Code that reads an attribute of the object `o` that it need not have."""
    return f"getattr(o, {name!r}, None)"


def by_key_if_any(name: str) -> str:
    """Code that reads the object `o` by a key that it need not have."""
    return f"o.get({name!r})"


def column(place: int) -> str:
    """Code of the value of a column that is given."""
    return f"c{place}"


def assembler(typename: str, entries: Sequence[Entry], columns: int) -> Assemble:
    """The function for these entries and so many columns."""
    names = Names()
    shown = ",\n                ".join(f"{entry.key!r}: {_value(entry, names)}" for entry in entries)
    given = [column(place) for place in range(columns)]
    loop = f"for o, {', '.join(given)} in zip(objects, {', '.join(given)})" if given else "for o in objects"
    # What is looped over has been looked at before the first variable of the same name is set.
    text = f"""
def assemble({", ".join(["objects", *given, "redo"])}):
    made = []
    add = made.append
    {loop}:
        try:
            add({{
                {shown}
            }})
        except Exception:
            add(redo(len(made)))
    return made
"""
    code = compile(text, f"<plan of {typename}>", "exec")
    exec(code, names.values)  # noqa: S102 - of names that graphql-core has parsed, each quoted or an identifier
    return cast("Assemble", names.values["assemble"])


def _value(entry: Entry, names: Names) -> Value:
    if entry.type is None:
        return entry.code
    return expression(entry.type, entry.code, names, calls=entry.calls)
