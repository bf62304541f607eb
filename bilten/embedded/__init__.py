"""PostgreSQL and Redis as child processes under `BILTEN_HOME`, for whoever has no servers of their own."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from pydantic import SecretStr

from bilten.config import Settings
from bilten.embedded.cluster import data_folder, find_cluster
from bilten.embedded.errors import HomeIsBusy
from bilten.embedded.home import discard_socket_folder, locked_home
from bilten.embedded.postgres import PostgresServer
from bilten.embedded.processes import Identity, choose_identity
from bilten.embedded.redis import RedisServer
from bilten.embedded.supervisor import Supervisor


@asynccontextmanager
async def embedded_services(
    settings: Settings, report: Callable[[str], None], *, redis: bool = True
) -> AsyncGenerator[Settings]:
    """Run the services that `settings` names no URL for, and give back settings that name them all.

    They end with the block, Redis first and PostgreSQL last. `report` gets a sentence for each long step; commands
    that need no Redis pass `redis=False`. Raises `EmbeddedServiceFailed`.
    """
    needs_postgres = settings.database_url is None
    needs_redis = redis and settings.redis_url is None
    if not needs_postgres and not needs_redis:
        yield settings
        return
    async with AsyncExitStack() as stack:
        path = settings.resolved_home
        identity = choose_identity(data_folder(path)) if needs_postgres else Identity()
        # Another account has to pass through the home to its own folder; nobody else gets more than that.
        home = stack.enter_context(locked_home(path, mode=0o711 if identity.kind == "account" else 0o700))
        urls: dict[str, SecretStr] = {}
        if needs_postgres:
            cluster = find_cluster(home, identity)
            stack.callback(discard_socket_folder, cluster.sockets, home)
            postgres = PostgresServer(cluster, report)
            await stack.enter_async_context(Supervisor(postgres))
            urls["database_url"] = SecretStr(postgres.url())
        if needs_redis:
            server = RedisServer(home, report)
            stack.callback(discard_socket_folder, server.socket.parent, home)
            await stack.enter_async_context(Supervisor(server))
            urls["redis_url"] = SecretStr(server.url)
        yield settings.model_copy(update=urls)


@asynccontextmanager
async def home_database(settings: Settings, report: Callable[[str], None]) -> AsyncGenerator[Settings]:
    """Settings that name a PostgreSQL: the one they name, else that of the server that runs from this home, else one
    that ends with the block. For commands that work beside a running server. Raises `EmbeddedServiceFailed`.
    """
    async with AsyncExitStack() as stack:
        try:
            served = await stack.enter_async_context(embedded_services(settings, report, redis=False))
        except HomeIsBusy:
            home = settings.resolved_home
            postgres = PostgresServer(find_cluster(home, choose_identity(data_folder(home))), report)
            if not postgres.is_listening():
                raise
            served = settings.model_copy(update={"database_url": SecretStr(postgres.url())})
        yield served
