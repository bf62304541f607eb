"""The arguments of `bilten import`; the work is done elsewhere, and imported when a command runs."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bilten.config import Settings

app = typer.Typer(name="import", help="Bring in events from elsewhere; doing it again changes only what changed there.")

DryRun = Annotated[bool, typer.Option("--dry-run", help="Judge everything and write nothing.")]
Draft = Annotated[bool, typer.Option("--draft", help="Leave new events as drafts instead of publishing them.")]
AllowRejects = Annotated[bool, typer.Option("--allow-rejects", help="Succeed even if rows were rejected.")]
Report = Annotated[
    Path | None, typer.Option(metavar="FILE.jsonl", help="Write what came of each row, one JSON object a line.")
]
Batch = Annotated[int, typer.Option(min=1, max=1_000, help="How many events one transaction brings in.")]


@app.command()
def conferences(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH…", help="Folders of years, a year, or files.")],
    *,
    dry_run: DryRun = False,
    draft: Draft = False,
    allow_rejects: AllowRejects = False,
    report: Report = None,
    batch: Batch = 100,
) -> None:
    """Import lists of conferences: JSON, one folder for each year, one file for each topic."""
    from bilten.imports.command import Options, import_conferences

    options = Options(dry_run=dry_run, publish=not draft, allow_rejects=allow_rejects, report=report, batch=batch)
    import_conferences(Settings.load(), paths, options)


class Format(StrEnum):
    """The formats of `bilten import events`."""

    csv = "csv"
    jsonl = "jsonl"
    ics = "ics"


@app.command()
def events(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Files, or folders of files, of one format.")],
    *,
    organization: Annotated[str, typer.Option(metavar="SLUG", help="Whose events they are.")],
    format_: Annotated[
        Format | None, typer.Option("--format", help="Told by the first file's ending otherwise.")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Which column means which field; names decide otherwise.")
    ] = None,
    timezone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="The zone of times that name none, such as Europe/Ljubljana.")
    ] = None,
    dry_run: DryRun = False,
    draft: Draft = False,
    allow_rejects: AllowRejects = False,
    report: Report = None,
    batch: Batch = 100,
) -> None:
    """Import the events of an organization from tables (CSV, JSONL) or calendars (iCalendar)."""
    from bilten.imports.command import EventsOptions, Options, import_events
    from domain.imports.mappings import ImportFormat

    kinds = {Format.csv: ImportFormat.CSV, Format.jsonl: ImportFormat.JSONL, Format.ics: ImportFormat.ICALENDAR}
    source = EventsOptions(organization, kinds[format_] if format_ else None, mapping, timezone)
    options = Options(dry_run=dry_run, publish=not draft, allow_rejects=allow_rejects, report=report, batch=batch)
    import_events(Settings.load(), paths, options, source)
