"""Tables and calendars of one organization's events, from files to events."""

import json
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bilten.imports.calendar_rows import OCCURRENCES, calendar_reader
from bilten.imports.command import OptionsAreInvalid, OrganizationIsUnknown
from bilten.imports.csv_rows import csv_reader
from domain.imports.mappings import EventMapping
from domain.imports.rows import ReaderFailed, SourceRow
from tests.imports import fetch, import_rows, make_house, outcomes, told

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HEADER = "id,title,startsAt,endsAt,city,country"


def save(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def event(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VEVENT", *lines, "END:VEVENT"])


def calendar(*events: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *events, "END:VCALENDAR", ""])


def expanded(*lines: str) -> list[Any]:
    """The starts of what a recurring event makes, or the codes for which it is refused."""
    content = calendar(event("UID:u", "SUMMARY:Weekly", *lines)).encode()
    rows = list(calendar_reader(NOW)("c.ics", BytesIO(content)))
    return [row.values["startsAt"] if isinstance(row, SourceRow) else row.reasons[0].code for row in rows]


async def test_a_table_becomes_events_and_the_same_table_changes_nothing(
    fresh_database_url: str, tmp_path: Path
) -> None:
    await make_house(fresh_database_url)
    path = save(
        tmp_path,
        "a.csv",
        "\ufeffTitle;Starts At;ends_at;City;Country;Tags;Capacity;Summary\r\n"
        'First;2027-04-30T18:00;2027-04-30 20:00;Bled;Slovenia;"A, b";50;"two\nlines are not a summary"\r\n'
        "Second;2027-05-01;;Bled;Slovenia;;;\r\n"
        ";;;;;;;\r\n"
        "Third;2027-05-01T10:00+02:00;2027-05-01T12:00+02:00;Zermatt;Switzerland;;;\r\n",
    )

    lines = await import_rows(fresh_database_url, tmp_path, path, timezone="Europe/Ljubljana")

    assert [(line["row"], line["code"] or line["outcome"], line["field"]) for line in lines] == [
        (2, "INVALID_TEXT", "summary"),
        (3, "CREATED", None),
        (5, "CREATED", None),
    ]
    events, _ = await told(fresh_database_url)
    assert [
        (one["title"], str(one["starts_at_local"]), str(one["ends_at_local"]), one["timezone"]) for one in events
    ] == [
        ("Second", "2027-05-01 00:00:00", "2027-05-02 00:00:00", "Europe/Ljubljana"),
        ("Third", "2027-05-01 10:00:00", "2027-05-01 12:00:00", "Europe/Zurich"),
    ]
    again = await import_rows(fresh_database_url, tmp_path, path, timezone="Europe/Ljubljana")
    assert outcomes(again) == ["INVALID_TEXT", "UNCHANGED", "UNCHANGED"]
    assert (await told(fresh_database_url))[0] == events


async def test_a_mapping_names_columns_and_gives_constants(fresh_database_url: str, tmp_path: Path) -> None:
    await make_house(fresh_database_url)
    mapping = save(
        tmp_path,
        "mapping.json",
        json.dumps(
            {
                "title": "What",
                "startsAt": "From",
                "endsAt": "To",
                "online": {"value": True},
                "category": {"value": "Talks"},
            }
        ),
    )
    path = save(tmp_path, "a.csv", "What\tFrom\tTo\nTalk\t2027-04-30T18:00\t2027-04-30T19:00\n")

    lines = await import_rows(fresh_database_url, tmp_path, path, mapping=mapping, timezone="Asia/Tokyo")

    assert outcomes(lines) == ["CREATED"]
    [found], _ = await told(fresh_database_url)
    assert (found["title"], found["category"], found["online"], found["timezone"], found["status"]) == (
        "Talk",
        "Talks",
        True,
        "Asia/Tokyo",
        "PUBLISHED",
    )


@pytest.mark.parametrize("mapping", ['{"name": "Title"}', '{"title": 5}', "[]", "{", '{"title": {"column": "x"}}'])
async def test_a_mapping_that_says_nothing_sensible_is_refused(
    fresh_database_url: str, tmp_path: Path, mapping: str
) -> None:
    path = save(tmp_path, "a.csv", f"{HEADER}\n")

    with pytest.raises(OptionsAreInvalid):
        await import_rows(fresh_database_url, tmp_path, path, mapping=save(tmp_path, "m.json", mapping))


async def test_unknown_organizations_and_zones_are_named(fresh_database_url: str, tmp_path: Path) -> None:
    path = save(tmp_path, "a.csv", f"{HEADER}\n")

    with pytest.raises(OrganizationIsUnknown, match="house"):
        await import_rows(fresh_database_url, tmp_path, path)
    with pytest.raises(OptionsAreInvalid, match="Mars"):
        await import_rows(fresh_database_url, tmp_path, path, timezone="Mars/Olympus")


async def test_lines_of_json_are_rows_and_ids_know_them_again(fresh_database_url: str, tmp_path: Path) -> None:
    await make_house(fresh_database_url)
    row = {"id": 7, "title": "Talk", "startsAt": "2027-04-30T18:00Z", "endsAt": "2027-04-30T19:00Z", "online": True}
    path = save(tmp_path, "a.jsonl", json.dumps(row) + "\n{\n" + json.dumps({**row, "title": "Other"}) + "\n")
    first = await import_rows(fresh_database_url, tmp_path, path)
    later = {
        **row,
        "title": "Talk, moved",
        "startsAt": "2027-05-30T18:00Z",
        "endsAt": "2027-05-30T19:00Z",
        "capacity": 9,
    }

    second = await import_rows(fresh_database_url, tmp_path, save(tmp_path, "a.jsonl", json.dumps(later)))

    assert sorted(outcomes(first)) == ["CREATED", "DUPLICATE_ROW", "FILE_BROKEN"]
    assert outcomes(second) == ["UPDATED"]
    [found], _ = await told(fresh_database_url)
    assert (found["title"], found["capacity"], found["timezone"]) == ("Talk, moved", 9, "UTC")
    kinds = await fetch(fresh_database_url, "SELECT kind FROM journal WHERE stream = 'event' ORDER BY version")
    assert [line["kind"] for line in kinds] == ["EventCreated", "EventPublished", "EventUpdated", "CapacityChanged"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"title": None}, ("REQUIRED", "title")),
        ({"endsAt": None}, ("REQUIRED", "endsAt")),
        ({"startsAt": "tomorrow"}, ("INVALID_DATE", "startsAt")),
        ({"startsAt": "0001-01-01T00:00+14:00"}, ("OUT_OF_RANGE", "startsAt")),
        ({"endsAt": "2027-04-30T17:00"}, ("END_BEFORE_START", "ends_at_local")),
        ({"timezone": None}, ("TIMEZONE_MISSING", "startsAt")),
        ({"timezone": "CET"}, ("INVALID", "timezone")),
        ({"startsAt": "2027-03-28T02:30"}, ("NONEXISTENT_LOCAL_TIME", "starts_at_local")),
        ({"capacity": "many"}, ("WRONG_TYPE", "capacity")),
        ({"capacity": 0}, ("OUT_OF_RANGE", "capacity")),
        ({"online": "perhaps"}, ("WRONG_TYPE", "online")),
        ({"tags": {"a": 1}}, ("WRONG_TYPE", "tags")),
        ({"tags": ["x" * 41]}, ("TOO_LONG", "tags")),
        ({"description": "<script>"}, ("HTML_NOT_ALLOWED", "description")),
        ({"city": "Atlantis", "country": "Nowhere"}, ("COUNTRY_UNKNOWN", "country")),
    ],
)
async def test_each_bad_value_has_its_reason(
    fresh_database_url: str, tmp_path: Path, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    await make_house(fresh_database_url)
    row = {
        "id": "r",
        "title": "T",
        "startsAt": "2027-04-30T18:00",
        "endsAt": "2027-04-30T19:00",
        "timezone": "Europe/Ljubljana",
        "online": True,
        **changes,
    }

    [line] = await import_rows(fresh_database_url, tmp_path, save(tmp_path, "a.jsonl", json.dumps(row)))

    assert (line["code"], line["field"]) == expected


async def test_what_has_no_place_stays_a_draft_and_says_so(fresh_database_url: str, tmp_path: Path) -> None:
    await make_house(fresh_database_url)
    path = save(tmp_path, "a.csv", f"{HEADER}\n1,Talk,2027-04-30T18:00Z,2027-04-30T19:00Z,,\n")

    [line] = await import_rows(fresh_database_url, tmp_path, path)

    assert [note["code"] for note in line["notes"]] == ["PLACE_UNKNOWN"]
    [found], _ = await told(fresh_database_url)
    assert (found["status"], found["venue"]) == ("DRAFT", None)


async def test_a_calendar_becomes_events_by_uid_and_occurrence(fresh_database_url: str, tmp_path: Path) -> None:
    await make_house(fresh_database_url)
    zone = ";TZID=Europe/Ljubljana"
    series = [
        "UID:w",
        "SUMMARY:Weekly",
        f"DTSTART{zone}:20270302T180000",
        f"DTEND{zone}:20270302T200000",
        "RRULE:FREQ=WEEKLY;COUNT=5",
        f"EXDATE{zone}:20270309T180000",
    ]
    moved = ["UID:w", "SUMMARY:Moved", f"RECURRENCE-ID{zone}:20270316T180000", f"DTSTART{zone}:20270317T190000"]
    days = ["UID:d", "SUMMARY:Days", "DTSTART;VALUE=DATE:20270430", "DTEND;VALUE=DATE:20270502", "LOCATION:Hall <5>"]
    floating = ["UID:f", "SUMMARY:Floating", "DTSTART:20270430T180000", "DURATION:PT90M", "CATEGORIES:Talk,Night"]
    path = save(
        tmp_path,
        "a.ics",
        calendar(event(*series), event(*moved, f"DTEND{zone}:20270317T200000"), event(*days), event(*floating)),
    )

    lines = await import_rows(fresh_database_url, tmp_path, path, timezone="Asia/Tokyo")

    assert set(outcomes(lines)) == {"CREATED"}
    events, _ = await told(fresh_database_url)
    assert [(one["title"], str(one["starts_at_local"]), one["timezone"]) for one in events] == [
        ("Days", "2027-04-30 00:00:00", "Asia/Tokyo"),
        ("Floating", "2027-04-30 18:00:00", "Asia/Tokyo"),
        ("Moved", "2027-03-17 19:00:00", "Europe/Ljubljana"),
        ("Weekly", "2027-03-02 18:00:00", "Europe/Ljubljana"),
        ("Weekly", "2027-03-23 18:00:00", "Europe/Ljubljana"),
        # Summer time has begun, and the clock on the wall still shows the same.
        ("Weekly", "2027-03-30 18:00:00", "Europe/Ljubljana"),
    ]
    assert (events[0]["ends_at_local"].isoformat(), events[0]["description"]) == (
        "2027-05-02T00:00:00",
        "Where: Hall &lt;5>",
    )
    assert (events[1]["category"], events[1]["tags"], events[1]["ends_at_local"].isoformat()) == (
        "Talk",
        ["talk", "night"],
        "2027-04-30T19:30:00",
    )
    assert set(outcomes(await import_rows(fresh_database_url, tmp_path, path, timezone="Asia/Tokyo"))) == {"UNCHANGED"}


async def test_a_calendar_can_call_an_event_off(fresh_database_url: str, tmp_path: Path) -> None:
    await make_house(fresh_database_url)
    lines = ["UID:c", "SUMMARY:Talk", "DTSTART:20270430T180000Z", "DTEND:20270430T190000Z"]
    await import_rows(fresh_database_url, tmp_path, save(tmp_path, "a.ics", calendar(event(*lines))))

    off = save(tmp_path, "a.ics", calendar(event(*lines, "STATUS:CANCELLED")))

    assert outcomes(await import_rows(fresh_database_url, tmp_path, off)) == ["UPDATED"]
    assert outcomes(await import_rows(fresh_database_url, tmp_path, off)) == ["UNCHANGED"]
    [found], _ = await told(fresh_database_url)
    assert found["status"] == "CANCELLED"
    back = save(tmp_path, "a.ics", calendar(event(*lines)))
    assert outcomes(await import_rows(fresh_database_url, tmp_path, back)) == ["EVENT_NOT_EDITABLE"]


START = "DTSTART:20270430T180000Z"


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=3",
        "FREQ=HOURLY",
        "FREQ=DAILY;BYHOUR=1,2,3",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
        "FREQ=DAILY;BYSETPOS=2",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=5",
        "FREQ=MONTHLY;BYYEARDAY=5",
        "FREQ=DAILY;INTERVAL=2147483647",
    ],
)
def test_rules_that_would_not_end_are_refused(rule: str) -> None:
    assert expanded(START, f"RRULE:{rule}") == ["RECURRENCE_UNSUPPORTED"]


def test_occurrences_are_bounded_and_the_rest_is_told() -> None:
    found = expanded(START, "RRULE:FREQ=DAILY")

    assert len(found) == OCCURRENCES + 1
    assert found[0] == "2027-04-30T18:00:00+00:00"
    assert found[-1] == "RECURRENCE_CUT"


def test_an_old_series_is_taken_from_a_year_ago() -> None:
    found = expanded("DTSTART:20100430T180000Z", "RRULE:FREQ=WEEKLY")

    assert found[0] == "2025-11-28T18:00:00+00:00"
    assert found[-1] < "2028-11-25"


def test_a_series_that_is_long_over_is_taken_from_its_start() -> None:
    assert expanded("DTSTART:20100430T180000Z", "RRULE:FREQ=WEEKLY;COUNT=2") == [
        "2010-04-30T18:00:00+00:00",
        "2010-05-07T18:00:00+00:00",
    ]


@pytest.mark.parametrize(
    ("rule", "starts"),
    [
        ("FREQ=MONTHLY;BYDAY=-1FR;COUNT=2", ["2027-04-30", "2027-05-28"]),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;UNTIL=20280301T000000Z", ["2027-04-30", "2028-02-29"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=3", ["2027-04-30", "2027-05-10", "2027-05-14"]),
    ],
)
def test_rules_mean_what_calendars_mean(rule: str, starts: list[str]) -> None:
    assert [str(found)[:10] for found in expanded(START, f"RRULE:{rule}")] == starts


@pytest.mark.parametrize(
    "content",
    ["", "nonsense", "BEGIN:VCALENDAR", calendar("BEGIN:VEVENT"), "BEGIN:VEVENT\r\nEND:VEVENT", "a" * 9_000_000],
)
def test_what_is_no_calendar_is_refused_as_a_file(content: str) -> None:
    with pytest.raises(ReaderFailed):
        list(calendar_reader(NOW)("c.ics", BytesIO(content.encode())))


@pytest.mark.parametrize(
    "lines",
    [
        ["SUMMARY:x"],
        ["SUMMARY:x", "DTSTART:garbage"],
        ["SUMMARY:x", START, "RRULE:FREQ=FORTNIGHTLY"],
        ["SUMMARY:x", START, "RRULE:FREQ=DAILY;COUNT=99999999999999"],
        ["SUMMARY:x", START, "DTEND;VALUE=DATE:20270430", "RRULE:FREQ=DAILY;COUNT=2"],
        ["SUMMARY:x", "DTSTART:99991231T235959Z", "RRULE:FREQ=DAILY"],
    ],
)
def test_a_broken_event_costs_no_other(lines: list[str]) -> None:
    content = calendar(event("UID:a", *lines), event("UID:b", "SUMMARY:fine", START)).encode()

    rows = list(calendar_reader(NOW)("c.ics", BytesIO(content)))

    fine = rows[-1]
    assert isinstance(fine, SourceRow)
    assert fine.values["title"] == "fine"


@given(
    st.lists(st.lists(st.text("ab,;\t\n\"'é🎉 ", max_size=6), min_size=2, max_size=2), max_size=5),
    st.sampled_from(",;\t"),
)
def test_a_table_is_read_as_it_was_written(records: list[list[str]], separator: str) -> None:
    quoted = [separator.join('"' + value.replace('"', '""') + '"' for value in record) for record in records]
    content = "\r\n".join([f"title{separator}summary", *quoted]).encode()

    rows = list(csv_reader(EventMapping())("a.csv", BytesIO(content)))

    assert all(isinstance(row, SourceRow) for row in rows)
    kept = [record for record in records if any(value.strip() for value in record)]
    assert [
        [row.values.get(name, "") for name in ("title", "summary")] for row in rows if isinstance(row, SourceRow)
    ] == kept


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_BROKEN"),
        (b",,\n1,2,3", "FILE_BROKEN"),
        (b'title,summary\n"never closed,2\n3,4', "FILE_BROKEN"),
        (b'title,summary\n"a"b,2\n', "FILE_BROKEN"),
        ("title\né".encode("latin-1"), "ENCODING_NOT_UTF8"),
    ],
)
def test_a_broken_table_is_refused_as_a_file(content: bytes, code: str) -> None:
    with pytest.raises(ReaderFailed) as failed:
        list(csv_reader(EventMapping())("a.csv", BytesIO(content)))
    assert failed.value.reason.code == code


def test_a_row_with_too_many_columns_is_refused_alone() -> None:
    rows = list(csv_reader(EventMapping())("a.csv", BytesIO(b"title,url\na,b,c\nd,e\nf\n")))

    assert [row.values if isinstance(row, SourceRow) else row.reasons[0].code for row in rows] == [
        "WRONG_COLUMNS",
        {"title": "d", "url": "e"},
        {"title": "f"},
    ]
