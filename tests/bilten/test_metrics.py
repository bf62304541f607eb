"""Metrics: what is counted and measured, that clients cannot fill memory with names, and who may read the page."""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx2
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette

from app import create_app
from bilten.config import Environment
from bilten.metrics import MOST_CODES, MOST_OPERATIONS, Metrics
from bilten.metrics_sampler import keep_sampling
from db.database import PoolCounts, connect
from db.lanes import Trouble
from tests.api import Api
from tests.bilten.exposition import families, rendered, value
from tests.waiting import eventually

ISSUER = {
    "jwks_url": "https://issuer.example/keys",
    "jwt_issuer": "https://issuer.example",
    "jwt_audience": "bilten",
}
ROOT = Path(__file__).parents[2]


def operations(metrics: Metrics) -> set[str]:
    return {sample.labels["operation"] for sample in families(rendered(metrics))["bilten_operations"].samples}


def test_operation_is_counted_with_its_time_and_its_statements() -> None:
    metrics = Metrics()

    metrics.operation("Discover", "query", "ok", 0.02, 4)
    metrics.operation("Discover", "query", "errors", 0.3, 6)

    text = rendered(metrics)
    labels = {"operation": "Discover", "kind": "query"}
    assert value(text, "bilten_operations_total", {**labels, "outcome": "ok"}) == 1
    assert value(text, "bilten_operations_total", {**labels, "outcome": "errors"}) == 1
    assert value(text, "bilten_operation_duration_seconds_count", labels) == 2
    assert value(text, "bilten_operation_duration_seconds_bucket", {**labels, "le": "0.025"}) == 1
    assert value(text, "bilten_operation_statements_sum", labels) == 10
    assert value(text, "bilten_operation_statements_bucket", {**labels, "le": "5.0"}) == 1


def test_lanes_tell_of_batches_of_those_turned_away_and_of_troubles() -> None:
    metrics = Metrics()

    metrics.lanes.flushed(7, 0.02)
    metrics.lanes.flushed(512, 0.3)
    metrics.lanes.busy()
    metrics.lanes.trouble(Trouble.UNKNOWN)
    metrics.lanes.waiting(40)

    text = rendered(metrics)
    assert value(text, "bilten_lane_batch_size_count") == 2
    assert value(text, "bilten_lane_batch_size_bucket", {"le": "8.0"}) == 1
    assert value(text, "bilten_lane_batch_size_bucket", {"le": "512.0"}) == 2
    assert value(text, "bilten_lane_flush_seconds_bucket", {"le": "0.025"}) == 1
    assert value(text, "bilten_lane_busy_total") == 1
    assert value(text, "bilten_lane_troubles_total", {"kind": "unknown"}) == 1
    assert value(text, "bilten_lane_waiting") == 40


def test_every_trouble_of_lanes_is_explained() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")

    assert [kind for kind in Trouble if f"`{kind}`" not in page] == []


def test_operation_without_a_name_is_anonymous() -> None:
    metrics = Metrics()

    metrics.operation(None, "query", "ok", 0.02, 4)
    metrics.operation("", "query", "ok", 0.02, 4)

    labels = {"operation": "anonymous", "kind": "query", "outcome": "ok"}
    assert value(rendered(metrics), "bilten_operations_total", labels) == 2


@pytest.mark.parametrize("name", ["a b", "1st", 'x"y', "x\n", "é", "A" * 65, "{}"])
def test_name_that_is_none_is_counted_among_the_others(name: str) -> None:
    metrics = Metrics()

    metrics.operation(name, "query", "ok", 0.02, 4)

    assert operations(metrics) == {"other"}


def test_names_beyond_the_bound_are_counted_among_the_others() -> None:
    metrics = Metrics()

    for number in range(MOST_OPERATIONS + 50):
        metrics.operation(f"Operation{number}", "query", "ok", 0.02, 4)
    metrics.operation("Operation0", "query", "ok", 0.02, 4)

    assert len(operations(metrics)) == MOST_OPERATIONS + 1
    labels = {"kind": "query", "outcome": "ok"}
    assert value(rendered(metrics), "bilten_operations_total", {"operation": "other", **labels}) == 50
    assert value(rendered(metrics), "bilten_operations_total", {"operation": "Operation0", **labels}) == 2


def test_kinds_and_outcomes_that_nobody_named_are_counted_among_the_others() -> None:
    metrics = Metrics()

    for number in range(10):
        metrics.operation("Discover", f"kind{number}", f"outcome{number}", 0.02, 4)

    labels = {"operation": "Discover", "kind": "other", "outcome": "other"}
    assert value(rendered(metrics), "bilten_operations_total", labels) == 10


def test_refusals_and_documents_are_counted_up_to_a_bound_of_labels() -> None:
    metrics = Metrics()

    for number in range(MOST_CODES + 10):
        metrics.refused(f"CODE_{number}")
    for _ in range(3):
        metrics.document("hit")

    text = rendered(metrics)
    assert value(text, "bilten_requests_refused_total", {"code": "CODE_0"}) == 1
    assert value(text, "bilten_requests_refused_total", {"code": "other"}) == 10
    assert value(text, "bilten_documents_total", {"result": "hit"}) == 3


def test_every_family_is_described_and_typed() -> None:
    found = families(rendered(Metrics()))

    assert all(family.documentation and family.type != "unknown" for family in found.values())
    assert {name for name in found if not name.startswith(("bilten_", "process_"))} == set()


async def test_page_is_in_the_format_of_prometheus_and_tells_about_the_services(api: Api) -> None:
    response = await api.http.get("/metrics")

    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=")
    assert response.headers["cache-control"] == "no-store"
    assert value(response.text, "bilten_service_up", {"service": "database"}) == 1
    assert value(response.text, "bilten_service_up", {"service": "redis"}) == 1
    assert value(response.text, "bilten_build_info", {"version": "0.1.0"}) == 1
    assert value(response.text, "bilten_workers") == 1


async def test_requests_are_counted_by_their_operations(api: Api) -> None:
    await api.run("query Browse { events(first: 1) { totalCount } }")
    await api.run('mutation Leave { createOrganization(input: {name: ""}) { problems { code } } }')
    await api.run("query Broken { nothing }")
    await api.http.post("/graphql", content=b"{", headers={"content-type": "application/json"})

    text = (await api.http.get("/metrics")).text

    browse = {"operation": "Browse", "kind": "query"}
    assert value(text, "bilten_operations_total", {**browse, "outcome": "ok"}) == 1
    assert value(text, "bilten_operation_duration_seconds_count", browse) == 1
    assert (value(text, "bilten_operation_statements_sum", browse) or 0) >= 1
    outcomes = {
        sample.labels["operation"]: sample.labels["outcome"] for sample in families(text)["bilten_operations"].samples
    }
    assert outcomes["Browse"] == "ok"
    assert outcomes["Leave"] == "errors"
    assert "rejected" in outcomes.values()
    assert families(text)["bilten_requests_refused"].samples


async def test_sampling_shows_the_pool_the_documents_and_the_process(api: Api) -> None:
    await api.run("{ __typename }")

    async def has_samples() -> bool:
        text = (await api.http.get("/metrics")).text
        return (value(text, "bilten_document_cache_entries") or 0) > 0

    await eventually(has_samples, what="a sample after the operation")
    text = (await api.http.get("/metrics")).text
    assert (value(text, "bilten_document_cache_bytes") or 0) > 0
    assert value(text, "bilten_database_connections_max") == api.settings.database_pool_size
    assert (value(text, "process_cpu_seconds_total") or 0) > 0
    assert (value(text, "process_resident_memory_bytes") or 0) > 10_000_000


@asynccontextmanager
async def sampled(url: str, metrics: Metrics) -> AsyncGenerator[None]:
    database = await connect(url, pool_size=3)
    sampler = asyncio.create_task(keep_sampling(metrics, database, lambda: (7, 7_000), interval=0.01))
    try:
        yield
    finally:
        sampler.cancel()
        await asyncio.wait({sampler})
        await database.close()


async def test_a_stalled_event_loop_shows_as_lag(database_url: str) -> None:
    metrics = Metrics()

    async with sampled(database_url, metrics):
        await eventually(
            lambda: (value(rendered(metrics), "bilten_event_loop_lag_seconds_count") or 0) > 0, what="a first sample"
        )
        # What must never happen in the server: the loop computes and does nothing else.
        until = time.perf_counter() + 0.3
        while time.perf_counter() < until:
            pass
        await eventually(
            lambda: (value(rendered(metrics), "bilten_event_loop_lag_worst_seconds") or 0) > 0.2, what="the lag"
        )

    text = rendered(metrics)
    count = value(text, "bilten_event_loop_lag_seconds_count") or 0
    assert (value(text, "bilten_event_loop_lag_seconds_bucket", {"le": "0.1"}) or 0) < count


async def test_size_of_the_document_cache_is_shown(database_url: str) -> None:
    metrics = Metrics()

    async with sampled(database_url, metrics):
        await eventually(
            lambda: value(rendered(metrics), "bilten_document_cache_bytes") == 7_000, what="the size of the cache"
        )

    assert value(rendered(metrics), "bilten_document_cache_entries") == 7


async def test_a_sample_that_fails_is_not_the_last(database_url: str) -> None:
    metrics = Metrics()
    asked = 0

    def documents() -> tuple[int, int]:
        nonlocal asked
        asked += 1
        if asked < 3:
            raise RuntimeError(asked)
        return 1, 1

    database = await connect(database_url, pool_size=3)
    sampler = asyncio.create_task(keep_sampling(metrics, database, documents, interval=0.01))
    await eventually(lambda: value(rendered(metrics), "bilten_document_cache_bytes") == 1, what="a sample")
    sampler.cancel()
    await asyncio.wait({sampler})
    await database.close()


def client(app: Starlette) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://bilten.test")


@asynccontextmanager
async def application(api: Api, **changes: object) -> AsyncGenerator[httpx2.AsyncClient]:
    settings = api.settings.model_copy(update=changes)
    app = create_app(settings)
    async with app.router.lifespan_context(app), client(app) as http:
        yield http


async def test_two_applications_of_one_process_count_apart(api: Api) -> None:
    async with application(api) as other:
        metrics = (await other.get("/metrics")).text
        assert value(metrics, "bilten_workers") == 1
        await other.post("/graphql", json={"query": "query Apart { __typename }", "operationName": "Apart"})

        def counted(text: str) -> int:
            return sum("Apart" in sample.labels.values() for sample in families(text)["bilten_operations"].samples)

        assert counted((await other.get("/metrics")).text) == 1
        assert counted((await api.http.get("/metrics")).text) == 0


@pytest.mark.parametrize(
    "header", [None, "Bearer", "Bearer ", "Bearer wrong", "Basic letters-and-more", "Bearer letters-and-more2", "é"]
)
async def test_page_with_a_token_is_refused_without_it(api: Api, header: str | None) -> None:
    async with application(api, metrics_token=SecretStr("letters-and-more")) as http:
        headers = [(b"authorization", header.encode("latin-1"))] if header is not None else []

        response = await http.get("/metrics", headers=headers)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("header", ["Bearer letters-and-more", "bearer letters-and-more"])
@pytest.mark.parametrize("env", list(Environment))
async def test_page_opens_to_its_token(api: Api, env: Environment, header: str) -> None:
    async with application(api, env=env, **ISSUER, metrics_token=SecretStr("letters-and-more")) as http:
        response = await http.get("/metrics", headers={"authorization": header})

    assert response.status_code == 200


async def test_in_production_there_is_no_page_without_a_token(api: Api) -> None:
    async with application(api, env=Environment.PRODUCTION, **ISSUER) as http:
        answers = [await http.request(method, path) for path in ("/metrics", "/nothing") for method in ("GET", "POST")]

    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


def test_the_command_line_answers_without_loading_prometheus() -> None:
    script = "import sys, bilten.cli; sys.exit('prometheus_client' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", script], check=False, cwd=ROOT).returncode == 0


async def test_connections_of_the_pool_are_idle_or_used(database_url: str) -> None:
    database = await connect(database_url, pool_size=3)
    try:
        assert database.pool_counts() == PoolCounts(idle=0, used=0, most=3)
        async with database.transaction() as session:
            await session.fetch("SELECT 1")
            assert database.pool_counts() == PoolCounts(idle=0, used=1, most=3)
        assert database.pool_counts() == PoolCounts(idle=1, used=0, most=3)
    finally:
        await database.close()
