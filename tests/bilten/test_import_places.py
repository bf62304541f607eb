"""Which zone a city and its country mean, and what is said of places that nobody knows."""

import pytest

from bilten.imports.places import GeoPlaces, country_code
from domain.imports.candidates import Place
from domain.imports.rows import Reason


@pytest.fixture(scope="module")
def places() -> GeoPlaces:
    return GeoPlaces()


@pytest.mark.parametrize(
    ("city", "country", "code", "zone"),
    [
        ("Ljubljana", "Slovenia", "SI", "Europe/Ljubljana"),
        ("münchen", "Germany", "DE", "Europe/Berlin"),
        ("Munich", "Germany", "DE", "Europe/Berlin"),
        ("SAO PAULO", "Brazil", "BR", "America/Sao_Paulo"),
        ("São Paulo", "Brazil", "BR", "America/Sao_Paulo"),
        ("Portland, OR", "U.S.A.", "US", "America/Los_Angeles"),
        ("Portland, ME", "U.S.A.", "US", "America/New_York"),
        ("Portland, Maine", "United States", "US", "America/New_York"),
        ("New York", "U.S.A.", "US", "America/New_York"),
        ("London", "U.K.", "GB", "Europe/London"),
        ("London", "Canada", "CA", "America/Toronto"),
        ("Edinburgh", "Scotland", "GB", "Europe/London"),
        ("Istanbul", "Turkey", "TR", "Europe/Istanbul"),
        ("Seoul", "Korea", "KR", "Asia/Seoul"),
        ("Prague", "Czech Republic", "CZ", "Europe/Prague"),
        ("Taipei", "Taiwan", "TW", "Asia/Taipei"),
        ("Москва", "Russia", "RU", "Europe/Moscow"),
        ("東京", "JP", "JP", "Asia/Tokyo"),
    ],
)
def test_a_known_city_has_its_zone(places: GeoPlaces, city: str, country: str, code: str, zone: str) -> None:
    assert places.find(city, country) == Place(code, zone)


@pytest.mark.parametrize(
    ("city", "country", "zone"),
    [("Zermatt", "Switzerland", "Europe/Zurich"), ("Snowbird, UT", "U.S.A.", "America/Denver")],
)
def test_an_unknown_city_takes_the_zone_that_its_state_or_country_shares(
    places: GeoPlaces, city: str, country: str, zone: str
) -> None:
    found = places.find(city, country)

    assert isinstance(found, Place)
    assert found.timezone == zone


@pytest.mark.parametrize(
    ("city", "country", "code", "field"),
    [
        ("Banff", "Canada", "TIMEZONE_UNKNOWN", "city"),
        ("Nowhereville", "U.S.A.", "TIMEZONE_UNKNOWN", "city"),
        ("Atlantis", "Atlantis", "COUNTRY_UNKNOWN", "country"),
        ("!!!", "U.S.A.", "TIMEZONE_UNKNOWN", "city"),
        ("Paris", "", "COUNTRY_UNKNOWN", "country"),
    ],
)
def test_what_cannot_be_told_is_a_reason(places: GeoPlaces, city: str, country: str, code: str, field: str) -> None:
    found = places.find(city, country)

    assert isinstance(found, Reason)
    assert (found.code, found.field) == (code, field)


@pytest.mark.parametrize("name", ["SI", "si", "SVN", "Slovenia", " slovenia "])
def test_a_country_is_known_by_its_codes_and_names(name: str) -> None:
    assert country_code(name) == "SI"
