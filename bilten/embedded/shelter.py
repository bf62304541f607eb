"""What root prepares so that an ordinary account can run PostgreSQL: a folder and programs within its reach."""

import hashlib
import os
import shutil
import signal
import subprocess
from pathlib import Path

from bilten.embedded.errors import RootIsRefused
from bilten.embedded.home import make_folder
from bilten.embedded.processes import Identity, launcher_command

SHELTERS = Path("/var/lib/bilten")
"""Where root keeps what an account cannot reach under a home, such as one inside root's own folder."""


def shelter_folder(folder: Path, identity: Identity) -> None:
    """Make `folder` (a service's, inside a home) the account's, or a link to a folder that is.

    What root had run there before, when the kernel still let it, is handed over with its data.
    """
    if not _can_enter(folder.parent, identity) and not folder.is_symlink():
        digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
        shelter = make_folder(make_folder(SHELTERS, mode=0o711) / digest, mode=0o711) / folder.name
        if folder.exists():
            shutil.move(folder, shelter)
        else:
            make_folder(shelter)
        folder.symlink_to(shelter, target_is_directory=True)
    make_folder(folder.resolve())
    if folder.stat().st_uid != identity.uid or _belongs_to_root(folder / "data"):
        _hand_over(folder.resolve(), identity)


def shelter_programs(binaries: Path, identity: Identity, *, release: str) -> Path:
    """`binaries`, or a copy of that folder (and of the libraries beside its package) that the account can run."""
    if _runs(binaries, identity):
        return binaries
    package = binaries.parent.parent
    copy = make_folder(SHELTERS, mode=0o711) / f"programs-{release}"
    copied = copy / binaries.relative_to(package.parent)
    if not _runs(copied, identity):
        draft = copy.with_name(f"{copy.name}.{os.getpid()}")
        for part in (binaries.parent, *package.parent.glob(f"{package.name}.libs")):
            shutil.copytree(part, draft / part.relative_to(package.parent), symlinks=True)
        shutil.rmtree(copy, ignore_errors=True)
        draft.rename(copy)
    if not _runs(copied, identity):
        message = (
            f"PostgreSQL does not run as root, and no other account can run it from {copied}: use an ordinary user"
        )
        raise RootIsRefused(message)
    return copied


def _hand_over(folder: Path, identity: Identity) -> None:
    for root, folders, files in os.walk(folder):
        for name in (".", *folders, *files):
            os.chown(Path(root) / name, identity.uid, identity.gid, follow_symlinks=False)


def _belongs_to_root(path: Path) -> bool:
    return path.exists() and path.stat().st_uid == 0


def _can_enter(folder: Path, identity: Identity) -> bool:
    return _succeeds(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], identity)


def _runs(binaries: Path, identity: Identity) -> bool:
    """Whether the account can run both programs; they need different libraries."""
    return all(_succeeds([str(binaries / name), "--version"], identity) for name in ("postgres", "initdb"))


def _succeeds(command: list[str], identity: Identity) -> bool:
    full = launcher_command(identity, command, death_signal=signal.SIGKILL)
    return subprocess.run(full, check=False, capture_output=True).returncode == 0
