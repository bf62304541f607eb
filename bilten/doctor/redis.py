"""Checks of Redis: whether it answers, and whether it is set up as what it is here, a cache that may forget."""

from collections.abc import AsyncGenerator
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from bilten.addresses import shown_address
from bilten.config import Settings
from bilten.doctor.findings import Finding, ok, problem, reason, warning
from bilten.doctor.services import Services

SECONDS = 3.0
OLDEST_VERSION = (6,)
NEARLY_FULL = 0.9


async def redis_findings(settings: Settings, services: Services) -> AsyncGenerator[Finding]:
    """Everything about Redis; nothing of it is truth, so losing it loses no registration."""
    if services.redis is None:
        return
    try:
        client = Redis.from_url(services.redis, socket_timeout=SECONDS, socket_connect_timeout=SECONDS)  # pyright: ignore[reportUnknownMemberType]
    except ValueError as error:
        yield _unreachable(settings, services.redis, error)
        return
    try:
        info = cast("dict[str, Any]", await client.info())  # pyright: ignore[reportUnknownMemberType]
    except (RedisError, OSError, TimeoutError) as error:
        yield _unreachable(settings, services.redis, error)
        return
    finally:
        await client.aclose()
    for finding in judged(info):
        yield finding


def judged(info: dict[str, Any]) -> list[Finding]:
    """What the answer to INFO says."""
    version = str(info.get("redis_version", "of no version"))
    used, most = int(info.get("used_memory", 0)), int(info.get("maxmemory", 0))
    policy = str(info.get("maxmemory_policy", "noeviction"))
    room = f"{used / 2**20:.0f} of {most / 2**20:,.0f} MiB" if most else f"{used / 2**20:.0f} MiB, without a limit"
    found = [ok("redis", f"Redis {version} answers, uses {room}, {policy}")]
    if version[0].isdigit() and tuple(int(part) for part in version.split(".")[:1]) < OLDEST_VERSION:
        found.append(warning("redis", f"Redis {version} is too old to be tried", "upgrade Redis to 6 or newer"))
    if info.get("role") == "slave":
        found.append(problem("redis", "it is a replica: nothing can be written", "BILTEN_REDIS_URL of the primary"))
    if not most:
        found.append(
            warning(
                "redis", "its memory has no limit", "maxmemory 128mb and maxmemory-policy allkeys-lru in redis.conf"
            )
        )
    elif policy == "noeviction":
        told = "it refuses to write when it is full, instead of forgetting what is old"
        found.append(warning("redis", told, "maxmemory-policy allkeys-lru in redis.conf"))
        if used > most * NEARLY_FULL:
            found.append(warning("redis", "it is nearly full", "a larger maxmemory in redis.conf"))
    return found


def _unreachable(settings: Settings, url: str, error: BaseException) -> Finding:
    remedy = "start Redis there, or correct BILTEN_REDIS_URL"
    if settings.redis_url is None:
        remedy = "read redis/redis.log under BILTEN_HOME"
    return problem("redis", f"{shown_address(url)} does not answer: {reason(error)}", remedy)
