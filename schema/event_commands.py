"""Events in the schema: the mutations with their inputs and payloads."""

from datetime import datetime
from typing import Any

import strawberry

from domain.events import CopyEvent, CreateEvent, EventDetails, MoveEvent, UpdateEvent
from domain.ids import EventId
from resolvers import events as use_cases
from resolvers.context import Context
from schema import ids
from schema.context import Info, field
from schema.enums import AmbiguousHour, EventAction
from schema.events import Event
from schema.problems import Command, Edit, Payload, answer, given
from schema.scalars import URL, LocalDateTime, TimeZone

_AMBIGUOUS = "Which hour a local time means on the night that clocks go back. A local time that clocks skip is refused."


@strawberry.input(description="A new event, as a draft.")
class CreateEventInput(Command):
    """Input of createEvent."""

    organization_id: strawberry.ID = field(description="Who holds it.")
    title: str = field(description="What it is called. Plain text, at most 200 characters.")
    category: str = field(description="What kind of event it is.")
    starts_at_local: LocalDateTime = field(description="What the clock shows there when it starts.")
    ends_at_local: LocalDateTime = field(description="What the clock shows there when it ends.")
    timezone: TimeZone = field(description="The zone that the local times are meant in.")
    ambiguous_hour: AmbiguousHour = field(default=AmbiguousHour.FIRST, description=_AMBIGUOUS)
    slug: str | None = field(default=None, description="A readable name for addresses; made from the title if absent.")
    summary: str | None = field(default=None, description="One or two sentences. Plain text.")
    description: str | None = field(default=None, description="Everything else, in Markdown without raw HTML.")
    tags: list[str] | None = field(default=None, description="Labels; kept in lower case, at most 20.")
    online: bool = field(default=False, description="Whether people can take part from afar.")
    url: URL | None = field(default=None, description="The event's own page, or where to join it.")
    venue_id: strawberry.ID | None = field(default=None, description="A venue of the organization.")
    capacity: int | None = field(default=None, description="How many places it has; absent: unlimited.")

    def to_command(self) -> CreateEvent:
        """The domain's command."""
        details = EventDetails(
            title=self.title,
            category=self.category,
            starts_at_local=self.starts_at_local,
            ends_at_local=self.ends_at_local,
            timezone=self.timezone,
            summary=self.summary,
            description=self.description,
            tags=tuple(self.tags or ()),
            online=self.online,
            url=self.url,
            venue_id=ids.venue_id(self.venue_id) if self.venue_id is not None else None,
        )
        if self.slug is not None:
            details["slug"] = self.slug
        return CreateEvent(ids.organization_id(self.organization_id), details, self.capacity, self.ambiguous_hour)


@strawberry.input(description="Changes to an event; what is absent stays as it is.")
class UpdateEventInput(Edit):
    """Input of updateEvent."""

    id: strawberry.ID = field(description="The event.")
    title: strawberry.Maybe[str] = field(description="What it is called.")
    category: strawberry.Maybe[str] = field(description="What kind of event it is.")
    starts_at_local: strawberry.Maybe[LocalDateTime] = field(description="What the clock shows when it starts.")
    ends_at_local: strawberry.Maybe[LocalDateTime] = field(description="What the clock shows when it ends.")
    timezone: strawberry.Maybe[TimeZone] = field(
        description="The zone of the local times; a new zone keeps the local times and moves the instants."
    )
    ambiguous_hour: AmbiguousHour = field(default=AmbiguousHour.FIRST, description=_AMBIGUOUS)
    slug: strawberry.Maybe[str] = field(description="A readable name for addresses.")
    summary: strawberry.Maybe[str | None] = field(description="One or two sentences.")
    description: strawberry.Maybe[str | None] = field(description="Everything else, in Markdown without raw HTML.")
    tags: strawberry.Maybe[list[str]] = field(description="All labels.")
    online: strawberry.Maybe[bool] = field(description="Whether people can take part from afar.")
    url: strawberry.Maybe[URL | None] = field(description="The event's own page, or where to join it.")
    venue_id: strawberry.Maybe[strawberry.ID | None] = field(description="A venue of the organization.")
    capacity: strawberry.Maybe[int | None] = field(
        description="How many places it has, no fewer than are taken; null: unlimited."
    )
    reason: str | None = field(default=None, description="Why; kept with the event's history.")

    def to_command(self) -> UpdateEvent:
        """The domain's command."""
        details = given(
            title=self.title,
            category=self.category,
            starts_at_local=self.starts_at_local,
            ends_at_local=self.ends_at_local,
            timezone=self.timezone,
            slug=self.slug,
            summary=self.summary,
            description=self.description,
            tags=self.tags,
            online=self.online,
            url=self.url,
            venue_id=self.venue_id,
        )
        if details.get("venue_id") is not None:
            details["venue_id"] = ids.venue_id(details["venue_id"])
        if "tags" in details:
            details["tags"] = tuple(details["tags"])
        return UpdateEvent(
            event_id=ids.event_id(self.id),
            details=EventDetails(**details),
            capacity="unchanged" if self.capacity is None else self.capacity.value,
            ambiguous_hour=self.ambiguous_hour,
            reason=self.reason,
            expected_version=self.expected_version,
        )


@strawberry.input
class MoveEventInput(Edit):
    """What all lifecycle mutations take."""

    id: strawberry.ID = field(description="The event.")
    reason: str | None = field(default=None, description="Why; kept with the event's history.")

    def to_command(self, action: EventAction) -> MoveEvent:
        """The domain's command."""
        return MoveEvent(ids.event_id(self.id), action, self.reason, self.expected_version)


@strawberry.input(description="A draft to submit for approval.")
class SubmitEventInput(MoveEventInput):
    """Input of submitEvent."""


@strawberry.input(description="An approved or postponed event to publish.")
class PublishEventInput(MoveEventInput):
    """Input of publishEvent."""


@strawberry.input(description="A published event to put off until it has a new date.")
class PostponeEventInput(MoveEventInput):
    """Input of postponeEvent."""


@strawberry.input(description="An event to call off.")
class CancelEventInput(MoveEventInput):
    """Input of cancelEvent."""


@strawberry.input(description="A draft, ended or cancelled event to put away.")
class ArchiveEventInput(MoveEventInput):
    """Input of archiveEvent."""


@strawberry.input(description="An event to start a new draft from, with its capacity and ticket tiers.")
class CopyEventInput(Command):
    """Input of copyEvent."""

    id: strawberry.ID = field(description="The event to copy.")
    title: str | None = field(default=None, description="The draft's title; absent: as the source's.")
    slug: str | None = field(default=None, description="The draft's readable name; made from the title if absent.")
    starts_at_local: LocalDateTime | None = field(default=None, description="When the draft starts.")
    ends_at_local: LocalDateTime | None = field(default=None, description="When the draft ends.")
    ambiguous_hour: AmbiguousHour = field(default=AmbiguousHour.FIRST, description=_AMBIGUOUS)

    def to_command(self) -> CopyEvent:
        """The domain's command."""
        times: dict[str, datetime | None] = {
            "starts_at_local": self.starts_at_local,
            "ends_at_local": self.ends_at_local,
        }
        changes: dict[str, Any] = {"title": self.title, "slug": self.slug, **times}
        details = EventDetails(**{name: value for name, value in changes.items() if value is not None})  # pyright: ignore[reportArgumentType]
        return CopyEvent(ids.event_id(self.id), details, self.ambiguous_hour)


@strawberry.type
class EventPayload(Payload):
    """What every mutation of an event returns."""

    event: Event | None = field(default=None, description="The event as it is now; null when the command was refused.")


@strawberry.type(description="The answer to createEvent.")
class CreateEventPayload(EventPayload):
    """Payload of createEvent."""


@strawberry.type(description="The answer to updateEvent.")
class UpdateEventPayload(EventPayload):
    """Payload of updateEvent."""


@strawberry.type(description="The answer to submitEvent.")
class SubmitEventPayload(EventPayload):
    """Payload of submitEvent."""


@strawberry.type(description="The answer to publishEvent.")
class PublishEventPayload(EventPayload):
    """Payload of publishEvent."""


@strawberry.type(description="The answer to postponeEvent.")
class PostponeEventPayload(EventPayload):
    """Payload of postponeEvent."""


@strawberry.type(description="The answer to cancelEvent.")
class CancelEventPayload(EventPayload):
    """Payload of cancelEvent."""


@strawberry.type(description="The answer to archiveEvent.")
class ArchiveEventPayload(EventPayload):
    """Payload of archiveEvent."""


@strawberry.type(description="The answer to copyEvent.")
class CopyEventPayload(EventPayload):
    """Payload of copyEvent."""


async def _show(context: Context, event_id: EventId) -> dict[str, Any]:
    return {"event": await context.reads.event_by_id(event_id)}


async def _move(payload: type[Any], info: Info, input: MoveEventInput, action: EventAction) -> Any:  # noqa: A002, ANN401
    key = input.idempotency_key
    return await answer(
        payload, info, lambda context: use_cases.move_event(context, input.to_command(action), key), _show
    )


@strawberry.type
class EventMutations:
    """Root fields that change events."""

    @strawberry.mutation(description="Start a draft.")
    async def create_event(self, info: Info, input: CreateEventInput) -> CreateEventPayload:  # noqa: A002
        """Start a draft."""
        key = input.idempotency_key
        return await answer(
            CreateEventPayload, info, lambda context: use_cases.create_event(context, input.to_command(), key), _show
        )

    @strawberry.mutation(description="Change an event's details, schedule or capacity.")
    async def update_event(self, info: Info, input: UpdateEventInput) -> UpdateEventPayload:  # noqa: A002
        """Change details."""
        key = input.idempotency_key
        return await answer(
            UpdateEventPayload, info, lambda context: use_cases.update_event(context, input.to_command(), key), _show
        )

    @strawberry.mutation(description="Submit a draft; with no policy asking for an approval it is approved at once.")
    async def submit_event(self, info: Info, input: SubmitEventInput) -> SubmitEventPayload:  # noqa: A002
        """Submit a draft."""
        return await _move(SubmitEventPayload, info, input, EventAction.SUBMIT)

    @strawberry.mutation(description="Make an approved or postponed event public and open its sales.")
    async def publish_event(self, info: Info, input: PublishEventInput) -> PublishEventPayload:  # noqa: A002
        """Publish."""
        return await _move(PublishEventPayload, info, input, EventAction.PUBLISH)

    @strawberry.mutation(description="Put a published event off; registrations stay, sales pause.")
    async def postpone_event(self, info: Info, input: PostponeEventInput) -> PostponeEventPayload:  # noqa: A002
        """Postpone."""
        return await _move(PostponeEventPayload, info, input, EventAction.POSTPONE)

    @strawberry.mutation(description="Call an event off for good; registrations stay as a record, sales close.")
    async def cancel_event(self, info: Info, input: CancelEventInput) -> CancelEventPayload:  # noqa: A002
        """Cancel."""
        return await _move(CancelEventPayload, info, input, EventAction.CANCEL)

    @strawberry.mutation(description="Put a draft, ended or cancelled event away.")
    async def archive_event(self, info: Info, input: ArchiveEventInput) -> ArchiveEventPayload:  # noqa: A002
        """Archive."""
        return await _move(ArchiveEventPayload, info, input, EventAction.ARCHIVE)

    @strawberry.mutation(description="Start a draft from another event, with its capacity and ticket tiers.")
    async def copy_event(self, info: Info, input: CopyEventInput) -> CopyEventPayload:  # noqa: A002
        """Copy."""
        key = input.idempotency_key
        return await answer(
            CopyEventPayload, info, lambda context: use_cases.copy_event(context, input.to_command(), key), _show
        )
