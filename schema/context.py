"""The types that every field of the schema shares: its info and its context."""

from typing import Any

import strawberry

from resolvers.context import Context

Info = strawberry.Info[Context, None]
"""What a field learns about the request."""


def field(resolver: Any = None, *, description: str, **options: Any) -> Any:  # noqa: ANN401 - Strawberry decides at run time
    """A described field. The class annotation is its type: resolvers return rows, which are read by column name."""
    return strawberry.field(resolver=resolver, description=description, **options)
