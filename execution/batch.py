"""Resolvers that take all parents of a field at once. Standard library only; what makes use of it is elsewhere."""

from collections.abc import Awaitable, Callable, Sequence
from inspect import Parameter, isawaitable, signature
from typing import Any, TypeVar

Parent = TypeVar("Parent")
Info = TypeVar("Info")

ResolveAll = Callable[..., Sequence[Any] | Awaitable[Sequence[Any]]]


def batch(resolve_all: Callable[..., Sequence[Any] | Awaitable[Sequence[Any]]]) -> Callable[..., Any]:
    """The resolver of one parent, made of one that takes all.

    `resolve_all(parents, info, **arguments)` returns a value for each parent, in their order; an exception among them
    is the failure of that parent, and one that is raised the failure of all. It may be a coroutine function, or return
    the values at once where it has them. What it returns for a parent may not depend on the others.

    An executor that knows parents one by one calls what this returns; `resolve_all_of` is for one that knows them all.
    `info` then tells the path of the first parent.
    """

    def resolve(root: Any, info: Any, **arguments: Any) -> Any:  # noqa: ANN401 - values of any type
        found = resolve_all([root], info, **arguments)
        return _only(found) if isawaitable(found) else found[0]

    # Libraries that read signatures see the function's own, with a parent in the place of the parents.
    parents, *others = signature(resolve_all).parameters.values()
    root = Parameter("root", parents.kind)
    resolve.__signature__ = signature(resolve_all).replace(  # pyright: ignore[reportFunctionMemberAccess]
        parameters=[root, *others], return_annotation=Any
    )
    resolve.__annotations__ = {
        **{name: kind for name, kind in resolve_all.__annotations__.items() if name != parents.name},
        "return": Any,
    }
    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(resolve, name, getattr(resolve_all, name))
    resolve.resolve_all = resolve_all  # pyright: ignore[reportFunctionMemberAccess]
    return resolve


def resolve_all_of(resolver: object) -> ResolveAll | None:
    """The function behind a resolver that `batch` has made."""
    return getattr(resolver, "resolve_all", None)


async def _only(found: Awaitable[Sequence[Any]]) -> Any:  # noqa: ANN401 - a value of any type
    return (await found)[0]
