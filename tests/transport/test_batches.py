"""Batches: several operations in one request, each by itself and one after the other."""

from typing import Any

import httpx2
import pytest

from tests.api import Api
from tests.commands import document
from tests.transport.served import HELLO, served
from tests.world import address

RESPONSE, JSON, EVENTS = "application/graphql-response+json", "application/json", "text/event-stream"


async def send(site: Api, *operations: Any, by: str | None = None, accept: str = JSON) -> httpx2.Response:
    headers = {"accept": accept, **({"authorization": f"Bearer {site.token(by)}"} if by else {})}
    return await site.http.post("/graphql", json=list(operations), headers=headers)


def code(payload: dict[str, Any]) -> str:
    [error] = payload["errors"]
    return error["extensions"]["code"]


@pytest.mark.parametrize("accept", [JSON, RESPONSE])
async def test_answers_come_in_the_order_of_the_questions(site: Api, accept: str) -> None:
    response = await send(site, *[{"query": f"{{ a{number}: __typename }}"} for number in range(10)], accept=accept)

    assert response.status_code == 200
    assert response.headers["content-type"] == f"{accept}; charset=utf-8"
    assert response.json() == [{"data": {f"a{number}": "Query"}} for number in range(10)]


async def test_operation_that_fails_leaves_the_others_alone(site: Api) -> None:
    response = await send(
        site,
        {"query": "{ __typename }"},
        {"query": "{"},
        {"query": "{ __typename }", "operationName": "A"},
        {"query": '{ node(id: "nope") { id } }'},
        {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
        {"query": "{ __typename }", "extensions": {"persistedQuery": {"version": 2}}},
        {"query": "{ a: __typename }"},
    )

    first, *failed, last = response.json()
    assert (first, last) == ({"data": {"__typename": "Query"}}, {"data": {"a": "Query"}})
    assert [code(payload) for payload in failed] == [
        *("BAD_USER_INPUT", "BAD_USER_INPUT", "BAD_USER_INPUT", "PERSISTED_QUERY_NOT_FOUND", "BAD_USER_INPUT")
    ]


async def test_entry_that_makes_no_sense_is_named(site: Api) -> None:
    response = await send(site, {"query": "{ __typename }"}, {})

    assert response.status_code == 400
    assert response.json()["errors"][0]["message"] == "Entry 2 of the batch: The request has no query."


async def test_failure_that_nobody_expected_loses_no_other_answer() -> None:
    change = b'{"query": "mutation { add }"}'

    async with served(failing=[2]) as endpoint:
        told = await endpoint.post(b"[" + b",".join([change, change, HELLO, change]) + b"]")

    first, broken, *others = told.body
    assert told.status == 200
    assert first == {"data": {"add": 1}}
    assert code(broken) == "INTERNAL"
    assert others == [{"data": {"hello": "world"}}, {"data": {"add": 2}}]
    assert len(endpoint.service.failures) == 1


async def test_every_operation_of_a_batch_is_counted() -> None:
    async with served() as endpoint:
        await endpoint.post(b"[" + HELLO + b"," + HELLO + b',{"query": "{"}]')

    assert [observation.outcome for observation in endpoint.service.observed] == ["ok", "ok", "rejected"]
    assert endpoint.service.observed[2].codes == ("BAD_USER_INPUT",)


async def test_change_is_seen_by_the_operations_after_it_and_by_none_before(site: Api) -> None:
    guest = address("guest")
    look = {"query": "{ viewer { name } }"}
    await site.run("{ viewer { id } }", by=guest)
    rename = {"query": document("updateProfile", "__typename"), "variables": {"input": {"name": "After"}}}

    response = await send(site, look, rename, look, by=guest)

    before, changed, after = response.json()
    assert changed["data"]["updateProfile"]["problems"] == []
    assert before["data"]["viewer"]["name"] != "After"
    assert after["data"]["viewer"]["name"] == "After"


async def test_account_that_a_batch_closes_does_nothing_more_in_it(site: Api) -> None:
    leaver = address("leaver")
    await site.run("{ viewer { id } }", by=leaver)
    leave = {"query": document("deactivateAccount", "__typename"), "variables": {"input": {"reason": None}}}
    create = {"query": document("createOrganization", "__typename"), "variables": {"input": {"name": "Late"}}}

    response = await send(site, leave, {"query": "{ viewer { id } }"}, create, by=leaver)

    left, asked, created = response.json()
    assert left["data"]["deactivateAccount"]["problems"] == []
    assert [code(asked), code(created)] == ["UNAUTHENTICATED", "UNAUTHENTICATED"]
    assert "data" not in asked
    assert "data" not in created


async def test_batch_is_no_stream_of_events(site: Api) -> None:
    response = await send(site, {"query": "{ __typename }"}, accept=EVENTS)

    assert response.status_code == 406
    assert code(response.json()) == "BAD_USER_INPUT"


@pytest.mark.parametrize("size", [0, 11])
async def test_batch_of_the_wrong_size_is_refused_as_a_whole(site: Api, size: int) -> None:
    response = await send(site, *[{"query": "{ __typename }"}] * size)

    assert response.status_code == 400
    assert code(response.json()) == "BAD_USER_INPUT"
