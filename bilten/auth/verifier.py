"""From a bearer token to claims: the one place that checks signatures, with a bounded memory of what was verified."""

import hashlib
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from typing import cast

import jwt
import orjson

from bilten.auth.claims import Claims, Expectations, has_expired, read_claims
from bilten.auth.errors import TokenIsInvalid
from bilten.auth.jwks import Clock, FixedKeys, IssuerKeys, KeySource
from bilten.auth.keys import ALGORITHMS, KeySet, VerificationKey
from bilten.auth.tokens import development_expectations, development_key, verification_key
from bilten.config import Settings

MAX_TOKEN = 8_192
CACHE_SIZE = 10_000
# Tokens made for something else, such as logout or security events, carry a type of their own (RFC 8725 section 3.11).
_TYPES = frozenset({"jwt", "at+jwt", "application/jwt", "application/at+jwt"})
_JWS = jwt.PyJWS(algorithms=sorted(ALGORITHMS))


def create_verifier(settings: Settings, clock: Clock) -> "TokenVerifier":
    """A verifier for the authentication service of the settings, or for the local development key.

    Raises `DevelopmentKeyIsRefused` in production without a service, and `DevelopmentKeyIsUnusable`.
    """
    if settings.jwks_url and settings.jwt_issuer and settings.jwt_audience:
        expected = Expectations(issuer=settings.jwt_issuer, audience=settings.jwt_audience)
        return TokenVerifier(IssuerKeys(settings.jwks_url, clock), expected, clock)
    keys = KeySet([verification_key(development_key(settings))])
    return TokenVerifier(FixedKeys(keys), development_expectations(settings), clock)


class TokenVerifier:
    """Verifies bearer tokens of one issuer. Safe to share between all requests of an event loop."""

    def __init__(self, keys: KeySource, expected: Expectations, clock: Clock, *, cache_size: int = CACHE_SIZE) -> None:
        self._keys = keys
        self._expected = expected
        self._clock = clock
        self._cache = _VerifiedTokens(cache_size)

    async def verify(self, token: str) -> Claims:
        """The claims of a token. Raises `TokenIsInvalid` or `KeysAreUnavailable`."""
        if len(token) > MAX_TOKEN:
            raise TokenIsInvalid("too long")
        if not token.isascii():
            raise TokenIsInvalid("malformed")
        digest = hashlib.sha256(token.encode()).digest()
        known = self._cache.get(digest, self._clock())
        if known is not None and (await self._keys.current()).trusts(known.thumbprint):
            return known.claims
        key = await self._key_of(token)
        claims = read_claims(_verified_payload(token, key), self._expected, self._clock())
        self._cache.put(digest, _Verified(claims, key.thumbprint))
        return claims

    async def aclose(self) -> None:
        """Stop what runs in the background."""
        await self._keys.aclose()

    async def _key_of(self, token: str) -> VerificationKey:
        kid, algorithm = _header(token)
        key = (await self._keys.current()).find(kid, algorithm)
        if key is None:
            key = (await self._keys.after_unknown_key()).find(kid, algorithm)
        if key is None:
            raise TokenIsInvalid("unknown key")
        return key


@dataclass(frozen=True, slots=True)
class _Verified:
    claims: Claims
    thumbprint: str


class _VerifiedTokens:
    """The tokens verified most recently, by digest so that no memory dump holds a bearer token."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._entries: OrderedDict[bytes, _Verified] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, digest: bytes, now: datetime) -> _Verified | None:
        """The token if it was verified and is not over yet."""
        entry = self._entries.get(digest)
        if entry is None:
            return None
        if has_expired(entry.claims.expires_at, now):
            del self._entries[digest]
            return None
        self._entries.move_to_end(digest)
        return entry

    def put(self, digest: bytes, entry: _Verified) -> None:
        """Remember a token and forget the one unused for longest."""
        self._entries[digest] = entry
        self._entries.move_to_end(digest)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)


def _header(token: str) -> tuple[str | None, str]:
    try:
        header = _JWS.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise TokenIsInvalid("malformed") from None
    algorithm, kind = header.get("alg"), header.get("typ", "JWT")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise TokenIsInvalid("algorithm not allowed")
    if not isinstance(kind, str) or kind.lower() not in _TYPES:
        raise TokenIsInvalid("wrong type of token")
    kid: object = header.get("kid")
    return (kid if isinstance(kid, str) else None), algorithm


def _verified_payload(token: str, key: VerificationKey) -> dict[str, object]:
    # The algorithm is the key's, never the token's: a token that names another one fails here.
    try:
        payload = cast("bytes", _JWS.decode(token, key.key, algorithms=[key.algorithm]))
    except jwt.InvalidSignatureError:
        raise TokenIsInvalid("wrong signature") from None
    except (jwt.PyJWTError, ValueError):
        raise TokenIsInvalid("malformed") from None
    try:
        document: object = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise TokenIsInvalid("malformed") from None
    if not isinstance(document, dict):
        raise TokenIsInvalid("malformed")
    return cast("dict[str, object]", document)
