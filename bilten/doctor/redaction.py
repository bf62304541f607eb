"""A last look over every sentence before it is shown."""

import re
from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import parse_qsl, unquote, urlsplit

from pydantic import SecretStr

from bilten.config import Settings
from bilten.doctor.findings import Finding
from bilten.mail.server import OFF

_SHORTEST = 4
"""Shorter passwords would blacken ordinary words; the addresses that hold them are never shown whole."""
_MEANT = re.compile(r"//[^:/@]*:(.*)@")
_USER_INFO = re.compile(r"(?<=//)[^/\s]*:[^/\s]*@")


def secrets_of(settings: Settings) -> frozenset[str]:
    """Every text that must not be shown: the secret settings, and the passwords inside addresses."""
    found: set[str] = set()
    for name in type(settings).model_fields:
        value: object = getattr(settings, name)
        if isinstance(value, SecretStr):
            text = value.get_secret_value()
            # An address is secret for what it holds; one that holds nothing is what people want to see.
            found |= _passwords(text) if "://" in text else {text} - {OFF}
    return frozenset(text for text in found if len(text) >= _SHORTEST)


def redacted(findings: Iterable[Finding], secrets: frozenset[str]) -> list[Finding]:
    """The findings without any of the secrets, whatever a driver may have put into its message."""

    def clean(text: str) -> str:
        for secret in sorted(secrets, key=len, reverse=True):
            text = text.replace(secret, "…")
        return _USER_INFO.sub("…@", text)

    return [
        replace(finding, found=clean(finding.found), remedy=clean(finding.remedy) if finding.remedy else None)
        for finding in findings
    ]


def _passwords(url: str) -> set[str]:
    """The passwords in an address, also in one that nobody reads as it was meant: drivers quote parts of those."""
    meant = {text for found in _MEANT.findall(url) for text in (found, *re.split(r"[/#?@:]", found))}
    try:
        parts = urlsplit(url)
        given = parts.password or ""
    except ValueError:
        return meant - {""}
    queried = {value for name, value in parse_qsl(parts.query) if "pass" in name.lower()}
    return {given, unquote(given), *queried, *meant} - {""}
