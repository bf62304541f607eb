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
        shutil.rmtree(folder, ignore_errors=True)
