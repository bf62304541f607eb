"""`bilten import`: reads files, brings rows together, and imports them batch by batch."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import asyncpg
from rich.console import Console

from bilten.config import Settings
from bilten.embedded import home_database
from bilten.failures import CommandFailed, DatabaseIsUnreachable
from bilten.imports.files import FoundFile, find_files, opened
from bilten.imports.json_rows import read_json
from bilten.imports.places import known_places
from bilten.imports.reader import Reader
from bilten.imports.report import Reporter, Steps, reporting, tell
from bilten.imports.spool import Spool, spool
from bilten.source import RandomSource
from bilten.upkeep import direct_url, migrate_database, named_failures
from db.database import Database, connect
from db.unit_of_work import SqlUnitOfWork
from db.users import import_actor
from domain import errors
from domain.ids import UserId
from domain.imports.candidates import Candidate, Refusal
from domain.imports.conferences import SOURCE, conference_from, merge
from domain.imports.rows import ImportOutcome, ReaderFailed, RowResult, SourceRow
from domain.ports import Source, UnitOfWork
from resolvers.imports import ImportPlan, import_batch

# An arbitrary constant that only commands of imports lock, for as long as they run; the second key is the source.
_COMMAND_LOCK = 717_031_927


class ImportIsRunning(CommandFailed):
    """Somebody imports from the same source at this moment."""

    code = "IMPORT_IS_RUNNING"


class RowsWereRejected(CommandFailed):
    """Everything else was imported."""

    code = "ROWS_WERE_REJECTED"


@dataclass(frozen=True, slots=True)
class Options:
    """How a command imports."""

    dry_run: bool
    publish: bool
    allow_rejects: bool
    report: Path | None
    batch: int


@dataclass(slots=True)
class BatchContext:
    """What one batch gets; fulfils `resolvers.imports.ImportContext`."""

    unit_of_work: UnitOfWork
    source: Source
    actor_id: UserId
    now: datetime


Grouped = Callable[[list[SourceRow]], Candidate | Refusal]
Keyed = Callable[[SourceRow], str | Refusal]


def import_conferences(settings: Settings, paths: Sequence[Path], options: Options) -> None:
    """Import lists of conferences. Raises `CommandFailed`."""
    files = find_files(paths, ".json")

    def key(row: SourceRow) -> str | Refusal:
        conference = conference_from(row)
        return conference if isinstance(conference, Refusal) else conference.key

    def prepare() -> Grouped:
        places = known_places()

        def group(rows: list[SourceRow]) -> Candidate | Refusal:
            conferences = [conference_from(row) for row in rows]
            read = [conference for conference in conferences if not isinstance(conference, Refusal)]
            return merge(read, places)

        return group

    plan = ImportPlan(SOURCE, publish=options.publish, dry_run=options.dry_run)
    _run(settings, options, plan, _Work(files, read_json, key, prepare, "conferences"))


@dataclass(frozen=True, slots=True)
class _Work:
    """What to import: files, how to read them, what makes rows belong together, and what a group of them means."""

    files: Sequence[FoundFile]
    reader: Reader
    key: Keyed
    prepare: Callable[[], Grouped]
    what: str


def _run(settings: Settings, options: Options, plan: ImportPlan, work: _Work) -> None:
    console = Console(stderr=True, highlight=False, markup=False)
    steps = Steps(console)
    try:
        with reporting(options.report) as reporter, spool() as rows:
            steps.start("Reading files", len(work.files))
            for file in work.files:
                _read(file, work, rows, reporter)
                steps.advance(1)
            asyncio.run(_import(settings, plan, work, rows=rows, reporter=reporter, steps=steps, size=options.batch))
    finally:
        steps.stop()
    tell(Console(highlight=False, markup=False), reporter.summary, what=work.what, dry_run=options.dry_run)
    if reporter.summary.rejected and not options.allow_rejects:
        message = f"{reporter.summary.rejected:,} rows or files were rejected; everything else is in (--allow-rejects)"
        raise RowsWereRejected(message)


def _read(file: FoundFile, work: _Work, rows: Spool, reporter: Reporter) -> None:
    """Take the rows of a file, or none of them."""
    mark = rows.mark()
    try:
        with opened(file.path) as content:
            for row in work.reader(file.name, content):
                if isinstance(row, RowResult):
                    reporter.take([row])
                    continue
                key = work.key(row)
                if isinstance(key, Refusal):
                    refused = RowResult(file.name, row.number, ImportOutcome.REJECTED, key.reasons, title=key.title)
                    reporter.take([refused])
                else:
                    rows.add(key, row)
    except ReaderFailed as failed:
        rows.rewind(mark)
        reporter.take([RowResult(file.name, None, ImportOutcome.REJECTED, (failed.reason,))])


async def _import(
    settings: Settings, plan: ImportPlan, work: _Work, *, rows: Spool, reporter: Reporter, steps: Steps, size: int
) -> None:
    _, groups = rows.count()
    async with home_database(settings, lambda _: None) as served:
        await migrate_database(served)
        async with named_failures(served), _alone(served, plan.source), _database(served) as database:
            group = work.prepare()
            source = RandomSource()
            actor_id = await import_actor(database, new_id=source.new_id(), now=datetime.now(UTC))
            request_id = f"import-{source.new_id().hex[-12:]}"
            steps.start(f"Importing {work.what}", groups)
            for batch in _batches(rows.groups(), size):
                now = datetime.now(UTC)
                unit_of_work = SqlUnitOfWork(database, actor_id, request_id, now)
                context = BatchContext(unit_of_work, source, actor_id, now)
                reporter.take(await import_batch(context, plan, [group(each) for each in batch]))
                steps.advance(len(batch))


def _batches(groups: Iterator[list[SourceRow]], size: int) -> Iterator[list[list[SourceRow]]]:
    while batch := list(islice(groups, size)):
        yield batch


@asynccontextmanager
async def _database(settings: Settings) -> AsyncGenerator[Database]:
    database = await connect(direct_url(settings), pool_size=2)
    try:
        yield database
    except errors.Unavailable as error:
        message = "the database went away: run the same command again, it goes on where this one stopped"
        raise DatabaseIsUnreachable(message) from error
    finally:
        await database.close()


@asynccontextmanager
async def _alone(settings: Settings, source: str) -> AsyncGenerator[None]:
    """Keep other commands away from the source; the lock goes with its connection, however this process ends."""
    connection = await asyncpg.connect(direct_url(settings), timeout=10)
    try:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1, hashtext($2))", _COMMAND_LOCK, source):
            message = f"another import of {source} is running: wait for its end"
            raise ImportIsRunning(message)
        yield
    finally:
        await connection.close()
