"""Any mutation by its name, for tests that look at what it answers rather than only at its success."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any, TypeVar

from tests.api import Answer, Api

Value = TypeVar("Value")
DEADLINE = 60.0
PROBLEMS = "problems { code message path retryable retryAfter params }"


def document(mutation: str, selection: str) -> str:
    """The document that runs one mutation on `$input`."""
    given = f"{mutation[0].upper()}{mutation[1:]}Input!"
    return f"mutation ($input: {given}) {{ {mutation}(input: $input) {{ {selection} {PROBLEMS} }} }}"


async def attempt(api: Api, by: str | None, mutation: str, selection: str, /, **given: Any) -> Answer:
    """The whole answer, whatever it is."""
    return await api.run(document(mutation, selection), {"input": given}, by=by)


async def change(api: Api, by: str, mutation: str, selection: str, /, **given: Any) -> dict[str, Any]:
    """The payload of a mutation that has to succeed."""
    payload: dict[str, Any] = (await attempt(api, by, mutation, selection, **given)).data[mutation]
    assert payload["problems"] == [], payload
    return payload


async def refusals(api: Api, by: str, mutation: str, /, **given: Any) -> list[dict[str, Any]]:
    """The problems of a mutation that has to be refused."""
    answer = await attempt(api, by, mutation, "__typename", **given)
    problems: list[dict[str, Any]] = answer.data[mutation]["problems"]
    assert problems, answer.body
    return problems


async def codes(api: Api, by: str, mutation: str, /, **given: Any) -> list[str]:
    """Only the codes of the problems."""
    return [problem["code"] for problem in await refusals(api, by, mutation, **given)]


async def told(api: Api, by: str, mutation: str, /, **given: Any) -> str:
    """What one caller was told: the code of the first problem, or that it was done."""
    answer = await attempt(api, by, mutation, "__typename", **given)
    if answer.errors:
        return answer.codes[0]
    problems = answer.data[mutation]["problems"]
    return problems[0]["code"] if problems else "done"


async def together(calls: Sequence[Awaitable[Value]]) -> list[Value]:
    """All at once, within the deadline: a deadlock would show as an answer or as a time-out."""
    async with asyncio.timeout(DEADLINE), asyncio.TaskGroup() as group:
        tasks = [group.create_task(_awaited(call)) for call in calls]
    return [task.result() for task in tasks]


async def _awaited(call: Awaitable[Value]) -> Value:
    return await call
