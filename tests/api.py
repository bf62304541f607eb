"""The whole application in process, spoken to over HTTP as its clients do; fixtures for every test that needs it."""

import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from app import create_app
from bilten.auth import issue_token
from bilten.config import Settings
from db.database import statements


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> None:
        self.now += timedelta(**delta)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: `data` and `errors` of the result, the status line, and the SQL that it took."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]
    sql: list[str] = field(default_factory=list[str])

    @property
    def data(self) -> dict[str, Any]:
        assert "errors" not in self.body, self.body["errors"]
        return self.body["data"]

    @property
    def errors(self) -> list[dict[str, Any]]:
        return self.body.get("errors", [])

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]

    def problems(self, mutation: str) -> list[str]:
        return [problem["code"] for problem in self.data[mutation]["problems"]]


class Api:
    """A client of one application."""

    def __init__(self, app: Starlette, settings: Settings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.http = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://bilten.test")

    def token(self, email: str) -> str:
        return issue_token(self.settings, email, now=self.clock())

    async def run(self, document: str, variables: Mapping[str, Any] | None = None, *, by: str | None = None) -> Answer:
        """Run a document as the holder of an address, or as nobody."""
        headers = {"authorization": f"Bearer {self.token(by)}"} if by else {}
        collected: list[str] = []
        reset = statements.set(collected)
        try:
            response = await self.http.post(
                "/graphql", json={"query": document, "variables": variables or {}}, headers=headers
            )
        finally:
            statements.reset(reset)
        return Answer(response.status_code, response.json(), response.headers, collected)


@asynccontextmanager
async def running_api(
    database_url: str, redis_url: str, home: Path, clock: Clock, **settings_: Any
) -> AsyncGenerator[Api]:
    """The application over a database for as long as the block runs; without a budget unless one is given."""
    # All tests of a worker come from one address and share one Redis. They send most documents once.
    chosen: dict[str, Any] = {"cost_per_minute": 0, "anonymous_cost_per_minute": 0, "compile_at": 1, **settings_}
    settings = Settings(home=home, database_url=SecretStr(database_url), redis_url=SecretStr(redis_url), **chosen)
    app = create_app(settings, clock=clock)
    async with app.router.lifespan_context(app):
        api = Api(app, settings, clock)
        try:
            yield api
        finally:
            await api.http.aclose()


@pytest.fixture
def clock() -> Clock:
    """Noon of an ordinary day, the same in every run."""
    return Clock(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))


@pytest.fixture
def engine() -> str:
    """What executes operations: as the environment says. Modules that try both put a fixture of their own here."""
    return os.environ.get("BILTEN_ENGINE", "compiled")


@pytest.fixture
async def api(database_url: str, redis_url: str, tmp_path: Path, clock: Clock, engine: str) -> AsyncGenerator[Api]:
    """The application over this worker's database, which other tests use too: make data of your own."""
    async with running_api(database_url, redis_url, tmp_path, clock, engine=engine) as running:
        yield running


@pytest.fixture
async def fresh_api(fresh_database_url: str, redis_url: str, tmp_path: Path, clock: Clock) -> AsyncGenerator[Api]:
    """The application over an empty database of this test alone."""
    async with running_api(fresh_database_url, redis_url, tmp_path, clock) as running:
        yield running
