"""Documents by their hash, by the protocol that clients speak: ask, register when told to, then ask by hash alone."""

import json
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx2
import pytest

from tests.api import Api

RESPONSE, JSON = "application/graphql-response+json", "application/json"


def new_document() -> str:
    return f"{{ __typename }} # {uuid4()}"


def by_hash(text: str, digest: str | None = None) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": digest or sha256(text.encode()).hexdigest()}}


async def ask(site: Api, extensions: dict[str, Any], **more: Any) -> httpx2.Response:
    body = {"extensions": extensions, **more}
    return await site.http.post("/graphql", json=body, headers={"accept": RESPONSE})


async def get(site: Api, extensions: dict[str, Any], **more: str) -> httpx2.Response:
    query = urlencode({"extensions": json.dumps(extensions), **more})
    return await site.http.get(f"/graphql?{query}", headers={"accept": JSON})


def code(response: httpx2.Response) -> str:
    [error] = response.json()["errors"]
    return error["extensions"]["code"]


async def test_unknown_hash_asks_for_the_document(site: Api) -> None:
    text = new_document()

    response = await ask(site, by_hash(text))
    by_get = await get(site, by_hash(text))

    assert (response.status_code, by_get.status_code) == (400, 200)
    assert code(response) == code(by_get) == "PERSISTED_QUERY_NOT_FOUND"
    assert response.json()["errors"][0]["message"] == "PersistedQueryNotFound"


async def test_registered_document_is_run_by_its_hash(site: Api) -> None:
    text = new_document()
    registered = await ask(site, by_hash(text), query=text)

    by_post = await ask(site, by_hash(text))
    by_get = await get(site, by_hash(text))

    assert registered.json() == by_post.json() == by_get.json() == {"data": {"__typename": "Query"}}
    assert by_get.headers["etag"]


async def test_document_may_be_registered_by_get(site: Api) -> None:
    text = new_document()
    await get(site, by_hash(text), query=text)

    assert (await ask(site, by_hash(text))).json() == {"data": {"__typename": "Query"}}


async def test_hash_is_the_same_in_capitals(site: Api) -> None:
    text = new_document()
    await ask(site, by_hash(text, sha256(text.encode()).hexdigest().upper()), query=text)

    assert (await ask(site, by_hash(text))).status_code == 200


async def test_document_under_the_hash_of_another_is_refused_and_not_run_by_it(site: Api) -> None:
    text, other = new_document(), new_document()

    response = await ask(site, by_hash(other), query=text)

    assert (response.status_code, code(response)) == (400, "BAD_USER_INPUT")
    assert code(await ask(site, by_hash(other))) == "PERSISTED_QUERY_NOT_FOUND"
    assert code(await ask(site, by_hash(text))) == "PERSISTED_QUERY_NOT_FOUND"


async def test_document_that_nobody_registered_is_not_run_by_its_hash(site: Api) -> None:
    text = new_document()
    await site.run(text)

    assert code(await ask(site, by_hash(text))) == "PERSISTED_QUERY_NOT_FOUND"


async def test_document_that_cannot_run_is_not_registered(site: Api) -> None:
    text = f"{{ nothing }} # {uuid4()}"
    refused = await ask(site, by_hash(text), query=text)

    assert code(refused) == "BAD_USER_INPUT"
    assert code(await ask(site, by_hash(text))) == "PERSISTED_QUERY_NOT_FOUND"


async def test_registered_change_is_not_made_by_get(site: Api) -> None:
    text = f'mutation {{ createOrganization(input: {{ name: "{uuid4()}" }}) {{ __typename }} }}'
    await ask(site, by_hash(text), query=text)

    response = await get(site, by_hash(text))

    assert (response.status_code, response.headers["allow"], code(response)) == (405, "POST", "METHOD_NOT_ALLOWED")


async def test_variables_and_names_go_with_a_hash(site: Api) -> None:
    text = f"query A($id: ID!) {{ node(id: $id) {{ id }} }} query B {{ b: __typename }} # {uuid4()}"
    await ask(site, by_hash(text), query=text, operationName="B")

    named = await ask(site, by_hash(text), operationName="B")
    unnamed = await ask(site, by_hash(text))
    wrong = await ask(site, by_hash(text), operationName="A", variables={})

    assert named.json() == {"data": {"b": "Query"}}
    assert (code(unnamed), code(wrong)) == ("BAD_USER_INPUT", "BAD_USER_INPUT")


@pytest.mark.parametrize("persisted", [{}, {"version": 2, "sha256Hash": "0" * 64}, {"version": 1}, [], "x"])
async def test_other_protocols_are_refused(site: Api, persisted: object) -> None:
    alone = await ask(site, {"persistedQuery": persisted})

    assert (alone.status_code, code(alone)) == (400, "BAD_USER_INPUT")
