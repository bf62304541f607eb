"""Errors of a request as a whole: nothing ran, and the answer has no data."""

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError

FormattedError = Mapping[str, Any]
"""An error as it is answered: message, locations, path and extensions."""

BAD_USER_INPUT = "BAD_USER_INPUT"


LONGEST_MESSAGE = 1_000
"""Characters of a message: what a client has sent is not sent back to it without an end."""


class Busy(GraphQLError):
    """More documents wait to be prepared than can be answered in time; `retry_after` in seconds."""

    def __init__(self, *, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(
            "The server is busy preparing documents: try again.",
            extensions={"code": "UNAVAILABLE", "retryAfter": retry_after},
        )


def formatted(error: GraphQLError) -> dict[str, Any]:
    """An error as it is answered; the tree behind it is not kept alive by it."""
    told: dict[str, Any] = dict(error.formatted)
    told["message"] = shortened(error.message)
    return told


def shortened(message: str) -> str:
    """The message, without its middle where it would echo too much."""
    if len(message) <= LONGEST_MESSAGE:
        return message
    half = LONGEST_MESSAGE // 2 - 2
    return f"{message[:half]} … {message[-half:]}"


def request_error(error: GraphQLError) -> FormattedError:
    """What is wrong with a request as a whole."""
    told = formatted(error)
    told["extensions"] = {"code": BAD_USER_INPUT, **(error.extensions or {})}
    return told
