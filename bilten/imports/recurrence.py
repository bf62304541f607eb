"""Rules of recurrence that are expanded, and those that are not: a rule must not keep a process busy for minutes."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Protocol, cast

_FREQUENCIES = frozenset({"DAILY", "WEEKLY", "MONTHLY", "YEARLY"})
_WITHIN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_HORIZON = 731

Rule = Mapping[str, Sequence[object]]


class CalendarPart(Protocol):
    """A component of a calendar, as far as it is read here; the library's own type knows every property's value."""

    name: str | None
    subcomponents: list[Any]

    def get(self, name: str, default: object = None, /) -> Any: ...  # noqa: ANN401, D102
    def __getitem__(self, name: str, /) -> Any: ...  # noqa: ANN401
    def __contains__(self, name: object, /) -> bool: ...


def unsupported(event: CalendarPart) -> str | None:
    """Why the rules of an event are not expanded; nothing when they are."""
    if "DTSTART" not in event:
        return "It has no DTSTART."
    start = cast("date", event["DTSTART"].dt)
    found = event.get("RRULE")
    rules = cast("list[Rule]", found if isinstance(found, list) else [found] if found else [])
    if len(rules) > 1:
        return "An event may have one rule."
    if event.get("EXRULE"):
        return "EXRULE is not supported; EXDATE is."
    return next((problem for rule in rules if (problem := _problem(rule, start))), None)


def _problem(rule: Rule, start: date) -> str | None:
    frequency = _one(rule, "FREQ")
    if frequency not in _FREQUENCIES:
        return f"FREQ={frequency or '?'} is not supported: the shortest is DAILY."
    if any(rule.get(name) for name in _WITHIN_A_DAY):
        return "Rules with BYHOUR, BYMINUTE or BYSECOND are not supported."
    if rule.get("BYSETPOS") and frequency not in {"MONTHLY", "YEARLY"}:
        return "BYSETPOS is supported with MONTHLY and YEARLY."
    if (rule.get("BYWEEKNO") or rule.get("BYYEARDAY")) and frequency != "YEARLY":
        return "BYWEEKNO and BYYEARDAY are supported with YEARLY."
    # The library looks for the next occurrence until the year 9999: it must not look for one that never comes.
    return None if _comes(rule, frequency, start) else "The rule makes no occurrence within two years."


def _comes(rule: Rule, frequency: str, start: date) -> bool:
    """Whether some day of two years can be one of the rule's, as far as months, days and weekdays tell."""
    interval = max(int(_one(rule, "INTERVAL") or 1), 1)
    if interval > _HORIZON:
        return False
    months = {int(str(month)) for month in rule.get("BYMONTH", ())}
    days = {int(str(day)) for day in rule.get("BYMONTHDAY", ())}
    weekdays = {str(day)[-2:] for day in rule.get("BYDAY", ())}
    first = date(start.year, start.month, start.day)
    step = interval if frequency == "DAILY" else 1
    # A leap day comes once in four years, and eight around some centuries.
    horizon = _HORIZON if frequency != "YEARLY" else 366 * 9
    for passed in range(0, horizon, step):
        day = first + timedelta(days=passed)
        is_wanted = (
            (not months or day.month in months)
            and (not days or day.day in days or _from_end(day) in days)
            and (not weekdays or _WEEKDAYS[day.weekday()] in weekdays)
        )
        if is_wanted and (frequency != "MONTHLY" or _months_between(first, day) % interval == 0):
            return True
    return False


def _from_end(day: date) -> int:
    """The day of the month, counted from its end: the last is -1."""
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return day.day - (following - timedelta(days=1)).day - 1


def _months_between(first: date, day: date) -> int:
    return (day.year - first.year) * 12 + day.month - first.month


def _one(rule: Rule, name: str) -> str:
    found = rule.get(name)
    return str(found[0]).upper() if found else ""
