"""The notifier on real PostgreSQL and a real mail server: who is told, once, and what happens when sending fails."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

from bilten.invitations import SignedInvitationLinks
from bilten.mail.envelope import Sender
from bilten.mail.server import MailServer
from bilten.mail.smtp import SmtpDelivery
from bilten.metrics import Metrics
from bilten.notifier import GIVE_UP, HandedOver, Notifier, Post, keep_notifying, pause_after
from db.database import Database, connect
from db.feed import begin
from db.notifications import KEPT, LEASE, purge
from domain import errors
from domain.ids import EventId, WaitlistEntryId
from domain.journal import FactKind
from domain.notifications import READER
from tests import mailserver
from tests.api import Clock
from tests.guests import NOW, Guests
from tests.mailserver import mail_server
from tests.waiting import eventually

LINKS = SignedInvitationLinks(b"x" * 32, "https://bilten.example")
SENDER = Sender.parse("Bilten <tickets@events.example>")
IDLE = 0.02
Make = Callable[..., Notifier]


@pytest.fixture
async def database(fresh_database_url: str) -> AsyncGenerator[Database]:
    database = await connect(fresh_database_url, pool_size=8)
    await begin(database, READER, NOW)
    yield database
    await database.close()


@pytest.fixture
async def guests(database: Database) -> Guests:
    made = Guests(database)
    await made.open()
    return made


@pytest.fixture
async def mail() -> AsyncGenerator[mailserver.MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
async def post(mail: mailserver.MailServer) -> AsyncGenerator[Post]:
    delivery = SmtpDelivery(MailServer.parse(mail.url), local_hostname="bilten.test", step=5)
    yield Post(SENDER, LINKS, delivery)
    await delivery.rest()


@pytest.fixture
def make(database: Database, clock: Clock, post: Post) -> Make:
    """Makes notifiers over this database; nobody hears of offers unless a test says so."""
    return partial(Notifier, database, clock, post=post, metrics=Metrics(), handed_over=None, idle=IDLE)


async def read_all(notifier: Notifier, database: Database) -> None:
    """Read until no fact is left; transactions of other tests may hold the horizon for a moment."""

    async def is_done() -> bool:
        await notifier.read()
        row = await database.fetchrow(
            "SELECT NOT EXISTS ("
            "SELECT FROM journal, journal_readers AS r WHERE (journal.xid, journal.seq) > (r.xid, r.seq)) AS done"
        )
        return row is not None and row["done"]

    await eventually(is_done, what="the end of the journal")


async def tell_everybody(notifier: Notifier, database: Database) -> None:
    await read_all(notifier, database)
    await notifier.send_due()


async def outcomes(database: Database) -> list[tuple[str, str, str | None]]:
    """Kind, status and reason of every message, in the order of their facts."""
    rows = await database.fetch("SELECT kind, status, reason FROM notifications ORDER BY version, kind, recipient")
    return [(row["kind"], row["status"], row["reason"]) for row in rows]


async def test_confirmed_places_are_told_once_however_often_the_journal_is_read(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer
) -> None:
    registration = await guests.booked("ada")
    await tell_everybody(make(), database)
    await database.fetch("UPDATE journal_readers SET xid = '1', seq = 0 RETURNING name")
    await tell_everybody(make(), database)
    (received,) = mail.received
    assert received.recipients == ["ada@people.example"]
    assert received.subject == "Your registration: Evening"
    (file,) = received.message.iter_attachments()
    assert f"UID:{registration}" in file.get_content()
    assert await outcomes(database) == [("CONFIRMATION", "SENT", None)]


async def test_every_fact_reaches_whom_it_concerns(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer
) -> None:
    ada, bo, cy = [await guests.person(name) for name in ("ada", "bo", "cy")]
    booked = await guests.registration(ada, quantity=2)
    await guests.registration(bo, status="EXPIRED")
    await guests.registration(cy, status="CANCELLED", cancelled_at=guests.now)
    waits = await guests.entry(bo, "OFFERED")
    await guests.tell(FactKind.PLACES_CONFIRMED, booked)
    await guests.tell(FactKind.PLACES_HELD, booked)
    await guests.tell(FactKind.TICKETS_CANCELLED, booked)
    await guests.tell(FactKind.PLACES_OFFERED, waits)
    await guests.tell(FactKind.EVENT_UPDATED, guests.event, changes={"title": ["a", "b"]})
    await guests.tell(FactKind.EVENT_UPDATED, guests.event, changes={"description": ["a", "b"]})
    await guests.tell(FactKind.EVENT_CANCELLED, guests.event)
    await guests.tell(FactKind.MEMBER_INVITED, await guests.invitation("new@people.example"), role="MANAGER")
    await tell_everybody(make(), database)
    assert sorted((one.recipients[0].partition("@")[0], one.subject) for one in mail.received) == [
        ("ada", "Cancelled: Evening"),
        ("ada", "Changed: Evening"),
        ("ada", "Tickets cancelled: Evening"),
        ("ada", "Your registration: Evening"),
        ("bo", "Cancelled: Evening"),
        ("bo", "Changed: Evening"),
        ("bo", "Free for you now: Evening"),
        ("cy", "Cancelled: Evening"),
        ("new", "Invitation to House"),
    ]


async def test_invitation_is_written_in_the_language_of_who_invites_with_a_link_that_opens(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer
) -> None:
    await database.fetch("UPDATE users SET locale = 'sl' WHERE id = $1 RETURNING id", guests.owner)
    invitation = await guests.invitation("new@people.example")
    await guests.tell(FactKind.MEMBER_INVITED, invitation, role="MANAGER")
    await tell_everybody(make(), database)
    (received,) = mail.received
    assert received.subject == "Povabilo: House"
    text = received.message.get_body(("plain",))
    assert text is not None
    token = text.get_content().partition("token=")[2].split()[0]
    assert LINKS.invitation_id(token) == invitation


async def test_who_is_deactivated_or_has_no_verified_address_gets_nothing(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer
) -> None:
    await guests.booked("ada", status="DEACTIVATED")
    await guests.booked("bo", verified=False)
    await tell_everybody(make(), database)
    assert mail.received == []
    assert await outcomes(database) == [
        ("CONFIRMATION", "SKIPPED", "ACCOUNT_IS_DEACTIVATED"),
        ("CONFIRMATION", "SKIPPED", "NO_VERIFIED_ADDRESS"),
    ]


async def test_preferences_are_asked_when_the_message_is_sent(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer
) -> None:
    await guests.booked("ada", notify_event_changes=False)
    await guests.tell(FactKind.EVENT_UPDATED, guests.event, changes={"title": ["a", "b"]})
    await tell_everybody(make(), database)
    assert [one.subject for one in mail.received] == ["Your registration: Evening"]
    assert ("EVENT_CHANGED", "SKIPPED", "NOT_WANTED") in await outcomes(database)


async def test_own_cancellation_can_be_switched_off_and_that_by_others_cannot(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer
) -> None:
    for name, by_others in (("ada", False), ("bo", True)):
        person = await guests.person(name, notify_registration=False)
        registration = await guests.registration(person, status="CANCELLED")
        changes = {"status": ["CONFIRMED", "CANCELLED"]}
        by = guests.owner if by_others else person
        await guests.tell(FactKind.PLACES_CANCELLED, registration, by=by, changes=changes)
    await tell_everybody(make(), database)
    (received,) = mail.received
    assert received.recipients == ["bo@people.example"]
    (file,) = received.message.iter_attachments()
    assert "METHOD:CANCEL" in file.get_content()


async def test_rows_of_the_queue_hold_no_address(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer
) -> None:
    mail.recipient_answer = "550 5.1.1 <ada@people.example> unknown"
    await guests.booked("ada")
    await tell_everybody(make(), database)
    (row,) = await database.fetch("SELECT notifications::text AS everything, reason FROM notifications")
    assert "@" not in row["everything"]
    assert row["reason"] == "SMTP 550 5.1.1"


async def test_refusal_for_now_is_tried_again_and_a_final_one_is_not(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer, clock: Clock
) -> None:
    notifier = make()
    await guests.booked("ada")
    mail.recipient_answer = "451 4.7.1 greylisted"
    await tell_everybody(notifier, database)
    assert await outcomes(database) == [("CONFIRMATION", "QUEUED", "SMTP 451 4.7.1")]
    assert await notifier.send_due() == 0
    mail.recipient_answer = "250 OK"
    clock.advance(seconds=13)
    assert await notifier.send_due() == 1
    assert await outcomes(database) == [("CONFIRMATION", "SENT", None)]
    await guests.booked("bo")
    mail.recipient_answer = "550 no"
    await tell_everybody(notifier, database)
    assert (await outcomes(database))[1] == ("CONFIRMATION", "FAILED", "SMTP 550")
    clock.advance(days=2)
    assert await notifier.send_due() == 0


async def test_server_that_stays_away_is_given_up_after_a_day(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer, clock: Clock
) -> None:
    notifier = make()
    await guests.booked("ada")
    await mail.stop()
    await tell_everybody(notifier, database)
    assert await outcomes(database) == [("CONFIRMATION", "QUEUED", "SMTP_UNREACHABLE")]
    clock.now += GIVE_UP
    assert await notifier.send_due() == 1
    assert await outcomes(database) == [("CONFIRMATION", "FAILED", "SMTP_UNREACHABLE")]


async def test_message_that_cannot_be_made_does_not_hold_up_the_others(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer
) -> None:
    await guests.booked("ada")
    await database.fetch("UPDATE events SET timezone = 'No/Where' RETURNING id")
    await guests.tell(FactKind.MEMBER_INVITED, await guests.invitation("new@people.example"), role="MANAGER")
    await tell_everybody(make(), database)
    assert [one.recipients for one in mail.received] == [["new@people.example"]]
    assert ("CONFIRMATION", "QUEUED", "INTERNAL") in await outcomes(database)


async def test_notifier_killed_between_sending_and_recording_sends_once_more_under_the_same_name(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer, clock: Clock
) -> None:
    notifier = make()
    await guests.booked("ada")
    await read_all(notifier, database)
    mail.hangs = asyncio.Event()
    sending = asyncio.create_task(notifier.send_due())
    await asyncio.wait_for(mail.at_data.wait(), 20)
    sending.cancel()
    with suppress(asyncio.CancelledError):
        await sending
    mail.hangs.set()
    mail.hangs = None
    assert await make().send_due() == 0
    clock.now += LEASE
    assert await make().send_due() == 1
    assert await outcomes(database) == [("CONFIRMATION", "SENT", None)]
    assert len(mail.received) == 2
    assert len({one.message_id for one in mail.received}) == 1
    clock.now += LEASE
    assert await make().send_due() == 0


async def test_stopping_lets_messages_under_way_come_to_their_end(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer
) -> None:
    notifier = make()
    await guests.booked("ada")
    mail.hangs = asyncio.Event()
    running = asyncio.create_task(notifier.run())
    await asyncio.wait_for(mail.at_data.wait(), 20)
    running.cancel()
    mail.hangs.set()
    with suppress(asyncio.CancelledError):
        await running
    assert await outcomes(database) == [("CONFIRMATION", "SENT", None)]


async def test_of_two_notifiers_one_works_and_the_other_follows_and_nothing_is_sent_twice(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer, fresh_database_url: str
) -> None:
    running = [asyncio.create_task(keep_notifying(fresh_database_url, make())) for _ in range(2)]
    try:
        for number in range(10):
            await guests.booked(f"early{number}")
        await eventually(lambda: len(mail.received) == 10, what="ten messages")
        terminated = await database.fetchrow(
            "SELECT count(pg_terminate_backend(pid)) AS many FROM pg_locks JOIN pg_stat_activity USING (pid)"
            " WHERE locktype = 'advisory' AND granted AND application_name = 'bilten notifier'"
            " AND datname = current_database()"
        )
        assert terminated is not None
        assert terminated["many"] == 1
        for number in range(10):
            await guests.booked(f"late{number}")
        await eventually(lambda: len(mail.received) >= 20, what="ten more messages")
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    assert len({one.message_id for one in mail.received}) == len(mail.received) == 20
    assert {status for _, status, _ in await outcomes(database)} == {"SENT"}


async def test_messages_to_everybody_do_not_hold_up_those_to_one(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer
) -> None:
    people = [await guests.person(f"guest{number}") for number in range(12)]
    for person in people:
        await guests.registration(person)
    await guests.tell(FactKind.EVENT_CANCELLED, guests.event)
    notifier = make()
    await read_all(notifier, database)
    await guests.tell(FactKind.MEMBER_INVITED, await guests.invitation("new@people.example"), role="MANAGER")
    await tell_everybody(notifier, database)
    subjects = [one.subject for one in mail.received]
    assert subjects.index("Invitation to House") < 4
    assert len(subjects) == 13


class Waitlist:
    """Stands for whoever starts the clocks of offers; it fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.heard: list[tuple[EventId, WaitlistEntryId, datetime]] = []

    async def __call__(self, event_id: EventId, entry_id: WaitlistEntryId, at: datetime) -> None:
        if self.failures:
            self.failures -= 1
            raise errors.Unavailable
        self.heard.append((event_id, entry_id, at))


async def offered(guests: Guests, name: str = "ada", **about: object) -> UUID:
    entry = await guests.entry(await guests.person(name, **about), "OFFERED")  # pyright: ignore[reportArgumentType]
    await guests.tell(FactKind.PLACES_OFFERED, entry)
    return entry


async def test_clock_of_an_offer_is_started_once_its_message_is_gone(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer, clock: Clock
) -> None:
    waitlist = Waitlist(failures=1)
    notifier = make(handed_over=waitlist)
    entry = await offered(guests)
    await read_all(notifier, database)
    assert not await notifier.follow_up()
    clock.advance(seconds=5)
    sent_at = clock.now
    await notifier.send_due()
    assert await notifier.follow_up()
    assert waitlist.heard == []
    clock.advance(seconds=30)
    await notifier.follow_up()
    assert waitlist.heard == [(guests.event, entry, sent_at)]
    clock.advance(hours=1)
    assert not await notifier.follow_up()
    assert "Tuesday, 24 November 2026, 13:00 (Europe/Ljubljana, UTC+1)" in mail.received[0].message.as_string().replace(
        "=\n", ""
    )


@pytest.mark.parametrize(("status", "answer"), [("DEACTIVATED", "250 OK"), ("ACTIVE", "550 no")])
async def test_clock_of_an_offer_starts_also_when_nobody_can_be_told(
    make: Make, database: Database, guests: Guests, mail: mailserver.MailServer, *, status: str, answer: str
) -> None:
    waitlist = Waitlist()
    notifier = make(handed_over=waitlist)
    mail.recipient_answer = answer
    entry = await offered(guests, status=status)
    await tell_everybody(notifier, database)
    await notifier.follow_up()
    assert [heard[1] for heard in waitlist.heard] == [entry]


async def test_offers_wait_for_a_notifier_that_can_start_them(make: Make, database: Database, guests: Guests) -> None:
    entry = await offered(guests)
    await tell_everybody(make(), database)
    waitlist = Waitlist()
    await make(handed_over=waitlist).follow_up()
    assert [heard[1] for heard in waitlist.heard] == [entry]


async def test_switched_off_mail_is_recorded_as_skipped(
    make: Make, database: Database, guests: Guests, post: Post
) -> None:
    await guests.booked("ada")
    await tell_everybody(make(post=replace(post, delivery=None)), database)
    assert await outcomes(database) == [("CONFIRMATION", "SKIPPED", "MAIL_IS_SWITCHED_OFF")]


async def test_message_waits_while_the_database_is_away(make: Make, database: Database, guests: Guests) -> None:
    heard: HandedOver = Waitlist()
    await guests.booked("ada")
    running = asyncio.create_task(make(handed_over=heard).run())
    try:
        await database.fetch("ALTER TABLE notifications RENAME TO elsewhere")
        await guests.booked("bo")
        await database.fetch("ALTER TABLE elsewhere RENAME TO notifications")

        async def both_are_sent() -> bool:
            return [status for _, status, _ in await outcomes(database)] == ["SENT", "SENT"]

        await eventually(both_are_sent, what="both messages")
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def test_what_became_of_messages_is_forgotten_after_a_while(
    make: Make, database: Database, guests: Guests
) -> None:
    await guests.booked("ada")
    await tell_everybody(make(), database)
    await offered(guests, "bo")
    await tell_everybody(make(), database)
    async with database.transaction() as session:
        assert await purge(session, NOW + KEPT) == 0
        assert await purge(session, NOW + KEPT + timedelta(seconds=1)) == 1


def test_pauses_double_up_to_half_an_hour() -> None:
    for attempts in range(1, 40):
        middle = min(10 * 2 ** (attempts - 1), 1_800)
        assert 0.75 * middle <= pause_after(attempts).total_seconds() <= 1.25 * middle
