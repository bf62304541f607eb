"""Keyset pagination: what a client asks for, the cursors it holds, and the pages it gets."""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

from domain import errors

DEFAULT_SIZE = 20
MAXIMUM_SIZE = 500

_MALFORMED = "The cursor is malformed."

RowType = TypeVar("RowType", bound=Mapping[str, object])


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in an order: the sort key of a row as text, and its id as hex."""

    order: str
    key: str
    id: str

    def encode(self) -> str:
        """The opaque form."""
        payload = json.dumps([self.order, self.key, self.id], separators=(",", ":"), ensure_ascii=False)
        return base64.urlsafe_b64encode(payload.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str, order: str) -> "Cursor":
        """The cursor behind an opaque text of this order. Raises `BadInput`."""
        parts = _decoded(text)
        if parts[0] != order:
            message = "The cursor belongs to another list or order."
            raise errors.BadInput(message)
        return cls(*parts)


def _decoded(text: str) -> list[str]:
    try:
        padded = text + "=" * (-len(text) % 4)
        decoded: object = json.loads(base64.b64decode(padded.encode("ascii"), altchars=b"-_", validate=True))
        parts = cast("list[object]", decoded) if isinstance(decoded, list) else []
        texts = [part for part in parts if isinstance(part, str)]
        # JSON can escape lone surrogates, which no database takes; encoding finds them.
        "".join(texts).encode()
    except (binascii.Error, ValueError, RecursionError) as error:
        raise errors.BadInput(_MALFORMED) from error
    if not len(parts) == len(texts) == 3:
        raise errors.BadInput(_MALFORMED)
    return texts


@dataclass(frozen=True, slots=True)
class Window:
    """The part of an ordered list to read: `limit` rows after or before a cursor."""

    limit: int
    cursor: Cursor | None
    backward: bool

    @classmethod
    def from_arguments(
        cls, order: str, *, first: int | None, after: str | None, last: int | None, before: str | None
    ) -> "Window":
        """The window that connection arguments describe. Raises `BadInput`."""
        if (first is not None and last is not None) or (after is not None and before is not None):
            message = "Page either forward with first and after, or backward with last and before."
            raise errors.BadInput(message)
        backward = last is not None or before is not None
        if backward and (first is not None or after is not None):
            message = "Page either forward with first and after, or backward with last and before."
            raise errors.BadInput(message)
        size = last if backward else first
        if size is not None and not 0 <= size <= MAXIMUM_SIZE:
            message = f"A page has between 0 and {MAXIMUM_SIZE} entries."
            raise errors.BadInput(message)
        text = before if backward else after
        cursor = Cursor.decode(text, order) if text is not None else None
        return cls(DEFAULT_SIZE if size is None else size, cursor, backward)


@dataclass(frozen=True, slots=True)
class Page(Generic[RowType]):
    """Rows in order with their cursors; `count` runs its statement only when somebody asks."""

    rows: Sequence[RowType]
    cursors: Sequence[str]
    has_next: bool
    has_previous: bool
    count: Callable[[], Awaitable[int]]
