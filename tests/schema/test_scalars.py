"""Scalars, enums and variables: what is read and written, and that everything else is bad input with a code."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strawberry.types.scalar import ScalarDefinition

from schema.scalars import SCALARS, EmailAddress, LocalDateTime
from tests.api import Api
from tests.world import World, address

INSTANT, WALL_CLOCK, EMAIL = SCALARS[datetime], SCALARS[LocalDateTime], SCALARS[EmailAddress]


def parsed(scalar: ScalarDefinition, value: object) -> Any:
    assert scalar.parse_value is not None
    return scalar.parse_value(value)


def written(scalar: ScalarDefinition, value: object) -> Any:
    assert scalar.serialize is not None
    return scalar.serialize(value)


async def codes(api: Api, type_: str, position: str, value: object) -> list[str]:
    """What comes of a value in a variable of a type that stands in a position."""
    answer = await api.run(f"query ($value: {type_}) {{ {position} }}", {"value": value})
    assert answer.status in {200, 400}
    assert "INTERNAL" not in str(answer.body)
    return answer.codes


# --- Instants -------------------------------------------------------------------------------------------------------

SINCE = "events(filter: { startsAfter: $value }) { edges { node { id } } }"


@given(st.datetimes(timezones=st.timezones()))
def test_every_instant_is_read_back_as_it_was_written(moment: datetime) -> None:
    try:
        universal = moment.astimezone(UTC)
    except OverflowError:
        return

    assert parsed(INSTANT, written(INSTANT, universal)) == universal


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T18:00:00+01:00", datetime(2026, 11, 23, 17, tzinfo=UTC)),
        ("2026-11-23T18:00:00Z", datetime(2026, 11, 23, 18, tzinfo=UTC)),
        ("2026-11-23t18:00:00z", datetime(2026, 11, 23, 18, tzinfo=UTC)),
        ("2026-11-23T18:00:00.5Z", datetime(2026, 11, 23, 18, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-23T18:00:00-00:00", datetime(2026, 11, 23, 18, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_in_any_offset_and_becomes_universal(text: str, moment: datetime) -> None:
    assert parsed(INSTANT, text) == moment
    assert parsed(INSTANT, text).tzinfo is UTC


BAD_INSTANTS: list[object] = [
    *["", " ", "now", "2026-11-23", "2026-11-23T18:00:00", "2026-11-23T18:00Z", "2026-11-23 18:00:00Z"],
    *["2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T18:60:00Z"],
    *["2026-11-23T18:00:60Z", "2026-11-23T18:00:00+25:00", "2026-11-23T18:00:00+0100", "2026-11-23T18:00:00.Z"],
    *["2026-11-23T18:00:00.1234567890Z", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "-2026-01-01T00:00:00Z"],
    *[
        "9999-12-31T23:59:59-14:00",
        "12026-01-01T00:00:00Z",
        "2026-11-23T18:00:00Z\n",
        "\uff12\uff10\uff12\uff16-11-23T18:00:00Z",
    ],
    *[0, 1.5, True, [], {}, ["2026-11-23T18:00:00Z"], {"date": "2026-11-23T18:00:00Z"}],
]


async def test_what_is_no_instant_is_bad_input(api: Api) -> None:
    found = {repr(value): await codes(api, "DateTime", SINCE, value) for value in BAD_INSTANTS}

    assert {text: answer for text, answer in found.items() if answer != ["BAD_USER_INPUT"]} == {}


@pytest.mark.parametrize("literal", ['"x"', "5", "{}", '["2026-11-23T18:00:00Z"]', "true", "NOW", "1.5"])
async def test_what_is_no_instant_in_the_document_is_bad_input_too(api: Api, literal: str) -> None:
    answer = await api.run(f"{{ events(filter: {{ startsAfter: {literal} }}) {{ edges {{ node {{ id }} }} }} }}")

    assert set(answer.codes) == {"BAD_USER_INPUT"}


@pytest.mark.parametrize("value", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
async def test_the_farthest_instants_can_be_asked_for(api: Api, value: str) -> None:
    assert await codes(api, "DateTime", SINCE, value) == []


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})", fullmatch=True))
def test_no_text_breaks_the_reading_of_times(text: str) -> None:
    for scalar in (INSTANT, WALL_CLOCK):
        try:
            moment = parsed(scalar, text)
        except ValueError as error:
            assert "such as" in str(error)  # noqa: PT017 - either outcome is right
        else:
            assert isinstance(moment, datetime)


# --- Wall clocks ----------------------------------------------------------------------------------------------------


@given(st.datetimes())
def test_every_wall_clock_time_is_read_back_as_it_was_written(local: datetime) -> None:
    assert parsed(WALL_CLOCK, written(WALL_CLOCK, local)) == local


BAD_WALL_CLOCKS: list[object] = [
    *["", "2026-11-23", "18:00", "2026-11-23 18:00", "2026-11-23T18:00Z", "2026-11-23T18:00+01:00", "2026-11-23T18"],
    *["2026-11-23T24:00", "2026-02-29T10:00", "2026-11-23T18:00:00.1234567", "2026-W48-1T18:00", "20261123T1800"],
    *["2026-11-23T18:00\n", "\u0662\u0660\u0662\u0666-11-23T18:00", 0, False, [], {}],
]


async def test_what_is_no_wall_clock_time_is_bad_input(api: Api) -> None:
    document = "mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { problems { code } } }"
    guest = address("guest")
    for value in BAD_WALL_CLOCKS:
        answer = await api.run(document, {"input": {"id": "x", "startsAtLocal": value}}, by=guest)
        assert answer.codes == ["BAD_USER_INPUT"], value
        assert "LocalDateTime" in answer.errors[0]["message"]


# --- Addresses ------------------------------------------------------------------------------------------------------

BY_ADDRESS = "users(filter: { email: $value }) { edges { node { id } } }"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("owner@People.Example.org", "owner@people.example.org"),
        ("Owner+list@example.com", "Owner+list@example.com"),
        ("pošta@example.com", "pošta@example.com"),
        ("info@bücher.example.com", "info@bücher.example.com"),
    ],
)
def test_addresses_are_normalised(text: str, normal: str) -> None:
    assert parsed(EMAIL, text) == normal


BAD_ADDRESSES: list[object] = [
    *["", "@", "owner", "owner@", "@example.com", "a b@example.com", "owner@exa mple.com", "owner@@example.com"],
    *[
        "owner@example..com",
        ".owner@example.com",
        "<owner@example.com>",
        "owner@example.com\n",
        "o\x00@example.com",
    ],
    *["x" * 300 + "@example.com", "owner@" + "x" * 64 + ".com", "owner@[127.0.0.1]", 7, True, [], {}],
]


async def test_what_is_no_address_is_bad_input(api: Api) -> None:
    found = {repr(value): await codes(api, "EmailAddress", BY_ADDRESS, value) for value in BAD_ADDRESSES}

    assert {text: answer for text, answer in found.items() if answer != ["BAD_USER_INPUT"]} == {}


@given(st.text(max_size=80))
def test_no_text_breaks_the_reading_of_an_address(text: str) -> None:
    try:
        assert "@" in parsed(EMAIL, text)
    except ValueError as error:
        assert "EmailAddress" in str(error)  # noqa: PT017 - either outcome is right


# --- Everything else ------------------------------------------------------------------------------------------------


ORDERED = "events(orderBy: $value) { edges { node { id } } }"
FIRST = "events(first: $value) { edges { node { id } } }"
FILTERED = "events(filter: $value) { edges { node { id } } }"
BAD_VARIABLES: list[tuple[str, str, object]] = [
    ("EventOrder", ORDERED, "BOGUS"),
    ("EventOrder", ORDERED, "starts_at_asc"),
    ("EventOrder", ORDERED, 1),
    ("EventOrder", ORDERED, ["TITLE_ASC"]),
    ("[EventStatus!]", "events(filter: { status: $value }) { edges { node { id } } }", ["LIVE", None]),
    ("[EventStatus!]", "events(filter: { status: $value }) { edges { node { id } } }", "ALIVE"),
    ("Int", FIRST, "5"),
    ("Int", FIRST, 1.5),
    ("Int", FIRST, True),
    ("Int", FIRST, 2**31),
    ("Int", FIRST, 10**40),
    ("Boolean", "events(filter: { online: $value }) { edges { node { id } } }", "true"),
    ("Boolean", "events(filter: { online: $value }) { edges { node { id } } }", 0),
    ("String", "event(slug: $value) { id }", 7),
    ("String", "event(slug: $value) { id }", ["slug"]),
    ("EventFilter", FILTERED, {"unknown": 1}),
    ("EventFilter", FILTERED, "filter"),
    ("EventFilter", FILTERED, [{}, {}]),
    ("ID!", "node(id: $value) { id }", None),
    ("ID!", "node(id: $value) { id }", 1.5),
    ("ID!", "node(id: $value) { id }", {"id": 1}),
    ("[ID!]!", "nodes(ids: $value) { id }", [None]),
    ("Bogus", "node(id: $value) { id }", "x"),
    ("Int", "node(id: $value) { id }", 1),
]


async def test_a_variable_of_another_type_is_bad_input(api: Api) -> None:
    for type_, position, value in BAD_VARIABLES:
        assert set(await codes(api, type_, position, value)) == {"BAD_USER_INPUT"}, (type_, value)


async def test_a_missing_variable_is_bad_input(api: Api) -> None:
    answer = await api.run("query ($id: ID!) { node(id: $id) { id } }")

    assert answer.codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("value", [7, [], {}, True])
async def test_a_text_scalar_is_a_text(api: Api, value: object) -> None:
    document = "mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { problems { code } } }"

    answer = await api.run(document, {"input": {"timezone": value}}, by=address("guest"))

    assert answer.codes == ["BAD_USER_INPUT"]


async def test_times_come_back_in_utc_and_as_the_wall_clock_shows(api: Api) -> None:
    world = World(api)
    event = await world.event(
        await world.team(),
        startsAtLocal="2026-12-03T18:00",
        endsAtLocal="2026-12-03T21:00:30",
        timezone="America/New_York",
    )

    answer = await api.run(
        "query ($id: ID!) { event(id: $id) { startsAt endsAt startsAtLocal endsAtLocal timezone } }", {"id": event.id}
    )

    assert answer.data["event"] == {
        "startsAt": "2026-12-03T23:00:00+00:00",
        "endsAt": "2026-12-04T02:00:30+00:00",
        "startsAtLocal": "2026-12-03T18:00:00",
        "endsAtLocal": "2026-12-03T21:00:30",
        "timezone": "America/New_York",
    }
