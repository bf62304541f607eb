"""GraphQL over HTTP, as clients of all kinds meet it: statuses, methods, types and headers of every answer."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote
from uuid import UUID

import httpx2
import pytest

from tests.api import Api

RESPONSE, JSON, EVENTS = "application/graphql-response+json", "application/json", "text/event-stream"
HELLO: Mapping[str, Any] = {"query": "{ __typename }"}
MUTATION = 'mutation { createOrganization(input: { name: "By link" }) { organization { id } } }'
SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
BAD: Mapping[str, Mapping[str, Any]] = {
    "syntax": {"query": "{"},
    "unknown field": {"query": "{ nothing }"},
    "no operation of the name": {"query": "query A { __typename }", "operationName": "B"},
    "wrong variable": {"query": "query ($id: ID!) { node(id: $id) { id } }", "variables": {"id": {}}},
    "missing variable": {"query": "query ($id: ID!) { node(id: $id) { id } }"},
    "too complex": {"query": "{ events(first: 500) { edges { node { history(first: 500) { edges { cursor } } } } } }"},
    "no subscription": {"query": "subscription { nothing }"},
}


async def post(site: Api, content: Any, **headers: str) -> httpx2.Response:
    return await site.http.post("/graphql", json=content, headers=headers)


async def get(site: Api, query: str, **headers: str) -> httpx2.Response:
    return await site.http.get(f"/graphql?query={quote(query)}", headers={"accept": JSON, **headers})


def codes(response: httpx2.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]


# --- Statuses ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", [RESPONSE, JSON])
async def test_answer_is_in_the_type_that_was_asked_for(site: Api, accept: str) -> None:
    response = await post(site, HELLO, accept=accept)

    assert (response.status_code, response.json()) == (200, {"data": {"__typename": "Query"}})
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    assert response.headers["content-length"] == str(len(response.content))


@pytest.mark.parametrize("request_", BAD.values(), ids=BAD.keys())
async def test_request_at_fault_has_a_status_of_its_own_where_clients_know_it(
    site: Api, request_: Mapping[str, Any]
) -> None:
    new = await post(site, request_, accept=RESPONSE)
    old = await post(site, request_, accept=JSON)

    assert (new.status_code, old.status_code) == (400, 200)
    assert new.json() == old.json()
    assert new.json().keys() == {"errors"}
    assert set(codes(new)) <= {"BAD_USER_INPUT", "QUERY_TOO_COMPLEX"}


@pytest.mark.parametrize("accept", [RESPONSE, JSON])
async def test_error_of_a_field_leaves_the_status_alone(site: Api, accept: str) -> None:
    response = await post(site, {"query": '{ __typename node(id: "nope") { id } }'}, accept=accept)

    assert response.status_code == 200
    assert response.json()["data"] == {"__typename": "Query", "node": None}
    assert codes(response) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("accept", ["text/plain", "text/html", "application/xml", f"{JSON};q=0, {RESPONSE};q=0"])
async def test_type_that_is_not_served_is_not_acceptable(site: Api, accept: str) -> None:
    response = await post(site, HELLO, accept=accept)

    assert (response.status_code, codes(response)) == (406, ["BAD_USER_INPUT"])
    assert all(offered in response.json()["errors"][0]["message"] for offered in (RESPONSE, JSON, EVENTS))


@pytest.mark.parametrize("accept", [RESPONSE, JSON, EVENTS, "text/html", "*/*"])
@pytest.mark.parametrize(
    ("route", "headers", "content", "status"),
    [
        ("POST /graphql", {}, b"[" * 100_000, 400),
        ("POST /graphql", {}, b'\xef\xbb\xbf{"query": "{ __typename }"}', 400),
        ("POST /graphql", {}, b'{"query": "{ __typename }", "variables": {"x": NaN}}', 400),
        ("POST /graphql", {}, b'{"query": "\\ud800"}', 400),
        ("POST /graphql", {}, b"{}", 400),
        ("POST /graphql", {}, b"[]", 400),
        ("POST /graphql", {"content-type": "text/plain"}, b"{}", 415),
        ("POST /graphql", {"content-type": "application/x-www-form-urlencoded"}, b"query={__typename}", 415),
        ("POST /graphql", {"content-encoding": "gzip"}, b"\x1f\x8b", 415),
        ("POST /graphql", {}, b" " * 1_000_001, 413),
        ("POST /graphql", {"authorization": "Bearer nonsense"}, b'{"query": "{ __typename }"}', 401),
        ("PUT /graphql", {}, b"{}", 405),
        ("DELETE /graphql", {}, b"", 405),
        ("POST /nothing", {}, b"{}", 404),
    ],
)
async def test_refusal_is_json_with_a_code_whatever_the_client_would_like(  # noqa: PLR0917 - a table
    site: Api, accept: str, route: str, headers: dict[str, str], content: bytes, status: int
) -> None:
    method, path = route.split()
    given = {"content-type": JSON, "accept": accept, **headers}

    response = await site.http.request(method, path, content=content, headers=given)

    assert response.status_code in ({status, 406} if accept == "text/html" else {status})
    assert response.headers["content-type"].partition(";")[0] in {JSON, RESPONSE}
    assert len(codes(response)) == 1
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b'{"query": "{ nothing }", "query": "{ __typename }"}', {"__typename": "Query"}),
        (b'{"query": "{ __typename }", "variables": {"n": 1e308, "m": 123456789012345678901234567890}}',
         {"__typename": "Query"}),
        (b'{"query": "query ($n: Int) { events(first: $n) { edges { cursor } } }", "variables": {"n": 1e300}}', None),
        (b'{"query": "query ($n: Int) { events(first: $n) { edges { cursor } } }", "variables": {"n": 2147483648}}',
         None),
        (b'{"query": "query ($s: String) { __typename event(slug: $s) { id } }", "variables": {"s": "\\u0000"}}',
         {"__typename": "Query", "event": None}),
    ],
    ids=["name given twice", "huge numbers unused", "huge number", "too large a number", "NUL"],
)  # fmt: skip
async def test_odd_json_is_read_or_refused_with_a_code(site: Api, body: bytes, data: object) -> None:
    response = await site.http.post("/graphql", content=body, headers={"content-type": JSON})

    assert response.status_code == 200
    assert response.json().get("data") == data
    if "errors" in response.json():
        assert codes(response) == ["BAD_USER_INPUT"]


# --- Methods ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "BREW"])
async def test_other_methods_are_told_which_ones_will_do(site: Api, method: str) -> None:
    response = await site.http.request(method, "/graphql")

    assert (response.status_code, codes(response)) == (405, ["METHOD_NOT_ALLOWED"])
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize("accept", [RESPONSE, JSON, EVENTS])
async def test_change_by_get_is_told_to_post(site: Api, accept: str) -> None:
    response = await get(site, MUTATION, accept=accept)

    assert (response.status_code, codes(response)) == (405, ["METHOD_NOT_ALLOWED"])
    assert response.headers["allow"] == "POST"


async def test_options_tells_the_methods_and_nothing_else(site: Api) -> None:
    response = await site.http.options("/graphql")

    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize("accept", [JSON, RESPONSE, "text/html"])
async def test_head_is_a_get_without_its_body(site: Api, accept: str) -> None:
    told = await get(site, "{ __typename }", accept=accept)
    head = await site.http.head(f"/graphql?query={quote('{ __typename }')}", headers={"accept": accept})

    assert (head.status_code, head.content) == (200, b"")
    changing = {"x-request-id", "content-encoding"}
    assert {name: value for name, value in head.headers.items() if name not in changing} == {
        name: value for name, value in told.headers.items() if name not in changing
    }


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_change_is_made_by_no_reading_method(site: Api, method: str) -> None:
    response = await site.http.request(
        method,
        f"/graphql?query={quote(MUTATION)}",
        headers={"accept": JSON, "authorization": f"Bearer {site.token('reader@people.example')}"},
    )

    assert response.status_code == 405
    listed = await site.run("{ organizations(first: 500) { edges { node { name } } } }")
    assert "By link" not in str(listed.data)


# --- Headers ----------------------------------------------------------------------------------------------------------


async def test_answers_of_every_kind_have_safe_headers(site: Api) -> None:
    answers = [
        await post(site, HELLO),
        await post(site, {"query": "{"}, accept=RESPONSE),
        await post(site, HELLO, accept=EVENTS),
        await post(site, [HELLO]),
        await post(site, HELLO, accept="text/plain"),
        await post(site, HELLO, authorization="Bearer nonsense"),
        await site.http.post("/graphql", content=b"{", headers={"content-type": JSON}),
        await site.http.post("/graphql", content=b"{}", headers={"content-type": "text/plain"}),
        await site.http.put("/graphql"),
        await site.http.options("/graphql"),
        await site.http.head("/graphql?query={__typename}"),
        await get(site, "{ __typename }"),
        await get(site, "{ __typename }", **{"if-none-match": (await get(site, "{ __typename }")).headers["etag"]}),
        await get(site, MUTATION),
    ]

    assert sorted({answer.status_code for answer in answers}) == [200, 204, 304, 400, 401, 405, 406, 415]
    for answer in answers:
        assert {name: answer.headers.get(name) for name in SAFE} == SAFE
        assert UUID(answer.headers["x-request-id"])


async def test_page_has_a_policy_of_its_own(site: Api) -> None:
    page = await site.http.get("/graphql", headers={"accept": "text/html"})

    assert page.headers["x-content-type-options"] == "nosniff"
    assert "default-src" in page.headers["content-security-policy"]
    assert "script-src" in page.headers["content-security-policy"]


async def test_request_id_of_the_client_comes_back(site: Api) -> None:
    for response in (
        await post(site, HELLO, **{"x-request-id": "trace-1.2_3"}),
        await post(site, HELLO, authorization="Bearer nonsense", **{"x-request-id": "trace-1.2_3"}),
        await get(site, "{", **{"x-request-id": "trace-1.2_3"}),
    ):
        assert response.headers["x-request-id"] == "trace-1.2_3"


async def test_answers_to_a_post_are_stored_nowhere(site: Api) -> None:
    response = await post(site, HELLO)

    assert response.headers["cache-control"] == "no-store"
    assert set(response.headers["vary"].split(", ")) == {"accept", "accept-encoding"}
    assert "etag" not in response.headers


async def test_answers_to_a_get_are_kept_by_their_asker_and_asked_for_anew(site: Api) -> None:
    first = await get(site, "{ __typename }")
    again = await get(site, "{ __typename }", **{"if-none-match": f'"other", {first.headers["etag"]}'})
    other = await get(site, "{ name: __typename }", **{"if-none-match": first.headers["etag"]})

    assert first.headers["cache-control"] == "private, no-cache"
    assert {"accept", "authorization"} <= set(first.headers["vary"].split(", "))
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["cache-control"] == first.headers["cache-control"]
    assert other.status_code == 200
    assert other.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("known", ["*", "{strong}", '"other", {strong}'])
async def test_tags_are_compared_weakly(site: Api, known: str) -> None:
    tag = (await get(site, "{ __typename }")).headers["etag"]

    again = await get(site, "{ __typename }", **{"if-none-match": known.format(strong=tag.removeprefix("W/"))})

    assert again.status_code == 304


async def test_errors_have_no_tag_to_ask_for_again(site: Api) -> None:
    assert "etag" not in (await get(site, "{", accept=RESPONSE)).headers
    assert "etag" not in (await get(site, MUTATION)).headers


@pytest.mark.parametrize("accept", ["gzip", "gzip, deflate, br", "*"])
async def test_long_answers_are_compressed_for_those_who_can_read_it(site: Api, accept: str) -> None:
    question = {"query": "{ __schema { types { name description } } }"}
    plain = await post(site, question, **{"accept-encoding": "identity"})
    told = await post(site, question, **{"accept-encoding": accept})

    assert told.headers["content-encoding"] == "gzip"
    assert int(told.headers["content-length"]) < len(plain.content) / 3
    assert told.json() == plain.json()


@pytest.mark.parametrize("accept", ["identity", "br", "gzip;q=0", ""])
async def test_answers_are_left_as_they_are_for_all_others(site: Api, accept: str) -> None:
    told = await post(site, {"query": "{ __schema { types { name } } }"}, **{"accept-encoding": accept})

    assert "content-encoding" not in told.headers
    assert told.json()["data"]["__schema"]


async def test_short_answers_are_not_worth_compressing(site: Api) -> None:
    assert "content-encoding" not in (await post(site, HELLO, **{"accept-encoding": "gzip"})).headers
