"""Bilten's server beside the floor: the same operations, data and answers over HTTP, what each request costs.

Both run as a process of their own with one worker, over one seeded PostgreSQL, and take turns. Prints Markdown, and
JSON where asked to; stops by itself, ends what it started, and removes its home unless it was given one.
"""

import argparse
import asyncio
import contextlib
import json
import os
import platform
import signal
import sys
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import asyncpg
import orjson

from bench import load
from bench.homes import ROOT, postmaster, seeded_home
from bench.operations import OPERATIONS, Asked, Operation, Sample, comparable, take_sample
from bench.processes import cpu_seconds, free_port, memory_mib, running, settle
from bench.report import endpoint_tables
from bilten.config import Settings
from bilten.embedded import embedded_services
from bilten.embedded.cluster import SUPERUSER
from bilten.embedded.postgres import DATABASE, ROLE
from db.database import prepare

PLENTY = str(10**12)
"""A budget that nobody spends: it is kept, counted and never in the way."""
WARM_UP_SECONDS = 2
NEW_REQUESTS = 40_000
"""Requests that are prepared for each run that writes; a server that gets through them all would repeat some."""
_COUNT = "SELECT count(*) FROM registrations"


@dataclass(frozen=True, slots=True)
class Server:
    """One of the two: where it listens, which process it is, and what is sent to it."""

    name: str
    port: int
    pid: int

    def path(self, operation: Operation) -> str:
        """Where the operation is."""
        return "/graphql" if self.name == "bilten" else f"/{operation.asks}"

    def body(self, operation: Operation, asked: Asked) -> bytes:
        """What is sent."""
        return asked.bodies(operation)[self.name != "bilten"]

    def ask(self, operation: Operation, asked: Asked) -> Any:  # noqa: ANN401 - JSON
        """One answer."""
        address = f"http://127.0.0.1:{self.port}{self.path(operation)}"
        headers = {**asked.headers, "accept": "application/json"}
        with urlopen(Request(address, self.body(operation, asked), headers), timeout=30) as answer:
            return orjson.loads(answer.read())


@dataclass(slots=True)
class Bench:
    """What one run needs."""

    options: argparse.Namespace
    home: Path
    folder: Path
    url: str
    servers: list[Server]
    sample: Sample
    runs: dict[str, dict[str, list[dict[str, float]]]] = field(default_factory=dict[str, Any])
    sizes: dict[str, int] = field(default_factory=dict[str, int])

    def check(self, operation: Operation) -> None:
        """Both have to answer the same, and well."""
        asked = [list(self.sample.of(operation, 20)) for _ in self.servers]
        for pair in zip(*asked, strict=True):
            answers = [server.ask(operation, one) for server, one in zip(self.servers, pair, strict=True)]
            ours, theirs = (comparable(operation, answer) for answer in answers)
            if "errors" in answers[0] or ours != theirs:
                message = f"{operation.name}: the answers differ:\n{answers[0]}\n{answers[1]}"
                raise SystemExit(message)
            self.sizes[operation.name] = len(orjson.dumps(answers[0]))

    async def measure(self, operation: Operation, server: Server, *, first: bool) -> None:
        """One run of a server, with a warm-up before its first."""
        seconds: int = self.options.seconds
        if first or not operation.writes:
            await self._load(operation, server, WARM_UP_SECONDS if first else 1)
        settle(server.pid, self.postgres)
        made = await self._registrations()
        server_before, database_before = cpu_seconds(server.pid), cpu_seconds(self.postgres)
        result = await self._load(operation, server, seconds)
        server_after, database_after = cpu_seconds(server.pid), cpu_seconds(self.postgres)
        settle(server.pid, self.postgres)
        run = result.told()
        done = max(result.requests, 1)
        run["server_ms"] = (server_after - server_before) / done * 1e3
        run["database_ms"] = (database_after - database_before) / done * 1e3
        if operation.writes:
            run["rows"] = (await self._registrations() - made) / done
        run["memory_mib"] = memory_mib(server.pid)
        self.runs.setdefault(operation.name, {}).setdefault(server.name, []).append(run)
        print(
            f"{operation.name} {server.name}: {result.per_second:,.0f}/s, p50 {result.p50:.1f} ms,"
            f" p99 {result.p99:.1f} ms, {result.failed} failed",
            file=sys.stderr,
        )

    async def _load(self, operation: Operation, server: Server, seconds: float) -> load.Load:
        requests = self.folder / f"{operation.name}-{server.name}.txt"
        if operation.writes or not requests.exists():
            asked = self.sample.of(operation, NEW_REQUESTS)
            load.write_requests(requests, ((one.token, server.body(operation, one)) for one in asked))
        path = server.path(operation)
        # wrk is waited for in a thread: the embedded services are watched by this loop.
        return await asyncio.to_thread(
            load.send, server.port, path, requests, connections=operation.connections, seconds=seconds
        )

    async def _registrations(self) -> int:
        async with _connected(self.url) as connection:
            return await connection.fetchval(_COUNT)

    @property
    def postgres(self) -> int:
        """The postmaster."""
        return postmaster(self.home)

    def results(self) -> dict[str, Any]:
        """Everything, for JSON."""
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "python": platform.python_version(),
            "cores": len(os.sched_getaffinity(0)),
            "load": load.tool(),
            "options": {name: value for name, value in vars(self.options).items() if isinstance(value, int)},
            "bytes": self.sizes,
            "postgres_memory_mib": memory_mib(self.postgres),
            "runs": self.runs,
        }


@asynccontextmanager
async def _connected(url: str) -> AsyncGenerator["asyncpg.Connection[asyncpg.Record]"]:
    connection = await asyncpg.connect(url)
    await prepare(connection)
    try:
        yield connection
    finally:
        await connection.close()


def _as_superuser(url: str) -> str:
    return url.replace(f"//{ROLE}@/{DATABASE}", f"//{SUPERUSER}@/postgres")


@contextmanager
def _servers(served: Settings, folder: Path) -> Generator[list[Server]]:
    """Both servers over the services of the settings."""
    assert served.database_url is not None
    assert served.redis_url is not None
    environment = {
        "BILTEN_HOME": str(served.resolved_home),
        "BILTEN_DATABASE_URL": served.database_url.get_secret_value(),
        "BILTEN_REDIS_URL": served.redis_url.get_secret_value(),
        "BILTEN_COST_PER_MINUTE": PLENTY,
        "BILTEN_ANONYMOUS_COST_PER_MINUTE": PLENTY,
        "PYTHONPATH": str(ROOT),
    }
    ports = {"bilten": free_port(), "floor": free_port()}
    uvicorn = ["uvicorn", "bench.floor:served", "--factory", "--loop", "uvloop", "--http", "httptools"]
    commands = {
        "bilten": ["bilten", "serve", "--no-demo", "--workers", "1", "--port", str(ports["bilten"])],
        "floor": [*uvicorn, "--no-access-log", "--log-level", "warning", "--port", str(ports["floor"])],
    }
    with ExitStack() as stack:
        servers: list[Server] = []
        for name, words in commands.items():
            command = [sys.executable, "-m", *words]
            log = folder / f"{name}.log"
            pid = stack.enter_context(running(command, port=ports[name], environment=environment, folder=ROOT, log=log))
            servers.append(Server(name, ports[name], pid))
        yield servers


async def measure(options: argparse.Namespace, home: Path, folder: Path) -> dict[str, Any]:
    """All rounds; gives the results."""
    async with embedded_services(Settings(home=home), _say) as served:
        assert served.database_url is not None
        url = served.database_url.get_secret_value()
        _say("Choosing people and events, and making their tokens")
        async with _connected(url) as connection:
            sample = await take_sample(connection, served, datetime.now(UTC))
            await connection.execute("VACUUM (ANALYZE)")
        async with _connected(_as_superuser(url)) as connection:
            # What was just loaded is written out now, and not while something is measured.
            await connection.execute("CHECKPOINT")
        with _servers(served, folder) as servers:
            bench = Bench(options, home, folder, url, servers, sample)
            chosen = [OPERATIONS[name] for name in options.operations.split(",")]
            for operation in chosen:
                bench.check(operation)
            _say("Both give the same answers")
            for number in range(options.rounds):
                for operation in chosen:
                    for server in servers if number % 2 == 0 else servers[::-1]:
                        await bench.measure(operation, server, first=number == 0)
            return bench.results()


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(prog="bench.endpoints", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--registrations", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5, help="of each run")
    parser.add_argument("--operations", default=",".join(OPERATIONS))
    parser.add_argument("--home", type=Path, help="a seeded folder to keep and use again; else one that is removed")
    parser.add_argument("--json", type=Path, help="where to write all results")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, _stop)
    began = time.monotonic()
    with seeded_home(options.home, events=options.events, registrations=options.registrations) as home:
        folder = home / "bench"
        folder.mkdir(exist_ok=True)
        with contextlib.suppress(KeyboardInterrupt):
            results = asyncio.run(asyncio.wait_for(measure(options, home, folder), _limit(options)))
            if options.json:
                options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
            print(endpoint_tables(results))
    _say(f"Done in {time.monotonic() - began:.0f} seconds")


def _limit(options: argparse.Namespace) -> float:
    """Far more seconds than it takes, so that it ends at all events."""
    runs = options.rounds * len(options.operations.split(",")) * 2
    return 600 + runs * (options.seconds + 30)


def _stop(_number: int, _frame: object) -> None:
    sys.exit(143)


def _say(text: str) -> None:
    print(f"· {text}", file=sys.stderr)


if __name__ == "__main__":
    main()
