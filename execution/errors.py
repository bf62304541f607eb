"""Errors of a request as a whole: nothing ran, and the answer has no data."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError

FormattedError = Mapping[str, Any]
"""An error as it is answered: message, locations, path and extensions."""

BAD_USER_INPUT = "BAD_USER_INPUT"


class Busy(GraphQLError):
    """More documents wait to be prepared than can be answered in time; `retry_after` in seconds."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(
            "The server is busy preparing documents: try again.",
            extensions={"code": "UNAVAILABLE", "retryAfter": retry_after},
        )


def request_error(error: GraphQLError) -> FormattedError:
    """What is wrong with a document, as it is answered; the tree behind the error is not kept alive by it."""
    formatted: dict[str, Any] = dict(error.formatted)
    formatted["extensions"] = {"code": BAD_USER_INPUT, **(error.extensions or {})}
    return formatted
