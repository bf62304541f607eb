"""Every setting of the process, read once from `BILTEN_*` variables; production refuses unsafe defaults by name."""

import ipaddress
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bilten.mail.server import OFF, MailServer, MailServerIsMalformed, is_mailbox

_MIN_SECRET = 32


class Environment(StrEnum):
    """How far the process trusts its defaults."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Introspection(StrEnum):
    """Who may ask the schema about itself."""

    EVERYONE = "everyone"
    SIGNED_IN = "signed-in"
    NOBODY = "nobody"


class EngineName(StrEnum):
    """What executes operations."""

    COMPILED = "compiled"
    CORE = "core"


class SettingsAreInvalid(Exception):
    """A setting is missing, malformed or unsafe; the message names each one by its variable."""


class Settings(BaseSettings):
    """The settings of one process.

    A URL that is absent means the embedded service under `home`. `Settings.load()` is the way in: it turns
    pydantic's report into one line per variable. A variable that is set to nothing counts as absent.
    """

    # Compose files and CI pass on variables that nobody has filled in, as empty ones.
    model_config = SettingsConfigDict(env_prefix="BILTEN_", frozen=True, extra="ignore", env_ignore_empty=True)

    env: Environment = Environment.DEVELOPMENT
    home: Path = Path(".bilten")
    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=1, le=65535)
    public_url: str | None = None
    database_url: SecretStr | None = None
    database_direct_url: SecretStr | None = None
    database_pool_size: int = Field(default=10, ge=1, le=200)
    lanes: int = Field(default=4, ge=1, le=64)
    lane_queue: int = Field(default=2_000, ge=2, le=100_000)
    redis_url: SecretStr | None = None
    jwks_url: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    secret: SecretStr | None = None
    smtp_url: SecretStr | None = None
    mail_from: str | None = None
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")
    workers: int = Field(default=1, ge=1, le=64)
    metrics_token: SecretStr | None = None
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    introspection: Introspection | None = None
    engine: EngineName = EngineName.COMPILED
    compile_at: int = Field(default=2, ge=1)
    max_operation_cost: int = Field(default=20_000, ge=100)
    cost_per_minute: int = Field(default=600_000, ge=0)
    anonymous_cost_per_minute: int = Field(default=600_000, ge=0)

    @classmethod
    def load(cls) -> Self:
        """Read the environment. Raises `SettingsAreInvalid` with one line per bad variable."""
        try:
            return cls()
        except ValidationError as error:
            lines = [_explain(problem["loc"], problem["msg"]) for problem in error.errors()]
            raise SettingsAreInvalid("\n".join(lines)) from None

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split_origins(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @property
    def introspection_for(self) -> Introspection:
        """Who may introspect: everyone in development, whoever has signed in where it counts."""
        return self.introspection or (Introspection.SIGNED_IN if self.production else Introspection.EVERYONE)

    @property
    def production(self) -> bool:
        """Whether unsafe defaults are refused."""
        return self.env is Environment.PRODUCTION

    @cached_property
    def resolved_home(self) -> Path:
        """`home` as an absolute path; the folder need not exist yet."""
        return self.home.expanduser().resolve()

    @model_validator(mode="after")
    def _refuse_unsafe(self) -> Self:
        problems = [*self._authentication_problems(), *self._mail_problems(), *self._production_problems()]
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _authentication_problems(self) -> Iterator[str]:
        if self.public_url and not _is_web_address(self.public_url):
            yield "BILTEN_PUBLIC_URL is not an http or https address without credentials"
        for origin in self.cors_origins:
            if origin != "*" and not _is_origin(origin):
                yield f"BILTEN_CORS_ORIGINS: {origin} is not an origin such as https://app.example"
        if not self.jwks_url:
            return
        if not _is_web_address(self.jwks_url):
            yield "BILTEN_JWKS_URL is not an http or https address without credentials"
        elif self.production and not _is_confidential(self.jwks_url):
            yield "BILTEN_JWKS_URL has to start with https:// unless it is on this machine"
        # In production the list of missing variables says it already.
        missing = _unset({"BILTEN_JWT_ISSUER": self.jwt_issuer, "BILTEN_JWT_AUDIENCE": self.jwt_audience}.items())
        if missing and not self.production:
            yield "BILTEN_JWKS_URL needs " + ", ".join(missing)

    def _mail_problems(self) -> Iterator[str]:
        if self.mail_from is not None and not is_mailbox(self.mail_from):
            yield "BILTEN_MAIL_FROM is not an address such as Bilten <bilten@events.example>"
        if self.smtp_url is None or not self.sends_mail:
            return
        try:
            server = MailServer.parse(self.smtp_url.get_secret_value())
        except MailServerIsMalformed as malformed:
            yield f"BILTEN_SMTP_URL {malformed}"
            return
        if self.production and server.shows_password:
            yield "BILTEN_SMTP_URL has a password and needs smtps:// or starttls=required unless it is on this machine"

    @property
    def sends_mail(self) -> bool:
        """Whether messages are made at all; where they go then is another matter."""
        return self.smtp_url is None or self.smtp_url.get_secret_value() != OFF

    @property
    def keeps_mail(self) -> bool:
        """Whether messages are kept on this machine, to be looked at: in development that names no server."""
        return self.smtp_url is None and not self.production

    def _production_problems(self) -> Iterator[str]:
        if not self.production:
            return
        required = {
            "BILTEN_DATABASE_URL": self.database_url,
            "BILTEN_REDIS_URL": self.redis_url,
            "BILTEN_JWKS_URL": self.jwks_url,
            "BILTEN_JWT_ISSUER": self.jwt_issuer,
            "BILTEN_JWT_AUDIENCE": self.jwt_audience,
            "BILTEN_SECRET": self.secret,
            "BILTEN_PUBLIC_URL": self.public_url,
            "BILTEN_SMTP_URL": self.smtp_url,
            "BILTEN_MAIL_FROM": self.mail_from or not self.sends_mail,
        }
        missing = _unset(required.items())
        if missing:
            yield "BILTEN_ENV=production needs " + ", ".join(missing)
        if self.secret and len(self.secret.get_secret_value()) < _MIN_SECRET:
            yield f"BILTEN_SECRET needs at least {_MIN_SECRET} characters"


def _unset(values: Iterable[tuple[str, object]]) -> list[str]:
    return [name for name, value in values if not value]


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        # Reading the port is what makes urlsplit check it.
        _ = parts.port
    except ValueError:
        return False
    has_space = any(char.isspace() or not char.isprintable() for char in url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc and not has_space


def _is_origin(origin: str) -> bool:
    parts = urlsplit(origin)
    return _is_web_address(origin) and origin == f"{parts.scheme}://{parts.netloc}".lower()


def _is_confidential(url: str) -> bool:
    """Whether nobody on the way can swap what is read from here: TLS, or no way at all."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _explain(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    # Several variables together have no location, and each line names its own.
    return f"BILTEN_{str(location[0]).upper()}: {text}" if location else text
