"""One bounded download of a JSON Web Key Set, off the event loop; when to download is decided elsewhere."""

import asyncio
import contextlib
import http.client
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.message import Message
from typing import IO, cast
from urllib.parse import urlsplit

import orjson

from bilten.auth.keys import KeySet, parse_key

MAX_BODY = 1 << 20
_MAX_KEYS = 100
_CHUNK = 1 << 16
DEFAULT_MAX_AGE = timedelta(minutes=5)
_MIN_MAX_AGE = timedelta(minutes=1)
_MAX_MAX_AGE = timedelta(hours=1)
_MAX_AGE = re.compile(r"(?:^|[\s,])max-age\s*=\s*\"?(\d{1,9})", re.IGNORECASE)
_NOT_CACHEABLE = re.compile(r"(?:^|[\s,])no-(?:store|cache)\b", re.IGNORECASE)


class FetchFailed(Exception):
    """The key set could not be downloaded or read; the message is for the log and names no secret."""


@dataclass(frozen=True, slots=True)
class FetchedKeys:
    """A key set and how long the issuer lets it be kept, within our own bounds."""

    keys: KeySet
    max_age: timedelta


class _NoDowngrade(urllib.request.HTTPRedirectHandler):
    """Follows a redirect only over the same scheme, so that keys asked for over TLS never come without it."""

    max_redirections = 3

    # urllib decides how many arguments this takes.
    def redirect_request(  # noqa: PLR0917
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Refuse every other scheme; the rest is urllib's own rule."""
        if urlsplit(newurl).scheme != urlsplit(req.full_url).scheme:
            fp.close()
            message = "the key set redirects to another scheme"
            raise FetchFailed(message)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    # Built by hand because urllib's default one also reads file:, ftp: and data: addresses.
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _NoDowngrade(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


async def fetch_keys(url: str, *, within: timedelta) -> FetchedKeys:
    """Download and read the key set at `url`, all of it within the given time. Raises `FetchFailed`."""
    seconds = within.total_seconds()
    loop = asyncio.get_running_loop()
    done: asyncio.Future[FetchedKeys] = loop.create_future()

    def settle(result: FetchedKeys | FetchFailed) -> None:
        if done.done():
            return
        if isinstance(result, FetchFailed):
            done.set_exception(result)
        else:
            done.set_result(result)

    def work() -> None:
        result = _outcome(url, seconds)
        # The loop may have closed meanwhile; then nobody waits.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, result)

    # A daemon thread rather than the loop's executor: a silent issuer must not hold up the exit of the process.
    threading.Thread(target=work, name="jwks-fetch", daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            return await done
    except TimeoutError:
        message = f"no answer within {seconds:g} s"
        raise FetchFailed(message) from None


def _outcome(url: str, seconds: float) -> FetchedKeys | FetchFailed:
    try:
        return _fetch(url, seconds)
    except FetchFailed as failure:
        return failure
    except urllib.error.HTTPError as error:
        with error:
            return FetchFailed(f"HTTP status {error.code}")
    except Exception as error:
        # Nobody sees what a thread raises, so everything becomes an outcome. Its text may repeat the address: only its
        # kind is kept.
        return FetchFailed(type(error).__name__)


def _fetch(url: str, seconds: float) -> FetchedKeys:
    deadline = time.monotonic() + seconds
    # The scheme is checked where the settings are read, and the opener knows no other than http and https.
    request = urllib.request.Request(url, headers={"Accept": "application/json", "User-Agent": "bilten"})  # noqa: S310
    with _opener().open(request, timeout=seconds) as response:
        reply = cast("http.client.HTTPResponse", response)
        return FetchedKeys(keys=_read_keys(_read_body(reply, deadline)), max_age=max_age_of(reply.headers))


def _read_body(response: http.client.HTTPResponse, deadline: float) -> bytes:
    # The socket's timeout starts anew with every read, so a server that drips bytes is stopped by the deadline.
    announced = response.length
    body = bytearray()
    while chunk := response.read1(_CHUNK):
        body += chunk
        if len(body) > MAX_BODY:
            message = "the key set is larger than 1 MiB"
            raise FetchFailed(message)
        if time.monotonic() > deadline:
            message = "the key set comes too slowly"
            raise FetchFailed(message)
    # Half a key set that happens to parse would silently revoke the other half.
    if announced is not None and len(body) != announced:
        message = "the key set is cut short"
        raise FetchFailed(message)
    return bytes(body)


def _read_keys(body: bytes) -> KeySet:
    """The usable keys of a key set. An issuer may publish none, which revokes all; anything else is garbage."""
    document: object = orjson.loads(body)
    entries = cast("Mapping[str, object]", document).get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        message = "the answer is not a key set"
        raise FetchFailed(message)
    candidates = cast("list[object]", entries)[:_MAX_KEYS]
    parsed = (parse_key(cast("Mapping[str, object]", entry)) for entry in candidates if isinstance(entry, dict))
    return KeySet(key for key in parsed if key is not None)


def max_age_of(headers: Message) -> timedelta:
    """How long the answer may be kept: its `max-age` between a minute and an hour, five minutes if it has none."""
    control = ", ".join(str(value) for value in headers.get_all("Cache-Control", []))
    if _NOT_CACHEABLE.search(control):
        return _MIN_MAX_AGE
    match = _MAX_AGE.search(control)
    if match is None:
        return DEFAULT_MAX_AGE
    return min(max(timedelta(seconds=int(match[1])), _MIN_MAX_AGE), _MAX_MAX_AGE)
