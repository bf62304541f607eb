"""The mail server that `BILTEN_SMTP_URL` names: `smtp://user:password@host:port?starttls=required`, or `smtps://`."""

import ipaddress
import re
from dataclasses import dataclass, field
from email.utils import getaddresses
from enum import StrEnum
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

OFF = "none"
"""The value that means: no mail is sent at all."""

_FORM = "smtp://user:password@host:port or smtps://user:password@host:port"


_MAILBOX = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+")


class MailServerIsMalformed(ValueError):
    """The address cannot be read; the message says what is wrong and repeats nothing of it."""


class Security(StrEnum):
    """How a connection is encrypted: `TLS` from its start, the others by STARTTLS."""

    TLS = "tls"
    REQUIRED = "required"
    AUTO = "auto"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where messages are handed over."""

    host: str
    port: int
    security: Security
    username: str | None = None
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> "MailServer":
        """Read an address. Raises `MailServerIsMalformed`."""
        parts, port = _split(url)
        host = parts.hostname or ""
        username = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        security = _security(parts, has_password=username is not None)
        default = 465 if security is Security.TLS else 587 if username else 25
        return cls(host, port or default, security, username, password)

    @property
    def is_local(self) -> bool:
        """Whether the server is on this machine, so that nothing travels."""
        return _is_local(self.host)

    @property
    def shows_password(self) -> bool:
        """Whether the password may travel in the clear."""
        return self.username is not None and not self.is_local and self.security in {Security.AUTO, Security.NEVER}


def is_mailbox(text: str) -> bool:
    """Whether the text is an address, or `Name <address>`, that messages may come from."""
    found = getaddresses([text])
    printable = all(char.isprintable() for char in text)
    return printable and len(found) == 1 and bool(_MAILBOX.fullmatch(found[0][1]))


def _split(url: str) -> tuple[SplitResult, int | None]:
    malformed = MailServerIsMalformed(f"is not {_FORM}, with %40 for @ in a name or password")
    if any(char.isspace() or not char.isprintable() for char in url):
        raise malformed
    try:
        parts = urlsplit(url)
        # Reading the port is what makes urlsplit check it.
        port = parts.port
    except ValueError:
        raise malformed from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"} or parts.fragment:
        raise malformed
    return parts, port


def _security(parts: SplitResult, *, has_password: bool) -> Security:
    asked = parse_qs(parts.query, keep_blank_values=True)
    if set(asked) - {"starttls"}:
        message = "has a parameter that is not starttls"
        raise MailServerIsMalformed(message)
    if parts.scheme == "smtps":
        if asked:
            message = "starts with smtps:// and is encrypted from the start: leave starttls out"
            raise MailServerIsMalformed(message)
        return Security.TLS
    value = asked.get("starttls", [""])[0]
    if not value and not asked:
        return Security.REQUIRED if has_password and not _is_local(parts.hostname or "") else Security.AUTO
    if value not in {Security.REQUIRED, Security.AUTO, Security.NEVER}:
        message = "has a starttls that is not required, auto or never"
        raise MailServerIsMalformed(message)
    return Security(value)


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
