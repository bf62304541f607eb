"""`/dev/mail` over HTTP: what people would have been sent, while nothing is sent; and only in development."""

import re
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import asyncpg
import pytest
from pydantic import SecretStr

from bilten.mail.envelope import Sender, envelope_for
from bilten.mail.kept import KeptMail
from db.database import connect
from domain.journal import FactKind
from tests.api import Api, Clock, running_api
from tests.guests import Guests
from tests.mailserver import mail_server
from tests.matters import NOW, a_matter, an_addressee, an_occasion
from tests.waiting import eventually
from tests.world import INVITE, World, address

STARTED = """
SELECT notified_at IS NOT NULL
    AND EXISTS (SELECT FROM journal WHERE object_id = $1 AND kind = 'OfferHandedOver')
    AND NOT EXISTS (SELECT FROM notifications WHERE follow_up) AS has_started
FROM waitlist_entries WHERE id = $1
"""


def a_message(name: str = "Ada", title: str = "Evening") -> EmailMessage:
    matter = a_matter(addressee=an_addressee(name=name), occasion=an_occasion(title=title))
    return envelope_for(matter, Sender.parse("bilten@events.example"), invitation_link=None, now=NOW)


@pytest.fixture
async def kept(fresh_api: Api) -> KeptMail:
    return KeptMail(fresh_api.settings.resolved_home / "mail")


async def page(api: Api, path: str = "/dev/mail") -> str:
    answer = await api.http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.text


async def begun(api: Api) -> None:
    """Wait until the notifier reads: what happened before it is news to nobody."""
    url = api.settings.database_url
    assert url is not None
    connection = await asyncpg.connect(url.get_secret_value())

    async def reads() -> bool:
        return await connection.fetchval("SELECT count(*) FROM journal_readers") == 1

    try:
        await eventually(reads, what="the notifier's place in the journal")
    finally:
        await connection.close()


async def test_empty_box_says_how_to_fill_it(fresh_api: Api) -> None:
    assert "Nobody has been written to yet" in await page(fresh_api)


async def test_registration_and_invitation_land_in_the_box(fresh_api: Api) -> None:
    await begun(fresh_api)
    world = World(fresh_api)
    team = await world.team()
    event = await world.event(team, title="Jazz Night")
    guest = address("guest")
    await world.register(event, guest, quantity=2)
    await world.do(INVITE, "inviteMember", team.owner, organizationId=team.id, email=address("new"), role="STAFF")
    await world.move(event.id, "postpone", team.manager)

    async def is_told() -> bool:
        text = await page(fresh_api)
        return "Your registration: Jazz Night" in text and "Postponed: Jazz Night" in text and "Invitation to" in text

    await eventually(is_told, what="the messages to the guest")
    text = await page(fresh_api)
    assert guest in text
    # The invitations that the team has accepted since need no message any more.
    assert text.count("Invitation to Team") == 1
    link = re.search(r'href="(/dev/mail/[^"]+)">Invitation', text)
    assert link is not None
    assert "/invitations?token=" in await page(fresh_api, link[1])


async def test_message_is_shown_as_text_as_html_in_a_sandbox_and_with_its_file(fresh_api: Api, kept: KeptMail) -> None:
    await kept.hand_over(a_message(title="<b>Bold</b>"))
    (one,) = kept.newest(1)
    path = f"/dev/mail/{one.key}"
    text = await page(fresh_api, path)
    assert "&lt;b&gt;Bold&lt;/b&gt;" in text
    assert "<b>" not in text
    assert 'sandbox="allow-popups' in text
    html = await fresh_api.http.get(f"{path}/html")
    assert html.headers["content-security-policy"].startswith("sandbox ")
    assert "&lt;b&gt;Bold" in html.text
    file = await fresh_api.http.get(f"{path}/attachments/0")
    assert file.headers["content-type"].startswith("text/calendar")
    assert file.headers["content-disposition"] == "attachment; filename*=UTF-8''event.ics"
    assert file.content.startswith(b"BEGIN:VCALENDAR")


@pytest.mark.parametrize(
    "path", ["nobody", "..%2f..%2fkeys", "%00", "../keys", "nobody/html", "nobody/attachments/0", "-/attachments/-1"]
)
async def test_what_is_not_there_is_not_found(fresh_api: Api, path: str) -> None:
    assert (await fresh_api.http.get(f"/dev/mail/{path}")).status_code == 404


async def test_attachment_that_is_not_there_is_not_found(fresh_api: Api, kept: KeptMail) -> None:
    await kept.hand_over(a_message())
    (one,) = kept.newest(1)
    assert (await fresh_api.http.get(f"/dev/mail/{one.key}/attachments/1")).status_code == 404


async def test_page_loads_and_runs_nothing_and_is_kept_by_nobody(fresh_api: Api) -> None:
    answer = await fresh_api.http.get("/dev/mail")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert answer.headers["cache-control"] == "no-store"
    assert "color-scheme: light dark" in answer.text
    assert "<script" not in answer.text


async def test_only_the_newest_messages_are_kept(tmp_path: Path) -> None:
    kept = KeptMail(tmp_path / "mail", most=3)
    for number in range(5):
        await kept.hand_over(a_message(title=f"Evening {number}"))
    assert kept.count() == 3
    subjects = [one.message["Subject"] for one in kept.newest(2)]
    assert subjects == ["Your registration: Evening 4", "Your registration: Evening 3"]


async def test_no_page_where_mail_is_sent_or_switched_off(
    fresh_database_url: str, redis_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with mail_server() as server:
        for url in (server.url, "none"):
            async with running_api(fresh_database_url, redis_url, tmp_path, clock, smtp_url=SecretStr(url)) as api:
                assert (await api.http.get("/dev/mail")).status_code == 404


async def test_application_sends_over_the_server_that_it_is_given(
    fresh_database_url: str, redis_url: str, tmp_path: Path, clock: Clock
) -> None:
    async with (
        mail_server() as server,
        running_api(
            fresh_database_url,
            redis_url,
            tmp_path,
            clock,
            smtp_url=SecretStr(server.url),
            mail_from="House <house@events.example>",
        ) as api,
    ):
        await begun(api)
        world = World(api)
        team = await world.team()
        await world.do(INVITE, "inviteMember", team.owner, organizationId=team.id, email="new@a.example", role="STAFF")
        await eventually(lambda: bool(server.received), what="the invitation")
    (received,) = server.received
    assert received.message["From"] == "House <house@events.example>"
    assert received.recipients == ["new@a.example"]


async def test_clock_of_an_offer_starts_when_its_message_is_in_the_box(fresh_api: Api) -> None:
    await begun(fresh_api)
    url = fresh_api.settings.database_url
    assert url is not None
    database = await connect(url.get_secret_value())
    try:
        guests = Guests(database, fresh_api.clock())
        await guests.open()
        entry = await guests.entry(await guests.person("ada"), "OFFERED")
        await guests.tell(FactKind.PLACES_OFFERED, entry)

        async def has_started() -> bool:
            return (await database.fetch(STARTED, entry))[0]["has_started"]

        await eventually(has_started, what="the clock of the offer")
        (row,) = await database.fetch("SELECT offer_expires_at FROM waitlist_entries WHERE id = $1", entry)
    finally:
        await database.close()
    assert row["offer_expires_at"] == fresh_api.clock() + timedelta(days=1)
    assert "Free for you now: Evening" in await page(fresh_api)
