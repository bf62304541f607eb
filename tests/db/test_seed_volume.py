"""Large data sets: the same in every run, true to every rule, and as if it had all come through the API."""

import hashlib
import statistics
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from db.database import BareConnection, prepare
from db.mapping import columns, value_from
from db.seed import DatabaseIsNotEmpty, Loaded, Volume, seed_volume
from db.seed.volume.chunks import make_chunks
from domain.lifecycles import EventStatus
from domain.users import User, UserStatus, provisioned_fact
from schema.ids import encode
from tests.api import Api, Clock, running_api
from tests.books import prove_books
from tests.conftest import Services, create_database, drop_database
from tests.db.replayed import replay_event, said
from tests.world import CREATE_ORGANIZATION, REGISTER, Listed, World, give_platform_role

SMALL = Volume(events=200, registrations=2_000, seed=1, day=date(2026, 11, 23))
ACCOUNTS = f"""
SELECT {columns(User, "account")}, line.kind, line.object_id, line.data AS told, private.data AS private
FROM users AS account JOIN journal AS line ON line.stream_id = account.id AND line.version = 1
JOIN journal_private AS private ON private.stream_id = line.stream_id AND private.version = line.version
ORDER BY account.id
"""  # noqa: S608 - names from the code
HEADS = """
SELECT head.{key} FROM {table} AS head LEFT JOIN journal AS line ON line.stream_id = head.{key}
GROUP BY head.{key}, head.stream_version HAVING count(line.version) <> head.stream_version
"""
CANCEL = """
mutation ($input: CancelRegistrationInput!) {
  cancelRegistration(input: $input) { registration { status } problems { code } }
}
"""
PAGE = """
query ($after: String) {
  events(first: 100, after: $after) {
    totalCount edges { node { id title status venue { city } } } pageInfo { hasNextPage endCursor }
  }
}
"""


def digest(volume: Volume) -> str:
    found = hashlib.sha256()
    for chunk in make_chunks(volume):
        for sheet, rows in chunk.parts:
            found.update(sheet.name.encode())
            found.update(rows)
    return found.hexdigest()


@asynccontextmanager
async def connected(url: str) -> AsyncGenerator[BareConnection]:
    connection: BareConnection = await asyncpg.connect(url)
    try:
        await prepare(connection)
        yield connection
    finally:
        await connection.close()


def no_progress(_: Loaded) -> None:
    """Nobody watches."""


@pytest.fixture(scope="module")
async def seeded(services: Services) -> AsyncGenerator[str]:
    """A database with the small data set; tests read it only."""
    name = f"seeded_{uuid4().hex}"
    url = await create_database(services, name)
    await seed_volume(url, SMALL, no_progress)
    yield url
    await drop_database(services, name)


@pytest.fixture
async def database(seeded: str) -> AsyncGenerator[BareConnection]:
    async with connected(seeded) as connection:
        yield connection


def test_the_same_is_made_of_the_same() -> None:
    assert digest(SMALL) == digest(SMALL)
    assert digest(Volume(200, 2_000, seed=2, day=SMALL.day)) != digest(SMALL)
    assert digest(Volume(200, 2_000, seed=1, day=date(2026, 11, 24))) != digest(SMALL)


@pytest.mark.parametrize(("events", "registrations"), [(1, 0), (1, 700), (3, 10), (40, 4_000), (500, 0)])
def test_every_size_holds_what_was_asked_for(events: int, registrations: int) -> None:
    chunks = list(make_chunks(Volume(events, registrations, seed=3, day=SMALL.day)))
    assert sum(chunk.events for chunk in chunks) == events
    assert sum(chunk.registrations for chunk in chunks) == registrations


async def test_it_counts_what_it_says(fresh_database_url: str) -> None:
    heard: list[Loaded] = []
    loaded = await seed_volume(fresh_database_url, SMALL, heard.append)
    assert (loaded.events, loaded.registrations) == (200, 2_000)
    assert heard[-1] == loaded
    async with connected(fresh_database_url) as connection:
        tables = [
            row["name"]
            for row in await connection.fetch(
                "SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
            )
            if row["name"] != "alembic_version"
        ]
        counts = [await connection.fetchval(f"SELECT count(*) FROM {name}") for name in tables]  # noqa: S608
        assert sum(counts) == loaded.rows
        assert await connection.fetchval("SELECT count(*) FROM events") == 200
        assert await connection.fetchval("SELECT count(*) FROM registrations") == 2_000
        analyzed = await connection.fetchval("SELECT reltuples FROM pg_class WHERE relname = 'registrations'")
        assert analyzed == 2_000


async def test_the_books_are_right(database: BareConnection) -> None:
    await prove_books(database)


async def test_every_event_is_what_the_domain_makes_of_its_journal(database: BareConnection) -> None:
    for row in await database.fetch("SELECT id FROM events ORDER BY id"):
        await replay_event(database, row["id"])


async def test_accounts_tell_what_the_domain_tells(database: BareConnection) -> None:
    rows = await database.fetch(ACCOUNTS)
    assert len(rows) == await database.fetchval("SELECT count(*) FROM users")
    for row in rows:
        user = value_from(User, row)
        told = [row["kind"], str(row["object_id"]), row["told"], row["private"]]
        assert said(provisioned_fact(first_state(user))) == told


def first_state(user: User) -> User:
    """An account as it was when it was made."""
    return User(
        id=user.id,
        issuer=user.issuer,
        subject=user.subject,
        email=user.email,
        email_verified=user.email_verified,
        name=user.name,
        locale=None,
        timezone=None,
        platform_role=user.platform_role,
        status=UserStatus.ACTIVE,
        created_at=user.created_at,
        updated_at=user.created_at,
    )


async def test_every_head_is_where_its_stream_ends(database: BareConnection) -> None:
    for table, key in (("event_heads", "event_id"), ("organizations", "id"), ("users", "id")):
        assert await database.fetch(HEADS.format(key=key, table=table)) == []
    assert await database.fetchval("SELECT count(*) FROM journal WHERE at >= $1", SMALL.present) == 0


async def test_versions_are_those_of_the_last_edits(database: BareConnection) -> None:
    apart = """
    SELECT object_id FROM journal JOIN {table} AS object ON object.id = object_id
    GROUP BY object_id, object.version HAVING max((data->>'version')::int) <> object.version
    """
    for table in ("events", "ticket_tiers", "registrations", "organizations", "venues", "memberships", "users"):
        assert await database.fetch(apart.format(table=table)) == [], table


async def test_lines_look_as_those_of_the_api(
    database: BareConnection, redis_url: str, fresh_database_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with running_api(fresh_database_url, redis_url, tmp_path, clock) as api:
        await make_through(api)
    shapes = "SELECT kind, line.data, private.data AS private FROM journal AS line LEFT JOIN journal_private AS private"
    async with connected(fresh_database_url) as connection:
        theirs = await shapes_of(connection, f"{shapes} USING (stream_id, version)")
    ours = await shapes_of(database, f"{shapes} USING (stream_id, version)")
    assert ours.keys() - theirs.keys() <= {"AccountDeactivated", "PreferencesUpdated", "ProfileUpdated"}
    for kind in ours.keys() & theirs.keys():
        assert ours[kind] & theirs[kind], (kind, ours[kind], theirs[kind])
        known = {key for shape in theirs[kind] for key in shape}
        assert {key for shape in ours[kind] for key in shape} <= known | OPTIONAL.get(kind, set()), kind


OPTIONAL = {
    "EventCreated": {"changes.summary", "changes.description", "changes.url", "changes.venue_id"},
    "TicketTierCreated": {"changes.description", "changes.sales_end_at", "changes.per_person_limit"},
    "EventUpdated": {"changes.status", "changes.summary"},
    "UserProvisioned": {"changes.platform_role"},
}
"""Values that the API makes too, when they are given; the replay proves that they are right."""


async def shapes_of(connection: BareConnection, sql: str) -> dict[str, set[frozenset[str]]]:
    """Each kind with the sets of keys that its lines have, pools and their ids left out."""
    found: dict[str, set[frozenset[str]]] = {}
    for row in await connection.fetch(sql):
        data: dict[str, dict[str, dict[str, int]]] = row["data"]
        keys = set(data) | {f"changes.{name}" for name in data.get("changes", {})}
        keys |= {f"delta.{name}" for moved in data.get("deltas", {}).values() for name in moved}
        private: dict[str, object] = row["private"] or {}
        keys |= {f"private.{name}" for name in private}
        found.setdefault(row["kind"], set()).add(frozenset(keys))
    return found


async def make_through(api: Api) -> None:
    """An event of each course, and guests, through the API."""
    world = World(api)
    team = await world.team()
    await world.do(CREATE_ORGANIZATION, "createOrganization", team.owner, name="House", description="We meet.")
    venue = await world.venue(team, address="Somewhere 1", capacity=50)
    plain = await world.event(team, published=False, capacity=20, tags=["a"], description="It is.", summary="So.")
    for verb in ("postpone", "cancel"):
        moved = await world.event(team, venueId=venue, online=False, url="https://events.example/1")
        await world.move(moved.id, verb, team.manager, reason="A storm.")
        if verb == "cancel":
            await world.move(moved.id, "archive", team.manager)
    shown = await world.event(team, capacity=20, tiers={"Standard": {"perPersonLimit": 4, "quota": 9}})
    edited = "mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { problems { code } } }"
    await world.do(edited, "updateEvent", team.manager, id=shown.id, summary="Other.", reason="Wording.")
    for reason in (None, "I cannot come."):
        registration = await world.register(shown, "guest-of-seed@people.example", quantity=2)
        given = {"id": registration} | ({"reason": reason} if reason else {})
        await world.do(CANCEL, "cancelRegistration", "guest-of-seed@people.example", **given)
    await world.move(plain.id, "archive", team.manager)
    await give_platform_role(api, "admin@bilten.example", "ADMIN")


async def test_it_is_as_varied_as_a_platform(database: BareConnection) -> None:
    statuses = Counter(row["status"] for row in await database.fetch("SELECT status FROM events"))
    assert set(statuses) == set(EventStatus) - {EventStatus.LIVE, EventStatus.ENDED}
    assert statuses["PUBLISHED"] > 200 * 0.7
    shown = "SELECT count(*) FROM events WHERE status = 'PUBLISHED' AND "
    present = SMALL.present + timedelta(hours=12)
    ended = await database.fetchval(f"{shown} ends_at < $1", present)
    live = await database.fetchval(f"{shown} starts_at <= $1 AND ends_at >= $1", present)
    upcoming = await database.fetchval(f"{shown} starts_at > $1 AND starts_at < $2", present, present + timedelta(366))
    assert ended > 20
    assert live >= 1
    assert upcoming > 80
    categories = Counter(row["category"] for row in await database.fetch("SELECT category FROM events"))
    assert categories.most_common(1)[0][0] == "Music"
    assert len(categories) > 10
    demand = [row["n"] for row in await database.fetch("SELECT count(*) AS n FROM registrations GROUP BY event_id")]
    assert max(demand) > 5 * statistics.median(demand)
    for sql, least in (
        ("SELECT count(DISTINCT timezone) FROM events", 7),
        ("SELECT count(DISTINCT currency) FROM ticket_tiers", 5),
        ("SELECT count(*) FROM ticket_tiers WHERE price_minor = 0", 20),
        ("SELECT count(*) FROM events WHERE online", 10),
        ("SELECT count(*) FROM events WHERE title ~ '[^\\x01-\\x7f]{3}'", 20),
        ("SELECT count(*) FROM capacity_pools WHERE kind = 'EVENT' AND capacity IS NULL", 5),
        ("SELECT count(*) FROM capacity_pools WHERE kind = 'EVENT' AND capacity = confirmed", 1),
        ("SELECT count(*) FROM registrations WHERE status = 'CANCELLED'", 80),
        ("SELECT count(*) FROM (SELECT FROM registrations GROUP BY user_id HAVING count(*) > 3) AS s", 50),
        ("SELECT count(*) FROM (SELECT FROM registrations GROUP BY event_id, user_id HAVING count(*) > 1) AS s", 10),
        ("SELECT count(*) FROM registrations JOIN users AS u ON u.id = user_id WHERE u.email LIKE 'attendee@%'", 1),
    ):
        assert await database.fetchval(sql) >= least, sql
    assert (
        await database.fetchval("SELECT max(count) FROM (SELECT count(*) FROM ticket_tiers GROUP BY event_id) AS s")
        <= 4
    )


async def test_wall_clocks_agree_with_instants(database: BareConnection) -> None:
    apart = """
    SELECT id FROM events WHERE starts_at AT TIME ZONE timezone <> starts_at_local
        OR ends_at AT TIME ZONE timezone <> ends_at_local
    """
    assert await database.fetch(apart) == []


async def test_everybody_sees_every_public_event(
    seeded: str, database: BareConnection, redis_url: str, tmp_path: Path, clock: Clock
) -> None:
    public = await database.fetchval(
        "SELECT count(*) FROM events"
        " WHERE status = 'PUBLISHED' OR status IN ('POSTPONED', 'CANCELLED') AND published_at IS NOT NULL"
    )
    seen: set[str] = set()
    async with running_api(seeded, redis_url, tmp_path, clock) as api:
        after: str | None = None
        while True:
            page = (await api.run(PAGE, {"after": after})).data["events"]
            assert page["totalCount"] == public
            seen |= {edge["node"]["id"] for edge in page["edges"]}
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
    assert len(seen) == public


async def test_people_go_on_where_the_data_ends(
    fresh_database_url: str, redis_url: str, tmp_path: Path, clock: Clock
) -> None:
    await seed_volume(fresh_database_url, SMALL, no_progress)
    mine = """{
      viewer { name platformRole registrations(first: 5) { edges { node { id } } }
        memberships { role organization { name } } }
    }"""
    open_events = """{
      events(first: 50, filter: { hasAvailability: true, startsAfter: "2026-12-30T00:00:00Z" }) { edges { node {
        id status ticketTiers { id name available } } } }
    }"""
    async with running_api(fresh_database_url, redis_url, tmp_path, clock) as api:
        owner: Any = (await api.run(mine, by="owner@bilten.example")).data["viewer"]
        assert [membership["role"] for membership in owner["memberships"]] == ["OWNER"] * 3
        admin: Any = (await api.run(mine, by="admin@bilten.example")).data["viewer"]
        assert admin["platformRole"] == "ADMIN"
        guest: Any = (await api.run(mine, by="guest-0000007@people.example")).data["viewer"]
        assert guest["registrations"]["edges"]
        world = World(api)
        offered = (await api.run(open_events)).data["events"]["edges"]
        taken = 0
        for node in (edge["node"] for edge in offered):
            [*standard] = [tier for tier in node["ticketTiers"] if tier["name"] in {"Standard", "Free entry"}]
            if node["status"] == "PUBLISHED" and standard and standard[0]["available"] != 0:
                event = Listed(node["id"], {"Standard": standard[0]["id"]})
                registration = await world.register(event, "newcomer@bilten.example")
                given = {"id": registration, "reason": "I cannot come."}
                await world.do(CANCEL, "cancelRegistration", "newcomer@bilten.example", **given)
                taken += 1
        assert taken > 10
    async with connected(fresh_database_url) as connection:
        await prove_books(connection)


async def test_a_sold_out_event_takes_nobody(
    seeded: str, database: BareConnection, redis_url: str, tmp_path: Path, clock: Clock
) -> None:
    full = await database.fetch(
        "SELECT e.id, t.id AS tier, (SELECT min(email) FROM users AS u WHERE u.email LIKE 'guest-%' AND NOT EXISTS ("
        "   SELECT FROM registrations AS r WHERE r.event_id = e.id AND r.user_id = u.id)) AS newcomer"
        " FROM events AS e JOIN capacity_pools AS p ON p.id = e.id"
        " JOIN ticket_tiers AS t ON t.event_id = e.id AND t.sales_end_at IS NULL"
        " WHERE p.capacity = p.confirmed AND e.status = 'PUBLISHED' AND e.ends_at > $1",
        clock(),
    )
    assert full
    async with running_api(seeded, redis_url, tmp_path, clock) as api:
        for row in full:
            event_id, tier_id = encode("Event", row["id"]), encode("TicketTier", row["id"], row["tier"])
            given = {"eventId": event_id, "ticketTierId": tier_id, "quantity": 1}
            answer = await api.run(REGISTER, {"input": given}, by=row["newcomer"])
            assert answer.problems("register") == ["SOLD_OUT"]


async def test_a_database_with_data_is_refused(seeded: str, database: BareConnection) -> None:
    with pytest.raises(DatabaseIsNotEmpty, match="200 events"):
        await seed_volume(seeded, SMALL, no_progress)
    assert await database.fetchval("SELECT count(*) FROM events") == 200


async def test_an_interrupted_run_leaves_nothing(fresh_database_url: str) -> None:
    class Interrupted(Exception):
        """Somebody pressed Ctrl-C."""

    def interrupt(loaded: Loaded) -> None:
        if loaded.events:
            raise Interrupted

    with pytest.raises(Interrupted):
        await seed_volume(fresh_database_url, Volume(3_000, 30_000, seed=1, day=SMALL.day), interrupt)
    async with connected(fresh_database_url) as connection:
        assert await connection.fetchval("SELECT count(*) FROM users") == 0
    assert (await seed_volume(fresh_database_url, Volume(5, 20, seed=1, day=SMALL.day), no_progress)).events == 5
