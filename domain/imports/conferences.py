"""Lists of conferences, one file for each topic: what a row says, and how rows of the same conference become one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from urllib.parse import urlsplit

from domain import errors
from domain.events import CATEGORY_LIMIT, TITLE_LIMIT
from domain.imports.candidates import Candidate, Home, Place, Places, Refusal, Spot, whole_days
from domain.imports.rows import Code, Reason, SourceRow, Values, shown
from domain.organizations import NAME_LIMIT
from domain.validation import slug_from
from domain.venues import CITY_LIMIT

Said = TypeVar("Said")

SOURCE = "conferences"
"""The name under which conferences are known again when they are imported another time."""

TAGS_LIMIT = 20
COUNTRY_LIMIT = 80
LONGEST_DAYS = 366
_EXTRAS: Mapping[str, str] = {
    "locales": "Languages",
    "cfpUrl": "Call for papers",
    "cfpEndDate": "Call for papers ends",
    "cocUrl": "Code of conduct",
    "twitter": "Twitter",
    "mastodon": "Mastodon",
    "bluesky": "Bluesky",
}
"""What else a row can say, with the words under which the description lists it."""

_HANDLE_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Conference:
    """What one row says."""

    row: SourceRow
    topic: str
    name: str
    url: str
    starts_on: date
    ends_on: date
    city: str | None
    country: str | None
    online: bool | None
    extras: Mapping[str, str]
    captioned: bool | None
    notes: tuple[Reason, ...]

    @property
    def key(self) -> str:
        """What makes two rows the same conference: name, first day and city."""
        return "\n".join((self.name, self.starts_on.isoformat(), self.city or ""))


def topic_of(file: str) -> str:
    """The topic that a file is about: its name without folder and ending."""
    return file.rpartition("/")[2].rpartition(".")[0]


def conference_from(row: SourceRow) -> Conference | Refusal:
    """The conference that a row tells of, or every reason why it tells of none."""
    values = Values(row.values)
    topic = Values({"topic": topic_of(row.file)}).text("topic", limit=min(CATEGORY_LIMIT, 40), required=True)
    if topic is None:
        values.refuse_as(errors.ValueIsMalformed(what="topic: the file's name has to have 1 to 40 characters"))
    name = values.text("name", limit=TITLE_LIMIT, required=True)
    url = values.url("url", required=True)
    if url and len(_host(url)) > NAME_LIMIT:
        values.refuse_as(errors.TextIsTooLong("url", limit=NAME_LIMIT, length=len(_host(url))))
    starts_on = values.day("startDate", required=True)
    ends_on = values.day("endDate", required=True)
    city = values.text("city", limit=CITY_LIMIT)
    country = values.text("country", limit=COUNTRY_LIMIT)
    online = values.flag("online")
    if starts_on and ends_on:
        _check_order(values, starts_on, ends_on)
    if values.reasons or not (topic and name and url and starts_on and ends_on):
        title = name or _as_text(row.values.get("name"))
        return Refusal([row], tuple(values.reasons), title)
    extras, captioned, notes = _extras(row)
    return Conference(row, topic, name, url, starts_on, ends_on, city, country, online, extras, captioned, tuple(notes))


def merge(conferences: Sequence[Conference], places: Places) -> Candidate | Refusal:
    """One candidate of all rows of the same conference, in the order of their files. The first that says something
    has its way; what another says differently is noted beside its row.
    """
    first = conferences[0]
    rows = [conference.row for conference in conferences]
    country = _first(conference.country for conference in conferences)
    online = bool(_first(conference.online for conference in conferences))
    extras = {name: said for name in _EXTRAS if (said := _first(one.extras.get(name) for one in conferences))}
    captioned = bool(_first(conference.captioned for conference in conferences))
    notes = [one.notes + tuple(_conflicts(one, first, country, extras)) for one in conferences]
    values = Values({})
    place = _place(values, first.city, country, places, online=online)
    if values.reasons:
        return Refusal(rows, tuple(values.reasons), first.name)
    timezone = place.timezone if place else "UTC"
    starts, ends = whole_days(first.starts_on, first.ends_on, timezone)
    topics = tuple(dict.fromkeys(conference.topic for conference in conferences))
    return Candidate(
        key=first.key,
        home=home_of(first.url),
        title=first.name,
        category=first.topic,
        starts_at_local=starts,
        ends_at_local=ends,
        timezone=timezone,
        online=online,
        spot=Spot(first.city, first.city, place.country, place.timezone) if place and first.city else None,
        rows=rows,
        notes=notes,
        description=_description(extras, captioned=captioned),
        tags=topics[:TAGS_LIMIT],
        url=first.url,
    )


def home_of(url: str) -> Home:
    """The organization behind a web address: everything on one host belongs to one."""
    host = _host(url)
    return Home(key=host, name=host, slug=slug_from(host), url=f"{urlsplit(url).scheme}://{host}")


def _host(url: str) -> str:
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    return host.removeprefix("www.") or host


def _check_order(values: Values, first: date, last: date) -> None:
    if last < first:
        values.refuse_as(errors.EndIsNotAfterStart("endDate"))
    elif (last - first).days >= LONGEST_DAYS:
        values.refuse_as(errors.ValueIsMalformed("endDate", what=f"end: an event lasts at most {LONGEST_DAYS} days"))


def _place(values: Values, city: str | None, country: str | None, places: Places, *, online: bool) -> Place | None:
    """Where it is, or nothing when it is online only."""
    if city is None:
        if not online:
            values.refuse(Code.PLACE_UNKNOWN, "The row is neither online nor does it name a city.", "city")
        return None
    if country is None:
        values.refuse_as(errors.ValueIsRequired("country"))
        return None
    found = places.find(city, country)
    if isinstance(found, Place):
        return found
    values.reasons.append(found)
    return None


def _first(said: Iterable[Said | None]) -> Said | None:
    return next((one for one in said if one is not None), None)


def _extras(row: SourceRow) -> tuple[dict[str, str], bool | None, list[Reason]]:
    """What is nice to know; what is malformed there is noted and left out, since the conference is real without it."""
    values = Values(row.values)
    extras: dict[str, str] = {}
    for name in _EXTRAS:
        if name.endswith("Url"):
            said = values.url(name)
        elif name.endswith("Date"):
            day = values.day(name)
            said = day and day.isoformat()
        else:
            said = values.text(name, limit=_HANDLE_LIMIT)
        if said and not set(said) & set("<>`"):
            extras[name] = said
    captioned = values.flag("offersSignLanguageOrCC")
    return (
        extras,
        captioned,
        [Reason(reason.code, f"Left out: {reason.message}", reason.field) for reason in values.reasons],
    )


def _description(extras: Mapping[str, str], *, captioned: bool) -> str | None:
    lines = [f"- {_EXTRAS[name]}: {_as_markdown(name, said)}" for name, said in extras.items()]
    if captioned:
        lines.append("- Sign language or captions are offered.")
    return "\n".join(lines) or None


def _as_markdown(name: str, said: str) -> str:
    if name.endswith("Url"):
        return f"<{said}>"
    # A handle such as @two__words is text, not emphasis, and no link to anywhere.
    return "".join(f"\\{char}" if char in "\\*_[]()#!|~" else char for char in said)


def _conflicts(
    conference: Conference, first: Conference, country: str | None, extras: Mapping[str, str]
) -> list[Reason]:
    pairs: list[tuple[str, object, object]] = [
        ("url", conference.url, first.url),
        ("endDate", conference.ends_on, first.ends_on),
        ("country", conference.country, country),
        *((name, conference.extras.get(name), kept) for name, kept in extras.items()),
    ]
    return [
        Reason("CONFLICT", f"{shown(str(said))} is left out: an earlier row says {shown(str(kept))}.", name)
        for name, said, kept in pairs
        if said is not None and said != kept
    ]


def _as_text(value: object) -> str | None:
    return shown(value) if isinstance(value, str) else None
