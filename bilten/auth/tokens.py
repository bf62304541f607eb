"""The local development key: made on demand under the home folder, it signs tokens for users of a local server."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from jwt.algorithms import OKPAlgorithm

from bilten.auth.claims import Expectations, normalise_email
from bilten.auth.errors import DevelopmentKeyIsRefused, DevelopmentKeyIsUnusable
from bilten.auth.keys import VerificationKey, parse_key, thumbprint_of
from bilten.config import Settings
from bilten.home_files import made_once
from domain.users import DEVELOPMENT_ISSUER, development_subject

DEVELOPMENT_AUDIENCE = "bilten"
DEFAULT_LIFETIME = timedelta(days=30)
_ALGORITHM = "EdDSA"
_WORD = re.compile(r"[^\W_]+")


def issue_token(
    settings: Settings,
    email: str,
    *,
    lifetime: timedelta = DEFAULT_LIFETIME,
    now: datetime | None = None,
) -> str:
    """A bearer token for `email`, verified, signed with the local development key.

    Raises `EmailIsInvalid`, `DevelopmentKeyIsRefused` or `DevelopmentKeyIsUnusable`.
    """
    private_key = development_key(settings)
    address = normalise_email(email).lower()
    expected = development_expectations(settings)
    issued_at = now or datetime.now(UTC)
    payload = {
        "iss": expected.issuer,
        "aud": expected.audience,
        "sub": development_subject(address),
        "email": address,
        "email_verified": True,
        "name": name_from(address),
        "iat": int(issued_at.timestamp()),
        "exp": int((issued_at + lifetime).timestamp()),
    }
    kid = thumbprint_of(_public_jwk(private_key), _ALGORITHM)
    return jwt.encode(payload, private_key, algorithm=_ALGORITHM, headers={"kid": kid})


def development_expectations(settings: Settings) -> Expectations:
    """The issuer and audience of local tokens, unless the settings name others."""
    return Expectations(
        issuer=settings.jwt_issuer or DEVELOPMENT_ISSUER,
        audience=settings.jwt_audience or DEVELOPMENT_AUDIENCE,
    )


def verification_key(private_key: Ed25519PrivateKey) -> VerificationKey:
    """The public half, under its thumbprint as key id."""
    jwk = _public_jwk(private_key)
    key = parse_key({**jwk, "kid": thumbprint_of(jwk, _ALGORITHM)})
    if key is None:
        message = "an Ed25519 key always verifies EdDSA"
        raise AssertionError(message)
    return key


def development_key(settings: Settings) -> Ed25519PrivateKey:
    """Read the key, or make it; processes that race end with the same one.

    Raises `DevelopmentKeyIsRefused` in production and beside an authentication service, and
    `DevelopmentKeyIsUnusable` if the file cannot be written or holds something else.
    """
    if settings.production:
        message = "BILTEN_ENV=production refuses the local development key; set BILTEN_JWKS_URL"
        raise DevelopmentKeyIsRefused(message)
    if settings.jwks_url:
        message = "BILTEN_JWKS_URL is set: tokens come from that service, not from the local development key"
        raise DevelopmentKeyIsRefused(message)
    path = settings.resolved_home / "keys" / "development.pem"
    try:
        return _parse(path, made_once(path, _generate))
    except OSError as error:
        message = f"{path} cannot be read or written: {error.strerror}"
        raise DevelopmentKeyIsUnusable(message) from error


def name_from(address: str) -> str:
    """A display name made from the local part: "ada.lovelace+work@…" becomes "Ada Lovelace"."""
    local = address.partition("@")[0]
    words = _WORD.findall(local.partition("+")[0]) or _WORD.findall(local)
    return " ".join(word.capitalize() for word in words) or local


def _public_jwk(private_key: Ed25519PrivateKey) -> dict[str, object]:
    return dict(OKPAlgorithm.to_jwk(private_key.public_key(), as_dict=True))


def _generate() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _parse(path: Path, pem: bytes) -> Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        message = f"{path} does not hold a readable Ed25519 key; remove it and a new one is made"
        raise DevelopmentKeyIsUnusable(message)
    return key
