"""How many cases are compared, which, and what is said of the first one that fails."""

import asyncio
import gc
import os
from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import DocumentNode, parse

from execution.plans import Plan
from tests.execution.plans.torture_comparison import (
    Outcome,
    Subject,
    compiled,
    difference,
    finished,
    invented,
    is_query,
    settled,
    without_spreading,
)
from tests.execution.plans.torture_documents import Document, Drawn, Supply
from tests.execution.plans.torture_faults import Faults
from tests.execution.plans.torture_shrinking import shrunk

CASES = int(os.environ.get("BILTEN_FUZZ_CASES", "2500"))
"""How many cases all tests together compare."""
SEED = os.environ.get("BILTEN_FUZZ_SEED", "bilten")
PERCENTS = (0, 2, 6, 20)
"""How many of a hundred reads fail: each document is run once with each."""


@contextmanager
def collected_at_the_end() -> Generator[None]:
    """Collect garbage after the block, and inside only where the block itself does.

    What graphql-core cancels when a null spreads may not have begun, and Python speaks of coroutines that nobody
    awaited when it collects them. In the midst of making a named tuple, which knows no builtins, it cannot even speak.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.enable()


@dataclass(frozen=True, slots=True)
class Case:
    """A document with one set of values and faults."""

    text: str
    values: Mapping[str, Any]
    flags: Mapping[str, bool]
    seed: str
    percent: int

    def faults(self) -> Faults:
        return Faults(self.seed, self.percent)


@dataclass(slots=True)
class Tally:
    """What has been compared; `reasons` says why documents could not be compiled, `failures` what was found."""

    compared: int = 0
    with_errors: int = 0
    refused: int = 0
    documents: int = 0
    reasons: Counter[str] = field(default_factory=Counter[str])
    failures: list[str] = field(default_factory=list[str])

    @property
    def interpreted(self) -> float:
        """The share of documents that could not be compiled."""
        return self.reasons.total() / max(self.documents, 1)


@dataclass(frozen=True, slots=True)
class Bench:
    """Compares the engines on one subject. `context` makes what resolvers get from the faults of a case."""

    subject: Subject
    supply: Supply
    context: Callable[[Faults], object]
    tally: Tally = field(default_factory=Tally)

    async def compare(self, seed: str, kind: str, *, depth: int = 4, most_failures: int = 1) -> None:
        """Draw a document and compare it under all faults; everything that was found stands in the tally."""
        random = Random(seed)  # noqa: S311 - a test's own dice
        drawn = Document(self.subject.schema, random, self.supply).draw(kind, random.randint(1, depth))
        self.tally.documents += 1
        cases = [self._case(drawn, seed, percent) for percent in PERCENTS]
        # Plans keep nothing of an execution: the same one serves at the same time.
        plans: dict[str, Plan | None] = {}
        for case in cases:
            told = str(case.flags)
            if told not in plans:
                plans[told] = compiled(self.subject, parse(case.text), case.flags, self.tally.reasons)
        async with settled():
            found = await asyncio.gather(*[self._compared(case, plans[str(case.flags)]) for case in cases])
        for case, difference_ in zip(cases, found, strict=True):
            if difference_ and len(self.tally.failures) < most_failures:
                self.tally.failures.append(await self._told(case, difference_))

    def _case(self, drawn: Drawn, seed: str, percent: int) -> Case:
        values = drawn.values(wrong=percent == PERCENTS[-1])
        return Case(drawn.text, values, drawn.flags(values), f"{seed}:{percent}", percent)

    async def _compared(self, case: Case, plan: Plan | None) -> str | None:
        if plan is None:
            return None
        document = parse(case.text)
        core, answered = await asyncio.gather(self._interpreted(document, case), self._planned(plan, case))
        self.tally.compared += 1
        self.tally.with_errors += bool(core.errors)
        self.tally.refused += any(not path for path, _ in core.told)
        if isinstance(answered, str):
            return answered
        found = difference(core, answered)
        if found is None and answered.errors and is_query(document) and any(map(answered.veil, _paths(answered))):
            found = invented(answered, await self._interpreted(without_spreading(document), case))
        return found

    async def _interpreted(self, document: DocumentNode, case: Case) -> Outcome:
        faults = case.faults()
        answer = self.subject.plainly(document, case.values, self.context(faults))
        return await finished(answer, lambda: faults.effects)

    async def _planned(self, plan: Plan, case: Case) -> Outcome | str:
        faults = case.faults()
        try:
            answer = plan.execute(case.values, root=self.subject.root, context=self.context(faults))
            return await finished(answer, lambda: faults.effects)
        except Exception as failure:
            return f"the plan raised {failure!r}"

    async def _told(self, case: Case, found: str) -> str:
        async def shows(text: str) -> bool:
            return await self._again(case, text) is not None

        smallest = case.text
        if await shows(smallest):
            smallest = await shrunk(self.subject.schema, smallest, shows)
            found = await self._again(case, smallest) or found
        values = {name: value for name, value in case.values.items() if f"${name}" in smallest}
        return f"seed {case.seed!r} percent {case.percent}\n{smallest}\nvariables {values}\n{found}"

    async def _again(self, case: Case, text: str) -> str | None:
        with suppress(KeyError):
            flags = {name: value for name, value in case.flags.items() if f"${name}" in text}
            plan = compiled(self.subject, parse(text), flags, Counter())
            return await self._compared(Case(text, case.values, flags, case.seed, case.percent), plan)
        return None


def _paths(outcome: Outcome) -> list[tuple[str | int, ...]]:
    return [path for path, _ in outcome.told]
