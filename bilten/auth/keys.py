"""Public keys that may verify a token: which are acceptable, what each may verify, how a token finds its own."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import jwt
import orjson

from bilten.auth.errors import TokenIsInvalid

# The type of a key decides its one algorithm. A token never chooses: HMAC and `none` have no row here, so a public
# key cannot be passed off as a shared secret, and an RSA key cannot be asked to verify anything but RS256.
_ALGORITHM_BY_TYPE: Mapping[tuple[str, str | None], str] = {
    ("RSA", None): "RS256",
    ("EC", "P-256"): "ES256",
    ("OKP", "Ed25519"): "EdDSA",
}
ALGORITHMS = frozenset(_ALGORITHM_BY_TYPE.values())

# RFC 7638 names the members that identify a key. Only these are read: a private part published by mistake is ignored.
_IDENTIFYING_MEMBERS: Mapping[str, tuple[str, ...]] = {
    "RS256": ("e", "kty", "n"),
    "ES256": ("crv", "kty", "x", "y"),
    "EdDSA": ("crv", "kty", "x"),
}
# RFC 9864 gives EdDSA over Ed25519 a name of its own, which a key set may use for the same key.
_ALGORITHM_NAMES: Mapping[str, frozenset[str]] = {
    "RS256": frozenset({"RS256"}),
    "ES256": frozenset({"ES256"}),
    "EdDSA": frozenset({"EdDSA", "Ed25519"}),
}
_MAX_KID = 255
_MAX_MEMBER = 2_048
# Shorter is breakable (RFC 7518 section 3.3); longer turns every first request of a token into milliseconds.
_MIN_RSA_BITS = 2_048
_MAX_RSA_BITS = 8_192


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """One public key and the only algorithm it may verify. `thumbprint` identifies it by content (RFC 7638)."""

    kid: str | None
    algorithm: str
    thumbprint: str
    key: jwt.PyJWK


class KeySet:
    """The keys an issuer vouches for at one moment."""

    def __init__(self, keys: Iterable[VerificationKey]) -> None:
        self._keys = tuple(keys)
        self._thumbprints = frozenset(key.thumbprint for key in self._keys)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[VerificationKey]:
        return iter(self._keys)

    def trusts(self, thumbprint: str) -> bool:
        """Whether the issuer still vouches for the key with this content."""
        return thumbprint in self._thumbprints

    def find(self, kid: str | None, algorithm: str) -> VerificationKey | None:
        """The key a token names, or None if the set does not hold it.

        A token without `kid` finds a key only if exactly one fits its algorithm. Raises `TokenIsInvalid` if the key
        is known but does not verify this algorithm, which no refresh can change.
        """
        if kid is None:
            suitable = [key for key in self._keys if key.algorithm == algorithm]
            return suitable[0] if len(suitable) == 1 else None
        named = [key for key in self._keys if key.kid == kid]
        for key in named:
            if key.algorithm == algorithm:
                return key
        if named:
            raise TokenIsInvalid("wrong algorithm")
        return None


def thumbprint_of(jwk: Mapping[str, object], algorithm: str) -> str:
    """The SHA-256 thumbprint of a JSON Web Key (RFC 7638), base64url without padding."""
    members = {name: jwk[name] for name in _IDENTIFYING_MEMBERS[algorithm]}
    digest = hashlib.sha256(orjson.dumps(members, option=orjson.OPT_SORT_KEYS)).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def parse_key(jwk: Mapping[str, object]) -> VerificationKey | None:
    """Read one JSON Web Key; None if it is of another type, meant for something else, weak or malformed."""
    algorithm = _algorithm_of(jwk)
    if algorithm is None or not _is_for_signatures(jwk):
        return None
    members = {name: jwk.get(name) for name in _IDENTIFYING_MEMBERS[algorithm]}
    if not all(isinstance(value, str) and 0 < len(value) <= _MAX_MEMBER for value in members.values()):
        return None
    kid = jwk.get("kid")
    if kid is not None and not (isinstance(kid, str) and 0 < len(kid) <= _MAX_KID):
        return None
    try:
        key = jwt.PyJWK(members, algorithm)
    except (jwt.PyJWTError, ValueError):
        return None
    if not _is_strong(key):
        return None
    return VerificationKey(kid=kid, algorithm=algorithm, thumbprint=thumbprint_of(members, algorithm), key=key)


def _algorithm_of(jwk: Mapping[str, object]) -> str | None:
    kind, curve, named = jwk.get("kty"), jwk.get("crv"), jwk.get("alg")
    if not isinstance(kind, str) or not (curve is None or isinstance(curve, str)):
        return None
    algorithm = _ALGORITHM_BY_TYPE.get((kind, curve))
    if algorithm is None or named is None:
        return algorithm
    return algorithm if isinstance(named, str) and named in _ALGORITHM_NAMES[algorithm] else None


def _is_for_signatures(jwk: Mapping[str, object]) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    return jwk.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations


def _is_strong(key: jwt.PyJWK) -> bool:
    size = getattr(key.key, "key_size", None)
    return key.algorithm_name != "RS256" or (isinstance(size, int) and _MIN_RSA_BITS <= size <= _MAX_RSA_BITS)
