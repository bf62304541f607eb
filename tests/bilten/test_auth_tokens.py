"""The local development key: made once, kept private, refused where it must not count."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from bilten.auth import (
    DEVELOPMENT_AUDIENCE,
    DEVELOPMENT_ISSUER,
    DevelopmentKeyIsRefused,
    DevelopmentKeyIsUnusable,
    EmailIsInvalid,
    TokenIsInvalid,
    create_verifier,
    issue_token,
)
from bilten.auth.keys import thumbprint_of
from bilten.auth.tokens import development_key, name_from
from bilten.config import Environment, Settings

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in [name for name in os.environ if name.startswith("BILTEN_")]:
        monkeypatch.delenv(name)
    return Settings(home=tmp_path / "home")


def clock() -> datetime:
    return NOW


def key_path(settings: Settings) -> Path:
    return settings.resolved_home / "keys" / "development.pem"


def public_bytes(settings: Settings) -> bytes:
    return development_key(settings).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


async def test_a_local_token_is_believed_by_the_local_server(settings: Settings) -> None:
    raw = issue_token(settings, " Ada.Lovelace@Bilten.Example ", now=NOW)

    claims = await create_verifier(settings, clock).verify(raw)

    assert claims.issuer == DEVELOPMENT_ISSUER
    assert claims.subject == "dev|ada.lovelace@bilten.example"
    assert claims.email == "ada.lovelace@bilten.example"
    assert claims.email_verified
    assert claims.name == "Ada Lovelace"
    assert claims.issued_at == NOW
    assert claims.expires_at == NOW + timedelta(days=30)


async def test_a_local_token_ends_with_its_lifetime(settings: Settings) -> None:
    raw = issue_token(settings, "ada@bilten.example", now=NOW - timedelta(hours=2), lifetime=timedelta(hours=1))

    with pytest.raises(TokenIsInvalid, match="expired"):
        await create_verifier(settings, clock).verify(raw)


async def test_a_token_of_another_home_is_refused(settings: Settings, tmp_path: Path) -> None:
    elsewhere = Settings(home=tmp_path / "elsewhere")

    with pytest.raises(TokenIsInvalid, match="unknown key"):
        await create_verifier(settings, clock).verify(issue_token(elsewhere, "ada@bilten.example", now=NOW))


async def test_settings_may_name_another_issuer_and_audience(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, jwt_issuer="https://me.example", jwt_audience="mine")
    raw = issue_token(settings, "ada@bilten.example", now=NOW)

    assert (await create_verifier(settings, clock).verify(raw)).issuer == "https://me.example"
    with pytest.raises(TokenIsInvalid, match="wrong issuer"):
        await create_verifier(Settings(home=tmp_path), clock).verify(raw)


def test_the_key_id_is_the_thumbprint_of_the_key(settings: Settings) -> None:
    header = jwt.get_unverified_header(issue_token(settings, "ada@bilten.example"))
    claims = jwt.decode(issue_token(settings, "ada@bilten.example"), options={"verify_signature": False})
    # The example of RFC 8037, appendix A.3.
    example = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", "kid": "ignored"}

    assert thumbprint_of(example, "EdDSA") == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    assert header["alg"] == "EdDSA"
    assert len(header["kid"]) == 43
    assert claims["aud"] == DEVELOPMENT_AUDIENCE


def test_the_key_is_made_once_and_for_its_owner_only(settings: Settings) -> None:
    first = public_bytes(settings)

    assert public_bytes(settings) == first
    assert stat.S_IMODE(key_path(settings).stat().st_mode) == 0o600
    assert stat.S_IMODE(key_path(settings).parent.stat().st_mode) == 0o700


def test_threads_that_race_end_with_one_key(settings: Settings) -> None:
    barrier = Barrier(16)

    def race(_: int) -> bytes:
        barrier.wait()
        return public_bytes(settings)

    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(race, range(16)))

    assert len(keys) == 1
    assert [path.name for path in key_path(settings).parent.iterdir()] == ["development.pem"]


def test_processes_that_race_end_with_one_key(settings: Settings) -> None:
    program = (
        "import sys; from pathlib import Path; from bilten.auth import issue_token; from bilten.config import Settings;"
        "sys.stdin.read(); print(issue_token(Settings(home=Path(sys.argv[1])), 'ada@bilten.example').split('.')[0])"
    )
    command = [sys.executable, "-c", program, str(settings.resolved_home)]
    root = Path(__file__).parents[2]
    racers = [
        subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    # Every process waits for the end of its input, so that all start together once they are loaded.
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.close()
        racer.stdin = None
    headers = {racer.communicate(timeout=60)[0] for racer in racers}

    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert len(headers) == 1


@pytest.mark.parametrize(
    "content", [b"", b"not a key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_damaged_key_file_is_named_and_left_alone(settings: Settings, content: bytes) -> None:
    key_path(settings).parent.mkdir(parents=True)
    key_path(settings).write_bytes(content)

    with pytest.raises(DevelopmentKeyIsUnusable, match=r"development\.pem"):
        issue_token(settings, "ada@bilten.example")
    assert key_path(settings).read_bytes() == content


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file where a folder should be")

    with pytest.raises(DevelopmentKeyIsUnusable, match=r"development\.pem cannot be read or written"):
        issue_token(Settings(home=tmp_path / "home"), "ada@bilten.example")


def test_production_refuses_the_development_key_even_if_its_settings_were_not_checked(tmp_path: Path) -> None:
    unchecked = Settings.model_construct(env=Environment.PRODUCTION, home=tmp_path)

    with pytest.raises(DevelopmentKeyIsRefused, match="production"):
        create_verifier(unchecked, clock)
    with pytest.raises(DevelopmentKeyIsRefused, match="production"):
        issue_token(unchecked, "ada@bilten.example")
    assert not (tmp_path / "keys").exists()


def test_an_authentication_service_replaces_the_development_key(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path, jwks_url="https://x.example/keys", jwt_issuer="https://x.example", jwt_audience="y"
    )

    with pytest.raises(DevelopmentKeyIsRefused, match="BILTEN_JWKS_URL"):
        issue_token(settings, "ada@bilten.example")
    create_verifier(settings, clock)
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("email", ["", "ada", "ada@", "@x.example", "a b@x.example", "ada@x", "ada@x.example\x00"])
def test_an_invalid_address_gets_no_token(settings: Settings, email: str) -> None:
    with pytest.raises(EmailIsInvalid) as caught:
        issue_token(settings, email)
    assert isinstance(caught.value, ValueError)
    assert str(caught.value)


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("ada.lovelace@x.example", "Ada Lovelace"),
        ("ada_king-noel+work@x.example", "Ada King Noel"),
        ("owner@x.example", "Owner"),
        ("+tag@x.example", "Tag"),
        ("--@x.example", "--"),
    ],
)
def test_a_name_is_made_from_the_address(address: str, name: str) -> None:
    assert name_from(address) == name
