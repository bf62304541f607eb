"""Rows of a table in CSV: a header, then one record for each event; the separator is seen in the header."""

import csv
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from bilten.imports.files import decoded
from bilten.imports.json_rows import lines
from bilten.imports.reader import ROW_LIMIT, Reader
from domain.imports.mappings import EventMapping
from domain.imports.rows import Code, ImportOutcome, ReaderFailed, Reason, RowResult, SourceRow, shown

SEPARATORS = (",", ";", "\t")
COLUMNS_LIMIT = 500


def csv_reader(mapping: EventMapping) -> Reader:
    """A reader for tables with such columns. Rows count as in a spreadsheet: the header is row 1."""

    def read(name: str, file: BinaryIO) -> Iterator[SourceRow | RowResult]:
        text = (line + "\n" for line in lines(decoded(file)))
        first = next(text, "")
        separator = max(SEPARATORS, key=first.count)
        csv.field_size_limit(ROW_LIMIT)
        records = csv.reader(_with_first(first, text), delimiter=separator, strict=True)
        header = _header(next(_checked(records), list[str]()), mapping)
        for number, record in enumerate(_checked(records), 2):
            if not any(value.strip() for value in record):
                continue
            if len(record) > len(header):
                message = f"The row has {len(record)} columns, the header {len(header)}."
                yield RowResult(name, number, ImportOutcome.REJECTED, (Reason(Code.WRONG_COLUMNS, message),))
                continue
            yield SourceRow(name, number, mapping.apply(dict(zip(header, record, strict=False))))

    return read


def _with_first(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _header(names: list[str], mapping: EventMapping) -> list[str]:
    if not any(name.strip() for name in names):
        raise ReaderFailed(Code.FILE_BROKEN, "The file has no header.")
    if len(names) > COLUMNS_LIMIT:
        raise ReaderFailed(Code.FILE_BROKEN, f"The header has more than {COLUMNS_LIMIT} columns.")
    if missing := mapping.missing(dict.fromkeys(names)):
        listed = ", ".join(shown(name) for name in missing)
        raise ReaderFailed(Code.FILE_BROKEN, f"The mapping names columns that the header lacks: {listed}.")
    return names


class _Records(Protocol):
    """The library's reader, whose type has no public name."""

    @property
    def line_num(self) -> int: ...
    def __next__(self) -> list[str]: ...


def _checked(records: _Records) -> Iterator[list[str]]:
    while True:
        try:
            yield next(records)
        except StopIteration:
            return
        except csv.Error as error:
            message = f"Line {records.line_num}: {error}. No row of this file was imported."
            raise ReaderFailed(Code.FILE_BROKEN, message) from None
