"""The document that a search reads always says what the rows say, whoever writes them, how, and at the same time.

A bigger run: `BILTEN_EXAMPLES=2000 pytest tests/db/test_search_document.py`.
"""

import asyncio
import os
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from db import migrate as migrations
from db.database import BareConnection
from db.migrate import migrate
from tests.db.test_migrations import empty_database
from tests.operations.crowd import connected
from tests.operations.databases import NOON
from tests.waiting import eventually

EXAMPLES = int(os.environ.get("BILTEN_EXAMPLES", "40"))
ORGANIZATIONS = [UUID(int=1 << 76 | number) for number in range(1, 4)]
VENUES = [UUID(int=2 << 76 | number) for number in range(1, 5)]
USER = UUID(int=3 << 76 | 1)
ZONES = ("UTC", "Europe/Berlin", "Europe/Belgrade", "Europe/Helsinki")
WORDS = ("jazz", "Straße", "концерт", "東京", "don't", "C++", "São Paulo", "\\", "' x", "")
# Nothing of the stored words and documents is believed: names come from where they are kept.
DRIFTED = """
SELECT event.slug FROM events AS event
JOIN organizations AS organization ON organization.id = event.organization_id
LEFT JOIN venues AS venue ON venue.id = event.venue_id
CROSS JOIN bilten_event_document(event) AS afresh
WHERE event.organization_words IS DISTINCT FROM organization.name
    OR event.venue_words IS DISTINCT FROM venue.name || ' ' || venue.city
    OR event.search_rank IS DISTINCT FROM afresh.ranked
    OR event.search IS DISTINCT FROM afresh.ranked || afresh.described
"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
FINDS = "SELECT search @@ bilten_query(ARRAY['=' || $2], FALSE) FROM events WHERE id = $1"
RENAME_VENUE = "UPDATE venues SET name = $2 WHERE id = $1"
RENAME_ORGANIZATION = "UPDATE organizations SET name = $2 WHERE id = $1"
MOVE = "UPDATE events SET venue_id = $2 WHERE id = $1"
EDIT = "UPDATE events SET title = $2 WHERE id = $1"


async def make_places(connection: BareConnection) -> None:
    """Three organizations, four venues and somebody."""
    await connection.execute(
        """
        INSERT INTO users (id, issuer, subject, email, email_verified, name, status, created_at, updated_at)
        VALUES ($1, 'issuer', 'somebody', 'somebody@people.example', true, 'Somebody', 'ACTIVE', $2, $2)
        """,
        USER,
        NOON,
    )
    for number, organization in enumerate(ORGANIZATIONS):
        sql = "INSERT INTO organizations (id, slug, name, created_at, updated_at) VALUES ($1, $2, $3, $4, $4)"
        await connection.execute(sql, organization, f"house-{number}", f"House {number}", NOON)
    for number, venue in enumerate(VENUES):
        sql = """
        INSERT INTO venues (id, organization_id, name, city, country, timezone, created_at, updated_at)
        VALUES ($1, $2, $3, $4, 'SI', 'UTC', $5, $5)
        """
        await connection.execute(sql, venue, ORGANIZATIONS[number % 3], f"Hall {number}", "Škofja Loka", NOON)


def event(**details: Any) -> dict[str, Any]:
    """The columns of an event."""
    return {
        "id": uuid4(),
        "organization_id": ORGANIZATIONS[0],
        "venue_id": VENUES[0],
        "slug": f"event-{uuid4()}",
        "title": "An evening",
        "summary": None,
        "description": None,
        "category": "Music",
        "tags": ["jazz"],
        "status": "PUBLISHED",
        "starts_at_local": NOON.replace(tzinfo=None),
        "ends_at_local": (NOON + timedelta(hours=1)).replace(tzinfo=None),
        "timezone": "UTC",
        "starts_at": NOON,
        "ends_at": NOON + timedelta(hours=1),
        "created_by": USER,
        "created_at": NOON,
        "updated_at": NOON,
        **details,
    }


async def insert(connection: BareConnection, **details: Any) -> UUID:
    row = event(**details)
    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    sql = f"INSERT INTO events ({', '.join(row)}) VALUES ({places})"  # noqa: S608 - the names stand above
    await connection.execute(sql, *row.values())
    return row["id"]


@pytest.fixture(scope="module")
async def connection(database_url: str) -> AsyncGenerator[BareConnection]:
    """A connection whose transactions are always rolled back."""
    async with connected(database_url) as opened:
        yield opened


@pytest.fixture
async def places(fresh_database_url: str) -> str:
    """A database with venues and organizations, for commits."""
    async with connected(fresh_database_url) as opened:
        await make_places(opened)
    return fresh_database_url


# --- One after another ----------------------------------------------------------------------------------------------

texts = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
venues = st.sampled_from([*VENUES, None])
changes = st.one_of(
    st.tuples(
        st.just("insert"),
        st.fixed_dictionaries({"title": texts, "venue_id": venues, "timezone": st.sampled_from(ZONES)}),
    ),
    st.tuples(
        st.just("UPDATE events SET {} = $1 WHERE id = (SELECT id FROM events ORDER BY md5(id::text || $2) LIMIT 1)"),
        st.one_of(
            st.tuples(st.sampled_from(["title", "summary", "description", "category"]), texts),
            st.tuples(st.just("timezone"), st.sampled_from(ZONES)),
            st.tuples(st.just("venue_id"), venues),
            st.tuples(st.just("organization_id"), st.sampled_from(ORGANIZATIONS)),
            st.tuples(st.just("tags"), st.lists(st.sampled_from(WORDS), max_size=2)),
            # Nobody should write these; whoever does changes nothing.
            st.tuples(st.sampled_from(["search", "search_rank"]), st.just("'lie':1")),
            st.tuples(st.sampled_from(["venue_words", "organization_words"]), st.none()),
        ),
    ),
    st.tuples(
        st.sampled_from(["UPDATE venues SET {} = $1 WHERE id = $2"]),
        st.tuples(st.sampled_from(["name", "city"]), texts, st.sampled_from(VENUES)),
    ),
    st.tuples(
        st.sampled_from(["UPDATE organizations SET {} = $1 WHERE id = $2"]),
        st.tuples(st.just("name"), texts, st.sampled_from(ORGANIZATIONS)),
    ),
)


@given(steps=st.lists(changes, min_size=1, max_size=12))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
async def test_after_any_changes_the_document_is_the_one_computed_afresh(
    connection: BareConnection, steps: list[Any]
) -> None:
    transaction = connection.transaction()
    await transaction.start()
    try:
        await make_places(connection)
        await insert(connection)
        for number, (what, given_) in enumerate(steps):
            if what == "insert":
                await insert(connection, **given_)
            else:
                column, value, *row = given_
                await connection.execute(what.format(column), value, *(row or [str(number)]))

            assert await connection.fetch(DRIFTED) == [], (what, given_)
    finally:
        await transaction.rollback()


async def test_rows_that_arrive_by_copy_have_their_documents(places: str) -> None:
    async with connected(places) as opened:
        rows = [event(title=f"Evening {number}", venue_id=VENUES[number % 4]) for number in range(20)]
        records = [tuple(row.values()) for row in rows]
        await opened.copy_records_to_table("events", records=records, columns=list(rows[0]))

        assert await opened.fetch(DRIFTED) == []
        assert await opened.fetchval(FINDS, rows[7]["id"], "evening 7")
        assert await opened.fetchval(FINDS, rows[7]["id"], "skofja loka")


# --- At once --------------------------------------------------------------------------------------------------------


async def test_an_event_that_comes_while_its_venue_is_renamed_waits_for_the_name(places: str) -> None:
    async with connected(places) as renaming, connected(places) as inserting, connected(places) as watching:
        transaction = renaming.transaction()
        await transaction.start()
        await renaming.execute(RENAME_VENUE, VENUES[0], "Newname")
        inserted = asyncio.ensure_future(insert(inserting))
        await eventually(lambda: _is_waiting(watching), what="the event")
        await transaction.commit()

        assert await watching.fetchval(FINDS, await inserted, "newname")
        assert await watching.fetch(DRIFTED) == []


@pytest.mark.parametrize(
    ("rename", "named"), [(RENAME_VENUE, VENUES[0]), (RENAME_ORGANIZATION, ORGANIZATIONS[0])], ids=["venue", "house"]
)
async def test_a_renaming_waits_for_an_event_that_nobody_sees_yet(places: str, rename: str, named: UUID) -> None:
    async with connected(places) as renaming, connected(places) as inserting, connected(places) as watching:
        transaction = inserting.transaction()
        await transaction.start()
        inserted = await insert(inserting)
        renamed = asyncio.ensure_future(renaming.execute(rename, named, "Newname"))
        await eventually(lambda: _is_waiting(watching), what="the renaming")
        await transaction.commit()
        await renamed

        assert await watching.fetchval(FINDS, inserted, "newname")
        assert await watching.fetch(DRIFTED) == []


async def test_an_event_that_leaves_a_venue_while_it_is_renamed_keeps_only_the_new_one(places: str) -> None:
    async with connected(places) as renaming, connected(places) as moving, connected(places) as watching:
        moved = await insert(watching)
        transaction = moving.transaction()
        await transaction.start()
        await moving.execute(MOVE, moved, VENUES[1])
        renamed = asyncio.ensure_future(renaming.execute(RENAME_VENUE, VENUES[0], "Newname"))
        await eventually(lambda: _is_waiting(watching), what="the renaming")
        await transaction.commit()
        await renamed

        assert not await watching.fetchval(FINDS, moved, "newname")
        assert await watching.fetch(DRIFTED) == []


async def test_an_edit_and_a_renaming_never_wait_for_each_other_in_a_circle(places: str) -> None:
    async with connected(places) as renaming, connected(places) as editing, connected(places) as watching:
        edited = await insert(watching)
        transaction = editing.transaction()
        await transaction.start()
        await editing.execute(EDIT, edited, "First words")
        renamed = asyncio.ensure_future(renaming.execute(RENAME_VENUE, VENUES[0], "Newname"))
        await eventually(lambda: _is_waiting(watching), what="the renaming")
        # The venue is locked by who waits for this event: an edit must not ask for it.
        await editing.execute(EDIT, edited, "Second words")
        await transaction.commit()
        await renamed

        assert await watching.fetchval(FINDS, edited, "second words")
        assert await watching.fetchval(FINDS, edited, "newname")
        assert await watching.fetch(DRIFTED) == []


async def test_many_who_edit_move_and_rename_at_once_leave_no_document_behind(places: str) -> None:
    async with connected(places) as opened:
        ids = [await insert(opened, venue_id=VENUES[number % 4]) for number in range(6)]

    async def change(number: int) -> None:
        chosen = random.Random(number)  # noqa: S311 - the same choices in every run
        async with connected(places) as own:
            choices: list[Callable[[], Awaitable[Any]]] = [
                lambda: insert(own, venue_id=chosen.choice(VENUES), organization_id=chosen.choice(ORGANIZATIONS)),
                lambda: own.execute(EDIT, chosen.choice(ids), f"Title {chosen.random()}"),
                lambda: own.execute(MOVE, chosen.choice(ids), chosen.choice([*VENUES, None])),
                lambda: own.execute(RENAME_VENUE, chosen.choice(VENUES), f"Hall {chosen.random()}"),
                lambda: own.execute(RENAME_ORGANIZATION, chosen.choice(ORGANIZATIONS), f"House {chosen.random()}"),
            ]
            for _ in range(25):
                try:
                    await chosen.choice(choices)()
                except asyncpg.DeadlockDetectedError:
                    # Two venues of one organization are never renamed at once by the application, which locks it.
                    continue

    await asyncio.gather(*(change(number) for number in range(8)))

    async with connected(places) as opened:
        assert await opened.fetch(DRIFTED) == []
        assert await opened.fetchval("SELECT count(*) FROM events") > len(ids)


async def _is_waiting(connection: BareConnection) -> bool:
    return bool(await connection.fetchval(WAITING))


# --- The migration --------------------------------------------------------------------------------------------------


async def migrate_to(url: str, revision: str) -> None:
    """Apply revisions up to one, as `db.migrate` applies all of them."""

    async def connect() -> Any:
        return await asyncpg.connect(url)

    def upgrade(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(migrations.__file__).replace("migrate.py", "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(upgrade)
    finally:
        await engine.dispose()


async def test_rows_from_before_are_found_by_their_venues_after_the_migration(postgres_admin_url: str) -> None:
    async with empty_database(postgres_admin_url) as url:
        await migrate_to(url, "0001")
        async with connected(url) as opened:
            await make_places(opened)
            ids = [await insert(opened, venue_id=[*VENUES, None][number % 5]) for number in range(12)]

        await migrate(url)

        async with connected(url) as opened:
            assert await opened.fetch(DRIFTED) == []
            assert await opened.fetchval(FINDS, ids[0], "hall 0 skofja loka")


async def test_a_migration_that_was_stopped_half_way_goes_on(postgres_admin_url: str) -> None:
    async with empty_database(postgres_admin_url) as url:
        await migrate_to(url, "0002")
        async with connected(url) as opened:
            await make_places(opened)
            for number in range(12):
                await insert(opened, venue_id=VENUES[number % 4])
            await opened.execute(
                """
                ALTER TABLE events DISABLE TRIGGER USER;
                UPDATE events SET search = NULL, search_rank = NULL, organization_words = NULL, venue_words = NULL
                    WHERE venue_id <> '00000000-0000-0000-0000-000000000000' AND md5(id::text) > '8';
                ALTER TABLE events ENABLE TRIGGER USER;
                UPDATE alembic_version SET version_num = '0001'
                """
            )

        await migrate(url)

        async with connected(url) as opened:
            assert await opened.fetch(DRIFTED) == []
