"""Real services for every test: one PostgreSQL and one Redis per run, one database per worker from one template.

The process that runs pytest (the controller under xdist) starts them, so that they end with it however it ends.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast
from uuid import uuid4

import asyncpg
import pytest

from bilten.embedded.cluster import data_folder, find_cluster
from bilten.embedded.home import locked_home
from bilten.embedded.postgres import ROLE, PostgresServer
from bilten.embedded.processes import choose_identity
from bilten.embedded.redis import RedisServer
from bilten.embedded.supervisor import Supervisor
from db.migrate import migrate

pytest_plugins = ["tests.api"]

TEMPLATE = "bilten_template"
WORKER_INPUT = "bilten_services"


@dataclass(frozen=True, slots=True)
class Services:
    """Where the services of this run are."""

    admin_url: str
    redis_url: str

    def database(self, name: str) -> str:
        """The address of one database, as the application's role."""
        return self.admin_url.replace("postgres@/postgres", f"{ROLE}@/{name}")


class ServiceRunner:
    """Starts the services when they are first asked for and stops them at the end of the run."""

    def __init__(self) -> None:
        # A loop of its own: the tests' loop must not be touched.
        self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        self._stack = AsyncExitStack()
        self._services: Services | None = None
        # The folder is short, because sockets lie in it, and may be passed through where root uses another account.
        self._folder = Path(tempfile.mkdtemp(prefix="bilten-test-"))
        self._folder.chmod(0o711)

    def services(self) -> Services:
        if self._services is None:
            self._services = self._runner.run(self._start())
        return self._services

    def stop(self) -> None:
        try:
            self._runner.run(self._stack.aclose())
        finally:
            self._runner.close()
            shutil.rmtree(self._folder, ignore_errors=True)

    async def _start(self) -> Services:
        path = self._folder / "home"
        identity = choose_identity(data_folder(path))
        home = self._stack.enter_context(locked_home(path, mode=0o711))
        postgres = PostgresServer(find_cluster(home, identity), _say_nothing, durable=False)
        await self._stack.enter_async_context(Supervisor(postgres))
        redis = RedisServer(home, _say_nothing)
        await self._stack.enter_async_context(Supervisor(redis))
        services = Services(admin_url=postgres.url(role="postgres", database="postgres"), redis_url=redis.url)
        await create_database(services, TEMPLATE, template="template0")
        await migrate(services.database(TEMPLATE))
        return services


class WorkerNode(Protocol):
    """What xdist hands over for each worker it starts."""

    config: pytest.Config
    workerinput: dict[str, object]


RUNNER = pytest.StashKey[ServiceRunner]()


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[RUNNER] = ServiceRunner()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: WorkerNode) -> None:
    services = node.config.stash[RUNNER].services()
    node.workerinput[WORKER_INPUT] = [services.admin_url, services.redis_url]


def pytest_unconfigure(config: pytest.Config) -> None:
    if runner := config.stash.get(RUNNER, None):
        runner.stop()


def _say_nothing(_: str) -> None:
    """Progress is for people."""


async def create_database(services: Services, name: str, *, template: str = TEMPLATE) -> str:
    connection = await asyncpg.connect(services.admin_url)
    try:
        await connection.execute(f'CREATE DATABASE "{name}" OWNER {ROLE} TEMPLATE {template}')
    finally:
        await connection.close()
    return services.database(name)


async def drop_database(services: Services, name: str) -> None:
    connection = await asyncpg.connect(services.admin_url)
    try:
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def services(pytestconfig: pytest.Config) -> Services:
    """The running services: the controller's, or this process's own without xdist."""
    given = cast("dict[str, list[str]]", getattr(pytestconfig, "workerinput", {}))
    if WORKER_INPUT in given:
        return Services(*given[WORKER_INPUT])
    return pytestconfig.stash[RUNNER].services()


@pytest.fixture(scope="session")
def postgres_admin_url(services: Services) -> str:
    """The superuser's address, for making databases and breaking connections."""
    return services.admin_url


@pytest.fixture(scope="session")
def redis_url(services: Services) -> str:
    """The Redis that all workers share: use keys and channels of your own."""
    return services.redis_url


@pytest.fixture(scope="session")
async def database_url(services: Services) -> AsyncGenerator[str]:
    """This worker's migrated database; what a test leaves in it, the next one finds."""
    name = f"worker_{uuid4().hex}"
    yield await create_database(services, name)
    await drop_database(services, name)


@pytest.fixture
async def fresh_database_url(services: Services) -> AsyncGenerator[str]:
    """A migrated, empty database for one test."""
    name = f"fresh_{uuid4().hex}"
    yield await create_database(services, name)
    await drop_database(services, name)
