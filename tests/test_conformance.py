"""What judges a run of `make conformance`, without running it, and what its locks hold."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from conformance.__main__ import SUITES
from conformance.expectations import Expectation, KnownFailure, Report, differences, read_expectations

FOLDER = Path(__file__).parents[1] / "conformance"
KNOWN = {
    "clients": Expectation(
        score="1/2", failing={"socket": KnownFailure(reason="none yet")}, skipped={"news": "none yet"}
    )
}


def clients(**changes: Any) -> list[Report]:
    """The report that is expected, with changes."""
    told: dict[str, Any] = {
        "suite": "clients",
        "passed": ["query"],
        "failing": {"socket": "refused"},
        "skipped": {"news": "no operation"},
        "findings": {},
    }
    return [Report(**{**told, **changes})]


def lint(*findings: str) -> list[Report]:
    return [
        Report(suite="lint", passed=[], failing={"ids": "some"}, skipped={}, findings={"ids": list(findings)}),
    ]


def test_a_run_as_expected_has_no_differences() -> None:
    assert differences(KNOWN, clients()) == []


def test_a_new_failure_is_told_with_its_reason() -> None:
    told = differences(KNOWN, clients(passed=[], failing={"socket": "refused", "query": "status 500"}))
    assert told == ["clients: 'query' fails: status 500", "clients: the score is 0/2 and was 1/2"]


def test_the_list_has_to_shrink_when_a_failure_is_gone() -> None:
    told = differences(KNOWN, clients(passed=["query", "socket"], failing={}))
    assert "clients: 'socket' no longer fails: take it off the list" in told


def test_a_test_that_is_skipped_instead_of_passing_is_told() -> None:
    told = differences(KNOWN, clients(passed=[], skipped={"news": "no operation", "query": "no operation"}))
    assert told == ["clients: 'query' is skipped: no operation", "clients: the score is 0/1 and was 1/2"]


def test_a_test_that_is_no_longer_skipped_is_told() -> None:
    told = differences(KNOWN, clients(passed=["query", "news"], skipped={}))
    assert "clients: 'news' is no longer skipped: take it off the list" in told


def test_a_suite_that_loses_tests_is_told() -> None:
    assert differences(KNOWN, clients(passed=[])) == ["clients: the score is 0/1 and was 1/2"]


def test_a_suite_without_a_report_and_one_without_an_expectation_are_told() -> None:
    told = differences(KNOWN, lint("Money: no id"))
    assert told == [
        "clients: it did not report",
        "lint: 0/1, and nothing is written down about it",
        "lint: 'ids' fails: some",
    ]


@pytest.mark.parametrize(
    ("findings", "told"),
    [
        (["Money: no id", "EventEdge: no id", "UserEdge: no id"], []),
        (["Money: no id", "EventEdge: no id", "Event: no id"], ["lint: 'ids' finds: Event: no id"]),
        (["EventEdge: no id"], ["lint: 'ids' no longer finds Money: *: take it off the list"]),
    ],
)
def test_each_finding_needs_a_pattern_and_each_pattern_a_finding(findings: list[str], told: list[str]) -> None:
    known = KnownFailure(reason="values have none", findings=["*Edge: *", "Money: *"])
    assert differences({"lint": Expectation(score="0/1", failing={"ids": known})}, lint(*findings)) == told


def test_every_exception_has_a_reason() -> None:
    for suite, expectation in read_expectations(FOLDER / "expected.json").items():
        reasons = [*(known.reason for known in expectation.failing.values()), *expectation.skipped.values()]
        assert all(reason.endswith(".") and len(reason.split()) > 3 for reason in reasons), suite


def test_every_suite_is_run() -> None:
    shared = {"harness.mjs", "workshop.mjs", "harness.py", "fuzzing_rules.py"}
    assert set(SUITES) == {file.name for file in (FOLDER / "suites").iterdir() if file.is_file()} - shared


def test_the_python_lock_holds_hashes_and_no_addresses() -> None:
    text = (FOLDER / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    requirements = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in requirement for requirement in requirements)
    for named in (FOLDER / "requirements.in").read_text(encoding="utf-8").splitlines():
        assert re.sub(r"\[.*\]", "", named) in re.sub(r"\[.*?\]", "", text)


def test_the_node_lock_holds_hashes_and_no_download_addresses() -> None:
    packages: dict[str, Any] = json.loads((FOLDER / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    manifest = json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))
    assert packages[""]["dependencies"] == manifest["dependencies"]
    installed = {path: package for path, package in packages.items() if path}
    assert all("integrity" in package and "resolved" not in package for package in installed.values())
