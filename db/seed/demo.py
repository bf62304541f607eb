"""Makes the demo platform in one transaction, through the same rules and journal as everybody else's data."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import asyncpg
from uuid_utils.compat import uuid7

from db.database import Session, prepare
from db.decisions import Decisions
from db.events import SqlEvents
from db.journal import JournalAppender
from db.mapping import insert
from db.organizations import SqlOrganizations
from db.seed.catalogue import ACCOUNTS, GUESTS, HOUSES, Account, Happening, House
from domain import events, organizations, ticket_tiers, users, venues
from domain.asked import Asked
from domain.events import CreateEvent, Event, EventDetails, MoveEvent
from domain.ids import (
    EventId,
    MembershipId,
    OrganizationId,
    TicketTierId,
    UserId,
    VenueId,
)
from domain.journal import Fact, Stream
from domain.organizations import CreateOrganization, OrganizationDetails
from domain.permissions import EventAction, OrganizationRole
from domain.registrations import Register
from domain.ticket_tiers import CreateTicketTier, TicketTier, TicketTierDetails
from domain.time import AmbiguousHour
from domain.users import DEVELOPMENT_ISSUER, User, UserStatus, development_subject
from domain.venues import CreateVenue, Venue, VenueDetails

_REQUEST = "demo-data"
_CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


async def seed_demo(url: str, progress: Callable[[str], None]) -> bool:
    """Fill an empty database with the demo platform; False, and nothing done, when it holds accounts already."""
    connection = await asyncpg.connect(url, timeout=10)
    try:
        await prepare(connection)
        async with connection.transaction():
            session = Session(connection)
            # Two processes that start at once must not both find it empty.
            await session.execute("LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE")
            if await session.fetchrow("SELECT 1 FROM users LIMIT 1"):
                return False
            progress("Making demo data")
            await _Seeder(session, datetime.now(UTC)).run(progress)
            # Nobody is to be told of guests that were made up: readers begin anew, behind all this.
            await session.execute("DELETE FROM journal_readers")
        await connection.execute("ANALYZE")
    finally:
        await connection.close()
    return True


class _Seeder:
    """One run: the same platform each time, around the moment it is given."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now
        self.random = random.Random(20_260_101)  # noqa: S311 - demo data wants repetition, not secrecy
        self.guests: list[UserId] = []
        self.owner = UserId(uuid7())

    async def run(self, progress: Callable[[str], None]) -> None:
        """Accounts first, then each organization with its events."""
        members = await self._accounts()
        for index, house in enumerate(HOUSES):
            team = members if index == 0 else {self.owner: OrganizationRole.OWNER}
            await self._house(house, team)
            progress(f"  {house.name}: {len(house.events)} events")

    async def _accounts(self) -> dict[UserId, OrganizationRole]:
        members: dict[UserId, OrganizationRole] = {}
        founded = self.now - timedelta(days=120)
        for account in ACCOUNTS:
            user_id = await self._user(account, founded)
            if account.role:
                members[user_id] = account.role
            if account.role is OrganizationRole.OWNER:
                self.owner = user_id
        guests = [Account(f"guest-{number:02}@bilten.example", f"Guest {number:02}") for number in range(1, GUESTS + 1)]
        self.guests = [await self._user(guest, founded) for guest in guests]
        return members

    async def _user(self, account: Account, at: datetime) -> UserId:
        user = User(
            id=UserId(uuid7()),
            issuer=DEVELOPMENT_ISSUER,
            subject=development_subject(account.email),
            email=account.email,
            email_verified=True,
            name=account.name,
            locale=None,
            timezone=None,
            platform_role=account.platform_role,
            status=UserStatus.ACTIVE,
            created_at=at,
            updated_at=at,
        )
        await insert(self.session, "users", user)
        await self._tell(Stream.USER, user.id, users.provisioned_fact(user), actor=user.id, at=at)
        return user.id

    async def _house(self, house: House, team: dict[UserId, OrganizationRole]) -> None:
        at = self.now - timedelta(days=100)
        details = OrganizationDetails(name=house.name, slug=house.slug, description=house.description)
        organization, fact = organizations.create(
            CreateOrganization(details), organization_id=OrganizationId(uuid7()), now=at
        )
        store = SqlOrganizations(self.session)
        await store.insert(organization)
        facts = [fact]
        for user_id, role in team.items():
            membership, joined = organizations.join(
                organization.id, user_id, role, membership_id=MembershipId(uuid7()), now=at
            )
            await store.insert_membership(membership)
            facts.append(joined)
        places: list[Venue] = []
        for place in house.places:
            described = VenueDetails(
                name=place.name,
                address=place.address,
                city=place.city,
                country=place.country,
                timezone=place.timezone,
                capacity=place.capacity,
            )
            venue, created = venues.create(CreateVenue(organization.id, described), venue_id=VenueId(uuid7()), now=at)
            await store.insert_venue(venue)
            places.append(venue)
            facts.append(created)
        await self._tell(Stream.ORGANIZATION, organization.id, *facts, actor=self.owner, at=at)
        for happening in house.events:
            venue = None if happening.place is None else places[happening.place]
            await self._event(organization.id, venue, happening)

    async def _event(self, organization_id: OrganizationId, venue: Venue | None, happening: Happening) -> None:
        zone = venue.timezone if venue else happening.timezone
        today = self.now.astimezone(ZoneInfo(zone)).date()
        starts = datetime.combine(today + timedelta(days=happening.day), time(happening.hour))
        details = EventDetails(
            title=happening.title,
            summary=happening.summary,
            category=happening.category,
            tags=happening.tags,
            starts_at_local=starts,
            ends_at_local=starts + timedelta(hours=happening.hours),
            timezone=zone,
            online=venue is None,
            venue_id=venue.id if venue else None,
        )
        # Sales have run for a month before the event, or until now.
        at = min(self.now, starts.replace(tzinfo=UTC)) - timedelta(days=30)
        command = CreateEvent(organization_id, details, happening.capacity, AmbiguousHour.FIRST)
        event = events.create(command, event_id=EventId(uuid7()), actor_id=self.owner, now=at)
        store = SqlEvents(self.session)
        await store.insert(event, capacity=happening.capacity)
        facts = [events.created_fact(event, capacity=happening.capacity)]
        tiers: list[TicketTier] = []
        for position, tier in enumerate(happening.tiers):
            said = TicketTierDetails(
                name=tier.name, price_minor=tier.price, currency=tier.currency, per_person_limit=tier.limit
            )
            made = ticket_tiers.create(
                CreateTicketTier(event.id, said, tier.quota),
                ticket_tier_id=TicketTierId(uuid7()),
                position=position,
                now=at,
            )
            await store.insert_ticket_tier(made, quota=tier.quota)
            tiers.append(made)
            facts.append(ticket_tiers.created_fact(made, quota=tier.quota))
        await self._tell(Stream.EVENT, event.id, *facts, actor=self.owner, at=at)
        await self._live(event, tiers, happening, at)

    async def _live(self, event: Event, tiers: list[TicketTier], happening: Happening, at: datetime) -> None:
        """Take the event through its life; places are taken while it is public."""
        for action in happening.moves:
            if action in {EventAction.POSTPONE, EventAction.CANCEL}:
                await self._fill(event, tiers, happening, at)
                at = self.now - timedelta(hours=6)
            event = await self._move(event, action, at)
        if happening.moves[-1:] == (EventAction.PUBLISH,):
            await self._fill(event, tiers, happening, at)

    async def _move(self, event: Event, action: EventAction, at: datetime) -> Event:
        reason = {EventAction.POSTPONE: "A storm is on its way.", EventAction.CANCEL: "The venue is being repaired."}
        command = MoveEvent(event.id, action, reason.get(action), None)
        moved, fact = events.move(event, command, actor_id=self.owner, now=at)
        await SqlEvents(self.session).save(event, moved)
        await self._tell(Stream.EVENT, event.id, fact, actor=self.owner, at=at)
        return moved

    async def _fill(self, event: Event, tiers: list[TicketTier], happening: Happening, at: datetime) -> None:
        """Let guests come until the target is met; who is refused goes away, as in life."""
        target = round((happening.capacity or 60) * happening.taken)
        guests = self.random.sample(self.guests, len(self.guests))
        step = (min(self.now, event.starts_at) - at) / (len(guests) * 4 + 1)
        taken = 0
        for turn in range(len(guests) * 4):
            wanted = min(self.random.choice((1, 1, 2, 2, 3)), target - taken)
            if wanted <= 0:
                return
            command = Register(event.id, self.random.choice(tiers).id, wanted)
            when = at + step * (turn + 1)
            asked = Asked(event.id, command, guests[turn % len(guests)], _REQUEST)
            [answer] = (await Decisions(self, lambda when=when: when)(self.session, [asked])).answers
            taken += 0 if isinstance(answer, BaseException) else wanted

    def new_id(self) -> UUID:
        """An id; fulfils `domain.asked.TicketSource` together with `new_ticket_code`."""
        return uuid7()

    def new_ticket_code(self) -> str:
        """A code, the same in each run."""
        return "-".join("".join(self.random.choices(_CODE_ALPHABET, k=5)) for _ in range(2))

    async def _tell(
        self, stream: Stream, stream_id: EventId | OrganizationId | UserId, *facts: Fact, actor: UserId, at: datetime
    ) -> None:
        await JournalAppender(self.session, actor, _REQUEST, at).append(stream, stream_id, *facts)
