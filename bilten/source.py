"""Where ids and ticket codes come from."""

import secrets
from uuid import UUID

from uuid_utils.compat import uuid7

# Crockford's base 32: no letter that reads like a digit, none that makes words by accident.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUP = 5
_BITS = 5
_LETTER = 2**_BITS - 1
_PLACES = range(0, _BITS * 2 * _GROUP, _BITS)


class RandomSource:
    """The process's source of ids and secrets."""

    def new_id(self) -> UUID:
        """A UUIDv7: later ids sort after earlier ones, so indexes grow at their end."""
        return uuid7()

    def new_ticket_code(self) -> str:
        """Fifty random bits in two groups, such as 7KQ2M-9XH0T."""
        bits = secrets.randbits(_BITS * 2 * _GROUP)
        letters = "".join([_ALPHABET[bits >> place & _LETTER] for place in _PLACES])
        return f"{letters[:_GROUP]}-{letters[_GROUP:]}"
