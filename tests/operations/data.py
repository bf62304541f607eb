"""The small platform that the golden operations run over, made through the API by people with fixed addresses."""

from typing import Any

from tests.api import Api
from tests.world import ACCEPT, CREATE_ORGANIZATION, INVITE, Listed, Team, World

OWNER, MANAGER, STAFF, GUEST, NEIGHBOUR = (
    f"{role}@house.example" for role in ("owner", "manager", "staff", "guest", "neighbour")
)
CATEGORIES = ("Music", "Technology", "Theatre")
CANCEL = "mutation ($input: CancelRegistrationInput!) { cancelRegistration(input: $input) { problems { code } } }"
SET_POOLS = "mutation ($input: SetTicketTierPoolsInput!) { setTicketTierPools(input: $input) { problems { code } } }"


async def make_platform(api: Api) -> None:
    """Two organizations, twenty published events and a draft, one guest with three registrations, two who wait."""
    world = World(api)
    music = await _team(world, "House of Music", "house-of-music")
    library = await _team(world, "City Library", "city-library")
    hall = await world.venue(music, name="Great Hall", address="1 Square")
    listed = [await _event(world, library if number % 3 else music, hall, number) for number in range(20)]
    await world.event(music, title="Next season", slug="next-season", published=False, tiers={})

    await world.register(listed[3], GUEST, quantity=2)
    await world.register(listed[0], GUEST, tier="Balcony")
    registration = await world.register(listed[6], GUEST)
    api.clock.advance(minutes=5)
    await world.do(CANCEL, "cancelRegistration", GUEST, id=registration, reason="Other plans.")
    await world.move(listed[9].id, "postpone", MANAGER, reason="The singer is ill.")
    await _waiting(world, listed)
    await _pools(world, listed[6])


async def _waiting(world: World, listed: list[Listed]) -> None:
    """One event for which two people wait, and one whose only seat on the balcony has just become free for one."""
    await world.wait(listed[3], GUEST)
    world.api.clock.advance(minutes=1)
    await world.wait(listed[3], NEIGHBOUR, quantity=2)
    await world.wait(listed[0], NEIGHBOUR, tier="Balcony")
    world.api.clock.advance(minutes=1)
    taken = await world.api.run(
        "query ($id: ID!) { event(id: $id) { viewerRegistration { id } } }", {"id": listed[0].id}, by=GUEST
    )
    given_back = taken.data["event"]["viewerRegistration"]["id"]
    await world.do(CANCEL, "cancelRegistration", GUEST, id=given_back)


async def _pools(world: World, event: Listed) -> None:
    """A pool that both tiers of an event share, with places that are kept back."""
    pool = await world.pool(event, MANAGER, name="Front rows", capacity=20, overbooking=2)
    for tier in event.tiers.values():
        await world.do(SET_POOLS, "setTicketTierPools", MANAGER, id=tier, capacityPoolIds=[pool])
    await world.block(event, MANAGER, quantity=5, owner="The choir", releaseAt="2026-12-01T12:00:00Z")
    await world.hold(event, GUEST, quantity=3)


async def _team(world: World, name: str, slug: str) -> Team:
    made = await world.do(CREATE_ORGANIZATION, "createOrganization", OWNER, name=name, slug=slug)
    team = Team(made["organization"]["id"], OWNER, MANAGER, STAFF)
    for who, role in ((MANAGER, "MANAGER"), (STAFF, "STAFF")):
        world.api.clock.advance(minutes=1)
        invited = await world.do(INVITE, "inviteMember", OWNER, organizationId=team.id, email=who, role=role)
        token = invited["invitation"]["link"].partition("token=")[2]
        await world.do(ACCEPT, "acceptInvitation", who, token=token)
    return team


async def _event(world: World, team: Team, hall: str, number: int) -> Listed:
    world.api.clock.advance(minutes=1)
    in_hall = number % 3 == 0
    details: dict[str, Any] = {"venueId": hall, "online": False} if in_hall else {"url": "https://library.example"}
    tiers: dict[str, dict[str, Any]] = {"Standard": {"price": {"amountMinor": 1_000, "currency": "EUR"}}}
    if in_hall:
        tiers["Balcony"] = {"quota": 1, "perPersonLimit": 1}
    return await world.event(
        team,
        title=f"Evening {number:02}",
        slug=f"evening-{number:02}",
        summary="An evening out." if number % 2 else None,
        category=CATEGORIES[number % 3],
        tags=["evening", "even"] if number % 2 == 0 else [],
        startsAtLocal=f"2026-12-{number + 1:02}T18:00",
        endsAtLocal=f"2026-12-{number + 1:02}T21:00",
        timezone="Europe/Ljubljana",
        capacity=2 if number == 3 else 100 if in_hall else None,
        tiers=tiers,
        **details,
    )
