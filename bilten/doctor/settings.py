"""Checks of the settings beyond what `Settings` refuses: misspelt variables, and what is allowed and rarely meant."""

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from urllib.parse import urlsplit

from bilten.config import Settings, SettingsAreInvalid
from bilten.doctor.findings import Finding, counted, ok, problem, warning

OTHERS = frozenset({"BILTEN_PUBLISH", "BILTEN_DATABASE_PASSWORD", "BILTEN_URL", "BILTEN_TOKEN"})
"""Variables that compose.yaml and the snippets of the documentation read; the process does not."""
SHORT_TOKEN = 16
FEW_CHARACTERS = 10
TRUSTED = "FORWARDED_ALLOW_IPS"


def load_settings() -> tuple[Settings | None, list[Finding]]:
    """The settings if they are sound, and what is to say about them; a problem for each that is not."""
    strangers = list(_misspelt(os.environ))
    try:
        settings = Settings.load()
    except SettingsAreInvalid as invalid:
        broken = [
            problem("settings", line, "correct this, then ask again: docs/settings.md has all variables")
            for line in str(invalid).splitlines()
        ]
        return None, [*broken, *strangers]
    given = sum(1 for name in _names() if os.environ.get(name))
    found = f"sound for {settings.env}, {counted(given, 'variable')} given"
    return settings, [ok("settings", found), *strangers, *_doubtful(settings, os.environ)]


def _names() -> list[str]:
    return [f"BILTEN_{name.upper()}" for name in Settings.model_fields]


def _misspelt(environment: Mapping[str, str]) -> Iterator[Finding]:
    known = _names()
    for name in sorted(environment):
        if name.startswith("BILTEN_") and name not in OTHERS and name.upper() not in known:
            close = get_close_matches(name, known, n=1, cutoff=0.75)
            remedy = f"write {close[0]}" if close else f"unset {name}"
            yield warning("settings", f"{name} is no setting and has no effect", remedy)


def _doubtful(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    if settings.production:
        yield from _production(settings)
    elif not is_loopback(settings.host):
        yield warning(
            "settings",
            f"development listens on {settings.host}: whoever reaches it reads metrics, schema and mail",
            "BILTEN_ENV=production with its settings, or BILTEN_HOST=127.0.0.1",
        )
    token = settings.metrics_token
    if token is not None and len(token.get_secret_value()) < SHORT_TOKEN:
        yield warning("metrics", "the token is short enough to guess", "BILTEN_METRICS_TOKEN=$(openssl rand -hex 32)")
    if settings.secret is not None and len(set(settings.secret.get_secret_value())) < FEW_CHARACTERS:
        yield warning(
            "settings", "BILTEN_SECRET repeats few characters, as one that was typed", "openssl rand -base64 48"
        )
    if not is_loopback(settings.host) and not environment.get(TRUSTED):
        yield warning(
            "proxy",
            "forwarded headers are believed from this machine only: visitors behind a proxy elsewhere share one budget",
            f"{TRUSTED}=the address of the proxy (of nobody else), or * where only the proxy reaches this port",
        )


def _production(settings: Settings) -> Iterator[Finding]:
    if settings.metrics_token is None:
        yield warning("metrics", "nobody can read /metrics", "BILTEN_METRICS_TOKEN=$(openssl rand -hex 32)")
    if not settings.sends_mail:
        yield warning(
            "mail",
            "no message is sent: nobody hears of confirmations, offers, changes and invitations",
            "BILTEN_SMTP_URL=smtps://user:password@host:port BILTEN_MAIL_FROM=…",
        )
    if urlsplit(settings.public_url or "").scheme == "http":
        yield warning(
            "public-url",
            "invitations lead to an address without TLS: their links can be read on the way",
            "BILTEN_PUBLIC_URL=https://…",
        )
    if "*" in settings.cors_origins:
        yield warning("settings", "pages of every origin may call the API", "BILTEN_CORS_ORIGINS=https://app.example")
    if 0 in {settings.cost_per_minute, settings.anonymous_cost_per_minute}:
        yield warning(
            "settings",
            "a budget of 0 a minute is no limit",
            "BILTEN_COST_PER_MINUTE=600000 BILTEN_ANONYMOUS_COST_PER_MINUTE=600000",
        )
    if settings.log_level == "DEBUG":
        yield warning("settings", "logs of level DEBUG tell more than anybody needs", "BILTEN_LOG_LEVEL=INFO")


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches what listens there."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
