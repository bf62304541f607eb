"""`bilten import`: reads files, brings rows together, and imports them batch by batch."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
from rich.console import Console

from bilten.config import Settings
from bilten.embedded import home_database
from bilten.failures import CommandFailed, DatabaseIsUnreachable
from bilten.imports.batches import BatchContext, batches
from bilten.imports.files import FoundFile, find_files, opened
from bilten.imports.formats import SUFFIXES, format_of, reader_of
from bilten.imports.json_rows import read_json
from bilten.imports.places import known_places
from bilten.imports.reader import Reader
from bilten.imports.report import Reporter, Steps, reporting, tell
from bilten.imports.spool import Spool, spool
from bilten.source import RandomSource
from bilten.upkeep import direct_url, migrate_database, named_failures
from db.database import Database, connect
from db.imports import organization_id_by_slug
from db.unit_of_work import SqlUnitOfWork
from db.users import import_actor
from domain import errors
from domain.imports.candidates import Candidate, Refusal
from domain.imports.conferences import SOURCE, conference_from, merge
from domain.imports.events import EventsSource, candidates_from, key_of
from domain.imports.mappings import EventMapping, ImportFormat, mapping_from
from domain.imports.rows import ImportOutcome, ReaderFailed, RowResult, SourceRow
from domain.time import is_timezone
from resolvers.imports import ImportPlan, import_batch

# An arbitrary constant that only commands of imports lock, for as long as they run; the second key is the source.
_COMMAND_LOCK = 717_031_927


class ImportIsRunning(CommandFailed):
    """Somebody imports from the same source at this moment."""

    code = "IMPORT_IS_RUNNING"


class OptionsAreInvalid(CommandFailed):
    """An option says something that cannot be."""

    code = "OPTIONS_ARE_INVALID"


class OrganizationIsUnknown(CommandFailed):
    """There is no organization with this slug."""

    code = "ORGANIZATION_IS_UNKNOWN"


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


@dataclass(frozen=True, slots=True)
class EventsOptions:
    """What `bilten import events` is told about its files."""

    organization: str
    format: ImportFormat | None
    mapping: Path | None
    timezone: str | None


Grouped = Callable[[list[SourceRow]], Sequence[Candidate | Refusal]]
Keyed = Callable[[SourceRow], str | Refusal]
Prepared = tuple[str, Grouped]
"""The name under which the source's keys are known again, and what a group of rows means."""


def import_conferences(settings: Settings, paths: Sequence[Path], options: Options) -> None:
    """Import lists of conferences. Raises `CommandFailed`."""
    files = find_files(paths, ".json")

    def key(row: SourceRow) -> str | Refusal:
        conference = conference_from(row)
        return conference if isinstance(conference, Refusal) else conference.key

    async def prepare(_: Database) -> Prepared:
        places = known_places()

        def group(rows: list[SourceRow]) -> Sequence[Candidate | Refusal]:
            conferences = [conference_from(row) for row in rows]
            return [merge([each for each in conferences if not isinstance(each, Refusal)], places)]

        return SOURCE, group

    _run(settings, options, _Work(files, read_json, key, prepare, "conferences"))


def import_events(settings: Settings, paths: Sequence[Path], options: Options, source: EventsOptions) -> None:
    """Import tables and calendars of one organization's events. Raises `CommandFailed`."""
    mapping = _mapping(source.mapping)
    if source.timezone and not is_timezone(source.timezone):
        message = f"{source.timezone} is no IANA time zone such as Europe/Ljubljana"
        raise OptionsAreInvalid(message)
    chosen = source.format or format_of(paths[0].name)
    if chosen is None:
        message = f"{paths[0].name} tells no format by its ending: name one with --format"
        raise OptionsAreInvalid(message)
    files = find_files(paths, SUFFIXES[chosen])
    reader = reader_of(chosen, mapping, datetime.now(UTC))

    async def prepare(database: Database) -> Prepared:
        organization_id = await organization_id_by_slug(database, source.organization)
        if organization_id is None:
            message = f"there is no organization with the slug {source.organization}"
            raise OrganizationIsUnknown(message)
        rows_of = EventsSource(organization_id, source.timezone, known_places())
        return rows_of.name, lambda rows: candidates_from(rows, rows_of)

    _run(settings, options, _Work(files, reader, key_of, prepare, "events"))


def _mapping(path: Path | None) -> EventMapping:
    if path is None:
        return EventMapping()
    try:
        return mapping_from(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror}"
    except (ValueError, RecursionError) as error:
        message = f"{path} is no JSON: {error}"
    except errors.Refused as refused:
        message = "; ".join(refusal.message for refusal in refused.refusals)
    raise OptionsAreInvalid(message)


@dataclass(frozen=True, slots=True)
class _Work:
    """What to import: files, how to read them, what makes rows belong together, and what a group of them means."""

    files: Sequence[FoundFile]
    reader: Reader
    key: Keyed
    prepare: Callable[[Database], Awaitable[Prepared]]
    what: str


def _run(settings: Settings, options: Options, work: _Work) -> None:
    console = Console(stderr=True, highlight=False, markup=False)
    steps = Steps(console)
    try:
        with reporting(options.report) as reporter, spool() as rows:
            steps.start("Reading files", len(work.files))
            for file in work.files:
                _read(file, work, rows, reporter)
                steps.advance(1)
            asyncio.run(_import(settings, options, work, rows=rows, reporter=reporter, steps=steps))
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
    settings: Settings, options: Options, work: _Work, *, rows: Spool, reporter: Reporter, steps: Steps
) -> None:
    _, groups = rows.count()
    async with home_database(settings, lambda _: None) as served:
        await migrate_database(served)
        async with named_failures(served), _database(served) as database:
            name, group = await work.prepare(database)
            plan = ImportPlan(name, publish=options.publish, dry_run=options.dry_run)
            async with _alone(served, name):
                steps.start(f"Importing {work.what}", groups)
                await _write(
                    database, plan, batches(rows.groups(), options.batch), group, reporter=reporter, steps=steps
                )


async def _write(
    database: Database,
    plan: ImportPlan,
    groups: Iterator[list[list[SourceRow]]],
    group: Grouped,
    *,
    reporter: Reporter,
    steps: Steps,
) -> None:
    source = RandomSource()
    actor_id = await import_actor(database, new_id=source.new_id(), now=datetime.now(UTC))
    request_id = f"import-{source.new_id().hex[-12:]}"
    for batch in groups:
        now = datetime.now(UTC)
        context = BatchContext(SqlUnitOfWork(database, actor_id, request_id, now), source, actor_id, now)
        candidates = [candidate for rows in batch for candidate in group(rows)]
        reporter.take(await import_batch(context, plan, candidates))
        steps.advance(len(batch))


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
