"""The doctor: a sound installation has no problem, each thing that breaks is found, and nothing secret is told."""

import json
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
from pydantic import SecretStr

from bilten.config import Environment, Settings
from bilten.doctor import examine, postgres
from bilten.doctor.findings import Finding, Level
from bilten.doctor.report import to_json, to_lines
from db.inspection import Pooling, inspecting, long_transactions, pooling
from db.seed.demo import seed_demo
from tests.conftest import Services, create_database, drop_database
from tests.faults.server import ROOT, environment, serving
from tests.folders import passable_folder
from tests.issuer import ISSUER, Issuer

SECRET = "Z9k4hunter2hunter2Qw7hunter2-4bXm1"
A_PLACE_TOO_MANY = """
UPDATE capacity_pools SET confirmed = confirmed + 1
WHERE id = (SELECT id FROM capacity_pools WHERE confirmed > 0 AND confirmed < capacity ORDER BY id LIMIT 1)
"""
A_LINE_TOO_FEW = "UPDATE event_heads SET stream_version = stream_version + 1"
A_TICKET_TOO_FEW = """
UPDATE tickets SET status = 'CANCELLED' WHERE id = (SELECT id FROM tickets WHERE status = 'VALID' ORDER BY id LIMIT 1)
"""


@pytest.fixture(autouse=True)
def no_settings_of_the_tester(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("BILTEN_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def issuer() -> Generator[Issuer]:
    service = Issuer()
    yield service
    service.stop()


@pytest.fixture
def tmp_path() -> Generator[Path]:
    with passable_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
async def filled(services: Services) -> AsyncGenerator[str]:
    """A database with demo data to copy."""
    name = f"filled_{uuid4().hex}"
    await seed_demo(await create_database(services, name), lambda _: None)
    yield name
    await drop_database(services, name)


@pytest.fixture
async def database(services: Services, filled: str) -> AsyncGenerator[str]:
    """A database with demo data to break."""
    name = f"broken_{uuid4().hex}"
    yield await create_database(services, name, template=filled)
    await drop_database(services, name)


@pytest.fixture
def installation(tmp_path: Path, database: str, redis_url: str) -> Settings:
    """A sound installation on a port of its own."""
    return Settings(home=tmp_path, port=free_port(), database_url=SecretStr(database), redis_url=SecretStr(redis_url))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


async def found(settings: Settings | None, *known: Finding, thorough: bool = False) -> list[Finding]:
    report = await examine(settings, known, thorough=thorough, report=lambda _: None)
    assert report.seconds < 30
    return list(report.findings)


async def problems(settings: Settings) -> list[Finding]:
    return [finding for finding in await found(settings) if finding.level is Level.PROBLEM]


def of(findings: list[Finding], check: str, level: Level) -> Finding:
    chosen = [finding for finding in findings if finding.check == check and finding.level is level]
    assert chosen, [f"{one.level} {one.check}: {one.found}" for one in findings]
    return chosen[0]


async def run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            assert await connection.execute(statement) != "UPDATE 0"
    finally:
        await connection.close()


def doctor(*arguments: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bilten", "doctor", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env=environment(home, **variables),
    )


@pytest.mark.parametrize("thorough", [False, True])
async def test_a_sound_installation_has_no_problem(installation: Settings, *, thorough: bool) -> None:
    findings = await found(installation, thorough=thorough)

    assert [finding for finding in findings if finding.level is Level.PROBLEM] == []
    asked = {finding.check for finding in findings}
    assert {
        *("python", "open-files", "zone-data", "pages", "home", "disk", "port", "authentication"),
        *(
            "database",
            "durability",
            "clock",
            "connections",
            "migrations",
            "transactions",
            "tables",
            "books",
            "capacity",
            "redis",
        ),
    } <= asked


async def test_every_remedy_is_there_where_something_is_wrong(installation: Settings) -> None:
    findings = await found(installation.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1")}))

    assert all((finding.remedy is None) is (finding.level is Level.OK) for finding in findings)


async def test_a_test_server_is_warned_about_its_durability(installation: Settings) -> None:
    assert "fsync is off" in of(await found(installation), "durability", Level.WARNING).found


@pytest.mark.parametrize(("damage", "told"), [(A_LINE_TOO_FEW, "streams"), (A_TICKET_TOO_FEW, "registrations")])
async def test_books_that_differ_are_a_problem(installation: Settings, database: str, damage: str, told: str) -> None:
    await run(database, damage)

    (finding,) = await problems(installation)

    assert finding.check == "books"
    assert told in finding.found
    assert "wrong" in finding.found


@pytest.mark.parametrize("thorough", [False, True])
async def test_capacity_that_differs_is_a_problem_with_its_numbers(
    installation: Settings, database: str, *, thorough: bool
) -> None:
    await run(database, A_PLACE_TOO_MANY)

    finding = of(await found(installation, thorough=thorough), "capacity", Level.PROBLEM)

    assert finding.found.startswith("the books of 1 of ")
    assert re.search(r"confirmed: counter (\d+), rows (\d+), journal \2\)$", finding.found)
    assert "docs/capacity.md" in str(finding.remedy)


async def test_a_journal_from_another_server_is_found_and_put_right(installation: Settings, database: str) -> None:
    await run(database, "UPDATE journal SET xid = '9000000000'")

    remedy = of(await found(installation), "books", Level.WARNING).remedy
    await run(database, str(remedy))

    assert {finding.level for finding in await found(installation) if finding.check == "books"} == {Level.OK}


async def test_an_empty_database_needs_its_migrations(installation: Settings, services: Services) -> None:
    name = f"empty_{uuid4().hex}"
    url = await create_database(services, name, template="template0")
    try:
        (finding,) = await problems(installation.model_copy(update={"database_url": SecretStr(url)}))
    finally:
        await drop_database(services, name)

    assert (finding.check, finding.remedy) == ("migrations", "bilten migrate")


async def test_a_database_of_a_newer_version_is_left_alone(installation: Settings, database: str) -> None:
    await run(database, "UPDATE alembic_version SET version_num = 'from_the_future'")

    (finding,) = await problems(installation)

    assert finding.check == "migrations"
    assert "newer" in finding.found


async def test_an_older_database_needs_its_migrations(installation: Settings, database: str) -> None:
    await run(database, "UPDATE alembic_version SET version_num = '0001'")

    findings = [one for one in await found(installation) if one.check == "migrations"]

    assert [one.remedy for one in findings if one.level is Level.PROBLEM] in ([], ["bilten migrate"])


async def test_without_redis_the_rest_is_looked_at(installation: Settings, tmp_path: Path) -> None:
    (finding,) = await problems(installation.model_copy(update={"redis_url": SecretStr(f"unix://{tmp_path}/none")}))

    assert finding.check == "redis"


async def test_without_postgresql_the_rest_is_looked_at(installation: Settings) -> None:
    away = SecretStr(f"postgresql://bilten:{SECRET}@127.0.0.1:{free_port()}/bilten")

    findings = await found(installation.model_copy(update={"database_url": away}))

    assert "does not answer" in of(findings, "database", Level.PROBLEM).found
    assert of(findings, "redis", Level.OK)


async def test_a_direct_address_has_to_lead_to_the_same_database(installation: Settings, services: Services) -> None:
    elsewhere = SecretStr(services.database("bilten_template"))

    (finding,) = await problems(installation.model_copy(update={"database_direct_url": elsewhere}))

    assert finding.check == "direct-url"


async def test_an_index_that_failed_is_found(installation: Settings, database: str) -> None:
    with pytest.raises(asyncpg.UniqueViolationError):
        await run(database, "CREATE UNIQUE INDEX CONCURRENTLY half_made ON events (category)")

    (finding,) = await problems(installation)

    assert finding.remedy == "REINDEX INDEX CONCURRENTLY half_made;"


async def test_a_transaction_that_stays_open_is_found(database: str) -> None:
    forgetful = await asyncpg.connect(database, server_settings={"application_name": "forgetful"})
    try:
        await forgetful.execute("BEGIN; SELECT 1")
        async with inspecting(database, statement_seconds=5) as connection:
            open_for = await long_transactions(connection, seconds=0)
    finally:
        await forgetful.close()

    assert [name for _, name, _ in open_for] == ["forgetful"]
    (finding,) = postgres.transaction_findings([(7, "forgetful", 3_600)], [], [])
    assert (finding.level, "60 minutes" in finding.found) == (Level.WARNING, True)


async def test_a_direct_connection_is_not_taken_for_a_pooler(database: str) -> None:
    async with (
        inspecting(database, statement_seconds=5) as one,
        inspecting(database, statement_seconds=5) as other,
    ):
        assert await pooling(one, other) == Pooling(is_between=False, swaps_sessions=False)
        assert (await pooling(one, one)).swaps_sessions


async def test_a_home_that_cannot_be_written_is_a_problem(installation: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    (finding,) = await problems(installation.model_copy(update={"home": tmp_path / "file" / "home"}))

    assert (finding.check, "BILTEN_HOME" in str(finding.remedy)) == ("home", True)


async def test_keys_that_others_may_read_are_a_warning(installation: Settings, tmp_path: Path) -> None:
    key = tmp_path / "keys" / "invitations.secret"
    key.parent.mkdir()
    key.write_bytes(b"x" * 32)
    key.chmod(0o644)

    assert of(await found(installation), "keys", Level.WARNING).remedy == f"chmod 600 {key}"


async def test_a_port_that_somebody_else_has_is_a_problem(installation: Settings) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", installation.port or 0))
        other.listen()
        (finding,) = await problems(installation)

    assert (finding.check, "another program" in finding.found) == ("port", True)


async def test_keys_of_the_authentication_service_are_counted(installation: Settings, issuer: Issuer) -> None:
    named = {"jwks_url": issuer.url, "jwt_issuer": ISSUER, "jwt_audience": "bilten"}

    empty = await problems(installation.model_copy(update=named))
    issuer.add("first")
    filled = await found(installation.model_copy(update=named))

    assert [finding.check for finding in empty] == ["authentication"]
    assert "1 key" in of(filled, "authentication", Level.OK).found


async def test_an_authentication_service_that_is_away_is_a_problem(installation: Settings) -> None:
    named = {"jwks_url": f"http://127.0.0.1:{free_port()}/keys", "jwt_issuer": ISSUER, "jwt_audience": "bilten"}

    assert [finding.check for finding in await problems(installation.model_copy(update=named))] == ["authentication"]


async def test_nothing_secret_is_told(tmp_path: Path) -> None:
    port = free_port()
    settings = Settings(
        env=Environment.PRODUCTION,
        home=tmp_path,
        port=port,
        database_url=SecretStr(f"postgresql://bilten:{SECRET}a@127.0.0.1:{port}/bilten"),
        database_direct_url=SecretStr(f"postgresql://127.0.0.1:{port}/bilten?user=bilten&password={SECRET}b"),
        redis_url=SecretStr(f"redis://:{SECRET}c@127.0.0.1:{port}/0"),
        jwks_url=f"http://127.0.0.1:{port}/keys",
        jwt_issuer=ISSUER,
        jwt_audience="bilten",
        secret=SecretStr(f"{SECRET}d"),
        metrics_token=SecretStr(f"{SECRET}e"),
        public_url=f"http://127.0.0.1:{port}",
        smtp_url=SecretStr(f"smtps://bilten:{SECRET}f@127.0.0.1:{port}"),
        mail_from="bilten@events.example",
    )

    report = await examine(settings, [], thorough=False, report=lambda _: None)

    assert not report.healthy
    assert SECRET not in to_json(report)
    assert not [line for line in to_lines(report) if SECRET in line]


@pytest.mark.parametrize("character", ["#", "/", "?", "@", ":", "[", "%"])
async def test_nothing_of_a_password_that_is_not_escaped_is_told(tmp_path: Path, character: str) -> None:
    password = f"{SECRET[:12]}{character}{SECRET[-12:]}"
    settings = Settings(
        home=tmp_path / "home",
        port=free_port(),
        database_url=SecretStr(f"postgresql://bilten:{password}@127.0.0.1:1/bilten"),
        redis_url=SecretStr(f"redis://:{password}@127.0.0.1:1/0"),
    )

    told = to_json(await examine(settings, [], thorough=False, report=lambda _: None))

    assert SECRET[:12] not in told
    assert SECRET[-12:] not in told


def test_broken_settings_are_the_first_finding(tmp_path: Path) -> None:
    result = doctor(home=tmp_path, BILTEN_PORT="eight", BILTEN_LOG_LEVEL="LOUD")

    assert result.returncode == 1
    assert result.stdout.startswith("problem  settings: BILTEN_PORT")
    assert "problem  settings: BILTEN_LOG_LEVEL" in result.stdout
    assert "ok       python" in result.stdout
    assert "Traceback" not in result.stdout + result.stderr


def test_json_has_one_shape(tmp_path: Path) -> None:
    result = doctor("--json", home=tmp_path / "home", BILTEN_PORT=str(free_port()))

    body = json.loads(result.stdout)
    assert result.returncode == 0
    assert set(body) == {"version", "healthy", "thorough", "seconds", "counts", "findings"}
    assert body["healthy"] is True
    assert set(body["counts"]) == {"ok", "warning", "problem"}
    assert sum(body["counts"].values()) == len(body["findings"])
    assert all(set(one) == {"check", "level", "found", "remedy"} for one in body["findings"])
    assert not (tmp_path / "home").exists(), "looking leaves nothing behind"


async def test_beside_a_running_server_its_own_services_are_looked_at(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with serving(home, BILTEN_PORT=(port := str(free_port()))):
        beside = doctor(home=home, BILTEN_PORT=port)
    alone = doctor(home=home, BILTEN_PORT=port)

    assert (beside.returncode, alone.returncode) == (0, 0), beside.stdout + beside.stderr + alone.stdout + alone.stderr
    assert f"a Bilten serves 127.0.0.1:{port} and is ready" in beside.stdout
    assert "looking at those" in beside.stdout
    assert "started for this" in alone.stdout
    assert all("ok       redis: " in one.stdout and "ok       books: " in one.stdout for one in (beside, alone))
    assert stat.S_IMODE(home.stat().st_mode) & 0o066 == 0
