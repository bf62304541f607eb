"""The files through which several workers share their numbers: where they lie, and what becomes of a worker that ended.

prometheus-client writes one file for each process and kind of metric, named after the process. The files are memory
that processes share and not something to keep.
"""

import fcntl
import os
import shutil
import struct
import tempfile
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, cast

from prometheus_client import Metric, multiprocess
from prometheus_client.mmap_dict import MmapedDict, mmap_key
from prometheus_client.registry import Collector

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
MEMORY = Path("/dev/shm")  # noqa: S108 (the folder inside is private)
SETTLED_SECONDS = 60.0
_DEATHS = mmap_key("bilten_worker_deaths", "bilten_worker_deaths_total", [], [], "Workers that ended unasked.")
_ENDED = 0
"""Stands for all workers that ended in the names of files; no process has this number."""


class _NumbersFile(Protocol):
    def read_value(self, key: str) -> tuple[float, float]: ...
    def write_value(self, key: str, value: float, timestamp: float) -> None: ...
    def close(self) -> None: ...


# What the library does with files has no types of its own.
_open = cast("Callable[[str], _NumbersFile]", MmapedDict)
_read = cast("Callable[[str], Iterable[tuple[str, float, float, int]]]", MmapedDict.read_all_values_from_file)  # pyright: ignore[reportUnknownMemberType]
_merge = cast("Callable[[list[str]], Iterable[Metric]]", multiprocess.MultiProcessCollector.merge)  # pyright: ignore[reportUnknownMemberType]
_mark_dead = cast("Callable[[int, str], None]", multiprocess.mark_process_dead)  # pyright: ignore[reportUnknownMemberType]


class SharedFiles(Collector):
    """The numbers of all workers together, those that have ended included."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def collect(self) -> Iterable[Metric]:
        """Read everything as it is now."""
        with _locked(self._folder / "lock", fcntl.LOCK_SH):
            # A file is empty for the instant between its creation and its first number.
            files = [str(path) for path in self._folder.glob("*.db") if path.stat().st_size > 0]
            return list(_merge(files))


@contextmanager
def shared_folder() -> Generator[Path]:
    """A private folder for the files of the workers, for the length of the block.

    In memory where the machine offers that: writing to a mapped file on a full disk ends the writer.
    """
    parent = MEMORY if os.access(MEMORY, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())
    prefix = f"bilten-metrics-{os.geteuid()}-"
    _discard_leftovers(parent, prefix)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    try:
        with _locked(folder / "owner", fcntl.LOCK_EX):
            _add(folder / f"counter_{_ENDED}.db", [(_DEATHS, 0.0)])
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def retire(folder: Path, pid: int, *, died: bool) -> None:
    """Keep what a worker counted, forget how it was, and remove its files, so that many deaths take no more room."""
    with _locked(folder / "lock", fcntl.LOCK_EX):
        _mark_dead(pid, str(folder))
        for kind in ("counter", "histogram"):
            path = folder / f"{kind}_{pid}.db"
            # The last number of a killed process may be half written.
            with suppress(FileNotFoundError, RuntimeError, ValueError, struct.error):
                counted = [(key, value) for key, value, _, _ in _read(str(path))]
                _add(folder / f"{kind}_{_ENDED}.db", counted)
            path.unlink(missing_ok=True)
        if died:
            _add(folder / f"counter_{_ENDED}.db", [(_DEATHS, 1.0)])


def _add(path: Path, numbers: Iterable[tuple[str, float]]) -> None:
    file = _open(str(path))
    try:
        for key, number in numbers:
            file.write_value(key, file.read_value(key)[0] + number, 0.0)
    finally:
        file.close()


def _discard_leftovers(parent: Path, prefix: str) -> None:
    """Remove the folders of servers that were killed; the lock of one that runs is the kernel's and still held."""
    for folder in parent.glob(f"{prefix}*"):
        with suppress(OSError):
            # A folder that is being made has no lock yet.
            if time.time() - folder.stat().st_mtime > SETTLED_SECONDS:
                with _locked(folder / "owner", fcntl.LOCK_EX | fcntl.LOCK_NB):
                    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _locked(path: Path, operation: int) -> Generator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, operation)
        yield
    finally:
        os.close(descriptor)
