"""The folder of the embedded services: who holds it, what lies where in it, and where its sockets fit."""

import fcntl
import hashlib
import os
import re
import socket
import stat
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from bilten.embedded.errors import HomeIsBusy, HomeIsUnusable, explain_os_error

LONGEST_SOCKET_NAME = ".s.PGSQL.5432.probe"
"""As long as any socket name that the services use, with a little to spare."""


PLAIN_PATH = re.compile(r"[A-Za-z0-9_./+=@~-]+")


@contextmanager
def locked_home(path: Path, *, mode: int = 0o700) -> Generator[Path]:
    """Create `path` if needed and hold it alone until the end of the block.

    The lock is the kernel's (flock), so it is gone with its holder however that ends; the file stays, because
    removing it would let two processes hold two different files. Raises `HomeIsBusy` or `HomeIsUnusable`.
    """
    try:
        make_folder(path, mode=mode)
        descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise explain_os_error(error, path) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode("ascii", "replace").strip()
            message = f"{path} is in use by process {holder or 'of another Bilten'}: stop it, or set BILTEN_HOME"
            raise HomeIsBusy(message) from None
        except OSError as error:
            raise explain_os_error(error, path) from error
        os.ftruncate(descriptor, 0)
        with suppress(OSError):  # The pid is for people; a full disk must be reported where it matters.
            os.write(descriptor, f"{os.getpid()}\n".encode("ascii"))
        yield path
    finally:
        os.close(descriptor)


def make_folder(path: Path, *, mode: int = 0o700, owner: tuple[int, int] | None = None) -> Path:
    """Create `path` with exactly `mode` if it is absent; a folder that exists keeps its mode and owner."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        path.mkdir()
    except FileExistsError:
        return path
    path.chmod(mode)
    if owner is not None:
        os.chown(path, *owner)
    return path


def socket_folder(preferred: Path, *, owner: tuple[int, int] | None = None) -> Path:
    """A folder for unix sockets: `preferred`, or a short private one where the path is too long for a socket.

    A socket path holds about 100 bytes, and some mounted file systems take no sockets at all, so it is tried. A path
    with unusual characters is not: some clients split or decode it.
    The short folder is named after `preferred`: the next start finds what a killed one left behind.
    """
    make_folder(preferred, owner=owner)
    if PLAIN_PATH.fullmatch(str(preferred)) and _takes_sockets(preferred):
        return preferred
    digest = hashlib.sha256(os.fsencode(preferred)).hexdigest()[:16]
    for parent in _runtime_parents():
        short = parent / f"bilten-{os.geteuid()}-{digest}"
        with suppress(OSError):
            make_folder(short, owner=owner)
            if _is_private(short, owner) and _takes_sockets(short):
                return short
    message = (
        f"no folder for sockets: {preferred} is too deep and no private folder could be made in {tempfile.gettempdir()}"
    )
    raise HomeIsUnusable(message)


def discard_socket_folder(folder: Path, home: Path) -> None:
    """Remove a short folder that `socket_folder` made outside `home`, once nothing is left in it."""
    if not folder.is_relative_to(home.resolve()):
        with suppress(OSError):
            folder.rmdir()


def _runtime_parents() -> list[Path]:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    candidates = [Path(runtime)] if runtime and Path(runtime).is_dir() else []
    return [*candidates, Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 (the folder inside is private)


def _is_private(folder: Path, owner: tuple[int, int] | None) -> bool:
    """Whether nobody else made or may enter the folder: another user may have guessed its name."""
    status = folder.lstat()
    expected = owner[0] if owner else os.geteuid()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == expected and stat.S_IMODE(status.st_mode) == 0o700


def _takes_sockets(folder: Path) -> bool:
    path = folder / LONGEST_SOCKET_NAME
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, suppress(OSError):
        path.unlink(missing_ok=True)
        probe.bind(str(path))
        path.unlink()
        return True
    return False
