"""The ASGI application: `create_app` mounts everything; a server such as uvicorn runs what it returns."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bilten.caretaker import keep_caring
from bilten.config import Settings
from bilten.endpoint import Endpoint
from bilten.health import health_routes
from bilten.housekeeping import keep_house
from bilten.imports.worker import keep_importing
from bilten.invitation_page import invitation_page
from bilten.mail.page import mail_routes
from bilten.metrics_page import metrics_routes
from bilten.metrics_sampler import keep_sampling
from bilten.notifier import keep_notifying
from bilten.post import kept_mail, notifier_for
from bilten.requests import RequestIds, told_as_json
from bilten.upkeep import direct_url
from bilten.web import asset_routes
from bilten.wiring import CHECKS, DISPENSABLE, Application, Clock, application
from transport.asgi import App, Receive, Scope, Send

GRAPHQL = "/graphql"


def _system_clock() -> datetime:
    return datetime.now(UTC)


class _Running:
    """The application while the lifespan lasts."""

    def __init__(self) -> None:
        self._current: Application | None = None

    def __call__(self) -> Application:
        """The running application."""
        if self._current is None:
            message = "the application is asked before its lifespan has started"
            raise RuntimeError(message)
        return self._current

    def set(self, current: Application | None) -> None:
        """Enter or leave the lifespan."""
        self._current = current


async def _to_graphql(request: Request) -> Response:
    return RedirectResponse(request.url.replace(path=GRAPHQL), 308)


class _Bilten(Starlette):
    """Starlette for the pages, and past it for GraphQL: its stack costs more than a small operation."""

    def __init__(self, graphql: App, **options: Any) -> None:  # noqa: ANN401 - Starlette's own
        super().__init__(**options)
        self._graphql = graphql

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, socket or lifespan."""
        if scope["type"] != "lifespan" and scope["path"] == GRAPHQL:
            await self._graphql(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _graphql(running: _Running, origins: tuple[str, ...], *, secure: bool) -> App:
    served: App = Endpoint(running)
    if origins:
        served = CORSMiddleware(
            served,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=("authorization", "content-type", "x-request-id"),
            expose_headers=("x-request-id", "retry-after"),
            max_age=7_200,
        )
    return RequestIds(served, secure=secure)


def create_app(settings: Settings | None = None, *, clock: Clock = _system_clock) -> Starlette:
    """The application for the settings, by default those of the environment. Raises `SettingsAreInvalid`."""
    chosen = settings or Settings.load()
    running = _Running()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        async with application(chosen, clock) as current:
            running.set(current)
            documents = current.engine.documents
            background = [
                asyncio.create_task(keep_house(current.database, clock), name="housekeeping"),
                asyncio.create_task(keep_importing(current.database, clock), name="imports"),
                asyncio.create_task(
                    keep_caring(direct_url(chosen), current.database, current.lanes, current.metrics.capacity, clock),
                    name="caretaker",
                ),
                asyncio.create_task(
                    keep_sampling(
                        current.metrics,
                        current.database,
                        lambda: (documents.entries, documents.bytes),
                        waiting=lambda: current.lanes.waiting,
                    ),
                    name="metrics",
                ),
                asyncio.create_task(keep_notifying(direct_url(chosen), notifier_for(current)), name="notifier"),
            ]
            try:
                yield
            finally:
                for task in background:
                    task.cancel()
                    with suppress(asyncio.CancelledError):
                        await task
                running.set(None)

    async def check(name: str) -> str | None:
        return await running().check(name)

    services = {name: partial(check, name) for name in ("database", "redis")}
    routes = [
        # Where people land who type the address, or a slash too many.
        Route("/", _to_graphql, methods=["GET"]),
        Route(f"{GRAPHQL}/", _to_graphql, methods=["GET", "POST"]),
        Route("/invitations", invitation_page, methods=["GET"]),
        *asset_routes(),
        *health_routes({name: partial(check, name) for name in CHECKS}, dispensable=DISPENSABLE),
        *(mail_routes(kept_mail(chosen)) if chosen.keeps_mail else []),
        *metrics_routes(lambda: running().metrics, services, token=chosen.metrics_token, is_open=not chosen.production),
    ]
    secure = chosen.production
    return _Bilten(
        _graphql(running, chosen.cors_origins, secure=secure),
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(RequestIds, secure=secure)],
        exception_handlers={HTTPException: told_as_json},
    )
