"""The server that is attacked, the probe beside it, and what both say of an attack."""

import asyncio
import math
import sys
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tests.attacks import probe
from tests.attacks.line import Line, Reply
from tests.faults.server import BiltenServer
from tests.waiting import eventually

Done = TypeVar("Done")

MOST_P95 = 60.0
MOST_WORST = 600.0
"""Milliseconds that the probe may take at any rate. A loop that is held up takes seconds; two cores that are shared
with other tests take a tenth of a second now and then."""
USUAL_P95 = 2.0
"""Milliseconds that the probe takes at most in a quiet hour; beyond, bounds grow with what it takes."""
ENOUGH = 50
"""How many answers a percentile needs."""
LONGEST_MESSAGE = 1_200


@dataclass(frozen=True, slots=True)
class Latency:
    """What the probe measured, in milliseconds."""

    median: float
    p95: float
    worst: float

    @classmethod
    def of(cls, measured: list[float]) -> "Latency":
        """The figures of a stretch of time."""
        ordered = sorted(measured)
        return cls(ordered[len(ordered) // 2], ordered[math.ceil(len(ordered) * 0.95) - 1], ordered[-1])

    def __str__(self) -> str:
        return f"{self.median:6.1f} {self.p95:6.1f} {self.worst:7.1f}"


@dataclass(slots=True)
class Victim:
    """A server with a probe that never stops."""

    server: BiltenServer
    before: Latency = Latency(0, 0, 0)
    _answers: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])

    @property
    def slowness(self) -> float:
        """How much longer than usual everything may take, as a machine that does other work needs: 1 to 10."""
        return min(max(self.before.p95 / USUAL_P95, 1.0), 10.0)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def memory(self) -> float:
        """Megabytes that the server holds."""
        status = Path(f"/proc/{self.server.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmRSS:")[2].split()[0]) / 1_024

    async def asked(self, *data: bytes) -> Reply:
        """The answer to these bytes on a connection of their own."""
        async with Line(self.url) as line:
            return await line.asked(*data)

    async def suffers(self, name: str, attack: Coroutine[Any, Any, Done]) -> Done:
        """Run an attack; the probe has to be answered meanwhile nearly as always."""
        since = time.monotonic()
        done = await attack
        until = time.monotonic()
        measured = await self.answers(since, until)
        latency = Latency.of(measured)
        sys.stdout.write(f"{name:36} {1_000 * (until - since):7.0f} ms   probe {latency}   before {self.before}\n")
        assert len(measured) < ENOUGH or latency.p95 <= MOST_P95 * self.slowness, latency
        assert latency.worst <= MOST_WORST * self.slowness, latency
        return done

    async def answers(self, since: float, until: float) -> list[float]:
        """Milliseconds of each answer to the probe that was on its way between two moments."""
        # The question that was asked last may still wait for its answer.
        await eventually(lambda: bool(self._answers) and self._answers[-1][0] >= until, what="an answer to the probe")
        asked = [(began, taken) for began, taken in self._answers if began + taken / 1_000 >= since]
        # The first that is asked afterwards is part of it: there is always one.
        return [taken for began, taken in asked if began <= until] or [asked[0][1]]

    async def listen(self, output: asyncio.StreamReader) -> None:
        """Collect what the probe writes."""
        async for line in output:
            began, taken = line.split()
            self._answers.append((float(began), float(taken)))
        message = "the probe has ended: the server has refused it or left it alone"
        raise AssertionError(message)


@asynccontextmanager
async def probed(server: BiltenServer) -> AsyncGenerator[Victim]:
    """The server with a probe in a process of its own, whose quiet time is measured first."""
    victim = Victim(server)
    port = server.url.rpartition(":")[2]
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(probe.__file__), port, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    listening = asyncio.create_task(victim.listen(process.stdout))
    try:
        since = time.monotonic()
        measured = await victim.answers(since + 0.3, since + 1.3)
        victim.before = Latency.of(measured)
        yield victim
        assert not listening.done(), listening.exception()
    finally:
        listening.cancel()
        if process.returncode is None:
            process.kill()
        await process.wait()


def assert_told(reply: Reply, codes: Callable[[str], bool]) -> None:
    """Every error has a code that is allowed, and a message that does not go on for ever."""
    for payload in reply.payloads:
        for error in payload.get("errors", ()):
            assert codes(error["extensions"]["code"]), error
            assert len(error["message"]) <= LONGEST_MESSAGE
