"""One-shot event streams: only for those who like them best, and framed so that every client can cut them up."""

import json
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from tests.api import Api

RESPONSE, JSON, EVENTS = "application/graphql-response+json", "application/json", "text/event-stream"


def data_of(response: httpx2.Response) -> dict[str, Any]:
    """The result in a stream that holds one result and its end."""
    assert response.status_code == 200
    assert response.headers["content-type"] == f"{EVENTS}; charset=utf-8"
    assert b"\r" not in response.content
    result, complete, rest = response.text.split("\n\n")
    assert (complete, rest) == ("event: complete\ndata:", "")
    event, data = result.split("\n")
    assert event == "event: next"
    return json.loads(data.removeprefix("data: "))


@pytest.mark.parametrize("accept", [EVENTS, f"{EVENTS}, {JSON}", f"{JSON};q=0.5, {EVENTS}"])
async def test_result_is_one_event_and_its_end_another(site: Api, accept: str) -> None:
    response = await site.http.post("/graphql", json={"query": "{ __typename }"}, headers={"accept": accept})

    assert data_of(response) == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (f"{JSON}, {EVENTS}", JSON),
        (f"{RESPONSE}, application/graphql+json, {JSON}, {EVENTS}, multipart/mixed", RESPONSE),
        (f"{EVENTS};q=0.5, {JSON}", JSON),
        (f"*/*, {EVENTS}", JSON),
    ],
)
async def test_stream_that_is_only_listed_is_not_chosen(site: Api, accept: str, kind: str) -> None:
    response = await site.http.post("/graphql", json={"query": "{ __typename }"}, headers={"accept": accept})

    assert response.headers["content-type"] == f"{kind}; charset=utf-8"


async def test_line_ends_in_a_result_do_not_end_an_event(site: Api) -> None:
    query = '{ node(id: "a\\nb\\r\\n\\u2028") { id } }'

    response = await site.http.post("/graphql", json={"query": query}, headers={"accept": EVENTS})

    assert data_of(response)["data"] == {"node": None}


@pytest.mark.parametrize("query", ["{", "{ nothing }", "query ($id: ID!) { node(id: $id) { id } }"])
async def test_document_at_fault_is_told_as_an_event(site: Api, query: str) -> None:
    response = await site.http.post("/graphql", json={"query": query}, headers={"accept": EVENTS})

    told = data_of(response)
    assert told.keys() == {"errors"}
    assert told["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_question_by_get_is_streamed_too(site: Api) -> None:
    response = await site.http.get(f"/graphql?query={quote('{ __typename }')}", headers={"accept": EVENTS})

    assert data_of(response) == {"data": {"__typename": "Query"}}


async def test_refusal_is_no_stream(site: Api) -> None:
    headers = {"accept": EVENTS, "authorization": "Bearer nonsense"}

    response = await site.http.post("/graphql", json={"query": "{ __typename }"}, headers=headers)

    assert response.status_code == 401
    assert response.headers["content-type"].startswith(JSON)
