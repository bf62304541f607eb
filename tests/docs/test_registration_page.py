"""The pages about registration and capacity: their documents fit the schema of today, diagrams and codes are real."""

import re
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from domain.errors import refusals_by_code
from domain.registrations import RegistrationStatus, TicketStatus
from domain.waitlist import WaitlistStatus
from schema.build import sdl

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "registration.md").read_text(encoding="utf-8")
SCHEMA = build_schema(sdl())
CAPACITY = (DOCS / "capacity.md").read_text(encoding="utf-8")
DOCUMENTS = re.findall(r"^```graphql\n(.*?)^```", PAGE + CAPACITY, re.DOTALL | re.MULTILINE)
DIAGRAMS = re.findall(r"^```mermaid\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
NOT_YET = {"PENDING_APPROVAL", "REJECTED"}
"""Statuses that nothing leads to so far, as the page says."""


def anchors(page: str) -> set[str]:
    prose = re.sub(r"^```.*?^```", "", (DOCS / page).read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_document_is_valid(document: str) -> None:
    assert validate(SCHEMA, parse(document)) == []


def test_the_diagrams_hold_every_status_and_steps_that_there_are() -> None:
    statuses = [set(re.findall(r"\b[A-Z_]{4,}\b", diagram)) for diagram in DIAGRAMS]
    assert SCHEMA.mutation_type
    mutations = set(SCHEMA.mutation_type.fields)
    steps = set(re.findall(r"\b[a-z]+[A-Z]\w+\b", "".join(DIAGRAMS))) - {"stateDiagram"}

    assert statuses == [set(RegistrationStatus) - NOT_YET, set(TicketStatus), set(WaitlistStatus)]
    assert steps - mutations == set()


def test_codes_are_codes_of_problems() -> None:
    rows = PAGE.partition("| Code | What to do |")[2]

    named = {code for row in rows.splitlines() for code in re.findall(r"`([A-Z_]{4,})`", "".join(row.split("|")[1:2]))}

    assert named
    assert named - set(refusals_by_code()) == set()


def test_every_link_leads_somewhere() -> None:
    for page, anchor in re.findall(r"\]\(([\w./-]*)#?([\w-]*)\)", PAGE):
        assert (DOCS / page).exists(), page
        assert not anchor or anchor in anchors(page or "registration.md"), (page, anchor)
