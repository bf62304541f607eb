"""The digest that tells equal commands from different ones, in every process alike."""

import json
import subprocess
import sys
from dataclasses import asdict, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from db.idempotency import input_hash
from domain.check_in import CheckIn, Read
from domain.events import CreateEvent, EventDetails
from domain.registrations import Register
from domain.time import AmbiguousHour
from domain.users import PreferenceChanges, Theme, UpdatePreferences
from tests.domain.made import EVENT, ORGANIZATION, TIER, local

ROOT = Path(__file__).parents[2]
COMMAND = CreateEvent(
    ORGANIZATION,
    EventDetails(title="Evening", tags=("a", "b"), starts_at_local=local("2026-12-03T18:00"), summary=None),
    capacity=None,
    ambiguous_hour=AmbiguousHour.FIRST,
)


@pytest.mark.parametrize(
    "other",
    [
        replace(COMMAND, capacity=1),
        replace(COMMAND, ambiguous_hour=AmbiguousHour.SECOND),
        replace(COMMAND, details={**COMMAND.details, "title": "evening"}),
        replace(COMMAND, details={**COMMAND.details, "tags": ("b", "a")}),
        replace(COMMAND, details={**COMMAND.details, "starts_at_local": local("2026-12-03T18:01")}),
        # A field that is absent leaves alone what an explicit null clears.
        replace(COMMAND, details={key: value for key, value in COMMAND.details.items() if key != "summary"}),
    ],
)
def test_every_difference_in_a_command_shows(other: CreateEvent) -> None:
    assert input_hash(other) != input_hash(COMMAND)


def test_the_order_in_which_fields_were_given_does_not_show() -> None:
    turned = EventDetails(**dict(reversed(COMMAND.details.items())))  # pyright: ignore[reportArgumentType] - the same keys

    assert input_hash(replace(COMMAND, details=turned)) == input_hash(COMMAND)


def test_equal_values_in_another_kind_of_command_are_another_command() -> None:
    class Other(Register):
        pass

    assert input_hash(Other(EVENT, TIER, 1)) != input_hash(Register(EVENT, TIER, 1))


def test_instants_and_choices_have_a_digest() -> None:
    assert input_hash(UpdatePreferences(PreferenceChanges(theme=Theme.DARK), None))
    assert input_hash(replace(COMMAND, details=EventDetails(starts_at_local=datetime(2026, 1, 1, tzinfo=UTC))))


def test_another_process_makes_the_same_digest() -> None:
    program = (
        "from db.idempotency import input_hash; from domain.registrations import Register;"
        "from tests.domain.made import EVENT, TIER; print(input_hash(Register(EVENT, TIER, 2)).hex())"
    )

    printed = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert printed.strip() == input_hash(Register(EVENT, TIER, 2)).hex()


@pytest.mark.parametrize(
    "command",
    [
        COMMAND,
        Register(EVENT, TIER, 2),
        UpdatePreferences(PreferenceChanges(theme=Theme.DARK), None),
        CheckIn(EVENT, (Read("7KQ2M-9XH0T", "nonce", datetime(2026, 1, 1, tzinfo=UTC)), Read("ščž"))),
    ],
)
def test_keys_of_an_earlier_release_are_still_known(command: Any) -> None:
    values = json.dumps(asdict(command), sort_keys=True, default=str)

    assert input_hash(command) == sha256(f"{type(command).__name__} {values}".encode()).digest()
