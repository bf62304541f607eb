"""Rows as PostgreSQL's binary COPY format wants them; what the rows say is decided elsewhere.

The format: each row is the number of its fields, then each field's length and bytes. Whole batches in this form go
to the server untouched, which is what makes a million rows a matter of seconds.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Any
from uuid import UUID

import orjson

from db.seed.volume.facts import Line
from domain.journal import Stream

INTRO = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
END = b"\xff\xff"
REQUEST = b"volume-data"
"""The request that all lines of the journal name."""

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""PostgreSQL counts microseconds from here; so does everything in this package that says `at`."""
_LOCAL_EPOCH = datetime(2000, 1, 1)  # noqa: DTZ001 - the wall clock's own beginning
_MICROSECOND = timedelta(microseconds=1)
_NULL = b"\xff\xff\xff\xff"
_LENGTH = Struct("!i")
_COUNT = Struct("!h")
_FIELD_4 = Struct("!ii")
_FIELD_8 = Struct("!iq")
_LISTED = Struct("!iiIii")
_TEXT_OID = 25

Encoder = Callable[[Any], bytes]


def microseconds(moment: datetime) -> int:
    """Microseconds from the epoch to an aware moment."""
    return (moment - EPOCH) // _MICROSECOND


def moment(at: int) -> datetime:
    """The aware moment that many microseconds from the epoch."""
    return EPOCH + timedelta(microseconds=at)


def _bytes(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def _uuid(value: UUID) -> bytes:
    return b"\x00\x00\x00\x10" + value.bytes


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _LENGTH.pack(len(encoded)) + encoded


def _integer(value: int) -> bytes:
    return _FIELD_4.pack(4, value)


def _long(value: int) -> bytes:
    return _FIELD_8.pack(8, value)


def _flag(value: bool) -> bytes:  # noqa: FBT001 - a value like the others
    return b"\x00\x00\x00\x01\x01" if value else b"\x00\x00\x00\x01\x00"


def _instant(value: datetime) -> bytes:
    return _FIELD_8.pack(8, (value - EPOCH) // _MICROSECOND)


def _wall_clock(value: datetime) -> bytes:
    return _FIELD_8.pack(8, (value - _LOCAL_EPOCH) // _MICROSECOND)


def _json(value: object) -> bytes:
    return _bytes(b"\x01" + orjson.dumps(value))


def _texts(values: tuple[str, ...]) -> bytes:
    if not values:
        return _bytes(_LISTED.pack(0, 0, _TEXT_OID, 0, 0)[:12])
    return _bytes(_LISTED.pack(1, 0, _TEXT_OID, len(values), 1) + b"".join(_text(value) for value in values))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as it is filled: its columns in order, each with how its values are written.

    Columns that the database fills by itself are not named.
    """

    name: str
    columns: tuple[str, ...]
    encoders: tuple[Encoder, ...]
    count: bytes

    def row(self, *values: Any) -> bytes:  # noqa: ANN401 - each column has its own type
        """A row of values in the order of the columns."""
        parts = [_NULL if value is None else encode(value) for encode, value in zip(self.encoders, values, strict=True)]
        return self.count + b"".join(parts)

    def row_of(self, value: object, **more: object) -> bytes:
        """A domain value as a row: columns are its fields, others are given by name."""
        return self.row(*(more[name] if name in more else getattr(value, name) for name in self.columns))


def _sheet(table: str, /, **encoders: Encoder) -> Sheet:
    return Sheet(table, tuple(encoders), tuple(encoders.values()), _COUNT.pack(len(encoders)))


_STAMPS: dict[str, Encoder] = {"version": _integer, "created_at": _instant, "updated_at": _instant}

USERS = _sheet(
    "users",
    id=_uuid,
    issuer=_text,
    subject=_text,
    email=_text,
    email_verified=_flag,
    name=_text,
    locale=_text,
    timezone=_text,
    platform_role=_text,
    status=_text,
    preferences=_json,
    stream_version=_long,
    **_STAMPS,
)
ORGANIZATIONS = _sheet(
    "organizations", id=_uuid, slug=_text, name=_text, description=_text, url=_text, stream_version=_long, **_STAMPS
)
MEMBERSHIPS = _sheet("memberships", id=_uuid, organization_id=_uuid, user_id=_uuid, role=_text, **_STAMPS)
INVITATIONS = _sheet(
    "invitations",
    id=_uuid,
    organization_id=_uuid,
    email=_text,
    role=_text,
    invited_by=_uuid,
    created_at=_instant,
    expires_at=_instant,
    accepted_at=_instant,
)
VENUES = _sheet(
    "venues",
    id=_uuid,
    organization_id=_uuid,
    name=_text,
    address=_text,
    city=_text,
    country=_text,
    timezone=_text,
    capacity=_integer,
    **_STAMPS,
)
EVENTS = _sheet(
    "events",
    id=_uuid,
    organization_id=_uuid,
    venue_id=_uuid,
    slug=_text,
    title=_text,
    summary=_text,
    description=_text,
    category=_text,
    tags=_texts,
    status=_text,
    starts_at_local=_wall_clock,
    ends_at_local=_wall_clock,
    timezone=_text,
    starts_at=_instant,
    ends_at=_instant,
    online=_flag,
    url=_text,
    published_at=_instant,
    created_by=_uuid,
    **_STAMPS,
)
EVENT_HEADS = _sheet("event_heads", event_id=_uuid, stream_version=_long, sales_open=_flag, sales_until=_instant)
TICKET_TIERS = _sheet(
    "ticket_tiers",
    event_id=_uuid,
    id=_uuid,
    name=_text,
    description=_text,
    price_minor=_long,
    currency=_text,
    sales_start_at=_instant,
    sales_end_at=_instant,
    per_person_limit=_integer,
    position=_integer,
    **_STAMPS,
)
CAPACITY_POOLS = _sheet("capacity_pools", event_id=_uuid, id=_uuid, kind=_text, capacity=_integer, confirmed=_integer)
REGISTRATIONS = _sheet(
    "registrations",
    event_id=_uuid,
    id=_uuid,
    ticket_tier_id=_uuid,
    user_id=_uuid,
    status=_text,
    quantity=_integer,
    price_minor=_long,
    currency=_text,
    cancelled_at=_instant,
    **_STAMPS,
)
TICKETS = _sheet("tickets", event_id=_uuid, id=_uuid, registration_id=_uuid, code=_text, status=_text)
JOURNAL = _sheet(
    "journal",
    stream_id=_uuid,
    version=_long,
    stream=_text,
    kind=_text,
    object_id=_uuid,
    data=_json,
    actor_id=_uuid,
    request_id=_bytes,
    at=_instant,
)
JOURNAL_PRIVATE = _sheet("journal_private", stream_id=_uuid, version=_long, subject_id=_uuid, data=_json)

SHEETS = (
    USERS,
    ORGANIZATIONS,
    MEMBERSHIPS,
    INVITATIONS,
    VENUES,
    EVENTS,
    EVENT_HEADS,
    TICKET_TIERS,
    CAPACITY_POOLS,
    REGISTRATIONS,
    TICKETS,
    JOURNAL,
    JOURNAL_PRIVATE,
)
"""In an order in which every row finds what it refers to."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of several tables that can be sent one table after another, with how many there are of what."""

    parts: tuple[tuple[Sheet, bytes], ...]
    rows: int
    events: int
    registrations: int


@dataclass(slots=True)
class Batch:
    """Rows on their way into a chunk."""

    limit: int
    rows: dict[str, list[bytes]] = field(default_factory=lambda: {sheet.name: [] for sheet in SHEETS})
    events: int = 0
    registrations: int = 0

    def add(self, sheet: Sheet, *rows: bytes) -> None:
        """Add rows of a table."""
        self.rows[sheet.name].extend(rows)

    def tell(self, stream: Stream, stream_id: UUID, lines: Iterable[Line], *, after: int = 0) -> None:
        """Add lines to a stream after a version, each with its personal part."""
        for version, line in enumerate(lines, after + 1):
            said = (line.kind, line.object_id, line.data, line.actor_id, REQUEST, line.at)
            self.rows["journal"].append(JOURNAL.row(stream_id, version, stream, *said))
            if line.private and line.subject_id:
                private = JOURNAL_PRIVATE.row(stream_id, version, line.subject_id, line.private)
                self.rows["journal_private"].append(private)

    def cut_when_full(self) -> Iterator[Chunk]:
        """The rows so far as a chunk, when they are many."""
        if len(self.rows["journal"]) >= self.limit:
            yield from self.cut()

    def cut(self) -> Iterator[Chunk]:
        """The rows so far as a chunk, when there are any; the batch is then empty."""
        count = sum(len(rows) for rows in self.rows.values())
        if not count:
            return
        parts = tuple((sheet, b"".join((INTRO, *rows, END))) for sheet in SHEETS if (rows := self.rows[sheet.name]))
        yield Chunk(parts, count, self.events, self.registrations)
        self.rows = {sheet.name: [] for sheet in SHEETS}
        self.events = self.registrations = 0
