"""Handing over to a real SMTP server: what it refuses, what it leaves open, and connections that serve several."""

import asyncio
from collections.abc import AsyncGenerator
from email.message import EmailMessage

import pytest

from bilten.mail.delivery import NotHandedOver
from bilten.mail.envelope import Sender, envelope_for
from bilten.mail.server import MailServer, MailServerIsMalformed, Security, is_mailbox
from bilten.mail.smtp import MESSAGES_PER_CONNECTION, SmtpDelivery
from tests import mailserver
from tests.mailserver import PASSWORD, mail_server
from tests.matters import NOW, a_matter, an_addressee
from tests.waiting import eventually


@pytest.fixture
async def server() -> AsyncGenerator[mailserver.MailServer]:
    async with mail_server() as running:
        yield running


@pytest.fixture
async def delivery(server: mailserver.MailServer) -> AsyncGenerator[SmtpDelivery]:
    made = to(server.url)
    yield made
    await made.rest()


def to(url: str, **limits: float) -> SmtpDelivery:
    return SmtpDelivery(MailServer.parse(url), local_hostname="bilten.test", **limits)


def a_message(email: str = "ada@people.example") -> EmailMessage:
    sender = Sender.parse("Bilten <tickets@events.example>")
    return envelope_for(a_matter(addressee=an_addressee(email=email)), sender, invitation_link=None, now=NOW)


async def failure(delivery: SmtpDelivery, email: str = "ada@people.example") -> tuple[str, bool]:
    with pytest.raises(NotHandedOver) as caught:
        await delivery.hand_over(a_message(email))
    return caught.value.reason, caught.value.final


async def test_message_arrives_with_its_envelope(server: mailserver.MailServer, delivery: SmtpDelivery) -> None:
    await delivery.hand_over(a_message())
    (received,) = server.received
    assert received.sender == "tickets@events.example"
    assert received.recipients == ["ada@people.example"]
    assert received.subject == "Your registration: Evening"
    assert [part.get_content_type() for part in received.message.iter_attachments()] == ["text/calendar"]


async def test_one_connection_serves_several_messages_and_is_left_when_nothing_waits(
    server: mailserver.MailServer, delivery: SmtpDelivery
) -> None:
    for _ in range(3):
        await delivery.hand_over(a_message())
    assert server.connections == 1
    await delivery.rest()
    await delivery.hand_over(a_message())
    assert server.connections == 2


async def test_connection_is_renewed_after_many_messages(server: mailserver.MailServer, delivery: SmtpDelivery) -> None:
    for _ in range(MESSAGES_PER_CONNECTION + 1):
        await delivery.hand_over(a_message())
    assert server.connections == 2


async def test_several_at_once_have_a_connection_each(server: mailserver.MailServer, delivery: SmtpDelivery) -> None:
    await asyncio.gather(*(delivery.hand_over(a_message()) for _ in range(4)))
    assert len(server.received) == 4
    assert server.connections == 4


@pytest.mark.parametrize(
    ("answer", "reason", "final"),
    [
        ("450 4.2.1 <ada@people.example> is busy", "SMTP 450 4.2.1", False),
        ("550 5.1.1 <ada@people.example> is nobody", "SMTP 550 5.1.1", True),
        ("553 no such address: ada@people.example", "SMTP 553", True),
    ],
)
async def test_answer_about_the_recipient_is_kept_in_codes(
    server: mailserver.MailServer, delivery: SmtpDelivery, answer: str, reason: str, *, final: bool
) -> None:
    server.recipient_answer = answer
    assert await failure(delivery) == (reason, final)


@pytest.mark.parametrize(("answer", "final"), [("451 4.3.0 try later", False), ("554 5.6.0 not liked", True)])
async def test_answer_about_the_message_ends_it_or_leaves_it(
    server: mailserver.MailServer, delivery: SmtpDelivery, answer: str, *, final: bool
) -> None:
    server.data_answer = answer
    assert (await failure(delivery))[1] is final
    server.data_answer = "250 OK"
    await delivery.hand_over(a_message())


async def test_nobody_listening_is_no_answer_about_the_message() -> None:
    assert await failure(to(f"smtp://127.0.0.1:{mailserver.free_port()}")) == ("SMTP_UNREACHABLE", False)


async def test_server_that_hangs_is_left_after_a_while(server: mailserver.MailServer) -> None:
    server.hangs = asyncio.Event()
    assert await failure(to(server.url, step=0.2)) == ("SMTP_TIMEOUT", False)
    assert await failure(to(server.url, whole=0.2)) == ("SMTP_TIMEOUT", False)


async def test_server_that_restarts_is_met_again(server: mailserver.MailServer, delivery: SmtpDelivery) -> None:
    await delivery.hand_over(a_message())
    await server.stop()
    assert (await failure(delivery))[1] is False
    await server.start()

    async def is_back() -> bool:
        try:
            await delivery.hand_over(a_message())
        except NotHandedOver:
            return False
        return True

    await eventually(is_back, what="a message to the server that is back")


async def test_server_asks_for_the_password(server: mailserver.MailServer) -> None:
    server.demand_password()
    assert await failure(to(f"smtp://bilten:wrong@127.0.0.1:{server.port}")) == ("SMTP 535 5.7.8", False)
    await to(f"smtp://bilten:{PASSWORD.decode()}@127.0.0.1:{server.port}").hand_over(a_message())
    assert len(server.received) == 1


async def test_encryption_that_is_required_and_not_offered_is_a_fault_of_the_server(
    server: mailserver.MailServer,
) -> None:
    assert await failure(to(f"{server.url}?starttls=required")) == ("SMTP_UNREACHABLE", False)
    assert server.received == []


async def test_address_with_letters_beyond_ascii_arrives(server: mailserver.MailServer, delivery: SmtpDelivery) -> None:
    await delivery.hand_over(a_message("jürgen@people.example"))
    assert server.received[0].recipients == ["jürgen@people.example"]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 25, Security.AUTO, None, None)),
        ("smtp://u:p%40ss@mail.example", ("mail.example", 587, Security.REQUIRED, "u", "p@ss")),
        ("smtp://u:p@localhost:2525", ("localhost", 2525, Security.AUTO, "u", "p")),
        ("smtps://u:p@mail.example/", ("mail.example", 465, Security.TLS, "u", "p")),
        ("smtp://[::1]:25?starttls=never", ("::1", 25, Security.NEVER, None, None)),
        ("smtp://u:p@mail.example?starttls=auto", ("mail.example", 587, Security.AUTO, "u", "p")),
    ],
)
def test_address_of_the_server_is_read(url: str, expected: tuple[object, ...]) -> None:
    read = MailServer.parse(url)
    assert (read.host, read.port, read.security, read.username, read.password) == expected


@pytest.mark.parametrize(
    "url",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example/path",
        "smtp://mail.example?starttls=perhaps",
        "smtp://mail.example?starttls=",
        "smtp://mail.example?tls=1",
        "smtps://mail.example?starttls=required",
        "smtp://mail example",
        "smtp://mail.example\r\nRCPT",
    ],
)
def test_malformed_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(MailServerIsMalformed) as caught:
        MailServer.parse(url)
    assert "mail" not in str(caught.value)


def test_password_is_not_printed_and_does_not_travel_in_the_clear_by_itself() -> None:
    read = MailServer.parse("smtp://u:hunter2@mail.example?starttls=auto")
    assert "hunter2" not in repr(read)
    assert read.shows_password
    assert not MailServer.parse("smtp://u:hunter2@mail.example").shows_password
    assert not MailServer.parse("smtp://u:hunter2@127.0.0.1?starttls=never").shows_password


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("Bilten <bilten@events.example>", True),
        ("bilten@events.example", True),
        ("Bilten", False),
        ("Bilten <bilten>", False),
        ("a@b\nBcc: c@d", False),
        ("a@b, c@d", False),
        ("", False),
    ],
)
def test_sender_is_one_mailbox(text: str, *, good: bool) -> None:
    assert is_mailbox(text) is good
