"""The organizations of a large data set, with the people who work for them and their venues."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from db.seed.volume.facts import Line, line_of
from db.seed.volume.ids import Ids
from db.seed.volume.people import MANAGER, OWNER, STAFF, Roster
from db.seed.volume.places import CITIES, City
from db.seed.volume.wire import INVITATIONS, MEMBERSHIPS, ORGANIZATIONS, VENUES, Batch, Chunk, microseconds
from db.seed.volume.words import HALLS, HOUSE_KINDS, HOUSE_NAMES, STREETS
from domain import organizations, venues
from domain.ids import InvitationId, MembershipId, OrganizationId, UserId, VenueId
from domain.journal import Stream
from domain.organizations import CreateOrganization, InviteMember, Organization
from domain.permissions import OrganizationRole, Viewer
from domain.venues import CreateVenue, Venue

DEMO_HOUSES = 3
"""As many organizations belong to the demo owner."""
_FOUNDED = timedelta(days=325)
"""All organizations were founded within ten days from here, before the first event."""
_SIZES = (40, 60, 80, 120, 200, 300, 500, 800, 1500, 5000)


@dataclass(frozen=True, slots=True)
class House:
    """An organization as the makers of events need it."""

    id: OrganizationId
    home: City
    venues: tuple[tuple[Venue, City], ...]
    managers: tuple[UserId, ...]


@dataclass(slots=True)
class _Founding:
    """One organization while it is made: what happened, when, and by whom."""

    batch: Batch
    ids: Ids
    chance: random.Random
    organization: Organization
    at: datetime
    lines: list[Line]

    def later(self) -> datetime:
        """The next moment at which something happens."""
        self.at += timedelta(minutes=self.chance.randrange(1, 240))
        return self.at

    def invite(self, owner: UserId, roster: Roster, number: int, role: OrganizationRole) -> None:
        """Somebody is invited and accepts."""
        invited_at = self.later()
        invitation, fact = organizations.invite(
            InviteMember(self.organization.id, roster.email(number), role),
            invitation_id=InvitationId(self.ids.new(microseconds(invited_at))),
            inviter=Viewer(owner, None, {self.organization.id: OrganizationRole.OWNER}),
            role=OrganizationRole.OWNER,
            now=invited_at,
        )
        self.lines.append(line_of(fact, actor_id=owner, at=invited_at))
        joined_at = self.later()
        membership, fact = organizations.accept(
            invitation,
            email=invitation.email,
            user_id=roster.id(number),
            membership_id=MembershipId(self.ids.new(microseconds(joined_at))),
            now=joined_at,
        )
        self.lines.append(line_of(fact, actor_id=membership.user_id, at=joined_at))
        self.batch.add(INVITATIONS, INVITATIONS.row_of(replace(invitation, accepted_at=joined_at)))
        self.batch.add(MEMBERSHIPS, MEMBERSHIPS.row_of(membership))

    def open_venue(self, by: UserId, city: City) -> Venue:
        """A place to meet."""
        at = self.later()
        luck = self.chance.random()
        venue, fact = venues.create(
            CreateVenue(
                self.organization.id,
                {
                    "name": f"{self.chance.choice(HOUSE_KINDS)} {self.chance.choice(HALLS)}",
                    "address": f"{self.chance.choice(STREETS)} {self.chance.randrange(1, 200)}",
                    "city": city.name,
                    "country": city.country,
                    "timezone": city.timezone,
                    "capacity": None if luck < 0.1 else self.chance.choice(_SIZES),
                },
            ),
            venue_id=VenueId(self.ids.new(microseconds(at))),
            now=at,
        )
        self.lines.append(line_of(fact, actor_id=by, at=at))
        self.batch.add(VENUES, VENUES.row_of(venue))
        return venue


def make_houses(roster: Roster, batch: Batch) -> Iterator[Chunk | House]:
    """Chunks of organizations, and each organization for the makers of events."""
    plan = roster.plan
    chance = random.Random(f"houses {plan.volume.seed}")  # noqa: S311 - wanted: the same again, not a secret
    ids = Ids(chance)
    first = plan.volume.present - _FOUNDED
    for number in range(plan.organizations):
        at = first + timedelta(days=4) * (number / plan.organizations)
        yield _house(roster, batch, number, at=at, ids=ids, chance=chance)
        yield from batch.cut_when_full()


def _house(roster: Roster, batch: Batch, number: int, *, at: datetime, ids: Ids, chance: random.Random) -> House:
    home = _city(chance)
    owner, team = _team(roster, number, chance)
    name = f"{home.name} {chance.choice(HOUSE_KINDS)} {chance.choice(HOUSE_NAMES)}"
    organization, founded = organizations.create(
        CreateOrganization({"name": name, "description": f"We have met in **{home.name}** since the first evening."}),
        organization_id=OrganizationId(ids.numbered(microseconds(at), number)),
        now=at,
    )
    membership, joined = organizations.join(
        organization.id,
        roster.id(owner),
        OrganizationRole.OWNER,
        membership_id=MembershipId(ids.new(microseconds(at))),
        now=at,
    )
    founder = membership.user_id
    lines = [line_of(fact, actor_id=founder, at=at) for fact in (founded, joined)]
    making = _Founding(batch, ids, chance, organization, at, lines)
    batch.add(MEMBERSHIPS, MEMBERSHIPS.row_of(membership))
    for person, role in team.items():
        making.invite(founder, roster, person, role)
    cities = [home] + [home if chance.random() < 0.75 else _city(chance) for _ in range(chance.randrange(4))]
    places = tuple((making.open_venue(founder, city), city) for city in cities)
    batch.add(ORGANIZATIONS, ORGANIZATIONS.row_of(organization, stream_version=len(making.lines)))
    batch.tell(Stream.ORGANIZATION, organization.id, lines)
    managers = [roster.id(person) for person, role in team.items() if role is OrganizationRole.MANAGER]
    return House(organization.id, home, places, (founder, *managers))


def _team(roster: Roster, number: int, chance: random.Random) -> tuple[int, dict[int, OrganizationRole]]:
    """Who owns an organization, and who else works for it."""
    if number < DEMO_HOUSES:
        return OWNER, {MANAGER: OrganizationRole.MANAGER, STAFF: OrganizationRole.STAFF}
    owner = roster.crew(number * 3)
    team = {roster.crew(number * 3 + 1): OrganizationRole.MANAGER, roster.crew(number * 3 + 2): OrganizationRole.STAFF}
    for _ in range(chance.randrange(4)):
        role = OrganizationRole.STAFF if chance.random() < 0.8 else OrganizationRole.MANAGER
        team.setdefault(roster.crew(chance.randrange(roster.plan.crew)), role)
    team.pop(owner, None)
    return owner, team


def _city(chance: random.Random) -> City:
    return CITIES[int(len(CITIES) * chance.random() ** 1.6)]
