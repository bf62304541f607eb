"""Facts of a large data set, as `domain` builds them but for a million objects: a test compares the two.

Values stay what they are: the writer of JSON turns ids, instants and statuses into the same texts as the domain does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.events import Event
from domain.ids import UserId
from domain.journal import UNTOLD, Fact, FactKind
from domain.lifecycles import TRANSITIONS, EventStatus
from domain.permissions import EventAction
from domain.ticket_tiers import TicketTier
from domain.users import PERSONAL, User

Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """A fact on its way to the journal, with who did it and when."""

    kind: FactKind
    object_id: UUID
    data: Told
    actor_id: UserId
    at: datetime
    private: Told | None = None
    subject_id: UserId | None = None


_EVENT, _TIER, _USER = (
    tuple(item.name for item in fields(cls) if item.name not in UNTOLD) for cls in (Event, TicketTier, User)
)
_OPEN = tuple(name for name in _USER if name not in PERSONAL)
_HIDDEN = tuple(name for name in _USER if name in PERSONAL)


def _new(value: object, names: Sequence[str]) -> dict[str, tuple[None, object]]:
    return {name: (None, told) for name in names if (told := getattr(value, name)) is not None}


def line_of(fact: Fact, *, actor_id: UserId, at: datetime) -> Line:
    """A fact that the domain built."""
    return Line(fact.kind, fact.object_id, fact.data, actor_id, at, fact.private or None, fact.subject_id)


def event_created(event: Event, *, capacity: int | None) -> Line:
    """The first line of an event's stream."""
    changes = _new(event, _EVENT) | {"capacity": (None, capacity)}
    data = {"version": 1, "changes": changes}
    return Line(FactKind.EVENT_CREATED, event.id, data, event.created_by, event.created_at)


def ticket_tier_created(tier: TicketTier, *, quota: int | None, actor_id: UserId) -> Line:
    """A tier was added."""
    data = {"version": 1, "changes": _new(tier, _TIER) | {"quota": (None, quota)}}
    return Line(FactKind.TICKET_TIER_CREATED, tier.id, data, actor_id, tier.created_at)


def event_moved(
    event_id: UUID,
    before: EventStatus,
    action: EventAction,
    *,
    version: int,
    reason: str | None,
    actor_id: UserId,
    at: datetime,
) -> Line:
    """One action of the lifecycle; the first publication also tells its time."""
    transition = TRANSITIONS[action]
    changes: dict[str, tuple[object, object]] = {"status": (before, transition.target)}
    if transition.target is EventStatus.PUBLISHED:
        changes["published_at"] = (None, at)
    data = {"version": version, "changes": changes}
    if not reason:
        return Line(transition.fact, event_id, data, actor_id, at)
    return Line(transition.fact, event_id, data, actor_id, at, {"reason": reason}, actor_id)


def user_provisioned(user: User) -> Line:
    """A person was seen for the first time."""
    hidden = _new(user, _HIDDEN)
    data = {"version": 1, "changes": _new(user, _OPEN), "personal": sorted(hidden)}
    private = {"changes": hidden}
    return Line(FactKind.USER_PROVISIONED, user.id, data, user.id, user.created_at, private, user.id)
