"""What each user, or each address of those who have not signed in, may spend in a minute on operations.

The count is kept in Redis, so that it holds over all processes. Asking Redis for every request would cost more than
many a request: each process takes some of the budget ahead and spends it by itself. Without Redis every process
counts alone, which is generous by the number of processes and never an error.
"""

import asyncio
import math
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError
from redis.asyncio import ConnectionPool

_AHEAD = 4
"""A process takes so many times what it needs, or as soon as that is more, one part in so many of what it has spent.

What a process takes and does not use is lost to the others for the rest of the minute, so it follows the use.
"""
_REMEMBERED = 20_000
"""Users and addresses whose shares a process knows; of those forgotten, what they had taken ahead is lost."""
_RETRY_REDIS_AFTER = 5.0
"""Seconds for which a process counts alone once Redis has not answered."""
_log = structlog.get_logger("bilten.budget")


class BudgetIsSpent(Exception):
    """The budget is used up; `retry_after` is in seconds."""

    def __init__(self, retry_after: int, limit: int) -> None:
        super().__init__("the budget is spent")
        self.retry_after = retry_after
        self.limit = limit


@dataclass(slots=True)
class _Share:
    """What is left of the budget that the process has taken; it ends with the minute that it was taken in."""

    left: int
    remaining: int
    ends: float
    spent: int = 0
    taking: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held by whoever takes more for it."""


class Budgets:
    """The budgets of everybody. `spend` is called for every operation and mostly stays in the process."""

    def __init__(self, redis_url: str | None, *, retry_redis_after: float = _RETRY_REDIS_AFTER) -> None:
        self._local = FixedWindowRateLimiter(MemoryStorage())
        self._redis: FixedWindowRateLimiter | None = None
        self._pool: ConnectionPool | None = None
        if redis_url:
            self._pool = ConnectionPool.from_url(  # pyright: ignore[reportUnknownMemberType]
                redis_url, socket_timeout=0.5, socket_connect_timeout=0.5
            )
            # The pool knows the address; the storage only wants to see one of its own kind.
            pool = cast("Any", self._pool)
            storage = RedisStorage(
                "async+redis://", wrap_exceptions=True, implementation="redispy", connection_pool=pool
            )
            self._redis = FixedWindowRateLimiter(storage)
        self._redis_is_away_until = 0.0
        self._retry_redis_after = retry_redis_after
        self._shares: OrderedDict[str, _Share] = OrderedDict()

    async def spend(self, who: str, cost: int, per_minute: int) -> int:
        """Take a cost from a budget and return about what is left of it. Raises `BudgetIsSpent`."""
        share = self._share(who, per_minute)
        if share.left < cost:
            # One after the other: of many that come at once, each would take ahead, and the last ones find nothing.
            async with share.taking:
                if share.left < cost:
                    await self._take_more(who, share, cost, per_minute)
                share.left -= cost
        else:
            share.left -= cost
        share.spent += cost
        return share.left + share.remaining

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._pool is not None:
            await self._pool.aclose()

    def _share(self, who: str, per_minute: int) -> _Share:
        share = self._shares.get(who)
        if share is None or share.ends <= time.time():
            share = self._shares[who] = _Share(0, per_minute, math.inf)
        self._shares.move_to_end(who)
        if len(self._shares) > _REMEMBERED:
            self._shares.popitem(last=False)
        return share

    async def _take_more(self, who: str, share: _Share, cost: int, per_minute: int) -> None:
        # While more is asked for, nobody else spends what is there.
        kept, share.left = (share.left if share.ends > time.time() else 0), 0
        try:
            await self._take(who, share, cost - kept, per_minute)
        finally:
            share.left += kept

    async def _take(self, who: str, share: _Share, wanted: int, per_minute: int) -> None:
        if self._redis is not None and time.monotonic() >= self._redis_is_away_until:
            try:
                await _take_from(self._redis, who, share, wanted, per_minute)
            except StorageError as error:
                self._redis_is_away_until = time.monotonic() + self._retry_redis_after
                _log.warning("budget.counted_alone", reason=type(error.__cause__ or error).__name__)
            else:
                return
        await _take_from(self._local, who, share, wanted, per_minute)


async def _take_from(limiter: FixedWindowRateLimiter, who: str, share: _Share, wanted: int, per_minute: int) -> None:
    item = RateLimitItemPerMinute(per_minute)
    stats = await limiter.get_window_stats(item, who)
    taken = min(max(wanted * _AHEAD, share.spent // _AHEAD), stats.remaining)
    # Two processes may both see the last of a budget; the count decides who gets it.
    if taken < wanted or not await limiter.hit(item, who, cost=taken):
        now = time.time()
        raise BudgetIsSpent(max(1, math.ceil(stats.reset_time - now)), per_minute)
    share.left += taken
    share.remaining = stats.remaining - taken
    share.ends = stats.reset_time if stats.remaining < per_minute else time.time() + item.get_expiry()
