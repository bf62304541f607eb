"""PostgreSQL and Redis of a test's own, which it stops, kills and starts."""

import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bilten.embedded.cluster import data_folder, find_cluster
from bilten.embedded.home import locked_home
from bilten.embedded.postgres import PostgresServer
from bilten.embedded.processes import choose_identity
from bilten.embedded.redis import RedisServer
from tests.folders import passable_folder


@dataclass
class Postgres:
    """A server of these tests alone, which they stop, kill and start."""

    server: PostgresServer
    process: Process | None = None

    @property
    def admin_url(self) -> str:
        return self.server.url(role="postgres", database="postgres")

    async def start(self) -> None:
        if self.process is None:
            self.process = await self.server.start()

    async def stop(self) -> None:
        if self.process is not None:
            process, self.process = self.process, None
            await self.server.stop(process)

    async def kill(self) -> None:
        """End the postmaster as a crash would; its own children follow when they notice."""
        assert self.process is not None
        pid = int((self.server.cluster.data / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        process, self.process = self.process, None
        await process.wait()

    async def stop_at_once(self) -> None:
        """What `pg_ctl stop -m immediate` does: every session ends in the middle of what it does."""
        assert self.process is not None
        pid = int((self.server.cluster.data / "postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        os.kill(pid, signal.SIGQUIT)
        process, self.process = self.process, None
        await process.wait()


@dataclass
class Redis:
    """The same for Redis."""

    server: RedisServer
    process: Process | None = None

    async def start(self) -> None:
        if self.process is None:
            self.process = await self.server.start()

    async def stop(self) -> None:
        if self.process is not None:
            process, self.process = self.process, None
            await self.server.stop(process)


def _say_nothing(_: str) -> None:
    """Progress is for people."""


@asynccontextmanager
async def fragile_servers() -> AsyncGenerator[tuple[Postgres, Redis]]:
    with passable_folder() as folder:
        path = folder / "home"
        identity = choose_identity(data_folder(path))
        with locked_home(path, mode=0o711) as home:
            # Durable, unlike the server of the other tests: what was acknowledged has to outlive a kill.
            postgres = Postgres(PostgresServer(find_cluster(home, identity), _say_nothing))
            redis = Redis(RedisServer(home, _say_nothing))
            try:
                yield postgres, redis
            finally:
                await redis.stop()
                await postgres.stop()
