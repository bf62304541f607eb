"""A plugin of pytest that runs graphql-core's own tests with plans in the place of its executor.

It stands alone: those tests are a package named `tests` as well. Loaded by `make nightly`, which fetches them.
"""

import inspect
import json
import signal
import sys
from collections import Counter
from collections.abc import Callable, Generator
from importlib import import_module
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, cast

import graphql
import pytest
from graphql import DocumentNode, GraphQLSchema

from execution.plans import Unsupported, compile_plan, flags_of

DEVIATIONS = Path(__file__).with_name("deviations.json")
LONGEST = 5
"""Seconds that a test may take."""
_MODULE: Any = import_module("graphql.execution.execute")
_INTERPRETED: Callable[..., Any] = _MODULE.execute
_INTERPRETED_AT_ONCE: Callable[..., Any] = _MODULE.execute_sync
_NAMES = ("schema", "document", "root_value", "context_value", "variable_values", "operation_name")
_NAMED = inspect.signature(_INTERPRETED)
ways: Counter[str] = Counter()
"""How executions went: `compiled`, why not, or which option they were called with that plans do not have."""


def execute(*given: Any, **options: Any) -> Any:
    """What stands in for `graphql.execute`."""
    bound = _NAMED.bind(*given, **options).arguments
    others = [name for name in bound if name not in _NAMES]
    if others:
        ways[f"option {others[0]}"] += 1
        return _INTERPRETED(*given, **options)
    schema = cast("GraphQLSchema", bound["schema"])
    document = cast("DocumentNode", bound["document"])
    graphql.assert_valid_schema(schema)
    values = cast("dict[str, Any]", bound.get("variable_values") or {})
    name = cast("str | None", bound.get("operation_name"))
    reason = "a flag is no boolean"
    plan = None
    try:
        flags = {flag: values.get(flag, default) for flag, default in flags_of(document, name).items()}
        if all(isinstance(flag, bool) for flag in flags.values()):
            plan = compile_plan(schema, document, name, flags=cast("Any", flags))
    except Unsupported as unsupported:
        reason = f"unsupported: {unsupported}"
    # Outside of the block above, or that exception would be the context of every other.
    if plan is None:
        ways[reason] += 1
        return _INTERPRETED(*given, **options)
    ways["compiled"] += 1
    return plan.execute(values, root=bound.get("root_value"), context=bound.get("context_value"))


def execute_sync(*given: Any, **options: Any) -> Any:
    """What stands in for `graphql.execute_sync`: the same, for operations that wait for nothing."""
    if len(given) > len(_NAMES) or set(options) - set(_NAMES):
        ways["option of execute_sync"] += 1
        return _INTERPRETED_AT_ONCE(*given, **options)
    result = execute(*given, **options)
    if inspect.isawaitable(result):
        cast("Any", result).close()
        raise RuntimeError("GraphQL execution failed to complete synchronously.")
    return result


_owner: Any
for _owner in (graphql, _MODULE, import_module("graphql.execution")):
    _owner.execute = execute
    _owner.execute_sync = execute_sync


class Description(pytest.Module):
    """A function whose local functions are tests; graphql-core writes its tests so."""

    def __init__(self, *, function: Callable[[], None], **options: Any) -> None:
        self.function = function
        super().__init__(**options)

    def funcnamefilter(self, name: str) -> bool:
        """Every function inside is a test, unless its name says that it is private."""
        return not name.startswith("_")

    def classnamefilter(self, name: str) -> bool:
        """No class inside is one."""
        return False

    def _getobj(self) -> Any:
        found = ModuleType(self.name)
        vars(found).update(locals_of(self.function))
        return found


def locals_of(function: Callable[[], None]) -> dict[str, Any]:
    """The local variables of a function when it comes to its end."""
    found: dict[str, Any] = {}

    def keep(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code is function.__code__:
            found.update(frame.f_locals)

    before = sys.getprofile()
    sys.setprofile(keep)
    try:
        function()
    finally:
        sys.setprofile(before)
    return found


def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: Any) -> Any:
    """Collect descriptions."""
    if name.startswith("describe_") and inspect.isfunction(obj):
        node = f"{collector.nodeid}::{name}"
        return cast("Any", Description).from_parent(
            collector, name=name, path=collector.path, nodeid=node, function=obj
        )
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, Any, Any]:
    """End a test that waits for what never comes."""

    def end(*_: object) -> None:
        message = f"nothing came within {LONGEST} seconds"
        raise TimeoutError(message)

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


failed: set[str] = set()
passed: set[str] = set()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember how each test ended."""
    if report.failed:
        failed.add(report.nodeid)
    elif report.when == "call" and report.passed:
        passed.add(report.nodeid)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Compare with the deviations that are known: each has its reason, and the list may only shrink."""
    known = cast("dict[str, str]", json.loads(DEVIATIONS.read_text()))
    new, gone = sorted(failed - known.keys()), sorted(passed & known.keys())
    for title, names in (("Fails and is no known deviation", new), ("No deviation any more: take it off", gone)):
        for name in names:
            sys.stderr.write(f"{title}: {name}\n")
    session.exitstatus = 1 if new or gone or not passed else 0
    lines = [f"{count:6} {way}" for way, count in ways.most_common()]
    sys.stderr.write("\n".join([f"{len(passed)} passed, {len(failed)} deviate", *lines, ""]))
