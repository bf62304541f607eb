"""Settings come from the environment, and every unsafe or missing one is named by its variable."""

import os
from pathlib import Path

import pytest

from bilten.config import Environment, Settings, SettingsAreInvalid

PRODUCTION = {
    "BILTEN_ENV": "production",
    "BILTEN_DATABASE_URL": "postgresql://user:hunter2@db/bilten",
    "BILTEN_REDIS_URL": "redis://:hunter2@cache",
    "BILTEN_JWKS_URL": "https://issuer.example/keys",
    "BILTEN_JWT_ISSUER": "https://issuer.example",
    "BILTEN_JWT_AUDIENCE": "bilten",
    "BILTEN_SECRET": "s" * 32,
    "BILTEN_PUBLIC_URL": "https://bilten.example",
    "BILTEN_SMTP_URL": "smtps://bilten:hunter2@mail.example",
    "BILTEN_MAIL_FROM": "Bilten <bilten@bilten.example>",
}


class Variables:
    """The variables of this process, and nothing left over from whoever runs the tests."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        for name in [name for name in os.environ if name.startswith("BILTEN_")]:
            monkeypatch.delenv(name)

    def set(self, **variables: str) -> None:
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> Variables:
    return Variables(monkeypatch)


def refusal() -> str:
    with pytest.raises(SettingsAreInvalid) as caught:
        Settings.load()
    return str(caught.value)


def test_nothing_has_to_be_set_for_development(variables: Variables) -> None:
    variables.set()

    settings = Settings.load()

    assert settings.env is Environment.DEVELOPMENT
    assert not settings.production
    assert settings.port is None
    assert settings.resolved_home == Path.cwd() / ".bilten"


def test_a_complete_production_environment_is_accepted(variables: Variables) -> None:
    variables.set(**PRODUCTION)

    assert Settings.load().production


@pytest.mark.parametrize("missing", sorted(PRODUCTION.keys() - {"BILTEN_ENV"}))
def test_production_names_each_missing_variable(variables: Variables, missing: str) -> None:
    variables.set(**{name: value for name, value in PRODUCTION.items() if name != missing})

    assert refusal() == f"BILTEN_ENV=production needs {missing}"


def test_production_names_all_missing_variables_at_once(variables: Variables) -> None:
    variables.set(BILTEN_ENV="production")

    assert all(name in refusal() for name in PRODUCTION)


def test_every_problem_has_a_line_and_no_line_repeats_a_secret(variables: Variables) -> None:
    variables.set(**PRODUCTION | {"BILTEN_SECRET": "hunter2", "BILTEN_JWKS_URL": "http://issuer.example/keys"})

    lines = refusal().splitlines()

    assert lines == [
        "BILTEN_JWKS_URL has to start with https:// unless it is on this machine",
        "BILTEN_SECRET needs at least 32 characters",
    ]


@pytest.mark.parametrize("variable", ["BILTEN_DATABASE_URL", "BILTEN_REDIS_URL", "BILTEN_SECRET", "BILTEN_SMTP_URL"])
def test_secrets_are_not_printed(variables: Variables, variable: str) -> None:
    value = f"smtps://bilten:{'hunter2' * 8}@mail.example" if variable == "BILTEN_SMTP_URL" else "hunter2" * 8
    variables.set(**PRODUCTION | {variable: value})

    assert "hunter2" not in repr(Settings.load())


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("BILTEN_PORT", "http"),
        ("BILTEN_PORT", "0"),
        ("BILTEN_PORT", "65536"),
        ("BILTEN_ENV", "staging"),
        ("BILTEN_LOG_LEVEL", "LOUD"),
        ("BILTEN_DATABASE_POOL_SIZE", "0"),
        ("BILTEN_LANES", "0"),
        ("BILTEN_LANE_QUEUE", "1"),
    ],
)
def test_a_malformed_value_is_named_by_its_variable(variables: Variables, variable: str, value: str) -> None:
    variables.set(**{variable: value})

    assert refusal().startswith(f"{variable}: ")


def test_an_empty_variable_counts_as_absent(variables: Variables) -> None:
    variables.set(BILTEN_PORT="", BILTEN_JWKS_URL="", BILTEN_DATABASE_URL="", BILTEN_ENV="")

    settings = Settings.load()

    assert settings.port is None
    assert settings.jwks_url is None
    assert settings.database_url is None


def test_an_authentication_service_needs_its_issuer_and_audience(variables: Variables) -> None:
    variables.set(BILTEN_JWKS_URL="https://issuer.example/keys")

    assert refusal() == "BILTEN_JWKS_URL needs BILTEN_JWT_ISSUER, BILTEN_JWT_AUDIENCE"

    variables.set(BILTEN_JWT_ISSUER="https://issuer.example")
    assert refusal() == "BILTEN_JWKS_URL needs BILTEN_JWT_AUDIENCE"

    variables.set(BILTEN_JWT_AUDIENCE="bilten")
    assert Settings.load().jwt_audience == "bilten"


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://issuer.example/keys",
        "issuer.example/keys",
        "https://",
        "https://user:hunter2@issuer.example/keys",
        "https://issuer.example:port/keys",
        "https://issuer.example/a b",
        "https://[::1/keys",
    ],
)
@pytest.mark.parametrize("variable", ["BILTEN_JWKS_URL", "BILTEN_PUBLIC_URL"])
def test_an_address_is_http_or_https_without_credentials(variables: Variables, variable: str, url: str) -> None:
    variables.set(**PRODUCTION | {variable: url})

    assert refusal() == f"{variable} is not an http or https address without credentials"


@pytest.mark.parametrize("host", ["localhost:8080", "127.0.0.1", "127.8.8.8:1", "[::1]:8080"])
def test_production_reads_keys_without_tls_only_from_this_machine(variables: Variables, host: str) -> None:
    variables.set(**PRODUCTION | {"BILTEN_JWKS_URL": f"http://{host}/keys"})
    assert Settings.load().jwks_url == f"http://{host}/keys"

    variables.set(BILTEN_JWKS_URL=f"http://{host.split(':', maxsplit=1)[0].strip('[')}.example/keys")
    assert "https://" in refusal()


def test_development_may_read_keys_without_tls(variables: Variables) -> None:
    variables.set(BILTEN_JWKS_URL="http://keycloak:8080/keys", BILTEN_JWT_ISSUER="x", BILTEN_JWT_AUDIENCE="y")

    assert Settings.load().jwks_url == "http://keycloak:8080/keys"


def test_production_may_say_that_it_sends_no_mail(variables: Variables) -> None:
    variables.set(**{name: value for name, value in PRODUCTION.items() if name != "BILTEN_MAIL_FROM"})
    variables.set(BILTEN_SMTP_URL="none")

    settings = Settings.load()

    assert not settings.sends_mail
    assert not settings.keeps_mail


def test_development_keeps_its_mail_unless_it_names_a_server(variables: Variables) -> None:
    variables.set()
    assert Settings.load().keeps_mail

    variables.set(BILTEN_SMTP_URL="smtp://localhost:2525")
    assert not Settings.load().keeps_mail
    assert Settings.load().sends_mail


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mail.hunter2.example", "is not smtp://user:password@host:port or smtps://user:password@host:port,"),
        ("smtp://a:hunter2@mail.example?starttls=perhaps", "has a starttls that is not required, auto or never"),
        ("smtp://a:hunter2@mail.example?starttls=auto", "has a password and needs smtps:// or starttls=required"),
    ],
)
def test_address_of_the_mail_server_is_checked_and_not_repeated(variables: Variables, url: str, problem: str) -> None:
    variables.set(**PRODUCTION | {"BILTEN_SMTP_URL": url})

    assert refusal().startswith(f"BILTEN_SMTP_URL {problem}")
    assert "hunter2" not in refusal()


@pytest.mark.parametrize("sender", ["Bilten", "a@b.example, c@d.example", "Bilten <bilten@>"])
def test_sender_of_mail_is_checked(variables: Variables, sender: str) -> None:
    variables.set(BILTEN_MAIL_FROM=sender)

    assert refusal() == "BILTEN_MAIL_FROM is not an address such as Bilten <bilten@events.example>"
