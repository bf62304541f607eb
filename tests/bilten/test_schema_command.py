"""`bilten schema`: the committed file is the served schema, and nobody breaks a client unknowingly."""

import subprocess
import sys
from pathlib import Path

import pytest

from bilten.schema_changes import ReleasedSchemaIsUnreadable, SchemaBreaksClients, changes_since_release, release
from schema import sdl

ROOT = Path(__file__).parents[2]
SERVED = sdl().rstrip() + "\n"
HEADER = "# The schema of version 0.1.0, the last release.\n"
REMOVED_FIELD = ("type PageInfo {\n", "type PageInfo {\n  gone: Int\n")
ADDED_FIELD = ('  """The cursor of the first entry."""\n  startCursor: String\n', "")
ADDED_ENUM_VALUE = ('  """Dark on light."""\n  LIGHT\n', "")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the two schema files of a checkout, where the served schema is that of the last release, 0.1.0."""
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "schema.graphql").write_text(SERVED, encoding="utf-8")
    (tmp_path / "schema" / "released.graphql").write_text(HEADER + SERVED, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def bilten_schema(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bilten", "schema", *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=cwd,
    )


def release_was_other(checkout: Path, old: str, new: str) -> None:
    """Let the last release have had `new` where `old` is served now."""
    assert SERVED.count(old) == 1, old
    (checkout / "schema" / "released.graphql").write_text(HEADER + SERVED.replace(old, new), encoding="utf-8")


def test_the_committed_files_pass() -> None:
    result = bilten_schema("--check", cwd=ROOT)
    assert result.returncode == 0, result.stderr


def test_a_stale_file_is_no_success(checkout: Path) -> None:
    (checkout / "schema" / "schema.graphql").write_text("type Query { it: Int }", encoding="utf-8")
    result = bilten_schema("--check")
    assert result.returncode == 1
    assert "[SCHEMA_FILE_IS_STALE]" in result.stderr


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (*REMOVED_FIELD, "FIELD_REMOVED: Field PageInfo.gone was removed."),
        (
            "  startCursor: String\n",
            "  startCursor: String!\n",
            "FIELD_CHANGED_KIND: Field PageInfo.startCursor changed type from String! to String.",
        ),
        ("enum Theme {\n", "enum Theme {\n  GONE\n", "VALUE_REMOVED_FROM_ENUM: Enum value Theme.GONE was removed."),
        (
            '  user(\n    """The user\'s id."""\n    id: ID!\n  )',
            "  user",
            "REQUIRED_ARG_ADDED: A required argument Query.user(id:) was added.",
        ),
    ],
)
def test_a_breaking_change_is_named(checkout: Path, old: str, new: str, named: str) -> None:
    release_was_other(checkout, old, new)
    result = bilten_schema("--check")
    assert result.returncode == 1
    failures = [line for line in result.stderr.splitlines() if line.startswith("bilten: ")]
    assert failures == [f"bilten: since 0.1.0: {named} [SCHEMA_BREAKS_CLIENTS]"]


def test_each_breaking_change_has_a_line(checkout: Path) -> None:
    release_was_other(checkout, "type PageInfo {\n", "type PageInfo {\n  lost: Int\n  gone: Int\n")
    with pytest.raises(SchemaBreaksClients) as failure:
        changes_since_release(SERVED, "0.1.9")
    assert str(failure.value).splitlines() == [
        "since 0.1.0: FIELD_REMOVED: Field PageInfo.lost was removed.",
        "since 0.1.0: FIELD_REMOVED: Field PageInfo.gone was removed.",
    ]


def test_an_added_field_is_nothing_to_tell(checkout: Path) -> None:
    release_was_other(checkout, *ADDED_FIELD)
    result = bilten_schema("--check")
    assert result.returncode == 0, result.stderr
    assert "startCursor" not in result.stderr


def test_a_dangerous_change_is_told_and_passes(checkout: Path) -> None:
    release_was_other(checkout, *ADDED_ENUM_VALUE)
    result = bilten_schema("--check")
    assert result.returncode == 0, result.stderr
    assert "dangerous since 0.1.0: Enum value Theme.LIGHT was added." in result.stderr.splitlines()


@pytest.mark.parametrize(
    ("released", "version", "may_break"),
    [
        ("0.1.0", "0.1.1", False),
        ("0.1.0", "0.2.0", True),
        ("0.9.0", "0.10.0", True),
        ("0.2.0", "0.1.0", False),
        ("0.2.0", "1.0.0", True),
        ("1.2.0", "1.3.0", False),
        ("1.2.0", "2.0.0", True),
    ],
)
def test_only_a_new_major_version_may_break_clients(
    checkout: Path, released: str, version: str, *, may_break: bool
) -> None:
    release_was_other(checkout, *REMOVED_FIELD)
    file = checkout / "schema" / "released.graphql"
    file.write_text(file.read_text(encoding="utf-8").replace("0.1.0", released, 1), encoding="utf-8")
    if may_break:
        told = f"breaking since {released}, as {version} may: Field PageInfo.gone was removed."
        assert changes_since_release(SERVED, version) == [told]
    else:
        with pytest.raises(SchemaBreaksClients):
            changes_since_release(SERVED, version)


def test_a_release_becomes_what_is_compared_with(checkout: Path) -> None:
    release_was_other(checkout, *REMOVED_FIELD)
    release(SERVED, "0.2.0")
    assert changes_since_release(SERVED, "0.2.0") == []
    text = (checkout / "schema" / "released.graphql").read_text(encoding="utf-8")
    assert text.startswith("# The schema of version 0.2.0, ")


def test_a_release_is_refused_when_it_breaks_clients(checkout: Path) -> None:
    release_was_other(checkout, *REMOVED_FIELD)
    before = (checkout / "schema" / "released.graphql").read_text(encoding="utf-8")
    result = bilten_schema("--release")
    assert result.returncode == 1
    assert "[SCHEMA_BREAKS_CLIENTS]" in result.stderr
    assert (checkout / "schema" / "released.graphql").read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    "text", [None, "type Query { it: Int }", HEADER + "type Query {", HEADER + "type Query { it: No }"]
)
def test_a_damaged_release_is_told(checkout: Path, text: str | None) -> None:
    file = checkout / "schema" / "released.graphql"
    file.unlink()
    if text is not None:
        file.write_text(text, encoding="utf-8")
    with pytest.raises(ReleasedSchemaIsUnreadable) as failure:
        changes_since_release(SERVED, "0.1.0")
    assert len(str(failure.value).splitlines()) == 1
