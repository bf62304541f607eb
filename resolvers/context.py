"""What every use case gets: who asks, what time it is, and the ports to the outside world."""

from datetime import datetime
from typing import Protocol

from domain.permissions import Viewer
from domain.ports import DenialLog, InvitationLinks, Lanes, Reads, Source, UnitOfWork


class Context(Protocol):
    """One request. `now` stands still for its length; `verified_email` is what the sign-in vouches for."""

    viewer: Viewer
    reads: Reads
    unit_of_work: UnitOfWork
    lanes: Lanes
    source: Source
    links: InvitationLinks
    denials: DenialLog
    now: datetime
    verified_email: str | None

    async def begin(self) -> None:
        """Start a command: forget what was read, and from the second command on ask again who the viewer is."""
        ...

    async def renew(self, *, viewer: bool = False) -> None:
        """Forget what was read so far; with `viewer`, read the viewer's roles again as well."""
        ...
