"""Databases that a whole module reads from, made once."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import uuid4

import asyncpg

from bilten.embedded.postgres import ROLE
from tests.conftest import TEMPLATE

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@asynccontextmanager
async def own_database(admin_url: str) -> AsyncGenerator[str]:
    """A migrated, empty database for as long as the block runs."""
    name = f"own_{uuid4().hex}"
    admin = await asyncpg.connect(admin_url)
    try:
        await admin.execute(f'CREATE DATABASE "{name}" OWNER {ROLE} TEMPLATE {TEMPLATE}')
        try:
            yield admin_url.replace("postgres@/postgres", f"{ROLE}@/{name}")
        finally:
            await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await admin.close()
