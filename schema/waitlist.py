"""Waiting lists in the schema: entries, who reads which, and what can be done with them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from domain.ids import EventId, RegistrationId, WaitlistEntryId
from domain.pagination import Window
from domain.queries import WaitlistQuery
from domain.rows import WaitlistEntryRow
from resolvers import history as history_cases
from resolvers import waitlist as use_cases
from schema import ids
from schema.context import Info, field
from schema.enums import WaitlistAction, WaitlistStatus
from schema.history import JournalEntry
from schema.nodes import Node, own_id
from schema.pagination import Connection, paged, selected_relations
from schema.registrations import Registration

if TYPE_CHECKING:
    from schema.events import Event
    from schema.ticket_tiers import TicketTier
    from schema.users import User

EntryKey = tuple[EventId, WaitlistEntryId]
RegistrationKey = tuple[EventId, RegistrationId]


async def _event(entry: strawberry.Parent[WaitlistEntryRow], info: Info) -> Any:  # noqa: ANN401 - a row
    return await info.context.reads.event_by_id(entry["event_id"])


async def _ticket_tier(entry: strawberry.Parent[WaitlistEntryRow], info: Info) -> Any:  # noqa: ANN401 - a row
    return await info.context.reads.ticket_tier_by_id((entry["event_id"], entry["ticket_tier_id"]))


async def _user(entry: strawberry.Parent[WaitlistEntryRow], info: Info) -> Any:  # noqa: ANN401 - a row
    return await info.context.reads.user_by_id(entry["user_id"])


async def _registration(entry: strawberry.Parent[WaitlistEntryRow], info: Info) -> Any:  # noqa: ANN401 - a row
    if entry["registration_id"] is None:
        return None
    return await info.context.reads.registration_by_id((entry["event_id"], entry["registration_id"]))


async def _rank(entry: strawberry.Parent[WaitlistEntryRow], info: Info) -> int | None:
    if entry["status"] not in {WaitlistStatus.WAITING, WaitlistStatus.SUSPENDED}:
        return None
    return await info.context.reads.rank_by_waitlist_entry_id((entry["event_id"], entry["id"]))


def _joined_at(entry: strawberry.Parent[WaitlistEntryRow]) -> datetime:
    return entry["created_at"]


def _offer_expires_at(entry: strawberry.Parent[WaitlistEntryRow]) -> datetime | None:
    # Until its message is handed over an offer has only a latest end, which would frighten people.
    return entry["offer_expires_at"] if entry["notified_at"] else None


async def _viewer_can(entry: strawberry.Parent[WaitlistEntryRow], info: Info) -> list[WaitlistAction]:
    return await use_cases.actions(info.context, entry)


@strawberry.type(description="A group that waits, or has waited, for places of one ticket tier. It gets all or none.")
class WaitlistEntry(Node):
    """An entry."""

    id: strawberry.ID = field(own_id("WaitlistEntry", "event_id", "id"), description="The entry's id.")
    status: WaitlistStatus = field(description="Where it stands.")
    quantity: int = field(description="How many places it waits for.")
    rank: int | None = field(
        _rank,
        description="1 for whose turn is next: one more than wait for the same ticket tier before it."
        " Null when it does not wait.",
    )
    position: int = field(description="Orders entries by arrival: the lower, the earlier. It has gaps; show `rank`.")
    priority: int = field(description="Entries with a higher one come first, whenever they arrived. Ordinarily 0.")
    passed: int = field(
        description="How often a later entry was served before this one, because that one fitted; see `history`."
    )
    event: Annotated["Event", strawberry.lazy("schema.events")] = field(_event, description="The event.")
    ticket_tier: Annotated["TicketTier", strawberry.lazy("schema.ticket_tiers")] = field(
        _ticket_tier, description="What it waits for."
    )
    user: Annotated["User", strawberry.lazy("schema.users")] = field(_user, description="Who waits.")
    joined_at: datetime = field(_joined_at, description="When it came on the list.")
    offered_at: datetime | None = field(description="When places were offered to it; null when that never happened.")
    offer_expires_at: datetime | None = field(
        _offer_expires_at,
        description="When the offer ends. Null when there is none, and until its message has been handed over:"
        " only then its clock starts.",
    )
    registration: Registration | None = field(_registration, description="What came of it, once it was accepted.")
    updated_at: datetime = field(description="When it last changed.")
    version: int = field(description="Counts edits; give it as `expectedVersion` to be told of conflicts.")
    viewer_can: list[WaitlistAction] = field(_viewer_can, description="What your role lets you do with it.")
    history: Connection[JournalEntry] = field(
        paged("history", history_cases.history_of_waitlist_entry),
        description="What happened to it, newest first: also who was served before it, and why.",
    )


@strawberry.input(description="Which waiting-list entries to list; everything combines with and.")
class WaitlistFilter:
    """A filter."""

    status: list[WaitlistStatus] | None = field(default=None, description="Only in one of these statuses.")
    ticket_tier_id: strawberry.ID | None = field(default=None, description="Only for this ticket tier.")


def waitlist_query(info: Info, criteria: WaitlistFilter | None, window: Window) -> WaitlistQuery:
    """The query behind a list of entries."""
    criteria = criteria or WaitlistFilter()
    tier = ids.ticket_tier_key(criteria.ticket_tier_id)[1] if criteria.ticket_tier_id is not None else None
    return WaitlistQuery(
        window=window,
        status=tuple(criteria.status) if criteria.status is not None else None,
        ticket_tier_id=tier,
        relations=selected_relations(info, {"user": "user", "event": "event"}),
    )
