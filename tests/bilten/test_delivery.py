"""What is handed to a machine: locks without addresses, an image without root, a compose file without secrets."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from bilten.config import Environment, Settings, SettingsAreInvalid

ROOT = Path(__file__).parents[2]
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-uv.lock"]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def compose() -> dict[str, dict[str, Any]]:
    return cast("dict[str, dict[str, Any]]", yaml.safe_load(read("compose.yaml")))["services"]


def pinned(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;]+)", read(lock), re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_hold_hashes_and_no_addresses(lock: str) -> None:
    text = read(lock)
    assert "://" not in text
    requirements = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert requirements
    assert all("--hash=sha256:" in requirement for requirement in requirements)


def test_locks_hold_what_the_project_names() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    for lock, named in (
        ("requirements.lock", project["project"]["dependencies"]),
        ("requirements-dev.lock", project["dependency-groups"]["dev"]),
    ):
        versions = pinned(lock)
        for requirement in cast("list[str]", named):
            found = re.fullmatch(r"([a-z0-9-]+)(?:\[[a-z0-9,]+\])?==([^\s;]+)(?:;.*)?", requirement)
            if found:
                assert versions[found.group(1)] == found.group(2), requirement


def test_the_development_lock_contains_the_other_one() -> None:
    assert pinned("requirements.lock").items() <= pinned("requirements-dev.lock").items()


def test_the_image_runs_without_root_and_is_asked_for_its_health() -> None:
    last_stage = read("Dockerfile").rpartition("\nFROM ")[2]
    user = re.findall(r"^USER (\S+)$", last_stage, re.MULTILINE)[-1]
    assert user.isdigit()
    assert int(user) > 0
    assert re.search(r"^HEALTHCHECK .*\n?.*/healthz", last_stage, re.MULTILINE)


def test_every_service_of_the_compose_file_has_a_health_check() -> None:
    services = compose()
    assert set(services) == {"bilten", "postgres", "redis"}
    assert all("healthcheck" in service or "build" in service for service in services.values())
    conditions = {name: need["condition"] for name, need in services["bilten"]["depends_on"].items()}
    assert conditions == {"postgres": "service_healthy", "redis": "service_healthy"}


def test_the_compose_file_holds_no_secret_and_asks_for_each() -> None:
    text = read("compose.yaml")
    required = set(re.findall(r"\$\{(BILTEN_\w+):\?[^}]+\}", text))
    optional = set(re.findall(r"\$\{(BILTEN_\w+):-", text))
    assert required | optional == set(re.findall(r"\$\{(BILTEN_\w+)", text))
    assert {"BILTEN_SECRET", "BILTEN_DATABASE_PASSWORD"} <= required
    makefile = read("Makefile")
    assert all(f"{name}=" in makefile for name in required), "make check has to set each one to read the file"


def test_the_compose_file_sets_all_that_production_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("BILTEN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BILTEN_ENV", "production")
    with pytest.raises(SettingsAreInvalid):
        Settings.load()
    values = {
        "BILTEN_SECRET": "s" * 32,
        "BILTEN_PUBLIC_URL": "https://a.example",
        "BILTEN_JWKS_URL": "https://b.example",
        "BILTEN_SMTP_URL": "smtps://mail.example",
        "BILTEN_MAIL_FROM": "bilten@events.example",
    }
    for name, value in compose()["bilten"]["environment"].items():
        monkeypatch.setenv(name, values.get(name, re.sub(r"\$\{[^}]*\}", "x", value)))
    assert Settings.load().env is Environment.PRODUCTION


def test_the_image_is_built_from_all_that_the_wheel_holds() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    parts = cast("list[str]", project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"])
    assert {f"!{part}" for part in parts} <= set(read(".dockerignore").splitlines())


def test_the_pipeline_can_be_run() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
