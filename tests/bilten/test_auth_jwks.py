"""Keys of an issuer over time: shared, renewed, rotated, taken back, and kept through an outage."""

import asyncio
from collections.abc import Iterator
from threading import Event

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from bilten.auth import Claims, KeysAreUnavailable
from tests.issuer import (
    IMPATIENCE,
    Clock,
    Handler,
    Issuer,
    outcome,
    reason_for,
    verifier_of,
)
from tests.waiting import eventually


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    running = Issuer()
    yield running
    running.stop()


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_all_first_requests_share_one_download(issuer: Issuer, clock: Clock) -> None:
    verifier = verifier_of(issuer.add("a").add("b").url, clock)
    tokens = [issuer.token("a"), issuer.token("b")] * 25

    claims = await asyncio.gather(*(verifier.verify(raw) for raw in tokens))

    assert {one.subject for one in claims} == {"ada"}
    assert issuer.requests == 1


async def test_keys_are_renewed_before_anybody_has_to_wait(issuer: Issuer, clock: Clock) -> None:
    verifier = verifier_of(issuer.add("a").url, clock)
    raw = issuer.token("a")
    await verifier.verify(raw)
    issuer.answer = issuer.hang

    clock.advance(seconds=239)
    await verifier.verify(raw)
    assert issuer.requests == 1
    clock.advance(seconds=1)
    await verifier.verify(raw)
    await eventually(lambda: issuer.requests == 2)

    await verifier.aclose()


async def test_a_key_taken_back_stops_working_with_the_next_download(issuer: Issuer, clock: Clock) -> None:
    verifier = verifier_of(issuer.add("a").add("b").url, clock)
    remembered, fresh, other = issuer.token("a"), issuer.token("a", lifetime=60 * 60), issuer.token("b")
    await asyncio.gather(verifier.verify(remembered), verifier.verify(other))
    del issuer.published["a"]

    clock.advance(seconds=300)

    assert await reason_for(verifier, remembered) == "unknown key"
    assert await reason_for(verifier, fresh) == "unknown key"
    assert (await verifier.verify(other)).subject == "ada"


async def test_a_key_id_used_again_for_another_key_does_not_keep_old_tokens_alive(issuer: Issuer, clock: Clock) -> None:
    verifier = verifier_of(issuer.add("a").url, clock)
    old = issuer.token("a")
    await verifier.verify(old)
    issuer.add("a")

    clock.advance(seconds=300)

    assert await reason_for(verifier, old) == "wrong signature"
    assert (await verifier.verify(issuer.token("a"))).subject == "ada"


async def test_an_issuer_that_publishes_no_key_revokes_all(issuer: Issuer, clock: Clock) -> None:
    verifier = verifier_of(issuer.add("a").url, clock)
    raw = issuer.token("a")
    await verifier.verify(raw)
    issuer.published.clear()

    clock.advance(seconds=300)

    assert await reason_for(verifier, raw) == "unknown key"


async def test_a_token_with_a_new_key_is_believed_after_one_download(issuer: Issuer, clock: Clock) -> None:
    verifier = verifier_of(issuer.add("a").url, clock)
    await verifier.verify(issuer.token("a"))
    issuer.add("b")

    assert (await verifier.verify(issuer.token("b"))).subject == "ada"
    assert issuer.requests == 2


async def test_a_flood_of_invented_keys_costs_one_download_in_ten_seconds(issuer: Issuer, clock: Clock) -> None:
    verifier = verifier_of(issuer.add("a").url, clock)
    raw = issuer.token("a")
    await verifier.verify(raw)
    stranger = ed25519.Ed25519PrivateKey.generate()
    invented = [issuer.token(f"invented-{number}", key=stranger) for number in range(200)]

    at_once = await asyncio.gather(*(outcome(verifier, forged) for forged in invented[:100]))
    one_by_one = [await outcome(verifier, forged) for forged in invented[100:]]

    assert {*at_once, *one_by_one} == {"TokenIsInvalid"}
    assert issuer.requests == 2
    assert (await verifier.verify(raw)).subject == "ada"
    clock.advance(seconds=9.9)
    await outcome(verifier, invented[0])
    assert issuer.requests == 2
    clock.advance(seconds=0.1)
    await outcome(verifier, invented[0])
    assert issuer.requests == 3


async def test_an_unreachable_issuer_is_not_the_fault_of_the_token(issuer: Issuer, clock: Clock) -> None:
    verifier = verifier_of(issuer.add("a").url, clock)
    raw = issuer.token("a")
    issuer.answer = lambda handler: handler.reply(b"", status=503)

    with pytest.raises(KeysAreUnavailable) as caught:
        await verifier.verify(raw)
    assert caught.value.retryable
    assert issuer.url not in str(caught.value)

    issuer.answer = issuer.publish
    assert await outcome(verifier, raw) == "KeysAreUnavailable"
    assert issuer.requests == 1
    clock.advance(seconds=10)
    assert (await verifier.verify(raw)).subject == "ada"


async def test_nobody_listening_means_unavailable_too(issuer: Issuer, clock: Clock) -> None:
    raw = issuer.add("a").token("a")
    issuer.stop()

    with pytest.raises(KeysAreUnavailable):
        await verifier_of(issuer.url, clock).verify(raw)


async def test_garbage_is_refused_without_asking_the_issuer(issuer: Issuer, clock: Clock) -> None:
    assert await reason_for(verifier_of(issuer.url, clock), "garbage") == "malformed"
    assert issuer.requests == 0


async def test_known_keys_serve_for_a_day_through_an_outage(issuer: Issuer, clock: Clock) -> None:
    verifier = verifier_of(issuer.add("a").url, clock)
    raw = issuer.token("a")
    await verifier.verify(raw)
    issuer.answer = lambda handler: handler.reply(b"", status=500)

    for _ in range(23):
        clock.advance(hours=1)
        assert (await verifier.verify(raw)).subject == "ada"
    clock.advance(minutes=59, seconds=59)
    assert (await verifier.verify(issuer.token("a", lifetime=10**6))).subject == "ada"
    clock.advance(seconds=1)
    assert await outcome(verifier, raw) == "KeysAreUnavailable"

    issuer.answer = issuer.publish
    clock.advance(seconds=10)
    assert (await verifier.verify(raw)).subject == "ada"


async def test_an_outage_is_noticed_once_and_then_waited_for_by_nobody(issuer: Issuer, clock: Clock) -> None:
    verifier = verifier_of(issuer.add("a").url, clock, patience=IMPATIENCE)
    raw = issuer.token("a")
    await verifier.verify(raw)
    issuer.answer = issuer.hang
    clock.advance(minutes=5)
    await verifier.verify(raw)
    assert issuer.requests == 2

    clock.advance(seconds=11)
    asked = asyncio.get_running_loop().time()
    await verifier.verify(raw)

    assert asyncio.get_running_loop().time() - asked < IMPATIENCE.total_seconds()
    await eventually(lambda: issuer.requests == 3)
    await verifier.aclose()


async def test_after_a_quiet_time_the_first_caller_waits_for_new_keys_again(issuer: Issuer, clock: Clock) -> None:
    verifier = verifier_of(issuer.add("a").url, clock)
    raw = issuer.token("a")
    await verifier.verify(raw)
    issuer.answer = lambda handler: handler.reply(b"", status=500)
    clock.advance(minutes=5)
    await verifier.verify(raw)
    issuer.answer = issuer.publish
    issuer.published.clear()

    clock.advance(hours=8)

    assert await reason_for(verifier, raw) == "unknown key"


async def test_closing_ends_a_running_download(issuer: Issuer, clock: Clock) -> None:
    issuer.answer = issuer.hang
    verifier = verifier_of(issuer.add("a").url, clock, patience=IMPATIENCE)
    waiting: asyncio.Task[Claims] = asyncio.create_task(verifier.verify(issuer.token("a")))
    await eventually(lambda: issuer.requests == 1)

    await verifier.aclose()

    with pytest.raises((asyncio.CancelledError, KeysAreUnavailable)):
        await waiting
    await verifier.aclose()


async def test_a_caller_who_gives_up_does_not_stop_the_download_for_others(issuer: Issuer, clock: Clock) -> None:
    released = Event()

    def wait(handler: Handler) -> None:
        released.wait(10)
        issuer.publish(handler)

    issuer.answer = wait
    verifier = verifier_of(issuer.add("a").url, clock)
    raw = issuer.token("a")
    impatient, patient = (asyncio.create_task(verifier.verify(raw)) for _ in range(2))
    await eventually(lambda: issuer.requests == 1)

    impatient.cancel()
    await asyncio.wait({impatient})
    released.set()

    assert (await patient).subject == "ada"
    assert impatient.cancelled()


async def test_the_max_age_of_the_answer_is_honoured(issuer: Issuer, clock: Clock) -> None:
    issuer.headers = {"Cache-Control": "max-age=1000"}
    verifier = verifier_of(issuer.add("a").url, clock)
    raw = issuer.token("a")
    await verifier.verify(raw)
    del issuer.published["a"]

    clock.advance(seconds=799)
    await verifier.verify(raw)
    clock.advance(seconds=201)

    assert await reason_for(verifier, raw) == "unknown key"
