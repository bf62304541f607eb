"""What a verified token says about its bearer: claims are judged and cleaned here, signatures elsewhere."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from email_validator import EmailNotValidError, validate_email

from bilten.auth.errors import EmailIsInvalid, TokenIsInvalid

LEEWAY = timedelta(seconds=30)
"""How far the issuer's clock and ours may differ."""

_MAX_SUBJECT = 255
_MAX_EMAIL = 254
_MAX_NAME = 200
_MAX_RAW_NAME = 4 * _MAX_NAME
_LOCALE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?\Z")
# Controls and lone surrogates cannot be shown or stored; the bidirectional ones rearrange the text around a name.
_UNSHOWABLE = frozenset({"Cc", "Cs"})
_BIDI_CONTROLS = frozenset(
    chr(code) for code in (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
)


@dataclass(frozen=True, slots=True)
class Claims:
    """Who a token speaks for. Instants are aware UTC; `expires_at` is the token's own, without the leeway."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str | None
    locale: str | None
    issued_at: datetime | None
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Expectations:
    """The issuer whose tokens count, and the audience they must be meant for."""

    issuer: str
    audience: str


def read_claims(payload: Mapping[str, object], expected: Expectations, now: datetime) -> Claims:
    """Judge the payload of a token whose signature holds. Raises `TokenIsInvalid`."""
    if payload.get("iss") != expected.issuer:
        raise TokenIsInvalid("wrong issuer")
    audience = payload.get("aud")
    if expected.audience not in (audience if isinstance(audience, list) else [audience]):
        raise TokenIsInvalid("wrong audience")
    expires_at = _instant(payload, "exp")
    if expires_at is None:
        raise TokenIsInvalid("no expiry")
    if has_expired(expires_at, now):
        raise TokenIsInvalid("expired")
    issued_at = _instant(payload, "iat")
    not_before = _instant(payload, "nbf")
    if any(instant is not None and instant > now + LEEWAY for instant in (issued_at, not_before)):
        raise TokenIsInvalid("not yet valid")
    email = _email(payload.get("email"))
    return Claims(
        issuer=expected.issuer,
        subject=_subject(payload.get("sub")),
        email=email,
        email_verified=email is not None and _is_true(payload.get("email_verified")),
        name=_name(payload.get("name")),
        locale=_locale(payload.get("locale")),
        issued_at=issued_at,
        expires_at=expires_at,
    )


def has_expired(expires_at: datetime, now: datetime) -> bool:
    """Whether a token is over, leeway included."""
    return now - LEEWAY >= expires_at


def normalise_email(text: str) -> str:
    """The address trimmed, with a lower-case domain. Raises `EmailIsInvalid`; nothing is looked up."""
    trimmed = text.strip()
    try:
        return validate_email(trimmed, check_deliverability=False).normalized
    except EmailNotValidError as error:
        message = f"{trimmed[:_MAX_EMAIL]!r} is not an e-mail address: {error}"
        raise EmailIsInvalid(message) from None


def _instant(payload: Mapping[str, object], name: str) -> datetime | None:
    """A NumericDate (RFC 7519): seconds, possibly fractional. A boolean is an int to Python, not to JSON."""
    value = payload.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenIsInvalid("malformed")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, ValueError, OSError):
        raise TokenIsInvalid("malformed") from None


def _is_true(value: object) -> bool:
    # Some providers send the word; 1 equals True in Python and is still not what the specification asks for.
    return value is True or value == "true"


def _subject(value: object) -> str:
    # A subject is compared and stored as it is: cleaning it could make two people one.
    if not isinstance(value, str) or not 1 <= len(value) <= _MAX_SUBJECT or not value.isprintable():
        raise TokenIsInvalid("no usable subject")
    return value


def _email(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        return normalise_email(value)
    except EmailIsInvalid:
        return None


def _name(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    composed = unicodedata.normalize("NFC", value[:_MAX_RAW_NAME])
    spaced = " ".join(composed.split())
    shown = "".join(char for char in spaced if _is_showable(char))
    return shown[:_MAX_NAME].strip() or None


def _is_showable(char: str) -> bool:
    return unicodedata.category(char) not in _UNSHOWABLE and char not in _BIDI_CONTROLS


def _locale(value: object) -> str | None:
    """The tag in its usual case, language-Script-REGION; providers send "en", "en-GB", "en_gb", "sr-latn-rs"."""
    match = _LOCALE.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    language, script, region = match.groups()
    parts = (language.lower(), script and script.title(), region and region.upper())
    return "-".join(part for part in parts if part)
