"""Values of scalars for random documents."""

from random import Random
from typing import Any

COUNTS = {"first", "count", "limit", "times"}
VALUES: dict[str, tuple[Any, ...]] = {
    "Int": (0, 1, 2, 3, 7, -1, 2**31 - 1),
    "Float": (0, 1, -2.5, 1e300),
    "Boolean": (True, False),
    "Even": (0, 2, 4, 6),
    "DateTime": ("2026-11-23T12:00:00+00:00", "2026-11-23T12:00:00", "2026-11-23T12:00:00.000001Z"),
    "ID": ("1", "2", "a b", 3),
    "String": ("", "text", "ž \U0001f642", 'quote " and \\ and\nline', "1"),
}


def supply(random: Random, scalar: str, where: str) -> Any:
    """A value of one of the torture schemas' scalars; for places that say how much, a small one."""
    return random.randint(0, 4) if where.rpartition(".")[2] in COUNTS else random.choice(VALUES[scalar])
