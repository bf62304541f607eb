"""What a schema can say about its own functions, so that they need not be called for each value. Standard library only.

Each hint is a promise: whoever believes it answers as if the function had been called.
"""

from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])


def read(row: Any, name: str) -> Any:  # noqa: ANN401 - a row or an object, and what is in it
    """A default resolver: by key what has keys, such as a row, and everything else by attribute."""
    return row[name] if hasattr(row, "keys") else getattr(row, name)


def has_keys(kind: type) -> bool:
    """Whether `read` takes values of objects of the class by key."""
    return hasattr(kind, "keys")


def left_to_encoder(*kinds: type) -> Callable[[Function], Function]:
    """Of a scalar's serializer: exact instances of these classes may stand in the result as they are.

    Whatever encodes the result writes them as the serializer would. Instants are left as they are only in UTC, wall
    clock times only without a zone.
    """

    def mark(serialize: Function) -> Function:
        setattr(serialize, _KINDS, kinds)
        return serialize

    return mark


def kinds_left_to_encoder(serialize: object) -> tuple[type, ...]:
    """The classes that `left_to_encoder` names."""
    return getattr(serialize, _KINDS, ())


def decided_by_class(is_type_of: Function) -> Function:
    """Of an `is_type_of`: its answer depends on the class of the value alone."""
    setattr(is_type_of, _BY_CLASS, True)
    return is_type_of


def is_decided_by_class(is_type_of: object) -> bool:
    """Whether `decided_by_class` marks it."""
    return bool(getattr(is_type_of, _BY_CLASS, False))


_KINDS = "_left_to_encoder"
_BY_CLASS = "_decided_by_class"
