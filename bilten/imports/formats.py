"""Which reader reads which format."""

from collections.abc import Mapping
from datetime import datetime

from bilten.imports.csv_rows import csv_reader
from bilten.imports.json_rows import jsonl_reader
from bilten.imports.reader import Reader
from domain.imports.mappings import EventMapping, ImportFormat

SUFFIXES: Mapping[ImportFormat, str] = {
    ImportFormat.CSV: ".csv",
    ImportFormat.JSONL: ".jsonl",
    ImportFormat.ICALENDAR: ".ics",
}


def format_of(name: str) -> ImportFormat | None:
    """The format that the ending of a file's name tells."""
    return next((kind for kind, suffix in SUFFIXES.items() if name.lower().endswith(suffix)), None)


def reader_of(kind: ImportFormat, mapping: EventMapping, now: datetime) -> Reader:
    """The reader of a format. A calendar has no columns, so that a mapping means nothing to it."""
    match kind:
        case ImportFormat.CSV:
            return csv_reader(mapping)
        case ImportFormat.JSONL:
            return jsonl_reader(mapping)
        case ImportFormat.ICALENDAR:
            # The library is heavy, and only calendars need it.
            from bilten.imports.calendar_rows import calendar_reader  # noqa: PLC0415

            return calendar_reader(now)
