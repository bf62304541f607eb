"""Events: their details, the commands that change them, and the facts that tell of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, TypedDict

from domain import errors
from domain.ids import EventId, OrganizationId, UserId, VenueId
from domain.journal import Fact, FactKind, as_json, changes_between, told
from domain.lifecycles import EDITABLE, TRANSITIONS, EventStatus, require, status_at
from domain.permissions import EventAction
from domain.time import AmbiguousHour, derive_instant, timezone
from domain.validation import Validation, slug_from

TITLE_LIMIT = 200
SUMMARY_LIMIT = 500
DESCRIPTION_LIMIT = 20_000
CATEGORY_LIMIT = 60
REASON_LIMIT = 1_000
CAPACITY_LIMIT = 1_000_000


class EventDetails(TypedDict, total=False):
    """What an organizer can say about an event; a key that is absent is left as it is."""

    title: str
    slug: str
    summary: str | None
    description: str | None
    category: str
    tags: tuple[str, ...]
    starts_at_local: datetime
    ends_at_local: datetime
    timezone: str
    online: bool
    url: str | None
    venue_id: VenueId | None


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it is stored; `starts_at` and `ends_at` are derived from the wall clock and the zone."""

    id: EventId
    organization_id: OrganizationId
    venue_id: VenueId | None
    slug: str
    title: str
    summary: str | None
    description: str | None
    category: str
    tags: tuple[str, ...]
    status: EventStatus
    starts_at_local: datetime
    ends_at_local: datetime
    timezone: str
    starts_at: datetime
    ends_at: datetime
    online: bool
    url: str | None
    published_at: datetime | None
    created_by: UserId
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def sales_open(self) -> bool:
        """Whether places can be taken as far as the status goes; the end of the event closes sales by itself."""
        return self.status is EventStatus.PUBLISHED


@dataclass(frozen=True, slots=True)
class CreateEvent:
    """Start a draft. `details` needs title, category, both times and the zone."""

    organization_id: OrganizationId
    details: EventDetails
    capacity: int | None
    ambiguous_hour: AmbiguousHour


@dataclass(frozen=True, slots=True)
class UpdateEvent:
    """Change details; `capacity` is left alone when it is "unchanged", unlimited when nothing."""

    event_id: EventId
    details: EventDetails
    capacity: int | Literal["unchanged"] | None
    ambiguous_hour: AmbiguousHour
    reason: str | None
    expected_version: int | None


@dataclass(frozen=True, slots=True)
class MoveEvent:
    """Take one action of the lifecycle table."""

    event_id: EventId
    action: EventAction
    reason: str | None
    expected_version: int | None


@dataclass(frozen=True, slots=True)
class CopyEvent:
    """Start a draft from another event, with its ticket tiers; times and title may be given anew."""

    event_id: EventId
    details: EventDetails
    ambiguous_hour: AmbiguousHour


def create(command: CreateEvent, *, event_id: EventId, actor_id: UserId, now: datetime) -> Event:
    """The draft that the command describes. Raises `Refused`."""
    details = command.details
    validation = Validation()
    required = ("title", "category", "starts_at_local", "ends_at_local", "timezone")
    if missing := [name for name in required if name not in details]:
        raise errors.Refused(errors.ValueIsRequired(name) for name in missing)
    validate_capacity(validation, command.capacity)
    blank = Event(
        id=event_id,
        organization_id=command.organization_id,
        venue_id=None,
        slug="",
        title="",
        summary=None,
        description=None,
        category="",
        tags=(),
        status=EventStatus.DRAFT,
        starts_at_local=now.replace(tzinfo=None),
        ends_at_local=now.replace(tzinfo=None),
        timezone="",
        starts_at=now,
        ends_at=now,
        online=False,
        url=None,
        published_at=None,
        created_by=actor_id,
        created_at=now,
        updated_at=now,
    )
    event = _with_details(blank, details, command.ambiguous_hour, validation)
    if "slug" not in details:
        # The tail of the id keeps slugs of equal titles apart without a look-up.
        event = replace(event, slug=f"{slug_from(event.title)}-{event_id.hex[-8:]}")
    validation.finish()
    return event


def update(event: Event, command: UpdateEvent, now: datetime) -> Event:
    """The event with the new details. Raises `Refused` and `EventIsNotEditable`; equal details change nothing."""
    status = check_editable(event, now)
    validation = Validation()
    if command.capacity != "unchanged":
        validate_capacity(validation, command.capacity)
    changed = _with_details(event, command.details, command.ambiguous_hour, validation)
    if status not in {EventStatus.DRAFT, EventStatus.IN_REVIEW}:
        if changed.venue_id is None and not changed.online:
            validation.refuse(errors.PlaceIsMissing("venue_id"))
        if changed.ends_at != event.ends_at and changed.ends_at <= now:
            validation.refuse(errors.TimeIsInThePast("ends_at_local"))
    reason_is_valid(validation, command.reason)
    validation.finish()
    return changed if changed == event else replace(changed, version=event.version + 1, updated_at=now)


def revise(event: Event, details: EventDetails) -> Event:
    """The event with other details, whatever the clock says: for what happened elsewhere. Raises `Refused`."""
    validation = Validation()
    revised = _with_details(event, details, AmbiguousHour.FIRST, validation)
    validation.finish()
    return revised


def check_editable(event: Event, now: datetime) -> EventStatus:
    """The status that the world sees, when it lets details change. Raises `EventIsNotEditable`."""
    status = status_at(event.status, event.starts_at, event.ends_at, now)
    if status not in EDITABLE:
        raise errors.EventIsNotEditable(status=status)
    return status


def move(event: Event, command: MoveEvent, *, actor_id: UserId, now: datetime) -> tuple[Event, Fact]:
    """The event after one lifecycle action, and the fact. Raises `TransitionNotAllowed`."""
    validation = Validation()
    reason_is_valid(validation, command.reason)
    validation.finish()
    transition = TRANSITIONS[command.action]
    require(transition, event, now)
    published_at = event.published_at or (now if transition.target is EventStatus.PUBLISHED else None)
    moved = replace(
        event, status=transition.target, published_at=published_at, version=event.version + 1, updated_at=now
    )
    return moved, _edited(transition.fact, event, moved, actor_id=actor_id, reason=command.reason)


def copy(source: Event, command: CopyEvent, *, event_id: EventId, actor_id: UserId, now: datetime) -> Event:
    """A draft with the source's details, changed as asked. Raises `Refused`."""
    validation = Validation()
    blank = replace(
        source,
        id=event_id,
        status=EventStatus.DRAFT,
        published_at=None,
        created_by=actor_id,
        created_at=now,
        updated_at=now,
        version=1,
    )
    event = _with_details(blank, command.details, command.ambiguous_hour, validation)
    if "slug" not in command.details:
        event = replace(event, slug=f"{slug_from(event.title)}-{event_id.hex[-8:]}")
    validation.finish()
    return event


def created_fact(event: Event, *, capacity: int | None, source_id: EventId | None = None) -> Fact:
    """The first line of an event's stream."""
    changes = changes_between(None, event) | {"capacity": [None, capacity]}
    if source_id:
        return told(FactKind.EVENT_COPIED, event.id, changes, version=1, source_id=as_json(source_id))
    return told(FactKind.EVENT_CREATED, event.id, changes, version=1)


def updated_fact(before: Event, after: Event, *, actor_id: UserId, reason: str | None) -> Fact:
    """What an edit changed."""
    return _edited(FactKind.EVENT_UPDATED, before, after, actor_id=actor_id, reason=reason)


def validate_capacity(validation: Validation, capacity: int | None) -> None:
    """An event holds at least one place, or any number when unlimited."""
    if capacity is not None:
        validation.number(capacity, "capacity", minimum=1, maximum=CAPACITY_LIMIT)


def reason_is_valid(validation: Validation, reason: str | None) -> None:
    """A reason is free text of at most `REASON_LIMIT` characters."""
    validation.optional_text(reason, "reason", limit=REASON_LIMIT, multiline=True)


def _edited(kind: FactKind, before: Event, after: Event, *, actor_id: UserId, reason: str | None) -> Fact:
    # A reason is the author's own words, so it goes when the author is erased.
    changes = changes_between(before, after)
    return told(kind, after.id, changes, version=after.version, subject_id=actor_id, reason=reason)


def _with_details(event: Event, details: EventDetails, ambiguous: AmbiguousHour, check: Validation) -> Event:
    changed = replace(event, **details)
    if "title" in details:
        changed = replace(changed, title=check.text(changed.title, "title", limit=TITLE_LIMIT))
    if "category" in details:
        changed = replace(changed, category=check.text(changed.category, "category", limit=CATEGORY_LIMIT))
    if "slug" in details:
        check.slug(changed.slug, "slug")
    changed = replace(
        changed,
        summary=check.optional_text(changed.summary, "summary", limit=SUMMARY_LIMIT),
        description=check.markdown(changed.description, "description", limit=DESCRIPTION_LIMIT),
        tags=check.tags(changed.tags, "tags"),
        url=check.url(changed.url, "url"),
    )
    return _with_schedule(changed, details, ambiguous, check)


def _with_schedule(event: Event, details: EventDetails, ambiguous: AmbiguousHour, check: Validation) -> Event:
    if not {"starts_at_local", "ends_at_local", "timezone"} & details.keys():
        return event
    timezone(check, event.timezone, "timezone")
    starts_at = derive_instant(check, event.starts_at_local, event.timezone, "starts_at_local", ambiguous=ambiguous)
    ends_at = derive_instant(check, event.ends_at_local, event.timezone, "ends_at_local", ambiguous=ambiguous)
    if starts_at is None or ends_at is None:
        return event
    if ends_at <= starts_at:
        check.refuse(errors.EndIsNotAfterStart("ends_at_local"))
    elif (ends_at - starts_at).days > 366:
        check.refuse(errors.ValueIsMalformed("ends_at_local", what="end: an event lasts at most 366 days"))
    return replace(event, starts_at=starts_at, ends_at=ends_at)
