"""Reading a search: whatever people type becomes a query that PostgreSQL takes, and finds what they typed.

A bigger run: `BILTEN_EXAMPLES=20000 pytest tests/db/test_search_terms.py`.
"""

# Other scripts have letters that look like Latin ones, and mean them.
# ruff: noqa: RUF001

import os
import re
from collections.abc import AsyncGenerator

import asyncpg
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from db.database import BareConnection
from db.search import PHRASE_LIMIT, TERMS_LIMIT, WORD_LIMIT, terms
from domain import errors

EXAMPLES = int(os.environ.get("BILTEN_EXAMPLES", "300"))
often = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
TYPED = st.text(
    st.one_of(
        st.sampled_from("-\"“„' \t:*&|!()<>\\%#+.,/~@`{}[]$^=;?_"),
        st.sampled_from("abcCŽßøйёΣςİıŁ東京ガกุ한국हि012🎷👩‍🚒½ﬁ"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
    ),
    max_size=80,
)
LANGUAGES = ["english", "german", "russian", "serbian"]


@pytest.fixture(scope="module")
async def connection(database_url: str) -> AsyncGenerator[BareConnection]:
    opened = await asyncpg.connect(database_url)
    yield opened
    await opened.close()


async def found(connection: BareConnection, text: str, search: str) -> bool:
    """Whether a text is found, and that ranking it does not fail."""
    sql = """
    SELECT document @@ bilten_query($2, FALSE) AS found, ts_rank(document, bilten_query($2, TRUE)) AS rank
    FROM bilten_document($3, bilten_folded($1)) AS document
    """
    row = await connection.fetchrow(sql, text, terms(search), LANGUAGES)
    assert row is not None
    return bool(row["found"])


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("", []),
        (" \n\t ", []),
        ("!! & | () 🎷", []),
        ("pyth", ["*pyth"]),
        ("pyth ", ["+pyth"]),
        ("jazz night", ["+jazz", "*night"]),
        ('"jazz night"', ["=jazz night"]),
        ('"jazz nig', ["*jazz nig"]),
        ("“jazz night” „im Park“", ["=jazz night", "=im Park"]),
        ("jazz -rock", ["+jazz", "-rock"]),
        ('-"hard rock" jazz', ["-hard rock", "*jazz"]),
        ("rock-n-roll - AC/DC", ["+rock-n-roll", "*AC/DC"]),
        ("--x", ["--x"]),
        ("C++ c# .NET node.js", ["+C++", "+c#", "+.NET", "*node.js"]),
        ("don't' OR \\'", ["+don't'", "+OR"]),
        ('""', []),
        ("x" * 100, ["*" + "x" * WORD_LIMIT]),
        (f'"{"x " * 200}"', ["=" + ("x " * 200)[:PHRASE_LIMIT]]),
        ("a " * 40, ["+a"] * TERMS_LIMIT),
    ],
)
def test_a_search_is_read_as_people_mean_it(search: str, expected: list[str]) -> None:
    assert terms(search) == expected


@pytest.mark.parametrize("search", ["a\0b", "\0", "a\ud800b"], ids=["nul inside", "nul", "surrogate"])
def test_what_no_database_takes_is_bad_input(search: str) -> None:
    with pytest.raises(errors.BadInput):
        terms(search)


@given(search=TYPED)
@example(search="' OR 1=1; --")
@example(search="'''\\")
@example(search="a:* & !b <-> (c | d)")
@example(search="<b>x</b> &amp; http://x.example/a?b=c you@example.org ~/x +1 -2 1e999")
@example(search="ﷺ" * 64)
@example(search="\u0301\u0301 -\u0301 \u200d")
@often
async def test_no_text_makes_a_query_fail(connection: BareConnection, search: str) -> None:
    await found(connection, search, search)


@pytest.mark.parametrize("length", [2045, 2046, 2047, 20_000])
async def test_endless_words_make_no_document_fail(connection: BareConnection, length: int) -> None:
    text = f"short {'x' * length} {'я' * (length // 2)} {'ﷺ' * (length // 10)}"

    assert await found(connection, text, "short")
    await found(connection, text, text)
    await found(connection, text, f'"{text}"')


@given(text=TYPED)
@often
async def test_what_was_written_is_found_by_its_words(connection: BareConnection, text: str) -> None:
    words = [word for word in re.split(r'[\s"“”„‟«»]+', text) if word and not word.startswith("-")]
    searched = " ".join(words[:TERMS_LIMIT])
    assume(terms(searched) and await has_words(connection, searched))

    assert await found(connection, text, searched)


@given(text=TYPED)
@often
async def test_what_was_written_is_found_as_a_phrase(connection: BareConnection, text: str) -> None:
    phrase = re.sub('["“”„‟«»]', " ", text)
    assume(terms(f'"{phrase}"') and await has_words(connection, phrase))

    assert await found(connection, text, f'"{phrase}"')
    assert not await found(connection, text, f'-"{phrase}"')


async def has_words(connection: BareConnection, text: str) -> bool:
    """Whether PostgreSQL sees a word where Python sees a letter or a digit."""
    return bool(await connection.fetchval("SELECT length(to_tsvector('simple', bilten_folded($1))) > 0", text))
