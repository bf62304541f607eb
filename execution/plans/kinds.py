"""Which values a plan handles itself, told by their class: a whole column is looked over at the cost of a set."""

from collections.abc import Callable
from functools import lru_cache
from types import GeneratorType, NoneType

from graphql.pyutils import Undefined

_SPECIAL = (Exception, GeneratorType, type(Undefined))
LISTS = frozenset({list, tuple})

kind_of: Callable[[object], type] = type
"""The class of a value."""


@lru_cache(maxsize=4096)
def is_plain(kind: type) -> bool:
    """Whether instances are ordinary values: neither null, nor a failure, nor something to wait for."""
    return kind is not NoneType and not is_awaited(kind) and not issubclass(kind, _SPECIAL)


@lru_cache(maxsize=4096)
def is_awaited(kind: type) -> bool:
    """Whether instances are to be waited for."""
    return hasattr(kind, "__await__")
