"""One download of keys, from servers that hang, drip, redirect, lie, or talk TLS."""

import asyncio
import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bilten.auth import KeysAreUnavailable
from bilten.auth.jwks_fetch import max_age_of
from tests.issuer import (
    IMPATIENCE,
    Clock,
    Handler,
    Issuer,
    outcome,
    verifier_of,
)


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    running = Issuer()
    yield running
    running.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.mark.parametrize("misbehaviour", ["hang", "drip"])
async def test_an_issuer_that_never_finishes_is_given_up(issuer: Issuer, clock: Clock, misbehaviour: str) -> None:
    issuer.answer = issuer.hang if misbehaviour == "hang" else issuer.drip
    verifier = verifier_of(issuer.url, clock, patience=IMPATIENCE)

    async with asyncio.timeout(10):
        with pytest.raises(KeysAreUnavailable):
            await verifier.verify(issuer.add("a").token("a"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>sign in</html>",
        b"[]",
        b"null",
        b'{"keys": {}}',
        b'{"keys": "a"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"keys": []}' + b" " * (1 << 20),
    ],
    ids=range(9),
)
async def test_an_answer_that_is_no_key_set_changes_nothing(issuer: Issuer, clock: Clock, body: bytes) -> None:
    verifier = verifier_of(issuer.add("a").url, clock)
    raw = issuer.token("a")
    await verifier.verify(raw)
    issuer.answer = lambda handler: handler.reply(body)

    clock.advance(minutes=5)

    assert (await verifier.verify(raw)).subject == "ada"
    assert issuer.requests == 2
    with pytest.raises(KeysAreUnavailable):
        await verifier_of(issuer.url, clock).verify(raw)


async def test_an_answer_that_is_no_http_is_a_failure(issuer: Issuer, clock: Clock) -> None:
    def babble(handler: Handler) -> None:
        handler.wfile.write(b"\x00\x01 babble\r\n\r\n")

    issuer.answer = babble

    assert await outcome(verifier_of(issuer.url, clock), issuer.add("a").token("a")) == "KeysAreUnavailable"


async def test_an_answer_cut_short_is_a_failure(issuer: Issuer, clock: Clock) -> None:
    def cut(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b'{"keys": []}')

    issuer.answer = cut

    assert await outcome(verifier_of(issuer.url, clock), issuer.add("a").token("a")) == "KeysAreUnavailable"


async def test_a_redirect_within_the_scheme_is_followed(issuer: Issuer, clock: Clock) -> None:
    def move(handler: Handler) -> None:
        if handler.path == "/keys":
            handler.reply(b"", status=302, headers={"Location": "/moved"})
        else:
            issuer.publish(handler)

    issuer.answer = move

    assert (await verifier_of(issuer.url, clock).verify(issuer.add("a").token("a"))).subject == "ada"


@pytest.mark.parametrize("kind", ["file", "ftp", "data", "loop"])
async def test_a_redirect_out_of_the_scheme_or_for_ever_is_refused(
    issuer: Issuer, clock: Clock, tmp_path: Path, kind: str
) -> None:
    raw = issuer.add("a").token("a")
    document = json.dumps({"keys": issuer.jwks()})
    (tmp_path / "keys").write_text(document)
    places = {
        "file": (tmp_path / "keys").as_uri(),
        "ftp": "ftp://127.0.0.1/keys",
        "data": f"data:application/json,{document.replace(' ', '')}",
        "loop": "/keys",
    }
    issuer.answer = lambda handler: handler.reply(b"", status=302, headers={"Location": places[kind]})

    assert await outcome(verifier_of(issuer.url, clock), raw) == "KeysAreUnavailable"
    assert issuer.requests <= 5


async def test_keys_that_cannot_be_used_do_not_spoil_the_others(issuer: Issuer, clock: Clock) -> None:
    issuer.add("a")
    good = issuer.jwks()[0]
    bad: list[object] = [None, 1, "key", {}, {"kty": "oct", "k": "c2VjcmV0", "kid": "a"}, {**good, "use": "enc"}]
    document = json.dumps({"keys": [*bad, good]}).encode()
    issuer.answer = lambda handler: handler.reply(document)

    assert (await verifier_of(issuer.url, clock).verify(issuer.token("a"))).subject == "ada"


@pytest.mark.parametrize(
    ("control", "seconds"),
    [
        (None, 300),
        ("public, max-age=900", 900),
        ("MAX-AGE = 900", 900),
        ('max-age="900"', 900),
        ("s-maxage=900", 300),
        ("max-age=0", 60),
        ("max-age=99999999999999", 3_600),
        ("no-store", 60),
        ("no-cache, max-age=900", 60),
        ("max-age=-5", 300),
        ("garbage", 300),
    ],
)
def test_the_issuer_decides_how_long_its_keys_are_kept_within_bounds(control: str | None, seconds: int) -> None:
    headers = Message()
    if control is not None:
        headers["Cache-Control"] = control

    assert max_age_of(headers) == timedelta(seconds=seconds)


def certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "issuer")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + signed.public_bytes(Encoding.PEM)
    path = folder / "issuer.pem"
    path.write_bytes(pem)
    return path


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


@pytest.fixture
def tls_issuer(trusted: Path) -> Iterator[Issuer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(trusted)
    running = Issuer(context)
    yield running
    running.stop()


async def test_keys_are_read_over_tls(tls_issuer: Issuer, clock: Clock) -> None:
    assert (await verifier_of(tls_issuer.url, clock).verify(tls_issuer.add("a").token("a"))).subject == "ada"


async def test_a_certificate_nobody_vouches_for_is_refused(
    tls_issuer: Issuer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")

    assert await outcome(verifier_of(tls_issuer.url, clock), tls_issuer.add("a").token("a")) == "KeysAreUnavailable"


async def test_a_redirect_from_tls_to_plain_http_is_refused(tls_issuer: Issuer, issuer: Issuer, clock: Clock) -> None:
    raw = issuer.add("a").token("a")
    tls_issuer.answer = lambda handler: handler.reply(b"", status=302, headers={"Location": issuer.url})

    assert await outcome(verifier_of(tls_issuer.url, clock), raw) == "KeysAreUnavailable"
    assert (tls_issuer.requests, issuer.requests) == (1, 0)
