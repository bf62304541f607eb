"""Homes for whole servers: one that was filled once, and a copy of it for every test."""

import shutil
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import pytest

from tests.faults.server import serving
from tests.faults.services import Postgres, Redis, fragile_servers
from tests.folders import passable_folder


@pytest.fixture
def tmp_path() -> Generator[Path]:
    """Where the homes of one test lie."""
    with passable_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
async def prepared() -> AsyncGenerator[Path]:
    """A home that a server has filled with its demo data and left."""
    with passable_folder() as folder:
        async with serving(folder / "home") as server:
            assert await server.status("/healthz") == 200
        yield folder / "home"


@pytest.fixture
def home(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "home"))


@pytest.fixture(scope="session")
async def servers() -> AsyncGenerator[tuple[Postgres, Redis]]:
    """Servers that a test may break; it starts by starting them."""
    async with fragile_servers() as servers:
        yield servers
