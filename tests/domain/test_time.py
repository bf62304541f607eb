"""Wall clocks and instants: every local time means one instant or is refused with the next that exists."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import errors
from domain.time import EARLIEST, LATEST, AmbiguousHour, derive_instant, instant, is_timezone, timezone
from domain.validation import Validation

ZONES = st.sampled_from(sorted(name for name in available_timezones() if is_timezone(name)))
# Two days from the bounds, local and UTC years agree in every zone.
INSTANTS = st.integers(2 * 86_400, (LATEST - EARLIEST).days * 86_400 - 2 * 86_400).map(
    lambda seconds: EARLIEST + timedelta(seconds=seconds)
)


@given(INSTANTS, ZONES)
def test_every_instant_comes_back_from_what_the_clock_on_the_wall_shows(moment: datetime, zone: str) -> None:
    shown = moment.astimezone(ZoneInfo(zone))
    occurrence = AmbiguousHour.SECOND if shown.fold else AmbiguousHour.FIRST

    assert instant(shown.replace(tzinfo=None, fold=0), zone, ambiguous=occurrence) == moment


@given(INSTANTS, ZONES)
def test_a_local_time_is_an_instant_or_is_refused_with_a_time_that_exists(moment: datetime, zone: str) -> None:
    local = moment.replace(tzinfo=None)

    try:
        derived = instant(local, zone)
    except errors.LocalTimeDoesNotExist as refusal:
        following = datetime.fromisoformat(str(refusal.params["next"]))
        assert following > local
        assert instant(following, zone).astimezone(ZoneInfo(zone)).replace(tzinfo=None) == following
    else:
        assert derived.tzinfo is UTC
        assert derived.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == local


@pytest.mark.parametrize(
    ("local", "zone", "following"),
    [
        ("2027-03-28T02:30:00", "Europe/Ljubljana", "2027-03-28T03:00:00"),
        ("2027-03-28T02:00:00", "Europe/Ljubljana", "2027-03-28T03:00:00"),
        ("2027-03-28T02:59:59.999999", "Europe/Ljubljana", "2027-03-28T03:00:00"),
        ("2027-03-14T02:15:00", "America/New_York", "2027-03-14T03:00:00"),
        ("2026-10-04T02:10:00", "Australia/Lord_Howe", "2026-10-04T02:30:00"),
        # Samoa skipped a whole day to change sides of the date line.
        ("2011-12-30T12:00:00", "Pacific/Apia", "2011-12-31T00:00:00"),
    ],
)
def test_a_time_that_clocks_skip_is_refused_with_the_next_one_that_exists(
    local: str, zone: str, following: str
) -> None:
    with pytest.raises(errors.LocalTimeDoesNotExist) as refused:
        instant(datetime.fromisoformat(local), zone, "starts_at_local")

    assert refused.value.path == ("starts_at_local",)
    assert refused.value.params == {"local": local, "timezone": zone, "next": following}
    assert following in refused.value.message


@pytest.mark.parametrize("ambiguous", list(AmbiguousHour))
def test_a_skipped_time_is_refused_whichever_occurrence_is_asked_for(ambiguous: AmbiguousHour) -> None:
    with pytest.raises(errors.LocalTimeDoesNotExist):
        instant(datetime.fromisoformat("2027-03-28T02:30:00"), "Europe/Ljubljana", ambiguous=ambiguous)


def test_a_time_just_outside_the_gap_exists() -> None:
    before = instant(datetime.fromisoformat("2027-03-28T01:59:59"), "Europe/Ljubljana")
    after = instant(datetime.fromisoformat("2027-03-28T03:00:00"), "Europe/Ljubljana")

    assert after - before == timedelta(seconds=1)


def test_a_doubled_hour_means_its_first_occurrence_unless_asked_otherwise() -> None:
    local = datetime.fromisoformat("2026-10-25T02:30:00")

    first = instant(local, "Europe/Ljubljana")
    second = instant(local, "Europe/Ljubljana", ambiguous=AmbiguousHour.SECOND)

    assert first == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert second == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_an_ordinary_time_has_no_second_occurrence() -> None:
    local = datetime.fromisoformat("2026-11-23T18:00:00")

    first, second = (instant(local, "Europe/Ljubljana", ambiguous=which) for which in AmbiguousHour)

    assert first == second


@pytest.mark.parametrize("local", ["1999-12-31T23:59:59", "2200-01-01T00:00:00", "0001-01-01T00:00:00"])
def test_years_that_no_event_lies_in_are_refused(local: str) -> None:
    with pytest.raises(errors.ValueIsOutOfRange) as refused:
        instant(datetime.fromisoformat(local), "Pacific/Kiritimati", "ends_at_local")

    assert refused.value.params == {"minimum": EARLIEST.year, "maximum": LATEST.year - 1}


@pytest.mark.parametrize("local", ["2000-01-01T00:00:00", "2199-12-31T23:59:59.999999"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"])
def test_the_first_and_the_last_moment_of_the_years_allowed_exist_everywhere(local: str, zone: str) -> None:
    moment = instant(datetime.fromisoformat(local), zone)

    assert abs(moment - datetime.fromisoformat(local).replace(tzinfo=UTC)) <= timedelta(hours=14)


@pytest.mark.parametrize(
    "name",
    [
        *["", " ", "EST", "GMT", "Factory", "localtime", "+01:00", "UTC\x00", "\ud800/x"],
        *["europe/ljubljana", "Europe/Ljubljana ", "Europe/Atlantis", "Europe/"],
        *["../etc/passwd", "/etc/localtime", "posix/Europe/Paris/.."],
    ],
)
def test_names_that_are_no_iana_zones_are_refused(name: str) -> None:
    validation = Validation()

    timezone(validation, name, "timezone")

    assert [(refusal.code, refusal.path) for refusal in validation.refusals] == [("INVALID", ("timezone",))]
    assert (
        derive_instant(validation, datetime.fromisoformat("2026-11-23T18:00"), name, ambiguous=AmbiguousHour.FIRST)
        is None
    )


@pytest.mark.parametrize("name", ["UTC", "Europe/Ljubljana", "America/Argentina/Buenos_Aires", "Asia/Kathmandu"])
def test_iana_zones_are_accepted(name: str) -> None:
    validation = Validation()

    assert timezone(validation, name, "timezone") == name
    assert validation.refusals == []


def test_a_derived_instant_notes_its_refusal_and_goes_on() -> None:
    validation = Validation()
    skipped = datetime.fromisoformat("2027-03-28T02:30:00")

    for path in ("starts_at_local", "ends_at_local"):
        assert derive_instant(validation, skipped, "Europe/Ljubljana", path, ambiguous=AmbiguousHour.FIRST) is None

    assert [refusal.path for refusal in validation.refusals] == [("starts_at_local",), ("ends_at_local",)]
