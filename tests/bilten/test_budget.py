"""Budgets: nobody spends more than theirs, over all processes, and Redis is a convenience for counting."""

import asyncio
import os
import random
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from bilten.budget import BudgetIsSpent, Budgets
from bilten.embedded.home import locked_home
from bilten.embedded.redis import RedisServer
from tests.api import Api, Clock, running_api
from tests.commands import together
from tests.folders import passable_folder
from tests.waiting import eventually
from tests.world import address

NOWHERE = "redis://127.0.0.1:1"


def anybody() -> str:
    return f"user:{uuid4()}"


@asynccontextmanager
async def processes(url: str | None, count: int = 1) -> AsyncGenerator[list[Budgets]]:
    """What so many processes count with."""
    counting = [Budgets(url, retry_redis_after=0.05) for _ in range(count)]
    try:
        yield counting
    finally:
        for budgets in counting:
            await budgets.close()


async def granted(budgets: Budgets, who: str, cost: int, limit: int) -> int:
    """What somebody was let spend."""
    try:
        await budgets.spend(who, cost, limit)
    except BudgetIsSpent:
        return 0
    return cost


async def spent(budgets: Budgets, who: str, limit: int) -> int:
    """What somebody can spend one by one until they are refused."""
    total = 0
    while await granted(budgets, who, 1, limit):
        total += 1
        assert total <= 10 * limit
    return total


# --- Counting ---------------------------------------------------------------------------------------------------------


async def test_budget_is_spent_to_its_end_and_no_further(redis_url: str) -> None:
    async with processes(redis_url) as [budgets]:
        who = anybody()

        assert await spent(budgets, who, 200) == 200
        with pytest.raises(BudgetIsSpent) as refused:
            await budgets.spend(who, 1, 200)

    assert refused.value.limit == 200
    assert 1 <= refused.value.retry_after <= 60


async def test_what_is_left_goes_down_with_what_is_spent(redis_url: str) -> None:
    async with processes(redis_url) as [budgets]:
        who = anybody()

        assert [await budgets.spend(who, cost, 100) for cost in (10, 1, 49, 40)] == [90, 89, 40, 0]


async def test_who_cannot_afford_much_may_still_spend_what_is_left(redis_url: str) -> None:
    async with processes(redis_url) as [budgets]:
        who = anybody()

        assert [await granted(budgets, who, cost, 100) for cost in (60, 50, 101, 40, 1)] == [60, 0, 0, 40, 0]


async def test_spent_budget_of_one_is_nobody_elses(redis_url: str) -> None:
    async with processes(redis_url) as [budgets]:
        one, other = anybody(), anybody()
        await spent(budgets, one, 50)

        assert await spent(budgets, other, 50) == 50


@pytest.mark.parametrize("url", ["shared", None], ids=["with Redis", "alone"])
async def test_requests_at_the_same_time_spend_no_more_than_there_is(redis_url: str, url: str | None) -> None:
    async with processes(redis_url if url else None) as [budgets]:
        for cost in (1, 7, 20, 33):
            who, limit = anybody(), 500
            await budgets.spend(who, cost, limit)

            total = cost + sum(await together([granted(budgets, who, cost, limit) for _ in range(200)]))

            assert min(limit + 1 - cost, 201 * cost) <= total <= limit


@pytest.mark.parametrize("seed", range(6))
async def test_processes_spend_no_more_together_and_most_of_it(redis_url: str, seed: int) -> None:
    drawn = random.Random(seed)  # noqa: S311 - a test's dice, the same in every run
    who, limit = anybody(), 1_000
    dearest = drawn.choice([3, 8, 20])
    totals: list[int] = []

    async def ask(budgets: Budgets, costs: list[int]) -> None:
        totals.extend([await granted(budgets, who, cost, limit) for cost in costs])

    async with processes(redis_url, 2) as counting:
        clients = drawn.randint(1, 8)
        # Together they want about twice what there is.
        requests = 2 * limit // dearest // clients + 1
        await together(
            [
                ask(budgets, [drawn.randint(1, dearest) for _ in range(requests)])
                for budgets in counting
                for _ in range(clients)
            ]
        )

    assert 0.7 * limit <= sum(totals) <= limit


async def test_request_that_is_cancelled_takes_nothing_with_it(redis_url: str) -> None:
    async with processes(redis_url) as [budgets]:
        who = anybody()
        await budgets.spend(who, 1, 100)
        for _ in range(20):
            gone = asyncio.ensure_future(budgets.spend(who, 50, 100))
            await asyncio.wait([gone], timeout=0)
            gone.cancel()
            await asyncio.wait([gone])

        assert 0 < await budgets.spend(who, 3, 100) <= 96


# --- Without Redis ----------------------------------------------------------------------------------------------------


@dataclass
class Redis:
    """A server of these tests alone, which they stop and start."""

    server: RedisServer
    process: Process | None = None

    async def start(self) -> None:
        if self.process is None:
            self.process = await self.server.start()

    async def stop(self) -> None:
        if self.process is not None:
            process, self.process = self.process, None
            await self.server.stop(process)

    def send(self, signal_: signal.Signals) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal_)


@pytest.fixture(scope="session")
async def own_redis() -> AsyncGenerator[Redis]:
    with passable_folder() as folder, locked_home(folder / "home", mode=0o711) as home:
        redis = Redis(RedisServer(home, lambda _: None))
        try:
            yield redis
        finally:
            await redis.stop()


@pytest.fixture
async def redis(own_redis: Redis) -> Redis:
    await own_redis.start()
    return own_redis


@pytest.mark.parametrize("url", [None, NOWHERE, "unix:///nothing/is/here.sock", "redis://127.0.0.1:1/15"])
async def test_each_process_counts_alone_where_there_is_no_redis(url: str | None) -> None:
    async with processes(url, 2) as [one, other]:
        who = anybody()

        assert await spent(one, who, 100) == 100
        assert await spent(other, who, 100) == 100


async def test_redis_that_goes_away_in_the_middle_refuses_nobody_and_is_found_again(redis: Redis) -> None:
    async with processes(redis.server.url, 2) as [one, other]:
        who = anybody()
        assert await granted(one, who, 90, 100) == 90

        await redis.stop()
        stranger = anybody()
        assert [await granted(one, stranger, 60, 100) for _ in range(2)] == [60, 0]
        # What had been counted is lost with Redis, and each counts alone: generous, and no error.
        assert await granted(other, who, 90, 100) == 90

        await redis.start()

        async def share_again() -> bool:
            newcomer = anybody()
            return [await granted(budgets, newcomer, 60, 100) for budgets in (one, other)] == [60, 0]

        await eventually(share_again, what="one count over both processes")


async def test_redis_that_hangs_holds_nobody_up_for_long(redis: Redis) -> None:
    async with processes(redis.server.url) as [budgets]:
        who = anybody()
        await budgets.spend(who, 1, 1_000)
        redis.send(signal.SIGSTOP)
        try:
            async with asyncio.timeout(5):
                assert await granted(budgets, who, 900, 1_000) == 900
        finally:
            redis.send(signal.SIGCONT)


# --- Over HTTP --------------------------------------------------------------------------------------------------------


async def ask(api: Api, by: str | None = None, query: str = "{ __typename }") -> httpx2.Response:
    headers = {"authorization": f"Bearer {api.token(by)}"} if by else {}
    return await api.http.post("/graphql", json={"query": query}, headers=headers)


async def refusal(api: Api, by: str | None = None) -> httpx2.Response:
    """The first answer to somebody whose budget is spent."""
    for _ in range(400):
        response = await ask(api, by)
        if response.status_code != 200:
            return response
    message = "nobody was ever refused"
    raise AssertionError(message)


@asynccontextmanager
async def limited(database_url: str, redis: Redis, home: Path, clock: Clock, **settings: Any) -> AsyncGenerator[Api]:
    async with running_api(database_url, redis.server.url, home, clock, **settings) as api:
        yield api


async def test_who_has_not_signed_in_shares_the_budget_of_an_address(
    database_url: str, redis: Redis, tmp_path: Path, clock: Clock
) -> None:
    async with limited(database_url, redis, tmp_path, clock, anonymous_cost_per_minute=101) as api:
        refused = await refusal(api)

        error: dict[str, Any] = refused.json()["errors"][0]
        assert refused.status_code == 429
        assert refused.headers["content-type"].startswith("application/json")
        assert error["extensions"] == {
            "code": "RATE_LIMITED",
            "retryAfter": int(refused.headers["retry-after"]),
            "cost": 1,
            "limit": 101,
        }
        assert 1 <= error["extensions"]["retryAfter"] <= 60
        assert "data" not in refused.json()
        # Signed in, the same address has a budget of its own, here without an end.
        assert (await ask(api, address("guest"))).status_code == 200


async def test_each_user_has_a_budget_of_their_own(
    database_url: str, redis: Redis, tmp_path: Path, clock: Clock
) -> None:
    async with limited(database_url, redis, tmp_path, clock, cost_per_minute=102) as api:
        spender, saver = address("spender"), address("saver")

        assert (await refusal(api, spender)).status_code == 429
        assert (await ask(api, saver)).status_code == 200
        assert (await ask(api)).status_code == 200
        assert (await ask(api, spender)).status_code == 429


async def test_documents_that_cannot_run_cost_something_too(
    database_url: str, redis: Redis, tmp_path: Path, clock: Clock
) -> None:
    async with limited(database_url, redis, tmp_path, clock, anonymous_cost_per_minute=500) as api:
        statuses = [(await ask(api, query=f"{{ nothing{number} }}")).status_code for number in range(40)]

    assert statuses[0] == 200
    assert statuses[-1] == 429


async def test_rest_of_a_batch_is_refused_once_the_budget_is_spent(
    database_url: str, redis: Redis, tmp_path: Path, clock: Clock
) -> None:
    async with limited(database_url, redis, tmp_path, clock, anonymous_cost_per_minute=300) as api:
        batch = [{"query": "{ __typename }"}] * 2 + [{"query": "{ events(first: 150) { edges { cursor } } }"}] * 4
        answers: list[dict[str, Any]] = (await api.http.post("/graphql", json=batch)).json()

    assert ["data" in answer for answer in answers] == [True, True, True, False, False, False]
    assert {answer["errors"][0]["extensions"]["code"] for answer in answers[3:]} == {"RATE_LIMITED"}


async def test_application_without_redis_limits_by_itself(database_url: str, tmp_path: Path, clock: Clock) -> None:
    async with running_api(database_url, NOWHERE, tmp_path, clock, anonymous_cost_per_minute=103) as api:
        assert (await refusal(api)).status_code == 429


async def test_cost_beyond_a_whole_budget_is_not_put_off(
    database_url: str, redis_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with running_api(database_url, redis_url, tmp_path, clock, anonymous_cost_per_minute=50) as api:
        answer = await api.run("{ events(first: 100) { edges { node { id } } } }")

    assert answer.codes == ["QUERY_TOO_COMPLEX"]
    assert "retry-after" not in answer.headers
