"""How failures look to clients: expected ones carry their code, unexpected ones an id under which they are logged."""

from typing import Any, cast

import structlog
from graphql import GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError
from uuid_utils.compat import uuid7

from domain import errors

_log = structlog.get_logger("bilten.schema")


def presented(error: GraphQLError) -> GraphQLError:
    """The error as a client may see it."""
    cause = _cause(error)
    if isinstance(cause, errors.RequestError):
        return _with(error, cause.message, {"code": cause.code, **cause.extensions})
    if isinstance(cause, errors.Refusal | errors.Refused):
        return _with(error, str(cause), {"code": errors.BadInput.code})
    if isinstance(error.original_error, StrawberryInputCoercionError):
        # The library would tell the names of Python's types.
        message = "A field of the input is null and cannot be: leave it out, or give it a value."
        return _with(error, message, {"code": errors.BadInput.code})
    if cause is None or (error.path is None and isinstance(cause, ValueError | TypeError)):
        # graphql-core's own words about a document or its variables.
        return _with(error, error.message, {"code": errors.BadInput.code, **(error.extensions or {})})
    error_id = str(uuid7())
    _log.error("unexpected error", error_id=error_id, path=error.path, exc_info=cause)
    return _with(error, "Something went wrong on our side.", {"code": "INTERNAL", "errorId": error_id})


def _cause(error: GraphQLError) -> BaseException | None:
    cause: BaseException | None = error
    while isinstance(cause, GraphQLError):
        cause = cast("BaseException | None", cause.original_error)
    return cause


def _with(error: GraphQLError, message: str, extensions: dict[str, Any]) -> GraphQLError:
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
