"""Asks the database what has to be known of it, one question after the other; a question that fails is a finding."""

from collections.abc import AsyncGenerator, Awaitable
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg

from bilten.addresses import shown_address
from bilten.config import Settings
from bilten.doctor import postgres
from bilten.doctor.capacity import capacity_findings
from bilten.doctor.findings import Finding, counted, few, ok, problem, reason, warning
from bilten.doctor.services import Services
from db import inspection, migrate
from db.feed import RENUMBER

QUICK_SECONDS = 5.0
THOROUGH_SECONDS = 600.0
_AWAY = (OSError, asyncpg.InterfaceError, asyncpg.InternalClientError, asyncpg.PostgresConnectionError)
_FAILED = (*_AWAY, asyncpg.PostgresError, ValueError)

_AGREEMENTS = {
    "streams": "no line of the journal is missing",
    "registrations": "each place has its ticket",
}

Connection = inspection.Bare


async def database_findings(settings: Settings, services: Services, *, thorough: bool) -> AsyncGenerator[Finding]:
    """Everything about PostgreSQL; without an answer only that."""
    if services.database is None or services.direct is None:
        return
    seconds = THOROUGH_SECONDS if thorough else QUICK_SECONDS
    try:
        async with (
            inspection.inspecting(services.database, statement_seconds=seconds) as connection,
            inspection.inspecting(services.database, statement_seconds=seconds) as second,
        ):
            async for finding in _examined(settings, services.direct, connection, second, thorough=thorough):
                yield finding
    except _FAILED as error:
        yield unreachable(services.database, error, embedded=settings.database_url is None)


def unreachable(url: str, error: BaseException, *, embedded: bool = False) -> Finding:
    """Why nobody answered, and what to try."""
    found = f"{shown_address(url)} does not answer: {reason(error)}"
    match error:
        case asyncpg.InvalidPasswordError() | asyncpg.InvalidAuthorizationSpecificationError():
            remedy = "BILTEN_DATABASE_URL=postgresql://role:password@host/database, with characters as % and two digits"
        case asyncpg.InvalidCatalogNameError():
            remedy = "createdb --encoding=UTF8 --template=template0 with this name"
        case asyncpg.TooManyConnectionsError():
            remedy = "a smaller BILTEN_DATABASE_POOL_SIZE, or a larger max_connections in postgresql.conf"
        case _ if "unsupported startup parameter" in str(error):
            remedy = (
                "ignore_startup_parameters = statement_timeout, idle_in_transaction_session_timeout in pgbouncer.ini"
            )
        case _ if embedded:
            remedy = "read postgres/postgres.log under BILTEN_HOME"
        case _:
            remedy = "start PostgreSQL there, or correct BILTEN_DATABASE_URL"
    return problem("database", found, remedy)


async def _examined(
    settings: Settings, direct: str, connection: Connection, second: Connection, *, thorough: bool
) -> AsyncGenerator[Finding]:
    before = datetime.now(UTC)
    server = await inspection.server(connection)
    after = datetime.now(UTC)
    for finding in postgres.server_findings(server):
        yield finding
    yield postgres.clock_finding(server, before, after)
    pooling = await inspection.pooling(connection, second)
    for finding in postgres.connection_findings(server, pooling, settings):
        yield finding
    if settings.database_direct_url is not None:
        yield await _direct(direct, server)
    async for finding in _content(connection, direct, thorough=thorough):
        yield finding


async def _content(connection: Connection, direct: str, *, thorough: bool) -> AsyncGenerator[Finding]:
    """What stands in the tables, where they are those of this version."""
    migrations, is_current = await _migrations(connection, direct)
    yield migrations
    for finding in await _answers("transactions", _transactions(connection)):
        yield finding
    if not is_current:
        return
    for finding in await _answers("tables", _tables(connection)):
        yield finding
    for finding in await _answers("zone-data", _zones(connection)):
        yield finding
    for finding in await _answers("books", _feed(connection)):
        yield finding
    streams = None if thorough else await inspection.sampled_streams(connection)
    for finding in await _answers("capacity", capacity_findings(connection, streams)):
        yield finding
    for books in inspection.BOOKS:
        for finding in await _answers("books", _books(connection, books, streams)):
            yield finding


async def _answers(check: str, question: Awaitable[list[Finding]]) -> list[Finding]:
    """What came of a question that may be refused, or take longer than it may."""
    try:
        return await question
    except (asyncpg.QueryCanceledError, TimeoutError):
        return [warning(check, "was not finished in its time", "bilten doctor --thorough, which takes longer")]
    except asyncpg.InsufficientPrivilegeError as error:
        return [warning(check, f"could not be looked at: {error}", "ask as the role that owns the database")]


async def _direct(url: str, server: inspection.Server) -> Finding:
    try:
        async with inspection.inspecting(url, statement_seconds=QUICK_SECONDS) as connection:
            return postgres.same_database(server, await inspection.server(connection))
    except _FAILED as error:
        found = f"{shown_address(url)} does not answer: {reason(error)}"
        return problem("direct-url", found, "correct BILTEN_DATABASE_DIRECT_URL, or unset it")


async def _migrations(connection: Connection, url: str) -> tuple[Finding, bool]:
    found, needed = await inspection.revision(connection), migrate.newest()
    if found == needed:
        return ok("migrations", f"at revision {found}, as this version needs"), True
    if found is None:
        told = f"the database was never migrated, and this version needs revision {needed}"
        return problem("migrations", told, "bilten migrate"), False
    try:
        missing = await migrate.pending(url)
    except migrate.DatabaseIsNewer:
        told = f"at revision {found}, which this version does not know: a newer one has been here"
        return problem("migrations", told, "run that newer version, or restore a backup from before it"), False
    told = f"at revision {found}, {counted(len(missing), 'migration')} behind"
    return problem("migrations", told, "bilten migrate"), False


async def _transactions(connection: Connection) -> list[Finding]:
    transactions = await inspection.long_transactions(connection, seconds=postgres.LONG_TRANSACTION)
    prepared, slots = await inspection.forgotten(connection, seconds=postgres.LONG_TRANSACTION)
    return list(postgres.transaction_findings(transactions, prepared, slots))


async def _tables(connection: Connection) -> list[Finding]:
    tables = await inspection.tables(connection)
    invalid = await inspection.invalid_indexes(connection)
    lacking = await inspection.tables_without_rights(connection)
    return list(postgres.table_findings(tables, invalid, lacking))


async def _zones(connection: Connection) -> list[Finding]:
    """Whether PostgreSQL and Python read the same clocks in the zones of coming events, for two years."""
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    zones = await inspection.zones_in_use(connection, now)
    moments = [now + timedelta(days=61 * step) for step in range(13)]
    clocks = await inspection.wall_clocks(connection, zones, moments)
    differing = list(dict.fromkeys(zone for (zone, at), local in clocks.items() if local != _local(at, zone)))
    if differing:
        found = f"Python and PostgreSQL do not agree on the clocks of {few(differing)}"
        return [warning("zone-data", found, "update tzdata on both, or PostgreSQL to its newest minor version")]
    return [ok("zone-data", f"Python and PostgreSQL agree on {counted(len(zones), 'zone')} of coming events")]


def _local(at: datetime, zone: str) -> datetime | None:
    try:
        return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    except (KeyError, ValueError, OSError):
        return None


async def _feed(connection: Connection) -> list[Finding]:
    if not await inspection.journal_is_ahead(connection):
        return []
    found = "the journal was restored from another server and is ahead of this one: new lines sort before old ones"
    return [warning("books", found, " ".join(RENUMBER.split()))]


async def _books(connection: Connection, books: str, streams: list[UUID] | None) -> list[Finding]:
    audit = await inspection.audit(connection, books, streams)
    looked_at = f"{audit.looked_at:,} {books}" + ("" if streams is None else ", a sample")
    if not audit.wrong:
        return [ok("books", f"{looked_at}: {_AGREEMENTS[books]}")]
    found = f"{audit.wrong:,} of {looked_at} are wrong ({'; '.join(audit.examples)})"
    return [problem("books", found, "stop writers, keep a dump, and look into it: docs/backup.md#books-that-differ")]
