"""A whole `bilten serve` as a process that a test may signal, kill and start again."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx2

from tests.processes import are_gone, descendants
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 30.0


def environment(home: Path, **variables: str) -> dict[str, str]:
    """The environment of a server under test: nothing of the tester's own settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BILTEN_")}
    return {**inherited, "BILTEN_HOME": str(home), "COLUMNS": "200", **variables}


class BiltenServer:
    """One server process; what it prints goes to a file, because nobody may be there to read it."""

    def __init__(self, process: asyncio.subprocess.Process, output: Path) -> None:
        self.process = process
        self._output = output

    @property
    def said(self) -> str:
        """Everything printed so far."""
        return self._output.read_text(encoding="utf-8")

    @property
    def url(self) -> str:
        """The address that the banner names."""
        found = re.search(r"GraphQL +(http://\S+)/graphql", self.said)
        assert found is not None, self.said
        return found.group(1)

    @property
    def database_url(self) -> str:
        """The embedded database that the banner names."""
        found = re.search(r"PostgreSQL +(postgresql://\S+)", self.said)
        assert found is not None, self.said
        return found.group(1)

    @property
    def tokens(self) -> dict[str, str]:
        """The token of each demo account, by the first part of its address, in the order of the banner."""
        return dict(re.findall(r"^  (\w+)@bilten\.example +(\S+)$", self.said, re.MULTILINE))

    async def wait_until_ready(self) -> None:
        """Return once the banner is printed; fail at once when the process ends instead."""

        def is_settled() -> bool:
            return self.process.returncode is not None or "Stop with Ctrl-C" in self.said

        await eventually(is_settled, within=START_SECONDS, what="the start of the server")
        assert self.process.returncode is None, self.said

    async def status(self, path: str) -> int:
        """The HTTP status of `path`, 0 when nobody answers."""
        try:
            async with httpx2.AsyncClient(base_url=self.url, timeout=10) as client:
                return (await client.get(path)).status_code
        except httpx2.HTTPError:
            return 0

    async def run(self, document: str, variables: Mapping[str, Any], *, by: str) -> dict[str, Any]:
        """The data of a GraphQL document that has to succeed, run as a demo account."""
        headers = {"authorization": f"Bearer {self.tokens[by]}"}
        async with httpx2.AsyncClient(base_url=self.url, headers=headers, timeout=30) as client:
            answer = (await client.post("/graphql", json={"query": document, "variables": dict(variables)})).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Signal the server, wait for it and give its exit status; what it started must have ended too."""
        family = descendants(self.process.pid)
        self.process.send_signal(number)
        status = await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        await eventually(lambda: are_gone(family), within=1, what="the end of the services")
        return status

    async def kill(self) -> set[int]:
        """Kill the server alone, without warning; gives the processes that it had started."""
        family = descendants(self.process.pid)
        self.process.kill()
        await self.process.wait()
        return family

    async def kill_everything(self) -> None:
        """Kill the server and all that it started, as a power cut would."""
        # A stopped server cannot react to the deaths of the others, which come one after the other.
        self.process.send_signal(signal.SIGSTOP)
        family = descendants(self.process.pid)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        await self.process.wait()
        await eventually(lambda: are_gone(family), what="the death of the services")


async def launch(home: Path, *arguments: str, wrapper: tuple[str, ...] = (), **variables: str) -> BiltenServer:
    """Start `bilten serve`, as an argument of the command `wrapper` if there is one, and return at once."""
    home.parent.mkdir(parents=True, exist_ok=True)
    output = home.parent / f"{home.name}.{len(list(home.parent.glob('*.output')))}.output"
    with output.open("wb") as file:
        process = await asyncio.create_subprocess_exec(
            *[*wrapper, sys.executable, "-m", "bilten", "serve", *arguments],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=file,
            stderr=asyncio.subprocess.STDOUT,
            cwd=ROOT,
            env=environment(home, **variables),
        )
    return BiltenServer(process, output)


@asynccontextmanager
async def serving(
    home: Path, *arguments: str, wrapper: tuple[str, ...] = (), **variables: str
) -> AsyncGenerator[BiltenServer]:
    """A ready server for the length of the block."""
    server = await launch(home, *arguments, wrapper=wrapper, **variables)
    try:
        await server.wait_until_ready()
        yield server
    finally:
        if server.process.returncode is None:
            await server.stop()


async def refusal(home: Path, *arguments: str, wrapper: tuple[str, ...] = (), **variables: str) -> str:
    """What a server says that must not start: exactly one line, and exit status 1."""
    server = await launch(home, *arguments, wrapper=wrapper, **variables)
    try:
        status = await asyncio.wait_for(server.process.wait(), START_SECONDS)
    except TimeoutError:
        await server.stop()
        raise
    lines = [line for line in server.said.splitlines() if not line.startswith("·")]
    assert status == 1, server.said
    assert len(lines) == 1, server.said
    return lines[0]
