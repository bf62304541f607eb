"""Waiting in tests: for a condition with a deadline, never for a length of time."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable

POLL_SECONDS = 0.02


async def eventually(
    condition: Callable[[], Awaitable[bool] | bool], *, within: float = 20.0, what: str = "the condition"
) -> None:
    """Return as soon as `condition` holds; fail after `within` seconds, naming `what` was awaited."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within
    while True:
        answer = condition()
        if await answer if inspect.isawaitable(answer) else answer:
            return
        if loop.time() > deadline:
            message = f"{what} did not become true within {within} s"
            raise AssertionError(message)
        await asyncio.sleep(POLL_SECONDS)
