"""The desk of an event on real PostgreSQL: commands are decided and stored one by one, without lanes in between."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bilten.source import RandomSource
from db.database import Database, connect
from db.decisions import Decisions
from domain.asked import Asked
from domain.ids import EventId, TicketTierId, UserId
from schema.ids import event_id, ticket_tier_key
from tests.api import Api
from tests.world import Listed, Team, World, address


@dataclass(frozen=True, slots=True)
class Stall:
    """An event that is sold, by its own ids."""

    team: Team
    listed: Listed
    id: EventId
    tiers: dict[str, TicketTierId]


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody who has every command decided at once."""

    api: Api
    database: Database

    async def stall(self, *, team: Team | None = None, **details: Any) -> Stall:
        """A published event, with `details` as `World.event` takes them."""
        world = World(self.api)
        chosen = team or await world.team()
        listed = await world.event(chosen, **details)
        tiers = {name: ticket_tier_key(tier)[1] for name, tier in listed.tiers.items()}
        return Stall(chosen, listed, event_id(listed.id), tiers)

    async def guest(self, who: str = "guest") -> UserId:
        """Somebody with an account."""
        email = address(who)
        await self.api.run("{ viewer { id } }", by=email)
        row = await self.database.fetchrow("SELECT id FROM users WHERE email = $1", email)
        assert row is not None
        return UserId(row["id"])

    async def ask(self, command: Any, by: UserId | None = None) -> Any:
        """What came of a command, committed; its refusal is raised."""
        async with self.database.transaction() as session:
            flushed = await Decisions(RandomSource(), self.api.clock)(session, [Asked(command.event_id, command, by)])
        [answer] = flushed.answers
        if isinstance(answer, BaseException):
            raise answer
        return answer

    async def value(self, sql: str, *values: object) -> Any:
        """The first column of the first row."""
        row = await self.database.fetchrow(sql, *values)
        return row[0] if row else None

    async def codes(self, registration_id: UUID) -> list[str]:
        """The codes of a registration's good tickets."""
        sql = "SELECT code FROM tickets WHERE registration_id = $1 AND status <> 'CANCELLED' ORDER BY id"
        return [row["code"] for row in await self.database.fetch(sql, registration_id)]


@asynccontextmanager
async def desk_of(api: Api) -> AsyncGenerator[Desk]:
    """A desk over the application's database."""
    url = api.settings.database_url
    assert url is not None
    database = await connect(url.get_secret_value(), pool_size=5)
    try:
        yield Desk(api, database)
    finally:
        await database.close()
