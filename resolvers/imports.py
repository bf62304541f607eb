"""Use cases of imports: bringing candidates into organizations, venues and events, one short batch at a time."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from domain import errors
from domain.capacity import Pool
from domain.events import Event
from domain.ids import EventId, ImportId, OrganizationId, PoolId, UserId, VenueId
from domain.imports import decisions, jobs
from domain.imports.candidates import Candidate, Home, Refusal, Spot
from domain.imports.decisions import Arrival, Link, LinkKind, Revision, reasons_of
from domain.imports.jobs import StartImport
from domain.imports.rows import ImportOutcome, Reason, RowResult
from domain.journal import Fact, Json, Stream
from domain.organizations import Organization
from domain.pagination import Page, Window
from domain.permissions import OrganizationAction
from domain.ports import Source, UnitOfWork, Work
from domain.rows import ImportRow, OrganizationRow
from domain.venues import Venue
from resolvers.authorization import authorize, found, organization_for, signed_in
from resolvers.context import Context


class ImportContext(Protocol):
    """One batch: who imports, what time it is, and the ports."""

    unit_of_work: UnitOfWork
    source: Source
    actor_id: UserId
    now: datetime


async def start_import(context: Context, command: StartImport, key: str | None) -> ImportId:
    """Queue an import; a process that has time takes it."""
    actor_id = signed_in(context.viewer)
    await organization_for(context, OrganizationAction.IMPORT_EVENTS, command.organization_id)
    async with context.unit_of_work(command, key=key) as work:
        if work.replayed:
            return await work.commit(ImportId(work.replayed))
        # The organization's lock keeps the count of its imports right.
        found(await work.organizations.get_for_update(command.organization_id))
        open_imports = await work.imports.open_imports(command.organization_id)
        job, fact = jobs.start(
            command,
            import_id=ImportId(context.source.new_id()),
            actor_id=actor_id,
            open_imports=open_imports,
            now=context.now,
        )
        await work.imports.insert_import(job)
        await work.journal.append(Stream.ORGANIZATION, job.organization_id, fact)
        return await work.commit(job.id)


async def list_imports(context: Context, organization: OrganizationRow, window: Window) -> Page[ImportRow]:
    """An organization's imports, newest first. Raises `Forbidden` to outsiders."""
    await authorize(context, OrganizationAction.VIEW_IMPORTS, organization, organization["id"])
    return await context.reads.imports_by_organization_id(organization["id"], window)


Record = Callable[[Work, Sequence[RowResult]], Awaitable[None]]
"""Keeps results with the work that they tell of."""


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """How to import. `source` is the name under which keys are known again."""

    source: str
    publish: bool
    dry_run: bool


async def import_batch(
    context: ImportContext,
    plan: ImportPlan,
    candidates: Sequence[Candidate | Refusal],
    record: Record | None = None,
) -> list[RowResult]:
    """Import a batch in one transaction and say what came of each row; a dry run judges all and writes nothing.
    `record` keeps the results in the same transaction.

    What only PostgreSQL can refuse, such as a slug that somebody takes at this moment, costs one candidate and not
    its batch.
    """
    try:
        async with context.unit_of_work(plan, key=None) as work:
            batch = _Batch(context, plan, work)
            results = await batch.judge(candidates)
            if not plan.dry_run:
                await batch.write()
                if record:
                    await record(work, results)
                await work.commit(context.source.new_id())
        if plan.dry_run:
            # What was not made has no id.
            made = {arrival.event.id for arrival in batch.arrivals}
            results = [replace(one, event_id=None) if one.event_id in made else one for one in results]
            if record:
                await _record(context, plan, results, record)
        return results
    except (errors.Refusal, errors.Refused) as error:
        if len(candidates) > 1:
            alone = [await import_batch(context, plan, [candidate], record) for candidate in candidates]
            return [result for results in alone for result in results]
        [candidate] = candidates
        refused = list(_results(candidate, ImportOutcome.REJECTED, reasons=reasons_of(error)))
        if record:
            await _record(context, plan, refused, record)
        return refused


async def _record(context: ImportContext, plan: ImportPlan, results: list[RowResult], record: Record) -> None:
    async with context.unit_of_work(plan, key=None) as work:
        await record(work, results)
        await work.commit(context.source.new_id())


@dataclass(slots=True)
class _Batch:
    """What one batch decides, and what it will write."""

    context: ImportContext
    plan: ImportPlan
    work: Work
    events: dict[str, Link] = field(default_factory=dict[str, Link])
    held: dict[EventId, Event] = field(default_factory=dict[EventId, Event])
    pools: dict[EventId, Pool] = field(default_factory=dict[EventId, Pool])
    homes: dict[str, OrganizationId] = field(default_factory=dict[str, OrganizationId])
    spots: dict[str, VenueId] = field(default_factory=dict[str, VenueId])
    taken: set[str] = field(default_factory=set[str])
    organizations: list[Organization] = field(default_factory=list[Organization])
    venues: list[Venue] = field(default_factory=list[Venue])
    arrivals: list[Arrival] = field(default_factory=list[Arrival])
    revisions: list[Revision] = field(default_factory=list[Revision])
    links: list[Link] = field(default_factory=list[Link])
    told: dict[UUID, list[Fact]] = field(default_factory=dict[UUID, list[Fact]])

    async def judge(self, candidates: Sequence[Candidate | Refusal]) -> list[RowResult]:
        """Read what is known of the candidates, and decide about each."""
        real = [candidate for candidate in candidates if isinstance(candidate, Candidate)]
        await self._read(real)
        results: list[RowResult] = []
        for candidate in candidates:
            if isinstance(candidate, Refusal):
                results += _results(candidate, ImportOutcome.REJECTED, reasons=candidate.reasons)
                continue
            try:
                outcome, event_id = self._decide(candidate)
            except (errors.Refusal, errors.Refused) as error:
                link = self.events.get(candidate.key)
                known = EventId(link.object_id) if link else None
                results += _results(candidate, ImportOutcome.REJECTED, event_id=known, reasons=reasons_of(error))
            else:
                results += _results(candidate, outcome, event_id=event_id)
        return results

    async def write(self) -> None:
        """Store everything that was decided."""
        imports, journal = self.work.imports, self.work.journal
        new = {organization.id for organization in self.organizations}
        await imports.insert_organizations(self.organizations)
        await imports.lock_organizations([OrganizationId(key) for key in self.told if key not in new])
        await imports.insert_venues(self.venues)
        await imports.insert_events(self.arrivals)
        await imports.save_events(self.revisions)
        for revision in self.revisions:
            if revision.resized:
                before, after = revision.resized
                await self.work.events.save_pools([before], [after])
        await imports.save_links(self.links)
        await journal.append_each(Stream.ORGANIZATION, self.told)
        facts = [(arrival.event.id, arrival.facts) for arrival in self.arrivals]
        facts += [(revision.after.id, revision.facts) for revision in self.revisions]
        await journal.append_each(Stream.EVENT, dict(facts))

    async def _read(self, candidates: Sequence[Candidate]) -> None:
        source, imports = self.plan.source, self.work.imports
        await imports.alone(source)
        self.events = await imports.links(source, LinkKind.EVENT, [candidate.key for candidate in candidates])
        differ = [one for one in candidates if one.key in self.events and decisions.changed(one, self.events[one.key])]
        self.held = await imports.events_for_update([EventId(self.events[one.key].object_id) for one in differ])
        for one in differ:
            link = self.events[one.key]
            if "capacity" in decisions.changed(one, link):
                event_id = EventId(link.object_id)
                [self.pools[event_id]] = await self.work.events.pools_for_update(event_id, [PoolId(event_id)])
        new = [candidate for candidate in candidates if candidate.key not in self.events]
        homes = [candidate.home for candidate in new if isinstance(candidate.home, Home)]
        known = await imports.links(source, LinkKind.ORGANIZATION, {home.key for home in homes})
        self.homes = {key: OrganizationId(link.object_id) for key, link in known.items()}
        self.taken = await imports.taken_slugs({home.slug for home in homes if home.key not in known})
        spots = {
            one.spot.key(organization_id)
            for one in [*new, *differ]
            if one.spot and (organization_id := self._organization_id(one)) is not None
        }
        settled = await imports.links(source, LinkKind.VENUE, spots)
        self.spots = {key: VenueId(link.object_id) for key, link in settled.items()}

    def _organization_id(self, candidate: Candidate) -> OrganizationId | None:
        """Where the candidate's event is or will be; nothing when its organization has yet to be made."""
        if link := self.events.get(candidate.key):
            return self.held[EventId(link.object_id)].organization_id
        return self.homes.get(candidate.home.key) if isinstance(candidate.home, Home) else candidate.home

    def _decide(self, candidate: Candidate) -> tuple[ImportOutcome, EventId]:
        link = self.events.get(candidate.key)
        if link is None:
            return ImportOutcome.CREATED, self._arrive(candidate)
        event_id = EventId(link.object_id)
        names = decisions.changed(candidate, link)
        if not names:
            return ImportOutcome.UNCHANGED, event_id
        before = self.held[event_id]
        venue_id, venue = self._venue(candidate.spot, before.organization_id)
        revision = decisions.revise(
            before,
            candidate,
            names,
            venue_id=venue_id,
            pool=self.pools.get(event_id),
            source=self.plan.source,
            now=self.context.now,
        )
        if venue and "venue" in names:
            self._keep_venue(candidate.spot, venue)
        self._link(LinkKind.EVENT, candidate.key, event_id, candidate.values())
        if not revision.facts:
            return ImportOutcome.UNCHANGED, event_id
        self.revisions.append(revision)
        return ImportOutcome.UPDATED, event_id

    def _arrive(self, candidate: Candidate) -> EventId:
        organization_id, founded = self._home(candidate.home)
        venue_id, venue = self._venue(candidate.spot, organization_id)
        arrival = decisions.arrive(
            candidate,
            organization_id,
            event_id=EventId(self.context.source.new_id()),
            venue_id=venue_id,
            publish=self.plan.publish,
            source=self.plan.source,
            actor_id=self.context.actor_id,
            now=self.context.now,
        )
        # Only now nothing can refuse the event any more: an organization is not made for an event that is not.
        if founded and isinstance(candidate.home, Home):
            self._keep_organization(candidate.home, founded)
        if venue:
            self._keep_venue(candidate.spot, venue)
        self.arrivals.append(arrival)
        self._link(LinkKind.EVENT, candidate.key, arrival.event.id, candidate.values())
        return arrival.event.id

    def _home(self, home: Home | OrganizationId) -> tuple[OrganizationId, tuple[Organization, Fact] | None]:
        if not isinstance(home, Home):
            return home, None
        if home.key in self.homes:
            return self.homes[home.key], None
        organization_id = OrganizationId(self.context.source.new_id())
        founded = decisions.found(
            home,
            organization_id=organization_id,
            taken=home.slug in self.taken,
            source=self.plan.source,
            now=self.context.now,
        )
        return organization_id, founded

    def _venue(
        self, spot: Spot | None, organization_id: OrganizationId
    ) -> tuple[VenueId | None, tuple[Venue, Fact] | None]:
        if spot is None:
            return None, None
        if (known := self.spots.get(spot.key(organization_id))) is not None:
            return known, None
        venue_id = VenueId(self.context.source.new_id())
        settled = decisions.settle(
            spot, organization_id, venue_id=venue_id, source=self.plan.source, now=self.context.now
        )
        return venue_id, settled

    def _keep_organization(self, home: Home, founded: tuple[Organization, Fact]) -> None:
        organization, fact = founded
        self.organizations.append(organization)
        self.homes[home.key] = organization.id
        self.taken.add(organization.slug)
        self.told.setdefault(organization.id, []).append(fact)
        self._link(LinkKind.ORGANIZATION, home.key, organization.id, {})

    def _keep_venue(self, spot: Spot | None, settled: tuple[Venue, Fact]) -> None:
        venue, fact = settled
        self.venues.append(venue)
        self.told.setdefault(venue.organization_id, []).append(fact)
        if spot:
            key = spot.key(venue.organization_id)
            self.spots[key] = venue.id
            self._link(LinkKind.VENUE, key, venue.id, {})

    def _link(self, kind: LinkKind, key: str, object_id: UUID, said: dict[str, Json]) -> None:
        now = self.context.now
        self.links.append(Link(self.plan.source, kind, key, object_id, said, now, now))


def _results(
    candidate: Candidate | Refusal,
    outcome: ImportOutcome,
    *,
    event_id: EventId | None = None,
    reasons: tuple[Reason, ...] = (),
) -> Iterable[RowResult]:
    first = candidate.rows[0]
    notes = candidate.notes if isinstance(candidate, Candidate) else [()] * len(candidate.rows)
    for index, (row, noted) in enumerate(zip(candidate.rows, notes, strict=True)):
        yield RowResult(
            file=row.file,
            row=row.number,
            outcome=outcome,
            reasons=reasons,
            notes=noted,
            title=candidate.title,
            event_id=event_id,
            merged_into=f"{first.file}:{first.number}" if index else None,
        )
