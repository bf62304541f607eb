"""Folders for homes under test."""

import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def passable_folder() -> Generator[Path]:
    """A short new folder that other accounts may pass through, unlike pytest's own.

    Root in a container has to run PostgreSQL as another account, which would otherwise be given a folder outside.
    """
    folder = Path(tempfile.mkdtemp(prefix="bilten-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        # Where root may not run PostgreSQL inside, a service's folder is a link to one that has to go as well.
        for link in folder.rglob("postgres"):
            if link.is_symlink():
                shutil.rmtree(link.resolve().parent, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
