"""Everybody who can ask, and something of every kind to ask about: one cast for a whole module of tests."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from tests.api import Api, Clock, running_api
from tests.world import World, address, give_platform_role

ACTORS = ("anonymous", "attendee", "staff", "manager", "owner", "stranger", "analyst", "administrator")
"""Who asks. The attendee is registered for the published event; the stranger owns another organization."""

START_IMPORT = "mutation ($input: StartImportInput!) { startImport(input: $input) { import { id } problems { code } } }"
INSIDE = """
query ($published: ID!, $guest: ID!, $own: ID!) {
  event(id: $published) { slug registrations { edges { node { user { id } tickets { id } } } } }
  guest: node(id: $guest) { ... on Registration { tickets { id code } user { id } } }
  own: node(id: $own) { ... on Registration { tickets { id code } user { id } } }
}
"""


@dataclass(frozen=True, slots=True)
class Cast:
    """The people by actor (nobody has no address), the global ids by name, and what only some may read."""

    api: Api
    people: dict[str, str | None]
    ids: dict[str, str]
    secrets: dict[str, str]

    async def sql(self, statement: str, *values: object) -> list[asyncpg.Record]:
        """What the database holds, past all policies."""
        url = self.api.settings.database_url
        assert url is not None
        connection = await asyncpg.connect(url.get_secret_value())
        try:
            return await connection.fetch(statement, *values)
        finally:
            await connection.close()


@asynccontextmanager
async def acting(database_url: str, redis_url: str, home: Path) -> AsyncGenerator[Cast]:
    """The cast on stage. Nobody may change anything that the next test relies on."""
    clock = Clock(datetime(2026, 11, 23, 12, 0, tzinfo=UTC))
    async with running_api(database_url, redis_url, home, clock) as api:
        yield await _cast(api)


async def _cast(api: Api) -> Cast:
    world = World(api)
    team, elsewhere = await world.team(), await world.team()
    people: dict[str, str | None] = {
        "anonymous": None,
        "attendee": address("attendee"),
        "staff": team.staff,
        "manager": team.manager,
        "owner": team.owner,
        "stranger": elsewhere.owner,
        "analyst": address("analyst"),
        "administrator": address("administrator"),
        "guest": address("guest"),
    }
    await give_platform_role(api, str(people["analyst"]), "ANALYST")
    await give_platform_role(api, str(people["administrator"]), "ADMIN")
    open_hall = await world.venue(team, name="Open hall", city="Maribor")
    secret_hall = await world.venue(team, name="Secret hall", city="Vaduz", country="LI")
    published = await world.event(team, venueId=open_hall, tiers={"Standard": {}, "Full": {"quota": 1}})
    draft = await world.event(
        team,
        published=False,
        venueId=secret_hall,
        title="Zanzibarquest",
        summary="A hushhushsummary",
        tags=["hushhushtag"],
        category="Hushhushcategory",
    )
    other = await world.event(elsewhere)
    guest = await world.register(published, str(people["guest"]))
    own = await world.register(published, str(people["attendee"]))
    # All of one tier is kept back, so that people wait for it.
    block = await world.block(published, team.manager, tier="Full")
    started = await world.do(
        START_IMPORT, "startImport", team.manager, organizationId=team.id, format="JSONL", content="{}"
    )
    ids = {
        "team": team.id,
        "import": started["import"]["id"],
        "elsewhere": elsewhere.id,
        "staffMembership": team.memberships["STAFF"],
        "openHall": open_hall,
        "secretHall": secret_hall,
        "published": published.id,
        "tier": published.tiers["Standard"],
        "draft": draft.id,
        "draftTier": draft.tiers["Standard"],
        "otherTier": other.tiers["Standard"],
        "guestRegistration": guest,
        "ownRegistration": own,
        "block": block,
        "draftBlock": await world.block(draft, team.manager),
        "pool": await world.pool(published, team.manager),
        "draftPool": await world.pool(draft, team.manager),
        "guestEntry": await world.wait(published, str(people["guest"]), tier="Full"),
        "ownEntry": await world.wait(published, str(people["attendee"]), tier="Full"),
    }
    found = await api.run(
        INSIDE, {"published": published.id, "guest": guest, "own": own}, by=str(people["administrator"])
    )
    ids |= {f"{name}User": found.data[name]["user"]["id"] for name in ("guest", "own")}
    ids |= {f"{name}Ticket": found.data[name]["tickets"][0]["id"] for name in ("guest", "own")}
    secrets = {f"{name}Code": found.data[name]["tickets"][0]["code"] for name in ("guest", "own")}
    drafted = await api.run(
        "query ($id: ID!) { event(id: $id) { slug title } }", {"id": draft.id}, by=str(people["owner"])
    )
    secrets |= {"draftSlug": drafted.data["event"]["slug"], "draftTitle": drafted.data["event"]["title"]}
    return Cast(api, people, ids, secrets)


def filled(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The values with `@name` replaced by what has that name."""
    return {
        key: names[value[1:]] if isinstance(value, str) and value.startswith("@") else value
        for key, value in given.items()
    }
