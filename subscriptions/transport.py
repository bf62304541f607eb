"""The connection to Redis: the wake-up path between processes. It carries no truth, so losing it loses nothing."""

from redis.asyncio import Redis
from redis.exceptions import RedisError

from domain import errors


class Transport:
    """One client of Redis for the process; it connects when first used and again after an outage."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2)  # pyright: ignore[reportUnknownMemberType]

    async def ping(self) -> None:
        """Return when Redis answers. Raises `Unavailable`."""
        try:
            await self._redis.execute_command("PING")  # pyright: ignore[reportUnknownMemberType]
        except (RedisError, OSError, TimeoutError) as error:
            raise errors.Unavailable(service="redis") from error

    async def close(self) -> None:
        """Close all connections."""
        await self._redis.aclose()
