"""How use cases that can be refused answer: a payload with the changed objects, or with problems."""

import re
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, TypeVar, cast

import strawberry

from domain import errors
from domain.naming import camel
from resolvers.context import Context
from schema.context import Info, field
from schema.scalars import JSON

PayloadType = TypeVar("PayloadType", bound="Payload")
Result = TypeVar("Result")

_codes = {
    code: strawberry.enum_value(code, description=re.sub(r"\{\w+\}", "…", refusal.__doc__ or code))
    for code, refusal in errors.refusals_by_code().items()
}
ProblemCode = strawberry.enum(
    Enum("ProblemCode", _codes), description="Every reason for which a command can be refused."
)


@strawberry.type(description="Why a command was refused. Nothing was changed.")
class Problem:
    """One refusal."""

    code: ProblemCode = field(description="The reason, for programs.")  # pyright: ignore[reportInvalidTypeForm]
    message: str = field(description="The reason, for people, with the numbers that explain it.")
    path: list[str] = field(description="The input field it is about; empty when it is about the whole command.")
    retryable: bool = field(description="Whether the same command may succeed later without a change.")
    retry_after: int | None = field(
        description="After how many milliseconds to send the same command again, where that is known."
    )
    params: JSON = field(
        description="The numbers that explain it, by name, as an object: what the message says, for programs."
    )


@strawberry.input
class Command:
    """What every mutation input has."""

    idempotency_key: str | None = field(
        default=None,
        description="Makes sending the same input again harmless: within 48 hours nothing is done twice, and the answer"
        " shows what was made the first time as it is then, or the same refusal.",
    )


@strawberry.input
class Edit(Command):
    """What every input of an update has."""

    expected_version: int | None = field(
        default=None, description="The `version` that the edit is based on; refused when the object has changed since."
    )


@strawberry.type
class Payload:
    """What every mutation returns."""

    problems: list[Problem] = field(
        description="Why the command was refused; empty when it was done.", default_factory=list
    )


async def answer(
    payload: type[PayloadType],
    info: Info,
    command: Callable[[Context], Awaitable[Result]],
    show: Callable[[Context, Result], Awaitable[Mapping[str, Any]]],
) -> PayloadType:
    """Run a command and show what it changed, or say why it was refused."""
    context = info.context
    # Fields of one document run one after another: each starts from what the last one left.
    await context.begin()
    try:
        result = await command(context)
    except errors.Refusal as refusal:
        return payload(problems=[_problem(refusal)])
    except errors.Refused as refused:
        return payload(problems=[_problem(refusal) for refusal in refused.refusals])
    await context.renew()
    return payload(**await show(context, result))


def _problem(refusal: errors.Refusal) -> Problem:
    return Problem(
        code=ProblemCode[refusal.code],
        message=refusal.message,
        path=[camel(part) for part in refusal.path],
        retryable=refusal.retryable,
        retry_after=cast("int | None", refusal.params.get("retry_after")),
        params=JSON({camel(name): value for name, value in refusal.params.items()}),
    )


def given(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - inputs of many types
    """Those inputs that the client sent; an explicit null counts as sent."""
    return {name: cast("Any", value).value for name, value in values.items() if isinstance(value, strawberry.Some)}
