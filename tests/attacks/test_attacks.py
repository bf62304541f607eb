"""Whoever means harm is answered soon, with a code and never with a 5xx, and nobody else notices.

`pytest -s` prints what the probe of an honest client measured during each attack and before.
"""

import asyncio
import itertools
import time
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import orjson
import pytest

from tests.attacks.corpus import COMPLEX, Hostile, Raw, documents, requests
from tests.attacks.line import Line, Reply, head, post, query
from tests.attacks.victim import Victim, assert_told
from tests.waiting import eventually

AT_ONCE = 4
"""How many copies of an attack run at the same time."""
SECONDS = 4.0
"""How long each answer may take, with the other copies before it and on a busy machine."""
ACCEPTED = ("application/json", "application/graphql-response+json", "text/event-stream")
INTROSPECTION = "{__schema{types{name description fields{name description args{name description}}}}}"
_numbers = itertools.count()


async def _strike(victim: Victim, attack: Hostile) -> None:
    await asyncio.gather(*[_strike_once(victim, attack, ACCEPTED[copy % 3]) for copy in range(AT_ONCE)])


async def _strike_once(victim: Victim, attack: Hostile, accept: str) -> None:
    # Each copy is a document of its own: nothing is answered from memory.
    data = post(attack.body(next(_numbers)), accept=accept)
    began = time.monotonic()
    reply = await victim.asked(data)
    assert time.monotonic() - began < SECONDS * victim.slowness
    assert reply.status in {200, 400}
    assert_told(reply, attack.codes.__contains__)
    assert bool(reply.codes) == bool(attack.codes), reply.body[:500]
    assert reply.headers["content-type"].partition(";")[0] in ACCEPTED


@pytest.mark.parametrize("attack", [pytest.param(attack, id=attack.name) for attack in documents()])
async def test_hostile_document_is_answered_soon(victim: Victim, attack: Hostile) -> None:
    await victim.suffers(attack.name, _strike(victim, attack))


async def _send(victim: Victim, attack: Raw) -> None:
    data = attack.make()
    began = time.monotonic()
    reply = await victim.asked(data)
    assert time.monotonic() - began < SECONDS * victim.slowness
    assert reply.status in attack.statuses, reply
    is_coded = attack.code is not None
    assert_told(reply, lambda code: not is_coded or code == attack.code)
    assert reply.codes or not is_coded, reply
    assert reply.headers["content-type"].partition(";")[0] in ACCEPTED


@pytest.mark.parametrize("attack", [pytest.param(attack, id=attack.name) for attack in requests()])
async def test_hostile_request_is_answered_soon(victim: Victim, attack: Raw) -> None:
    await victim.suffers(attack.name, _send(victim, attack))


async def test_sent_ahead_requests_are_answered_in_order(victim: Victim) -> None:
    count = 1_000

    async def ask() -> list[Reply]:
        async with Line(victim.url) as line:
            sending = asyncio.create_task(line.send(*[post(query(f"{{n{i % 50}:__typename}}")) for i in range(count)]))
            replies = [await line.reply() for _ in range(count)]
            assert await sending
            return replies

    replies = await victim.suffers("1000-requests-ahead", ask())

    assert [list(reply.payloads[0]["data"]) for reply in replies] == [[f"n{i % 50}"] for i in range(count)]


async def test_refusal_comes_after_the_answers_to_what_was_sent_before(victim: Victim) -> None:
    async with Line(victim.url) as line:
        await line.send(post(query(INTROSPECTION)) * 20 + b"nonsense\r\n\r\n")
        statuses = [(await line.reply()).status for _ in range(21)]
        assert await line.has_ended()

    assert statuses == [200] * 20 + [400]


async def test_requests_ahead_of_a_client_that_never_reads_are_not_kept(victim: Victim) -> None:
    before = victim.memory

    async def flood() -> None:
        async with Line(victim.url) as line:
            # At some point nobody takes any more of it.
            with suppress(TimeoutError):
                async with asyncio.timeout(1.5):
                    while await line.send(post(query(INTROSPECTION)) * 200):
                        pass
            line.reset()

    await victim.suffers("10-floods-nobody-reads", _all(*[flood() for _ in range(10)]))

    assert victim.memory - before < 60


async def _all(*works: Coroutine[Any, Any, None]) -> None:
    await asyncio.gather(*works)


async def test_connections_cut_in_the_middle_of_a_body_are_let_go(victim: Victim) -> None:
    whole = post(query("{__typename}"))

    async def cut(number: int) -> None:
        async with Line(victim.url) as line:
            await line.send(whole[: -1 - number % 20])
            if number % 2:
                line.reset()
            else:
                line.finish()
                assert await line.has_ended()

    await victim.suffers("300-cut-connections", _all(*[cut(number) for number in range(300)]))


async def test_length_that_lies_downwards_leaves_no_request_behind(victim: Victim) -> None:
    short = head("POST", "/graphql", [("content-type", "application/json"), ("content-length", "20")])

    async with Line(victim.url) as line:
        await line.send(short + query("{__typename}") + b"GET /healthz HTTP/1.1\r\n\r\n")
        first, second = await line.reply(), await line.reply()
        assert await line.has_ended()

    assert first.codes == ["BAD_USER_INPUT"]
    assert (second.status, second.codes) == (400, ["BAD_USER_INPUT"])


async def test_batch_of_the_dearest_operations_is_answered(victim: Victim) -> None:
    fields = (
        "id title description startsAtLocal timezone venue{name city} organization{name} ticketTiers{name available}"
    )
    many = [
        {"query": f"{{events(first:100){{edges{{node{{{fields}}}}}}}}}#{next(_numbers)}"},
        {"query": INTROSPECTION + f"#{next(_numbers)}"},
    ] * 5

    reply = await victim.suffers("batch-of-10", victim.asked(post(orjson.dumps(many))))

    assert reply.status == 200
    assert len(reply.payloads) == 10
    assert reply.codes == []


async def test_flood_of_new_documents_is_answered_or_put_off(victim: Victim) -> None:
    async def flood() -> list[Reply]:
        return [reply for some in await asyncio.gather(*[_forty(victim) for _ in range(50)]) for reply in some]

    replies = await victim.suffers("2000-new-documents", flood())

    assert {reply.status for reply in replies} <= {200, 503}
    answered = [reply for reply in replies if reply.status == 200]
    assert len(answered) >= 1_000
    assert all(reply.codes == [] for reply in answered)
    put_off = [reply for reply in replies if reply.status == 503]
    assert all(reply.codes == ["UNAVAILABLE"] for reply in put_off)
    assert all(reply.payloads[0]["errors"][0]["extensions"]["retryAfter"] == 1 for reply in put_off)


async def _forty(victim: Victim) -> list[Reply]:
    replies: list[Reply] = []
    async with Line(victim.url) as line:
        for _ in range(40):
            began = time.monotonic()
            replies.append(await line.asked(post(query(f"{{n{next(_numbers)}:__typename}}"))))
            assert time.monotonic() - began < SECONDS * victim.slowness
    return replies


async def test_budget_of_the_default_settings_ends_a_flood(victim: Victim) -> None:
    token = victim.server.tokens["attendee"]
    dear = "{organizations(first:100){edges{node{name events(first:40){edges{node{title}}}}}}}"
    statuses: list[int] = []

    async def flood() -> Reply:
        while True:
            reply = await victim.asked(post(query(dear), token=token))
            statuses.append(reply.status)
            if reply.status != 200 or len(statuses) > 500:
                return reply

    last = await victim.suffers("dear-operations-on-a-budget", flood())

    assert (last.status, last.codes) == (429, ["RATE_LIMITED"])
    assert 0 < int(last.headers["retry-after"]) <= 60
    # A minute may end on the way.
    assert len(statuses) < 200
    other = await victim.asked(post(query(dear), token=victim.server.tokens["analyst"]))
    assert other.codes == []


async def test_slow_clients_are_left_after_a_while(victim: Victim) -> None:
    whole = post(query("{__typename}"))
    body = len(query("{__typename}"))

    async def drip(data: bytes) -> Reply:
        async with Line(victim.url) as line:
            sending = asyncio.create_task(_drip(line, data))
            try:
                return await line.reply()
            finally:
                sending.cancel()

    async def idle() -> None:
        async with Line(victim.url) as line:
            assert await line.has_ended()

    async def lie() -> Reply:
        async with Line(victim.url) as line:
            await line.send(whole.replace(f"content-length: {body}".encode(), b"content-length: 999999"))
            return await line.reply()

    async def beside_an_answer() -> None:
        async with Line(victim.url) as line:
            await line.send(head("POST", "/nowhere", [("content-length", "1000")]))
            assert (await line.reply()).status == 404
            assert await line.has_ended()

    async def attack() -> list[Reply]:
        told = asyncio.gather(drip(whole), drip(whole[-body - 1 :].join([whole[:-body], b""])), lie())
        await asyncio.gather(*[idle() for _ in range(500)], beside_an_answer())
        return list(await told)

    began = time.monotonic()
    replies = await victim.suffers("500-idle-and-slow-clients", attack())

    assert time.monotonic() - began < 14 * victim.slowness
    assert [reply.status for reply in replies] == [408] * 3
    assert {code for reply in replies for code in reply.codes} == {"REQUEST_TIMEOUT"}


async def _drip(line: Line, data: bytes) -> None:
    for place in range(len(data)):
        if not await line.send(data[place : place + 1]):
            return
        # Nothing is waited for here: a byte a second is what the attack is.
        await asyncio.sleep(1)


async def test_second_pass_takes_no_more_memory(victim: Victim) -> None:
    async def everything() -> None:
        for attack in documents():
            await _strike_once(victim, attack, ACCEPTED[0])
        for request in requests():
            await _send(victim, request)

    await everything()
    after_one = victim.memory
    await everything()
    after_two = victim.memory

    assert after_two - after_one < 20, f"{after_one:.0f} MB after a pass, {after_two:.0f} MB after another"


async def test_log_tells_of_no_failure_and_repeats_no_attack(victim: Victim) -> None:
    assert (await victim.asked(head("GET", "/" + "a" * 60_000, []))).status == 404

    await eventually(lambda: "/aaa" in victim.server.said)
    assert "Traceback" not in victim.server.said
    assert "unexpected error" not in victim.server.said
    assert max(map(len, victim.server.said.splitlines())) < 5_000


async def test_answer_after_all_of_it_is_the_same_as_before(victim: Victim) -> None:
    reply = await victim.asked(post(query("{__typename}")))

    assert orjson.loads(reply.body) == {"data": {"__typename": "Query"}}
    assert COMPLEX not in reply.body.decode()
