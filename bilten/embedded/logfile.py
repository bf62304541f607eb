"""The log of one embedded service: a file that never grows without bound and remembers where this start began."""

import shutil
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 10_000_000


class LogFile:
    """A log that a child process writes by itself, with one older copy beside it.

    The child appends, so that the file can be copied and emptied under it; the few lines of that instant may be lost.
    That needs no process of its own, unlike PostgreSQL's collector, which outlives the server by a moment.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._start = 0

    def open(self) -> BinaryIO:
        """The file for the child's output; raises OSError."""
        self.shorten()
        output = self.path.open("ab")
        self._start = output.tell()
        return output

    def shorten(self) -> None:
        """Begin the file anew when it has become long."""
        with suppress(OSError):
            if self.path.stat().st_size > MOST_BYTES:
                shutil.copyfile(self.path, self.path.with_name(f"{self.path.name}.1"))
                with self.path.open("r+b") as file:
                    file.truncate(0)
                self._start = 0

    def since_start(self) -> str:
        """What the child has written since it was started, at most the last 64 KiB."""
        with suppress(OSError):
            size = self.path.stat().st_size
            with self.path.open("rb") as file:
                file.seek(max(self._start, size - 65_536))
                return file.read().decode("utf-8", "replace")
        return ""
