"""One server for all attacks, with budgets that let them through for whoever has not signed in."""

from collections.abc import AsyncGenerator

import pytest

from tests.attacks.victim import Victim, probed
from tests.faults.server import serving
from tests.folders import passable_folder

UNLIMITED = "1000000000000"


@pytest.fixture(scope="module")
async def victim() -> AsyncGenerator[Victim]:
    """The server. Whoever has signed in has the budget of the default settings."""
    with passable_folder() as folder:
        async with (
            serving(folder / "home", BILTEN_ANONYMOUS_COST_PER_MINUTE=UNLIMITED) as server,
            probed(server) as victim,
        ):
            yield victim
