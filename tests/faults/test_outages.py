"""PostgreSQL and Redis go away under a running application: it says so, loses nothing, and recovers by itself."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from bilten.embedded.postgres import ROLE
from db.migrate import migrate
from tests.api import Api, Clock, running_api
from tests.books import prove_books
from tests.commands import attempt, together, told
from tests.faults.services import Postgres, Redis
from tests.waiting import eventually
from tests.world import Listed, World, address

EVENTS = "{ events { totalCount } }"


@dataclass
class Fragile:
    """Both servers, and an application over a new database of theirs."""

    postgres: Postgres
    redis: Redis
    api: Api
    database_url: str

    async def readiness(self) -> tuple[int, dict[str, bool]]:
        response = await self.api.http.get("/readyz")
        return response.status_code, {name: check["ok"] for name, check in response.json()["checks"].items()}

    async def is_ready(self) -> bool:
        return (await self.readiness())[0] == 200

    async def serves(self) -> bool:
        return not (await self.api.run(EVENTS)).errors


@pytest.fixture
async def fragile(servers: tuple[Postgres, Redis], tmp_path: Path, clock: Clock) -> AsyncGenerator[Fragile]:
    postgres, redis = servers
    await postgres.start()
    await redis.start()
    name = f"outage_{uuid4().hex}"
    connection = await asyncpg.connect(postgres.admin_url)
    await connection.execute(f'CREATE DATABASE "{name}" OWNER {ROLE} TEMPLATE template0')
    await connection.close()
    url = postgres.server.url(database=name)
    await migrate(url)
    async with running_api(url, redis.server.url, tmp_path, clock) as api:
        yield Fragile(postgres, redis, api, url)


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_postgres_that_is_away_is_told_and_its_return_noticed(fragile: Fragile, end: str) -> None:
    api, guest = fragile.api, address("guest")
    await api.run("{ viewer { id } }", by=guest)
    assert await fragile.serves()
    assert (await fragile.readiness()) == (200, {"database": True, "migrations": True, "redis": True})

    await (fragile.postgres.kill() if end == "kill" else fragile.postgres.stop())
    loop = asyncio.get_running_loop()
    for _ in range(3):
        started = loop.time()
        asked = await api.run(EVENTS)
        signed_in = await api.run("{ viewer { id } }", by=guest)
        changed = await attempt(api, guest, "createOrganization", "__typename", name="Club")
        for answer in (asked, signed_in, changed):
            assert answer.codes == ["UNAVAILABLE"], answer.body
        assert signed_in.status == 503
        assert loop.time() - started < 15
    await eventually(lambda: _is_unready(fragile), what="readyz without a database")
    assert (await fragile.readiness()) == (503, {"database": False, "migrations": False, "redis": True})

    await fragile.postgres.start()
    await eventually(fragile.serves, what="an answer after the return")
    await eventually(fragile.is_ready, what="readyz after the return")
    assert await told(api, guest, "createOrganization", name="Club") == "done"


async def _is_unready(fragile: Fragile) -> bool:
    return (await fragile.readiness())[0] == 503


async def test_application_that_starts_without_postgres_serves_once_it_is_there(
    fragile: Fragile, tmp_path: Path, clock: Clock
) -> None:
    await fragile.postgres.stop()
    async with running_api(fragile.database_url, fragile.redis.server.url, tmp_path, clock) as api:
        assert (await api.http.get("/healthz")).status_code == 200
        assert (await api.run(EVENTS)).codes == ["UNAVAILABLE"]

        await fragile.postgres.start()

        async def serves() -> bool:
            return not (await api.run(EVENTS)).errors

        await eventually(serves, what="an answer")


async def registers(api: Api, event: Listed, guest: str, told_unavailable: list[str]) -> str:
    """One guest with one key, who asks again for as long as the platform is away: the registration in the end."""
    found: list[str] = []

    async def is_done() -> bool:
        given: dict[str, Any] = {"eventId": event.id, "ticketTierId": event.tiers["Standard"], "quantity": 2}
        answer = await attempt(api, guest, "register", "registration { id }", **given, idempotencyKey="mine")
        if answer.errors:
            assert answer.codes == ["UNAVAILABLE"], answer.body
            told_unavailable.append(guest)
            return False
        payload = answer.data["register"]
        assert payload["problems"] == []
        found.append(payload["registration"]["id"])
        return True

    await eventually(is_done, within=45, what=f"the registration of {guest}")
    return found[0]


async def break_connections(fragile: Fragile, acknowledged: list[str], enough: int) -> None:
    """End all sessions that are in the middle of a transaction, again after every few acknowledgements."""
    connection = await asyncpg.connect(fragile.postgres.admin_url)

    async def has_broken_some() -> bool:
        return await connection.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name IN ('bilten', 'bilten-lane') AND backend_xid IS NOT NULL"
        )

    try:
        while (so_far := len(acknowledged)) < enough:
            await eventually(has_broken_some, what="a transaction to break")
            await eventually(lambda so_far=so_far: len(acknowledged) > so_far + 2, what="three more registrations")
    finally:
        await connection.close()


async def crash_twice(fragile: Fragile, acknowledged: list[str], enough: int) -> None:
    """Kill the whole server in the middle of the work, and start it again."""
    for share in (4, 2):
        await eventually(lambda share=share: len(acknowledged) >= enough // share, within=45, what="registrations")
        await fragile.postgres.kill()
        await fragile.postgres.start()


@pytest.mark.parametrize("trouble", [break_connections, crash_twice])
async def test_what_was_acknowledged_is_there_once_and_whole(fragile: Fragile, trouble: Any) -> None:
    world = World(fragile.api)
    event = await world.event(await world.team(), capacity=500)
    guests = [address("guest") for _ in range(60)]
    acknowledged: list[str] = []
    unavailable: list[str] = []

    async def serve(queue: list[str]) -> None:
        while queue:
            acknowledged.append(await registers(fragile.api, event, queue.pop(), unavailable))

    queue = list(guests)
    await together([*(serve(queue) for _ in range(6)), trouble(fragile, acknowledged, len(guests) * 3 // 4)])

    assert unavailable, "the trouble was never noticed"
    connection = await asyncpg.connect(fragile.database_url)
    try:
        rows = await connection.fetch("SELECT id, quantity FROM registrations")
        # With one key each, nobody has more than one registration, however often the outcome was unknown.
        assert len(rows) == len(guests) == len(set(acknowledged))
        assert await connection.fetchval("SELECT confirmed FROM capacity_pools WHERE id = event_id") == 2 * len(guests)
        await prove_books(connection)
    finally:
        await connection.close()


async def test_redis_that_is_away_is_told_and_costs_nothing(fragile: Fragile) -> None:
    world = World(fragile.api)
    team = await world.team()
    event = await world.event(team)
    await fragile.redis.stop()

    async def is_told() -> bool:
        return await fragile.readiness() == (200, {"database": True, "migrations": True, "redis": False})

    await eventually(is_told, what="readyz without Redis")
    await world.register(event, address("guest"))
    await world.move(event.id, "postpone", team.manager)
    assert await fragile.serves()

    await fragile.redis.start()

    async def is_back() -> bool:
        return await fragile.readiness() == (200, {"database": True, "migrations": True, "redis": True})

    await eventually(is_back, what="readyz after the return of Redis")


async def test_statements_that_block_every_connection_are_an_outage_with_an_end(fragile: Fragile) -> None:
    guests = [address("guest") for _ in range(10)]
    for guest in guests:
        await fragile.api.run("{ viewer { id } }", by=guest)
    blocker = await asyncpg.connect(fragile.database_url)
    try:
        async with blocker.transaction():
            await blocker.execute("LOCK TABLE organizations IN SHARE ROW EXCLUSIVE MODE")
            stuck = [
                asyncio.create_task(told(fragile.api, guest, "createOrganization", name="Club")) for guest in guests
            ]
            await eventually(lambda: _are_waiting(blocker, len(guests)), what="every connection of the pool waiting")

            loop = asyncio.get_running_loop()
            started = loop.time()
            others = await together([fragile.api.run(EVENTS) for _ in range(5)])
            assert [answer.codes for answer in others] == [["UNAVAILABLE"]] * 5
            assert loop.time() - started < 10

        assert await together(stuck) == ["done"] * 10
    finally:
        await blocker.close()
    assert await fragile.serves()


async def test_event_that_somebody_keeps_locked_costs_its_own_buyers_a_wait_and_others_nothing(
    fragile: Fragile,
) -> None:
    world = World(fragile.api)
    team = await world.team()
    locked, free = await world.event(team), await world.event(team)
    guests = [address("guest") for _ in range(4)]
    blocker = await asyncpg.connect(fragile.database_url)
    try:
        async with blocker.transaction():
            # The other event shares its lane or not: either way it is served.
            head = "SELECT 1 FROM event_heads JOIN events ON id = event_id WHERE slug = $1 FOR UPDATE OF event_heads"
            assert await blocker.execute(head, await _slug(fragile.api, locked)) == "SELECT 1"
            answers = await together([*(_registers(fragile.api, locked, guest) for guest in guests[:2])])
            assert answers == ["UNAVAILABLE"] * 2
            assert await _registers(fragile.api, free, guests[2]) == "done"
        assert await _registers(fragile.api, locked, guests[3]) == "done"
    finally:
        await blocker.close()


async def _registers(api: Api, event: Listed, guest: str) -> str:
    return await told(api, guest, "register", eventId=event.id, ticketTierId=event.tiers["Standard"], quantity=1)


async def _slug(api: Api, event: Listed) -> str:
    return (await api.run("query ($id: ID!) { event(id: $id) { slug } }", {"id": event.id})).data["event"]["slug"]


async def _are_waiting(connection: "asyncpg.Connection[asyncpg.Record]", count: int) -> bool:
    sql = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'bilten' AND wait_event_type = 'Lock'"
    # Statistics stand still inside a transaction unless they are asked for anew.
    await connection.execute("SELECT pg_stat_clear_snapshot()")
    return await connection.fetchval(sql) >= count
