"""Messages in the formats of mail, read back as a mail program and a calendar would."""

from datetime import datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Event

from bilten.mail.envelope import AddressIsUnusable, Sender, envelope_for
from domain.ids import RegistrationId
from domain.lifecycles import EventStatus
from domain.messages import Matter, MessageKind
from domain.registrations import RegistrationStatus
from tests.matters import NOW, REGISTRATION, a_booking, a_matter, an_addressee, an_occasion

SENDER = Sender.parse("Bilten <tickets@events.example>")
LINK = "https://bilten.example/invitations?token=abc.def"


def sent(matter: Matter, *, now: datetime = NOW) -> EmailMessage:
    """The message as it comes out at the other end."""
    made = envelope_for(matter, SENDER, invitation_link=LINK, now=now)
    return message_from_bytes(made.as_bytes(), policy=default)  # pyright: ignore[reportReturnType] - the policy's class


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return part.get_content()


def calendar(message: EmailMessage) -> Calendar:
    """The calendar file, whose method the mail names as well."""
    (part,) = message.iter_attachments()
    assert part.get_content_type() == "text/calendar"
    assert part.get_filename() == "event.ics"
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    read = Calendar.from_ical(content)
    assert isinstance(read, Calendar)
    assert part["content-type"].params["method"] == read.method
    return read


def entry(message: EmailMessage) -> Event:
    (only,) = calendar(message).events
    return only


def test_headers_say_from_whom_to_whom_and_what_about() -> None:
    message = sent(a_matter())
    assert message["From"] == "Bilten <tickets@events.example>"
    assert message["To"] == "Ada <ada@people.example>"
    assert message["Subject"] == "Your registration: Evening"
    assert message["Date"].datetime == NOW
    assert message["Content-Language"] == "en"
    assert message["Auto-Submitted"] == "auto-generated"


def test_repeated_message_has_the_same_message_id() -> None:
    first, second = sent(a_matter()), sent(a_matter(), now=NOW + timedelta(hours=1))
    assert first["Message-ID"] == second["Message-ID"] == "<00000000-0000-0000-0000-00000000004d@events.example>"


def test_confirmation_has_text_html_and_a_calendar_entry_in_the_zone_of_the_event() -> None:
    message = sent(a_matter())
    assert "AAAA-1111" in body(message, "plain")
    assert "AAAA-1111" in body(message, "html")
    read = calendar(message)
    assert read.method == "PUBLISH"
    assert [zone.tz_name for zone in read.timezones] == ["Europe/Ljubljana"]
    (event,) = read.events
    assert event.uid == str(REGISTRATION)
    assert event.start == datetime(2026, 12, 3, 18, tzinfo=ZoneInfo("Europe/Ljubljana"))
    assert event.end == datetime(2026, 12, 3, 21, tzinfo=ZoneInfo("Europe/Ljubljana"))
    assert event["DTSTART"].params["TZID"] == "Europe/Ljubljana"
    assert event["SUMMARY"] == "Evening"
    assert event["LOCATION"] == "Hall, Trg 1, Ljubljana, SI"
    assert event["ORGANIZER"] == "mailto:tickets@events.example"
    assert event.status == "CONFIRMED"


def test_entry_is_changed_and_taken_back_under_the_same_uid_with_a_growing_sequence() -> None:
    made = entry(sent(a_matter()))
    later = an_occasion(version=4, starts_at=an_occasion().starts_at + timedelta(hours=1))
    changed = entry(
        sent(a_matter(MessageKind.EVENT_CHANGED, occasion=later, bookings=(a_booking(),), changed=frozenset({"title"})))
    )
    gone = a_booking(status=RegistrationStatus.CANCELLED, version=2)
    cancelled = sent(a_matter(MessageKind.CANCELLATION, occasion=later, booking=gone, status_before="CONFIRMED"))
    assert calendar(cancelled).method == "CANCEL"
    assert entry(cancelled).status == "CANCELLED"
    assert made.uid == changed.uid == entry(cancelled).uid
    assert made.sequence < changed.sequence < entry(cancelled).sequence
    assert changed.start == datetime(2026, 12, 3, 19, tzinfo=ZoneInfo("Europe/Ljubljana"))


def test_event_that_is_off_leaves_every_calendar_and_one_put_off_is_tentative() -> None:
    other = a_booking(id=RegistrationId(UUID(int=99)))
    bookings = (a_booking(), other, a_booking(id=RegistrationId(UUID(int=98)), status=RegistrationStatus.EXPIRED))
    off = calendar(sent(a_matter(MessageKind.EVENT_CANCELLED, bookings=bookings)))
    assert off.method == "CANCEL"
    assert {one.uid for one in off.events} == {str(REGISTRATION), str(other.id)}
    postponed = an_occasion(status=EventStatus.POSTPONED)
    assert entry(sent(a_matter(MessageKind.EVENT_POSTPONED, occasion=postponed, bookings=(other,)))).status == (
        "TENTATIVE"
    )


@pytest.mark.parametrize(
    "matter",
    [
        a_matter(MessageKind.OFFER),
        a_matter(MessageKind.INVITATION),
        a_matter(MessageKind.HOLD_EXPIRED),
        a_matter(MessageKind.CANCELLATION, booking=a_booking(quantity=1), status_before=None),
        a_matter(
            MessageKind.CANCELLATION, booking=a_booking(status=RegistrationStatus.CANCELLED), status_before="HELD"
        ),
        a_matter(MessageKind.EVENT_CHANGED, is_waiting=True, changed=frozenset({"title"})),
    ],
    ids=lambda matter: matter.notification.kind,
)
def test_no_calendar_file_where_no_entry_changes(matter: Matter) -> None:
    assert list(sent(matter).iter_attachments()) == []


def test_event_in_utc_needs_no_rules_of_a_zone() -> None:
    read = calendar(sent(a_matter(occasion=an_occasion(timezone="UTC"))))
    assert read.timezones == []
    assert b"DTSTART:20261203T170000Z" in read.to_ical()


def test_invitation_has_its_link_in_both_bodies() -> None:
    message = sent(a_matter(MessageKind.INVITATION))
    assert LINK in body(message, "plain")
    assert f'href="{LINK}"' in body(message, "html")


def test_html_shows_what_people_typed_as_text() -> None:
    title = '<script>alert("1")</script>'
    message = sent(a_matter(occasion=an_occasion(title=title, online=True, url="javascript:alert(1)")))
    assert "<script" not in body(message, "html")
    assert "href" not in body(message, "html")
    assert "&lt;script&gt;" in body(message, "html")


INJECTED = "Evil\r\nBcc: everybody@people.example\r\n\r\nBody"


def test_line_breaks_in_names_and_titles_make_no_headers() -> None:
    matter = a_matter(
        addressee=an_addressee(name=INJECTED), occasion=an_occasion(title=INJECTED, organization_name=INJECTED)
    )
    message = sent(matter)
    assert "Bcc" not in message
    assert message["To"].addresses[0].addr_spec == "ada@people.example"
    assert len(message["To"].addresses) == 1
    assert entry(message)["SUMMARY"] == "Evil Bcc: everybody@people.example Body"


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_text_breaks_the_form_of_a_message(name: str, title: str) -> None:
    matter = a_matter(addressee=an_addressee(name=name), occasion=an_occasion(title=title, organization_name=name))
    plain, odd = sent(a_matter()), sent(matter)
    assert list(odd.keys()) == list(plain.keys())
    assert [address.addr_spec for address in odd["To"].addresses] == ["ada@people.example"]
    assert len(calendar(odd).events) == 1


@pytest.mark.parametrize(
    "address",
    ["a@b\r\nBcc: c@d", "no-address", "", "a@b, c@d", "a@b\0", "<a@b>", "a b@c", "a@b c", "\u202ea@b"],
)
def test_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(AddressIsUnusable):
        envelope_for(a_matter(addressee=an_addressee(email=address)), SENDER, invitation_link=None, now=NOW)


@pytest.mark.parametrize("text", ["Bilten", "Bilten <>", "a@b\r\nBcc: c@d", ""])
def test_sender_needs_an_address(text: str) -> None:
    with pytest.raises(AddressIsUnusable):
        Sender.parse(text)
