"""`make conformance`: runs every suite against a server that it starts, and compares with what is expected."""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from conformance.expectations import Expectation, Report, differences, read_expectations
from tests.faults.server import BiltenServer, serving
from tests.folders import passable_folder

FOLDER = Path(__file__).parent
PYTHON = FOLDER / ".venv" / "bin" / "python"
NODE = [str(FOLDER.parent / "scripts" / "node.sh"), "node"]
# Fuzzing comes last, because it fills the database with nonsense.
SUITES = (
    "http_audits.mjs",
    "websocket.mjs",
    "server_sent_events.mjs",
    "apollo.mjs",
    "urql.mjs",
    "relay.mjs",
    "codegen.mjs",
    "eslint.mjs",
    "gql_client.py",
    "typed_client.py",
    "snippets.py",
    "fuzzing.py",
)
EXAMPLES = 60
SUITE_SECONDS = 200
RUN_SECONDS = 360
# Whoever acts has to be allowed everything, and has to stay: the last administrator cannot deactivate the account.
ACTOR = "admin"


async def run_suite(file: str, environment: dict[str, str], *, verbose: bool) -> list[Report]:
    """What the suites of one file report; one that ends otherwise is reported as failing."""
    command = [str(PYTHON)] if file.endswith(".py") else NODE
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        report = Path(folder) / "report"
        report.touch()
        with output.open("wb") as stream:
            process = await asyncio.create_subprocess_exec(
                *command,
                str(FOLDER / "suites" / file),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=stream,
                stderr=asyncio.subprocess.STDOUT,
                env={**environment, "CONFORMANCE_REPORT": str(report)},
                start_new_session=True,
            )
            end = await _end_of(process)
        said = output.read_text(encoding="utf-8", errors="replace")
        if verbose and said:
            print(said)
        reports = [Report.model_validate_json(line) for line in report.read_text(encoding="utf-8").splitlines()]
    if end is not None:
        failing = {"the suite runs to its end": f"{end}; it said: {said[-2000:]}"}
        reports.append(Report(suite=file, passed=[], failing=failing, skipped={}, findings={}))
    return reports


async def _end_of(process: asyncio.subprocess.Process) -> str | None:
    """How the process failed to end well; its children end with it in any case."""
    try:
        status = await asyncio.wait_for(process.wait(), SUITE_SECONDS)
    except TimeoutError:
        return f"it took longer than {SUITE_SECONDS} s"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    return f"it ended with status {status}" if status else None


def server_log(server: BiltenServer) -> Report:
    """Whether the server has met anything that it did not expect, whatever it answered."""
    lines = [line for line in server.said.splitlines() if "unexpected error" in line or "Traceback" in line]
    test = "nothing unexpected happened in the server"
    failing = {test: f"{len(lines)} lines such as: {lines[0]}"} if lines else {}
    return Report(suite="server-log", passed=[] if lines else [test], failing=failing, skipped={}, findings={})


async def check_operations(server: BiltenServer) -> None:
    """Run what the clients will send; an operation that does not do what it is for would prove nothing."""
    operations = FOLDER / "operations"
    agenda = await server.run((operations / "query.graphql").read_text(encoding="utf-8"), {}, by=ACTOR)
    assert agenda["events"]["edges"], "the demo data has no events"
    for _ in range(2):
        answer = await server.run((operations / "mutation.graphql").read_text(encoding="utf-8"), {}, by=ACTOR)
        assert answer["updatePreferences"]["problems"] == [], answer


async def run(files: Sequence[str], *, examples: int, verbose: bool) -> list[Report]:
    """The reports of all suites in the files."""
    reports: list[Report] = []
    with passable_folder() as folder:
        # No budget: the suites ask thousands of things within a minute, and each has to be carried out.
        async with serving(
            folder / "home",
            BILTEN_LOG_LEVEL="WARNING",
            BILTEN_COST_PER_MINUTE="0",
            BILTEN_ANONYMOUS_COST_PER_MINUTE="0",
        ) as server:
            await check_operations(server)
            environment = {
                **os.environ,
                "CONFORMANCE_URL": f"{server.url}/graphql",
                "CONFORMANCE_TOKEN": server.tokens[ACTOR],
                "CONFORMANCE_EXAMPLES": str(examples),
            }
            for file in files:
                started = time.monotonic()
                made = await run_suite(file, environment, verbose=verbose)
                reports += made
                _print_lines(made, seconds=time.monotonic() - started)
            # The suites prove little if the account they act for was lost on the way.
            await check_operations(server)
            reports.append(server_log(server))
            _print_lines(reports[-1:], seconds=0)
            if verbose:
                # From the end of the banner on: the rest is tokens.
                print(server.said.partition("Stop with Ctrl-C")[2])
    return reports


def _print_lines(reports: Sequence[Report], *, seconds: float) -> None:
    for report in reports:
        parts = [f"{report.suite:<26} {report.score:>6}"]
        parts += [f"failing: {', '.join(report.failing)}"] if report.failing else []
        parts += [f"skipped: {', '.join(report.skipped)}"] if report.skipped else []
        print("; ".join(parts) + (f"  ({seconds:.0f} s)" if report is reports[-1] else ""), flush=True)


async def main() -> int:
    """Run, compare, and give the exit status."""
    parser = argparse.ArgumentParser(prog="make conformance", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=SUITES, metavar="FILE", help="run some files of suites/ only")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="fuzzing: examples for each root field")
    parser.add_argument("--verbose", action="store_true", help="print what suites and server say, and every reason")
    arguments = parser.parse_args()
    task = asyncio.current_task()
    assert task is not None
    # Whoever asks the run to end gets the server stopped too.
    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    files = [file for file in SUITES if arguments.only is None or file in arguments.only]
    try:
        async with asyncio.timeout(RUN_SECONDS):
            reports = await run(files, examples=arguments.examples, verbose=arguments.verbose)
    except TimeoutError:
        print(f"conformance: the run took longer than {RUN_SECONDS} s", file=sys.stderr)
        return 1
    if arguments.verbose:
        _print_reasons(reports)
    return _judge(reports, whole=arguments.only is None)


def _print_reasons(reports: Sequence[Report]) -> None:
    for report in reports:
        for test, reason in (report.failing | report.skipped).items():
            print(f"{report.suite}: '{test}': {reason}")
        for test, findings in report.findings.items():
            print(f"{report.suite}: '{test}':", *findings, sep="\n  ")


def _judge(reports: Sequence[Report], *, whole: bool) -> int:
    expected: dict[str, Expectation] = read_expectations(FOLDER / "expected.json")
    ran = {report.suite for report in reports}
    if not whole:
        expected = {suite: expectation for suite, expectation in expected.items() if suite in ran}
    found = differences(expected, reports)
    print()
    for sentence in found:
        print(f"conformance: {sentence}", file=sys.stderr)
    print("Not as conformance/expected.json has it." if found else "As expected in conformance/expected.json.")
    return 1 if found else 0


if __name__ == "__main__":
    try:
        sys.exit(asyncio.run(main()))
    except (KeyboardInterrupt, asyncio.CancelledError):
        sys.exit("conformance: stopped before the end")
