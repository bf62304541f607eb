"""Groups of rows in batches, and what one batch gets."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from domain.ids import UserId
from domain.imports.rows import SourceRow
from domain.ports import Source, UnitOfWork


@dataclass(slots=True)
class BatchContext:
    """What one batch gets; fulfils `resolvers.imports.ImportContext`."""

    unit_of_work: UnitOfWork
    source: Source
    actor_id: UserId
    now: datetime


def batches(groups: Iterator[list[SourceRow]], size: int) -> Iterator[list[list[SourceRow]]]:
    """The groups, so many at a time."""
    while batch := list(islice(groups, size)):
        yield batch
