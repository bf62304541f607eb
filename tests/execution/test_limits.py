"""The size of documents: counts equal those of a naive expansion, at no more than the work of reading them once."""

from typing import Any

import orjson
import pytest
from graphql import build_schema, parse
from hypothesis import given, settings

from execution.documents import Document, Documents
from execution.limits import TOO_COMPLEX, Limits, TooComplex, check, measure
from tests.execution.selections import Count, Definition, definitions, expanded
from tests.execution.work import calls_within

SCHEMA = build_schema("directive @d repeatable on FIELD | QUERY type Query { f: Query s: String }")


def counts(document: list[Definition]) -> dict[str | None, Count]:
    fragments = {definition.number: definition for definition in document if definition.number is not None}
    return {
        definition.name if definition.number is None else f"...{definition.name}": expanded(definition, fragments)
        for definition in document
    }


def text(document: list[Definition]) -> str:
    return "\n".join(map(str, document))


def bomb(levels: int) -> str:
    """A document in which each fragment spreads the next twice."""
    fragments = [f"fragment F{n} on Query {{ ...F{n + 1} ...F{n + 1} }}" for n in range(levels)]
    return "{ ...F0 } " + " ".join(fragments) + f" fragment F{levels} on Query {{ s }}"


def told(error: TooComplex) -> dict[str, Any]:
    assert error.extensions is not None
    return error.extensions


async def prepared(document: str, **limits: int) -> Document:
    documents = Documents(SCHEMA, Limits(**limits))
    try:
        return await documents.prepare(document)
    finally:
        documents.close()


@settings(max_examples=200, deadline=None)
@given(definitions())
def test_counts_are_those_of_the_document_with_its_fragments_written_out(document: list[Definition]) -> None:
    measured = measure(parse(text(document)), 20)

    assert {
        name: Count(shape.fields, shape.depth, shape.aliases, shape.directives) for name, shape in measured.items()
    } == counts(document)


@settings(max_examples=200, deadline=None)
@given(definitions(circular=True))
def test_circles_and_missing_fragments_end(document: list[Definition]) -> None:
    try:
        measured = measure(parse(text(document)), 20)
    except TooComplex:
        return

    assert len(measured) == len(document)


@settings(max_examples=100, deadline=None)
@given(definitions())
def test_document_passes_at_its_own_figures_and_not_below_them(document: list[Definition]) -> None:
    parsed, found = parse(text(document)), counts(document)
    figures = {name: max(getattr(count, name) for count in found.values()) for name in ("aliases", "directives")}
    # Of fields, all operations together hold no more than one may.
    together = sum(found[definition.name].fields for definition in document if definition.number is None)
    figures["fields"] = max(together, *(count.fields for count in found.values()))

    check(parsed, Limits(**figures))

    for name, figure in figures.items():
        if figure:
            with pytest.raises(TooComplex) as refused:
                check(parsed, Limits(**{**figures, name: figure - 1}))
            assert told(refused.value)["limit"] == figure - 1


@pytest.mark.parametrize("levels", [30, 90])
def test_bomb_of_fragments_is_counted_in_as_many_steps_as_it_has_nodes(levels: int) -> None:
    document = parse(bomb(levels))

    # Each selection is looked at once or twice; a naive expansion would take 2 ** levels steps.
    with calls_within(200 * levels):
        measured = measure(document, 20)

    assert measured[None].fields == 2**levels


@pytest.mark.parametrize("levels", [30, 90])
async def test_bomb_of_fragments_is_refused_in_words_that_json_can_say(levels: int) -> None:
    document = await prepared(bomb(levels))

    [error] = document.errors
    assert error["extensions"]["code"] == TOO_COMPLEX
    assert error["extensions"]["limit"] == Limits().fields
    assert orjson.loads(orjson.dumps(error)) == error


@pytest.mark.parametrize(
    ("limit", "document", "found"),
    [
        ("characters", "{ s }" + " " * 95, 100),
        ("fields", "{ " + "s " * 8 + "}", 8),
        ("fields", "{ ...F ...F f { ...F } } fragment F on Query { s s }", 7),
        ("depth", "{ f { f { f { s } } } }", 4),
        ("depth", "{ f { ...F } } fragment F on Query { f { ... on Query { s } } }", 3),
        ("aliases", "{ a: s b: s c: s }", 3),
        ("directives", "query Q @d @d { s @d }", 3),
        ("definitions", "query A { s } query B { s } query C { ...F } fragment F on Query { s }", 4),
        ("introspections", "{ ...F a: __schema { description } } fragment F on Query { __schema { description } }", 2),
    ],
)  # fmt: skip
async def test_each_limit_refuses_what_exceeds_it_and_nothing_else(limit: str, document: str, found: int) -> None:
    allowed = await prepared(document, **{limit: found})
    refused = await prepared(document, **{limit: found - 1})

    assert allowed.errors == ()
    [error] = refused.errors
    assert error["extensions"] == {"code": TOO_COMPLEX, "limit": found - 1, "found": found}
    assert refused.operations == {}


async def test_tokens_are_limited_while_they_are_read() -> None:
    document = "{ s s s s s s }"

    assert (await prepared(document, tokens=8)).errors == ()
    [error] = (await prepared(document, tokens=7)).errors
    # Counting stops at the limit: how many there are is not known.
    assert error["extensions"] == {"code": TOO_COMPLEX, "limit": 7}
    assert "more than 7 tokens" in error["message"]


async def test_fragment_that_nobody_spreads_is_measured_too() -> None:
    [error] = (await prepared("{ s } fragment F on Query { s s s }", fields=2)).errors

    assert (error["extensions"]["code"], error["extensions"]["found"]) == (TOO_COMPLEX, 3)


@pytest.mark.parametrize(
    "document",
    [
        "{ f " * 1_900 + "{ s }" + " }" * 1_900,
        "{ ... " * 1_900 + "{ s }" + " }" * 1_900,
        '{ s(a: ' + "[" * 1_900 + "]" * 1_900 + ") }",
    ],
    ids=["fields", "inline fragments", "values"],
)  # fmt: skip
async def test_document_nested_beyond_all_reason_is_refused(document: str) -> None:
    refused = await prepared(document)

    assert refused.errors
    codes: set[Any] = {error["extensions"]["code"] for error in refused.errors}
    assert codes <= {TOO_COMPLEX, "BAD_USER_INPUT"}
