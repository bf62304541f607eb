"""A load on one address: a closed loop of connections that each send the next request when the last is answered.

wrk sends it where it is installed: it takes little of the processor that it shares with the servers. Otherwise a
client of our own does, which takes more; the report says which it was. Requests stand in a file, one on each line.
"""

import asyncio
import json
import re
import shutil
import statistics
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import httptools
import uvloop

SCRIPT = Path(__file__).with_name("load.lua")
_SEPARATOR = "\t"


@dataclass(frozen=True, slots=True)
class Load:
    """What a run measured: requests, seconds, failures, and milliseconds that answers took."""

    requests: int
    seconds: float
    failed: int
    p50: float
    p99: float

    @property
    def per_second(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    def told(self) -> dict[str, float]:
        """For JSON."""
        return {**asdict(self), "per_second": self.per_second}


def tool() -> str:
    """What sends the load on this machine."""
    return "wrk" if shutil.which("wrk") else "our own client (wrk is not installed)"


def write_requests(path: Path, requests: Iterable[tuple[str | None, bytes]]) -> None:
    """Store requests: a token or none, and a body of JSON on one line."""
    with path.open("w", encoding="utf-8") as file:
        for token, body in requests:
            file.write(f"{token or ''}{_SEPARATOR}{body.decode()}\n")


def send(port: int, path: str, requests: Path, *, connections: int, seconds: float) -> Load:
    """Send the requests of the file in turn for so long, from its beginning."""
    if shutil.which("wrk"):
        return _by_wrk(port, path, requests, connections=connections, seconds=seconds)
    return uvloop.run(by_client(port, written(requests, path), connections=connections, seconds=seconds))


def _by_wrk(port: int, path: str, requests: Path, *, connections: int, seconds: float) -> Load:
    command = ["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", "-s", str(SCRIPT)]
    command += [f"http://127.0.0.1:{port}{path}", "--", str(requests)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)  # noqa: S603
    found = re.search(r"^measured (.*)$", done.stdout, re.MULTILINE)
    if not found:
        message = f"wrk failed: {done.stdout[-500:]} {done.stderr[-500:]}"
        raise SystemExit(message)
    told = json.loads(found[1])
    return Load(told["requests"], told["us"] / 1e6, told["failed"], told["p50"] / 1e3, told["p99"] / 1e3)


class _Connection(asyncio.Protocol):
    """One connection of the loop; the parser calls it when an answer is whole."""

    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._transport: asyncio.Transport | None = None
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """A connection that the server ends counts as a failure."""
        self._run.lost()

    def on_message_complete(self) -> None:
        """Count the answer and send the next request, if there is time."""
        self._run.count(time.perf_counter() - self._sent, self._parser.get_status_code())
        self._next()

    def _next(self) -> None:
        assert self._transport is not None
        if self._run.is_over:
            self._transport.close()
            return
        self._parser = httptools.HttpResponseParser(self)
        self._sent = time.perf_counter()
        self._transport.write(self._run.take())


class _Run:
    def __init__(self, requests: list[bytes], until: float) -> None:
        self._requests = requests
        self._until = until
        self._place = 0
        self.times: list[float] = []
        self.failed = 0

    @property
    def is_over(self) -> bool:
        return time.perf_counter() >= self._until

    def take(self) -> bytes:
        self._place += 1
        return self._requests[(self._place - 1) % len(self._requests)]

    def count(self, seconds: float, status: int) -> None:
        self.times.append(seconds)
        self.failed += status >= 400

    def lost(self) -> None:
        self.failed += not self.is_over


async def by_client(port: int, requests: list[bytes], *, connections: int, seconds: float) -> Load:
    """The load without wrk."""
    began = time.perf_counter()
    run = _Run(requests, began + seconds)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(run), "127.0.0.1", port)
    await asyncio.sleep(began + seconds - time.perf_counter())
    taken = time.perf_counter() - began
    cuts = statistics.quantiles(run.times, n=100) if len(run.times) > 1 else [0.0] * 99
    return Load(len(run.times), taken, run.failed, cuts[49] * 1e3, cuts[98] * 1e3)


def written(requests: Path, path: str) -> list[bytes]:
    """The requests of a file as they go over the wire."""
    return [_written(line, path) for line in requests.read_text(encoding="utf-8").splitlines()]


def _written(line: str, path: str) -> bytes:
    token, _, body = line.partition(_SEPARATOR)
    content = body.encode()
    headers: Mapping[str, str] = {
        "host": "127.0.0.1",
        "accept": "application/json",
        "content-type": "application/json",
        "content-length": str(len(content)),
        **({"authorization": f"Bearer {token}"} if token else {}),
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + content
