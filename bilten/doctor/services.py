"""Finds the PostgreSQL and the Redis to look at: those that are named, of a running server, or started for this."""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from pydantic import SecretStr

from bilten.config import Settings
from bilten.doctor.findings import Finding, ok, problem
from bilten.embedded import embedded_services
from bilten.embedded.cluster import data_folder, find_cluster
from bilten.embedded.errors import EmbeddedServiceFailed, HomeIsBusy
from bilten.embedded.home import make_folder, socket_folder
from bilten.embedded.postgres import PostgresServer
from bilten.embedded.processes import choose_identity

START_SECONDS = 60.0
_REMEDIES = {
    "DATA_IS_DAMAGED": "restore a backup into an empty BILTEN_HOME: docs/backup.md",
    "DATA_IS_OF_ANOTHER_VERSION": "dump with the old version, restore with this one: docs/upgrade.md",
    "DISK_IS_FULL": "free some space",
    "HOME_IS_UNUSABLE": "BILTEN_HOME=a folder that you may write",
    "BINARY_IS_MISSING": "BILTEN_DATABASE_URL and BILTEN_REDIS_URL of servers of your own",
    "ROOT_IS_REFUSED": "run bilten as an ordinary user",
}


@dataclass(slots=True)
class Services:
    """Where the services are; an address is absent when there is nothing to look at."""

    database: str | None = None
    direct: str | None = None
    redis: str | None = None
    findings: list[Finding] = field(default_factory=list[Finding])


@asynccontextmanager
async def opened_services(settings: Settings, report: Callable[[str], None]) -> AsyncGenerator[Services]:
    """The services for the length of the block. What was not running before does not run after it."""
    async with AsyncExitStack() as stack:
        yield await _open(settings, report, stack)


async def _open(settings: Settings, report: Callable[[str], None], stack: AsyncExitStack) -> Services:
    named = settings.database_url is not None and settings.redis_url is not None
    home = settings.resolved_home
    if named:
        return _services(settings)
    if _holder(home):
        return _of_running_server(settings, report)
    if not home.is_dir() or (settings.database_url is None and not data_folder(home).exists()):
        services = _services(settings)
        services.findings.append(ok("embedded", "no services yet: the first bilten serve makes them"))
        return services
    return await _started(settings, report, stack)


async def _started(settings: Settings, report: Callable[[str], None], stack: AsyncExitStack) -> Services:
    failures: list[Finding] = []
    for redis in (True, False):
        try:
            async with asyncio.timeout(START_SECONDS):
                served = await stack.enter_async_context(embedded_services(settings, report, redis=redis))
        except TimeoutError:
            found = f"not ready within {START_SECONDS:.0f} s: after a crash PostgreSQL first repairs its data"
            failures.append(problem("embedded", found, "bilten serve, and wait for it"))
            break
        except HomeIsBusy:
            # Somebody was faster since we looked.
            return _of_running_server(settings, report)
        except EmbeddedServiceFailed as failure:
            remedy = _REMEDIES.get(failure.code, f"read the logs under {settings.resolved_home}")
            failures.append(problem("embedded", f"{failure} [{failure.code}]", remedy))
        else:
            services = _services(served)
            services.findings += failures or [
                ok("embedded", f"the services under {settings.resolved_home} were started for this and end with it")
            ]
            return services
    services = _services(settings)
    services.findings += failures[-1:]
    return services


def _of_running_server(settings: Settings, report: Callable[[str], None]) -> Services:
    """The addresses of what another process runs, worked out as it did."""
    home = settings.resolved_home
    services = _services(settings)
    try:
        if settings.database_url is None:
            cluster = find_cluster(home, choose_identity(data_folder(home)))
            services.database = services.direct = PostgresServer(cluster, report).url()
        if settings.redis_url is None:
            socket = socket_folder(make_folder(home / "redis") / "run") / "redis.sock"
            services.redis = f"unix://{quote(str(socket))}"
    except (EmbeddedServiceFailed, OSError) as error:
        services.findings.append(problem("embedded", f"{error}", "ask as the user that runs the server"))
    else:
        held = _holder(home)
        by = f"process {held}" if held else "another process"
        services.findings.append(ok("embedded", f"{by} runs the services under {home}: looking at those"))
    return services


def _services(settings: Settings) -> Services:
    database = _text(settings.database_url)
    return Services(database, _text(settings.database_direct_url) or database, _text(settings.redis_url))


def _text(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _holder(home: Path) -> str | None:
    """The process that holds this home, if one does: its lock is tried and given back at once."""
    try:
        descriptor = os.open(home / "lock", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.read(descriptor, 32).decode("ascii", "replace").strip() or "?"
    finally:
        os.close(descriptor)
    return None
