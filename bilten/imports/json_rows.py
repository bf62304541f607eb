"""Rows of JSON: an array of objects, read piece by piece, or one object on each line."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, NoReturn, cast

from bilten.imports.files import decoded
from bilten.imports.reader import ROW_LIMIT, Reader
from domain.imports.mappings import EventMapping
from domain.imports.rows import Code, ImportOutcome, ReaderFailed, Reason, RowResult, SourceRow

_BLANK = re.compile(r"[ \t\n\r]*")


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON"
    raise ValueError(message)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


class _Window:
    """The part of a text that is in memory, and where in the text it begins."""

    def __init__(self, pieces: Iterator[str]) -> None:
        self._pieces = pieces
        self.text = ""
        self.position = 0
        self.complete = False
        self._line = 1
        self._column = 1

    def more(self) -> None:
        """Forget what lies behind and read at least as much again as lies ahead; positions change by that."""
        wanted = max(len(self.text) - self.position, 1)
        parts = [self.text[self.position :]]
        self._pass(self.text[: self.position])
        self.position = 0
        while wanted > 0 and not self.complete:
            piece = next(self._pieces, None)
            if piece is None:
                self.complete = True
            else:
                parts.append(piece)
                wanted -= len(piece)
        self.text = "".join(parts)

    def peek(self) -> str:
        """The next character that is not blank; nothing at the end."""
        while True:
            match = _BLANK.match(self.text, self.position)
            self.position = match.end() if match else self.position
            if self.position < len(self.text):
                return self.text[self.position]
            if self.complete:
                return ""
            self.more()

    def value(self) -> object:
        """The next JSON value. Raises `ReaderFailed`."""
        while True:
            try:
                value, end = cast("tuple[object, int]", _DECODER.raw_decode(self.text, self.position))
            except json.JSONDecodeError as error:
                if self._reads_on():
                    continue
                self.broken(_small(error.msg), error.pos)
            except (ValueError, RecursionError) as error:
                self.broken("too deep" if isinstance(error, RecursionError) else str(error), self.position)
            # A number or a word at the end of what was read may go on in what was not.
            if end == len(self.text) and not self.complete:
                self.more()
                continue
            self.position = end
            return value

    def _reads_on(self) -> bool:
        if self.complete:
            return False
        if len(self.text) - self.position > ROW_LIMIT:
            message = f"{self.place(self.position)}: a row has more than {ROW_LIMIT} characters, or is never closed."
            raise ReaderFailed(Code.ROW_TOO_LARGE, message)
        self.more()
        return True

    def broken(self, what: str, position: int) -> NoReturn:
        """Say what is wrong, and where."""
        message = f"{self.place(position)}: {what}. No row of this file was imported."
        raise ReaderFailed(Code.FILE_BROKEN, message)

    def place(self, position: int) -> str:
        """A position for people."""
        before = self.text[:position]
        lines = before.count("\n")
        column = len(before) - before.rfind("\n") if lines else self._column + len(before)
        return f"Line {self._line + lines}, column {column}"

    def _pass(self, text: str) -> None:
        lines = text.count("\n")
        self._line += lines
        self._column = len(text) - text.rfind("\n") if lines else self._column + len(text)


def read_json(name: str, file: BinaryIO) -> Iterator[SourceRow | RowResult]:
    """The objects of one array. Memory is bounded by the size of one row."""
    window = _Window(decoded(file))
    if window.peek() != "[":
        window.broken("an array of objects is expected", window.position)
    window.position += 1
    number = 0
    while window.peek() != "]" or number:
        if number:
            separator = window.peek()
            if separator == "]":
                break
            if separator != ",":
                window.broken("expecting a comma or the end of the array", window.position)
            window.position += 1
            window.peek()
        number += 1
        yield _row(name, number, window.value())
    window.position += 1
    if window.peek():
        window.broken("there is more after the end of the array", window.position)


def read_jsonl(name: str, file: BinaryIO) -> Iterator[SourceRow | RowResult]:
    """One object on each line; a line that is none is refused by itself."""
    for number, line in enumerate(lines(decoded(file)), 1):
        if not line.strip():
            continue
        try:
            value = cast("object", _DECODER.decode(line))
        except json.JSONDecodeError as error:
            yield _refused(name, number, f"Column {error.colno}: {_small(error.msg)}.")
        except (ValueError, RecursionError) as error:
            yield _refused(
                name, number, "The line is nested too deep." if isinstance(error, RecursionError) else str(error)
            )
        else:
            yield _row(name, number, value)


def jsonl_reader(mapping: EventMapping) -> Reader:
    """A reader of lines whose objects have such names."""

    def read(name: str, file: BinaryIO) -> Iterator[SourceRow | RowResult]:
        for row in read_jsonl(name, file):
            yield replace(row, values=mapping.apply(row.values)) if isinstance(row, SourceRow) else row

    return read


def lines(pieces: Iterator[str]) -> Iterator[str]:
    """The lines of a text. Raises `ReaderFailed` at one that is longer than a row may be."""
    rest = ""
    for piece in pieces:
        *whole, rest = (rest + piece).split("\n")
        yield from whole
        if len(rest) > ROW_LIMIT:
            message = f"A line has more than {ROW_LIMIT} characters."
            raise ReaderFailed(Code.ROW_TOO_LARGE, message)
    if rest:
        yield rest


def _row(name: str, number: int, value: object) -> SourceRow | RowResult:
    if isinstance(value, dict):
        return SourceRow(name, number, cast("dict[str, object]", value))
    return _refused(name, number, "A row has to be an object.", Code.WRONG_TYPE)


def _refused(name: str, number: int, message: str, code: Code = Code.FILE_BROKEN) -> RowResult:
    return RowResult(name, number, ImportOutcome.REJECTED, (Reason(code, message[:300]),))


def _small(message: str) -> str:
    return message[:1].lower() + message[1:]
