"""Probes: alive without any work, ready only when every part is, and never a load or a leak."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from typing import cast

import httpx2
import pytest
from starlette.applications import Starlette

from bilten.health import Check, CheckFailed, health_routes


class Monotonic:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class Part:
    """Something that is checked: it counts, and answers, fails or waits as told."""

    def __init__(self, *, detail: str | None = None, failure: Exception | None = None) -> None:
        self.detail = detail
        self.failure = failure
        self.asked = 0
        self.cancelled = 0
        self.asking = asyncio.Event()
        self.answering = asyncio.Event()
        self.answering.set()

    async def check(self) -> str | None:
        self.asked += 1
        self.asking.set()
        try:
            await self.answering.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.failure:
            raise self.failure
        return self.detail


class Probe:
    """A client of one application."""

    def __init__(self, checks: Mapping[str, Check], *, dispensable: Collection[str] = (), timeout: float = 5.0) -> None:
        self.time = Monotonic()
        routes = health_routes(checks, dispensable=dispensable, timeout=timeout, monotonic=self.time)
        app = Starlette(routes=routes)
        self.client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://probe.example")

    async def ready(self) -> tuple[int, dict[str, object]]:
        response = await self.client.get("/readyz")
        return response.status_code, cast("dict[str, object]", response.json())


async def test_a_process_that_answers_is_alive_and_checks_nothing() -> None:
    part = Part(failure=CheckFailed("down"))

    response = await Probe({"database": part.check}).client.get("/healthz")

    assert response.status_code == 200
    assert response.json() == {"status": "ok"}
    assert response.headers["cache-control"] == "no-store"
    assert part.asked == 0


async def test_ready_means_that_every_part_is() -> None:
    probe = Probe({"database": Part(detail="PostgreSQL 18").check, "redis": Part().check})

    assert await probe.ready() == (
        200,
        {
            "status": "ready",
            "checks": {
                "database": {"ok": True, "detail": "PostgreSQL 18", "ms": 0.0},
                "redis": {"ok": True, "detail": None, "ms": 0.0},
            },
        },
    )


async def test_part_that_can_be_done_without_degrades_and_no_more() -> None:
    away = Part(failure=CheckFailed("does not answer"))
    probe = Probe({"database": Part().check, "redis": away.check}, dispensable={"redis"})

    status, body = await probe.ready()

    assert (status, body["status"]) == (200, "degraded")


async def test_the_part_that_is_missing_is_named() -> None:
    waiting = Part(failure=CheckFailed("3 migrations are pending"))

    status, body = await Probe({"database": Part().check, "migrations": waiting.check}).ready()

    assert status == 503
    assert body == {
        "status": "unready",
        "checks": {
            "database": {"ok": True, "detail": None, "ms": 0.0},
            "migrations": {"ok": False, "detail": "3 migrations are pending", "ms": 0.0},
        },
    }


async def test_nothing_to_check_means_ready() -> None:
    assert await Probe({}).ready() == (200, {"status": "ready", "checks": {}})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_probes_may_ask_for_the_head_only_and_nothing_is_kept(path: str) -> None:
    probe = Probe({"database": Part(failure=CheckFailed("down")).check})

    head, get, post = [await probe.client.request(method, path) for method in ("HEAD", "GET", "POST")]

    assert head.status_code == get.status_code
    assert head.content == b""
    assert head.headers["cache-control"] == get.headers["cache-control"] == "no-store"
    assert post.status_code == 405


@pytest.mark.parametrize(
    "failure",
    [
        CheckFailed("cannot reach postgresql://bilten:hunter2@db.internal/bilten"),
        CheckFailed("redis said no, password=hunter2"),
        ConnectionRefusedError(111, "hunter2@db.internal refused"),
        RuntimeError("hunter2"),
    ],
)
async def test_no_detail_tells_an_address_or_a_secret(failure: Exception) -> None:
    probe = Probe({"database": Part(failure=failure).check, "redis": Part(detail="redis://:hunter2@db.internal").check})

    response = await probe.client.get("/readyz")

    assert response.status_code == 503
    assert "hunter2" not in response.text
    assert "db.internal" not in response.text


async def test_a_long_detail_is_cut() -> None:
    _, body = await Probe({"database": Part(detail="x" * 1_000).check}).ready()

    checks = cast("dict[str, dict[str, str]]", body["checks"])
    assert len(checks["database"]["detail"]) == 200


async def test_probes_that_overlap_share_one_run() -> None:
    part = Part()
    part.answering.clear()
    probe = Probe({"database": part.check})
    asking = [asyncio.create_task(probe.ready()) for _ in range(20)]
    await part.asking.wait()

    part.answering.set()

    assert {status for status, _ in await asyncio.gather(*asking)} == {200}
    assert part.asked == 1


async def test_a_run_is_shared_for_a_second() -> None:
    part = Part()
    probe = Probe({"database": part.check})
    await probe.ready()
    part.failure = CheckFailed("down")

    probe.time.seconds += 0.9
    assert (await probe.ready())[0] == 200
    probe.time.seconds += 0.1
    assert (await probe.ready())[0] == 503
    assert part.asked == 2


async def test_a_probe_that_gives_up_does_not_stop_the_run() -> None:
    part = Part()
    part.answering.clear()
    probe = Probe({"database": part.check})
    leaving, staying = (asyncio.create_task(probe.ready()) for _ in range(2))
    await part.asking.wait()

    leaving.cancel()
    await asyncio.wait({leaving})
    part.answering.set()

    assert (await staying)[0] == 200
    assert part.asked == 1


async def test_a_part_that_does_not_answer_in_time_is_missing_and_the_others_are_not() -> None:
    slow = Part()
    slow.answering.clear()
    probe = Probe({"database": slow.check, "redis": Part().check}, timeout=0.05)

    status, body = await probe.ready()

    assert status == 503
    assert body["checks"] == {
        "database": {"ok": False, "detail": "no answer within 0.05 s", "ms": 50.0},
        "redis": {"ok": True, "detail": None, "ms": 0.0},
    }
    probe.time.seconds += 1
    slow.answering.set()
    assert (await probe.ready())[0] == 200
    assert slow.cancelled == 1


@pytest.fixture
async def stubborn() -> AsyncIterator[tuple[Check, list[str], asyncio.Event]]:
    """A check that ignores its cancellation until it is released."""
    starts: list[str] = []
    released = asyncio.Event()

    async def check() -> str | None:
        starts.append("started")
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue
        return None

    yield check, starts, released
    released.set()


async def test_a_check_that_cannot_be_stopped_is_not_started_again(
    stubborn: tuple[Check, list[str], asyncio.Event],
) -> None:
    check, starts, released = stubborn
    probe = Probe({"database": check}, timeout=0.05)

    for _ in range(3):
        assert (await probe.ready())[0] == 503
        probe.time.seconds += 1
    assert starts == ["started"]

    released.set()
    assert (await probe.ready())[0] == 200
