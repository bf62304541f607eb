"""Rows on their way, in a file on disk: rows of the same thing are brought together without holding all in memory."""

import json
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import cast

from domain.imports.rows import SourceRow


class Spool:
    """Rows by the key of what they tell of. Groups come out in the order of their first rows."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.execute("PRAGMA journal_mode = OFF")
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("CREATE TABLE rows (seq INTEGER PRIMARY KEY, key BLOB, file TEXT, number INT, body TEXT)")

    def add(self, key: str, row: SourceRow) -> None:
        """Keep a row."""
        # JSON escapes what SQLite could not hold, such as lone surrogates; a hash of the key is as good and shorter.
        digest = blake2b(json.dumps(key).encode(), digest_size=16).digest()
        self._connection.execute(
            "INSERT INTO rows (key, file, number, body) VALUES (?, ?, ?, ?)",
            (digest, row.file, row.number, json.dumps(row.values)),
        )

    def mark(self) -> int:
        """Where the spool stands now, for `rewind`."""
        return cast("int", self._connection.execute("SELECT coalesce(max(seq), 0) FROM rows").fetchone()[0])

    def rewind(self, mark: int) -> None:
        """Drop what was added since the mark."""
        self._connection.execute("DELETE FROM rows WHERE seq > ?", (mark,))

    def count(self) -> tuple[int, int]:
        """How many rows and how many groups there are."""
        return cast(
            "tuple[int, int]", self._connection.execute("SELECT count(*), count(DISTINCT key) FROM rows").fetchone()
        )

    def groups(self) -> Iterator[list[SourceRow]]:
        """The rows of each key, in the order in which they were added."""
        self._connection.execute("CREATE INDEX IF NOT EXISTS rows_by_key ON rows (key)")
        cursor = self._connection.execute(
            """
            SELECT first.seq, file, number, body
            FROM (SELECT key, min(seq) AS seq FROM rows GROUP BY key) AS first JOIN rows USING (key)
            ORDER BY first.seq, rows.seq
            """
        )
        for _, group in groupby(cursor, key=itemgetter(0)):
            yield [SourceRow(file, number, json.loads(body)) for _, file, number, body in group]


@contextmanager
def spool(*, shared: bool = False) -> Generator[Spool]:
    """A spool for the length of the block; a shared one may be filled in another thread than it is read in."""
    # Without a name SQLite keeps it in a file that has none either, so that a killed process leaves nothing behind.
    connection = sqlite3.connect("", check_same_thread=not shared)
    try:
        yield Spool(connection)
    finally:
        connection.close()
