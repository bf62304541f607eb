"""What a check found: the one shape of every answer of the doctor. How it is shown is decided elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad a finding is: only a `problem` makes the installation unhealthy."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was checked, what was found, and what to do about it, as a command or a setting."""

    check: str
    level: Level
    found: str
    remedy: str | None = None


def ok(check: str, found: str) -> Finding:
    """Nothing to do."""
    return Finding(check, Level.OK, found)


def warning(check: str, found: str, remedy: str) -> Finding:
    """It works, and will disappoint somebody."""
    return Finding(check, Level.WARNING, found, remedy)


def problem(check: str, found: str, remedy: str) -> Finding:
    """It does not work, or data is wrong."""
    return Finding(check, Level.PROBLEM, found, remedy)


def counted(number: int, noun: str) -> str:
    """A number with its noun, such as "1 pool" or "2,000 pools"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def reason(error: BaseException) -> str:
    """The first line of what an error says, or at least its kind."""
    told = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return next(iter(told.splitlines()), "") or type(error).__name__


def few(items: Iterable[str], most: int = 3) -> str:
    """The first items of a list that may be long."""
    listed = list(items)
    rest = f" and {len(listed) - most:,} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + rest
