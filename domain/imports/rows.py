"""Rows as a reader hands them over, the reasons for which they are refused, and typed access to their values."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import TypeVar

from domain import errors
from domain.ids import EventId
from domain.time import EARLIEST, LATEST
from domain.validation import Validation

Kind = TypeVar("Kind")

REASON_LIMIT = 300
"""Characters of a value or message that a result repeats: a name of a megabyte must not come back whole."""


class ImportOutcome(StrEnum):
    """What came of a row."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    REJECTED = "REJECTED"


class Code(StrEnum):
    """Reasons that only imports know; all others are codes of `domain.errors`."""

    FILE_UNREADABLE = "FILE_UNREADABLE"
    FILE_CHANGED = "FILE_CHANGED"
    FILE_BROKEN = "FILE_BROKEN"
    ENCODING_NOT_UTF8 = "ENCODING_NOT_UTF8"
    ROW_TOO_LARGE = "ROW_TOO_LARGE"
    TOO_MANY_ROWS = "TOO_MANY_ROWS"
    WRONG_TYPE = "WRONG_TYPE"
    INVALID_DATE = "INVALID_DATE"
    WRONG_COLUMNS = "WRONG_COLUMNS"
    DUPLICATE_ROW = "DUPLICATE_ROW"
    PLACE_UNKNOWN = "PLACE_UNKNOWN"
    COUNTRY_UNKNOWN = "COUNTRY_UNKNOWN"
    TIMEZONE_UNKNOWN = "TIMEZONE_UNKNOWN"
    TIMEZONE_MISSING = "TIMEZONE_MISSING"
    RECURRENCE_UNSUPPORTED = "RECURRENCE_UNSUPPORTED"
    RECURRENCE_CUT = "RECURRENCE_CUT"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row was refused, or what is worth knowing about it; `field` is named as in the source."""

    code: str
    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row as it stands in a source: the first has number 1."""

    file: str
    number: int
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RowResult:
    """What came of one row of a file; `row` is nothing when it is about the whole file.

    Rows that tell of the same thing share one result's event; all but the first name that first row in `merged_into`.
    """

    file: str
    row: int | None
    outcome: ImportOutcome
    reasons: tuple[Reason, ...] = ()
    notes: tuple[Reason, ...] = ()
    title: str | None = None
    event_id: EventId | None = None
    merged_into: str | None = None


class ReaderFailed(Exception):
    """A file cannot be read to its end; what was read of it so far counts for nothing."""

    def __init__(self, code: Code, message: str) -> None:
        self.reason = Reason(code, message)
        super().__init__(message)


# Embeddings and overrides turn the text around that follows them, also that of somebody else. Isolates may stay
# when they are closed again; right-to-left text itself needs none of them.
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e")
_OPENING = frozenset("\u2066\u2067\u2068")
_CLOSING = "\u2069"
_KINDS: Mapping[type, str] = {str: "text", bool: "true or false", int: "whole number"}


@dataclass(slots=True)
class Values:
    """Typed access to the values of a row that collects a reason for each that will not do."""

    given: Mapping[str, object]
    reasons: list[Reason] = field(default_factory=list[Reason])

    def refuse(self, code: str, message: str, name: str | None = None) -> None:
        """Note a reason."""
        self.reasons.append(Reason(code, message[:REASON_LIMIT], name))

    def refuse_as(self, refusal: errors.Refusal) -> None:
        """Note the reason of a command's refusal; its path is the name in the source."""
        self.refuse(refusal.code, refusal.message, refusal.path[0] if refusal.path else None)

    def text(self, name: str, *, limit: int, required: bool = False, multiline: bool = False) -> str | None:
        """A text, trimmed and normalised; nothing when it is absent or blank."""
        value = self._typed(name, str)
        if value is None or not value.strip():
            if required and not (value is None and self.given.get(name) is not None):
                self.refuse_as(errors.ValueIsRequired(name))
            return None
        if not _is_upright(value):
            message = "The text holds characters that turn other text around."
            self.refuse("INVALID_TEXT", message, name)
            return None
        return self._checked(name, lambda check: check.text(value, name, limit=limit, multiline=multiline))

    def url(self, name: str, *, required: bool = False) -> str | None:
        """A web address."""
        value = self.text(name, limit=2_000, required=required)
        return value and self._checked(name, lambda check: check.url(value, name))

    def flag(self, name: str) -> bool | None:
        """True, false, or nothing."""
        return self._typed(name, bool)

    def day(self, name: str, *, required: bool = False) -> date | None:
        """A date as year-month-day."""
        value = self.text(name, limit=REASON_LIMIT, required=required)
        if value is None:
            return None
        try:
            if len(value) != 10:
                raise ValueError
            day = date.fromisoformat(value)
        except ValueError:
            self.refuse(Code.INVALID_DATE, f"{shown(value)} is not a date such as 2027-04-30.", name)
            return None
        if not EARLIEST.year <= day.year < LATEST.year:
            self.refuse_as(errors.ValueIsOutOfRange(name, minimum=EARLIEST.year, maximum=LATEST.year - 1))
            return None
        return day

    def _typed(self, name: str, kind: type[Kind]) -> Kind | None:
        value = self.given.get(name)
        if value is None or type(value) is kind:
            return value
        self.refuse(Code.WRONG_TYPE, f"This has to be {_KINDS[kind]}.", name)
        return None

    def _checked(self, name: str, check: Callable[[Validation], Kind]) -> Kind | None:
        validation = Validation()
        value = check(validation)
        self.reasons += [Reason(refusal.code, refusal.message, name) for refusal in validation.refusals]
        return None if validation.refusals else value


def _is_upright(text: str) -> bool:
    depth = 0
    for char in text:
        if char in _OVERRIDES:
            return False
        depth += (char in _OPENING) - (char == _CLOSING)
        if depth < 0:
            return False
    return depth == 0


def shown(value: str) -> str:
    """A value as a message may repeat it: short, on one line, and with nothing that moves the cursor."""
    cut = value if len(value) <= 80 else f"{value[:80]}…"
    return "".join(char if unicodedata.category(char)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for char in cut)
