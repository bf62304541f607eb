"""The issuer's keys over time: cached, refreshed ahead of need, rotated on demand and kept through an outage."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from bilten.auth.errors import KeysAreUnavailable
from bilten.auth.jwks_fetch import FetchedKeys, FetchFailed, fetch_keys
from bilten.auth.keys import KeySet

Clock = Callable[[], datetime]
"""The current instant, aware UTC."""

MIN_INTERVAL = timedelta(seconds=10)
"""Between two downloads that something other than age asks for: an unknown key, a retry after a failure."""
MAX_STALE = timedelta(hours=24)
"""How long known keys serve while the issuer cannot be reached."""
FETCH_TIMEOUT = timedelta(seconds=5)
# For how long a failure spares later callers the wait. Any longer, and a quiet night would end with the first caller
# of the morning being judged by yesterday's keys although the issuer is long back.
_OUTAGE_REMEMBERED = timedelta(minutes=5)
# The share of a key set's age after which it is renewed in the background, so that no request waits for it.
_RENEW_AHEAD = 0.8

_log = logging.getLogger(__name__)


class KeySource(Protocol):
    """Where a verifier gets the keys it may trust."""

    async def current(self) -> KeySet:
        """The keys to use now. Raises `KeysAreUnavailable`."""
        ...

    async def after_unknown_key(self) -> KeySet:
        """The keys to use after a token named one that `current` does not hold. Raises `KeysAreUnavailable`."""
        ...

    async def aclose(self) -> None:
        """Stop whatever still runs in the background."""
        ...


class FixedKeys:
    """Keys that never change: the local development key."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    async def current(self) -> KeySet:
        """Always the same keys."""
        return self._keys

    async def after_unknown_key(self) -> KeySet:
        """There is nobody to ask for others."""
        return self._keys

    async def aclose(self) -> None:
        """Nothing runs."""


class IssuerKeys:
    """The keys published at a JWKS address.

    A set is used for its max-age. Past four fifths of it a request starts a refresh and does not wait; past all of it
    the first requests wait. If a refresh fails, the old keys go on serving, up to 24 hours after they were fetched,
    and the issuer is asked again at most every ten seconds, in the background for the next five minutes. All callers
    share one download.
    """

    def __init__(self, url: str, clock: Clock, *, fetch_timeout: timedelta = FETCH_TIMEOUT) -> None:
        self._url = url
        self._clock = clock
        self._fetch_timeout = fetch_timeout
        self._fetched: FetchedKeys | None = None
        self._fetched_at: datetime | None = None
        self._failed_at: datetime | None = None
        self._forced_at: datetime | None = None
        self._refreshing: asyncio.Task[None] | None = None

    async def current(self) -> KeySet:
        """The keys to use now, downloaded if they are missing or too old. Raises `KeysAreUnavailable`."""
        fetched = self._fetched
        if fetched is not None and self._is_younger(fetched.max_age * _RENEW_AHEAD):
            return fetched.keys
        if not self._is_within(self._failed_at, MIN_INTERVAL):
            refreshing = self._refresh()
            known_to_be_down = self._is_within(self._failed_at, _OUTAGE_REMEMBERED) and self._usable() is not None
            young_enough = fetched is not None and self._is_younger(fetched.max_age)
            if not (young_enough or known_to_be_down):
                await asyncio.shield(refreshing)
        return self._require_usable()

    async def after_unknown_key(self) -> KeySet:
        """The keys after at most one more download, which happens no more often than every ten seconds.

        Otherwise anybody could make this process hammer the issuer with invented key ids.
        """
        if self._refreshing is None:
            if self._is_within(self._forced_at, MIN_INTERVAL) or self._is_within(self._failed_at, MIN_INTERVAL):
                return self._require_usable()
            self._forced_at = self._clock()
        await asyncio.shield(self._refresh())
        return self._require_usable()

    async def aclose(self) -> None:
        """Stop a running refresh."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.wait({self._refreshing})

    def _refresh(self) -> asyncio.Task[None]:
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._fetch(), name="jwks-refresh")
            self._refreshing.add_done_callback(self._forget)
        return self._refreshing

    def _forget(self, _: asyncio.Task[None]) -> None:
        self._refreshing = None

    async def _fetch(self) -> None:
        try:
            fetched = await fetch_keys(self._url, within=self._fetch_timeout)
        except FetchFailed as failure:
            self._failed_at = self._clock()
            _log.warning("The issuer's keys could not be fetched: %s", failure)
            return
        if not len(fetched.keys):
            _log.warning("The issuer publishes no key that can verify a token")
        self._fetched, self._fetched_at, self._failed_at = fetched, self._clock(), None

    def _require_usable(self) -> KeySet:
        keys = self._usable()
        if keys is None:
            raise KeysAreUnavailable
        return keys

    def _usable(self) -> KeySet | None:
        return self._fetched.keys if self._fetched is not None and self._is_younger(MAX_STALE) else None

    def _is_younger(self, age: timedelta) -> bool:
        return self._is_within(self._fetched_at, age)

    def _is_within(self, since: datetime | None, age: timedelta) -> bool:
        # A clock set back makes an age negative; that counts as old, so that nothing is kept for ever.
        return since is not None and timedelta(0) <= self._clock() - since < age
