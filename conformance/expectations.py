"""What each suite is expected to report, and how a run differs from it; nothing here starts anything."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter


class Report(BaseModel):
    """What one suite did; a reason belongs to each test that failed or was skipped.

    `findings` lists for a failing test what exactly it found, where the suite has such a list.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    suite: str
    passed: list[str]
    failing: dict[str, str]
    skipped: dict[str, str]
    findings: dict[str, list[str]]

    @property
    def score(self) -> str:
        """Passed tests of all that ran."""
        return f"{len(self.passed)}/{len(self.passed) + len(self.failing)}"


class KnownFailure(BaseModel):
    """A failure that is expected: why, and patterns for each of its findings if it lists them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str
    findings: Sequence[str] = ()


class Expectation(BaseModel):
    """What one suite is expected to report."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    score: str
    failing: Mapping[str, KnownFailure] = {}
    skipped: Mapping[str, str] = {}


def read_expectations(file: Path) -> dict[str, Expectation]:
    """The expectations by suite."""
    return TypeAdapter(dict[str, Expectation]).validate_json(file.read_bytes())


def differences(expected: Mapping[str, Expectation], reports: Iterable[Report]) -> list[str]:
    """A sentence for each difference, better or worse; none when the run was as expected."""
    found = {report.suite: report for report in reports}
    sentences = [f"{suite}: it did not report" for suite in expected if suite not in found]
    for suite, report in found.items():
        if suite in expected:
            sentences += [f"{suite}: {text}" for text in _of_suite(expected[suite], report)]
        else:
            sentences.append(f"{suite}: {report.score}, and nothing is written down about it")
            sentences += [f"{suite}: '{test}' fails: {reason}" for test, reason in report.failing.items()]
    return sentences


def _of_suite(expected: Expectation, report: Report) -> Iterator[str]:
    for test, reason in report.failing.items():
        if test not in expected.failing:
            yield f"'{test}' fails: {reason}"
    for test, reason in report.skipped.items():
        if test not in expected.skipped:
            yield f"'{test}' is skipped: {reason}"
    for test, known in expected.failing.items():
        if test in report.failing:
            yield from _of_findings(test, known.findings, report.findings.get(test, ()))
        else:
            yield f"'{test}' no longer fails: take it off the list"
    for test in expected.skipped:
        if test not in report.skipped:
            yield f"'{test}' is no longer skipped: take it off the list"
    if report.score != expected.score:
        yield f"the score is {report.score} and was {expected.score}"


def _of_findings(test: str, patterns: Sequence[str], findings: Sequence[str]) -> Iterator[str]:
    if not patterns:
        return
    for finding in findings:
        if not any(fnmatchcase(finding, pattern) for pattern in patterns):
            yield f"'{test}' finds: {finding}"
    for pattern in patterns:
        if not any(fnmatchcase(finding, pattern) for finding in findings):
            yield f"'{test}' no longer finds {pattern}: take it off the list"
