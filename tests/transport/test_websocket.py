"""Sockets: the protocol kept to the letter, hostile clients ended with its codes, and nobody outlives their token."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import pytest
from starlette.applications import Starlette

from app import create_app
from tests.api import Api
from tests.commands import change
from tests.transport.sockets import Socket, opened
from tests.world import World, address
from transport import websocket

VIEWER = "{ viewer { email } }"


@pytest.fixture
async def app(api: Api) -> AsyncGenerator[Starlette]:
    application = create_app(api.settings, clock=api.clock)
    async with application.router.lifespan_context(application):
        yield application


async def test_query_is_answered_and_completed(app: Starlette, api: Api) -> None:
    guest = address("guest")
    async with opened(app) as socket:
        assert await socket.event() == {"type": "websocket.accept", "subprotocol": "graphql-transport-ws"}
        await socket.begin(api.token(guest))
        await socket.run(VIEWER)

        assert await socket.message() == {"id": "1", "type": "next", "payload": {"data": {"viewer": {"email": guest}}}}
        assert await socket.message() == {"id": "1", "type": "complete"}


async def accepted(socket: Socket) -> Socket:
    assert (await socket.event())["type"] == "websocket.accept"
    return socket


async def test_anybody_may_begin_without_saying_who_they_are(app: Starlette) -> None:
    greetings: list[dict[str, Any]] = [{}, {"payload": None}, {"payload": {}}]
    for payload in greetings:
        async with opened(app) as socket:
            await accepted(socket)
            await socket.send({"type": "connection_init", **payload})
            assert await socket.message() == {"type": "connection_ack"}
            await socket.run(VIEWER)
            assert (await socket.message())["payload"] == {"data": {"viewer": None}}


async def test_header_of_the_handshake_says_who_it_is_too(app: Starlette, api: Api) -> None:
    guest = address("guest")
    async with opened(app, headers={"authorization": f"Bearer {api.token(guest)}"}) as socket:
        await accepted(socket)
        await socket.begin()
        await socket.run(VIEWER)
        assert (await socket.message())["payload"]["data"]["viewer"]["email"] == guest


async def test_mistake_in_a_document_ends_the_operation_and_not_the_socket(app: Starlette) -> None:
    async with opened(app) as socket:
        await accepted(socket)
        await socket.begin()
        for document in ("{", "{ nonsense }", "query ($a: Int!) { __typename @skip(if: true) }"):
            await socket.run(document)
            answer = await socket.message()
            assert (answer["id"], answer["type"]) == ("1", "error")
            assert answer["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        await socket.run("{ __typename }")
        assert (await socket.message())["type"] == "next"


async def test_ping_is_answered_before_and_after_the_greeting(app: Starlette) -> None:
    async with opened(app) as socket:
        await accepted(socket)
        await socket.send({"type": "ping"})
        assert await socket.message() == {"type": "pong"}
        await socket.begin()
        await socket.send({"type": "ping", "payload": {"at": 1}})
        assert await socket.message() == {"type": "pong", "payload": {"at": 1}}
        await socket.send({"type": "pong"})
        await socket.run("{ __typename }")
        assert (await socket.message())["type"] == "next"


MALFORMED: list[str] = [
    "",
    "nonsense",
    "[]",
    '"text"',
    "1",
    "{}",
    '{"type": 1}',
    '{"type": "nonsense"}',
    '{"type": "subscribe"}',
    '{"type": "subscribe", "id": 1, "payload": {"query": "{ __typename }"}}',
    '{"type": "subscribe", "id": "", "payload": {"query": "{ __typename }"}}',
    '{"type": "subscribe", "id": "1"}',
    '{"type": "subscribe", "id": "1", "payload": []}',
    '{"type": "subscribe", "id": "1", "payload": {}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "variables": []}}',
    '{"type": "subscribe", "id": "1", "payload": {"query": "{ __typename }", "operationName": 1}}',
    '{"type": "complete"}',
    '{"type": "complete", "id": {}}',
    "[" * 100_000,
]


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: text[:60])
async def test_malformed_message_ends_the_socket(app: Starlette, text: str) -> None:
    async with opened(app) as socket:
        await accepted(socket)
        await socket.begin()
        await socket.send_raw(text)
        code, reason = await socket.closed()
        assert code == 4400
        assert reason


async def test_bytes_end_the_socket(app: Starlette) -> None:
    async with opened(app) as socket:
        await accepted(socket)
        await socket.begin()
        await socket.to_server.put({"type": "websocket.receive", "bytes": b"\x00"})
        assert (await socket.closed())[0] == 4400


async def test_message_that_is_too_long_ends_the_socket(app: Starlette) -> None:
    async with opened(app) as socket:
        await accepted(socket)
        await socket.begin()
        await socket.run("#" * websocket.LONGEST)
        assert (await socket.closed())[0] == 1009


@pytest.mark.parametrize("payload", [1, "text", [], {"authorization": 1}, {"authorization": {}}])
async def test_greeting_that_makes_no_sense_ends_the_socket(app: Starlette, payload: Any) -> None:
    async with opened(app) as socket:
        await accepted(socket)
        await socket.send({"type": "connection_init", "payload": payload})
        assert (await socket.closed())[0] == 4400


async def test_operation_before_the_greeting_is_unauthorized(app: Starlette) -> None:
    async with opened(app) as socket:
        await accepted(socket)
        await socket.run("{ __typename }")
        assert (await socket.closed())[0] == 4401


async def test_second_greeting_ends_the_socket(app: Starlette) -> None:
    async with opened(app) as socket:
        await accepted(socket)
        await socket.begin()
        await socket.send({"type": "connection_init"})
        assert (await socket.closed())[0] == 4429


async def test_silent_client_is_sent_away(app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket, "PATIENCE", 0.05)
    async with opened(app) as socket:
        await accepted(socket)
        assert (await socket.closed())[0] == 4408


@pytest.mark.parametrize("protocols", [(), ("graphql-ws",), ("soap",)])
async def test_other_protocols_are_not_spoken(app: Starlette, protocols: tuple[str, ...]) -> None:
    async with opened(app, protocols=protocols) as socket:
        assert (await socket.event())["subprotocol"] is None
        assert (await socket.closed())[0] == 4406


async def test_bad_token_ends_the_socket_with_its_reason(app: Starlette) -> None:
    async with opened(app) as socket:
        await accepted(socket)
        await socket.send({"type": "connection_init", "payload": {"Authorization": "Bearer nonsense"}})
        code, reason = await socket.closed()
        assert code == 4401
        assert "token" in reason


async def test_socket_ends_with_its_token(app: Starlette, api: Api) -> None:
    async with opened(app) as socket:
        await accepted(socket)
        await socket.begin(api.token(address("guest")))
        api.clock.advance(days=400)
        await socket.run(VIEWER)
        assert (await socket.closed())[0] == 4401


async def test_socket_ends_with_the_account(app: Starlette, api: Api) -> None:
    guest = address("guest")
    async with opened(app) as socket:
        await accepted(socket)
        await socket.begin(api.token(guest))
        await change(api, guest, "deactivateAccount", "user { id }")
        await socket.run(VIEWER)
        assert (await socket.closed())[0] == 4401


@pytest.mark.parametrize(
    ("origin", "welcome"),
    [(None, True), ("http://bilten.test", True), ("https://evil.example", False), ("null", False)],
)
async def test_page_of_another_origin_gets_no_socket(app: Starlette, origin: str | None, *, welcome: bool) -> None:
    async with opened(app, headers={"origin": origin} if origin else {}) as socket:
        event = await socket.event()
        assert event["type"] == ("websocket.accept" if welcome else "websocket.close")


async def test_id_in_use_ends_the_socket(app: Starlette, api: Api, database_url: str) -> None:
    async with opened(app) as socket:
        await accepted(socket)
        await socket.begin()
        # Both arrive before the first can be answered.
        await socket.run("{ events { totalCount } }")
        await socket.run("{ events { totalCount } }")
        assert (await socket.closed()) == (4409, "Subscriber for 1 already exists")


async def test_id_is_free_again_after_its_operation(app: Starlette) -> None:
    async with opened(app) as socket:
        await accepted(socket)
        await socket.begin()
        for _ in range(3):
            await socket.run("{ __typename }")
            assert [(await socket.message())["type"], (await socket.message())["type"]] == ["next", "complete"]


async def test_operations_beyond_the_bound_are_refused_one_by_one(
    app: Starlette, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "MOST_OPERATIONS", 3)
    blocker = await asyncpg.connect(database_url)
    try:
        async with opened(app) as socket:
            await accepted(socket)
            await socket.begin()
            async with blocker.transaction():
                await blocker.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
                for number in range(5):
                    await socket.run("{ events { totalCount } }", id_=str(number))
                refused = [await socket.message() for _ in range(2)]
            answered = [await socket.message() for _ in range(6)]
    finally:
        await blocker.close()

    assert {(told["id"], told["payload"][0]["extensions"]["code"]) for told in refused} == {
        ("3", "RATE_LIMITED"),
        ("4", "RATE_LIMITED"),
    }
    assert sorted(told["id"] for told in answered if told["type"] == "complete") == ["0", "1", "2"]


async def test_completed_operation_is_cancelled_and_its_id_free(app: Starlette, database_url: str) -> None:
    blocker = await asyncpg.connect(database_url)
    try:
        async with opened(app) as socket:
            await accepted(socket)
            await socket.begin()
            async with blocker.transaction():
                await blocker.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
                await socket.run("{ events { totalCount } }")
                await socket.send({"id": "1", "type": "complete"})
                await socket.run("{ __typename }")
                assert (await socket.message())["payload"] == {"data": {"__typename": "Query"}}
    finally:
        await blocker.close()


async def test_abrupt_end_leaves_no_operation_behind(app: Starlette, api: Api) -> None:
    async with opened(app) as socket:
        await accepted(socket)
        await socket.begin()
        for number in range(20):
            await socket.run("{ events { totalCount } }", id_=str(number))

    assert [task for task in asyncio.all_tasks() if task.get_name().startswith("operation-")] == []


async def test_mutation_over_a_socket_changes_what_others_read(app: Starlette, api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team)
    document = """
    mutation ($id: ID!) { updateEvent(input: { id: $id, title: "By socket" }) { event { title } problems { code } } }
    """
    async with opened(app) as socket:
        await accepted(socket)
        await socket.begin(api.token(team.owner))
        await socket.run(document, variables={"id": event.id})
        told = await socket.message()
    answer = await api.run("query ($id: ID!) { event(id: $id) { title } }", {"id": event.id})

    assert told["payload"]["data"]["updateEvent"] == {"event": {"title": "By socket"}, "problems": []}
    assert answer.data == {"event": {"title": "By socket"}}
