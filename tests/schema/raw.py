"""Requests as no honest client would send them."""

import json
from typing import Any

import httpx2

from tests.api import Api


async def post(api: Api, body: bytes, *, by: str | None = None, **headers: str) -> httpx2.Response:
    """A body as it is, for what no honest client would send."""
    given = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    if by:
        given["authorization"] = f"Bearer {api.token(by)}"
    return await api.http.post("/graphql", content=body, headers=given)


def coded(response: httpx2.Response) -> list[str]:
    """The codes of an answer that is JSON and no server error."""
    assert response.status_code < 500, response.text
    return [error["extensions"]["code"] for error in response.json()["errors"]]


async def send(api: Api, query: str, variables: dict[str, Any], by: str | None = None) -> httpx2.Response:
    """A request whose JSON may hold lone surrogates, as escapes that any client can write."""
    headers = {"authorization": f"Bearer {api.token(by)}"} if by else {}
    body = json.dumps({"query": query, "variables": variables})
    headers["content-type"] = "application/json"
    return await api.http.post("/graphql", content=body, headers=headers)


async def is_alive(api: Api) -> bool:
    return (await api.run("{ __typename }")).data == {"__typename": "Query"}
