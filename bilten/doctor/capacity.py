"""Asks whether the capacity of events is what their rows and their journal say: of a sample, or of all."""

from collections.abc import AsyncGenerator, Iterable
from uuid import UUID

from bilten.doctor.findings import Finding, counted, ok, problem
from bilten.ledger_check import EVENTS, bounded
from db import inspection, ledger
from domain.ids import EventId
from domain.ledger import CapacityProof, Difference, LedgerMatter, in_words

EXAMPLES = 3
_REMEDY = "leave everything as it is, keep a dump, and look into it: docs/capacity.md#when-the-books-differ"
_ELSEWHERE = frozenset({LedgerMatter.STREAM, LedgerMatter.TICKETS})
"""What the doctor's other books tell of, for everybody's streams."""


async def capacity_findings(connection: inspection.Bare, events: Iterable[UUID] | None) -> list[Finding]:
    """Compare the books of those events, or of all: some hundred of them in each statement."""
    looked_at = wrong = 0
    examples: list[str] = []
    async for proof in _proofs(connection, events):
        looked_at += 1
        if differences := _of_capacity(proof):
            wrong += 1
            examples.append(f"event {proof.event_id}: {in_words(differences, EXAMPLES)}")
    said = counted(looked_at, "event") + ("" if events is None else ", a sample")
    if not wrong:
        return [ok("capacity", f"{said}: counters and waiting lists equal the rows and the sum of the journal")]
    shown = "; ".join(examples[:EXAMPLES])
    return [problem("capacity", f"the books of {wrong:,} of {said} differ ({shown})", _REMEDY)]


async def _proofs(connection: inspection.Bare, events: Iterable[UUID] | None) -> AsyncGenerator[CapacityProof]:
    if events is None:
        after = UUID(int=0)
        while part := bounded(await ledger.events_after(connection, after, EVENTS)):
            for proof in (await ledger.prove(connection, part)).values():
                yield proof
            after = part[-1]
        return
    rest = await ledger.events_with_lines(connection, map(EventId, events))
    while part := bounded(rest):
        for proof in (await ledger.prove(connection, part)).values():
            yield proof
        rest = rest[len(part) :]


def _of_capacity(proof: CapacityProof) -> list[Difference]:
    return [difference for difference in proof.differences if difference.matter not in _ELSEWHERE]
