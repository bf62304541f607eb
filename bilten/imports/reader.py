"""What all formats have in common: a reader turns the bytes of a file into rows, one after the other."""

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from domain.imports.rows import RowResult, SourceRow

ROW_LIMIT = 4 * 1024 * 1024
"""Characters of one row. It bounds the memory that a reader takes, whatever the size of the file."""


class Reader(Protocol):
    """Reads one format."""

    def __call__(self, name: str, file: BinaryIO) -> Iterator[SourceRow | RowResult]:
        """The rows of a file, and a refusal for each that is none. Raises `ReaderFailed` where the file breaks."""
        ...
