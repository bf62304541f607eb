"""What use cases need from the outside world, as protocols: adapters in `db/` and `bilten/` fulfil them."""

from collections.abc import Awaitable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol, TypeVar
from uuid import UUID

from domain.capacity import EventHead, Pool
from domain.events import Event
from domain.ids import (
    BlockId,
    EventId,
    ImportId,
    InvitationId,
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
from domain.imports.ports import ImportRepository
from domain.journal import Fact, Stream
from domain.ledger import CapacityProof
from domain.organizations import Invitation, Membership, Organization
from domain.pagination import Page, Window
from domain.permissions import Action
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
from domain.ticket_tiers import TicketTier
from domain.users import User
from domain.venues import Venue

Result = TypeVar("Result", bound=UUID)
Found = TypeVar("Found")


class Source(Protocol):
    """Where ids and secrets come from."""

    def new_id(self) -> UUID:
        """A new id; later ids sort after earlier ones."""
        ...

    def new_ticket_code(self) -> str:
        """A code that cannot be guessed, easy to read aloud."""
        ...


class InvitationLinks(Protocol):
    """Signs the links that invitations travel in."""

    def link(self, invitation_id: InvitationId, expires_at: datetime) -> str:
        """The address to send; the same for the same invitation."""
        ...

    def invitation_id(self, token: str) -> InvitationId:
        """The invitation behind a token. Raises `InvitationIsInvalid`; expiry is checked by the domain."""
        ...


class DenialLog(Protocol):
    """Remembers refused actions, aggregated and rate-limited."""

    async def denied(self, actor_id: UserId | None, action: Action, object_id: UUID | None) -> None:
        """Note one refusal; never raises."""
        ...


# --- Writing ----------------------------------------------------------------------------------------------------------


class EventRepository(Protocol):
    """Events with their heads, pools and ticket tiers. Methods that end in `_for_update` lock, heads first."""

    async def get_for_update(self, event_id: EventId) -> Event | None:
        """Lock the head and read the event."""
        ...

    async def head_for_update(self, event_id: EventId) -> EventHead | None:
        """Lock the head only."""
        ...

    async def get(self, event_id: EventId) -> Event | None:
        """The event without a lock."""
        ...

    async def insert(self, event: Event, *, capacity: int | None) -> None:
        """Store a new event with its head and its own pool."""
        ...

    async def save(self, before: Event, after: Event) -> None:
        """Write what differs, the head included."""
        ...

    async def has_venue(self, organization_id: OrganizationId, venue_id: VenueId) -> bool:
        """Whether the venue belongs to the organization."""
        ...

    async def pools_for_update(self, event_id: EventId, pool_ids: Collection[PoolId]) -> list[Pool]:
        """Lock the pools in id order and read them in that order."""
        ...

    async def save_pools(self, before: Sequence[Pool], after: Sequence[Pool]) -> None:
        """Write what differs."""
        ...

    async def ticket_tiers(self, event_id: EventId) -> list[TicketTier]:
        """All tiers in their order."""
        ...

    async def ticket_tier(self, event_id: EventId, ticket_tier_id: TicketTierId) -> TicketTier | None:
        """One tier."""
        ...

    async def insert_ticket_tier(self, tier: TicketTier, *, quota: int | None) -> None:
        """Store a new tier with its pool."""
        ...

    async def save_ticket_tier(self, before: TicketTier, after: TicketTier) -> None:
        """Write what differs."""
        ...


class OrganizationRepository(Protocol):
    """Organizations, members, invitations and venues."""

    async def get_for_update(self, organization_id: OrganizationId) -> Organization | None:
        """Lock and read an organization: its lock also covers members, invitations and venues."""
        ...

    async def insert(self, organization: Organization) -> None:
        """Store a new organization."""
        ...

    async def save(self, before: Organization, after: Organization) -> None:
        """Write what differs."""
        ...

    async def membership(self, membership_id: MembershipId) -> Membership | None:
        """One membership."""
        ...

    async def membership_of(self, organization_id: OrganizationId, user_id: UserId) -> Membership | None:
        """A user's membership."""
        ...

    async def is_member_by_email(self, organization_id: OrganizationId, email: str) -> bool:
        """Whether somebody with this verified address is a member."""
        ...

    async def insert_membership(self, membership: Membership) -> None:
        """Store a new membership."""
        ...

    async def save_membership(self, before: Membership, after: Membership) -> None:
        """Write what differs."""
        ...

    async def delete_membership(self, membership: Membership) -> None:
        """Remove a member."""
        ...

    async def count_owners(self, organization_id: OrganizationId, user_id: UserId) -> int:
        """How many active owners the organization has; an owner `user_id` counts in any state."""
        ...

    async def owned_by_for_update(self, user_id: UserId) -> list[Membership]:
        """The user's ownerships, each with its organization locked, in id order."""
        ...

    async def insert_invitation(self, invitation: Invitation, now: datetime) -> None:
        """Store an invitation; an open one to the same address is revoked."""
        ...

    async def invitation(self, invitation_id: InvitationId) -> Invitation | None:
        """One invitation."""
        ...

    async def save_invitation(self, before: Invitation, after: Invitation) -> None:
        """Write what differs."""
        ...

    async def venue(self, venue_id: VenueId) -> Venue | None:
        """One venue."""
        ...

    async def insert_venue(self, venue: Venue) -> None:
        """Store a new venue."""
        ...

    async def save_venue(self, before: Venue, after: Venue) -> None:
        """Write what differs."""
        ...


class UserRepository(Protocol):
    """Accounts."""

    async def get_for_update(self, user_id: UserId) -> User | None:
        """Lock and read an account."""
        ...

    async def save(self, before: User, after: User) -> None:
        """Write what differs."""
        ...

    async def count_administrators_for_update(self) -> int:
        """How many active administrators there are; they stay locked, in id order."""
        ...


class JournalWriter(Protocol):
    """The journal's end."""

    async def append(self, stream: Stream, stream_id: UUID, *facts: Fact) -> None:
        """Add lines under the stream's lock, in order."""
        ...

    async def append_each(self, stream: Stream, facts: Mapping[UUID, Sequence[Fact]]) -> None:
        """Add lines without private parts to many streams at once; their heads are locked already, or new."""
        ...

    async def fields_changed_since(self, stream_id: UUID, object_id: UUID, version: int) -> list[str]:
        """The names of the fields of an object that edits after `version` touched, sorted."""
        ...


class Work(Protocol):
    """One unit of work: everything in it is committed together or not at all."""

    @property
    def events(self) -> EventRepository: ...  # noqa: D102 - one repository a noun
    @property
    def organizations(self) -> OrganizationRepository: ...  # noqa: D102
    @property
    def users(self) -> UserRepository: ...  # noqa: D102
    @property
    def imports(self) -> ImportRepository: ...  # noqa: D102
    @property
    def journal(self) -> JournalWriter: ...  # noqa: D102
    @property
    def replayed(self) -> UUID | None:
        """The result of the earlier command under the same idempotency key, if there was one."""
        ...

    async def commit(self, result: Result) -> Result:
        """Make it durable and remember the result under the idempotency key."""
        ...


class UnitOfWork(Protocol):
    """Opens units of work."""

    def __call__(
        self, command: object, *, key: str | None, scope_id: UUID | None = None
    ) -> AbstractAsyncContextManager[Work]:
        """A unit of work for a command.

        `key` is the client's idempotency key, unique within `scope_id` and the user; a refusal that is
        final is remembered under it. Leaving the block without `commit` undoes everything.
        """
        ...


class Lanes(Protocol):
    """Decides commands for the places of events, many of them in one transaction."""

    async def run(self, command: object, *, event_id: EventId, key: str | None) -> Any:  # noqa: ANN401 - as the command
        """Have the command decided as the viewer's, and wait until that is durable; what it led to.

        `key` is the client's idempotency key, unique within the event and the user. Raises refusals, among them
        `Busy`, and `Unavailable`.
        """
        ...


# --- Reading ----------------------------------------------------------------------------------------------------------


AtOnce = list[Found] | Awaitable[list[Found]]
"""A value for each of many keys, in their order: to be awaited only where something still has to be read."""


class Reads(Protocol):
    """Everything that can be read, limited to what the viewer may see; single rows are batched by loaders."""

    async def event_by_id(self, event_id: EventId) -> EventRow | None: ...  # noqa: D102 - named value_by_key
    async def event_by_slug(self, slug: str) -> EventRow | None: ...  # noqa: D102
    async def organization_by_id(self, organization_id: OrganizationId) -> OrganizationRow | None: ...  # noqa: D102
    async def organization_by_slug(self, slug: str) -> OrganizationRow | None: ...  # noqa: D102
    async def venue_by_id(self, venue_id: VenueId) -> VenueRow | None: ...  # noqa: D102
    async def user_by_id(self, user_id: UserId) -> UserRow | None: ...  # noqa: D102
    async def membership_by_id(self, membership_id: MembershipId) -> MembershipRow | None: ...  # noqa: D102
    async def memberships_by_user_id(self, user_id: UserId) -> list[MembershipRow]: ...  # noqa: D102
    async def import_by_id(self, import_id: ImportId) -> ImportRow | None: ...  # noqa: D102
    async def pool_by_event_id(self, event_id: EventId) -> PoolRow | None: ...  # noqa: D102
    async def pool_by_event_id_as_of(self, event_id: EventId, at: datetime) -> PoolRow | None: ...  # noqa: D102
    async def capacity_proof_by_event_id(self, event_id: EventId) -> CapacityProof | None: ...  # noqa: D102
    async def capacity_pools_by_event_id(self, event_id: EventId) -> list[CapacityPoolRow]: ...  # noqa: D102
    async def capacity_pool_by_id(self, key: tuple[EventId, PoolId]) -> CapacityPoolRow | None: ...  # noqa: D102
    async def capacity_block_by_id(self, key: tuple[EventId, BlockId]) -> CapacityBlockRow | None: ...  # noqa: D102
    async def waitlist_policy_by_event_id(self, event_id: EventId) -> WaitlistPolicyRow | None: ...  # noqa: D102
    async def waitlist_entry_by_id(self, key: tuple[EventId, WaitlistEntryId]) -> WaitlistEntryRow | None: ...  # noqa: D102
    async def viewer_waitlist_entry_by_event_id(self, event_id: EventId) -> WaitlistEntryRow | None: ...  # noqa: D102
    async def rank_by_waitlist_entry_id(self, key: tuple[EventId, WaitlistEntryId]) -> int | None: ...  # noqa: D102
    async def ticket_tiers_by_event_id(self, event_id: EventId) -> list[TicketTierRow]: ...  # noqa: D102
    async def ticket_tier_by_id(self, key: tuple[EventId, TicketTierId]) -> TicketTierRow | None: ...  # noqa: D102
    async def registration_by_id(self, key: tuple[EventId, RegistrationId]) -> RegistrationRow | None: ...  # noqa: D102
    async def viewer_registration_by_event_id(self, event_id: EventId) -> RegistrationRow | None: ...  # noqa: D102
    async def ticket_by_id(self, key: tuple[EventId, TicketId]) -> TicketRow | None: ...  # noqa: D102
    async def tickets_by_registration_id(  # noqa: D102
        self, key: tuple[EventId, RegistrationId]
    ) -> list[TicketRow]: ...
    async def onboarding_by_user_id(self, user_id: UserId) -> OnboardingRow | None: ...  # noqa: D102

    def organizations_by_ids(self, ids: Sequence[OrganizationId]) -> AtOnce[OrganizationRow | None]: ...  # noqa: D102 - named values_by_keys
    def venues_by_ids(self, ids: Sequence[VenueId]) -> AtOnce[VenueRow | None]: ...  # noqa: D102
    def events_by_ids(self, ids: Sequence[EventId]) -> AtOnce[EventRow | None]: ...  # noqa: D102
    def users_by_ids(self, ids: Sequence[UserId]) -> AtOnce[UserRow | None]: ...  # noqa: D102
    def pools_by_event_ids(self, ids: Sequence[EventId]) -> AtOnce[PoolRow | None]: ...  # noqa: D102
    def ticket_tiers_by_event_ids(self, ids: Sequence[EventId]) -> AtOnce[list[TicketTierRow]]: ...  # noqa: D102
    def ticket_tiers_by_ids(  # noqa: D102
        self, keys: Sequence[tuple[EventId, TicketTierId]]
    ) -> AtOnce[TicketTierRow | None]: ...
    def registrations_by_ids(  # noqa: D102
        self, keys: Sequence[tuple[EventId, RegistrationId]]
    ) -> AtOnce[RegistrationRow | None]: ...
    def viewer_registrations_by_event_ids(self, ids: Sequence[EventId]) -> AtOnce[RegistrationRow | None]: ...  # noqa: D102
    def tickets_by_registration_ids(  # noqa: D102
        self, keys: Sequence[tuple[EventId, RegistrationId]]
    ) -> AtOnce[list[TicketRow]]: ...

    async def events(self, query: EventQuery) -> Page[EventRow]:
        """Events of the whole platform."""
        ...

    async def events_by_organization_id(self, organization_id: OrganizationId, query: EventQuery) -> Page[EventRow]:
        """Events of one organization; several organizations of one request share a statement."""
        ...

    async def organizations(self, window: Window) -> Page[OrganizationRow]:
        """All organizations by name."""
        ...

    async def members_by_organization_id(
        self, organization_id: OrganizationId, window: Window, relations: frozenset[str]
    ) -> Page[MembershipRow]:
        """Members in the order they joined."""
        ...

    async def venues_by_organization_id(self, organization_id: OrganizationId, window: Window) -> Page[VenueRow]:
        """Venues by name."""
        ...

    async def imports_by_organization_id(self, organization_id: OrganizationId, window: Window) -> Page[ImportRow]:
        """Imports of an organization, newest first."""
        ...

    async def results_by_import_id(self, import_id: ImportId, query: ImportResultQuery) -> Page[ImportResultRow]:
        """What came of the rows of an import that the viewer sees already, in the order of the file."""
        ...

    async def users(self, window: Window, criteria: UserFilter) -> Page[UserRow]:
        """Accounts, oldest first."""
        ...

    async def registrations_by_event_id(self, event_id: EventId, query: RegistrationQuery) -> Page[RegistrationRow]:
        """Registrations of an event, oldest first."""
        ...

    async def registrations_by_user_id(self, user_id: UserId, query: RegistrationQuery) -> Page[RegistrationRow]:
        """Registrations of a user, newest first."""
        ...

    async def waitlist_by_event_id(self, event_id: EventId, query: WaitlistQuery) -> Page[WaitlistEntryRow]:
        """Who waits for an event, or has waited, in the order of arrival."""
        ...

    async def waitlist_entries_by_user_id(self, user_id: UserId, query: WaitlistQuery) -> Page[WaitlistEntryRow]:
        """What a user waits for, or has waited for, newest first."""
        ...

    async def capacity_blocks_by_event_id(self, event_id: EventId, window: Window) -> Page[CapacityBlockRow]:
        """Places kept back at an event, newest first."""
        ...

    async def history_by_stream_id(self, stream_id: UUID, window: Window, *, private: bool) -> Page[JournalRow]:
        """The lines of a stream, newest first; `private` shows everybody's private values, else only one's own."""
        ...

    async def history_by_object_id(self, object_id: UUID, window: Window, *, private: bool) -> Page[JournalRow]:
        """The lines about one object of a stream, newest first."""
        ...
