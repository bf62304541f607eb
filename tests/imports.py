"""Imports in tests: invented lists of conferences, importing them, and what the database then tells."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
from pydantic import SecretStr

from bilten.config import Settings
from bilten.imports.command import EventsOptions, Options, import_conferences, import_events

CITIES = (("Ljubljana", "Slovenia"), ("Portland, OR", "U.S.A."), ("Zermatt", "Switzerland"), ("東京", "Japan"))


def conference(number: int, **changes: Any) -> dict[str, Any]:
    """An invented conference: every fifth is online only, and four share a host."""
    city, country = CITIES[number % len(CITIES)]
    values: dict[str, Any] = {
        "name": f"Invented Conference {number}",
        "url": f"https://www.host-{number // 4}.example/2027",
        "startDate": f"2027-{number % 12 + 1:02}-10",
        "endDate": f"2027-{number % 12 + 1:02}-12",
        "city": city,
        "country": country,
        "online": False,
        "locales": "EN",
    }
    if number % 5 == 4:
        values |= {"online": True, "city": ..., "country": ...}
    values |= changes
    return {name: value for name, value in values.items() if value is not ...}


def write_year(folder: Path, topics: Mapping[str, Sequence[Any]], year: int = 2027) -> Path:
    """The folder of years with one year, one file for each topic."""
    for topic, rows in topics.items():
        path = folder / str(year) / f"{topic}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return folder


def settings_for(database_url: str, home: Path) -> Settings:
    return Settings(home=home, database_url=SecretStr(database_url))


async def import_all(database_url: str, home: Path, *paths: Path, **options: Any) -> list[dict[str, Any]]:
    """Import lists of conferences as the command does; the lines of the report."""
    report = home / "report.jsonl"
    given: dict[str, Any] = {"dry_run": False, "publish": True, "allow_rejects": True, "batch": 100, **options}
    chosen = Options(report=report, **given)
    # The command brings a loop of its own.
    await asyncio.to_thread(import_conferences, settings_for(database_url, home), paths, chosen)
    return [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]


async def import_rows(
    database_url: str,
    home: Path,
    path: Path,
    *,
    mapping: Path | None = None,
    timezone: str | None = None,
    organization: str = "house",
    **options: Any,
) -> list[dict[str, Any]]:
    """Import a file of events as the command does; the lines of the report."""
    report = home / "report.jsonl"
    given: dict[str, Any] = {"dry_run": False, "publish": True, "allow_rejects": True, "batch": 100, **options}
    chosen = Options(report=report, **given)
    source = EventsOptions(organization, None, mapping, timezone)
    await asyncio.to_thread(import_events, settings_for(database_url, home), [path], chosen, source)
    return [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]


async def make_house(database_url: str, slug: str = "house") -> None:
    """An organization to import for."""
    sql = "INSERT INTO organizations (id, slug, name, created_at, updated_at) VALUES ($1, $2, 'House', now(), now())"
    await fetch(database_url, f"{sql} RETURNING id", uuid4(), slug)


def outcomes(lines: Sequence[Mapping[str, Any]]) -> list[str]:
    """What came of each row, with the code where it was refused."""
    return [line["code"] or line["outcome"] for line in lines]


_EVENTS = """
SELECT e.title, e.slug LIKE '%-' || right(replace(e.id::text, '-', ''), 8) AS slugged, e.category, e.tags, e.summary,
    e.description, e.status, e.starts_at_local, e.ends_at_local, e.timezone, e.starts_at, e.ends_at, e.online, e.url,
    e.version, e.published_at IS NOT NULL AS published, o.slug AS organization, o.name AS host, o.url AS home,
    v.name AS venue, v.city, v.country, v.timezone AS venue_zone, h.stream_version, h.sales_open, h.sales_until,
    p.capacity, p.kind
FROM events AS e JOIN organizations AS o ON o.id = e.organization_id JOIN event_heads AS h ON h.event_id = e.id
    JOIN capacity_pools AS p ON p.event_id = e.id LEFT JOIN venues AS v ON v.id = e.venue_id
ORDER BY e.title, e.starts_at, e.id
"""
_COUNTS = """
SELECT (SELECT count(*) FROM events) AS events, (SELECT count(*) FROM organizations) AS organizations,
    (SELECT count(*) FROM venues) AS venues, (SELECT count(*) FROM journal) AS lines,
    (SELECT count(*) FROM import_links) AS links, (SELECT count(*) FROM users) AS users
"""


async def told(database_url: str) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Everything that imports leave behind but ids and times of writing: the events, and how many rows there are."""
    connection = await asyncpg.connect(database_url)
    try:
        events = [dict(row) for row in await connection.fetch(_EVENTS)]
        counts = dict((await connection.fetch(_COUNTS))[0])
    finally:
        await connection.close()
    return events, counts


async def fetch(database_url: str, sql: str, *values: Any) -> list[dict[str, Any]]:
    """Rows of the test's database."""
    connection = await asyncpg.connect(database_url)
    try:
        return [dict(row) for row in await connection.fetch(sql, *values)]
    finally:
        await connection.close()
