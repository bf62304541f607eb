"""Ids and ticket codes of a large data set: as the application makes them, but the same in every run."""

import random
from binascii import hexlify
from uuid import UUID

from db.seed.volume.wire import EPOCH

_UNIX = int(EPOCH.timestamp()) * 1_000_000
_LOW = (1 << 62) - 1
_TAIL = (1 << 32) - 1
_CODES = (1 << 50) - 1
_ALPHABET = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PAIRS = [bytes((a, b)) for a in _ALPHABET for b in _ALPHABET]
_TRIPLES = [pair + bytes((letter,)) for pair in _PAIRS for letter in _ALPHABET]


class Ids:
    """Makes UUIDs of version 7 for moments in microseconds since the epoch: later ids sort after earlier ones."""

    def __init__(self, chance: random.Random) -> None:
        self._bits = chance.getrandbits

    def raw(self, at: int) -> bytes:
        """The sixteen bytes of a new id."""
        bits = self._bits(74)
        high = ((at + _UNIX) // 1000 << 16) | 0x7000 | bits >> 62
        return (high << 64 | 1 << 63 | bits & _LOW).to_bytes(16, "big")

    def new(self, at: int) -> UUID:
        """A new id."""
        return UUID(bytes=self.raw(at))

    def numbered(self, at: int, number: int) -> UUID:
        """A new id whose last eight digits no other number has: slugs end with them."""
        tail = (number * 0x9E3779B1 + 0x51ED270B) & _TAIL
        return UUID(bytes=self.raw(at)[:12] + tail.to_bytes(4, "big"))


def written(raw: bytes) -> bytes:
    """Sixteen bytes as an id is written."""
    digits = hexlify(raw)
    return b"%b-%b-%b-%b-%b" % (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])


class TicketCodes:
    """Codes of one event. An odd step visits each of 2 ** 50 codes once, so that none comes twice."""

    def __init__(self, chance: random.Random) -> None:
        self._code = chance.getrandbits(50)
        self._step = chance.getrandbits(50) | 1

    def new(self) -> bytes:
        """A code such as 7KQ2M-9XH0T."""
        self._code = code = (self._code + self._step) & _CODES
        return b"%b%b-%b%b" % (
            _TRIPLES[code >> 35],
            _PAIRS[code >> 25 & 1023],
            _TRIPLES[code >> 10 & 32767],
            _PAIRS[code & 1023],
        )
