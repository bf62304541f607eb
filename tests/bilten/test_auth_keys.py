"""Which published keys are acceptable: by type, purpose, strength and form."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from bilten.auth.keys import parse_key

ED = OKPAlgorithm.to_jwk(ed25519.Ed25519PrivateKey.generate(), as_dict=True)
EC = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP256R1()).public_key(), as_dict=True)
P384 = ECAlgorithm.to_jwk(ec.generate_private_key(ec.SECP384R1()).public_key(), as_dict=True)
WEAK = RSAAlgorithm.to_jwk(rsa.generate_private_key(65537, 1024).public_key(), as_dict=True)  # noqa: S505


@pytest.mark.parametrize(
    "jwk",
    [
        P384,
        WEAK,
        {**ED, "use": "enc"},
        {**ED, "key_ops": ["sign"]},
        {**ED, "key_ops": "verify"},
        {**ED, "alg": "ES256"},
        {**ED, "alg": 1},
        {**ED, "alg": ["EdDSA"]},
        {**ED, "crv": "Ed448"},
        {**ED, "crv": ["Ed25519"]},
        {**ED, "x": "AAAA"},
        {**ED, "x": "é"},
        {**ED, "x": None},
        {**ED, "kid": 7},
        {**ED, "kid": ""},
        {**ED, "kid": "a" * 256},
        {**EC, "y": EC["x"]},
        {**EC, "crv": "P-384"},
        {"kty": "RSA", "n": "AQAB" * 100, "e": "AA"},
        {"kty": "RSA", "n": "", "e": "AQAB"},
        {"kty": {}},
    ],
    ids=range(21),
)
def test_a_key_that_is_weak_malformed_or_meant_for_something_else_is_not_read(jwk: dict[str, object]) -> None:
    assert parse_key(jwk) is None


def test_a_private_part_published_by_mistake_is_ignored() -> None:
    key = parse_key({**ED, "kid": "a", "alg": "Ed25519"})

    assert key is not None
    assert isinstance(key.key.key, ed25519.Ed25519PublicKey)
