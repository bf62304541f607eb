"""Finding the files that an import is given, and reading their bytes so that a change in the middle is noticed."""

import codecs
import os
import stat
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bilten.failures import CommandFailed
from domain.imports.rows import Code, ReaderFailed

CHUNK = 64 * 1024
_FOREIGN = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16", codecs.BOM_UTF32_BE: "UTF-32"}


class PathIsMissing(CommandFailed):
    """There is nothing at the path."""

    code = "PATH_IS_MISSING"


class NothingToImport(CommandFailed):
    """The folders that were named hold no file to import."""

    code = "NOTHING_TO_IMPORT"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file, and the name that results call it by: relative to the folder that was named."""

    name: str
    path: Path


def find_files(paths: Iterable[Path], suffix: str) -> list[FoundFile]:
    """Every file that the paths name, those of a folder by their ending, sorted by name and each once.

    Links to files are followed; links to folders are only when they are named themselves, so that none leads in a
    circle. Raises `PathIsMissing` and `NothingToImport`.
    """
    found: dict[str, FoundFile] = {}
    named = list(paths)
    for path in named:
        if not path.exists():
            message = f"there is nothing at {path}"
            raise PathIsMissing(message)
        for file in _files_of(path, suffix):
            found.setdefault(os.path.realpath(file.path), file)
    if not found:
        message = f"no file that ends in {suffix} in {', '.join(map(str, named))}"
        raise NothingToImport(message)
    return sorted(found.values(), key=lambda file: file.name)


def _files_of(path: Path, suffix: str) -> Iterator[FoundFile]:
    if not path.is_dir():
        # Years are folders: the same topic of another year must not look like the same file.
        yield FoundFile(f"{path.absolute().parent.name}/{path.name}", path)
        return
    # A folder of files is a year of its own; a folder of folders holds years.
    base = path.absolute().parent if _has_files(path, suffix) else path.absolute()
    for folder, folders, names in os.walk(path.absolute()):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.endswith(suffix) and not name.startswith("."):
                file = Path(folder) / name
                yield FoundFile(file.relative_to(base).as_posix(), file)


def _has_files(folder: Path, suffix: str) -> bool:
    return any(child.name.endswith(suffix) and not child.is_dir() for child in folder.iterdir())


@contextmanager
def opened(path: Path) -> Generator[BinaryIO]:
    """The file's bytes. Raises `ReaderFailed` when it cannot be read, or is another after the block than before."""
    try:
        # Opening a pipe would wait for somebody who writes into it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            before = os.fstat(file.fileno())
            if not stat.S_ISREG(before.st_mode):
                raise ReaderFailed(Code.FILE_UNREADABLE, "This is not a regular file.")
            yield file
            after = os.fstat(file.fileno())
            # The name may lead to another file by now, and then nobody knows which of the two was meant.
            current = path.stat()
    except OSError as error:
        raise ReaderFailed(Code.FILE_UNREADABLE, f"The file cannot be read: {error.strerror}.") from error
    if not _mark(before) == _mark(after) == _mark(current):
        raise ReaderFailed(Code.FILE_CHANGED, "The file changed while it was read: import it again.")


def _mark(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def decoded(file: BinaryIO) -> Iterator[str]:
    """The text of a file in UTF-8, with or without a byte order mark, piece by piece. Raises `ReaderFailed`."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    position = 0
    while True:
        chunk = file.read(CHUNK)
        if position == 0:
            for mark, name in _FOREIGN.items():
                if chunk.startswith(mark):
                    message = f"The file is in {name}: save it as UTF-8."
                    raise ReaderFailed(Code.ENCODING_NOT_UTF8, message)
            position, chunk = (3, chunk[3:]) if chunk.startswith(codecs.BOM_UTF8) else (position, chunk)
        waiting = len(decoder.getstate()[0])
        try:
            text = decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            place = position - waiting + error.start
            message = f"Byte {place} is not UTF-8: save the file as UTF-8."
            raise ReaderFailed(Code.ENCODING_NOT_UTF8, message) from None
        position += len(chunk)
        if not chunk:
            return
        yield text
