"""What has to be true of the database before anyone is served: migrated, and in development filled with data."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager

import asyncpg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from sqlalchemy.exc import DBAPIError

from bilten.addresses import shown_address
from bilten.config import Settings
from bilten.embedded import embedded_services
from bilten.failures import CommandFailed, DatabaseIsUnreachable
from db.migrate import DatabaseIsNewer, migrate
from db.seed import DatabaseIsNotEmpty, Loaded, Volume, seed_demo, seed_volume

_BROKEN = (asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresConnectionError)


class DatabaseRefused(CommandFailed):
    """PostgreSQL answered, and could not do what was asked."""

    code = "DATABASE_REFUSED"


class DemoIsForDevelopment(CommandFailed):
    """Demo data has no place in production."""

    code = "DEMO_IS_FOR_DEVELOPMENT"


class DatabaseHoldsData(CommandFailed):
    """What was to be filled is not empty."""

    code = "DATABASE_IS_NOT_EMPTY"


async def migrate_database(settings: Settings) -> list[str]:
    """Apply the missing migrations; gives their revisions."""
    async with named_failures(settings):
        return await migrate(direct_url(settings))


async def seed_database(settings: Settings, report: Callable[[str], None]) -> bool:
    """Fill an empty database with demo data; False when it was there already."""
    async with named_failures(settings):
        return await seed_demo(direct_url(settings), report)


def run_migrations(settings: Settings, *, report: Callable[[str], None]) -> list[str]:
    """Migrate from the command line, starting PostgreSQL when it is ours to run."""

    async def work() -> list[str]:
        async with embedded_services(settings, report, redis=False) as served:
            return await migrate_database(served)

    return asyncio.run(work())


def run_seed(settings: Settings, *, report: Callable[[str], None]) -> bool:
    """Migrate and seed from the command line, starting PostgreSQL when it is ours to run."""
    _require_development(settings)

    async def work() -> bool:
        async with embedded_services(settings, report, redis=False) as served:
            await migrate_database(served)
            return await seed_database(served, report)

    return asyncio.run(work())


def run_seed_volume(settings: Settings, volume: Volume, *, report: Callable[[str], None]) -> None:
    """Migrate and fill an empty database with a large data set, starting PostgreSQL when it is ours to run."""
    _require_development(settings)

    async def work() -> None:
        async with embedded_services(settings, report, redis=False) as served:
            await migrate_database(served)
            began = time.monotonic()
            with _progress(volume, report) as show:
                async with named_failures(served):
                    loaded = await _seeded(served, volume, show)
            seconds = time.monotonic() - began
            report(
                f"{loaded.events:,} events, {loaded.registrations:,} registrations, {loaded.rows:,} rows in all"
                f" in {seconds:.1f} seconds ({loaded.rows / seconds:,.0f} rows a second)."
            )

    asyncio.run(work())


async def _seeded(settings: Settings, volume: Volume, show: Callable[[Loaded], None]) -> Loaded:
    try:
        return await seed_volume(direct_url(settings), volume, show)
    except DatabaseIsNotEmpty as error:
        message = f"{error}; name another database, or another BILTEN_HOME for the embedded one"
        raise DatabaseHoldsData(message) from error


def _require_development(settings: Settings) -> None:
    if settings.production:
        # One of the demo accounts is an administrator, and whoever holds its address would become one.
        message = "demo data is for development: unset BILTEN_ENV to fill a database with it"
        raise DemoIsForDevelopment(message)


@contextmanager
def _progress(volume: Volume, report: Callable[[str], None]) -> Generator[Callable[[Loaded], None]]:
    """A bar where a person watches, and a line for each tenth elsewhere."""
    console = Console(stderr=True, highlight=False, markup=False)
    total = volume.events + volume.registrations
    tenths = 0

    def tell(loaded: Loaded) -> None:
        nonlocal tenths
        reached = (loaded.events + loaded.registrations) * 10 // total
        if reached > tenths:
            tenths = reached
            report(f"{reached * 10:3} %: {loaded.events:,} events, {loaded.registrations:,} registrations")

    if not console.is_terminal:
        yield tell
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("Accounts and organizations", total=total)

        def move(loaded: Loaded) -> None:
            done = loaded.events + loaded.registrations
            what = "Indexes and statistics" if done == total else "Events and registrations" if done else None
            bar.update(task, completed=done, description=what)

        yield move


def direct_url(settings: Settings) -> str:
    """Migrations and bulk loads need a session of their own, which a pooler does not give."""
    url = settings.database_direct_url or settings.database_url
    if url is None:
        message = "no database is named: set BILTEN_DATABASE_URL"
        raise DatabaseIsUnreachable(message)
    return url.get_secret_value()


@asynccontextmanager
async def named_failures(settings: Settings) -> AsyncGenerator[None]:
    """Turn what a driver raises into one line that names the server and never its password."""
    try:
        yield
    except asyncpg.ClientConfigurationError:
        # The driver's own words quote parts of an address that it cannot read, and so of its password.
        message = "the address of the database cannot be read: in a password, write %2F for /, %23 for # and %40 for @"
        raise DatabaseIsUnreachable(message) from None
    except (OSError, TimeoutError, *_BROKEN) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        message = f"{_shown(settings)} does not answer: {reason}"
        raise DatabaseIsUnreachable(message) from error
    except DatabaseIsNewer as error:
        message = (
            f"{_shown(settings)} is at revision {error.revision}, which this version does not know: run a newer one"
        )
        raise DatabaseRefused(message) from None
    except asyncpg.PostgresError as error:
        message = f"{_shown(settings)} refused: {error}"
        raise DatabaseRefused(message) from error
    except DBAPIError as error:
        # SQLAlchemy wraps what the driver raised and adds the statement, which is not for this one line.
        reason = str(error.orig).splitlines()[0]
        message = f"{_shown(settings)} refused: {reason}"
        raise DatabaseRefused(message) from error


def _shown(settings: Settings) -> str:
    return shown_address(direct_url(settings))
