"""Checks of the addresses that clients use: who listens on the port, and what answers at the public address."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast
from urllib.parse import urlsplit

from bilten.config import Settings
from bilten.doctor.findings import Finding, few, ok, problem, warning
from bilten.failures import AddressIsBusy, AddressIsUnusable
from bilten.serve import DEFAULT_PORT, open_socket

SECONDS = 5.0
MOST_BYTES = 65_536
FEW_DAYS = 14


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address said: status, headers in lower case, body, and until when its certificate is good."""

    status: int
    headers: dict[str, str]
    body: bytes
    certified_until: datetime | None = None

    @property
    def is_bilten(self) -> bool:
        """Whether the answer to /healthz looks like ours: nobody else has both of these."""
        return "x-request-id" in self.headers and self.json().get("status") == "ok"

    def json(self) -> dict[str, object]:
        """The body as an object, empty when it is none."""
        try:
            parsed: object = json.loads(self.body)
        except ValueError:
            return {}
        return cast("dict[str, object]", parsed) if isinstance(parsed, dict) else {}


class NoAnswer(Exception):
    """Nobody answered in HTTP; the message says why."""


async def address_findings(settings: Settings) -> AsyncGenerator[Finding]:
    """The port and, where one is set, the public address."""
    yield await _port(settings)
    if settings.public_url:
        async for finding in _public(settings.public_url):
            yield finding


async def _port(settings: Settings) -> Finding:
    port = settings.port or DEFAULT_PORT
    place = f"{settings.host}:{port}"
    try:
        open_socket(settings.host, port).close()
    except AddressIsBusy:
        return await _occupant(settings, port)
    except (AddressIsUnusable, socket.gaierror) as error:
        return problem("port", f"{place} cannot be listened on: {error}", "correct BILTEN_HOST or BILTEN_PORT")
    return ok("port", f"{place} is free")


async def _occupant(settings: Settings, port: int) -> Finding:
    place = f"{settings.host}:{port}"
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 (compared, not bound)
    here = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    try:
        alive = await ask(f"{here}/healthz")
        if alive.is_bilten:
            return await _served(place, here)
    except NoAnswer:
        pass
    if settings.port is None:
        return ok("port", f"another program listens on {place}: bilten serve takes the next free port")
    return problem("port", f"another program listens on {place}", "stop that program, or BILTEN_PORT=another one")


async def _served(place: str, here: str) -> Finding:
    ready = await ask(f"{here}/readyz")
    if ready.status == 200:
        return ok("port", f"a Bilten serves {place} and is ready")
    checks = cast("dict[str, dict[str, object]]", ready.json().get("checks") or {})
    missing = [f"{name} ({check.get('detail')})" for name, check in checks.items() if not check.get("ok")]
    found = f"a Bilten serves {place} and is not ready: {few(missing) or f'status {ready.status}'}"
    return problem("port", found, f"curl {here}/readyz, and read the server's log")


async def _public(url: str) -> AsyncGenerator[Finding]:
    place = urlsplit(url).netloc
    try:
        answer = await ask(f"{url.rstrip('/')}/healthz")
    except NoAnswer as failure:
        yield warning(
            "public-url",
            f"{place} does not answer from here: {failure}",
            "start server and proxy; if it answers elsewhere, this machine has no way to it and all is well",
        )
        return
    if answer.is_bilten:
        yield ok("public-url", f"a Bilten answers at {place}")
    else:
        yield warning(
            "public-url",
            f"{place} answers /healthz with status {answer.status}, and not as a Bilten does",
            "let the proxy hand every path on, or correct BILTEN_PUBLIC_URL",
        )
    if answer.certified_until is not None:
        yield _certificate(place, (answer.certified_until - datetime.now(UTC)).days)


def _certificate(place: str, days: int) -> Finding:
    found = f"the certificate of {place} is good for {days} days"
    if days < FEW_DAYS:
        return warning("public-url", found, "renew it, and see why nothing did that by itself")
    return ok("public-url", found)


async def ask(url: str) -> Answer:
    """GET a small page, within seconds and without following anything. Raises `NoAnswer`."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    try:
        async with asyncio.timeout(SECONDS):
            reader, writer = await asyncio.open_connection(
                parts.hostname,
                parts.port or (443 if secure else 80),
                ssl=ssl.create_default_context() if secure else None,
            )
            try:
                head = f"GET {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\nconnection: close\r\n\r\n"
                writer.write(head.encode("latin-1", "replace"))
                await writer.drain()
                received = bytearray()
                while len(received) < MOST_BYTES and (piece := await reader.read(MOST_BYTES)):
                    received += piece
                return _parsed(bytes(received), _end(writer))
            finally:
                writer.close()
    except TimeoutError:
        message = f"nothing within {SECONDS:g} s"
        raise NoAnswer(message) from None
    except (OSError, ValueError, asyncio.IncompleteReadError) as error:
        message = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error)
        raise NoAnswer(message) from error


def _parsed(received: bytes, certified_until: datetime | None) -> Answer:
    """Raises `ValueError` for what is no HTTP."""
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    if not version.startswith("HTTP/") or not rest[:3].isdigit():
        message = "what answers does not speak HTTP"
        raise ValueError(message)
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        # Our pages are small enough for one piece.
        body = body.partition(b"\r\n")[2].rpartition(b"\r\n0\r\n")[0]
    return Answer(int(rest[:3]), headers, body, certified_until)


def _end(writer: asyncio.StreamWriter) -> datetime | None:
    certificate = cast("dict[str, str] | None", writer.get_extra_info("peercert"))
    if not certificate or "notAfter" not in certificate:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(certificate["notAfter"]), UTC)
