"""The page for client developers: its snippets are the files that are run, and its tables leave no code out."""

import re

from docs.snippets.check import SNIPPETS
from docs.snippets.embed import FOLDER, PAGE, embedded
from domain.errors import RequestError, refusals_by_code
from execution.limits import TOO_COMPLEX

TOOLS = {"check.py", "embed.py"}


def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_page_holds_each_snippet_as_its_file_has_it() -> None:
    assert page() == embedded(page()), "run docs/snippets/embed.py"


def test_every_snippet_is_on_the_page_and_is_run() -> None:
    files = {file.name for file in FOLDER.iterdir() if file.is_file()} - TOOLS

    assert set(re.findall(r"<!-- snippet (\S+) -->", page())) == files
    assert set(SNIPPETS) == files


def test_every_code_is_explained() -> None:
    codes = {*refusals_by_code(), *(error.code for error in RequestError.__subclasses__()), TOO_COMPLEX}

    assert {code for code in codes if f"`{code}`" not in page()} == set()


def test_every_link_within_the_page_leads_somewhere() -> None:
    headings = re.findall(
        r"^#+ (.+)$", re.sub(r"^```.*?^```", "", page(), flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    )
    places = {heading.lower().replace(" ", "-") for heading in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", page())) <= places
