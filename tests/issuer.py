"""An authentication service for tests: a real HTTP server that rotates its keys and misbehaves when told to."""

import json
import ssl
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import cast

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from jwt.algorithms import OKPAlgorithm

from bilten.auth import Expectations, IssuerKeys, KeysAreUnavailable, TokenIsInvalid, TokenVerifier

AUDIENCE = "bilten"
ISSUER = "https://issuer.example"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATIENCE = timedelta(seconds=5)
IMPATIENCE = timedelta(milliseconds=300)

Answer = Callable[["Handler"], None]


class Clock:
    """The time, moved by hand."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class Handler(BaseHTTPRequestHandler):
    """Answers as its issuer says."""

    def do_GET(self) -> None:
        issuer = cast("IssuerServer", self.server).issuer
        issuer.requests += 1
        issuer.answer(self)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay quiet."""

    def reply(self, body: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class IssuerServer(ThreadingHTTPServer):
    """A server on a free loopback port that knows its issuer."""

    daemon_threads = True
    issuer: "Issuer"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up is what some of these tests are about."""


class Issuer:
    """An authentication service: it signs tokens, publishes keys and misbehaves when told to."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests = 0
        self.published: dict[str, ed25519.Ed25519PrivateKey] = {}
        self.headers: dict[str, str] = {}
        self.answer: Answer = self.publish
        self.stopped = Event()
        self._server = IssuerServer(("127.0.0.1", 0), Handler)
        self._server.issuer = self
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_port}/keys"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def stop(self) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def add(self, kid: str) -> "Issuer":
        self.published[kid] = ed25519.Ed25519PrivateKey.generate()
        return self

    def token(self, kid: str, *, key: ed25519.Ed25519PrivateKey | None = None, lifetime: float = 7 * 86_400) -> str:
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": START.timestamp() + lifetime}
        return jwt.encode(claims, key or self.published[kid], "EdDSA", {"kid": kid})

    def publish(self, handler: Handler) -> None:
        handler.reply(json.dumps({"keys": self.jwks()}).encode(), headers=self.headers)

    def jwks(self) -> list[dict[str, object]]:
        return [
            {**OKPAlgorithm.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", "alg": "EdDSA"}
            for kid, key in self.published.items()
        ]

    def hang(self, _: Handler) -> None:
        self.stopped.wait()

    def drip(self, handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not self.stopped.wait(0.02):
            handler.wfile.write(b" ")


def verifier_of(url: str, clock: Clock, *, patience: timedelta = PATIENCE) -> TokenVerifier:
    keys = IssuerKeys(url, clock, fetch_timeout=patience)
    return TokenVerifier(keys, Expectations(issuer=ISSUER, audience=AUDIENCE), clock)


async def reason_for(verifier: TokenVerifier, raw: str) -> str:
    with pytest.raises(TokenIsInvalid) as caught:
        await verifier.verify(raw)
    return caught.value.reason


async def outcome(verifier: TokenVerifier, raw: str) -> str:
    try:
        return (await verifier.verify(raw)).subject
    except (TokenIsInvalid, KeysAreUnavailable) as error:
        return type(error).__name__
