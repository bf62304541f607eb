"""Mail that is kept instead of sent, in a Maildir, for development: the newest messages, to be looked at."""

import asyncio
import mailbox
import threading
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default
from pathlib import Path

MOST = 500


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A message with the key that it is found under."""

    key: str
    message: EmailMessage


class KeptMail:
    """A Maildir that other programs can read as well. One process writes; any may read."""

    def __init__(self, folder: Path, *, most: int = MOST) -> None:
        self._folder = folder
        self._most = most
        self._lock = threading.Lock()

    async def hand_over(self, message: EmailMessage) -> None:
        """Keep the message, and let the oldest go when there are too many."""
        await asyncio.to_thread(self._add, message.as_bytes(policy=SMTP))

    async def rest(self) -> None:
        """Nothing is kept open."""

    def newest(self, count: int) -> list[KeptMessage]:
        """Messages from the newest on; reads files."""
        box = self._box()
        keys = sorted(box.keys(), key=_age, reverse=True)[:count]
        return [kept for key in keys if (kept := self._read(box, key)) is not None]

    def count(self) -> int:
        """How many there are."""
        return len(self._box())

    def get(self, key: str) -> KeptMessage | None:
        """One message; nothing when there is none under the key. Reads files."""
        box = self._box()
        # Only keys that the folder lists are looked up: a key is part of a path.
        return self._read(box, key) if key in set(box.keys()) else None

    def _add(self, content: bytes) -> None:
        with self._lock:
            box = self._box()
            box.add(content)
            for key in sorted(box.keys(), key=_age)[: -self._most]:
                box.discard(key)

    def _box(self) -> "mailbox.Maildir":
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        return mailbox.Maildir(self._folder, create=True)

    def _read(self, box: "mailbox.Maildir", key: str) -> KeptMessage | None:
        try:
            content = box.get_bytes(key)
        except (KeyError, FileNotFoundError):
            # The writer has let it go meanwhile.
            return None
        message = message_from_bytes(content, policy=default)
        return KeptMessage(key, message) if isinstance(message, EmailMessage) else None


def _age(key: str) -> tuple[list[int], str]:
    """Sorts keys by time: they begin with seconds, then `M` and microseconds, and `Q` and a running number."""
    seconds, _, rest = key.partition(".")
    digits = "".join(char if char.isdigit() else " " for char in rest.partition(".")[0]).split()
    return [int(seconds) if seconds.isdigit() else 0, *map(int, digits[:1]), *map(int, digits[2:3])], key
