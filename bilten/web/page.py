"""A page as any transport can send it: its bytes and its headers; nothing here reads a request."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Page:
    """HTML in UTF-8 with all of its headers, whose names are in lower case as ASGI wants them."""

    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]


def html_page(text: str, policy: Mapping[str, Sequence[str]]) -> Page:
    """The page for `text`, under a content security policy of sources by directive."""
    body = text.encode()
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-length": str(len(body)),
        # The page names hashed files: browsers ask for it anew each time, and keep what it names.
        "cache-control": "no-cache",
        # The same address answers with JSON to everybody but browsers.
        "vary": "accept",
        "content-security-policy": "; ".join(f"{name} {' '.join(sources)}" for name, sources in policy.items()),
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
    return Page(body, tuple((name.encode(), value.encode()) for name, value in headers.items()))


def script_hash(script: str) -> str:
    """The source expression that allows exactly this inline script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
