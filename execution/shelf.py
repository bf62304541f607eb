"""A cache bounded by bytes instead of entries: the least recently used goes when the room is spent."""

from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Shelf(Generic[Value]):
    """Values by key. `capacity` and `used` are bytes, as whoever puts something here counts them."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.used = 0
        self._held: OrderedDict[str, tuple[Value, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, key: object) -> bool:
        return key in self._held

    def get(self, key: str) -> Value | None:
        """The value, which is now the most recently used."""
        found = self._held.get(key)
        if found is None:
            return None
        self._held.move_to_end(key)
        return found[0]

    def put(self, key: str, value: Value, size: int) -> list[Value]:
        """Keep a value and return those that had to go for it; one larger than everything goes alone."""
        self.pop(key)
        if size > self.capacity:
            return [value]
        self._held[key] = value, size
        self.used += size
        gone: list[Value] = []
        while self.used > self.capacity:
            _, (oldest, freed) = self._held.popitem(last=False)
            self.used -= freed
            gone.append(oldest)
        return gone

    def pop(self, key: str) -> Value | None:
        """Take a value off the shelf."""
        found = self._held.pop(key, None)
        if found is None:
            return None
        self.used -= found[1]
        return found[0]
