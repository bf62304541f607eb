"""Tells people: reads the journal, keeps the queue of messages, and hands them over; one process of all does it."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog

from bilten.mail.delivery import Delivery, NotHandedOver
from bilten.mail.envelope import AddressIsUnusable, Sender, envelope_for
from bilten.metrics import Metrics
from db import notifications
from db.database import Database
from db.feed import BATCH, look_ahead, reading
from db.leaders import keep_leading
from db.messages import matter_of
from domain import errors
from domain.ids import EventId, WaitlistEntryId
from domain.messages import Notification, NotificationStatus, SkipReason
from domain.notifications import READER, RULES, reason_to_skip, rule_for
from domain.ports import InvitationLinks

IDLE_SECONDS = 0.5
"""Between two looks at a journal and a queue in which there was nothing to do."""
MEASURE_SECONDS = 5.0
AT_ONCE = 4
"""How many messages are handed over at the same time."""
RUSH_PAUSE = 0.2
"""Seconds between two messages while many ask for places: a sale start is over in minutes, and mail can wait for it."""
GRACE_SECONDS = 5.0
"""What messages that are under way get when the work has to stop, so that none is sent twice for it."""
RECORD_ATTEMPTS = 5
FIRST_RETRY = timedelta(seconds=10)
LONGEST_RETRY = timedelta(minutes=30)
GIVE_UP = timedelta(hours=24)
FOLLOW_UP_AGAIN = timedelta(seconds=30)

HandedOver = Callable[[EventId, WaitlistEntryId, datetime], Awaitable[None]]
"""Hears that the message of an offer has been handed over at that time, or that there will be none. It may hear it
again, and is called again until it returns."""

_log = structlog.get_logger("bilten.notifier")


@dataclass(frozen=True, slots=True)
class Post:
    """How messages leave; without a `delivery` none does, and each is recorded as skipped."""

    sender: Sender
    links: InvitationLinks
    delivery: Delivery | None


class Notifier:
    """The work of the one process that leads; all of its state is in the database."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        *,
        post: Post,
        metrics: Metrics,
        handed_over: HandedOver | None,
        rush: Callable[[], bool] = lambda: False,
        idle: float = IDLE_SECONDS,
    ) -> None:
        """Without `handed_over` the offers that have been announced wait, in the database, for one that has it.

        While there is a `rush`, messages leave one at a time, with pauses.
        """
        self._database = database
        self._clock = clock
        self._post = post
        self._metrics = metrics
        self._handed_over = handed_over
        self._rush = rush
        self._idle = idle

    async def run(self) -> None:
        """Read, send and follow up until cancelled; whatever goes wrong costs one round."""
        steps: list[tuple[Callable[[], Awaitable[bool]], float]] = [
            (self.read, self._idle),
            (self._measure, MEASURE_SECONDS),
        ]
        if self._handed_over is not None:
            steps.append((self.follow_up, self._idle))
        try:
            async with asyncio.TaskGroup() as group:
                for step, idle in steps:
                    group.create_task(_repeat(step, idle))
                group.create_task(self._keep_sending())
        finally:
            self._metrics.notifier_lag(0)

    async def read(self) -> bool:
        """Put the messages of the next facts into the queue; False when there are none to read yet."""
        ahead = await look_ahead(self._database, READER)
        if ahead is not None and not ahead.readable:
            return False
        now = self._clock()
        async with reading(self._database, READER, kinds=RULES, now=now) as batch:
            told = [(line, rule) for line in batch.lines if (rule := rule_for(line, now)) is not None]
            queued = await notifications.queue(batch.session, told, now) if told else 0
        if queued:
            _log.debug("notifications queued", facts=len(told), notifications=queued)
        return len(batch.lines) == BATCH

    async def send_due(self, limit: int = AT_ONCE) -> int:
        """Hand over what is due, `limit` messages at a time, until nothing is; how many were tried."""
        tried = 0
        while taken := await notifications.take(self._database, self._clock(), limit):
            await asyncio.gather(*(self._send(one) for one in taken))
            tried += len(taken)
        return tried

    async def follow_up(self) -> bool:
        """Start the clocks of offers whose message is gone; False when there is nothing more to do now."""
        if self._handed_over is None:
            return False
        now = self._clock()
        due = await notifications.follow_ups(self._database, now, now + FOLLOW_UP_AGAIN, limit=20)
        for offer in due:
            try:
                await self._handed_over(offer.event_id, offer.entry_id, offer.at)
            except errors.NotFound:
                _log.warning("offer is gone", entry=str(offer.entry_id))
            except Exception:
                # The next round tries it again, and the others must not wait for it.
                _log.exception("offer not started", entry=str(offer.entry_id))
                continue
            await notifications.followed_up(self._database, offer.id)
        return bool(due)

    async def _measure(self) -> bool:
        ahead = await look_ahead(self._database, READER)
        due = await notifications.oldest_due(self._database)
        oldest = min(filter(None, (ahead.since if ahead else None, due)), default=None)
        self._metrics.notifier_lag(max(0.0, (self._clock() - oldest).total_seconds()) if oldest else 0.0)
        return False

    async def _keep_sending(self) -> None:
        under_way: set[asyncio.Task[None]] = set()
        try:
            while True:
                room = AT_ONCE - len(under_way)
                if self._rush():
                    # Making a message takes milliseconds of the loop that everybody who wants a place waits for.
                    await asyncio.sleep(RUSH_PAUSE)
                    room = 0 if under_way else 1
                taken = await self._take(room)
                under_way |= {asyncio.create_task(self._send(one), name=f"message {one.id}") for one in taken}
                if under_way:
                    done, under_way = await asyncio.wait(
                        under_way, timeout=self._idle, return_when=asyncio.FIRST_COMPLETED
                    )
                    _raise_none(done)
                else:
                    await self._rest()
                    await asyncio.sleep(self._idle)
        finally:
            await _finish(under_way)
            await self._rest()

    async def _take(self, limit: int) -> list[Notification]:
        if limit == 0:
            return []
        try:
            return await notifications.take(self._database, self._clock(), limit)
        except errors.Unavailable:
            _log.warning("messages wait: the database is away")
        except Exception:
            _log.exception("messages could not be taken")
        return []

    async def _rest(self) -> None:
        if self._post.delivery is not None:
            await self._post.delivery.rest()

    async def _send(self, taken: Notification) -> None:
        """Hand one message over, or find out why not, and record what came of it."""
        try:
            reason = await self._hand_over(taken)
        except NotHandedOver as failure:
            record = partial(self._put_back, taken, failure.reason, final=failure.final)
        except errors.Unavailable:
            # Its lease runs out, and it is taken again.
            _log.warning("message waits: the database is away", id=str(taken.id))
            return
        except Exception:
            _log.exception("message could not be made", id=str(taken.id), kind=taken.kind)
            record = partial(self._put_back, taken, "INTERNAL", final=False)
        else:
            record = partial(
                self._end, taken, NotificationStatus.SKIPPED if reason else NotificationStatus.SENT, reason
            )
        await self._recorded(record)

    async def _hand_over(self, taken: Notification) -> SkipReason | None:
        now = self._clock()
        if self._post.delivery is None:
            return SkipReason.MAIL_IS_SWITCHED_OFF
        matter = await matter_of(self._database, taken, now)
        if matter is None:
            return SkipReason.OUTDATED
        if reason := reason_to_skip(matter, now):
            return reason
        invited = matter.invited
        link = self._post.links.link(invited.id, invited.expires_at) if invited else None
        try:
            message = envelope_for(matter, self._post.sender, invitation_link=link, now=now)
        except AddressIsUnusable:
            return SkipReason.NO_VERIFIED_ADDRESS
        await self._post.delivery.hand_over(message)
        return None

    async def _end(self, taken: Notification, status: NotificationStatus, reason: str | None) -> None:
        await notifications.end(self._database, taken, status, self._clock(), reason=reason)
        self._metrics.notification(taken.kind, status.lower())

    async def _put_back(self, taken: Notification, reason: str, *, final: bool) -> None:
        now = self._clock()
        if final or now - taken.created_at >= GIVE_UP:
            _log.warning("message failed", id=str(taken.id), kind=taken.kind, reason=reason)
            await self._end(taken, NotificationStatus.FAILED, reason)
            return
        await notifications.retry(self._database, taken, now + pause_after(taken.attempts), reason)
        self._metrics.notification(taken.kind, "retried")
        _log.info("message waits", id=str(taken.id), kind=taken.kind, attempts=taken.attempts, reason=reason)

    async def _recorded(self, record: Callable[[], Awaitable[None]]) -> None:
        """Write down what came of a message, with patience: what is not written down is done again."""
        for attempt in range(RECORD_ATTEMPTS):
            with suppress(errors.Unavailable):
                await record()
                return
            await asyncio.sleep(self._idle * (attempt + 1))
        _log.warning("what came of a message is not recorded: the database is away")


def pause_after(attempts: int) -> timedelta:
    """How long a message waits after so many attempts: twice as long each time, and not all at the same moment."""
    longest = min(LONGEST_RETRY, FIRST_RETRY * 2 ** min(attempts - 1, 20))
    return longest * random.uniform(0.75, 1.25)  # noqa: S311 - spreads load, guards nothing


async def keep_notifying(url: str, notifier: Notifier) -> None:
    """Run the notifier whenever this process leads, until cancelled; `url` leads to PostgreSQL without a pooler."""
    await keep_leading(url, READER, notifier.run)


async def _repeat(step: Callable[[], Awaitable[bool]], idle: float) -> None:
    while True:
        worked = False
        try:
            worked = await step()
        except errors.Unavailable:
            _log.warning("notifier waits: the database is away", step=getattr(step, "__name__", ""))
        except Exception:
            # Nobody looks at these rounds before the end, so a failure that ended them would go unseen until then.
            _log.exception("notifier failed", step=getattr(step, "__name__", ""))
        if not worked:
            await asyncio.sleep(idle)


def _raise_none(done: set[asyncio.Task[None]]) -> None:
    for task in done:
        if (error := task.exception()) is not None:
            _log.error("message was lost sight of", exc_info=error)


async def _finish(under_way: set[asyncio.Task[None]]) -> None:
    """Let what is under way come to its end for a while, then end it."""
    if not under_way:
        return
    _, late = await asyncio.wait(under_way, timeout=GRACE_SECONDS)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
