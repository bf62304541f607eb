"""Everything that can be read in one request, for one viewer: single rows by loaders, lists by pages."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from db import listings
from db.database import Database
from db.loaders import Loaders
from db.loading import Loader
from db.nouns import RELATIONS
from db.pages import Listing, count, count_each, page, read_page, read_pages
from domain.ids import (
    BlockId,
    EventId,
    ImportId,
    MembershipId,
    OrganizationId,
    PoolId,
    RegistrationId,
    TicketId,
    TicketTierId,
    UserId,
    VenueId,
    WaitlistEntryId,
)
from domain.ledger import CapacityProof
from domain.pagination import Page, Window
from domain.permissions import Viewer
from domain.ports import AtOnce
from domain.queries import EventQuery, ImportResultQuery, RegistrationQuery, UserFilter, WaitlistQuery
from domain.rows import (
    CapacityBlockRow,
    CapacityPoolRow,
    EventRow,
    ImportResultRow,
    ImportRow,
    JournalRow,
    MembershipRow,
    OnboardingRow,
    OrganizationRow,
    PoolRow,
    RegistrationRow,
    TicketRow,
    TicketTierRow,
    UserRow,
    VenueRow,
    WaitlistEntryRow,
    WaitlistPolicyRow,
)

MakeListing = Callable[[], Listing]
AnyPage = Page[Mapping[str, Any]]


class SqlReads:
    """The reads of one request."""

    def __init__(self, database: Database, viewer: Viewer, now: datetime) -> None:
        self._database = database
        self._viewer = viewer
        self._now = now
        self._one = Loaders(database, viewer)
        self._pages: dict[object, Loader[UUID, AnyPage]] = {}

    # --- Single rows ------------------------------------------------------------------------------------------------

    async def event_by_id(self, event_id: EventId) -> EventRow | None:
        """An event."""
        return cast("EventRow | None", await self._one.one("event").load(event_id))

    async def event_by_slug(self, slug: str) -> EventRow | None:
        """An event."""
        return cast("EventRow | None", await self._one.event_by_slug.load(slug))

    async def organization_by_id(self, organization_id: OrganizationId) -> OrganizationRow | None:
        """An organization."""
        return cast("OrganizationRow | None", await self._one.one("organization").load(organization_id))

    async def organization_by_slug(self, slug: str) -> OrganizationRow | None:
        """An organization."""
        return cast("OrganizationRow | None", await self._one.organization_by_slug.load(slug))

    async def venue_by_id(self, venue_id: VenueId) -> VenueRow | None:
        """A venue."""
        return cast("VenueRow | None", await self._one.one("venue").load(venue_id))

    async def user_by_id(self, user_id: UserId) -> UserRow | None:
        """An account."""
        return cast("UserRow | None", await self._one.one("user").load(user_id))

    async def membership_by_id(self, membership_id: MembershipId) -> MembershipRow | None:
        """A membership."""
        return cast("MembershipRow | None", await self._one.one("membership").load(membership_id))

    async def memberships_by_user_id(self, user_id: UserId) -> list[MembershipRow]:
        """A user's memberships."""
        return cast("list[MembershipRow]", await self._one.memberships_by_user_id.load(user_id))

    async def import_by_id(self, import_id: ImportId) -> ImportRow | None:
        """An import."""
        return cast("ImportRow | None", await self._one.one("import").load(import_id))

    async def pool_by_event_id(self, event_id: EventId) -> PoolRow | None:
        """The overall pool of an event."""
        return cast("PoolRow | None", await self._one.pool_by_event_id.load(event_id))

    async def capacity_pools_by_event_id(self, event_id: EventId) -> list[CapacityPoolRow]:
        """All pools of an event."""
        return cast("list[CapacityPoolRow]", await self._one.capacity_pools_by_event_id.load(event_id))

    async def pool_by_event_id_as_of(self, event_id: EventId, at: datetime) -> PoolRow | None:
        """The overall pool of an event as its journal had it at that time; nothing before its journal begins."""
        return cast("PoolRow | None", await self._one.pool_by_event_id_as_of(at).load(event_id))

    async def capacity_proof_by_event_id(self, event_id: EventId) -> CapacityProof | None:
        """The books of an event that the viewer may look into."""
        return await self._one.capacity_proof_by_event_id.load(event_id)

    async def capacity_pool_by_id(self, key: tuple[EventId, PoolId]) -> CapacityPoolRow | None:
        """A pool."""
        return cast("CapacityPoolRow | None", await self._one.capacity_pool_by_id.load(key))

    async def capacity_block_by_id(self, key: tuple[EventId, BlockId]) -> CapacityBlockRow | None:
        """A block."""
        return cast("CapacityBlockRow | None", await self._one.capacity_block_by_id.load(key))

    async def waitlist_policy_by_event_id(self, event_id: EventId) -> WaitlistPolicyRow | None:
        """How the waiting list of an event is worked."""
        return cast("WaitlistPolicyRow | None", await self._one.waitlist_policy_by_event_id.load(event_id))

    async def waitlist_entry_by_id(self, key: tuple[EventId, WaitlistEntryId]) -> WaitlistEntryRow | None:
        """A waiting-list entry."""
        return cast("WaitlistEntryRow | None", await self._one.waitlist_entry_by_id.load(key))

    async def viewer_waitlist_entry_by_event_id(self, event_id: EventId) -> WaitlistEntryRow | None:
        """The viewer's own live waiting-list entry."""
        return cast("WaitlistEntryRow | None", await self._one.viewer_waitlist_entry_by_event_id.load(event_id))

    async def rank_by_waitlist_entry_id(self, key: tuple[EventId, WaitlistEntryId]) -> int | None:
        """How many wait before an entry, and one more."""
        return await self._one.rank_by_waitlist_entry_id.load(key)

    async def ticket_tiers_by_event_id(self, event_id: EventId) -> list[TicketTierRow]:
        """The tiers of an event."""
        return cast("list[TicketTierRow]", await self._one.ticket_tiers_by_event_id.load(event_id))

    async def ticket_tier_by_id(self, key: tuple[EventId, TicketTierId]) -> TicketTierRow | None:
        """A tier."""
        return cast("TicketTierRow | None", await self._one.ticket_tier_by_id.load(key))

    async def registration_by_id(self, key: tuple[EventId, RegistrationId]) -> RegistrationRow | None:
        """A registration."""
        return cast("RegistrationRow | None", await self._one.registration_by_id.load(key))

    async def viewer_registration_by_event_id(self, event_id: EventId) -> RegistrationRow | None:
        """The viewer's own live registration."""
        return cast("RegistrationRow | None", await self._one.viewer_registration_by_event_id.load(event_id))

    async def ticket_by_id(self, key: tuple[EventId, TicketId]) -> TicketRow | None:
        """A ticket."""
        return cast("TicketRow | None", await self._one.ticket_by_id.load(key))

    async def tickets_by_registration_id(self, key: tuple[EventId, RegistrationId]) -> list[TicketRow]:
        """The tickets of a registration."""
        return cast("list[TicketRow]", await self._one.tickets_by_registration_id.load(key))

    async def onboarding_by_user_id(self, user_id: UserId) -> OnboardingRow | None:
        """The facts that onboarding is computed from."""
        return cast("OnboardingRow | None", await self._one.onboarding_by_user_id.load(user_id))

    # --- Single rows of many keys at once -----------------------------------------------------------------------------

    def organizations_by_ids(self, ids: Sequence[OrganizationId]) -> AtOnce[OrganizationRow | None]:
        """Organizations."""
        return cast("AtOnce[OrganizationRow | None]", self._one.one("organization").many(ids))

    def venues_by_ids(self, ids: Sequence[VenueId]) -> AtOnce[VenueRow | None]:
        """Venues."""
        return cast("AtOnce[VenueRow | None]", self._one.one("venue").many(ids))

    def events_by_ids(self, ids: Sequence[EventId]) -> AtOnce[EventRow | None]:
        """Events."""
        return cast("AtOnce[EventRow | None]", self._one.one("event").many(ids))

    def users_by_ids(self, ids: Sequence[UserId]) -> AtOnce[UserRow | None]:
        """Accounts."""
        return cast("AtOnce[UserRow | None]", self._one.one("user").many(ids))

    def pools_by_event_ids(self, ids: Sequence[EventId]) -> AtOnce[PoolRow | None]:
        """The overall pools of events."""
        return cast("AtOnce[PoolRow | None]", self._one.pool_by_event_id.many(ids))

    def ticket_tiers_by_event_ids(self, ids: Sequence[EventId]) -> AtOnce[list[TicketTierRow]]:
        """The tiers of each event."""
        return cast("AtOnce[list[TicketTierRow]]", self._one.ticket_tiers_by_event_id.many(ids))

    def ticket_tiers_by_ids(self, keys: Sequence[tuple[EventId, TicketTierId]]) -> AtOnce[TicketTierRow | None]:
        """Tiers."""
        return cast("AtOnce[TicketTierRow | None]", self._one.ticket_tier_by_id.many(keys))

    def registrations_by_ids(self, keys: Sequence[tuple[EventId, RegistrationId]]) -> AtOnce[RegistrationRow | None]:
        """Registrations."""
        return cast("AtOnce[RegistrationRow | None]", self._one.registration_by_id.many(keys))

    def viewer_registrations_by_event_ids(self, ids: Sequence[EventId]) -> AtOnce[RegistrationRow | None]:
        """The viewer's own live registration for each event."""
        return cast("AtOnce[RegistrationRow | None]", self._one.viewer_registration_by_event_id.many(ids))

    def tickets_by_registration_ids(self, keys: Sequence[tuple[EventId, RegistrationId]]) -> AtOnce[list[TicketRow]]:
        """The tickets of each registration."""
        return cast("AtOnce[list[TicketRow]]", self._one.tickets_by_registration_id.many(keys))

    # --- Lists ------------------------------------------------------------------------------------------------------

    async def events(self, query: EventQuery) -> Page[EventRow]:
        """Events of the whole platform."""
        found = await self._list(lambda: listings.events(query, self._viewer, self._now), query.window)
        self._prime("event", query.relations, found)
        return cast("Page[EventRow]", found)

    async def events_by_organization_id(self, organization_id: OrganizationId, query: EventQuery) -> Page[EventRow]:
        """Events of one organization."""
        found = await self._of_parent(
            ("events", query),
            lambda: listings.events(query, self._viewer, self._now, parent="event.organization_id"),
            query.window,
            organization_id,
        )
        self._prime("event", query.relations, found)
        return cast("Page[EventRow]", found)

    async def organizations(self, window: Window) -> Page[OrganizationRow]:
        """All organizations by name."""
        found = await self._list(lambda: listings.organizations(self._viewer), window)
        return cast("Page[OrganizationRow]", found)

    async def members_by_organization_id(
        self, organization_id: OrganizationId, window: Window, relations: frozenset[str]
    ) -> Page[MembershipRow]:
        """Members in the order they joined."""
        found = await self._of_parent(
            ("members", window, relations),
            lambda: listings.members(self._viewer, relations),
            window,
            organization_id,
        )
        self._prime("membership", relations, found)
        return cast("Page[MembershipRow]", found)

    async def venues_by_organization_id(self, organization_id: OrganizationId, window: Window) -> Page[VenueRow]:
        """Venues by name."""
        found = await self._of_parent(
            ("venues", window), lambda: listings.venues(self._viewer), window, organization_id
        )
        return cast("Page[VenueRow]", found)

    async def imports_by_organization_id(self, organization_id: OrganizationId, window: Window) -> Page[ImportRow]:
        """Imports of an organization, newest first."""
        found = await self._of_parent(
            ("imports", window), lambda: listings.imports(self._viewer), window, organization_id
        )
        return cast("Page[ImportRow]", found)

    async def results_by_import_id(self, import_id: ImportId, query: ImportResultQuery) -> Page[ImportResultRow]:
        """What came of the rows of an import."""
        found = await self._of_parent(
            ("import_results", query), lambda: listings.import_results(query), query.window, import_id
        )
        return cast("Page[ImportResultRow]", found)

    async def users(self, window: Window, criteria: UserFilter) -> Page[UserRow]:
        """Accounts, oldest first."""
        return cast("Page[UserRow]", await self._list(lambda: listings.users(self._viewer, criteria), window))

    async def registrations_by_event_id(self, event_id: EventId, query: RegistrationQuery) -> Page[RegistrationRow]:
        """Registrations of an event, oldest first."""
        found = await self._of_parent(
            ("registrations_of_event", query),
            lambda: listings.registrations_of_event(query, self._viewer),
            query.window,
            event_id,
        )
        self._prime("registration", query.relations, found)
        return cast("Page[RegistrationRow]", found)

    async def registrations_by_user_id(self, user_id: UserId, query: RegistrationQuery) -> Page[RegistrationRow]:
        """Registrations of a user, newest first."""
        found = await self._of_parent(
            ("registrations_of_user", query),
            lambda: listings.registrations_of_user(query, self._viewer),
            query.window,
            user_id,
        )
        self._prime("registration", query.relations, found)
        return cast("Page[RegistrationRow]", found)

    async def waitlist_by_event_id(self, event_id: EventId, query: WaitlistQuery) -> Page[WaitlistEntryRow]:
        """Who waits for an event, in the order of arrival."""
        found = await self._of_parent(
            ("waitlist_of_event", query),
            lambda: listings.waitlist_of_event(query, self._viewer),
            query.window,
            event_id,
        )
        self._prime("waitlist_entry", query.relations, found)
        return cast("Page[WaitlistEntryRow]", found)

    async def waitlist_entries_by_user_id(self, user_id: UserId, query: WaitlistQuery) -> Page[WaitlistEntryRow]:
        """What a user waits for, newest first."""
        found = await self._of_parent(
            ("waitlist_of_user", query),
            lambda: listings.waitlist_of_user(query, self._viewer),
            query.window,
            user_id,
        )
        self._prime("waitlist_entry", query.relations, found)
        return cast("Page[WaitlistEntryRow]", found)

    async def capacity_blocks_by_event_id(self, event_id: EventId, window: Window) -> Page[CapacityBlockRow]:
        """Places kept back at an event, newest first."""
        found = await self._of_parent(("blocks", window), lambda: listings.blocks(self._viewer), window, event_id)
        return cast("Page[CapacityBlockRow]", found)

    async def history_by_stream_id(self, stream_id: UUID, window: Window, *, private: bool) -> Page[JournalRow]:
        """The lines of a stream, newest first."""
        return await self._history("line.stream_id", stream_id, window, private=private)

    async def history_by_object_id(self, object_id: UUID, window: Window, *, private: bool) -> Page[JournalRow]:
        """The lines about one object, newest first."""
        return await self._history("line.object_id", object_id, window, private=private)

    async def _history(self, parent: str, key: UUID, window: Window, *, private: bool) -> Page[JournalRow]:
        found = await self._of_parent(
            ("history", parent, window, private),
            lambda: listings.history(self._viewer, parent, private=private),
            window,
            key,
        )
        return cast("Page[JournalRow]", found)

    async def _list(self, make: MakeListing, window: Window) -> AnyPage:
        listing = make()
        cut = await read_page(self._database, listing, window)
        return page(cut, listing.order.name, lambda: count(self._database, make()))

    async def _of_parent(self, name: object, make: MakeListing, window: Window, parent: UUID) -> AnyPage:
        """The page of one parent; parents that ask for the same list in one tick share a statement."""
        if name not in self._pages:

            async def totals(parents: list[UUID]) -> list[int]:
                return await count_each(self._database, make(), parents)

            total_by_parent: Loader[UUID, int] = Loader(totals)

            async def read(parents: list[UUID]) -> list[AnyPage]:
                listing = make()
                cuts = await read_pages(self._database, listing, window, parents)
                return [
                    page(cut, listing.order.name, lambda parent=parent: total_by_parent.load(parent))
                    for parent, cut in zip(parents, cuts, strict=True)
                ]

            self._pages[name] = Loader(read)
        return await self._pages[name].load(parent)

    def _prime(self, noun: str, names: frozenset[str], found: AnyPage) -> None:
        for name, relation in RELATIONS[noun].items():
            if name not in names:
                continue
            loader = self._one.pool_by_event_id if name == "pool" else self._one.one(name)
            for related in relation.split(cast("Any", found.rows)):
                loader.prime(related["id"], cast("Any", related))
