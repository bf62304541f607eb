"""Places and power cuts: whatever dies in the middle of a sale, what was acknowledged is there, once, and adds up."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import httpx2
import pytest

from bilten.embedded.postgres import ROLE
from db.lanes import Lanes
from db.migrate import migrate
from domain import errors
from domain.asked import Asked
from domain.ids import RegistrationId
from domain.registrations import CancelRegistration, HoldPlaces, Register
from schema.ids import encode
from tests.books import prove_books
from tests.box_office import BoxOffice, Show, answer, asked, box_office
from tests.faults.server import BiltenServer, serving
from tests.faults.services import Postgres, Redis
from tests.waiting import eventually

PEOPLE = 48
TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = 'bilten-lane' AND datname = current_database()
"""
IDS = "SELECT id FROM registrations"
REGISTER = """
mutation ($input: RegisterInput!) { register(input: $input) { registration { id status } problems { code } } }
"""


class Buyers:
    """People who take places, hold them and give some back, one command after the other, until it is enough."""

    def __init__(self, lanes: Lanes, shows: list[Show]) -> None:
        self.lanes = lanes
        self.shows = shows
        self.acknowledged: dict[str, UUID] = {}
        self.unknown: list[Asked[object]] = []
        self.is_enough = False

    async def buy(self, number: int, office: BoxOffice) -> None:
        person, turn = office.people[number], 0
        while not self.is_enough:
            turn += 1
            show = self.shows[(number + turn) % len(self.shows)]
            tier = show.tiers[turn % len(show.tiers)]
            command = (HoldPlaces if turn % 3 == 0 else Register)(show.id, tier, 1 + turn % 2)
            made = await self._ask(asked(command, person))
            if turn % 4 == 0 and isinstance(made, UUID):
                await self._ask(asked(CancelRegistration(show.id, RegistrationId(made), None, None), person))

    async def _ask(self, wish: Asked[object]) -> object:
        answered = await answer(self.lanes.run(wish))
        assert wish.key is not None
        if isinstance(answered, UUID):
            self.acknowledged[wish.key] = answered
        elif isinstance(answered, errors.Unavailable):
            self.unknown.append(wish)
        else:
            assert isinstance(answered, errors.EventIsFull), answered
        return answered


@asynccontextmanager
async def rush(office: BoxOffice, shows: list[Show]) -> AsyncGenerator[Buyers]:
    """A rush for places while the block runs; afterwards everybody has their answer, and all of it is proved."""
    async with office.lanes(lanes=2, patience=60.0) as lanes:
        buyers = Buyers(lanes, shows)
        async with asyncio.TaskGroup() as group:
            for number in range(PEOPLE):
                group.create_task(buyers.buy(number, office))
            yield buyers
            buyers.is_enough = True
        async with box_office_again(office.url) as books:
            await _prove(buyers, books, lanes)


async def _prove(buyers: Buyers, books: "asyncpg.Connection[asyncpg.Record]", lanes: Lanes) -> None:
    # Whoever could not be told asks once more, under the same key.
    for wish in buyers.unknown:
        answered = await answer(lanes.run(wish))
        if isinstance(answered, UUID) and wish.key:
            buyers.acknowledged[wish.key] = answered
    assert {row["id"] for row in await books.fetch(IDS)} == set(buyers.acknowledged.values())
    await prove_books(books)


@asynccontextmanager
async def box_office_again(url: str) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection that was opened after everything that happened."""
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def at_least(buyers: Buyers, count: int) -> Callable[[], bool]:
    return lambda: len(buyers.acknowledged) >= count


# --- A backend, and the whole server of PostgreSQL --------------------------------------------------------------------


async def test_backends_that_are_ended_under_load_cost_and_double_nothing(fresh_database_url: str) -> None:
    async with box_office(fresh_database_url, PEOPLE) as office:
        shows = [await office.show(4_000, 3_000, None, shared=3_500) for _ in range(3)]
        async with rush(office, shows) as buyers:
            ended = 0
            for enough in range(100, 1_100, 100):
                await eventually(at_least(buyers, enough), within=60, what="places taken")
                ended += await office.books.fetchval(TERMINATE)
            await eventually(at_least(buyers, 1_200), within=60, what="places taken after the last end")
        assert ended >= 5


@pytest.fixture
async def fragile(servers: tuple[Postgres, Redis]) -> tuple[Postgres, str]:
    """A durable server that may be stopped, and a migrated database on it."""
    postgres, _ = servers
    await postgres.start()
    name = f"capacity_{uuid4().hex}"
    connection = await asyncpg.connect(postgres.admin_url)
    await connection.execute(f'CREATE DATABASE "{name}" OWNER {ROLE} TEMPLATE template0')
    await connection.close()
    url = postgres.server.url(database=name)
    await migrate(url)
    return postgres, url


async def test_a_database_that_stops_at_once_under_load_loses_no_registration(fragile: tuple[Postgres, str]) -> None:
    postgres, url = fragile
    async with box_office(url, PEOPLE) as office:
        shows = [await office.show(4_000, 3_000, None, shared=3_500) for _ in range(3)]
        async with rush(office, shows) as buyers:
            for enough in (150, 300):
                await eventually(at_least(buyers, enough), within=60, what="places taken")
                await postgres.stop_at_once()
                await postgres.start()
            await eventually(at_least(buyers, 450), within=60, what="places taken after the last start")


# --- The server -------------------------------------------------------------------------------------------------------


class Customers:
    """People at a server over HTTP; `told` are the answers by the key of the request."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self.told: dict[str, str] = {}
        self.asked: dict[str, str] = {}

    async def buy(self, server: BiltenServer, by: str, count: int, first: int) -> None:
        """Ask for one place after the other, until the server is gone or all were asked for."""
        headers = {"authorization": f"Bearer {server.tokens[by]}"}
        async with httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=30) as client:
            for number in range(count):
                key = f"{by} {first + number}"
                self.asked[key] = by
                self.told[key] = await self._ask(client, key)

    async def ask_again(self, server: BiltenServer) -> None:
        """Send every request that was sent once more, under its key: told or not, what was done is found."""
        for by in set(self.asked.values()):
            headers = {"authorization": f"Bearer {server.tokens[by]}"}
            async with httpx2.AsyncClient(base_url=server.url, headers=headers, timeout=30) as client:
                for key in [key for key, who in self.asked.items() if who == by]:
                    found = await self._ask(client, key)
                    assert self.told.setdefault(key, found) in {found, "SOLD_OUT"}
                    self.told[key] = found

    async def _ask(self, client: httpx2.AsyncClient, key: str) -> str:
        tier_id = self._show.tiers[0]
        given = {
            "eventId": encode("Event", self._show.id),
            "ticketTierId": encode("TicketTier", self._show.id, tier_id),
            "quantity": 1,
            "idempotencyKey": key,
        }
        body = {"query": REGISTER, "variables": {"input": given}}
        answered = (await client.post("/graphql", json=body)).json()
        assert "errors" not in answered, answered["errors"]
        payload = answered["data"]["register"]
        return payload["problems"][0]["code"] if payload["problems"] else payload["registration"]["id"]

    @property
    def sold(self) -> set[str]:
        """The registrations that people were told of."""
        return {told for told in self.told.values() if told != "SOLD_OUT"}


async def show_at(server: BiltenServer, capacity: int) -> Show:
    async with box_office(server.database_url, 0) as office:
        return await office.show(capacity, None)


async def prove_sale(server: BiltenServer, show: Show, customers: Customers) -> None:
    """Fail unless exactly those have places who were told so, and everything adds up."""
    async with box_office_again(server.database_url) as books:
        rows = await books.fetch("SELECT event_id, id FROM registrations WHERE event_id = $1", show.id)
        assert {encode("Registration", row["event_id"], row["id"]) for row in rows} == customers.sold
        await prove_books(books)


async def test_a_server_that_is_killed_in_the_middle_of_a_sale_loses_no_registration(home: Path) -> None:
    async with serving(home, "--workers", "2") as server:
        customers = Customers(show := await show_at(server, 10_000))
        buyers = [
            asyncio.create_task(customers.buy(server, by, 10_000, 10_000 * place))
            for place in range(4)
            for by in server.tokens
        ]
        await eventually(
            lambda: len(customers.told) >= 150 or any(buyer.done() for buyer in buyers), within=60, what="places sold"
        )
        await server.kill_everything()
        async with asyncio.timeout(60):
            endings = await asyncio.gather(*buyers, return_exceptions=True)
    assert all(isinstance(ending, httpx2.TransportError) for ending in endings), endings

    async with serving(home, "--workers", "2") as server:
        acknowledged = customers.sold
        await customers.ask_again(server)
        assert acknowledged <= customers.sold
        assert len(customers.sold) == len(customers.asked), "every key has one place"
        await prove_sale(server, show, customers)


async def test_two_processes_of_one_server_sell_what_there_is_and_no_more(home: Path) -> None:
    async with serving(home, "--workers", "2") as server:
        customers = Customers(show := await show_at(server, 100))
        async with asyncio.TaskGroup() as group:
            for place in range(16):
                for by in server.tokens:
                    group.create_task(customers.buy(server, by, 8, 8 * place))

        assert len(customers.told) == 128 * len(server.tokens)
        assert len(customers.sold) == 100
        await customers.ask_again(server)
        assert len(customers.sold) == 100
        await prove_sale(server, show, customers)
