"""Migrations: they make exactly the tables that the code declares, once, whoever else is migrating."""

import asyncio
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from bilten.embedded.cluster import MAJOR_VERSION, PACKAGE
from bilten.embedded.postgres import ROLE
from db.migrate import DatabaseIsNewer, migrate, newest, pending
from db.tables import metadata


@asynccontextmanager
async def empty_database(admin_url: str) -> AsyncGenerator[str]:
    """A database without any table for one block."""
    name = f"empty_{uuid4().hex}"
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(f'CREATE DATABASE "{name}" OWNER {ROLE} TEMPLATE template0')
        yield admin_url.replace("postgres@/postgres", f"{ROLE}@/{name}")
        await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await admin.close()


async def create_all(url: str) -> None:
    async def connect() -> Any:
        return await asyncpg.connect(url)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(metadata.create_all)
    finally:
        await engine.dispose()


def dumped(url: str) -> list[str]:
    """The schema as PostgreSQL itself writes it, without what differs between any two dumps."""
    spec = find_spec(PACKAGE)
    assert spec is not None
    [package] = spec.submodule_search_locations or []
    program = Path(package) / f"pginstall{MAJOR_VERSION}" / "bin" / "pg_dump"
    options = ["--schema-only", "--no-owner", "--no-privileges", "--no-comments", "--exclude-table=alembic_version"]
    dump = subprocess.run([program, *options, f"--dbname={url}"], capture_output=True, text=True, check=True).stdout
    lines = [line.rstrip() for line in dump.splitlines()]
    return [line for line in lines if line and not line.startswith(("--", "\\restrict", "\\unrestrict"))]


async def test_migrations_make_the_tables_that_the_code_declares(
    fresh_database_url: str, postgres_admin_url: str
) -> None:
    async with empty_database(postgres_admin_url) as declared_url:
        await create_all(declared_url)
        declared = dumped(declared_url)

    assert dumped(fresh_database_url) == declared
    assert sum(line.startswith("CREATE TABLE") for line in declared) == len(metadata.tables)


async def test_migrating_again_changes_nothing(fresh_database_url: str) -> None:
    before = dumped(fresh_database_url)

    assert await migrate(fresh_database_url) == []
    assert await pending(fresh_database_url) == []
    assert dumped(fresh_database_url) == before


async def test_an_empty_database_lacks_every_revision_up_to_the_newest(postgres_admin_url: str) -> None:
    async with empty_database(postgres_admin_url) as url:
        missing = await pending(url)

        assert missing[-1] == newest()
        assert missing == sorted(missing)
        assert await migrate(url) == missing
        assert await pending(url) == []


async def test_two_that_migrate_at_once_apply_each_revision_once(postgres_admin_url: str) -> None:
    async with empty_database(postgres_admin_url) as url:
        missing = await pending(url)

        applied = await asyncio.gather(migrate(url), migrate(url), migrate(url))

        assert sorted(applied) == [[], [], missing]


async def test_asking_what_is_missing_leaves_no_trace(postgres_admin_url: str) -> None:
    async with empty_database(postgres_admin_url) as url:
        await pending(url)

        connection = await asyncpg.connect(url)
        tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        await connection.close()

        assert tables == 0


async def test_who_has_nothing_to_migrate_waits_for_no_table(fresh_database_url: str) -> None:
    holder = await asyncpg.connect(fresh_database_url)
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
            assert await asyncio.wait_for(migrate(fresh_database_url), timeout=10) == []
    finally:
        await holder.close()


@pytest.mark.parametrize("table", sorted(metadata.tables))
def test_every_constraint_and_index_has_a_name(table: str) -> None:
    declared = metadata.tables[table]

    assert all(constraint.name for constraint in declared.constraints)
    assert all(index.name for index in declared.indexes)


async def test_database_of_a_newer_version_is_not_touched(fresh_database_url: str) -> None:
    connection = await asyncpg.connect(fresh_database_url)
    try:
        await connection.execute("UPDATE alembic_version SET version_num = '9999'")

        with pytest.raises(DatabaseIsNewer, match="9999"):
            await migrate(fresh_database_url)
    finally:
        await connection.close()
