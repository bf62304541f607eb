"""What messages say: in the reader's language, with times on the event's clocks and on the reader's."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bilten.mail.language import LANGUAGES, language_for
from bilten.mail.plain import one_line
from bilten.mail.wording import Letter, letter_for
from domain.messages import MessageKind
from domain.registrations import RegistrationStatus
from tests.matters import a_booking, a_matter, a_waiting, an_addressee, an_occasion


def letter(kind: MessageKind = MessageKind.CONFIRMATION, *, locale: str = "en", **changed: object) -> Letter:
    given: dict[str, object] = {"addressee": an_addressee(locale=locale), **changed}
    return letter_for(a_matter(kind, **given), invitation_link="https://bilten.example/invitations?token=t")


def rows(of: Letter) -> dict[str, tuple[str, ...]]:
    return {row.label: row.lines for row in of.rows}


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("kind", MessageKind)
def test_every_message_exists_in_every_language(kind: MessageKind, locale: str) -> None:
    made = letter(kind, locale=locale, changed=frozenset({"title", "venue_id"}))
    said = [made.subject, made.greeting, *made.paragraphs, *made.footer]
    assert made.language == locale
    assert all(said)
    assert not any("{" in text for text in said)


@pytest.mark.parametrize(
    ("locale", "code"),
    [("de-AT", "de"), ("sl_SI", "sl"), ("EN-gb", "en"), ("fr", "en"), (None, "en"), ("", "en"), ("../de", "en")],
)
def test_language_follows_the_locale_as_far_as_there_is_one(locale: str | None, code: str) -> None:
    assert language_for(locale).code == code


@pytest.mark.parametrize(
    ("locale", "count", "text"),
    [
        ("en", 1, "1 place"),
        ("en", 2, "2 places"),
        ("de", 1, "1 Platz"),
        ("de", 5, "5 Plätze"),
        ("sl", 1, "1 mesto"),
        ("sl", 2, "2 mesti"),
        ("sl", 4, "4 mesta"),
        ("sl", 5, "5 mest"),
        ("sl", 101, "101 mesto"),
    ],
)
def test_numbers_of_places_take_the_right_form(locale: str, count: int, text: str) -> None:
    assert language_for(locale).places(count) == text


@pytest.mark.parametrize(
    ("locale", "amount", "currency", "text"),
    [
        ("en", 123_456_789, "EUR", "EUR 1,234,567.89"),
        ("de", 2_505, "EUR", "25,05 EUR"),
        ("sl", 1_500, "JPY", "1.500 JPY"),
        ("en", 1_500, "KWD", "KWD 1.500"),
        ("de", 0, "EUR", "kostenlos"),
    ],
)
def test_amounts_have_the_digits_of_their_currency(locale: str, amount: int, currency: str, text: str) -> None:
    assert language_for(locale).money(amount, currency) == text


def test_time_is_told_on_the_clocks_of_the_event_and_of_the_reader() -> None:
    made = letter(addressee=an_addressee(timezone="America/New_York"))
    assert rows(made)["When"] == (
        "Thursday, 3 December 2026, 18:00\u201321:00 (Europe/Ljubljana, UTC+1)",
        "In your time zone: Thursday, 3 December 2026, 12:00\u201315:00 (America/New_York, UTC-5)",
    )


@pytest.mark.parametrize("zone", [None, "Europe/Ljubljana", "Europe/Vienna"])
def test_time_is_told_once_where_clocks_agree(zone: str | None) -> None:
    assert len(rows(letter(addressee=an_addressee(timezone=zone)))["When"]) == 1


def test_event_over_several_days_and_half_hour_zones_are_written_out() -> None:
    festival = an_occasion(
        starts_at=datetime(2026, 7, 1, 12, tzinfo=UTC),
        ends_at=datetime(2026, 7, 3, 15, 30, tzinfo=UTC),
        timezone="Asia/Kolkata",
    )
    made = letter(occasion=festival, locale="sl")
    assert rows(made)["Kdaj"] == (
        "sreda, 1. julij 2026, ob 17:30 \u2013 petek, 3. julij 2026, ob 21:00 (Asia/Kolkata, UTC+5:30)",
    )


def test_confirmation_lists_valid_tickets_with_their_names_and_the_price_of_all() -> None:
    told = rows(letter())
    assert told["Ticket codes"] == ("AAAA-1111", "BBBB-2222 (Grace)")
    assert told["Price"] == ("EUR 50.00",)
    assert told["Where"] == ("Hall, Trg 1, Ljubljana, SI",)


def test_cancelling_some_tickets_reads_differently_from_cancelling_all() -> None:
    some = letter(MessageKind.CANCELLATION, booking=a_booking(quantity=1))
    assert some.subject == "Tickets cancelled: Evening"
    assert "You keep 1 place" in some.paragraphs[0]
    whole = letter(MessageKind.CANCELLATION, booking=a_booking(status=RegistrationStatus.CANCELLED))
    assert whole.subject == "Cancelled: your registration for Evening"
    assert "Ticket codes" not in rows(whole)


def test_offer_says_until_when() -> None:
    made = letter(MessageKind.OFFER, waiting=a_waiting(quantity=1))
    assert rows(made)["Until"] == ("Tuesday, 24 November 2026, 13:00 (Europe/Ljubljana, UTC+1)",)
    assert "1 place is free for you now" in made.paragraphs[0]


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"starts_at", "ends_at"}, "the time is new"),
        ({"title", "starts_at"}, "the title and the time are new"),
        ({"title", "timezone", "venue_id"}, "the title, the time and the place are new"),
    ],
)
def test_change_names_what_is_new(changed: set[str], text: str) -> None:
    assert text in letter(MessageKind.EVENT_CHANGED, changed=frozenset(changed)).paragraphs[0]


def test_only_what_can_be_switched_off_says_so() -> None:
    hint = "You can switch messages of this kind off in your preferences."
    assert hint in letter(MessageKind.EVENT_CHANGED, changed=frozenset({"title"})).footer
    assert hint not in letter(MessageKind.CONFIRMATION).footer
    assert hint not in letter(MessageKind.CANCELLATION, by_addressee=False).footer
    assert hint in letter(MessageKind.CANCELLATION, by_addressee=True).footer


def test_braces_in_a_title_stay_braces() -> None:
    made = letter(occasion=an_occasion(title="{event} {0} %s"))
    assert made.subject == "Your registration: {event} {0} %s"


@given(st.text(max_size=300))
def test_line_has_no_character_that_ends_or_hides_it(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert len(line) <= 200
    assert line == line.strip()
    assert not any(char in line for char in "\r\n\0\u202e\u2066\x85\u2028")
