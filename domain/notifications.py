"""Messages to people: which fact makes which message, whom it goes to, and why one is not sent after all."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from domain.feed import Line
from domain.journal import FactKind
from domain.lifecycles import EventStatus
from domain.messages import Matter, MessageKind, Occasion, SkipReason
from domain.registrations import RegistrationStatus
from domain.users import UserStatus

READER = "notifier"
"""The name under which the journal is read for messages."""

OLDEST_FACT = timedelta(days=7)
"""A fact that is older when it is read makes no message: nobody wants last month's news after an outage."""


class Audience(StrEnum):
    """Whom a fact concerns; the object of the fact is the registration, the entry, the event or the invitation."""

    REGISTRANT = "REGISTRANT"
    WAITER = "WAITER"
    EVERYBODY = "EVERYBODY"
    INVITED = "INVITED"


class Rule(NamedTuple):
    """What becomes of a kind of fact."""

    kind: MessageKind
    audience: Audience


RULES: Mapping[FactKind, Rule] = {
    FactKind.PLACES_CONFIRMED: Rule(MessageKind.CONFIRMATION, Audience.REGISTRANT),
    FactKind.PLACES_CANCELLED: Rule(MessageKind.CANCELLATION, Audience.REGISTRANT),
    FactKind.TICKETS_CANCELLED: Rule(MessageKind.CANCELLATION, Audience.REGISTRANT),
    FactKind.HOLD_EXPIRED: Rule(MessageKind.HOLD_EXPIRED, Audience.REGISTRANT),
    FactKind.PLACES_OFFERED: Rule(MessageKind.OFFER, Audience.WAITER),
    FactKind.OFFER_EXPIRED: Rule(MessageKind.OFFER_EXPIRED, Audience.WAITER),
    FactKind.WAITLIST_CLOSED: Rule(MessageKind.WAITLIST_CLOSED, Audience.WAITER),
    FactKind.EVENT_UPDATED: Rule(MessageKind.EVENT_CHANGED, Audience.EVERYBODY),
    FactKind.EVENT_POSTPONED: Rule(MessageKind.EVENT_POSTPONED, Audience.EVERYBODY),
    FactKind.EVENT_CANCELLED: Rule(MessageKind.EVENT_CANCELLED, Audience.EVERYBODY),
    FactKind.MEMBER_INVITED: Rule(MessageKind.INVITATION, Audience.INVITED),
}

ASPECTS: Mapping[str, str] = {
    "title": "title",
    "starts_at_local": "time",
    "ends_at_local": "time",
    "starts_at": "time",
    "ends_at": "time",
    "timezone": "time",
    "venue_id": "place",
    "online": "place",
}
"""Fields of an event whose change people are told of, each with what it is to them."""

PREFERENCE: Mapping[MessageKind, str] = {
    MessageKind.CANCELLATION: "notify_registration",
    MessageKind.HOLD_EXPIRED: "notify_registration",
    MessageKind.OFFER_EXPIRED: "notify_waitlist_offers",
    MessageKind.WAITLIST_CLOSED: "notify_waitlist_offers",
    MessageKind.EVENT_CHANGED: "notify_event_changes",
}
"""What can be switched off, and by which preference. What is not here is sent to everybody with an account in use."""


def rule_for(line: Line, now: datetime) -> Rule | None:
    """What becomes of a line of the journal; most make no message."""
    try:
        rule = RULES.get(FactKind(line.kind))
    except ValueError:
        return None
    if rule is None or now - line.at > OLDEST_FACT:
        return None
    if rule.kind is MessageKind.EVENT_CHANGED and not aspects(line.data.get("changes", {})):
        return None
    return rule


def aspects(changed: Iterable[str]) -> list[str]:
    """What changed of an event, as people see it: `title`, `time` and `place`, in this order."""
    found = {ASPECTS[name] for name in changed if name in ASPECTS}
    return [aspect for aspect in ("title", "time", "place") if aspect in found]


def reason_to_skip(matter: Matter, now: datetime) -> SkipReason | None:
    """Why the message is not sent; nothing when it is."""
    if matter.addressee.status is not UserStatus.ACTIVE:
        return SkipReason.ACCOUNT_IS_DEACTIVATED
    if _is_outdated(matter, now):
        return SkipReason.OUTDATED
    if not _is_wanted(matter):
        return SkipReason.NOT_WANTED
    return None if matter.addressee.email else SkipReason.NO_VERIFIED_ADDRESS


def _is_wanted(matter: Matter) -> bool:
    kind = matter.notification.kind
    if kind is MessageKind.CANCELLATION:
        if not matter.by_addressee:
            # Whoever loses places by somebody else's hand has to know.
            return True
        if matter.status_before == RegistrationStatus.HELD:
            # Letting a hold go is no news to who did it a moment ago.
            return False
    preference = PREFERENCE.get(kind)
    return preference is None or bool(getattr(matter.addressee.preferences, preference))


def _is_outdated(matter: Matter, now: datetime) -> bool:
    """Whether the message would tell what is no longer so."""
    if matter.notification.kind is MessageKind.INVITATION:
        return matter.invited is None or not matter.invited.is_open or now >= matter.invited.expires_at
    return matter.occasion is None or _OUTDATED[matter.notification.kind](matter, matter.occasion, now)


_OUTDATED: Mapping[MessageKind, Callable[[Matter, Occasion, datetime], bool]] = {
    MessageKind.CONFIRMATION: lambda matter, event, _: (
        _is_off(event) or _status(matter) is not RegistrationStatus.CONFIRMED
    ),
    MessageKind.CANCELLATION: lambda matter, _, __: matter.booking is None,
    # Paid in the last moment, it was admitted again.
    MessageKind.HOLD_EXPIRED: lambda matter, _, __: _status(matter) is not RegistrationStatus.EXPIRED,
    MessageKind.OFFER: lambda matter, _, __: matter.waiting is None or matter.waiting.status != "OFFERED",
    # That the event is off says the rest.
    MessageKind.OFFER_EXPIRED: lambda matter, event, _: matter.waiting is None or _is_off(event),
    MessageKind.WAITLIST_CLOSED: lambda matter, event, _: matter.waiting is None or _is_off(event),
    MessageKind.EVENT_CHANGED: lambda matter, event, now: (
        _is_off(event) or now >= event.ends_at or not matter.takes_part
    ),
    MessageKind.EVENT_POSTPONED: lambda _, event, __: event.status is not EventStatus.POSTPONED,
    MessageKind.EVENT_CANCELLED: lambda _, __, ___: False,
}


def _status(matter: Matter) -> RegistrationStatus | None:
    return matter.booking.status if matter.booking else None


def _is_off(event: Occasion) -> bool:
    return event.status in {EventStatus.CANCELLED, EventStatus.ARCHIVED}
