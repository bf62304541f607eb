"""A body that is refused is read on for a while, so that its sender gets to see why."""

from collections.abc import MutableMapping
from typing import Any

from app import create_app
from tests.api import Api
from transport import bodies


async def sent_and_read(api: Api, parts: int, **headers: str) -> tuple[list[MutableMapping[str, Any]], int]:
    """What the application sends when a body of megabytes comes part by part, and how many parts it takes."""
    app = create_app(api.settings, clock=api.clock)
    taken = 0
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> dict[str, Any]:
        nonlocal taken
        taken += 1
        return {"type": "http.request", "body": b" " * 1_000_000, "more_body": taken < parts}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append({**message, "taken": taken})

    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/graphql",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    async with app.router.lifespan_context(app):
        await app(scope, receive, send)
    return sent, taken


async def test_refusal_is_told_at_once_and_the_rest_is_read(api: Api) -> None:
    sent, taken = await sent_and_read(api, 5, **{"content-type": "application/json"})

    start, told, end = sent
    assert (start["status"], dict(start["headers"])[b"connection"]) == (413, b"close")
    assert told["taken"] == 2
    assert b"1,000,000 bytes" in told["body"]
    assert (end["body"], end.get("more_body", False)) == (b"", False)
    assert taken == 5


async def test_patience_with_an_unwanted_body_has_an_end(api: Api) -> None:
    sent, taken = await sent_and_read(api, 10_000, **{"content-type": "text/plain"})

    assert sent[0]["status"] == 415
    assert taken <= bodies._DISCARDED // 1_000_000 + 2  # pyright: ignore[reportPrivateUsage]
