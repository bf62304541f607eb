"""Numbers of several workers: they add up, outlive whoever counted them, and leave nothing behind."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bilten.metrics_files import FOLDER_VARIABLE, retire, shared_folder
from tests.bilten.exposition import value

ROOT = Path(__file__).parents[2]
WORKER = """
import sys
from bilten.metrics import Metrics
from db.database import PoolCounts
metrics = Metrics()
for _ in range(int(sys.argv[1])):
    metrics.operation("Discover", "query", "ok", 0.02, 4)
metrics.connections(PoolCounts(idle=2, used=1, most=10))
sys.stdout.write(metrics.render({}).decode())
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    with shared_folder() as path:
        yield path


def work(folder: Path, count: int) -> tuple[int, str]:
    """The process id of a worker that has counted and ended, and the page that it rendered."""
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER, str(count)],
        cwd=ROOT,
        env={FOLDER_VARIABLE: str(folder), "PATH": ""},
        stdout=subprocess.PIPE,
        text=True,
    )
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return process.pid, text


def test_workers_add_up_and_what_one_counted_outlives_it(folder: Path) -> None:
    labels = {"operation": "Discover", "kind": "query", "outcome": "ok"}
    first, _ = work(folder, 2)
    second, text = work(folder, 3)

    assert value(text, "bilten_operations_total", labels) == 5
    assert value(text, "bilten_workers") == 2
    assert value(text, "bilten_database_connections", {"state": "idle"}) == 4

    for pid in (first, second):
        retire(folder, pid, died=True)

    _, text = work(folder, 1)
    duration = {"operation": "Discover", "kind": "query"}
    assert value(text, "bilten_operations_total", labels) == 6
    assert value(text, "bilten_operation_duration_seconds_count", duration) == 6
    assert value(text, "bilten_operation_duration_seconds_bucket", {**duration, "le": "0.025"}) == 6
    assert value(text, "bilten_workers") == 1
    assert value(text, "bilten_database_connections", {"state": "idle"}) == 2
    assert value(text, "bilten_worker_deaths_total") == 2


def test_files_of_workers_that_ended_take_no_more_room_with_each(folder: Path) -> None:
    retire(folder, work(folder, 1)[0], died=True)
    before = sorted(path.name for path in folder.iterdir())

    for _ in range(2):
        retire(folder, work(folder, 1)[0], died=True)

    assert sorted(path.name for path in folder.iterdir()) == before


def test_damaged_file_of_a_killed_worker_costs_its_own_numbers_only(folder: Path) -> None:
    pid, _ = work(folder, 2)
    file = folder / f"counter_{pid}.db"
    file.write_bytes(file.read_bytes()[:20] + b"\xff" * 40)

    retire(folder, pid, died=True)

    _, text = work(folder, 1)
    assert value(text, "bilten_worker_deaths_total") == 1
    assert not file.exists()


def test_folder_of_a_killed_server_is_removed_and_that_of_a_running_one_is_not(folder: Path) -> None:
    left = folder.with_name(f"{folder.name}-left")
    left.mkdir()
    (left / "counter_1.db").touch()
    for path in (folder, left):
        os.utime(path, (0, 0))

    with shared_folder() as other:
        assert other != folder

    assert (folder.exists(), left.exists(), other.exists()) == (True, False, False)
