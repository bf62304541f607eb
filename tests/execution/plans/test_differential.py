"""The compiled engine answers as graphql-core does, whatever is asked and however the resolvers behave."""

import gc
from typing import Any, cast

import pytest
import strawberry
from graphql.execution import Executor

from tests.execution.plans.torture import FAMILIAR, STRANGE, core_of
from tests.execution.plans.torture_cases import CASES, PERCENTS, SEED, Bench, collected_at_the_end
from tests.execution.plans.torture_comparison import Subject
from tests.execution.plans.torture_core import CORE, Root
from tests.execution.plans.torture_supply import supply
from tests.execution.plans.torture_world import World

CHUNKS = 10
"""Into so many tests the cases are parted, so that every core gets some."""
MOST_INTERPRETED = 0.1
"""The share of documents that may be left to graphql-core; else there would be little left to compare."""


def of_strawberry(schema: strawberry.Schema) -> Subject:
    own = cast("type[Executor[Any]]", schema.execution_context_class)  # pyright: ignore[reportUnknownMemberType]
    return Subject(core_of(schema), own, options={"operation_extensions": None})


SUBJECTS = {
    "familiar": of_strawberry(FAMILIAR),
    "strange": of_strawberry(STRANGE),
    "core": Subject(CORE, root=Root()),
}
# What graphql-core cancels when a null spreads may not have begun: Python then speaks of coroutines nobody awaited.
UNHEARD = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
pytestmark = UNHEARD


def bench(subject: str) -> Bench:
    return Bench(SUBJECTS[subject], supply, World)


@pytest.mark.parametrize("chunk", range(CHUNKS))
@pytest.mark.parametrize(("subject", "share"), [("familiar", 0.5), ("strange", 0.25), ("core", 0.25)])
async def test_plans_answer_as_graphql_core_does(subject: str, share: float, chunk: int) -> None:
    compared = bench(subject)

    with collected_at_the_end():
        for number in range(int(CASES * share) // CHUNKS // len(PERCENTS)):
            kind = "mutation" if number % 5 == 4 else "query"
            await compared.compare(f"{SEED}:{chunk}:{number}", kind)
            assert not compared.tally.failures, compared.tally.failures[0]
            if number % 50 == 49:
                gc.collect()

    assert compared.tally.interpreted < MOST_INTERPRETED, compared.tally.reasons.most_common(10)
