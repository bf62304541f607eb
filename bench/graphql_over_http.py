"""What a request costs on its way to and from the schema: our callable beside Strawberry's own view, in one process.

Both serve the same schema with the same authentication, middleware, context and masking of errors; ours also prices,
limits, budgets and counts. CPU time of the process for each request, the median of interleaved rounds; no network, so
that only our own work counts. Run it with `make bench`.
"""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import orjson
import structlog
import uvloop
from starlette.requests import Request
from strawberry.asgi import GraphQL
from strawberry.extensions import ParserCache, ValidationCache

from app import GRAPHQL, create_app
from bilten.auth import issue_token
from bilten.config import Settings
from bilten.embedded import embedded_services
from bilten.requests import RequestIds
from bilten.upkeep import migrate_database, seed_database
from bilten.wiring import Application, RequestContext, application
from execution.documents import Document
from schema import schema

ROUNDS = 9
DISCOVER = (Path(__file__).parent.parent / "tests" / "operations" / "discover.graphql").read_text()
App = Callable[[Any, Any, Any], Awaitable[None]]


class View(GraphQL[RequestContext, None]):
    """Strawberry's view with our context and a fast encoder."""

    def __init__(self, running: Application) -> None:
        super().__init__(schema)
        self._running = running

    async def get_context(self, request: Any, response: Any) -> RequestContext:  # noqa: ANN401 - Strawberry's own
        """The same context that our callable makes."""
        asked = cast("Request", request)
        return await self._running.context(
            authorization=asked.headers.get("authorization"),
            request_id=asked.state.request_id,
            base_url=str(asked.base_url).rstrip("/"),
        )

    def encode_json(self, data: object) -> bytes:
        """As ours."""
        return orjson.dumps(data)


async def request(app: App, query: str, token: str | None) -> bytes:
    """One POST, straight into the application."""
    body = orjson.dumps({"query": query})
    headers = [
        (b"host", b"127.0.0.1"),
        (b"content-type", b"application/json"),
        (b"accept", b"application/graphql-response+json, application/json;q=0.9"),
        (b"content-length", str(len(body)).encode()),
    ]
    if token:
        headers.append((b"authorization", f"Bearer {token}".encode()))
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": GRAPHQL,
        "raw_path": GRAPHQL.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 40_000),
        "server": ("127.0.0.1", 8_000),
    }
    sent = bytearray()

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.extend(message.get("body", b""))

    await app(scope, receive, send)
    return bytes(sent)


async def cpu(app: App, query: str, token: str | None, times: int) -> float:
    """Microseconds of CPU for a request."""
    started = time.process_time()
    for _ in range(times):
        await request(app, query, token)
    return (time.process_time() - started) / times * 1e6


async def compare(apps: dict[str, App], query: str, token: str | None, times: int) -> dict[str, float]:
    """The median over interleaved rounds, after a warm-up that shows that all answer alike."""
    answers = {name: orjson.loads(await request(app, query, token)) for name, app in apps.items()}
    expected = next(iter(answers.values()))
    if any(answer != expected or "errors" in answer for answer in answers.values()):
        message = f"the answers differ: {answers}"
        raise SystemExit(message)
    rounds: dict[str, list[float]] = {name: [] for name in apps}
    for _ in range(ROUNDS):
        for name, app in apps.items():
            rounds[name].append(await cpu(app, query, token, times))
    return {name: statistics.median(values) for name, values in rounds.items()}


async def overhead(running: Application, query: str, times: int) -> float:
    """Microseconds for what limits, cache and budget do for a document that is known."""
    documents, limits = running.engine.documents, running.engine.limits
    await documents.prepare(query)
    rounds: list[float] = []
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(times):
            operation = cast("Document", documents.get(query)).operation(None)
            await running.budgets.spend("address:bench", operation.priced({}, limits), 10**12)
        rounds.append((time.process_time() - started) / times * 1e6)
    return statistics.median(rounds)


async def measure() -> None:
    """Everything, printed as a Markdown table."""
    # Both sides log each request as they do in production, to where nobody reads it.
    nowhere = Path(os.devnull).open("w")  # noqa: ASYNC230, SIM115
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(nowhere),
    )
    with tempfile.TemporaryDirectory(prefix="bench") as home:
        plenty = 10**12
        own = Settings(home=Path(home), cost_per_minute=plenty, anonymous_cost_per_minute=plenty)
        async with embedded_services(own, _say) as settings:
            await migrate_database(settings)
            await seed_database(settings, _say)
            app = create_app(settings)
            async with app.router.lifespan_context(app), application(settings, lambda: datetime.now(UTC)) as running:
                await _table(app, running, issue_token(settings, "attendee@bilten.example"))


async def _table(app: App, running: Application, token: str) -> None:
    view = View(running)
    caching = strawberry_with_caches()
    cached = View(running)
    cached.schema = caching
    apps: dict[str, App] = {
        "Bilten": app,
        "Strawberry's view": RequestIds(view),
        "Strawberry's view, document caches on": RequestIds(cached),
    }
    print("| µs of CPU per request | " + " | ".join(apps) + " | limits, cache, budget |")
    print("|---" * (len(apps) + 2) + "|")
    cases = [
        ("{ __typename }", None, 1_500),
        ("{ __typename }", token, 500),
        (DISCOVER, None, 15),
        (DISCOVER, token, 15),
    ]
    for query, bearer, times in cases:
        medians = await compare(apps, query, bearer, times)
        ours = medians["Bilten"]
        extra = await overhead(running, query, 5_000)
        name = "discover" if query is DISCOVER else "`{ __typename }`"
        cells = [f"{value:,.0f} ({value / ours:.1f}x)" for value in medians.values()]
        who = "signed in" if bearer else "anonymous"
        print(f"| {name}, {who} | {' | '.join(cells)} | {extra:.1f} ({extra / ours:.1%}) |")


def strawberry_with_caches() -> Any:  # noqa: ANN401 - a schema of Strawberry
    """The same schema with the library's own caches of documents."""
    return type(schema)(
        query=schema.query,
        mutation=schema.mutation,
        config=schema.config,
        extensions=[lambda: ParserCache(maxsize=128), lambda: ValidationCache(maxsize=128)],
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(measure())
