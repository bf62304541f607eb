"""Homes with a large data set: made once by `bilten seed`, kept where they are asked for, else gone at the end."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from bilten.embedded.cluster import data_folder

ROOT = Path(__file__).parent.parent
SEED_SECONDS = 1_800
_MARK = "seeded"


@contextmanager
def seeded_home(kept: Path | None, *, events: int, registrations: int) -> Generator[Path]:
    """A home whose database holds so much. One that was kept has to be of the same size."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        _fill(kept.resolve(), events, registrations)
        yield kept.resolve()
        return
    with passing_home() as home:
        home.mkdir(mode=0o711)
        _fill(home, events, registrations)
        yield home


@contextmanager
def passing_home() -> Generator[Path]:
    """Where a home may be made; at the end it is gone, with the data that root keeps elsewhere."""
    # Short, because sockets lie in it; others may pass through, because root runs PostgreSQL as another account.
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    folder.chmod(0o711)
    try:
        yield folder / "home"
    finally:
        for link in folder.rglob("postgres"):
            if link.is_symlink():
                shutil.rmtree(link.resolve().parent, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)


def _fill(home: Path, events: int, registrations: int) -> None:
    size = f"{events} events, {registrations} registrations"
    mark = home / _MARK
    if mark.exists():
        if mark.read_text(encoding="utf-8") != size:
            message = f"{home} holds {mark.read_text(encoding='utf-8')}: name another folder, or ask for these"
            raise SystemExit(message)
        return
    if data_folder(home).exists():
        message = f"{home} holds a database of another kind: name another folder"
        raise SystemExit(message)
    command = [sys.executable, "-m", "bilten", "seed", "--events", str(events), "--registrations", str(registrations)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BILTEN_")}
    subprocess.run(  # noqa: S603 - our own words
        command, cwd=ROOT, env={**environment, "BILTEN_HOME": str(home)}, timeout=SEED_SECONDS, check=True
    )
    mark.write_text(size, encoding="utf-8")


def postmaster(home: Path) -> int:
    """The process id of the PostgreSQL that runs in a home."""
    return int((data_folder(home) / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])
