"""Several workers behind one address: they answer as one, and outlive each other's deaths."""

import asyncio
import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from pydantic import SecretStr

from bilten.config import Settings
from bilten.workers import environment
from tests.faults.server import STOP_SECONDS, BiltenServer, launch, refusal, serving
from tests.faults.wire import Wire
from tests.processes import are_gone, descendants
from tests.waiting import eventually

CONNECTIONS = 24
ROUNDS = 5


def workers_of(server: BiltenServer) -> set[int]:
    """The processes that serve."""
    return {pid for pid in descendants(server.process.pid) if b"\0worker\0" in command_line(pid)}


def command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


async def scrape(url: str) -> str:
    async with Wire(url) as wire:
        return (await wire.get("/metrics")).body.decode()


def total(text: str, name: str, **labels: str) -> float:
    """The sum of all samples that carry the labels."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return sum(
        sample.value for sample in samples if sample.name == name and labels.items() <= dict(sample.labels).items()
    )


async def send_operations(url: str, name: str) -> None:
    async with Wire(url) as wire:
        for _ in range(ROUNDS):
            wire.post(f"query {name} {{ __typename }}", name=name)
            assert (await wire.reply()).status == 200


def is_replaced(server: BiltenServer, lost: int) -> Callable[[], bool]:
    def check() -> bool:
        return "worker.replaced" in server.said and len(workers_of(server) - {lost}) == 2

    return check


async def test_every_scrape_tells_about_all_workers(home: Path) -> None:
    async with serving(home, "--workers", "2") as server:
        await asyncio.gather(*[send_operations(server.url, "Counted") for _ in range(CONNECTIONS)])

        # Whichever worker answers.
        pages = await asyncio.gather(*[scrape(server.url) for _ in range(10)])

        sent = CONNECTIONS * ROUNDS
        assert {total(page, "bilten_operations_total", operation="Counted") for page in pages} == {sent}
        assert {total(page, "bilten_operation_duration_seconds_count", operation="Counted") for page in pages} == {sent}
        assert {total(page, "bilten_workers") for page in pages} == {2}
        assert {total(page, "bilten_worker_deaths_total") for page in pages} == {0}


async def test_killed_worker_is_replaced_while_the_other_goes_on(home: Path) -> None:
    async with serving(home, "--workers", "2") as server:
        await send_operations(server.url, "Before")
        lost = min(workers_of(server))

        os.kill(lost, signal.SIGKILL)
        await eventually(lambda: are_gone({lost}), what="the death")
        # New connections go to whoever is left.
        await asyncio.gather(*[send_operations(server.url, "After") for _ in range(CONNECTIONS)])

        await eventually(is_replaced(server, lost), what="the replacement")
        assert f"pid={lost} status=-9" in server.said
        page = await scrape(server.url)
        assert total(page, "bilten_operations_total", operation="Before") == ROUNDS
        assert total(page, "bilten_operations_total", operation="After") == ROUNDS * CONNECTIONS
        assert total(page, "bilten_workers") == 2
        assert total(page, "bilten_worker_deaths_total") == 1
        assert await server.stop() == 0


async def test_worker_that_is_asked_to_end_does_so_and_is_replaced(home: Path) -> None:
    async with serving(home, "--workers", "2") as server:
        lost = min(workers_of(server))

        os.kill(lost, signal.SIGTERM)

        await eventually(is_replaced(server, lost), what="the replacement")
        assert await server.status("/readyz") == 200
        assert "Traceback" not in server.said


async def test_workers_end_with_a_killed_supervisor(home: Path) -> None:
    async with serving(home, "--workers", "2") as server:
        assert len(workers_of(server)) == 2

        orphans = await server.kill()

        await eventually(lambda: are_gone(orphans), what="the end of the orphans")
    async with serving(home, "--workers", "2") as server:
        assert await server.status("/readyz") == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
async def test_signal_ends_the_workers_and_the_services(home: Path, number: signal.Signals) -> None:
    async with serving(home, "--workers", "2") as server:
        assert await server.stop(number) == 0
        assert "Traceback" not in server.said


async def test_signal_while_the_workers_start_leaves_nothing_behind(home: Path) -> None:
    server = await launch(home, "--workers", "2")
    await eventually(lambda: len(workers_of(server)) > 0, what="the first worker")
    assert await server.stop() == 0
    assert "Traceback" not in server.said


async def test_worker_that_hangs_does_not_hold_up_the_end(home: Path) -> None:
    async with serving(home, "--workers", "2") as server:
        family = descendants(server.process.pid)
        stuck = min(workers_of(server))
        os.kill(stuck, signal.SIGSTOP)

        server.process.send_signal(signal.SIGTERM)
        await eventually(lambda: len(workers_of(server)) == 1, what="the end of the other worker")
        server.process.send_signal(signal.SIGTERM)

        assert await asyncio.wait_for(server.process.wait(), STOP_SECONDS) == 0
        await eventually(lambda: are_gone(family), within=1, what="the end of what it started")
        assert "worker.killed" in server.said


async def test_workers_that_cannot_start_are_given_up(home: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\nif 'worker' in sys.orig_argv: os._exit(7)\n", encoding="ascii"
    )
    server = await launch(home, "--workers", "2", PYTHONPATH=str(tmp_path))

    assert await asyncio.wait_for(server.process.wait(), STOP_SECONDS) == 1

    assert server.said.strip().endswith("[SERVER_DID_NOT_START]")
    assert len(re.findall(r"worker\.died.*status=7", server.said)) >= 3
    assert "Bilten is ready" not in server.said


async def test_number_of_workers_may_come_from_the_environment(home: Path) -> None:
    async with serving(home, BILTEN_WORKERS="3") as server:
        assert len(workers_of(server)) == 3
        assert "3 processes" in server.said


async def test_one_worker_is_the_server_itself(home: Path) -> None:
    async with serving(home) as server:
        assert workers_of(server) == set()


async def test_no_worker_starts_where_the_home_is_in_use(home: Path) -> None:
    async with serving(home, "--workers", "2"):
        assert (await refusal(home, "--workers", "2")).endswith("[HOME_IS_BUSY]")


def test_settings_reach_a_worker_unchanged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        host="::1",
        port=8123,
        database_url=SecretStr("postgresql://a:b%20c@/x?host=/tmp/y z"),
        cors_origins=("https://a.example", "https://b.example"),
        metrics_token=SecretStr("t" * 20),
        workers=3,
    )
    for name in ("BILTEN_HOST", "bilten_secret"):
        monkeypatch.setenv(name, "stale")

    given = environment(settings)

    for name in ("BILTEN_HOST", "bilten_secret"):
        monkeypatch.delenv(name)
    for name, text in given.items():
        monkeypatch.setenv(name, text)
    assert Settings.load() == settings.model_copy(update={"home": settings.resolved_home})
