"""Checks of this machine and of what is installed on it: Python, limits, zone data, built pages, keys."""

import platform
import resource
import stat
import sys
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

import tzdata

from bilten.config import Settings
from bilten.doctor.findings import Finding, ok, problem, warning
from bilten.web.built import FOLDER, find_entry
from bilten.web.graphiql import SOURCE

FEW_FILES = 1_024
ENOUGH_FILES = 4_096


def machine_findings(settings: Settings | None) -> Iterator[Finding]:
    """What needs no service; without settings what they do not decide."""
    yield _python()
    yield _open_files(production=settings is not None and settings.production)
    yield _zone_data()
    yield _pages(FOLDER)
    if settings is not None:
        yield from _keys(settings)


def _python() -> Finding:
    version, machine = platform.python_version(), f"{platform.system()} {platform.machine()}"
    found = f"{platform.python_implementation()} {version} on {machine}"
    if sys.implementation.name != "cpython" or sys.version_info[:2] != (3, 11):
        return problem("python", f"{found}, and Bilten is made for CPython 3.11", "make PYTHON=/path/to/python3.11")
    if platform.system() not in {"Linux", "Darwin"}:
        return warning("python", f"{found}, where Bilten is not tried", "run it on Linux, or in a container")
    return ok("python", found)


def _open_files(*, production: bool) -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH_FILES if production else FEW_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return ok("open-files", f"each process may open {'any number of' if soft < 0 else f'{soft:,}'} files")
    found = f"each process may open {soft:,} files, and every client's connection is one"
    reachable = "" if hard == resource.RLIM_INFINITY or hard >= wanted else " (as root: the hard limit is lower, too)"
    return warning("open-files", found, f"LimitNOFILE=65536 in the systemd unit, or ulimit -n 65536{reachable}")


def _zone_data() -> Finding:
    """Which zone data Python reads: that of the system goes before the package's."""
    newest = tzdata.IANA_VERSION
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / "Europe" / "Ljubljana").exists():
            release = _release_of(folder)
            if release is None or release >= newest:
                return ok("zone-data", f"{folder}, {f'release {release}' if release else 'which names no release'}")
            return warning(
                "zone-data",
                f"{folder} has release {release} and goes before the package's {newest}: rules may have changed since",
                "update the system's tzdata, or PYTHONTZPATH= for the package's",
            )
    return ok("zone-data", f"release {newest} of the package tzdata")


def _release_of(folder: Path) -> str | None:
    for name in ("tzdata.zi", "+VERSION"):
        try:
            with (folder / name).open(encoding="ascii", errors="replace") as file:
                first = file.readline()
        except OSError:
            continue
        return first.removeprefix("# version ").strip() or None
    return None


def _pages(folder: Path) -> Finding:
    if find_entry(SOURCE, folder) is not None:
        return ok("pages", f"GraphiQL is built in {folder}")
    return warning("pages", "GraphiQL is not built: its page loads scripts from a CDN", "make web")


def _keys(settings: Settings) -> Iterator[Finding]:
    """Files of secrets that were made once; whether their content is good is a matter of authentication."""
    for name in ("development.pem", "invitations.secret"):
        path = settings.resolved_home / "keys" / name
        try:
            status = path.stat()
        except OSError:
            continue
        if stat.S_IMODE(status.st_mode) & 0o077:
            yield warning("keys", f"others than its owner may read {path}", f"chmod 600 {path}")
        elif status.st_size == 0:
            yield problem("keys", f"{path} is empty", f"rm {path} (a new one is made; what the old one signed is void)")
        else:
            yield ok("keys", f"{path} is its owner's alone")
