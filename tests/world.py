"""Organizations, teams and events for tests, made through the API by people with addresses of their own."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import asyncpg

from tests.api import Api

CREATE_ORGANIZATION = """
mutation ($input: CreateOrganizationInput!) {
  createOrganization(input: $input) { organization { id } problems { code } }
}
"""
INVITE = """
mutation ($input: InviteMemberInput!) { inviteMember(input: $input) { invitation { link } problems { code } } }
"""
ACCEPT = """
mutation ($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { membership { id } problems { code } } }
"""
CREATE_VENUE = "mutation ($input: CreateVenueInput!) { createVenue(input: $input) { venue { id } problems { code } } }"
CREATE_EVENT = (
    "mutation ($input: CreateEventInput!) { createEvent(input: $input) { event { id } problems { code path } } }"
)
CREATE_TIER = """
mutation ($input: CreateTicketTierInput!) { createTicketTier(input: $input) { ticketTier { id } problems { code } } }
"""
BLOCK = """
mutation ($input: BlockPlacesInput!) { blockPlaces(input: $input) { capacityBlock { id } problems { code message } } }
"""
CREATE_POOL = """
mutation ($input: CreateCapacityPoolInput!) {
  createCapacityPool(input: $input) { capacityPool { id } problems { code message } }
}
"""
HOLD = """
mutation ($input: HoldPlacesInput!) { holdPlaces(input: $input) { registration { id } problems { code message } } }
"""
JOIN = """
mutation ($input: JoinWaitlistInput!) { joinWaitlist(input: $input) { waitlistEntry { id } problems { code message } } }
"""
REGISTER = """
mutation ($input: RegisterInput!) {
  register(input: $input) { registration { id status quantity version } problems { code message path retryable } }
}
"""


def address(who: str) -> str:
    """An address that nobody else in the run has."""
    return f"{who}-{uuid4().hex[:12]}@people.example"


@dataclass(slots=True)
class Team:
    """An organization and the addresses of its people; `outsider` owns another organization."""

    id: str
    owner: str
    manager: str
    staff: str
    memberships: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(slots=True)
class Listed:
    """An event with its ticket tiers by name."""

    id: str
    tiers: dict[str, str]


class World:
    """Makes things over the API."""

    def __init__(self, api: Api) -> None:
        self.api = api

    async def do(self, document: str, mutation: str, by: str, /, **given: Any) -> dict[str, Any]:
        """Run a mutation that has to succeed; its payload."""
        answer = await self.api.run(document, {"input": given}, by=by)
        payload = answer.data[mutation]
        assert payload["problems"] == [], payload
        return payload

    async def team(self) -> Team:
        """A new organization with an owner, a manager and a staff member."""
        owner, manager, staff = address("owner"), address("manager"), address("staff")
        created = await self.do(CREATE_ORGANIZATION, "createOrganization", owner, name=f"Team {uuid4().hex[:8]}")
        team = Team(created["organization"]["id"], owner, manager, staff)
        for who, role in ((manager, "MANAGER"), (staff, "STAFF")):
            invited = await self.do(INVITE, "inviteMember", owner, organizationId=team.id, email=who, role=role)
            token = invited["invitation"]["link"].partition("token=")[2]
            accepted = await self.do(ACCEPT, "acceptInvitation", who, token=token)
            team.memberships[role] = accepted["membership"]["id"]
        return team

    async def venue(self, team: Team, **details: Any) -> str:
        """A venue in Ljubljana unless said otherwise."""
        given = {"name": "Hall", "city": "Ljubljana", "country": "SI", "timezone": "Europe/Ljubljana", **details}
        made = await self.do(CREATE_VENUE, "createVenue", team.manager, organizationId=team.id, **given)
        return made["venue"]["id"]

    async def event(
        self, team: Team, *, tiers: dict[str, dict[str, Any]] | None = None, published: bool = True, **details: Any
    ) -> Listed:
        """An online event in ten days, published unless said otherwise, with one unlimited free tier by default."""
        starts = (self.api.clock.now + timedelta(days=10)).replace(tzinfo=None, microsecond=0)
        given: dict[str, Any] = {
            "title": f"Event {uuid4().hex[:8]}",
            "category": "Technology",
            "startsAtLocal": starts.isoformat(),
            "endsAtLocal": (starts + timedelta(hours=3)).isoformat(),
            "timezone": "UTC",
            "online": True,
            **details,
        }
        made = await self.do(CREATE_EVENT, "createEvent", team.manager, organizationId=team.id, **given)
        event = Listed(made["event"]["id"], {})
        for name, tier in ({"Standard": {}} if tiers is None else tiers).items():
            price = tier.pop("price", {"amountMinor": 0, "currency": "EUR"})
            added = await self.do(
                CREATE_TIER, "createTicketTier", team.manager, eventId=event.id, name=name, price=price, **tier
            )
            event.tiers[name] = added["ticketTier"]["id"]
        if published:
            await self.move(event.id, "submit", team.manager)
            await self.move(event.id, "publish", team.manager)
        return event

    async def move(self, event_id: str, verb: str, by: str, /, **given: Any) -> dict[str, Any]:
        """Take a lifecycle action: submit, publish, postpone, cancel or archive."""
        name = f"{verb}Event"
        document = (
            f"mutation ($input: {verb.capitalize()}EventInput!)"
            f" {{ {name}(input: $input) {{ event {{ id status version }} problems {{ code message }} }} }}"
        )
        return await self.do(document, name, by, id=event_id, **given)

    async def register(self, event: Listed, by: str, *, tier: str = "Standard", quantity: int = 1, **more: Any) -> str:
        """Take places; the registration's id."""
        given = {"eventId": event.id, "ticketTierId": event.tiers[tier], "quantity": quantity, **more}
        return (await self.do(REGISTER, "register", by, **given))["registration"]["id"]

    async def hold(self, event: Listed, by: str, *, tier: str = "Standard", quantity: int = 1, **more: Any) -> str:
        """Hold places; the registration's id."""
        given = {"eventId": event.id, "ticketTierId": event.tiers[tier], "quantity": quantity, **more}
        return (await self.do(HOLD, "holdPlaces", by, **given))["registration"]["id"]

    async def wait(self, event: Listed, by: str, *, tier: str = "Standard", quantity: int = 1) -> str:
        """Join the waiting list; the entry's id."""
        given = {"eventId": event.id, "ticketTierId": event.tiers[tier], "quantity": quantity}
        return (await self.do(JOIN, "joinWaitlist", by, **given))["waitlistEntry"]["id"]

    async def block(self, event: Listed, by: str, *, tier: str = "Standard", quantity: int = 1, **more: Any) -> str:
        """Keep places back; the block's id."""
        target = {} if "capacityPoolId" in more else {"ticketTierId": event.tiers[tier]}
        given = {"eventId": event.id, "quantity": quantity, "owner": "Sponsor", "reason": "Promised.", **target, **more}
        return (await self.do(BLOCK, "blockPlaces", by, **given))["capacityBlock"]["id"]

    async def pool(self, event: Listed, by: str, *, name: str = "Hall", **more: Any) -> str:
        """Add a shared pool; its id."""
        made = await self.do(CREATE_POOL, "createCapacityPool", by, eventId=event.id, name=name, **more)
        return made["capacityPool"]["id"]


async def give_platform_role(api: Api, email: str, role: str) -> None:
    """Make the holder of an address an administrator or analyst, as an operator would for the first one."""
    await api.run("{ viewer { id } }", by=email)
    url = api.settings.database_url
    assert url is not None
    connection = await asyncpg.connect(url.get_secret_value())
    try:
        await connection.execute("UPDATE users SET platform_role = $2 WHERE lower(email) = lower($1)", email, role)
    finally:
        await connection.close()
