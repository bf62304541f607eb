"""Which fact makes which message, who can switch it off, and when it would tell what is no longer so."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.journal import FactKind
from domain.lifecycles import EventStatus
from domain.messages import MessageKind, SkipReason
from domain.notifications import OLDEST_FACT, PREFERENCE, RULES, Audience, aspects, reason_to_skip, rule_for
from domain.registrations import RegistrationStatus
from domain.users import Preferences, UserStatus
from tests.matters import NOW, a_booking, a_line, a_matter, a_waiting, an_addressee, an_invited, an_occasion

NOTHING_WANTED = Preferences(notify_registration=False, notify_event_changes=False, notify_waitlist_offers=False)


def outcome(kind: MessageKind, **changed: object) -> SkipReason | None:
    """Why a message of an ordinary matter is not sent."""
    if kind is MessageKind.EVENT_CHANGED:
        changed = {"is_waiting": True, **changed}
    if kind is MessageKind.EVENT_POSTPONED:
        changed = {"occasion": an_occasion(status=EventStatus.POSTPONED), **changed}
    if kind is MessageKind.HOLD_EXPIRED:
        changed = {"booking": a_booking(status=RegistrationStatus.EXPIRED), **changed}
    return reason_to_skip(a_matter(kind, **changed), NOW)


def test_every_kind_of_message_has_a_fact() -> None:
    assert {rule.kind for rule in RULES.values()} == set(MessageKind)


@pytest.mark.parametrize(
    ("kind", "message", "audience"),
    [
        (FactKind.PLACES_CONFIRMED, MessageKind.CONFIRMATION, Audience.REGISTRANT),
        (FactKind.TICKETS_CANCELLED, MessageKind.CANCELLATION, Audience.REGISTRANT),
        (FactKind.PLACES_OFFERED, MessageKind.OFFER, Audience.WAITER),
        (FactKind.EVENT_CANCELLED, MessageKind.EVENT_CANCELLED, Audience.EVERYBODY),
        (FactKind.MEMBER_INVITED, MessageKind.INVITATION, Audience.INVITED),
    ],
)
def test_fact_makes_its_message(kind: FactKind, message: MessageKind, audience: Audience) -> None:
    assert rule_for(a_line(kind), NOW) == (message, audience)


@pytest.mark.parametrize("kind", [FactKind.PLACES_HELD, FactKind.OFFER_HANDED_OVER, "SomethingOfTheFuture"])
def test_other_facts_make_none(kind: str) -> None:
    assert rule_for(a_line(kind), NOW) is None


@pytest.mark.parametrize("field", ["title", "starts_at_local", "ends_at", "timezone", "venue_id", "online"])
def test_change_of_title_time_or_place_is_told(field: str) -> None:
    assert rule_for(a_line(FactKind.EVENT_UPDATED, changes={field: [1, 2]}), NOW) is not None


@pytest.mark.parametrize("field", ["description", "tags", "capacity", "slug"])
def test_change_of_anything_else_is_not_told(field: str) -> None:
    assert rule_for(a_line(FactKind.EVENT_UPDATED, changes={field: [1, 2]}), NOW) is None


def test_aspects_are_named_once_in_one_order() -> None:
    assert aspects(["ends_at", "venue_id", "starts_at", "summary", "title"]) == ["title", "time", "place"]


def test_fact_of_long_ago_is_news_to_nobody() -> None:
    assert rule_for(a_line(at=NOW - OLDEST_FACT), NOW) is not None
    assert rule_for(a_line(at=NOW - OLDEST_FACT - timedelta(seconds=1)), NOW) is None


@pytest.mark.parametrize("kind", MessageKind)
def test_ordinary_message_is_sent(kind: MessageKind) -> None:
    assert outcome(kind) is None


@pytest.mark.parametrize("kind", MessageKind)
def test_deactivated_account_gets_nothing(kind: MessageKind) -> None:
    addressee = an_addressee(status=UserStatus.DEACTIVATED)
    assert outcome(kind, addressee=addressee) is SkipReason.ACCOUNT_IS_DEACTIVATED


@pytest.mark.parametrize("kind", MessageKind)
def test_address_that_is_not_verified_is_not_written_to(kind: MessageKind) -> None:
    assert outcome(kind, addressee=an_addressee(email=None)) is SkipReason.NO_VERIFIED_ADDRESS


@pytest.mark.parametrize("kind", MessageKind)
def test_preferences_switch_off_what_a_person_need_not_know(kind: MessageKind) -> None:
    expected = SkipReason.NOT_WANTED if kind in PREFERENCE else None
    assert outcome(kind, addressee=an_addressee(preferences=NOTHING_WANTED), by_addressee=True) is expected


def test_cancellation_by_somebody_else_is_always_told() -> None:
    addressee = an_addressee(preferences=NOTHING_WANTED)
    assert outcome(MessageKind.CANCELLATION, addressee=addressee, by_addressee=False) is None


def test_letting_a_hold_go_oneself_is_no_news() -> None:
    assert outcome(MessageKind.CANCELLATION, by_addressee=True, status_before="HELD") is SkipReason.NOT_WANTED
    assert outcome(MessageKind.CANCELLATION, by_addressee=False, status_before="HELD") is None


def test_confirmation_of_what_is_cancelled_meanwhile_is_outdated() -> None:
    cancelled = a_booking(status=RegistrationStatus.CANCELLED)
    assert outcome(MessageKind.CONFIRMATION, booking=cancelled) is SkipReason.OUTDATED
    off = an_occasion(status=EventStatus.CANCELLED)
    assert outcome(MessageKind.CONFIRMATION, occasion=off) is SkipReason.OUTDATED


def test_expiry_of_a_hold_that_was_admitted_again_is_outdated() -> None:
    assert outcome(MessageKind.HOLD_EXPIRED, booking=a_booking()) is SkipReason.OUTDATED


def test_offer_that_was_taken_or_has_run_out_is_outdated() -> None:
    assert outcome(MessageKind.OFFER, waiting=a_waiting(status="ACCEPTED")) is SkipReason.OUTDATED


@pytest.mark.parametrize("kind", [MessageKind.OFFER_EXPIRED, MessageKind.WAITLIST_CLOSED])
def test_end_of_the_event_is_told_once(kind: MessageKind) -> None:
    assert outcome(kind, occasion=an_occasion(status=EventStatus.CANCELLED)) is SkipReason.OUTDATED


def test_change_is_told_to_those_who_still_take_part_while_it_matters() -> None:
    changed = MessageKind.EVENT_CHANGED
    assert outcome(changed, is_waiting=False) is SkipReason.OUTDATED
    gone = a_booking(status=RegistrationStatus.CANCELLED)
    assert outcome(changed, is_waiting=False, bookings=(gone,)) is SkipReason.OUTDATED
    assert outcome(changed, is_waiting=False, bookings=(gone, a_booking())) is None
    assert outcome(changed, occasion=an_occasion(ends_at=NOW)) is SkipReason.OUTDATED


def test_event_that_has_a_date_again_is_not_postponed() -> None:
    assert outcome(MessageKind.EVENT_POSTPONED, occasion=an_occasion()) is SkipReason.OUTDATED


def test_cancellation_of_an_event_is_told_to_whoever_was_there_when_it_happened() -> None:
    off = an_occasion(status=EventStatus.CANCELLED)
    assert outcome(MessageKind.EVENT_CANCELLED, occasion=off, bookings=()) is None


def test_invitation_that_leads_nowhere_is_outdated() -> None:
    assert outcome(MessageKind.INVITATION, invited=an_invited(is_open=False)) is SkipReason.OUTDATED
    assert outcome(MessageKind.INVITATION, invited=an_invited(expires_at=NOW)) is SkipReason.OUTDATED


def test_message_about_nothing_is_outdated() -> None:
    assert reason_to_skip(replace(a_matter(), occasion=None), NOW) is SkipReason.OUTDATED
    assert reason_to_skip(replace(a_matter(MessageKind.OFFER), waiting=None), NOW) is SkipReason.OUTDATED
