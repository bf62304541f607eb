"""What `bilten serve` tells the person at the terminal, or the log in production: progress, addresses, tokens."""

import sys
from collections.abc import Callable

import structlog
from rich.console import Console

from bilten.addresses import copied_address, local_address
from bilten.auth import issue_token
from bilten.config import Settings
from bilten.embedded.cluster import data_folder
from bilten.mail import page as mail_page

DEMO_ACCOUNTS = ("admin", "analyst", "owner", "manager", "staff", "attendee")

log = structlog.get_logger("bilten.serve")


def report_progress(settings: Settings) -> Callable[[str], None]:
    """Where the sentences about long steps go."""
    if settings.production:
        return lambda text: log.info("server.progress", step=text)
    console = Console(stderr=True, highlight=False, markup=False)
    return lambda text: console.print(f"· {text}", soft_wrap=True)


def print_banner(settings: Settings, port: int) -> None:
    """Say that the server is up: where everything is, how to stop it, and in development whom to be."""
    here = local_address(settings.host, port)
    if settings.production:
        log.info("server.listening", address=here, public_url=settings.public_url)
        return
    console = Console(file=sys.stdout, highlight=False, markup=False)
    rows = [
        ("GraphQL", f"{here}/graphql"),
        ("Health", f"{here}/healthz  {here}/readyz"),
        ("Metrics", f"{here}/metrics"),
        *([("Mail", f"{here}{mail_page.PATH}")] if settings.keeps_mail else []),
        *([("Workers", f"{settings.workers} processes")] if settings.workers > 1 else []),
        *_services(settings),
    ]
    lines = ["", "Bilten is ready.", *(f"  {name:<11}{value}" for name, value in rows)]
    if settings.jwks_url is None:
        lines += ["", "Demo accounts, each with a token for the header 'authorization: Bearer …':"]
        lines += [
            f"  {name + '@bilten.example':<26}{issue_token(settings, f'{name}@bilten.example')}"
            for name in DEMO_ACCOUNTS
        ]
        lines += ["", "More tokens: bilten token EMAIL…"]
    lines += ["Stop with Ctrl-C; the data is kept." if _is_ours(settings) else "Stop with Ctrl-C.", ""]
    console.print("\n".join(lines), soft_wrap=True)
    console.file.flush()


def _is_ours(settings: Settings) -> bool:
    """Whether PostgreSQL runs under the home; its socket path then stands in the URL."""
    return bool(settings.database_url) and "@/" in settings.database_url.get_secret_value()


def _services(settings: Settings) -> list[tuple[str, str]]:
    home = settings.resolved_home
    rows: list[tuple[str, str]] = []
    if settings.database_url is not None:
        rows.append(("PostgreSQL", copied_address(settings.database_url.get_secret_value())))
    if settings.redis_url is not None:
        rows.append(("Redis", copied_address(settings.redis_url.get_secret_value())))
    if _is_ours(settings):
        rows += [("Data", str(data_folder(home))), ("Log", str(home / "postgres" / "postgres.log"))]
    return rows
