"""The life of an event as one table: which action leads from where to where, and what else must hold."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from domain import errors
from domain.journal import FactKind
from domain.permissions import EventAction


class EventStatus(StrEnum):
    """Where an event stands; `LIVE` and `ENDED` follow from the clock and are never stored."""

    DRAFT = "DRAFT"
    IN_REVIEW = "IN_REVIEW"
    APPROVED = "APPROVED"
    PUBLISHED = "PUBLISHED"
    LIVE = "LIVE"
    ENDED = "ENDED"
    POSTPONED = "POSTPONED"
    CANCELLED = "CANCELLED"
    ARCHIVED = "ARCHIVED"


class Scheduled(Protocol):
    """What the lifecycle reads of an event."""

    @property
    def status(self) -> EventStatus: ...  # noqa: D102
    @property
    def starts_at(self) -> datetime: ...  # noqa: D102
    @property
    def ends_at(self) -> datetime: ...  # noqa: D102
    @property
    def venue_id(self) -> UUID | None: ...  # noqa: D102
    @property
    def online(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class EventState:
    """What the lifecycle reads of an event, for whoever holds only a row of it."""

    status: EventStatus
    starts_at: datetime
    ends_at: datetime
    venue_id: UUID | None
    online: bool


Guard = Callable[[Scheduled, datetime], str | None]
"""Says why an event may not make a transition now, or nothing when it may."""


def status_at(stored: EventStatus, starts_at: datetime, ends_at: datetime, now: datetime) -> EventStatus:
    """The status that the world sees: a published event is live from its start and ended from its end."""
    if stored is not EventStatus.PUBLISHED or now < starts_at:
        return stored
    return EventStatus.LIVE if now < ends_at else EventStatus.ENDED


def _has_place(event: Scheduled, _: datetime) -> str | None:
    return None if event.venue_id or event.online else "it needs a venue or has to be online."


def _is_not_over(event: Scheduled, now: datetime) -> str | None:
    return None if now < event.ends_at else "it lies in the past: give it a new date first."


@dataclass(frozen=True, slots=True)
class Transition:
    """One row of the table: an action and what it takes."""

    action: EventAction
    sources: frozenset[EventStatus]
    target: EventStatus
    fact: FactKind
    guards: tuple[Guard, ...] = ()


_S = EventStatus

TRANSITIONS: Mapping[EventAction, Transition] = {
    transition.action: transition
    for transition in (
        Transition(
            EventAction.SUBMIT,
            frozenset({_S.DRAFT}),
            # No policy asks for an approval yet, so a submission is approved at once.
            _S.APPROVED,
            FactKind.EVENT_APPROVED,
            (_has_place, _is_not_over),
        ),
        Transition(
            EventAction.PUBLISH,
            frozenset({_S.APPROVED, _S.POSTPONED}),
            _S.PUBLISHED,
            FactKind.EVENT_PUBLISHED,
            (_has_place, _is_not_over),
        ),
        Transition(EventAction.POSTPONE, frozenset({_S.PUBLISHED, _S.LIVE}), _S.POSTPONED, FactKind.EVENT_POSTPONED),
        Transition(
            EventAction.CANCEL,
            frozenset({_S.IN_REVIEW, _S.APPROVED, _S.PUBLISHED, _S.LIVE, _S.POSTPONED}),
            _S.CANCELLED,
            FactKind.EVENT_CANCELLED,
        ),
        Transition(
            EventAction.ARCHIVE,
            frozenset({_S.DRAFT, _S.ENDED, _S.CANCELLED}),
            _S.ARCHIVED,
            FactKind.EVENT_ARCHIVED,
        ),
    )
}
"""The whole life of an event, one row for each action."""

EDITABLE = frozenset({_S.DRAFT, _S.IN_REVIEW, _S.APPROVED, _S.PUBLISHED, _S.LIVE, _S.POSTPONED})
"""Statuses in which details may still change."""

_WITHOUT_ACTION: Mapping[EventStatus, str] = {
    _S.DRAFT: "an event never becomes a draft again; copy it to start over.",
    _S.IN_REVIEW: "no policy asks for a review: submitting approves at once.",
    _S.LIVE: "a published event goes live by itself when it starts.",
    _S.ENDED: "a published event ends by itself at its end.",
}


@dataclass(frozen=True, slots=True)
class Prospect:
    """Whether an event may become `to` now, and if not, why."""

    to: EventStatus
    allowed: bool
    reason: str | None


def obstacle(transition: Transition, event: Scheduled, now: datetime) -> str | None:
    """Why the event cannot make the transition now; nothing when it can."""
    current = status_at(event.status, event.starts_at, event.ends_at, now)
    if current not in transition.sources:
        sources = " or ".join(status for status in EventStatus if status in transition.sources)
        return f"an event has to be {sources} for that."
    return next((reason for guard in transition.guards if (reason := guard(event, now))), None)


def prospects(event: Scheduled, now: datetime, *, allowed: Callable[[EventAction], bool]) -> list[Prospect]:
    """Every other status with the answer whether this event may go there now, in the order of `EventStatus`."""
    current = status_at(event.status, event.starts_at, event.ends_at, now)
    by_target = {transition.target: transition for transition in TRANSITIONS.values()}
    found: list[Prospect] = []
    for status in EventStatus:
        if status is current:
            continue
        transition = by_target.get(status)
        if transition is None:
            reason: str | None = _WITHOUT_ACTION[status]
        elif not allowed(transition.action):
            reason = "your role does not allow it."
        else:
            reason = obstacle(transition, event, now)
        found.append(Prospect(status, allowed=reason is None, reason=reason and reason[0].upper() + reason[1:]))
    return found


def require(transition: Transition, event: Scheduled, now: datetime) -> None:
    """Raise `TransitionNotAllowed` with the reason unless the event can make the transition now."""
    reason = obstacle(transition, event, now)
    if reason:
        current = status_at(event.status, event.starts_at, event.ends_at, now)
        raise errors.TransitionNotAllowed(status=current, target=transition.target, reason=reason)
