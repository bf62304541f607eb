"""Reads the body of a request, counting: neither its size nor its time is taken on trust."""

import asyncio
from contextlib import suppress

from transport.asgi import Receive
from transport.head import Head
from transport.refusals import Refused

MAXIMUM = 1_000_000
"""Bytes of a body."""
PATIENCE = 10.0
"""Seconds for the whole body to arrive."""
_DIGITS = 18
"""Of the size that a head announces: more are not even read as a number."""
_DISCARDED = 8_000_000
_DISCARDING = 2.0
"""Bytes and seconds of an unwanted body that are read all the same, see `discard`."""


class Gone(Exception):
    """The client went away before its request was complete."""


async def read_body(head: Head, receive: Receive, *, maximum: int = MAXIMUM, patience: float = PATIENCE) -> bytes:
    """The whole body. Raises `Refused` with 408, 413 or 415, and `Gone`."""
    encoding = head.header(b"content-encoding")
    if encoding is not None and encoding.strip().lower() != "identity":
        message = "A compressed body is not read here: send it as it is."
        raise Refused(415, message, headers=((b"accept-encoding", b"identity"),), close=True)
    announced = head.header(b"content-length")
    if announced is not None and announced.isdecimal() and (len(announced) > _DIGITS or int(announced) > maximum):
        raise _too_large(maximum)
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Gone
                body += message.get("body", b"")
                if len(body) > maximum:
                    raise _too_large(maximum)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        raise _too_slow(patience) from None


async def discard(receive: Receive) -> None:
    """Read on for a while without keeping anything.

    A connection that is closed while the client still sends is reset, and then many clients never see the answer.
    """
    left = _DISCARDED
    with suppress(TimeoutError):
        async with asyncio.timeout(_DISCARDING):
            while left > 0:
                message = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
                left -= len(message.get("body", b""))


def _too_large(maximum: int) -> Refused:
    return Refused(413, f"The body is larger than {maximum:,} bytes.", close=True)


def _too_slow(patience: float) -> Refused:
    return Refused(408, f"The body did not arrive within {patience:g} seconds.", "REQUEST_TIMEOUT", close=True)
