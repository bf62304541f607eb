"""Facts: what the journal can hold, and that a difference between two states is told whole and only once."""

from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.events import Event
from domain.journal import UNTOLD, FactKind, as_json, changes_between, told
from domain.lifecycles import EventStatus
from tests.domain.made import USER, an_event

SCALARS = st.none() | st.booleans() | st.integers() | st.text()
VALUES = st.recursive(
    SCALARS | st.uuids() | st.sampled_from(EventStatus) | st.just(datetime(2026, 11, 23, tzinfo=UTC)),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def is_plain(value: object) -> bool:
    """Whether a value is exactly what a JSON parser gives back."""
    match value:
        case dict():
            pairs = cast("dict[object, object]", value).items()
            return all(type(key) is str and is_plain(item) for key, item in pairs)
        case list():
            return all(is_plain(item) for item in cast("list[object]", value))
        case _:
            return type(value) in {type(None), bool, int, str}


@given(VALUES)
def test_what_the_journal_takes_is_plain_json_and_stays_as_it_is(value: object) -> None:
    plain = as_json(value)

    assert is_plain(plain)
    assert as_json(plain) == plain


@pytest.mark.parametrize("value", [1.5, b"bytes", {1, 2}, object()])
def test_what_it_cannot_hold_is_refused_at_once(value: object) -> None:
    with pytest.raises(TypeError):
        as_json(value)


@given(summary=st.sampled_from([None, "Night"]), tags=st.sampled_from([("jazz",), ("soul",)]), online=st.booleans())
def test_a_difference_names_exactly_the_fields_that_differ(
    *, summary: str | None, tags: tuple[str, ...], online: bool
) -> None:
    before = an_event()
    after = replace(before, summary=summary, tags=tags, online=online, version=9, updated_at=datetime.now(UTC))

    found = changes_between(before, after)

    differing = {item.name for item in fields(Event) if getattr(before, item.name) != getattr(after, item.name)}
    assert found.keys() == differing - UNTOLD
    assert all(pair == [as_json(getattr(before, name)), as_json(getattr(after, name))] for name, pair in found.items())


def test_a_first_state_differs_from_nothing_in_all_that_was_given() -> None:
    found = changes_between(None, an_event())

    assert found["title"] == [None, "Evening"]
    assert "summary" not in found
    assert not UNTOLD & found.keys()


def test_personal_changes_are_named_in_the_open_and_told_in_private() -> None:
    fact = told(
        FactKind.PROFILE_UPDATED,
        UUID(int=1),
        {"name": ["a", "b"], "status": ["x", "y"]},
        version=2,
        personal={"name"},
        subject_id=USER,
        reason="because",
    )

    assert fact.data == {"version": 2, "changes": {"status": ["x", "y"]}, "personal": ["name"]}
    assert fact.private == {"changes": {"name": ["a", "b"]}, "reason": "because"}
    assert fact.subject_id == USER


def test_a_fact_without_anything_private_is_about_nobody() -> None:
    fact = told(FactKind.EVENT_UPDATED, UUID(int=1), {"title": ["a", "b"]}, version=2, subject_id=USER)

    assert (fact.private, fact.subject_id) == ({}, None)
