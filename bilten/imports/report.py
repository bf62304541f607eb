"""What an import tells: a line of JSON for each row, progress on a terminal or in plain lines, and a table at last."""

import json
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from bilten.failures import CommandFailed
from domain.imports.rows import ImportOutcome, Reason, RowResult
from schema.ids import encode

SHOWN_REJECTIONS = 20


class ReportIsUnwritable(CommandFailed):
    """The file for the results cannot be written."""

    code = "REPORT_IS_UNWRITABLE"


@dataclass(slots=True)
class Summary:
    """The counts of one import, and its first rejections."""

    rows: Counter[ImportOutcome] = field(default_factory=Counter[ImportOutcome])
    events: Counter[ImportOutcome] = field(default_factory=Counter[ImportOutcome])
    codes: Counter[str] = field(default_factory=Counter[str])
    merged: int = 0
    notes: int = 0
    first_rejections: list[RowResult] = field(default_factory=list[RowResult])

    def count(self, result: RowResult) -> None:
        """Take in one result."""
        self.rows[result.outcome] += 1
        self.notes += bool(result.notes)
        if result.merged_into:
            self.merged += 1
        elif result.outcome is not ImportOutcome.REJECTED:
            self.events[result.outcome] += 1
        if result.outcome is ImportOutcome.REJECTED:
            self.codes.update(reason.code for reason in result.reasons[:1])
            if len(self.first_rejections) < SHOWN_REJECTIONS:
                self.first_rejections.append(result)

    @property
    def rejected(self) -> int:
        """How many rows and files were rejected."""
        return self.rows[ImportOutcome.REJECTED]


class Reporter:
    """Takes results as they come."""

    def __init__(self, file: IO[str] | None) -> None:
        self.summary = Summary()
        self._file = file

    def take(self, results: Iterable[RowResult]) -> None:
        """Count results, and write them down when a file was asked for. Raises `ReportIsUnwritable`."""
        for result in results:
            self.summary.count(result)
            if self._file is not None:
                try:
                    self._file.write(json.dumps(as_json(result), ensure_ascii=False) + "\n")
                except OSError as error:
                    raise _unwritable(error) from error


@contextmanager
def reporting(path: Path | None) -> Generator[Reporter]:
    """A reporter that writes to the path, if there is one. Raises `ReportIsUnwritable`."""
    if path is None:
        yield Reporter(None)
        return
    try:
        # A lone surrogate in a source must not break the line that tells of it.
        file = path.open("w", encoding="utf-8", errors="replace")
    except OSError as error:
        raise _unwritable(error) from error
    with file:
        yield Reporter(file)


def _unwritable(error: OSError) -> ReportIsUnwritable:
    return ReportIsUnwritable(f"the report cannot be written: {error.strerror}")


def as_json(result: RowResult) -> dict[str, object]:
    """One line of the report."""
    first = result.reasons[0] if result.reasons else None
    line: dict[str, object] = {
        "file": result.file,
        "row": result.row,
        "outcome": result.outcome,
        "title": result.title,
        "event": encode("Event", result.event_id) if result.event_id else None,
        "code": first.code if first else None,
        "field": first.field if first else None,
        "reason": first.message if first else None,
    }
    if len(result.reasons) > 1:
        line["more"] = [_reason(reason) for reason in result.reasons[1:]]
    if result.notes:
        line["notes"] = [_reason(note) for note in result.notes]
    if result.merged_into:
        line["mergedInto"] = result.merged_into
    return line


def _reason(reason: Reason) -> dict[str, object]:
    return {"code": reason.code, "field": reason.field, "reason": reason.message}


class Steps:
    """Progress: a bar where somebody watches, else a sentence for each tenth."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        if console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            self._bar = Progress(*columns, console=console, transient=True)
        self._task = None
        self._words = ""
        self._total = 0
        self._done = 0

    def start(self, words: str, total: int) -> None:
        """Begin a long step of so many parts."""
        self._words, self._total, self._done = words, total, 0
        if self._bar:
            self._bar.start()
            if self._task is not None:
                self._bar.remove_task(self._task)
            self._task = self._bar.add_task(words, total=total)
        else:
            self._console.print(f"{words}: {total:,}")

    def advance(self, parts: int) -> None:
        """Some more are done."""
        before, self._done = self._done, self._done + parts
        if self._bar and self._task is not None:
            self._bar.advance(self._task, parts)
        elif self._total and before * 10 // self._total != self._done * 10 // self._total:
            self._console.print(f"{self._words}: {self._done:,} of {self._total:,}")

    def stop(self) -> None:
        """Leave the terminal as it was."""
        if self._bar:
            self._bar.stop()


def tell(console: Console, summary: Summary, *, what: str, dry_run: bool) -> None:
    """Say what came of it all: the first rejections, then a table."""
    for result in summary.first_rejections:
        where = f"{result.file} row {result.row}" if result.row is not None else result.file
        for reason in result.reasons[:1]:
            name = f"{reason.field}: " if reason.field else ""
            console.print(f"{where}: {name}{reason.message} [{reason.code}]", soft_wrap=True)
    if summary.rejected > len(summary.first_rejections):
        console.print(f"… and {summary.rejected - len(summary.first_rejections):,} more")
    title = "What an import would do; nothing was written" if dry_run else None
    table = Table("", what, "rows", title=title)
    for column in table.columns[1:]:
        column.justify = "right"
    for outcome in ImportOutcome:
        events = "" if outcome is ImportOutcome.REJECTED else f"{summary.events[outcome]:,}"
        table.add_row(outcome.lower(), events, f"{summary.rows[outcome]:,}")
    for code, count in summary.codes.most_common():
        table.add_row(f"  {code}", "", f"{count:,}")
    table.add_section()
    table.add_row("all", f"{sum(summary.events.values()):,}", f"{sum(summary.rows.values()):,}")
    table.add_row("merged into another row", "", f"{summary.merged:,}")
    table.add_row("with notes", "", f"{summary.notes:,}")
    console.print(table)
