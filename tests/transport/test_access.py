"""Who may ask what from where: questions about the schema, foreign origins, sign-in, and what an operation costs."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import httpx2
import pytest

from bilten.config import Introspection
from execution.limits import Limits
from tests.api import Api, Clock, running_api
from tests.world import address

APP, FOREIGN = "https://app.example", "https://elsewhere.example"
QUESTIONS = {
    "schema": "{ __schema { queryType { name } } }",
    "type": '{ __type(name: "Event") { name } }',
    "alias": "{ harmless: __schema { queryType { name } } }",
    "fragment": "{ ...F } fragment F on Query { ... on Query { __schema { queryType { name } } } }",
    "mixed": "{ viewer { id } __schema { queryType { name } } }",
    "skipped": "query ($no: Boolean = true) { __schema @skip(if: $no) { queryType { name } } }",
}


class Run(Protocol):
    """Starts the application with settings of the test's own."""

    def __call__(self, **settings: Any) -> AbstractAsyncContextManager[Api]: ...


@pytest.fixture
def run(database_url: str, redis_url: str, tmp_path: Path, clock: Clock) -> Run:
    def start(**settings: Any) -> AbstractAsyncContextManager[Api]:
        return running_api(database_url, redis_url, tmp_path, clock, **settings)

    return start


# --- Questions about the schema ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy", "anonymous", "signed_in"),
    [
        (None, True, True),
        (Introspection.EVERYONE, True, True),
        (Introspection.SIGNED_IN, False, True),
        (Introspection.NOBODY, False, False),
    ],
)
async def test_schema_is_shown_to_those_it_is_meant_for(
    run: Run, policy: Introspection | None, *, anonymous: bool, signed_in: bool
) -> None:
    async with run(introspection=policy) as api:
        for question in QUESTIONS.values():
            # Asked twice: what one is shown is not shown to others for being kept.
            for by, allowed in ((address("guest"), signed_in), (None, anonymous)) * 2:
                answer = await api.run(question, by=by)
                assert answer.codes == ([] if allowed else ["FORBIDDEN"])
                assert answer.status == (200 if allowed else 403)
                assert ("data" in answer.body) is allowed


async def test_name_of_a_type_is_no_secret(run: Run) -> None:
    async with run(introspection=Introspection.NOBODY) as api:
        answer = await api.run("{ __typename events(first: 1) { __typename } }")

    assert answer.data == {"__typename": "Query", "events": {"__typename": "EventConnection"}}


# --- Other origins ----------------------------------------------------------------------------------------------------


async def ask(api: Api, origin: str, **headers: str) -> httpx2.Response:
    return await api.http.post("/graphql", json={"query": "{ __typename }"}, headers={"origin": origin, **headers})


async def preflight(api: Api, origin: str, method: str = "POST") -> httpx2.Response:
    headers = {
        "origin": origin,
        "access-control-request-method": method,
        "access-control-request-headers": "authorization,content-type",
    }
    return await api.http.options("/graphql", headers=headers)


async def test_allowed_origin_may_ask_and_read(run: Run) -> None:
    async with run(cors_origins=(APP,)) as api:
        before = await preflight(api, APP)
        answer = await ask(api, APP)
        refused = await ask(api, APP, authorization="Bearer nonsense")

    assert before.status_code == 200
    assert before.headers["access-control-allow-origin"] == APP
    assert "POST" in before.headers["access-control-allow-methods"]
    assert {"authorization", "content-type"} <= set(before.headers["access-control-allow-headers"].lower().split(", "))
    assert "access-control-allow-credentials" not in before.headers
    assert refused.status_code == 401
    for response in (answer, refused):
        assert response.headers["access-control-allow-origin"] == APP
        assert {"x-request-id", "retry-after"} <= set(response.headers["access-control-expose-headers"].split(", "))
        assert "origin" in response.headers["vary"].lower()
        assert "accept" in response.headers["vary"].lower()


async def test_foreign_origin_may_not_read(run: Run) -> None:
    async with run(cors_origins=(APP,)) as api:
        before = await preflight(api, FOREIGN)
        answer = await ask(api, FOREIGN)

    assert before.status_code == 400
    for response in (before, answer):
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_allowed_origin_may_use_no_method_that_is_not_served(run: Run, method: str) -> None:
    async with run(cors_origins=(APP,)) as api:
        assert (await preflight(api, APP, method)).status_code == 400


async def test_without_origins_nobody_else_may_read(site: Api) -> None:
    before, answer = await preflight(site, APP), await ask(site, APP)

    assert before.status_code == 204
    for response in (before, answer):
        assert not [name for name in response.headers if name.startswith("access-control-")]


async def test_form_of_a_foreign_page_changes_nothing(site: Api) -> None:
    # What a page can send to another origin without asking first: these three types, or a link.
    mutation = 'mutation { createOrganization(input: { name: "Forged" }) { organization { id } } }'
    headers = {"origin": FOREIGN, "authorization": f"Bearer {site.token(address('victim'))}"}

    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        given = {**headers, "content-type": content_type}
        posted = await site.http.post("/graphql", content=f'{{"query": "{mutation}"}}', headers=given)
        assert posted.status_code == 415
    linked = await site.http.get(f"/graphql?query={quote(mutation)}", headers={**headers, "accept": "*/*"})

    assert linked.status_code == 405


# --- Signing in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "text/event-stream"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_token_that_is_not_accepted_says_how_to_sign_in(site: Api, accept: str, method: str) -> None:
    headers = {"authorization": "Bearer nonsense", "accept": accept}
    query = {"query": "{ __typename }"}

    response = await (
        site.http.get("/graphql", params=query, headers=headers)
        if method == "GET"
        else site.http.post("/graphql", json=query, headers=headers)
    )

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    [error] = response.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


# --- What an operation costs ------------------------------------------------------------------------------------------


async def cost_of(api: Api, query: str, **more: Any) -> dict[str, Any]:
    body = {"query": query, "extensions": {"cost": True}, **more}
    answer: dict[str, Any] = (await api.http.post("/graphql", json=body)).json()
    return answer["extensions"]["cost"]


async def test_cost_is_told_to_those_who_ask(site: Api) -> None:
    query = "query Q($n: Int) @skip(if: false) { a: events(first: $n) { edges { node { id ...F } } } }"
    query = query.replace(" @skip(if: false)", "") + " fragment F on Event { title @include(if: true) }"

    # One for the list; of three edges each: edge, node, id and title.
    assert await cost_of(site, query, variables={"n": 3}) == {
        "cost": 1 + 1 + 3 * 3,
        "maximumCost": Limits().cost,
        "fields": 5,
        "maximumFields": Limits().fields,
        "depth": 4,
        "maximumDepth": Limits().depth,
        "aliases": 1,
        "maximumAliases": Limits().aliases,
        "directives": 1,
        "maximumDirectives": Limits().directives,
    }


async def test_cost_of_an_operation_that_is_too_dear_is_told_too(site: Api) -> None:
    query = "query ($n: Int) { events(first: $n) { edges { node { history(first: 100) { edges { cursor } } } } } }"

    told = await cost_of(site, query, variables={"n": 500})

    assert told["cost"] > told["maximumCost"]


async def test_cost_of_a_question_about_the_schema_has_a_limit_of_its_own(site: Api) -> None:
    told = await cost_of(site, "{ __schema { types { name } } }")

    assert told["maximumCost"] == Limits().introspection_cost


async def test_cost_is_told_to_nobody_else(site: Api) -> None:
    assert "extensions" not in (await site.run("{ __typename }")).body


async def test_what_is_left_of_a_budget_is_told_with_the_cost(run: Run) -> None:
    async with run(anonymous_cost_per_minute=10**9) as api:
        told = await cost_of(api, "{ __typename }")
        later = await cost_of(api, "{ __typename }")

    assert 0 < later["remainingBudget"] < told["remainingBudget"] < 10**9
