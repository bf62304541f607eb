"""A large data set from its first row to its last, in chunks of bounded size; nothing here knows a database."""

import random
from collections.abc import Iterator

from db.seed.volume.happenings import Happenings
from db.seed.volume.houses import House, make_houses
from db.seed.volume.people import Roster, make_people
from db.seed.volume.plan import Volume, make_plan
from db.seed.volume.wire import Batch, Chunk

CHUNK_LINES = 8_000
"""A chunk ends after about as many lines of the journal, which is some eight megabytes."""


def make_chunks(volume: Volume) -> Iterator[Chunk]:
    """All chunks in an order in which every row finds what it refers to; equal volumes make equal bytes."""
    plan = make_plan(volume)
    batch = Batch(CHUNK_LINES)
    roster: Roster | None = None
    for made in make_people(plan, batch):
        if isinstance(made, Roster):
            roster = made
        else:
            yield made
    assert roster is not None  # noqa: S101 - the last thing that is made
    houses: list[House] = []
    for made in make_houses(roster, batch):
        if isinstance(made, House):
            houses.append(made)
        else:
            yield made
    chance = random.Random(f"events {volume.seed}")  # noqa: S311 - wanted: the same again, not a secret
    happenings = Happenings(plan, roster, houses, chance)
    for number in range(volume.events):
        yield from happenings.make(number, batch)
    yield from batch.cut()
