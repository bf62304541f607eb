"""Puts Bilten, and the suite's servers with a token check, into a run of the suite of peers.

`python -m bench.peers --suite FOLDER --run` seeds a home in the work folder unless it is there, writes requests and
the description that the suite reads, and runs it; without `--run` it prints the command. What stands after `--` goes
to the suite. The other commands are for the suite itself, which empties and counts between its runs.
"""

import argparse
import asyncio
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.homes import ROOT, seeded_home
from bench.operations import OPERATIONS, take_sample
from bench.peers import OPERATIONS as DOCUMENTS
from bench.peers import event, suite
from bench.processes import free_port
from bilten.config import Settings
from bilten.embedded import embedded_services

PLENTY = str(10**12)
"""A budget that nobody spends: it is kept, counted and never in the way."""


def main(arguments: list[str]) -> int:
    """Do what the arguments say; gives the exit code."""
    match arguments:
        case ["empty", home, event_id, kept]:
            asyncio.run(event.empty(Path(home), event_id, int(kept)))
        case ["count", home, event_id]:
            print(asyncio.run(event.count(Path(home), event_id)))
        case ["empty-suite", port]:
            asyncio.run(suite.empty(int(port)))
        case ["count-suite", port]:
            print(asyncio.run(suite.count(int(port))))
        case _:
            return _prepare(arguments)
    return 0


def _prepare(arguments: list[str]) -> int:
    own, theirs = _split(arguments)
    parser = argparse.ArgumentParser(prog="bench.peers", description=__doc__)
    parser.add_argument("--suite", type=Path, required=True, help="the folder of the suite, which has run.sh")
    parser.add_argument("--work", type=Path, help="the suite's work folder; BENCH_WORK otherwise")
    parser.add_argument("--home", type=Path, help="Bilten's seeded home; in the work folder otherwise")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--registrations", type=int, default=1_000_000)
    parser.add_argument("--pg-port", type=int, default=int(os.environ.get("BENCH_PGPORT", "56433")))
    parser.add_argument("--run", action="store_true", help="run the suite instead of printing the command")
    options = parser.parse_args(own)
    folder = Path(os.environ.get("BENCH_WORK") or Path(tempfile.gettempdir()) / "graphql-bench")
    work: Path = (options.work or folder).resolve()
    work.mkdir(parents=True, exist_ok=True)
    home: Path = (options.home or work / "bilten-home").resolve()
    with seeded_home(home, events=options.events, registrations=options.registrations):
        described = work / "bilten"
        described.mkdir(exist_ok=True)
        settings = Settings(home=home)
        peers = {"bilten": asyncio.run(_bilten(settings, described))}
        peers |= suite.with_tokens(options.suite.resolve(), work, described, settings, port=options.pg_port)
    extra = described / "peers.json"
    extra.write_text(json.dumps(peers, indent=1), encoding="utf-8")
    environment = {"PEER_EXTRA": str(extra), "BENCH_WORK": str(work), "BENCH_PGPORT": str(options.pg_port)}
    command = ["bash", str(options.suite.resolve() / "run.sh"), *theirs]
    print(shlex.join(["env", *(f"{name}={value}" for name, value in environment.items()), *command]), flush=True)
    if not options.run:
        return 0
    return subprocess.run(command, env={**os.environ, **environment}, cwd=ROOT, check=False).returncode  # noqa: S603


def _split(arguments: list[str]) -> tuple[list[str], list[str]]:
    place = arguments.index("--") if "--" in arguments else len(arguments)
    return arguments[:place], arguments[place + 1 :]


async def _bilten(settings: Settings, folder: Path) -> dict[str, Any]:
    """Choose guests and an event, write requests; gives what PEER_EXTRA says of Bilten."""
    home, now = settings.resolved_home, datetime.now(UTC)
    async with embedded_services(settings, _say, redis=False) as served, event.connected(served) as connection:
        sample = await take_sample(connection, served, now, places=20)
        target = sample.targets[0]
        version = await connection.fetchval(event.VERSION, target.event_id)
    # A home that is used again has registrations of earlier runs: they are emptied as well.
    kept = folder / f"version-{target.event_id}"
    if not kept.exists():
        kept.write_text(str(version), encoding="utf-8")
    shutil.copytree(DOCUMENTS, folder / "ops", dirs_exist_ok=True)
    start = now.replace(hour=0, minute=0, second=0, microsecond=0)
    (folder / "ops" / "Q1.json").write_text(json.dumps({"from": start.isoformat()}), encoding="utf-8")
    variables, headers = folder / "m1-variables.jsonl", folder / "m1-headers.jsonl"
    asked = list(sample.of(OPERATIONS["register"], len(sample.guests)))
    variables.write_text("".join(json.dumps(one.variables) + "\n" for one in asked), encoding="utf-8")
    bearers = (json.dumps({"authorization": f"Bearer {one.token}"}) for one in asked)
    headers.write_text("".join(f"{line}\n" for line in bearers), encoding="utf-8")
    port, at = free_port(), [sys.executable, "-m"]
    place = [str(home), str(target.event_id)]
    return {
        "port": port,
        "cmd": [*at, "bilten", "serve", "--no-demo", "--workers", "1", "--port", str(port)],
        "cwd": str(ROOT),
        "env": {
            "BILTEN_HOME": str(home),
            "BILTEN_COST_PER_MINUTE": PLENTY,
            "BILTEN_ANONYMOUS_COST_PER_MINUTE": PLENTY,
            # The suite's servers write no line for each request either, and no mail.
            "BILTEN_LOG_LEVEL": "WARNING",
            "BILTEN_SMTP_URL": "none",
        },
        "ops": str(folder / "ops"),
        "postgres_pid": str(home / "postgres" / "data" / "postmaster.pid"),
        "variables": {"M1": str(variables)},
        "header_lines": {"M1": str(headers)},
        "before_M1": [*at, "bench.peers", "empty", *place, kept.read_text(encoding="utf-8")],
        "count_M1": [*at, "bench.peers", "count", *place],
    }


def _say(text: str) -> None:
    print(f"· {text}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
