"""What the doctor makes of what it has read: rules over values, without a service."""

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bilten.addresses import copied_address, shown_address
from bilten.config import Environment, Settings
from bilten.doctor import postgres
from bilten.doctor.findings import Level
from bilten.doctor.redis import judged
from bilten.doctor.settings import load_settings
from db.inspection import Pooling, Server, Table

SECRET = "Z9k4hunter2hunter2Qw7hunter2-4bXm1"
SOUND = Server(
    version=180004,
    version_text="18.4",
    database="bilten",
    role="bilten",
    database_oid=1,
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
    now=datetime(2026, 6, 1, tzinfo=UTC),
    encoding="UTF8",
    in_recovery=False,
    read_only=False,
    fsync="on",
    full_page_writes="on",
    synchronous_commit="on",
    max_connections=100,
    reserved_connections=3,
    other_connections=0,
    superuser=False,
    bytes=1,
    transaction_age=1,
    collation_changed=False,
)


@pytest.fixture(autouse=True)
def no_settings_of_the_tester(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("BILTEN_")]:
        monkeypatch.delenv(name)
    monkeypatch.delenv("FORWARDED_ALLOW_IPS", raising=False)


def levels(server: Server) -> set[tuple[str, Level]]:
    return {(finding.check, finding.level) for finding in postgres.server_findings(server)}


def test_a_sound_server_is_ok() -> None:
    assert levels(SOUND) == {("database", Level.OK), ("durability", Level.OK)}


@pytest.mark.parametrize(
    ("differs", "expected"),
    [
        ({"version": 150004}, ("database", Level.PROBLEM)),
        ({"encoding": "LATIN1"}, ("database", Level.PROBLEM)),
        ({"in_recovery": True}, ("database", Level.PROBLEM)),
        ({"read_only": True}, ("database", Level.PROBLEM)),
        ({"transaction_age": 1_900_000_000}, ("database", Level.PROBLEM)),
        ({"superuser": True}, ("database", Level.WARNING)),
        ({"collation_changed": True}, ("database", Level.WARNING)),
        ({"fsync": "off"}, ("durability", Level.WARNING)),
        ({"full_page_writes": "off"}, ("durability", Level.WARNING)),
        ({"synchronous_commit": "off"}, ("durability", Level.WARNING)),
    ],
)
def test_a_server_that_is_not_sound_is_told_of(differs: dict[str, Any], expected: tuple[str, Level]) -> None:
    assert expected in levels(replace(SOUND, **differs))


def test_workers_that_want_more_connections_than_there_are_is_a_problem() -> None:
    settings = Settings(workers=4, database_pool_size=50)

    (finding,) = postgres.connection_findings(SOUND, Pooling(is_between=False, swaps_sessions=False), settings)

    assert finding.level is Level.PROBLEM
    assert "BILTEN_DATABASE_POOL_SIZE=17" in str(finding.remedy)


def test_a_pooler_that_swaps_sessions_needs_a_direct_address() -> None:
    swapping = Pooling(is_between=True, swaps_sessions=True)
    direct = Settings(database_direct_url=SecretStr("postgresql://database/bilten"))

    (without,) = postgres.connection_findings(SOUND, swapping, Settings())
    (beside,) = postgres.connection_findings(SOUND, swapping, direct)

    assert (without.level, beside.level) == (Level.PROBLEM, Level.WARNING)
    assert "BILTEN_DATABASE_DIRECT_URL" in str(without.remedy)


@pytest.mark.parametrize(("seconds", "level"), [(0.2, Level.OK), (-4, Level.WARNING), (90, Level.PROBLEM)])
def test_clocks_may_differ_a_little(seconds: float, level: Level) -> None:
    here = SOUND.now + timedelta(seconds=seconds)

    assert postgres.clock_finding(SOUND, here, here).level is level


def test_tables_that_were_never_analysed_are_a_warning() -> None:
    unknown = Table("journal", live=100_000, dead=0, is_analysed=False)

    assert [one.remedy for one in postgres.table_findings([unknown], [], [])] == ["ANALYZE;"]


def test_a_redis_that_refuses_writes_when_full_is_a_warning() -> None:
    info: dict[str, Any] = {"redis_version": "7.2.4", "maxmemory": 100, "maxmemory_policy": "noeviction"}

    assert [finding.level for finding in judged(info)] == [Level.OK, Level.WARNING]


def test_a_misspelt_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILTEN_DATABSE_URL", f"postgresql://bilten:{SECRET}@database/bilten")

    _, findings = load_settings()

    (finding,) = [one for one in findings if one.level is Level.WARNING]
    assert finding.remedy == "write BILTEN_DATABASE_URL"
    assert SECRET not in finding.found


def test_production_is_warned_of_what_it_may_and_should_not(monkeypatch: pytest.MonkeyPatch) -> None:
    variables = {
        "ENV": Environment.PRODUCTION,
        "HOST": "192.0.2.1",
        "DATABASE_URL": "postgresql://database/bilten",
        "REDIS_URL": "redis://redis",
        "JWKS_URL": "https://issuer.example/keys",
        "JWT_ISSUER": "https://issuer.example",
        "JWT_AUDIENCE": "bilten",
        "SECRET": "s" * 32,
        "PUBLIC_URL": "http://events.example",
        "SMTP_URL": "none",
        "CORS_ORIGINS": "*",
        "COST_PER_MINUTE": "0",
        "LOG_LEVEL": "DEBUG",
    }
    for name, value in variables.items():
        monkeypatch.setenv(f"BILTEN_{name}", value)

    _, findings = load_settings()

    told = " ".join(finding.found for finding in findings if finding.level is Level.WARNING)
    assert [finding for finding in findings if finding.level is Level.PROBLEM] == []
    for words in (
        "/metrics",
        "without TLS",
        "every origin",
        "budget of 0",
        "DEBUG",
        "few characters",
        "forwarded",
        "no message",
    ):
        assert words in told


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql://bilten:{SECRET}@database:5432/bilten", "postgresql://database:5432/bilten"),
        (f"postgresql://database/bilten?password={SECRET}", "postgresql://database/bilten"),
        ("postgresql://bilten@/bilten?host=%2Ftmp%2Frun", "postgresql:///bilten in /tmp/run"),
        (f"rediss://:{SECRET}@[::1]:6380/0", "rediss://[::1]:6380/0"),
        (f"postgresql://bilten:{SECRET}@database:port/bilten", "an address that cannot be read"),
    ],
)
def test_addresses_are_shown_without_their_secrets(url: str, shown: str) -> None:
    assert shown_address(url) == shown


@pytest.mark.parametrize(
    ("url", "copied"),
    [
        ("postgresql://bilten@/bilten?host=/run/bilten", "postgresql://bilten@/bilten?host=/run/bilten"),
        ("redis://cache.example:6379/1", "redis://cache.example:6379/1"),
        ("postgresql://bilten:hunter2@db.example/bilten", "postgresql://db.example/bilten"),
        ("postgresql://db.example/bilten?password=hunter2", "postgresql://db.example/bilten"),
        ("redis://:hunter2@cache.example", "redis://cache.example"),
    ],
)
def test_address_is_copied_only_where_it_holds_no_password(url: str, copied: str) -> None:
    assert copied_address(url) == copied
