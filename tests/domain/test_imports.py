"""What a source's rows mean, how they become one candidate, and what an import decides to do about it."""

import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import errors
from domain.ids import EventId, OrganizationId, UserId, VenueId
from domain.imports import decisions
from domain.imports.candidates import Candidate, Place, Refusal, whole_days
from domain.imports.conferences import Conference, conference_from, home_of, merge, topic_of
from domain.imports.decisions import Link, LinkKind
from domain.imports.rows import Reason, SourceRow
from domain.lifecycles import EventStatus
from domain.time import instant

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ORGANIZATION = OrganizationId(UUID(int=1))
EVENT = EventId(UUID(int=2))
ACTOR = UserId(UUID(int=3))
VENUE = VenueId(UUID(int=4))
GIVEN: dict[str, Any] = {
    "name": "Lakeside Compilers",
    "url": "https://www.lakeside.example/2027",
    "startDate": "2027-04-30",
    "endDate": "2027-05-02",
    "city": "Bled",
    "country": "Slovenia",
    "online": False,
}


class OnePlace:
    """A map with one city on it."""

    def find(self, city: str, country: str) -> Place | Reason:
        if city == "Bled":
            return Place("SI", "Europe/Ljubljana")
        return Reason("TIMEZONE_UNKNOWN", f"{city}, {country}", "city")

    def country(self, text: str) -> str | None:
        return {"Slovenia": "SI"}.get(text)


def row(number: int = 1, file: str = "2027/compilers.json", **changes: Any) -> SourceRow:
    values = {**GIVEN, **changes}
    return SourceRow(file, number, {name: value for name, value in values.items() if value is not ...})


def read(*rows: SourceRow) -> list[Conference]:
    read = [conference_from(one) for one in rows]
    assert all(isinstance(one, Conference) for one in read), read
    return [one for one in read if isinstance(one, Conference)]


def merged(*rows: SourceRow) -> Candidate:
    candidate = merge(read(*rows), OnePlace())
    assert isinstance(candidate, Candidate), candidate
    return candidate


def codes(source: SourceRow) -> list[tuple[str, str | None]]:
    refusal = conference_from(source)
    assert isinstance(refusal, Refusal)
    return [(reason.code, reason.field) for reason in refusal.reasons]


def link(candidate: Candidate) -> Link:
    return Link("conferences", LinkKind.EVENT, candidate.key, EVENT, candidate.values(), NOW, NOW)


def arrived(candidate: Candidate, *, publish: bool = True) -> decisions.Arrival:
    return decisions.arrive(
        candidate,
        ORGANIZATION,
        event_id=EVENT,
        venue_id=VENUE if candidate.spot else None,
        publish=publish,
        source="conferences",
        actor_id=ACTOR,
        now=NOW,
    )


def test_rows_of_the_same_name_day_and_city_are_one_conference_with_all_topics() -> None:
    candidate = merged(row(), row(7, "2027/rust.json"), row(2, "2027/zig.json"))

    assert (candidate.category, candidate.tags) == ("compilers", ("compilers", "rust", "zig"))
    assert [one.file for one in candidate.rows] == ["2027/compilers.json", "2027/rust.json", "2027/zig.json"]


def test_the_first_row_that_says_something_has_its_way_and_others_are_noted() -> None:
    first = row(cfpUrl=..., online=...)
    second = row(
        9, "2027/rust.json", cfpUrl="https://lakeside.example/cfp", url="https://elsewhere.example", online=True
    )

    candidate = merged(first, second)

    assert candidate.url == GIVEN["url"]
    assert candidate.online
    assert "lakeside.example/cfp" in (candidate.description or "")
    assert [[(note.code, note.field) for note in notes] for notes in candidate.notes] == [[], [("CONFLICT", "url")]]


def test_everything_on_one_host_belongs_to_one_organization() -> None:
    homes = [home_of(url) for url in ("https://www.Lakeside.example/2027", "http://lakeside.example:8080/a?b")]

    assert [(home.key, home.name, home.slug) for home in homes] == [
        ("lakeside.example", "lakeside.example", "lakeside-example")
    ] * 2


def test_days_run_from_midnight_to_midnight_on_the_clocks_of_the_city() -> None:
    candidate = merged(row())

    assert candidate.timezone == "Europe/Ljubljana"
    assert candidate.starts_at_local.isoformat() == "2027-04-30T00:00:00"
    assert candidate.ends_at_local.isoformat() == "2027-05-03T00:00:00"


def test_a_midnight_that_clocks_skip_gives_way_to_the_first_time_that_exists() -> None:
    # In Beirut summer time begins at midnight.
    starts, ends = whole_days(date(2024, 3, 31), date(2024, 3, 31), "Asia/Beirut")

    assert (starts.isoformat(), ends.isoformat()) == ("2024-03-31T01:00:00", "2024-04-01T00:00:00")


@given(
    st.dates(date(2000, 1, 2), date(2199, 12, 1)),
    st.integers(0, 20),
    st.sampled_from(["Asia/Beirut", "Africa/Cairo", "America/Santiago", "Europe/Ljubljana", "America/Havana", "UTC"]),
)
def test_every_day_has_a_beginning_and_an_end_that_clocks_show(first: date, days: int, zone: str) -> None:
    starts, ends = whole_days(first, first + timedelta(days=days), zone)

    assert instant(starts, zone) < instant(ends, zone)


def test_what_is_only_online_has_no_venue_and_runs_by_utc() -> None:
    candidate = merged(row(city=..., country=..., online=True))

    assert (candidate.spot, candidate.timezone, candidate.online) == (None, "UTC", True)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"city": ..., "country": ...}, ("PLACE_UNKNOWN", "city")),
        ({"city": " ", "online": ...}, ("PLACE_UNKNOWN", "city")),
        ({"country": ...}, ("REQUIRED", "country")),
        ({"city": "Atlantis"}, ("TIMEZONE_UNKNOWN", "city")),
    ],
)
def test_a_place_that_cannot_be_told_is_a_reason(changes: dict[str, Any], code: tuple[str, str]) -> None:
    refusal = merge(read(row(**changes)), OnePlace())

    assert isinstance(refusal, Refusal)
    assert [(reason.code, reason.field) for reason in refusal.reasons] == [code]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": ...}, ("REQUIRED", "name")),
        ({"name": "   "}, ("REQUIRED", "name")),
        ({"name": 7}, ("WRONG_TYPE", "name")),
        ({"name": "x" * 1_000_000}, ("TOO_LONG", "name")),
        ({"name": "bell \x07"}, ("INVALID_TEXT", "name")),
        ({"name": "half \ud83d"}, ("INVALID_TEXT", "name")),
        ({"name": "turned \u202e around"}, ("INVALID_TEXT", "name")),
        ({"name": "never \u2067 closed"}, ("INVALID_TEXT", "name")),
        ({"url": "javascript:alert(1)"}, ("INVALID", "url")),
        ({"url": ["https://lakeside.example"]}, ("WRONG_TYPE", "url")),
        ({"startDate": "2027-02-30"}, ("INVALID_DATE", "startDate")),
        ({"startDate": "20270430"}, ("INVALID_DATE", "startDate")),
        ({"startDate": "0001-01-01"}, ("OUT_OF_RANGE", "startDate")),
        ({"endDate": "9999-12-31"}, ("OUT_OF_RANGE", "endDate")),
        ({"endDate": "2027-04-29"}, ("END_BEFORE_START", "endDate")),
        ({"endDate": "2028-12-31"}, ("INVALID", "endDate")),
        ({"online": "yes"}, ("WRONG_TYPE", "online")),
        ({"city": {"name": "Bled"}}, ("WRONG_TYPE", "city")),
    ],
)
def test_what_a_row_may_not_say_has_a_code_and_a_field(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert codes(row(**changes)) == [expected]


def test_every_reason_of_a_row_is_told_at_once() -> None:
    assert codes(row(name=..., url=1, startDate="soon")) == [
        ("REQUIRED", "name"),
        ("WRONG_TYPE", "url"),
        ("INVALID_DATE", "startDate"),
    ]


@pytest.mark.parametrize(
    "name", ["مؤتمر البرمجيات", "כנס מפתחים", "Emoji 👩‍💻 Days 🎉", "isolated \u2067ערב\u2069 name"]
)
def test_names_in_every_script_are_kept(name: str) -> None:
    candidate = merged(row(name=name))

    assert candidate.title == name
    assert arrived(candidate).event.title == name


def test_what_is_malformed_beside_the_point_is_noted_and_left_out() -> None:
    candidate = merged(row(cocUrl="see website", twitter=5))

    assert [(note.code, note.field) for note in candidate.notes[0]] == [
        ("INVALID", "cocUrl"),
        ("WRONG_TYPE", "twitter"),
    ]
    assert candidate.description is None


def test_handles_and_addresses_make_a_description_that_is_accepted() -> None:
    candidate = merged(row(twitter="@two__words*", cocUrl="https://lakeside.example/coc_(new)", locales="EN,SL"))

    assert arrived(candidate).event.description == (
        "- Languages: EN,SL\n- Code of conduct: <https://lakeside.example/coc_(new)>\n- Twitter: @two\\_\\_words\\*"
    )


def test_the_topic_is_the_name_of_the_file() -> None:
    assert [topic_of(name) for name in ("2027/tech-comm.json", "a.b/c.d.json")] == ["tech-comm", "c.d"]


def test_an_event_of_the_past_arrives_published_and_its_facts_name_the_source() -> None:
    arrival = arrived(merged(row(startDate="2024-01-01", endDate="2024-01-02")))

    assert (arrival.event.status, arrival.event.published_at) == (EventStatus.PUBLISHED, NOW)
    assert [fact.kind for fact in arrival.facts] == ["EventCreated", "EventPublished"]
    assert [fact.data["source"] for fact in arrival.facts] == ["conferences"] * 2
    assert [fact.data["version"] for fact in arrival.facts] == [1, arrival.event.version]


def test_drafts_stay_drafts() -> None:
    arrival = arrived(merged(row()), publish=False)

    assert (arrival.event.status, arrival.event.published_at, len(arrival.facts)) == (EventStatus.DRAFT, None, 1)


def test_nothing_has_changed_when_the_source_says_the_same_again() -> None:
    candidate = merged(row(), row(3, "2027/rust.json"))

    assert decisions.changed(merged(row(5), row(6, "2027/rust.json")), link(candidate)) == set()


def test_only_what_the_source_changed_is_changed_here() -> None:
    before = merged(row())
    event = replace(arrived(before).event, title="Renamed by people")
    after = merged(row(url="https://lakeside.example/new"))

    names = decisions.changed(after, link(before))
    revision = decisions.revise(event, after, names, venue_id=VENUE, source="conferences", now=NOW)

    assert names == {"url"}
    assert (revision.after.title, revision.after.url) == ("Renamed by people", "https://lakeside.example/new")
    assert revision.after.version == event.version + 1
    [fact] = revision.facts
    assert fact.data["changes"] == {"url": [GIVEN["url"], "https://lakeside.example/new"]}


def test_an_event_that_ended_can_still_be_corrected() -> None:
    before = merged(row(startDate="2024-01-01", endDate="2024-01-02"))
    after = merged(row(startDate="2024-01-01", endDate="2024-01-03"))

    revision = decisions.revise(
        arrived(before).event, after, decisions.changed(after, link(before)), venue_id=VENUE, source="s", now=NOW
    )

    assert revision.after.ends_at_local.isoformat() == "2024-01-04T00:00:00"


@pytest.mark.parametrize("status", [EventStatus.CANCELLED, EventStatus.ARCHIVED])
def test_a_source_does_not_bring_back_what_people_put_away(status: EventStatus) -> None:
    before, after = merged(row()), merged(row(url="https://lakeside.example/new"))
    event = replace(arrived(before).event, status=status)

    with pytest.raises(errors.EventIsNotEditable):
        decisions.revise(event, after, {"url"}, venue_id=VENUE, source="s", now=NOW)


def test_what_people_have_changed_to_the_same_is_no_edit() -> None:
    after = merged(row(url="https://lakeside.example/new"))
    event = replace(arrived(merged(row())).event, url="https://lakeside.example/new")

    revision = decisions.revise(event, after, {"url"}, venue_id=VENUE, source="s", now=NOW)

    assert (revision.after, revision.facts) == (event, ())


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
DATES = st.dates(date(1990, 1, 1), date(2210, 1, 1)).map(date.isoformat)
FIELDS = {
    "name": JSON_VALUES | st.text(min_size=1, max_size=250),
    "url": JSON_VALUES | st.text(max_size=20).map("https://{}".format) | st.just("https://lakeside.example"),
    "startDate": JSON_VALUES | DATES,
    "endDate": JSON_VALUES | DATES,
    "city": JSON_VALUES | st.just("Bled"),
    "country": JSON_VALUES,
    "online": JSON_VALUES,
    "cfpUrl": JSON_VALUES | st.text(max_size=30).map("https://a.example/{}".format),
    "twitter": JSON_VALUES,
}


@given(st.fixed_dictionaries({}, optional=FIELDS), st.text(max_size=50))
def test_no_row_does_more_than_make_an_event_or_be_refused_with_reasons(values: dict[str, Any], file: str) -> None:
    conference = conference_from(SourceRow(file, 1, values))
    outcome = conference if isinstance(conference, Refusal) else merge([conference], OnePlace())

    if isinstance(outcome, Refusal):
        assert outcome.reasons
        assert all(reason.code and reason.message and len(reason.message) <= 400 for reason in outcome.reasons)
        return
    assert decisions.changed(outcome, link(outcome)) == set()
    with suppress(errors.Refused):
        assert json.dumps([fact.data for fact in arrived(outcome).facts])
