"""Homes and data that cannot be served: each is explained in one line with a code, and nothing is left running."""

import shutil
from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path

import pytest

from bilten.config import Settings
from bilten.embedded import embedded_services
from bilten.embedded.errors import (
    DataIsDamaged,
    DataIsOfAnotherVersion,
    EmbeddedServiceFailed,
    HomeIsUnusable,
    ServiceDidNotStart,
)
from tests.folders import passable_folder


@pytest.fixture
def folder() -> Generator[Path]:
    """Where the homes of one test lie."""
    with passable_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
async def sound() -> AsyncGenerator[Path]:
    """A home that was started once."""
    with passable_folder() as folder:
        await start(folder / "home")
        yield folder / "home"


async def start(home: Path) -> None:
    async with embedded_services(Settings(home=home), lambda _: None):
        pass


def lose_control_file(data: Path) -> None:
    (data / "global" / "pg_control").unlink()


def lose_version(data: Path) -> None:
    (data / "PG_VERSION").unlink()


def come_from_another_version(data: Path) -> None:
    (data / "PG_VERSION").write_text("16\n", encoding="ascii")


def lose_the_log_of_changes(data: Path) -> None:
    shutil.rmtree(data / "pg_wal")
    (data / "pg_wal").mkdir(mode=0o700)


def misspell_a_setting(data: Path) -> None:
    (data / "postgresql.conf").write_text("no_such_setting = 1\n", encoding="ascii")


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lose_control_file, DataIsDamaged),
        (lose_the_log_of_changes, DataIsDamaged),
        (lose_version, DataIsDamaged),
        (come_from_another_version, DataIsOfAnotherVersion),
        (misspell_a_setting, ServiceDidNotStart),
    ],
)
async def test_data_that_cannot_be_served_is_explained_in_one_line(
    folder: Path, sound: Path, damage: Callable[[Path], None], expected: type[EmbeddedServiceFailed]
) -> None:
    home = Path(shutil.copytree(sound, folder / "home"))
    damage(home / "postgres" / "data")
    with pytest.raises(expected) as caught:
        await start(home)
    assert str((home / "postgres").resolve()) in str(caught.value)
    assert "\n" not in str(caught.value)


async def test_a_home_that_cannot_be_a_folder_is_explained(folder: Path) -> None:
    (folder / "home").write_text("a file", encoding="ascii")
    with pytest.raises(HomeIsUnusable, match="set BILTEN_HOME"):
        await start(folder / "home")
