"""Every setting of the process, read once from `BILTEN_*` variables; production refuses unsafe defaults by name."""

from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class Environment(StrEnum):
    """How far the process trusts its defaults."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SettingsAreInvalid(Exception):
    """A setting is missing, malformed or unsafe; the message names each one by its variable."""


class Settings(BaseSettings):
    """The settings of one process.

    A URL that is absent means the embedded service under `home`. `Settings.load()` is the way in: it turns
    pydantic's report into one line per variable.
    """

    model_config = SettingsConfigDict(env_prefix="BILTEN_", frozen=True, extra="ignore")

    env: Environment = Environment.DEVELOPMENT
    home: Path = Path(".bilten")
    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=1, le=65535)
    public_url: str | None = None
    database_url: SecretStr | None = None
    database_direct_url: SecretStr | None = None
    database_pool_size: int = Field(default=10, ge=1, le=200)
    redis_url: SecretStr | None = None
    jwks_url: str | None = None
    jwt_issuer: str | None = None
    jwt_audience: str | None = None
    secret: SecretStr | None = None
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @classmethod
    def load(cls) -> Self:
        """Read the environment. Raises `SettingsAreInvalid` with one line per bad variable."""
        try:
            return cls()
        except ValidationError as error:
            lines = [_explain(problem["loc"], problem["msg"]) for problem in error.errors()]
            raise SettingsAreInvalid("\n".join(lines)) from None

    @property
    def production(self) -> bool:
        """Whether unsafe defaults are refused."""
        return self.env is Environment.PRODUCTION

    @cached_property
    def resolved_home(self) -> Path:
        """`home` as an absolute path; the folder need not exist yet."""
        return self.home.expanduser().resolve()

    @model_validator(mode="after")
    def _refuse_unsafe_production(self) -> Self:
        if not self.production:
            return self
        required = {
            "BILTEN_DATABASE_URL": self.database_url,
            "BILTEN_REDIS_URL": self.redis_url,
            "BILTEN_JWKS_URL": self.jwks_url,
            "BILTEN_JWT_ISSUER": self.jwt_issuer,
            "BILTEN_JWT_AUDIENCE": self.jwt_audience,
            "BILTEN_SECRET": self.secret,
            "BILTEN_PUBLIC_URL": self.public_url,
        }
        missing = [name for name, value in required.items() if not value]
        if missing:
            message = "BILTEN_ENV=production needs " + ", ".join(missing)
            raise ValueError(message)
        if self.secret and len(self.secret.get_secret_value()) < 32:
            message = "BILTEN_SECRET needs at least 32 characters"
            raise ValueError(message)
        return self


def _explain(location: tuple[int | str, ...], message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"BILTEN_{str(location[0]).upper()}: {text}" if location else text
