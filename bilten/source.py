"""Where ids and ticket codes come from."""

import secrets
from uuid import UUID

from uuid_utils.compat import uuid7

# Crockford's base 32: no letter that reads like a digit, none that makes words by accident.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUP = 5


class RandomSource:
    """The process's source of ids and secrets."""

    def new_id(self) -> UUID:
        """A UUIDv7: later ids sort after earlier ones, so indexes grow at their end."""
        return uuid7()

    def new_ticket_code(self) -> str:
        """Fifty random bits in two groups, such as 7KQ2M-9XH0T."""
        groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(2))
        return "-".join(groups)
