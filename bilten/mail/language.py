"""Languages that messages are written in: their sentences, plurals, dates and amounts; a new one is one file more."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from domain.reference import minor_digits
from domain.users import DEFAULT_LOCALE

_FOLDER = Path(__file__).parent / "texts"
_PRIMARY = re.compile(r"[A-Za-z]+")


def _two_forms(count: int) -> str:
    return "one" if count == 1 else "other"


def _slovenian(count: int) -> str:
    return {1: "one", 2: "two", 3: "few", 4: "few"}.get(count % 100, "other")


_PLURALS: Mapping[str, Callable[[int], str]] = {"en": _two_forms, "de": _two_forms, "sl": _slovenian}
"""Which form a count takes, as in the plural rules of CLDR."""

LANGUAGES = tuple(sorted(_PLURALS))


@dataclass(frozen=True, slots=True)
class Language:
    """One language; `code` is the tag for `Content-Language`."""

    code: str
    texts: Mapping[str, Any]

    def text(self, key: str, **values: str) -> str:
        """A sentence with its blanks filled in; `key` may lead through tables, as in `labels.when`."""
        found: Any = self.texts
        for part in key.split("."):
            found = found[part]
        return cast("str", found).format(**values)

    def sentences(self, message: str, form: str, **values: str) -> list[str]:
        """The paragraphs of a message, in the given form where the language has one for it."""
        table: Mapping[str, Sequence[str]] = self.texts["messages"][message]
        return [sentence.format(**values) for sentence in table.get(form, table["text"])]

    def form_of(self, count: int) -> str:
        """The plural form that a count takes: `one`, `two`, `few` or `other`."""
        return _PLURALS[self.code](count)

    def places(self, count: int) -> str:
        """A number of places."""
        return self.text(f"places.{self.form_of(count)}", count=str(count))

    def listed(self, items: Sequence[str]) -> str:
        """`a, b and c`."""
        head, last = items[:-1], items[-1]
        return f"{', '.join(head)}{self.text('and')}{last}" if head else last

    def money(self, amount_minor: int, currency: str) -> str:
        """An amount in minor units."""
        if amount_minor == 0:
            return self.text("money.free")
        digits = minor_digits(currency)
        whole, part = divmod(amount_minor, 10**digits)
        amount = f"{whole:,}".replace(",", self.text("money.group"))
        if digits:
            amount += f"{self.text('money.decimal')}{part:0{digits}}"
        return self.text("money.pattern", amount=amount, currency=currency)

    def when(self, start: datetime, end: datetime | None, zone: str) -> str:
        """A moment, or a time from and to, on the clocks of a zone, with the zone named."""
        first = start.astimezone(ZoneInfo(zone))
        text = self._moment(first) if end is None else self._span(first, end.astimezone(ZoneInfo(zone)))
        if zone == "UTC":
            return f"{text} (UTC)"
        return self.text("dates.zone", text=text, zone=zone, offset=_offset(first))

    def _span(self, start: datetime, end: datetime) -> str:
        if start.date() == end.date():
            return self.text("dates.span", date=self._date(start), start=f"{start:%H:%M}", end=f"{end:%H:%M}")
        return self.text("dates.long_span", start=self._moment(start), end=self._moment(end))

    def _moment(self, at: datetime) -> str:
        return self.text("dates.moment", date=self._date(at), time=f"{at:%H:%M}")

    def _date(self, at: datetime) -> str:
        names = self.texts["dates"]
        return self.text(
            "dates.date",
            weekday=names["weekdays"][at.weekday()],
            day=str(at.day),
            month=names["months"][at.month - 1],
            year=str(at.year),
        )


def language_for(locale: str | None) -> Language:
    """The language of a BCP 47 tag, as far as there is one: `de-AT` is written to in German, `fr` in English."""
    primary = _PRIMARY.match(locale or "")
    code = primary.group().lower() if primary else DEFAULT_LOCALE
    return _language(code if code in _PLURALS else DEFAULT_LOCALE)


@cache
def _language(code: str) -> Language:
    return Language(code, tomllib.loads((_FOLDER / f"{code}.toml").read_text(encoding="utf-8")))


def _offset(at: datetime) -> str:
    offset = at.utcoffset() or timedelta()
    minutes = int(offset.total_seconds()) // 60
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")
