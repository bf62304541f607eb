"""Scalars: what may stand in them, how it is read, and how it is written."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NewType

import strawberry
from email_validator import EmailNotValidError, validate_email
from strawberry.types.scalar import ScalarDefinition

from execution.hints import left_to_encoder

CurrencyCode = NewType("CurrencyCode", str)
EmailAddress = NewType("EmailAddress", str)
JSON = NewType("JSON", object)
LocalDateTime = NewType("LocalDateTime", datetime)
TimeZone = NewType("TimeZone", str)
URL = NewType("URL", str)

_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})\Z", re.ASCII)
_WALL_CLOCK = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?\Z", re.ASCII)


def _parse_instant(value: object) -> datetime:
    if isinstance(value, str) and _INSTANT.match(value):
        try:
            # Finer than a microsecond, as some clocks send, is not kept: Python cuts it off.
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    message = "DateTime is a date and time with an offset as in RFC 3339, such as 2026-11-23T18:00:00+01:00."
    raise ValueError(message)


def _parse_wall_clock(value: object) -> datetime:
    if isinstance(value, str) and _WALL_CLOCK.match(value):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            pass
    message = "LocalDateTime is a date and time without an offset, such as 2026-11-23T18:00."
    raise ValueError(message)


def _parse_email(value: object) -> str:
    try:
        return validate_email(value if isinstance(value, str) else "", check_deliverability=False).normalized
    except EmailNotValidError as error:
        message = "EmailAddress is an address such as ada@example.com."
        raise ValueError(message) from error


def _parse_text(name: str) -> Any:  # noqa: ANN401 - Strawberry's parser type
    def parse(value: object) -> str:
        if isinstance(value, str):
            return value
        message = f"{name} is a text."
        raise ValueError(message)

    return parse


@left_to_encoder(datetime)
def _isoformat(value: datetime) -> str:
    return value.isoformat()


@left_to_encoder(str)
def _same(value: object) -> object:
    return value


def _text(name: str, description: str, specified_by_url: str | None = None) -> ScalarDefinition:
    return strawberry.scalar(
        name=name,
        description=description,
        serialize=_same,
        parse_value=_parse_text(name),
        specified_by_url=specified_by_url,
    )


SCALARS: Mapping[object, ScalarDefinition] = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An instant in RFC 3339, always with an offset; written in UTC.",
        serialize=_isoformat,
        parse_value=_parse_instant,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    ),
    LocalDateTime: strawberry.scalar(
        name="LocalDateTime",
        description="What a clock on the wall shows, without an offset; read it with the time zone beside it.",
        serialize=_isoformat,
        parse_value=_parse_wall_clock,
    ),
    EmailAddress: strawberry.scalar(
        name="EmailAddress",
        description="An e-mail address.",
        serialize=_same,
        parse_value=_parse_email,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc5322",
    ),
    JSON: strawberry.scalar(name="JSON", description="Any JSON value.", serialize=_same, parse_value=_same),
    TimeZone: _text(
        "TimeZone", "The name of an IANA time zone, such as Europe/Ljubljana.", "https://www.iana.org/time-zones"
    ),
    CurrencyCode: _text(
        "CurrencyCode", "A currency as in ISO 4217, such as EUR.", "https://www.iso.org/iso-4217-currency-codes.html"
    ),
    URL: _text("URL", "An absolute http or https address.", "https://url.spec.whatwg.org"),
}
"""Python types and the scalars that stand for them."""
