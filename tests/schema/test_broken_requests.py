"""Requests that are broken before anything is asked: each is answered with a code, and never with one of the 500s."""

import pytest

from tests.api import Api
from tests.schema.raw import coded, is_alive, post
from tests.world import address


@pytest.fixture(params=["compiled", "core"])
def engine(request: pytest.FixtureRequest) -> str:
    """Both: what these tests hold to is what the two could do differently."""
    return request.param


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"nope",
        b"null",
        b"true",
        b"7",
        b'"{ viewer { id } }"',
        b"[]",
        b"[1]",
        b"{}",
        b'{"query": null}',
        b'{"query": 7}',
        b'{"query": ""}',
        b'{"query": "{ viewer { id } }", "variables": 7}',
        b'{"query": "{ viewer { id } }", "variables": [1]}',
        b'{"query": "{ viewer { id } }", "operationName": 7}',
        b'{"query": "{ viewer { id } }", "operationName": "Missing"}',
        b'{"query": "{ viewer { id } }", "extensions": 7}',
        b'{"query": "query ($n: Int) { events(first: $n) { totalCount } }", "variables": {"n": NaN}}',
        b'{"query": "query ($n: Int) { events(first: $n) { totalCount } }", "variables": {"n": 1e999}}',
        b'{"query": "query ($n: Int) { events(first: $n) { totalCount } }", "variables": {"n": ' + b"9" * 5_000 + b"}}",
        b"\xff\xfe",
        b'{"query": "\xff"}',
        b'{"query": "\xed\xa0\x80"}',
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"query": "{ viewer { id } }", "variables": {"x": ' + b"[" * 5_000 + b"]" * 5_000 + b"}}",
        b'{"query": "' + b"{ a " * 5_000 + b'"}',
    ],
    ids=lambda body: body[:40].decode("ascii", "replace"),
)
async def test_broken_body_is_answered_with_a_code(api: Api, body: bytes) -> None:
    response = await post(api, body)

    assert response.headers["content-type"].startswith("application/")
    assert "json" in response.headers["content-type"]
    if response.json().get("data") is None:
        assert set(coded(response)) == {"BAD_USER_INPUT"}
    assert response.status_code < 500
    assert await is_alive(api)


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/xml", "", "multipart/form-data", "x"],
)
async def test_wrong_content_type_is_answered_with_a_code(api: Api, content_type: str) -> None:
    response = await post(api, b'{"query": "{ __typename }"}', content_type=content_type)

    assert coded(response) == ["BAD_USER_INPUT"]
    assert await is_alive(api)


async def test_upload_form_is_answered_with_a_code(api: Api) -> None:
    response = await api.http.post("/graphql", files={"0": ("a.txt", b"x")}, data={"operations": "{", "map": "["})

    assert coded(response) == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
async def test_other_methods_are_refused(api: Api, method: str) -> None:
    response = await api.http.request(method, "/graphql", json={"query": "{ __typename }"})

    assert 400 <= response.status_code < 500


async def test_question_by_get_is_answered_and_a_change_is_not(api: Api) -> None:
    by = {"authorization": f"Bearer {api.token(address('owner'))}"}
    mutation = 'mutation { createOrganization(input: { name: "By link" }) { organization { id } } }'

    asked = await api.http.get("/graphql", params={"query": "{ __typename }"}, headers=by)
    changed = await api.http.get("/graphql", params={"query": mutation}, headers=by)

    assert asked.json()["data"] == {"__typename": "Query"}
    assert coded(changed) == ["METHOD_NOT_ALLOWED"]
    assert (changed.status_code, changed.headers["allow"]) == (405, "POST")
    listed = await api.run("{ organizations(first: 500) { edges { node { name } } } }")
    assert "By link" not in {edge["node"]["name"] for edge in listed.data["organizations"]["edges"]}


@pytest.mark.parametrize(
    "query", ["query=%FF", "query={a&variables=%FF", "query={__typename}&variables=[[[", "variables=1", "query=", ""]
)
async def test_broken_address_is_answered_with_a_code(api: Api, query: str) -> None:
    response = await api.http.get(f"/graphql?{query}", headers={"accept": "application/json"})

    assert set(coded(response)) == {"BAD_USER_INPUT"}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Basic YTpi",
        "Bearer garbage",
        "Bearer a.b.c",
        "Bearer " + "x" * 20_000,
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "bearer\tx",
        "Token x, Bearer y",
    ],
    ids=lambda header: header[:20],
)
async def test_authorization_that_is_no_sound_bearer_token_is_unauthenticated(api: Api, header: str) -> None:
    response = await post(api, b'{"query": "{ viewer { id } }"}', authorization=header)

    assert coded(response) == ["UNAUTHENTICATED"]
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")


async def test_authorization_header_that_is_no_text_is_unauthenticated(api: Api) -> None:
    headers = [(b"content-type", b"application/json"), (b"authorization", b"Bearer \xff\xfe\x00")]

    response = await api.http.post("/graphql", content=b'{"query": "{ viewer { id } }"}', headers=headers)

    assert coded(response) == ["UNAUTHENTICATED"]


async def test_expired_token_is_unauthenticated(api: Api) -> None:
    token = api.token(address("guest"))
    api.clock.advance(days=400)

    response = await post(api, b'{"query": "{ viewer { id } }"}', authorization=f"Bearer {token}")

    assert coded(response) == ["UNAUTHENTICATED"]
