"""Servers under measurement: started, waited for, their processor time and memory read from /proc, and ended.

Only what was started here is ever signalled, and it ends with this process however that ends.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from bilten.embedded.processes import Identity, launcher_command

START_SECONDS, STOP_SECONDS = 120.0, 20.0
_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


def _stat(pid: int) -> list[str]:
    return (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()


def tree(root: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for path in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError):
            children.setdefault(int(_stat(int(path.name))[1]), []).append(int(path.name))
    found, pending = [root], [root]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return found


def cpu_seconds(root: int) -> float:
    """Processor time of a tree, user and system, with that of its children that have ended."""
    ticks = 0
    for pid in tree(root):
        with contextlib.suppress(OSError):
            ticks += sum(map(int, _stat(pid)[11:15]))
    return ticks / _TICKS


def memory_mib(root: int) -> float:
    """Memory of a tree in MiB; what several of its processes share counts once, where the kernel tells."""
    kib = 0
    for pid in tree(root):
        with contextlib.suppress(OSError):
            for file, name in (("smaps_rollup", "Pss"), ("status", "VmRSS")):
                with contextlib.suppress(PermissionError):
                    text = (_PROC / str(pid) / file).read_text(encoding="utf-8", errors="replace")
                    found = re.search(rf"^{name}:\s+(\d+)", text, re.MULTILINE)
                    kib += int(found[1]) if found else 0
                    break
    return kib / 1024


def settle(*roots: int, limit: float = 5.0) -> None:
    """Wait until the trees are idle: a load that ends leaves requests behind that are still being served."""
    deadline = time.monotonic() + limit
    while time.monotonic() < deadline:
        before = sum(map(cpu_seconds, roots))
        time.sleep(0.2)
        if sum(map(cpu_seconds, roots)) - before <= 0.02:
            return


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def running(
    command: Sequence[str], *, port: int, environment: Mapping[str, str], folder: Path, log: Path
) -> Generator[int]:
    """A server from when it listens until the block ends; gives its process id."""
    words = launcher_command(Identity(), command, death_signal=signal.SIGTERM)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own words
            words,
            env={**os.environ, **environment},
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_listening(process, port, log)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_listening(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    message = f"a server did not start:\n{log.read_text(encoding='utf-8', errors='replace')[-2_000:]}"
    raise SystemExit(message)
