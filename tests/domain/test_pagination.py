"""Cursors and windows: what was written is read back, and whatever else a client sends is bad input."""

import base64
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import errors
from domain.pagination import DEFAULT_SIZE, MAXIMUM_SIZE, Cursor, Window

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def window(order: str = "ORDER", **given: Any) -> Window:
    arguments: dict[str, Any] = {"first": None, "after": None, "last": None, "before": None, **given}
    return Window.from_arguments(order, **arguments)


@given(TEXT, TEXT, TEXT)
def test_every_cursor_is_read_back_as_it_was_written(order: str, key: str, id_: str) -> None:
    cursor = Cursor(order, key, id_)

    assert Cursor.decode(cursor.encode(), order) == cursor


@given(TEXT, TEXT, TEXT)
def test_cursors_can_stand_in_an_address(order: str, key: str, id_: str) -> None:
    encoded = Cursor(order, key, id_).encode()

    assert encoded.replace("-", "").replace("_", "").isalnum()
    assert encoded.isascii()


@given(st.text(max_size=200) | st.text(alphabet="ABCDabcd0189-_+/=", max_size=80))
def test_no_text_breaks_the_reading_of_a_cursor(text: str) -> None:
    with suppress(errors.BadInput):
        Cursor.decode(text, "ORDER")


@given(st.binary(max_size=200))
def test_no_bytes_behind_a_cursor_break_its_reading(raw: bytes) -> None:
    with pytest.raises(errors.BadInput):
        Cursor.decode(base64.urlsafe_b64encode(raw).decode(), "ORDER that no bytes hit by chance")


@given(JSON)
def test_a_cursor_holds_three_texts_or_is_malformed(value: object) -> None:
    text = base64.urlsafe_b64encode(json.dumps(value).encode()).decode()

    with pytest.raises(errors.BadInput):
        Cursor.decode(text, "an order longer than any of these texts")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "9" * 100_000, '["ORDER", "\\ud800", "id"]', '["ORDER", "key", "\\udfff"]']
)
def test_hostile_json_behind_a_cursor_is_bad_input(text: str) -> None:
    with pytest.raises(errors.BadInput):
        Cursor.decode(base64.urlsafe_b64encode(text.encode()).decode(), "ORDER")


@given(TEXT, TEXT, TEXT, TEXT)
def test_a_cursor_belongs_to_one_order(order: str, other: str, key: str, id_: str) -> None:
    if order != other:
        with pytest.raises(errors.BadInput, match="another list or order"):
            Cursor.decode(Cursor(order, key, id_).encode(), other)


def test_a_page_has_a_size_unless_another_is_asked_for() -> None:
    assert window() == Window(DEFAULT_SIZE, None, backward=False)
    assert window(first=0).limit == 0
    assert window(first=MAXIMUM_SIZE).limit == MAXIMUM_SIZE
    assert window(last=3) == Window(3, None, backward=True)


@pytest.mark.parametrize("size", [-1, MAXIMUM_SIZE + 1, -(2**31)])
@pytest.mark.parametrize("side", ["first", "last"])
def test_sizes_that_no_page_has_are_bad_input(side: str, size: int) -> None:
    given: dict[str, Any] = {side: size}

    with pytest.raises(errors.BadInput):
        window(**given)


CURSOR = Cursor("ORDER", "key", "id")


def test_a_cursor_alone_says_in_which_direction_to_go() -> None:
    assert window(after=CURSOR.encode()) == Window(DEFAULT_SIZE, CURSOR, backward=False)
    assert window(before=CURSOR.encode()) == Window(DEFAULT_SIZE, CURSOR, backward=True)


@pytest.mark.parametrize(
    "given",
    [
        {"first": 1, "last": 1},
        {"first": 1, "before": CURSOR.encode()},
        {"last": 1, "after": CURSOR.encode()},
        {"after": CURSOR.encode(), "before": CURSOR.encode()},
        {"first": 0, "last": 0},
        {"after": "", "before": ""},
    ],
)
def test_nobody_pages_in_both_directions_at_once(given: dict[str, Any]) -> None:
    with pytest.raises(errors.BadInput, match="either forward"):
        window(**given)


def test_an_empty_cursor_is_malformed() -> None:
    with pytest.raises(errors.BadInput, match="malformed"):
        window(after="")
