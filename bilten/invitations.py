"""Signs and reads the links that invitations travel in."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import jwt

from bilten.config import Settings
from bilten.home_files import made_once
from domain import errors
from domain.ids import InvitationId

_ALGORITHM = "HS256"
_AUDIENCE = "bilten:invitation"


@dataclass(frozen=True, slots=True)
class SignedInvitationLinks:
    """Links under `base_url`. The same invitation always gives the same link, so nothing secret is stored."""

    secret: bytes
    base_url: str

    def link(self, invitation_id: InvitationId, expires_at: datetime) -> str:
        """The address to send."""
        claims = {"jti": invitation_id.hex, "aud": _AUDIENCE, "exp": int(expires_at.timestamp())}
        token = jwt.encode(claims, self.secret, algorithm=_ALGORITHM)
        return f"{self.base_url}/invitations?token={token}"

    def invitation_id(self, token: str) -> InvitationId:
        """The invitation behind a token. Raises `InvitationIsInvalid`; expiry is checked by the domain."""
        try:
            claims = jwt.decode(
                token,
                self.secret,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                options={"verify_exp": False, "require": ["jti", "exp"]},
            )
            return InvitationId(UUID(hex=claims["jti"]))
        except (jwt.PyJWTError, ValueError, TypeError, AttributeError) as error:
            raise errors.InvitationIsInvalid("token") from error


def signing_secret(settings: Settings) -> bytes:
    """`BILTEN_SECRET`, which production demands, or a secret of this home."""
    if settings.secret:
        given = settings.secret.get_secret_value().encode()
    else:
        path = settings.resolved_home / "keys" / "invitations.secret"
        given = made_once(path, lambda: secrets.token_bytes(32))
    # A secret serves one purpose only; whatever else is signed later derives its own.
    return hashlib.sha256(b"invitation " + given).digest()
