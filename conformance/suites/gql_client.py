"""The Python client `gql`, over each of its transports."""

import asyncio
from contextlib import suppress
from typing import Any

from gql import Client, gql
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.async_transport import AsyncTransport
from gql.transport.exceptions import TransportQueryError
from gql.transport.httpx import HTTPXAsyncTransport
from gql.transport.websockets import WebsocketsTransport
from harness import ENDPOINT, HEADERS, MUTATION, QUERY, SOCKET, SUBSCRIPTION, TRIGGER, need, run_suite


def over_aiohttp() -> AsyncTransport:
    return AIOHTTPTransport(url=ENDPOINT, headers=HEADERS)


def over_httpx() -> AsyncTransport:
    return HTTPXAsyncTransport(url=ENDPOINT, headers=HEADERS)


def over_websocket() -> AsyncTransport:
    return WebsocketsTransport(url=SOCKET, init_payload=HEADERS, subprotocols=["graphql-transport-ws"])


async def execute(transport: AsyncTransport, document: str, *, introspects: bool = False) -> dict[str, Any]:
    async with Client(transport=transport, fetch_schema_from_transport=introspects) as session:
        return await session.execute(gql(document))


async def succeeds(transport: AsyncTransport, document: str, *, introspects: bool = False) -> None:
    assert await execute(transport, document, introspects=introspects)


async def errors_are_raised() -> None:
    for transport in (over_aiohttp(), over_httpx()):
        try:
            await execute(transport, "query V { noSuchField }")
        except TransportQueryError as error:
            assert error.errors
            assert error.errors[0]["message"]
        else:
            message = "no error was raised"
            raise AssertionError(message)


async def trigger() -> None:
    while TRIGGER:
        await execute(over_httpx(), TRIGGER)
        await asyncio.sleep(0.3)


async def subscription_sends() -> None:
    document = gql(need(SUBSCRIPTION, "subscription"))
    sending = asyncio.create_task(trigger())
    try:
        async with Client(transport=over_websocket()) as session:
            async for result in session.subscribe(document):
                assert result
                break
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending


run_suite(
    "gql-python",
    {
        "query over aiohttp": lambda: succeeds(over_aiohttp(), QUERY),
        "query over httpx": lambda: succeeds(over_httpx(), QUERY),
        "query over the WebSocket": lambda: succeeds(over_websocket(), QUERY),
        "introspection, then validation by the client": lambda: succeeds(over_aiohttp(), QUERY, introspects=True),
        "mutation": lambda: succeeds(over_httpx(), MUTATION),
        "errors are raised as errors of the query": errors_are_raised,
        "subscription": subscription_sends,
    },
)
