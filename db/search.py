"""What people type into a search, read as terms, and the SQL that looks for them; who sees what is not decided here."""

import re
from itertools import islice

from db.pages import Search
from db.visibility import Binds
from domain import errors

TERMS_LIMIT = 16
WORD_LIMIT = 64
PHRASE_LIMIT = 200
FEW = 2_000
"""So many events are put in order at once; where there are more, a page is found soon by reading in order."""

_QUOTES = '"“”„‟«»'
_TERM = re.compile(rf"(-?)(?:[{_QUOTES}]([^{_QUOTES}]*)([{_QUOTES}]|\Z)|([^\s{_QUOTES}]+))")


def terms(search: str) -> list[str]:
    """The terms of a search as `bilten_query` takes them; empty when nothing in it can be a word.

    `+word` or `*wor`, the one that is still being typed; `=some words` that follow each other; `-word` or `-some
    words` that must not be there. Raises `BadInput` for what no database takes.
    """
    if "\0" in search:
        message = "A search cannot hold the character NUL."
        raise errors.BadInput(message)
    try:
        search.encode()
    except UnicodeEncodeError as error:
        message = "A search cannot hold half a character."
        raise errors.BadInput(message) from error
    return list(islice(filter(_has_word, (_term(match) for match in _TERM.finditer(search))), TERMS_LIMIT))


def matches(place: str) -> str:
    """The condition that an event is found by the terms that are bound at the place."""
    # Called in the condition itself, the planner sees how frequent the words are.
    return f"event.search @@ bilten_query({place}::text[], FALSE)"


def sought(place: str) -> Search:
    """The same condition, for lists in an order of their own."""
    found = f"SELECT id FROM bilten_found(bilten_query({place}::text[], FALSE), {FEW + 1}) AS id"
    return Search(matches(place), found, FEW)


RANK = "(coalesce(ts_rank(event.search_rank, ranking.query), 0) * 1000000)::bigint"
"""How well an event matches, from 0. A whole number, so that the cursors of one server hold on another, whose last bit
of a fraction may differ."""


def rank_source(place: str) -> str:
    """The join that `RANK` needs: the query is made once, whatever the plan, and not for each row."""
    return f"\nCROSS JOIN (SELECT bilten_query({place}::text[], TRUE) AS query OFFSET 0) AS ranking"


def bind(search: str, binds: Binds) -> str | None:
    """The place of the terms of a search; nothing when it has none."""
    found = terms(search)
    return binds.add(found) if found else None


def _term(match: re.Match[str]) -> str:
    excluded, phrase, closed, word = match.groups()
    if word is not None:
        kind = "-" if excluded else "*" if match.end() == len(match.string) else "+"
        return kind + word[:WORD_LIMIT]
    # A quote that is still open: its last word is still being typed.
    kind = "-" if excluded else "=" if closed else "*"
    return kind + phrase[:PHRASE_LIMIT]


def _has_word(term: str) -> bool:
    return any(character.isalnum() for character in term)
