"""Imports in the schema: starting one, and watching what comes of it."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.ids import ImportId
from domain.imports.jobs import OPEN_LIMIT, ROWS_LIMIT, StartImport
from domain.queries import ImportResultQuery
from domain.rows import ImportResultRow, ImportRow
from resolvers import imports as use_cases
from resolvers.context import Context
from schema import ids
from schema.context import Info, field
from schema.enums import ImportFormat, ImportOutcome, ImportStatus
from schema.events import Event
from schema.nodes import Node, own_id
from schema.pagination import After, Before, Connection, First, Last, connection, window_of
from schema.problems import Command, Payload, answer
from schema.relations import related
from schema.scalars import JSON, TimeZone

if TYPE_CHECKING:
    from schema.organizations import Organization
    from schema.users import User


def _reason(result: ImportResultRow, name: str) -> str | None:
    return next((reason[name] for reason in result["reasons"] if not reason["note"]), None)


def _row(result: strawberry.Parent[ImportResultRow]) -> int | None:
    return result["row_number"]


def _code(result: strawberry.Parent[ImportResultRow]) -> str | None:
    return _reason(result, "code")


def _field(result: strawberry.Parent[ImportResultRow]) -> str | None:
    return _reason(result, "field")


def _message(result: strawberry.Parent[ImportResultRow]) -> str | None:
    said = [reason["message"] for reason in result["reasons"] if not reason["note"]]
    return " ".join(said) or None


def _notes(result: strawberry.Parent[ImportResultRow]) -> list[str]:
    return [reason["message"] for reason in result["reasons"] if reason["note"]]


@strawberry.type(description="What came of one row.")
class ImportResult:
    """A result."""

    row: int | None = field(
        _row,
        description="The row's number in the file, the header of a table being 1; null for the file as a whole.",
    )
    outcome: ImportOutcome = field(description="What came of it.")
    code: str | None = field(
        _code, description="The first reason for which it was rejected, for programs, such as INVALID_DATE."
    )
    name: str | None = field(_field, name="field", description="The field that the first reason is about.")
    message: str | None = field(_message, description="All reasons, for people.")
    notes: list[str] = field(_notes, description="What is worth knowing about a row that was not rejected.")
    title: str | None = field(description="The title that the row names.")
    event: Event | None = field(
        related(lambda reads, keys: reads.events_by_ids(keys), "event_id"),
        description="Its event; null when there is none, as after a dry run.",
    )


@strawberry.type(description="How many rows came to what, so far.")
class ImportCounts:
    """Counts by outcome."""

    created: int = field(description="Rows that made a new event, or would have in a dry run.")
    updated: int = field(description="Rows that changed an event.")
    unchanged: int = field(description="Rows that say what they said before.")
    rejected: int = field(description="Rows that were refused.")


async def _results(  # noqa: PLR0917 - a connection's own arguments
    row: strawberry.Parent[ImportRow],
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    outcome: Annotated[
        list[ImportOutcome] | None, strawberry.argument(description="Only rows that came to one of these.")
    ] = None,
) -> Any:  # noqa: ANN401 - a connection
    window = window_of("import_results", first, after, last, before)
    query = ImportResultQuery(window, tuple(outcome) if outcome is not None else None)
    return connection(await info.context.reads.results_by_import_id(row["id"], query))


def _itself(row: strawberry.Parent[ImportRow]) -> Any:  # noqa: ANN401 - the counts are columns of the import
    return row


@strawberry.type(description="Events brought in from a file. It runs by itself: ask again until `finishedAt` is there.")
class Import(Node):
    """An import."""

    id: strawberry.ID = field(own_id("Import"), description="The import's id.")
    organization: Annotated["Organization", strawberry.lazy("schema.organizations")] = field(
        related(lambda reads, keys: reads.organizations_by_ids(keys), "organization_id"),
        description="Whose events they are.",
    )
    started_by: Annotated["User", strawberry.lazy("schema.users")] | None = field(
        related(lambda reads, keys: reads.users_by_ids(keys), "created_by"),
        description="Who started it, if you may see them; the history of its events names them too.",
    )
    format: ImportFormat = field(description="The format of the file.")
    file_name: str | None = field(description="What the file was called, if that was said.")
    timezone: TimeZone | None = field(description="The zone of times that name none, if one was given.")
    dry_run: bool = field(description="Whether it only says what it would do.")
    publish: bool = field(description="Whether new events are published rather than left as drafts.")
    status: ImportStatus = field(description="Where it stands.")
    counts: ImportCounts = field(_itself, description="How many rows came to what, so far.")
    failure: str | None = field(description="Why it was given up, with a code; null unless it has failed.")
    results: Connection[ImportResult] = field(_results, description="What came of each row, in the order of the file.")
    created_at: datetime = field(description="When it was asked for.")
    started_at: datetime | None = field(description="When it began; null while it waits.")
    finished_at: datetime | None = field(description="When it ended; null until then.")


@strawberry.input(
    description="Events to import. What an earlier import brought is known again by its id, or by title and start."
)
class StartImportInput(Command):
    """Input of startImport."""

    organization_id: strawberry.ID = field(description="Whose events they will be.")
    format: ImportFormat = field(description="The format of the content.")
    content: str = field(
        description="The whole file as text. A request may have 1 MB, and with it this;"
        f" it may make at most {ROWS_LIMIT:,} rows. The command line takes more."
    )
    file_name: str | None = field(default=None, description="What the file is called, for people.")
    mapping: JSON | None = field(
        default=None,
        description='Which column means which field: {"title": "Name", "category": {"value": "Talks"}}. Fields that'
        " it does not name go by their own names: id, title, category, startsAt, endsAt, timezone, tags, summary,"
        " description, online, url, venue, address, city, country, capacity, cancelled.",
    )
    timezone: TimeZone | None = field(default=None, description="The zone of times that name none.")
    dry_run: bool = field(default=False, description="Say what would be done, and do nothing.")
    publish: bool = field(
        default=False, description="Publish new events that have a place or are online; else they stay drafts."
    )

    def to_command(self) -> StartImport:
        """The domain's command."""
        return StartImport(
            organization_id=ids.organization_id(self.organization_id),
            format=self.format,
            content=self.content,
            file_name=self.file_name,
            mapping=self.mapping,
            timezone=self.timezone,
            dry_run=self.dry_run,
            publish=self.publish,
        )


@strawberry.type(description="The answer to startImport.")
class StartImportPayload(Payload):
    """Payload of startImport."""

    import_: Import | None = field(
        default=None, name="import", description="The import, which waits for its turn; null when it was refused."
    )


async def _show(context: Context, import_id: ImportId) -> dict[str, Any]:
    return {"import_": await context.reads.import_by_id(import_id)}


@strawberry.type
class ImportMutations:
    """Root fields of imports."""

    @strawberry.mutation(
        description="Import events from a file. It is queued and runs by itself; an organization may have"
        f" {OPEN_LIMIT} imports that wait or run."
    )
    async def start_import(self, info: Info, input: StartImportInput) -> StartImportPayload:  # noqa: A002
        """Start an import."""
        key = input.idempotency_key
        return await answer(
            StartImportPayload, info, lambda context: use_cases.start_import(context, input.to_command(), key), _show
        )
