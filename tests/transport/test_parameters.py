"""The parameters of a request: whatever is sent is understood or refused, and never fails."""

import json
from typing import Any
from urllib.parse import quote, urlencode

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transport.parameters import BATCH, Parameters, from_body, from_query_string
from transport.refusals import BAD_USER_INPUT, Refused

HASH = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38"
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=5,
)
NAMES = st.sampled_from(["query", "operationName", "variables", "extensions", "id"])
PERSISTED = st.fixed_dictionaries({"persistedQuery": ANY_JSON | st.fixed_dictionaries({"version": ANY_JSON})})
ANY_REQUEST = st.dictionaries(NAMES, ANY_JSON | PERSISTED, max_size=5)


def understood(body: bytes) -> Parameters | list[Parameters] | None:
    """What a body is read as; nothing if it is refused as it should be."""
    try:
        return from_body(body)
    except Refused as refused:
        assert_refused(refused)
        return None


def assert_refused(refused: Refused) -> None:
    assert (refused.status, refused.code) == (400, BAD_USER_INPUT)
    assert refused.errors == [{"message": str(refused), "extensions": {"code": BAD_USER_INPUT}}]
    assert str(refused)


def refusal(body: Any) -> str:
    with pytest.raises(Refused) as refused:
        from_body(body if isinstance(body, bytes) else orjson.dumps(body))
    assert_refused(refused.value)
    return str(refused.value)


def one(body: Any) -> Parameters:
    found = from_body(orjson.dumps(body))
    assert isinstance(found, Parameters)
    return found


# --- Bodies ---------------------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(ANY_JSON | ANY_REQUEST | st.lists(ANY_REQUEST, max_size=12))
def test_any_json_is_understood_or_refused(content: Any) -> None:
    found = understood(json.dumps(content).encode())

    for parameters in found if isinstance(found, list) else [found] if found else []:
        assert parameters.query or parameters.document_hash
        assert isinstance(parameters.wants_cost, bool)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,query0\\u ', max_size=60).map(str.encode))
def test_any_bytes_are_understood_or_refused(body: bytes) -> None:
    understood(body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xef\xbb\xbf" + b'{"query": "{ __typename }"}',
        b'{"query": "{ __typename }", "variables": {"x": NaN}}',
        b'{"query": "{ __typename }", "variables": {"x": Infinity}}',
        b'{"query": "{ __typename }", "variables": {"x": 1e999}}',
        b'{"query": "\\ud800"}',
        b'{"query": "{ __typename }", "variables": {"x": "\\udfff"}}',
        b'{"query": "\xff"}',
        b'{"query": "\xed\xa0\x80"}',
        '{"query": "{ __typename }"}'.encode("utf-16"),
        b'{"query": "{ __typename }"} trailing',
        b"{'query': '{ __typename }'}",
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"query":' * 100_000,
        b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 5_000 + b"1" + b"}" * 5_001,
        b"query={ __typename }",
        b"\x00",
    ],
    ids=lambda body: repr(body[:36]),
)
def test_what_is_not_json_is_refused(body: bytes) -> None:
    refusal(body)


@pytest.mark.parametrize("content", [None, True, 1, 1.5, "query", [], [[]], [1], [None], [{"query": "{ a }"}, 1]])
def test_what_is_no_object_is_refused(content: object) -> None:
    refusal(content)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"query": None},
        {"query": ""},
        {"query": 1},
        {"query": ["{ a }"]},
        {"query": {}},
        {"queries": "{ a }"},
        {"query": "{ a }", "operationName": 1},
        {"query": "{ a }", "operationName": []},
        {"query": "{ a }", "variables": "{}"},
        {"query": "{ a }", "variables": []},
        {"query": "{ a }", "variables": 0},
        {"query": "{ a }", "extensions": []},
        {"query": "{ a }", "extensions": "x"},
    ],
)
def test_parameter_of_the_wrong_kind_is_refused(content: object) -> None:
    refusal(content)


def test_absent_and_null_parameters_are_alike() -> None:
    given = {"query": "{ a }", "operationName": None, "variables": None, "extensions": None}

    assert one(given) == one({"query": "{ a }"}) == Parameters("{ a }")
    assert one({"query": "{ a }", "operationName": ""}).operation_name is None


def test_of_a_name_that_is_given_twice_the_last_counts() -> None:
    assert from_body(b'{"query": "{ a }", "query": "{ b }"}') == Parameters("{ b }")


def test_huge_numbers_are_kept_apart_from_small_ones() -> None:
    found = from_body(b'{"query": "{ a }", "variables": {"n": 123456789012345678901234567890, "m": 1}}')

    assert isinstance(found, Parameters)
    assert found.variables == {"n": 1.2345678901234568e29, "m": 1}


@pytest.mark.parametrize("size", [1, BATCH])
def test_batch_is_read_in_its_order(size: int) -> None:
    found = from_body(orjson.dumps([{"query": f"{{ a{number} }}"} for number in range(size)]))

    assert found == [Parameters(f"{{ a{number} }}") for number in range(size)]


@pytest.mark.parametrize("size", [0, BATCH + 1, 5_000])
def test_batch_of_another_size_is_refused(size: int) -> None:
    assert f"{size:,}" in refusal([{"query": "{ a }"}] * size)


# --- Documents by their hash ----------------------------------------------------------------------------------------


def test_document_may_be_named_by_its_hash_alone() -> None:
    found = one({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH.upper()}}})

    assert (found.query, found.document_hash) == (None, HASH)


@pytest.mark.parametrize(
    "persisted",
    [
        {},
        {"version": 1},
        {"sha256Hash": HASH},
        {"version": 2, "sha256Hash": HASH},
        {"version": "1", "sha256Hash": HASH},
        {"version": None, "sha256Hash": HASH},
        {"version": 1, "sha256Hash": None},
        {"version": 1, "sha256Hash": 1},
        {"version": 1, "sha256Hash": [HASH]},
        *(None, 1, "x", []),
    ],
)
def test_hash_in_another_shape_is_refused(persisted: object) -> None:
    refusal({"extensions": {"persistedQuery": persisted}})


@pytest.mark.parametrize(
    ("extensions", "wants"),
    [({"cost": True}, True), ({"cost": 1}, False), ({"cost": "true"}, False), ({"cost": None}, False), ({}, False)],
)
def test_cost_is_told_to_those_who_ask_for_it(extensions: dict[str, object], wants: bool) -> None:  # noqa: FBT001
    assert one({"query": "{ a }", "extensions": extensions}).wants_cost is wants


# --- Query strings --------------------------------------------------------------------------------------------------


def refused_query(query: bytes) -> str:
    with pytest.raises(Refused) as refused:
        from_query_string(query)
    assert_refused(refused.value)
    return str(refused.value)


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=60)
    | st.lists(st.tuples(NAMES, st.text(max_size=10) | ANY_JSON.map(json.dumps)), max_size=5).map(
        lambda pairs: urlencode(pairs, errors="surrogatepass").encode()
    )
)
def test_any_query_string_is_understood_or_refused(query: bytes) -> None:
    try:
        found = from_query_string(query)
    except Refused as refused:
        assert_refused(refused)
    else:
        assert found.query or found.document_hash


def test_query_string_says_the_same_as_a_body() -> None:
    query = {
        "query": "query A($ž: Int) { a }",
        "operationName": "A",
        "variables": '{"x": [1, "ž"]}',
        "extensions": '{"cost": true}',
        "unknown": "passed over",
    }

    found = from_query_string(urlencode(query).encode())

    assert found == Parameters("query A($ž: Int) { a }", "A", {"x": [1, "ž"]}, {"cost": True})


def test_empty_parameters_of_a_query_string_count_as_absent() -> None:
    assert from_query_string(b"query={a}&variables=&extensions=&operationName=") == Parameters("{a}")


@pytest.mark.parametrize("name", ["query", "operationName", "variables", "extensions"])
def test_parameter_that_is_given_twice_is_refused(name: str) -> None:
    assert name in refused_query(f"query={quote('{ a }')}&{name}=%7B%7D&{name}=%7B%7D".encode())


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"query=",
        b"operationName=A",
        b"query=%FF",
        b"query=%ED%A0%80",
        b"query={a}&unknown=%FF",
        b"query={a}&variables=1",
        b"query={a}&variables=[]",
        b"query={a}&variables={",
        b"query={a}&variables=NaN",
        b'query={a}&variables={"x":"\\ud800"}',
        b"query={a}&variables=" + b"[" * 10_000,
        b"query={a}&extensions=x",
        b"query={a}&extensions=true",
        b"&".join(b"a%d=1" % number for number in range(100)) + b"&query={a}",
    ],
    ids=lambda query: repr(query[:36]),
)
def test_query_string_that_cannot_be_read_is_refused(query: bytes) -> None:
    refused_query(query)
