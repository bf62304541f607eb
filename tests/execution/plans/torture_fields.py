"""How the fields of the torture schema find their values: at once, later, for all parents, or behind a guard."""

from collections.abc import Sequence
from inspect import isawaitable
from typing import Any, cast

import strawberry
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission

from execution.batch import batch
from tests.execution.plans.torture_faults import Later
from tests.execution.plans.torture_world import Mood, World, being_of

Info = strawberry.Info[World, None]
Parent = strawberry.Parent[Any]


def resolved_by(resolver: Any, **options: Any) -> Any:
    """A field whose annotation says its type."""
    return strawberry.field(resolver=resolver, **options)


def resolved(parent: Any, name: str) -> Any:
    """What a resolver gives for a field of a being."""
    return being_of(parent).read(name)


async def awaited(parent: Any, name: str) -> Any:
    """The same, after as many turns of the event loop as the object likes."""
    being = being_of(parent)
    await Later(being.number(name, "turns") % 3, lambda: None)
    return being.read(name)


def label(parent: Parent, style: str = "plain", times: int | None = 1) -> str:
    return f"{resolved(parent, 'name')} {style}" * (times or 0)


async def trail(_: Parent, info: Info, mood: Mood | None = None) -> str | None:
    await Later(1, lambda: None)
    selected = [cast("Any", field).name for field in cast("list[object]", info.selected_fields)]
    return f"{mood and mood.name} {info.path.as_list()} {info.field_name} {selected} {sorted(info.variable_values)}"


async def guests(parent: Parent, first: int = 2) -> Any:
    return (await awaited(parent, "friends"))[:first]


def at_once(name: str) -> Any:
    def resolve(parent: Parent) -> Any:
        return resolved(parent, name)

    return resolve


def after_a_while(name: str) -> Any:
    async def resolve(parent: Parent) -> Any:
        return await awaited(parent, name)

    return resolve


def _tried(parent: Any, name: str) -> Any:
    # What is raised would be the failure of all: what fails for one parent is told in its place. A batch promises
    # values, none that are still to come.
    try:
        found = resolved(parent, name)
    except Exception as failure:
        return failure
    return ValueError(f"{name} is still to come") if isawaitable(found) else found


@batch
def ranks(parents: Sequence[Any], info: Info, times: int = 1) -> list[Any]:
    return [found * times if isinstance(found := _tried(parent, "age"), int) else found for parent in parents]


@batch
async def makers(parents: Sequence[Any], info: Info, mood: Mood | None = None) -> list[Any]:
    await Later(len(parents) % 3, lambda: None)
    return [None if mood is Mood.SAD else _tried(parent, "maker") for parent in parents]


@batch
def neighbours(parents: Sequence[Any], info: Info) -> Any:
    found = [_tried(parent, "friends") for parent in parents]
    # Like a loader, which waits only if it does not have everything yet.
    return found if len(parents) % 2 else Later(1, lambda: found)


def _known(source: Any) -> str:
    """What tells a source from others, and is the same for both engines."""
    return str(getattr(source, "being", type(source).__name__))


class Trusted(BasePermission):
    """Lets most through, at once."""

    message = "You are not trusted."

    def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        return not info.context.faults.chance(20, "trusted", _known(source))


class Vetted(BasePermission):
    """Lets most through, after a while."""

    message = "You are not vetted."
    error_extensions = {"code": "FORBIDDEN"}  # noqa: RUF012 - the library's own form

    async def has_permission(self, source: Any, info: Info, **kwargs: Any) -> bool:
        await Later(1, lambda: None)
        return not info.context.faults.chance(20, "vetted", _known(source))


class Framed(FieldExtension):
    """Puts a value into a frame."""

    def resolve(self, next_: Any, source: Any, info: Info, **kwargs: Any) -> Any:
        return f"[{next_(source, info, **kwargs)}]"
