"""The Python client gql, over httpx: pip install 'gql[httpx]'."""

import asyncio
import os
import uuid
from typing import Any

from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport

# The same over aiohttp: AIOHTTPTransport of gql.transport.aiohttp takes the same arguments but for the timeout.
transport = HTTPXAsyncTransport(
    url=os.environ["BILTEN_URL"], headers={"authorization": f"Bearer {os.environ['BILTEN_TOKEN']}"}, timeout=30
)

AGENDA = """
query Agenda($count: Int!, $after: String) {
  events(first: $count, after: $after) {
    edges { node { id title startsAtLocal timezone } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
LIKE = """
mutation Like($input: UpdatePreferencesInput!) {
  updatePreferences(input: $input) { user { id version } problems { code message path retryable } }
}
"""


async def run(session: AsyncClientSession, document: str, **variables: object) -> dict[str, Any]:
    """The data of an operation, as soon as the server has time. A mutation has to carry an idempotencyKey."""
    for _ in range(3):
        try:
            return await session.execute(GraphQLRequest(document, variable_values=variables))
        except TransportQueryError as error:
            told = (error.errors or [{}])[0].get("extensions", {})
            if told.get("code") not in {"RATE_LIMITED", "UNAVAILABLE"}:
                raise
            await asyncio.sleep(told["retryAfter"])
    return await session.execute(GraphQLRequest(document, variable_values=variables))


async def main() -> None:
    """Read two pages, change something once by sending it twice, and see how errors look."""
    async with Client(transport=transport) as session:
        page = (await run(session, AGENDA, count=2))["events"]
        assert page["pageInfo"]["hasNextPage"]
        rest = (await run(session, AGENDA, count=2, after=page["pageInfo"]["endCursor"]))["events"]
        print(*[edge["node"]["title"] for edge in page["edges"] + rest["edges"]], sep="\n")

        wish = {"favouriteCategories": ["concert"], "idempotencyKey": str(uuid.uuid4())}
        done, again = [(await run(session, LIKE, input=wish))["updatePreferences"] for _ in range(2)]
        assert done["problems"] == [], done["problems"]
        assert done == again, "the second one was carried out as well"

        try:
            await run(session, AGENDA, count=2, after="nonsense")
        except TransportQueryError as error:
            assert error.errors is not None
            assert error.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"
        else:
            raise AssertionError("a page after nonsense was answered")


asyncio.run(main())
