"""The pages for operators: they know every setting and its default, and name only what there is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from bilten.cli import app
from bilten.config import Settings
from bilten.doctor.settings import OTHERS

DOCS = Path(__file__).parents[2] / "docs"
PAGES = (
    "operations.md",
    "settings.md",
    "backup.md",
    "upgrade.md",
    "sizing.md",
    "capacity.md",
    "metrics.md",
    "notifications.md",
)


def text(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def anchors(page: Path) -> set[str]:
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    headings = re.findall(r"^#+ (.+)$", prose, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def defaults() -> Iterator[tuple[str, str]]:
    for name, field in Settings.model_fields.items():
        value: object = field.default
        yield f"BILTEN_{name.upper()}", "unset" if value is None or value == () else f"`{value}`"


def test_every_setting_stands_on_its_page_with_its_default() -> None:
    rows = re.findall(r"^\| `(BILTEN_\w+)` \| ([^|]+) \|", text("settings.md"), re.MULTILINE)

    assert dict(rows) == dict(defaults())


@pytest.mark.parametrize("page", PAGES)
def test_every_variable_that_is_named_exists(page: str) -> None:
    known = {*(name for name, _ in defaults()), *OTHERS}

    assert set(re.findall(r"BILTEN_[A-Z_]*[A-Z]", text(page))) <= known


@pytest.mark.parametrize("page", PAGES)
def test_every_command_that_is_named_exists(page: str) -> None:
    commands = set(typer.main.get_group(app).commands)
    named = re.findall(r"(?:^|`|bin/|bilten )bilten ([a-z]+)\b(?! \w+ \w)", text(page), re.MULTILINE)

    assert set(named) <= commands


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for path, _, anchor in (link.partition("#") for link in re.findall(r"\]\(([^)]+)\)", text(page))):
        target = DOCS / path if path else DOCS / page
        assert target.exists(), path
        assert not anchor or anchor in anchors(target), f"{path}#{anchor}"


def test_pages_that_the_doctor_sends_to_exist() -> None:
    sources = (DOCS.parent / "bilten" / "doctor").glob("*.py")
    named = {link for file in sources for link in re.findall(r"docs/[\w.#-]+\w", file.read_text(encoding="utf-8"))}

    assert named
    for path, _, anchor in (link.partition("#") for link in named):
        assert not anchor or anchor in anchors(DOCS.parent / path), f"{path}#{anchor}"
        assert (DOCS.parent / path).exists(), path
