"""Runs the imports that managers start: beside the server, in as many processes as there are."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import structlog

from bilten.imports.batches import BatchContext, batches
from bilten.imports.formats import SUFFIXES, reader_of
from bilten.imports.places import known_places
from bilten.imports.spool import Spool, spool
from bilten.source import RandomSource
from db.database import Database
from db.imports import claim_import, release_import
from db.unit_of_work import SqlUnitOfWork
from domain import errors
from domain.imports import jobs
from domain.imports.candidates import Refusal
from domain.imports.events import EventsSource, candidates_from, key_of
from domain.imports.jobs import ROWS_LIMIT, ImportJob
from domain.imports.mappings import mapping_from
from domain.imports.rows import Code, ImportOutcome, ReaderFailed, RowResult, SourceRow
from domain.journal import Stream
from domain.ports import Work
from resolvers.imports import ImportPlan, import_batch

IDLE_SECONDS = 1.0
BATCH = 50

log = structlog.get_logger("bilten.imports")


class _TakenOver(Exception):
    """Another process has the import now; nothing of this one's batch was written."""


async def keep_importing(database: Database, clock: Callable[[], datetime], idle: float = IDLE_SECONDS) -> None:
    """Take imports one after the other until cancelled; whatever goes wrong costs one import."""
    while True:
        worked = False
        try:
            worked = await import_next(database, clock)
        except errors.Unavailable:
            log.warning("imports wait: the database is away")
        except Exception:
            # Nobody awaits this task before the end, so a failure that ended it would go unseen until then.
            log.exception("an import failed")
        if not worked:
            await asyncio.sleep(idle)


async def import_next(database: Database, clock: Callable[[], datetime]) -> bool:
    """Run the oldest import that waits; False when there is none."""
    job = await claim_import(database, clock())
    if job is None:
        return False
    run = _Run(database, clock, job, RandomSource())
    try:
        await run.to_its_end()
    except _TakenOver:
        log.warning("import taken over by another process", id=str(job.id))
    except (errors.Unavailable, asyncio.CancelledError):
        # Whoever comes next goes on behind the last batch.
        with suppress(errors.Unavailable):
            await release_import(database, run.job, clock())
        raise
    except Exception:
        log.exception("import gave up", id=str(job.id))
        await run.finish("INTERNAL: The import failed for a reason that is in the log.")
    return True


@dataclass(slots=True)
class _Run:
    """One import as this process runs it."""

    database: Database
    clock: Callable[[], datetime]
    job: ImportJob
    source: RandomSource

    async def to_its_end(self) -> None:
        """Read the content, import it batch by batch, and finish."""
        with ExitStack() as stack:
            try:
                rows = stack.enter_context(spool(shared=True))
                refused = await asyncio.to_thread(_read, self.job, rows)
            except ReaderFailed as failed:
                await self.finish(f"{failed.reason.code}: {failed.reason.message}")
                return
            await self._import(rows, refused)
        await self.finish(None)

    async def _import(self, rows: Spool, refused: Sequence[RowResult]) -> None:
        places = await asyncio.to_thread(known_places)
        source = EventsSource(self.job.organization_id, self.job.timezone, places)
        plan = ImportPlan(source.name, publish=self.job.publish, dry_run=self.job.dry_run)
        done = self.job.results
        if refused[done:]:
            async with self._unit_of_work()(plan, key=None) as work:
                await self._record(work, refused[done:])
                await work.commit(self.job.id)
        passed = len(refused)
        for batch in batches(_after(rows.groups(), done - passed), BATCH):
            candidates = [candidate for group in batch for candidate in candidates_from(group, source)]
            context = BatchContext(self._unit_of_work(), self.source, self.job.created_by, self.clock())
            await import_batch(context, plan, candidates, self._record)

    async def finish(self, failure: str | None) -> None:
        """Store the end, and tell of it. Raises `_TakenOver`."""
        now = self.clock()
        done, fact = jobs.finish(self.job, now, failure=failure)
        async with self._unit_of_work()(done.id, key=None) as work:
            if not await work.imports.save_import(self.job, done):
                raise _TakenOver
            await work.journal.append(Stream.ORGANIZATION, done.organization_id, fact)
            await work.commit(done.id)
        log.info("import finished", id=str(done.id), status=done.status, results=done.results)

    async def _record(self, work: Work, results: Sequence[RowResult]) -> None:
        after = jobs.advanced(self.job, results, self.clock())
        if not await work.imports.save_import(self.job, after):
            raise _TakenOver
        await work.imports.insert_results(self.job, results)
        self.job = after

    def _unit_of_work(self) -> SqlUnitOfWork:
        return SqlUnitOfWork(self.database, self.job.created_by, f"import-{self.job.id.hex[-12:]}", self.clock())


def _read(job: ImportJob, rows: Spool) -> list[RowResult]:
    """Take all rows of the content; gives what came of those that are none. The same content reads the same again."""
    name = job.file_name or f"content{SUFFIXES[job.format]}"
    reader = reader_of(job.format, mapping_from(job.mapping or None), job.created_at)
    refused: list[RowResult] = []
    for number, row in enumerate(reader(name, BytesIO((job.content or "").encode()))):
        if number >= ROWS_LIMIT:
            raise ReaderFailed(Code.TOO_MANY_ROWS, f"The content makes more than {ROWS_LIMIT:,} rows: split it.")
        if isinstance(row, RowResult):
            refused.append(row)
            continue
        key = key_of(row)
        if isinstance(key, Refusal):
            refused.append(RowResult(name, row.number, ImportOutcome.REJECTED, key.reasons, title=key.title))
        else:
            rows.add(key, row)
    return refused


def _after(groups: Iterator[list[SourceRow]], results: int) -> Iterator[list[SourceRow]]:
    """The groups behind those whose results are stored: a group has as many as rows, and all or none are."""
    for group in groups:
        if results > 0:
            results -= len(group)
        else:
            yield group
