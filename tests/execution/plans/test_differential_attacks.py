"""Documents of those who mean harm get the same answers from both engines."""

from collections.abc import AsyncGenerator

import pytest

from tests.api import Api, Clock, running_api
from tests.attacks.corpus import Hostile, documents
from tests.execution.plans.test_differential_ours import outcome
from tests.execution.plans.torture_comparison import difference
from tests.operations.databases import NOON

Pair = tuple[Api, Api]


@pytest.fixture(scope="module")
async def both(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Pair]:
    """The application with each engine."""
    home = tmp_path_factory.mktemp("home")
    async with (
        running_api(database_url, redis_url, home, Clock(NOON), engine="core") as core,
        running_api(database_url, redis_url, home, Clock(NOON), engine="compiled") as compiled,
    ):
        yield core, compiled


@pytest.mark.parametrize("attack", [pytest.param(attack, id=attack.name) for attack in documents()])
async def test_hostile_document_is_answered_alike_by_both_engines(both: Pair, attack: Hostile) -> None:
    # What comes again runs by the plan, if there is one.
    for _ in range(2):
        core, compiled = [await api.run(attack.text, attack.variables) for api in both]

        assert difference(outcome(core), outcome(compiled)) is None
        assert set(core.codes) <= attack.codes
