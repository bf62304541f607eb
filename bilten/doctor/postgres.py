"""Judges a PostgreSQL server by what `db.inspection` read from it: version, durability, connections, health."""

from collections.abc import Iterator
from datetime import datetime

from bilten.config import Settings
from bilten.doctor.findings import Finding, counted, few, ok, problem, warning
from db.inspection import Pooling, Server, Table

OLDEST_VERSION = 16
SPARE_CONNECTIONS = 5
"""For migrations, the doctor, and whoever looks at the database beside the pools."""
LEADING = 2
"""Connections on which each worker leads, or waits until it does: one for capacity and one for messages."""
LITTLE_DRIFT = 1.0
GRACE = 30.0
"""Seconds by which clocks may differ before tokens are refused that should not be."""
LONG_TRANSACTION = 300.0
OLD_TRANSACTIONS = 1_000_000_000
MANY_ROWS = 1_000
MANY_DEAD = 100_000


def server_findings(server: Server) -> Iterator[Finding]:
    """Whether this is a server and a database that Bilten can live on."""
    size = f"{server.bytes / 2**20:,.0f} MiB"
    yield ok("database", f"PostgreSQL {server.version_text} answers, database {server.database}, {size}")
    if server.version < OLDEST_VERSION * 10_000:
        yield problem(
            "database",
            f"PostgreSQL {server.version_text} is too old",
            f"upgrade the server to {OLDEST_VERSION} or newer: docs/upgrade.md",
        )
    if server.encoding != "UTF8":
        yield problem(
            "database",
            f"the encoding is {server.encoding}: names of people do not fit",
            f"createdb --encoding=UTF8 --template=template0 {server.database}2, and restore into that",
        )
    if server.in_recovery or server.read_only:
        what = "a standby" if server.in_recovery else "set to read only"
        yield problem("database", f"the database is {what}: nothing can be written", "BILTEN_DATABASE_URL of a primary")
    if server.superuser:
        yield warning(
            "database",
            f"Bilten connects as {server.role}, which is a superuser and needs not be",
            "CREATE ROLE bilten LOGIN, ALTER DATABASE … OWNER TO bilten, and name that role in BILTEN_DATABASE_URL",
        )
    if server.collation_changed:
        yield warning(
            "database",
            "the rules of sorting have changed since the indexes were made",
            f"REINDEX DATABASE {server.database}; ALTER DATABASE {server.database} REFRESH COLLATION VERSION;",
        )
    if server.transaction_age > OLD_TRANSACTIONS:
        yield problem("database", "transaction numbers run out: autovacuum does not keep up", "VACUUM (FREEZE);")
    yield from _durability(server)


def _durability(server: Server) -> Iterator[Finding]:
    unsafe = [
        f"{name} is {value}"
        for name, value in (("fsync", server.fsync), ("full_page_writes", server.full_page_writes))
        if value == "off"
    ]
    if unsafe:
        found = f"{' and '.join(unsafe)}: a power cut can destroy the whole database"
        yield warning("durability", found, "fsync = on and full_page_writes = on in postgresql.conf")
    if server.synchronous_commit == "off":
        found = "synchronous_commit is off: a crash forgets registrations that were confirmed"
        yield warning("durability", found, "synchronous_commit = on in postgresql.conf")
    if not unsafe and server.synchronous_commit != "off":
        yield ok("durability", f"what is committed is on disk (synchronous_commit = {server.synchronous_commit})")


def connection_findings(server: Server, pooling: Pooling, settings: Settings) -> Iterator[Finding]:
    """Whether all workers get their connections, and sessions that hold what they are told."""
    pools = settings.workers * (settings.database_pool_size + settings.lanes + LEADING)
    said = f"{settings.workers} x ({settings.database_pool_size} + {settings.lanes} lanes + {LEADING})"
    if pooling.is_between or pooling.swaps_sessions:
        yield from _pooler(pooling, settings)
        return
    available = server.max_connections - server.reserved_connections
    if pools + SPARE_CONNECTIONS > available:
        fitting = max(1, (available - SPARE_CONNECTIONS) // settings.workers - settings.lanes - LEADING)
        yield problem(
            "connections",
            f"the workers want {said} = {pools} connections, and PostgreSQL gives {available}",
            f"BILTEN_DATABASE_POOL_SIZE={fitting}, or max_connections = {pools + 20} in postgresql.conf",
        )
    elif pools + SPARE_CONNECTIONS + server.other_connections > available:
        others = counted(server.other_connections, "connection")
        yield warning(
            "connections",
            f"others hold {others} now; with {said} = {pools} of ours more than {available} are wanted",
            f"max_connections = {pools + server.other_connections + 20} in postgresql.conf",
        )
    else:
        yield ok("connections", f"{said} = {pools} wanted by the workers, {available} there")


def _pooler(pooling: Pooling, settings: Settings) -> Iterator[Finding]:
    if pooling.swaps_sessions and settings.database_direct_url is None:
        yield problem(
            "connections",
            "a pooler swaps sessions between transactions, and migrations need one of their own",
            "BILTEN_DATABASE_DIRECT_URL=the address of PostgreSQL itself",
        )
    elif pooling.swaps_sessions:
        yield warning(
            "connections",
            "a pooler swaps sessions between transactions: prepared statements work only if it follows them",
            "max_prepared_statements = 200 in pgbouncer.ini (1.21 or newer), or pool_mode = session",
        )
    else:
        yield ok("connections", "a pooler stands between and keeps sessions: it decides how many there are")


def same_database(server: Server, direct: Server) -> Finding:
    """Whether both addresses lead to one database."""
    if (server.database_oid, server.started_at) == (direct.database_oid, direct.started_at):
        return ok("direct-url", f"leads to the same database {direct.database}")
    return problem(
        "direct-url",
        f"leads to another database ({direct.database}) than BILTEN_DATABASE_URL ({server.database})",
        "BILTEN_DATABASE_DIRECT_URL=the same database without the pooler",
    )


def clock_finding(server: Server, before: datetime, after: datetime) -> Finding:
    """How the clocks of this machine and of the server differ, less the time on the way."""
    early, late = (before - server.now).total_seconds(), (server.now - after).total_seconds()
    drift = max(early, late, 0.0)
    found = f"this machine and PostgreSQL differ by {drift:.1f} s"
    remedy = "timedatectl set-ntp true, on both machines"
    if drift > GRACE:
        return problem("clock", f"{found}: tokens are refused that are good, or taken that are not", remedy)
    if drift > LITTLE_DRIFT:
        return warning("clock", found, remedy)
    return ok("clock", "this machine and PostgreSQL agree")


def transaction_findings(
    transactions: list[tuple[int, str, int]], prepared: list[str], slots: list[str]
) -> Iterator[Finding]:
    """What keeps dead rows and old files alive."""
    for pid, application, seconds in transactions[:3]:
        name = f" ({application})" if application else ""
        yield warning(
            "transactions",
            f"process {pid}{name} has had a transaction open for {seconds // 60:,} minutes",
            f"SELECT pg_terminate_backend({pid}); unless you know what it does",
        )
    if prepared:
        yield warning("transactions", f"prepared and never ended: {few(prepared)}", "ROLLBACK PREPARED '…';")
    if slots:
        yield warning(
            "transactions",
            f"nobody reads the replication slots {few(slots)}, and the disk fills for them",
            "SELECT pg_drop_replication_slot('…'); or start their reader",
        )
    if not transactions and not prepared and not slots:
        yield ok("transactions", f"none is open for more than {LONG_TRANSACTION / 60:.0f} minutes")


def table_findings(tables: list[Table], invalid: list[str], lacking: list[str]) -> Iterator[Finding]:
    """Whether the planner knows the tables, and the tables are ours and not full of what is dead."""
    if lacking:
        yield problem(
            "tables", f"our role may not read and write {few(lacking)}", "GRANT ALL ON ALL TABLES IN SCHEMA public TO …"
        )
    for name in invalid:
        yield problem("tables", f"the index {name} is not finished and not used", f"REINDEX INDEX CONCURRENTLY {name};")
    unknown = [table.name for table in tables if not table.is_analysed and table.live > MANY_ROWS]
    if unknown:
        yield warning("tables", f"never analysed: {few(unknown, 8)}, so plans are guesses", "ANALYZE;")
    for table in tables:
        if table.dead > MANY_DEAD and table.dead > table.live // 2:
            yield warning(
                "tables",
                f"{table.name} holds {table.dead:,} dead rows beside {table.live:,}",
                f"VACUUM (ANALYZE) {table.name};",
            )
    if not invalid and not lacking and not unknown:
        yield ok("tables", "indexes are whole, and what is large is analysed")
