"""Bodies on their way in: bounded in size and time whatever their head says, and read only if they will be used."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from tests.api import Api
from tests.transport.served import GONE, HELLO, JSON, piece, served
from transport.bodies import MAXIMUM, Gone, read_body
from transport.head import Head
from transport.refusals import Headers, Refused


def head(*headers: tuple[bytes, bytes]) -> Head:
    return Head.of({"method": "POST", "path": "/graphql", "headers": headers})


async def test_body_in_many_pieces_is_put_together() -> None:
    pieces = [piece(HELLO[n : n + 1], more=True) for n in range(len(HELLO))]

    async with served() as endpoint:
        told = await endpoint.call(*pieces, piece(b""))

    assert (told.status, told.body) == (200, {"data": {"hello": "world"}})


async def test_body_that_is_announced_too_large_is_not_read() -> None:
    async with served() as endpoint:
        told = await endpoint.call(GONE, headers=(*JSON, (b"content-length", str(MAXIMUM + 1).encode())))

    assert (told.read, told.status, told.codes) == (0, 413, ["BAD_USER_INPUT"])
    assert told.headers[b"connection"] == b"close"


@pytest.mark.parametrize("announced", [b"9" * 20, b"9" * 5_000])
async def test_size_of_any_number_of_digits_is_too_large(announced: bytes) -> None:
    async with served() as endpoint:
        told = await endpoint.call(GONE, headers=(*JSON, (b"content-length", announced)))

    assert (told.read, told.status) == (0, 413)


@pytest.mark.parametrize("announced", [None, b"10", b"-1", b"x", b"", b"\xb2"])
async def test_body_is_counted_whatever_its_head_says(announced: bytes | None) -> None:
    headers: Headers = JSON if announced is None else (*JSON, (b"content-length", announced))
    pieces = [piece(b" " * 100_000, more=True) for _ in range(20)]

    async with served() as endpoint:
        told = await endpoint.call(*pieces, GONE, headers=headers)

    assert (told.read, told.status, told.codes) == (11, 413, ["BAD_USER_INPUT"])
    assert told.headers[b"connection"] == b"close"


async def test_largest_body_is_read() -> None:
    async with served() as endpoint:
        told = await endpoint.post(HELLO + b" " * (MAXIMUM - len(HELLO)))

    assert told.status == 200


@pytest.mark.parametrize(
    "header",
    [
        (b"content-encoding", b"gzip"),
        (b"content-encoding", b"br"),
        (b"content-encoding", b"gzip, identity"),
        (b"content-type", b"text/plain"),
        (b"content-type", b"application/x-www-form-urlencoded"),
        (b"content-type", b"multipart/form-data; boundary=x"),
        (b"content-type", b""),
    ],
)
async def test_body_of_another_kind_is_not_read(header: tuple[bytes, bytes]) -> None:
    async with served() as endpoint:
        told = await endpoint.call(GONE, headers=(*JSON, header))

    assert (told.read, told.status, told.codes) == (0, 415, ["BAD_USER_INPUT"])
    assert told.headers[b"connection"] == b"close"
    assert told.headers.keys() & {b"accept-post", b"accept-encoding"}


async def test_body_that_is_not_compressed_may_say_so() -> None:
    async with served() as endpoint:
        assert (await endpoint.post(HELLO, (b"content-encoding", b"Identity"))).status == 200


@pytest.mark.parametrize("pieces", [0, 3])
async def test_body_that_stalls_is_given_up(pieces: int) -> None:
    coming = iter([piece(b" ", more=True)] * pieces)

    async def receive() -> dict[str, object]:
        for message in coming:
            return dict(message)
        await asyncio.Event().wait()
        raise AssertionError

    async with asyncio.timeout(30):
        with pytest.raises(Refused) as refused:
            await read_body(head(), receive, patience=0.05)

    assert (refused.value.status, refused.value.code) == (408, "REQUEST_TIMEOUT")
    assert (b"connection", b"close") in refused.value.headers


async def test_body_that_trickles_is_given_up_as_a_whole() -> None:
    pieces, loop = 0, asyncio.get_running_loop()

    async def receive() -> dict[str, object]:
        nonlocal pieces
        pieces += 1
        # Each piece comes soon enough by itself.
        comes = loop.create_future()
        loop.call_later(0.02, comes.set_result, piece(b" ", more=True))
        return dict(await comes)

    async with asyncio.timeout(30):
        with pytest.raises(Refused) as refused:
            await read_body(head(), receive, patience=0.2)

    assert refused.value.status == 408
    assert pieces > 1


async def test_client_that_goes_away_in_the_middle_gets_and_changes_nothing() -> None:
    async with served() as endpoint:
        told = await endpoint.call(piece(b'{"query": "mutation { add }"}', more=True), GONE)

        assert told.messages == []
        assert (endpoint.service.asked, endpoint.service.added) == (0, 0)
    with pytest.raises(Gone):
        await read_body(head(), _gone)


async def _gone() -> dict[str, object]:
    return dict(GONE)


async def test_request_that_is_cancelled_leaves_the_endpoint_as_it_was() -> None:
    async with served() as endpoint:
        stalled = asyncio.ensure_future(endpoint.call(piece(b"{", more=True)))
        # Once around the loop it has read what there is, and waits for more.
        await asyncio.wait([stalled], timeout=0)
        assert not stalled.done()
        stalled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stalled

        assert (await endpoint.post(HELLO)).status == 200


async def test_streamed_body_is_read_for_a_while_and_not_for_ever(site: Api) -> None:
    pulled = 0

    async def endless() -> AsyncGenerator[bytes]:
        nonlocal pulled
        while True:
            pulled += 1
            yield b" " * 100_000

    response = await site.http.post("/graphql", content=endless(), headers={"content-type": "application/json"})

    assert response.status_code == 413
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    # Some of the rest may be read and dropped, so that the client comes to read the answer.
    assert MAXIMUM // 100_000 < pulled <= 10 * MAXIMUM // 100_000
