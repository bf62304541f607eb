"""Checks of the home folder: whether it is needed, ours to write, private, large enough, and on a disk of its own."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bilten.config import Settings
from bilten.doctor.findings import Finding, ok, problem, warning
from bilten.embedded.home import LONGEST_SOCKET_NAME, PLAIN_PATH

LITTLE_SPACE = 100 * 2**20
SOME_SPACE = 2**30
LONGEST_SOCKET_PATH = 104
"""Bytes of a socket's path that every system takes; Linux takes four more."""
SHARED_FILE_SYSTEMS = frozenset({"9p", "cifs", "fuse.sshfs", "nfs", "nfs4", "smb3", "smbfs", "vboxsf", "virtiofs"})


def home_findings(settings: Settings) -> Iterator[Finding]:
    """What the home is like; it is not made when it is absent."""
    home = settings.resolved_home
    if not needs_home(settings):
        yield ok("home", "not needed: every service and secret is named")
        return
    there = _nearest(home)
    refusal = _refusal(there)
    if refusal:
        yield problem("home", f"{home} cannot be used: {refusal}", "BILTEN_HOME=a folder that you may write")
        return
    if there != home:
        yield ok("home", f"{home} is made at the first start")
    else:
        yield _privacy(home)
    yield _space(there)
    if settings.database_url is None or settings.redis_url is None:
        yield from _sockets(home)
        kind = _file_system(there)
        if kind in SHARED_FILE_SYSTEMS:
            yield warning(
                "home",
                f"{home} lies on {kind}, where locks and writes may not hold what PostgreSQL expects",
                "BILTEN_HOME=a folder on a local disk",
            )


def needs_home(settings: Settings) -> bool:
    """Whether anything is kept under the home: a service, the local key, or the secret of invitations."""
    named = (settings.database_url, settings.redis_url, settings.jwks_url, settings.secret)
    return any(value is None for value in named)


def _nearest(path: Path) -> Path:
    """The folder itself, or the one above it that exists."""
    for candidate in (path, *path.parents):
        if os.path.lexists(candidate):
            return candidate
    return path


def _refusal(folder: Path) -> str | None:
    """Why nothing can be written there: tried, because permissions alone do not say it."""
    if not folder.is_dir():
        return f"{folder} is not a folder"
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=".bilten-doctor-"):
            return None
    except OSError as error:
        return error.strerror or str(error)


def _privacy(home: Path) -> Finding:
    # 0711 is as it should be where another account runs PostgreSQL for root and has to pass through.
    if stat.S_IMODE(home.stat().st_mode) & 0o066:
        return warning("home", f"others may look into {home}", f"chmod go-rw {home}")
    return ok("home", f"{home} is ours to write, and others cannot list it")


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    found = f"{free / 2**30:,.1f} GiB free for {folder}"
    if free < LITTLE_SPACE:
        return problem("disk", found, "free some space, or BILTEN_HOME=a folder on a larger disk")
    if free < SOME_SPACE:
        return warning("disk", found, "free some space before PostgreSQL stops for want of it")
    return ok("disk", found)


def _sockets(home: Path) -> Iterator[Finding]:
    path = os.fsencode(home / "postgres" / "run" / LONGEST_SOCKET_NAME)
    if len(path) > LONGEST_SOCKET_PATH or not PLAIN_PATH.fullmatch(str(home)):
        folder = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
        yield ok("sockets", f"the path of the home does not fit a socket, so they lie in a private folder of {folder}")


def _file_system(folder: Path) -> str | None:
    """The kind of file system, where the kernel lists them."""
    best, kind = "", None
    try:
        lines = Path("/proc/self/mounts").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    for line in lines:
        words = line.split(" ")
        # The kernel writes spaces in paths in octal.
        mounted = words[1].replace("\\040", " ")
        if folder.is_relative_to(mounted) and len(mounted) >= len(best):
            best, kind = mounted, words[2]
    return kind
