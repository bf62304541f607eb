"""Objects for tests of the domain: ordinary ones, to be changed where a test needs it."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.events import Event
from domain.ids import EventId, MembershipId, OrganizationId, RegistrationId, TicketTierId, UserId, VenueId
from domain.journal import Fact, Json
from domain.lifecycles import EventStatus
from domain.organizations import Membership, Organization
from domain.permissions import OrganizationRole, PlatformRole
from domain.registrations import Registration, RegistrationStatus
from domain.ticket_tiers import TicketTier
from domain.users import User, UserStatus
from domain.venues import Venue

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
EVENT, TIER, VENUE = EventId(UUID(int=1)), TicketTierId(UUID(int=2)), VenueId(UUID(int=3))
ORGANIZATION, USER, SOMEBODY = OrganizationId(UUID(int=4)), UserId(UUID(int=5)), UserId(UUID(int=6))
MEMBERSHIP, REGISTRATION = MembershipId(UUID(int=7)), RegistrationId(UUID(int=8))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def an_event(status: EventStatus = EventStatus.DRAFT) -> Event:
    """An online event in Ljubljana, ten days from now."""
    return Event(
        id=EVENT,
        organization_id=ORGANIZATION,
        venue_id=None,
        slug="evening",
        title="Evening",
        summary=None,
        description=None,
        category="Music",
        tags=("jazz",),
        status=status,
        starts_at_local=local("2026-12-03T18:00"),
        ends_at_local=local("2026-12-03T21:00"),
        timezone="Europe/Ljubljana",
        starts_at=datetime(2026, 12, 3, 17, tzinfo=UTC),
        ends_at=datetime(2026, 12, 3, 20, tzinfo=UTC),
        online=True,
        url=None,
        published_at=None,
        created_by=USER,
        created_at=NOW,
        updated_at=NOW,
        version=3,
    )


def a_tier() -> TicketTier:
    return TicketTier(
        event_id=EVENT,
        id=TIER,
        name="Standard",
        description=None,
        price_minor=1_500,
        currency="EUR",
        sales_start_at=None,
        sales_end_at=None,
        per_person_limit=None,
        position=0,
        created_at=NOW,
        updated_at=NOW,
        version=3,
    )


def a_venue() -> Venue:
    return Venue(VENUE, ORGANIZATION, "Hall", None, "Ljubljana", "SI", "Europe/Ljubljana", None, NOW, NOW, version=3)


def an_organization() -> Organization:
    return Organization(ORGANIZATION, "house", "House", None, None, NOW, NOW, version=3)


def a_membership(role: OrganizationRole) -> Membership:
    return Membership(MEMBERSHIP, ORGANIZATION, USER, role, NOW, NOW, version=3)


def a_user(role: PlatformRole | None = None, status: UserStatus = UserStatus.ACTIVE) -> User:
    return User(
        id=USER,
        issuer="https://issuer.example",
        subject="subject",
        email="attendee@people.example",
        email_verified=True,
        name="Attendee",
        locale=None,
        timezone=None,
        platform_role=role,
        status=status,
        created_at=NOW,
        updated_at=NOW,
        version=3,
    )


def a_registration(status: RegistrationStatus = RegistrationStatus.CONFIRMED) -> Registration:
    return Registration(
        event_id=EVENT,
        id=REGISTRATION,
        ticket_tier_id=TIER,
        user_id=USER,
        status=status,
        quantity=2,
        price_minor=1_500,
        currency="EUR",
        created_at=NOW,
        updated_at=NOW,
        version=3,
    )


def changes(fact: Fact | None) -> Json:
    """The open changes that a fact tells."""
    assert fact is not None
    return fact.data["changes"]
