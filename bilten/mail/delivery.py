"""Handing messages over: what every way of doing it promises."""

from email.message import EmailMessage
from typing import Protocol


class NotHandedOver(Exception):
    """The message was not taken.

    `reason` is made of codes and holds no address. `final` means that trying again is of no use.
    """

    def __init__(self, reason: str, *, final: bool = False) -> None:
        self.reason = reason
        self.final = final
        super().__init__(reason)


class Delivery(Protocol):
    """A way for messages to leave."""

    async def hand_over(self, message: EmailMessage) -> None:
        """Return once the message is somebody else's to deliver. Raises `NotHandedOver`."""
        ...

    async def rest(self) -> None:
        """Nothing is waiting: give back what was kept open for the next message."""
        ...
