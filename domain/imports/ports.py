"""What imports need of storage, as a protocol: `db/imports.py` fulfils it."""

from collections.abc import Collection, Sequence
from typing import Protocol

from domain.events import Event
from domain.ids import EventId, OrganizationId
from domain.imports.decisions import Arrival, Link, LinkKind, Revision
from domain.imports.jobs import ImportJob
from domain.imports.rows import RowResult
from domain.organizations import Organization
from domain.venues import Venue


class ImportRepository(Protocol):
    """What imports need: many rows at once, and the links from a source's keys to what they became."""

    async def alone(self, source: str) -> None:
        """Wait until no other transaction writes for the source, and keep others waiting until the end of this one."""
        ...

    async def links(self, source: str, kind: LinkKind, keys: Collection[str]) -> dict[str, Link]:
        """The links that exist, by key."""
        ...

    async def save_links(self, links: Sequence[Link]) -> None:
        """Store new links, and what a source says now under the old ones."""
        ...

    async def taken_slugs(self, slugs: Collection[str]) -> set[str]:
        """Which of the slugs organizations have."""
        ...

    async def lock_organizations(self, organization_ids: Collection[OrganizationId]) -> None:
        """Lock organizations in id order, as far as new venues and journal lines need it."""
        ...

    async def events_for_update(self, event_ids: Collection[EventId]) -> dict[EventId, Event]:
        """Lock the heads in id order and read the events."""
        ...

    async def insert_organizations(self, organizations: Sequence[Organization]) -> None:
        """Store new organizations."""
        ...

    async def insert_venues(self, venues: Sequence[Venue]) -> None:
        """Store new venues."""
        ...

    async def insert_events(self, arrivals: Sequence[Arrival]) -> None:
        """Store new events with their heads and pools."""
        ...

    async def save_events(self, revisions: Sequence[Revision]) -> None:
        """Write what differs, the heads included."""
        ...

    async def open_imports(self, organization_id: OrganizationId) -> int:
        """How many imports of the organization wait or run."""
        ...

    async def insert_import(self, job: ImportJob) -> None:
        """Store a new import."""
        ...

    async def save_import(self, before: ImportJob, after: ImportJob) -> bool:
        """Write what differs; False, and nothing written, when another process has taken the import over."""
        ...

    async def insert_results(self, job: ImportJob, results: Sequence[RowResult]) -> None:
        """Store what came of rows, behind the results that the import counts already."""
        ...
