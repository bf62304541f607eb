"""Which tokens are believed: signatures, algorithms, claims and the memory of what was verified, with keys in hand."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import permutations

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from bilten.auth import Claims, Expectations, FixedKeys, TokenIsInvalid, TokenVerifier
from bilten.auth.keys import KeySet, parse_key

ISSUER = "https://issuer.example"
AUDIENCE = "bilten"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
ED_KEY = ed25519.Ed25519PrivateKey.generate()
PRIVATE_KEYS = {"RS256": RSA_KEY, "ES256": EC_KEY, "EdDSA": ED_KEY}
JWKS: dict[str, dict[str, object]] = {
    "RS256": {**RSAAlgorithm.to_jwk(RSA_KEY.public_key(), as_dict=True), "kid": "RS256"},
    "ES256": {**ECAlgorithm.to_jwk(EC_KEY.public_key(), as_dict=True), "kid": "ES256"},
    "EdDSA": {**OKPAlgorithm.to_jwk(ED_KEY.public_key(), as_dict=True), "kid": "EdDSA"},
}
EVERY_ALGORITHM = sorted(JWKS)


class Clock:
    """The time, moved by hand."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def key_set(*algorithms: str) -> KeySet:
    parsed = [parse_key(JWKS[algorithm]) for algorithm in algorithms or EVERY_ALGORITHM]
    return KeySet(key for key in parsed if key is not None)


def verifier(clock: Clock | None = None, *, keys: KeySet | None = None, cache_size: int = 100) -> TokenVerifier:
    expected = Expectations(issuer=ISSUER, audience=AUDIENCE)
    return TokenVerifier(FixedKeys(keys or key_set()), expected, clock or Clock(), cache_size=cache_size)


def payload(**changes: object) -> dict[str, object]:
    complete = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": seconds(60), **changes}
    return {name: value for name, value in complete.items() if value is not ...}


def seconds(offset: float) -> float:
    return NOW.timestamp() + offset


def token(algorithm: str = "EdDSA", *, headers: Mapping[str, object] | None = None, **changes: object) -> str:
    return sign(json.dumps(payload(**changes)).encode(), algorithm, headers)


def sign(body: bytes, algorithm: str = "EdDSA", headers: Mapping[str, object] | None = None) -> str:
    return jwt.PyJWS().encode(
        body, PRIVATE_KEYS[algorithm], algorithm, {"kid": algorithm} if headers is None else dict(headers)
    )


def segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unsigned(header: object, signature: bytes = b"") -> str:
    return f"{segment(json.dumps(header).encode())}.{segment(json.dumps(payload()).encode())}.{segment(signature)}"


async def reason_for(raw: str, *, by: TokenVerifier | None = None) -> str:
    with pytest.raises(TokenIsInvalid) as caught:
        await (by or verifier()).verify(raw)
    return caught.value.reason


@pytest.mark.parametrize("algorithm", EVERY_ALGORITHM)
async def test_a_token_of_each_allowed_algorithm_tells_who_sent_it(algorithm: str) -> None:
    raw = token(
        algorithm,
        iat=seconds(-5),
        email=" Ada@Bilten.EXAMPLE ",
        email_verified=True,
        name="Ada  Lovelace",
        locale="en_gb",
    )

    claims = await verifier().verify(raw)

    assert claims == Claims(
        issuer=ISSUER,
        subject="ada",
        email="Ada@bilten.example",
        email_verified=True,
        name="Ada Lovelace",
        locale="en-GB",
        issued_at=NOW - timedelta(seconds=5),
        expires_at=NOW + timedelta(seconds=60),
    )


@pytest.mark.parametrize("name", ["none", "None", "nOnE", "HS256", "RS512", "PS256", "ES384", "", None, 7, ["RS256"]])
async def test_algorithms_off_the_list_are_refused(name: object) -> None:
    assert await reason_for(unsigned({"alg": name, "kid": "EdDSA"}, b"x" * 64)) == "algorithm not allowed"


@pytest.mark.parametrize("form", ["pem", "der", "jwk"])
async def test_a_public_key_does_not_serve_as_a_shared_secret(form: str) -> None:
    public = RSA_KEY.public_key()
    secrets = {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(JWKS["RS256"]).encode(),
    }
    bare = unsigned({"alg": "HS256", "typ": "JWT", "kid": "RS256"}).rpartition(".")[0]
    forged = f"{bare}.{segment(hmac.new(secrets[form], bare.encode(), hashlib.sha256).digest())}"

    assert await reason_for(forged) == "algorithm not allowed"


@pytest.mark.parametrize(("algorithm", "kid"), list(permutations(EVERY_ALGORITHM, 2)))
async def test_a_key_verifies_only_the_algorithm_of_its_type(algorithm: str, kid: str) -> None:
    assert await reason_for(token(algorithm, headers={"kid": kid})) == "wrong algorithm"


async def test_a_key_that_comes_with_the_token_is_ignored() -> None:
    stranger = ed25519.Ed25519PrivateKey.generate()
    jwk = OKPAlgorithm.to_jwk(stranger.public_key(), as_dict=True)
    headers: dict[str, object] = {"kid": "EdDSA", "jwk": jwk, "jku": "https://evil.example/keys", "x5u": "file:///etc"}
    forged = jwt.PyJWS().encode(json.dumps(payload()).encode(), stranger, "EdDSA", headers)

    assert await reason_for(forged) == "wrong signature"


@pytest.mark.parametrize("algorithm", EVERY_ALGORITHM)
async def test_a_changed_token_is_refused(algorithm: str) -> None:
    header, body, signature = token(algorithm).split(".")
    other = segment(json.dumps(payload(sub="admin")).encode())
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]

    assert await reason_for(f"{header}.{other}.{signature}") == "wrong signature"
    assert await reason_for(f"{header}.{body}.{flipped}") == "wrong signature"
    assert await reason_for(f"{header}.{body}.") == "wrong signature"


@pytest.mark.parametrize(
    "raw", ["", ".", "..", "...", "a.b.c", "Bearer x", "\x00", "e30.e30.", "e30.e30.e30", "ключ", "\ud800", "[].e30."]
)
async def test_what_is_no_token_is_refused(raw: str) -> None:
    assert await reason_for(raw) in {"malformed", "algorithm not allowed"}


async def test_a_token_is_measured_before_it_is_read() -> None:
    assert await reason_for("x" * 8_193) == "too long"
    assert await reason_for("x" * 8_192) == "malformed"


@pytest.mark.parametrize(
    "headers",
    [
        {"kid": "EdDSA", "crit": ["exp"], "exp": 1},
        {"kid": "EdDSA", "crit": []},
        {"kid": "EdDSA", "crit": "b64"},
    ],
)
async def test_critical_extensions_that_nobody_here_knows_are_refused(headers: dict[str, object]) -> None:
    assert await reason_for(token(headers=headers)) == "malformed"


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [("JWT", True), ("at+jwt", True), ("application/at+jwt", True), ("logout+jwt", False), ("dpop+jwt", False)],
)
async def test_a_token_made_for_something_else_is_refused(kind: str, *, accepted: bool) -> None:
    raw = token(headers={"kid": "EdDSA", "typ": kind})

    if accepted:
        assert (await verifier().verify(raw)).subject == "ada"
    else:
        assert await reason_for(raw) == "wrong type of token"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://other.example"}, "wrong issuer"),
        ({"iss": [ISSUER]}, "wrong issuer"),
        ({"iss": ...}, "wrong issuer"),
        ({"aud": "other"}, "wrong audience"),
        ({"aud": ["other", "bilte"]}, "wrong audience"),
        ({"aud": []}, "wrong audience"),
        ({"aud": {"bilten": 1}}, "wrong audience"),
        ({"aud": ...}, "wrong audience"),
        ({"exp": ...}, "no expiry"),
        ({"exp": None}, "no expiry"),
        ({"exp": True}, "malformed"),
        ({"exp": "2026-03-01"}, "malformed"),
        ({"exp": 10**18}, "malformed"),
        ({"exp": -(10**18)}, "malformed"),
        ({"exp": 0}, "expired"),
        ({"nbf": "soon"}, "malformed"),
        ({"iat": {}}, "malformed"),
        ({"sub": ...}, "no usable subject"),
        ({"sub": ""}, "no usable subject"),
        ({"sub": 7}, "no usable subject"),
        ({"sub": "a" * 256}, "no usable subject"),
        ({"sub": "a\x00b"}, "no usable subject"),
    ],
)
async def test_claims_that_do_not_fit_are_refused(changes: dict[str, object], reason: str) -> None:
    assert await reason_for(sign(json.dumps(payload(**changes)).encode())) == reason


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'"x"', b"{", b"\xff", b'{"exp":NaN}', b"[" * 3_000])
async def test_a_signed_payload_that_is_no_object_is_refused(body: bytes) -> None:
    assert await reason_for(sign(body)) == "malformed"


async def test_one_of_several_audiences_is_enough_and_the_longest_subject_fits() -> None:
    claims = await verifier().verify(token(aud=["other", AUDIENCE], sub="a" * 255))

    assert claims.subject == "a" * 255


async def test_the_clocks_may_differ_by_half_a_minute_and_no_more() -> None:
    clock = Clock()
    over, early, future = token(), token(nbf=seconds(30)), token(iat=seconds(30))

    clock.now = NOW + timedelta(seconds=89.999)
    assert (await verifier(clock).verify(over)).subject == "ada"
    clock.now = NOW + timedelta(seconds=90)
    assert await reason_for(over, by=verifier(clock)) == "expired"

    clock.now = NOW
    assert (await verifier(clock).verify(early)).subject == "ada"
    assert (await verifier(clock).verify(future)).issued_at == NOW + timedelta(seconds=30)
    clock.now = NOW - timedelta(milliseconds=1)
    assert await reason_for(early, by=verifier(clock)) == "not yet valid"
    assert await reason_for(future, by=verifier(clock)) == "not yet valid"


@pytest.mark.parametrize(
    ("email", "verified", "expected"),
    [
        ("a@x.example", True, ("a@x.example", True)),
        ("a@x.example", "true", ("a@x.example", True)),
        ("a@x.example", 1, ("a@x.example", False)),
        ("a@x.example", "yes", ("a@x.example", False)),
        ("a@x.example", None, ("a@x.example", False)),
        ("nobody", True, (None, False)),
        ("a@x.example\nb@x.example", True, (None, False)),
        (7, True, (None, False)),
        ("a" * 300 + "@x.example", True, (None, False)),
    ],
)
async def test_only_a_confirmed_and_well_formed_address_counts_as_verified(
    email: object, verified: object, expected: tuple[str | None, bool]
) -> None:
    claims = await verifier().verify(token(email=email, email_verified=verified))

    assert (claims.email, claims.email_verified) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("  Ada\tLovelace\n", "Ada Lovelace"),
        ("A\x00d\x1ba", "Ada"),
        ("Ada\u202egnp.exe", "Adagnp.exe"),
        ("é" * 300, "é" * 200),
        ("e\u0301", "é"),
        ("\x00 \x01", None),
        ("", None),
        (["Ada"], None),
    ],
)
async def test_a_name_is_cleaned_and_cut(name: object, expected: str | None) -> None:
    assert (await verifier().verify(token(name=name))).name == expected


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("en", "en"), ("SR-latn-rs", "sr-Latn-RS"), ("es-419", "es-419"), ("klingon!", None), ("x" * 99, None), (1, None)],
)
async def test_a_locale_is_put_in_its_usual_form_or_dropped(locale: object, expected: str | None) -> None:
    assert (await verifier().verify(token(locale=locale))).locale == expected


async def test_a_token_without_key_id_needs_exactly_one_key_that_fits() -> None:
    second = ed25519.Ed25519PrivateKey.generate().public_key()
    other = parse_key({**OKPAlgorithm.to_jwk(second, as_dict=True), "kid": "second"})
    assert other is not None
    raw = token(headers={})

    assert (await verifier().verify(raw)).subject == "ada"
    assert await reason_for(raw, by=verifier(keys=KeySet([*key_set(), other]))) == "unknown key"
    assert await reason_for(raw, by=verifier(keys=key_set("RS256", "ES256"))) == "unknown key"


async def test_a_verified_token_is_remembered_until_it_is_over() -> None:
    clock = Clock()
    verify = verifier(clock).verify
    raw = token()

    first = await verify(raw)
    assert await verify(raw) is first
    clock.now = NOW + timedelta(seconds=89)
    assert await verify(raw) is first
    clock.now = NOW + timedelta(seconds=90)
    with pytest.raises(TokenIsInvalid, match="expired"):
        await verify(raw)


async def test_the_token_unused_for_longest_is_forgotten_first() -> None:
    verify = verifier(cache_size=2).verify
    oldest, used, newest = token(sub="1"), token(sub="2"), token(sub="3")
    of_oldest, of_used = await verify(oldest), await verify(used)
    assert await verify(oldest) is of_oldest

    await verify(newest)

    assert await verify(oldest) is of_oldest
    assert await verify(used) is not of_used


async def test_a_refusal_is_not_remembered() -> None:
    clock = Clock()
    by = verifier(clock)
    early = token(nbf=seconds(31))
    assert await reason_for(early, by=by) == "not yet valid"

    clock.now = NOW + timedelta(seconds=1)

    assert (await by.verify(early)).subject == "ada"


@given(raw=st.one_of(st.text(), st.binary().map(lambda data: data.decode("latin-1"))))
async def test_arbitrary_text_is_refused_and_nothing_else_happens(raw: str) -> None:
    await reason_for(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=5,
)


@given(
    header=st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk"]), JSON | st.just("EdDSA")),
    body=st.binary(),
    signature=st.binary(max_size=80),
)
async def test_arbitrary_parts_are_refused_and_nothing_else_happens(
    header: dict[str, object], body: bytes, signature: bytes
) -> None:
    await reason_for(f"{segment(json.dumps(header).encode())}.{segment(body)}.{segment(signature)}")


@given(
    changes=st.dictionaries(
        st.sampled_from(["iss", "aud", "sub", "exp", "nbf", "iat", "email", "email_verified", "name", "locale"]),
        JSON | st.floats(allow_nan=False, allow_infinity=False) | st.emails(),
    )
)
async def test_a_signed_token_with_arbitrary_claims_is_refused_or_read(changes: dict[str, object]) -> None:
    by = verifier()
    try:
        claims = await by.verify(sign(json.dumps(payload(**changes)).encode()))
    except TokenIsInvalid:
        return
    assert 1 <= len(claims.subject) <= 255
    assert claims.name is None or 1 <= len(claims.name) <= 200
    assert claims.email is not None or not claims.email_verified
