"""How findings are shown: a line for each to people, one object to machines. What is found comes from elsewhere."""

import json

from bilten.doctor.examination import Report
from bilten.doctor.findings import Finding, Level, counted

_WIDTH = max(len(level) for level in Level)


def to_lines(report: Report) -> list[str]:
    """One line for each finding in the order of the examination, and one that sums up."""
    return [*(_line(finding) for finding in report.findings), "", _summary(report)]


def to_json(report: Report) -> str:
    """The same for machines; names of checks and keys stay."""
    body = {
        "version": report.version,
        "healthy": report.healthy,
        "thorough": report.thorough,
        "seconds": round(report.seconds, 3),
        "counts": {str(level): report.count(level) for level in Level},
        "findings": [
            {"check": one.check, "level": str(one.level), "found": one.found, "remedy": one.remedy}
            for one in report.findings
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=2)


def _line(finding: Finding) -> str:
    line = f"{finding.level:<{_WIDTH}}  {finding.check}: {_single(finding.found)}"
    return f"{line} → {_single(finding.remedy)}" if finding.remedy else line


def _single(text: str) -> str:
    return " ".join(text.split())


def _summary(report: Report) -> str:
    problems, warnings = report.count(Level.PROBLEM), report.count(Level.WARNING)
    verdict = "Healthy" if report.healthy else "Not healthy"
    told = f"{counted(problems, 'problem')}, {counted(warnings, 'warning')}, {report.count(Level.OK)} ok"
    return f"{verdict}: {told}, in {report.seconds:.1f} s."
