"""What the suites in Python share: the server under test, the operations sent to it, and the report of a suite."""

import asyncio
import inspect
import json
import os
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

FOLDER = Path(__file__).parents[1]
SDL_FILE = FOLDER.parent / "schema" / "schema.graphql"
ENDPOINT = os.environ["CONFORMANCE_URL"]
SOCKET = "ws" + ENDPOINT.removeprefix("http")
HEADERS = {"authorization": f"Bearer {os.environ['CONFORMANCE_TOKEN']}"}
LIMIT_SECONDS = 40

Test = Callable[[], Awaitable[None] | None]


def _read(name: str) -> str:
    file = FOLDER / "operations" / f"{name}.graphql"
    return file.read_text(encoding="utf-8") if file.exists() else ""


QUERY = _read("query")
MUTATION = _read("mutation")
SUBSCRIPTION = _read("subscription")
TRIGGER = _read("trigger")


class Skipped(Exception):
    """The test cannot be run; the message says why."""


def need(operation: str, name: str) -> str:
    """The operation, or the end of the test when there is none."""
    if not operation:
        message = f"operations/{name}.graphql does not exist"
        raise Skipped(message)
    return operation


def run_suite(name: str, tests: Mapping[str, Test]) -> None:
    """Run tests one after the other and report them."""
    passed: list[str] = []
    failing: dict[str, str] = {}
    skipped: dict[str, str] = {}
    for test, run in tests.items():
        try:
            asyncio.run(_within_limit(run))
        except Skipped as reason:
            skipped[test] = str(reason)
        except Exception as error:
            # Whatever a client raises is what the test found.
            failing[test] = f"{type(error).__name__}: {error}"[-3000:]
        else:
            passed.append(test)
    line = json.dumps({"suite": name, "passed": passed, "failing": failing, "skipped": skipped, "findings": {}})
    with Path(os.environ["CONFORMANCE_REPORT"]).open("a", encoding="utf-8") as file:
        file.write(line + "\n")


async def _within_limit(run: Test) -> None:
    outcome = run()
    if inspect.isawaitable(outcome):
        await asyncio.wait_for(outcome, LIMIT_SECONDS)
