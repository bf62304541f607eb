"""`bilten seed` with sizes, as somebody at a terminal meets it."""

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.folders import passable_folder

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home() -> Generator[Path]:
    with passable_folder() as folder:
        yield folder


def bilten(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BILTEN_")}
    return subprocess.run(
        [sys.executable, "-m", "bilten", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env={**inherited, "BILTEN_HOME": str(home / "home"), "COLUMNS": "200"},
    )


def test_the_command_fills_an_embedded_database_once(home: Path) -> None:
    arguments = ("seed", "--events", "40", "--registrations", "300", "--seed", "5", "--now", "2026-11-23")
    first = bilten(home, *arguments)
    assert first.returncode == 0, first.stderr
    assert "100 %: 40 events, 300 registrations" in first.stderr
    assert "40 events, 300 registrations," in first.stderr.splitlines()[-1]
    again = bilten(home, *arguments)
    assert again.returncode == 1
    [line] = [line for line in again.stderr.splitlines() if "[DATABASE_IS_NOT_EMPTY]" in line]
    assert "40 events" in line


@pytest.mark.parametrize(
    "arguments", [["--registrations", "9"], ["--seed", "2"], ["--events", "0"], ["--events", "1", "--now", "today"]]
)
def test_wrong_sizes_are_no_success(home: Path, arguments: list[str]) -> None:
    result = bilten(home, "seed", *arguments)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert not (home / "home").exists()
