"""The command line: what it answers without a server, and how it refuses."""

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.folders import passable_folder

ROOT = Path(__file__).parents[2]
COMMANDS = ["serve", "migrate", "seed", "token", "import", "schema", "version"]


@pytest.fixture
def tmp_path() -> Generator[Path]:
    """Where the homes of one test lie."""
    with passable_folder() as folder:
        yield folder


def bilten(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BILTEN_")}
    return subprocess.run(
        [sys.executable, "-m", "bilten", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={**inherited, "BILTEN_HOME": str(home), "COLUMNS": "200", **variables},
    )


def test_help_names_every_command(tmp_path: Path) -> None:
    result = bilten(tmp_path, "--help")
    assert result.returncode == 0
    assert all(f" {command} " in result.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    result = bilten(tmp_path, command, "--help")
    assert result.returncode == 0
    assert "Usage" in result.stdout


def test_token_prints_one_line_for_each_address(tmp_path: Path) -> None:
    result = bilten(tmp_path / "home", "token", "ana@bilten.example", "bor@bilten.example")
    assert result.returncode == 0
    lines = result.stdout.splitlines()
    assert len(lines) == len(set(lines)) == 2
    assert all(line.count(".") == 2 for line in lines)


@pytest.mark.parametrize("arguments", [["no-such-command"], ["serve", "--port", "70000"], ["token"]])
def test_wrong_usage_is_no_success(tmp_path: Path, arguments: list[str]) -> None:
    result = bilten(tmp_path, *arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_bad_settings_are_named_by_their_variables(tmp_path: Path) -> None:
    result = bilten(tmp_path, "serve", BILTEN_PORT="eight", BILTEN_LOG_LEVEL="LOUD")
    assert result.returncode == 1
    assert "BILTEN_PORT" in result.stderr
    assert "BILTEN_LOG_LEVEL" in result.stderr
    assert all(line.endswith("[SETTINGS_ARE_INVALID]") for line in result.stderr.splitlines())


def test_production_refuses_to_start_on_defaults(tmp_path: Path) -> None:
    result = bilten(tmp_path, "serve", BILTEN_ENV="production")
    assert result.returncode == 1
    assert "BILTEN_DATABASE_URL" in result.stderr
    assert not (tmp_path / "lock").exists()


def test_migrate_brings_an_embedded_database_up_to_date(tmp_path: Path) -> None:
    first = bilten(tmp_path / "home", "migrate")
    assert first.returncode == 0, first.stderr
    assert first.stdout.split()
    again = bilten(tmp_path / "home", "migrate")
    assert again.returncode == 0, again.stderr
    assert not again.stdout


def test_demo_data_is_refused_in_production(tmp_path: Path) -> None:
    variables = {
        "BILTEN_ENV": "production",
        "BILTEN_DATABASE_URL": "postgresql://database/bilten",
        "BILTEN_REDIS_URL": "redis://redis",
        "BILTEN_SECRET": "s" * 32,
        "BILTEN_PUBLIC_URL": "https://events.example",
        "BILTEN_SMTP_URL": "none",
        "BILTEN_JWKS_URL": "https://issuer.example/keys",
        "BILTEN_JWT_ISSUER": "https://issuer.example",
        "BILTEN_JWT_AUDIENCE": "bilten",
    }
    result = bilten(tmp_path, "seed", **variables)
    assert result.returncode == 1
    assert "[DEMO_IS_FOR_DEVELOPMENT]" in result.stderr


def test_a_stale_schema_file_is_no_success(tmp_path: Path) -> None:
    assert bilten(tmp_path, "schema", "--check").returncode == 0
    printed = bilten(tmp_path, "schema").stdout
    assert printed == (ROOT / "schema" / "schema.graphql").read_text(encoding="utf-8")
