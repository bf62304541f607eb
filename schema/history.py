"""The journal in the schema."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, cast
from uuid import UUID

import strawberry

from domain.capacity import Use
from domain.ids import EventId
from domain.journal import FactKind
from domain.naming import camel
from domain.rows import JournalRow
from schema import ids
from schema.capacity import CapacityPool
from schema.context import Info, field
from schema.pagination import Connection
from schema.relations import related
from schema.scalars import JSON

if TYPE_CHECKING:
    from schema.users import User

_ABOUT: Mapping[str, str] = {
    "Event": "Event",
    "Capacity": "Event",
    "CapacityPool": "CapacityPool",
    "TicketTier": "TicketTier",
    "Places": "Registration",
    "PlacesBlocked": "CapacityBlock",
    "PlacesUnblocked": "CapacityBlock",
    "PlacesOffered": "WaitlistEntry",
    "Hold": "Registration",
    "Ticket": "Registration",
    "CheckIn": "Registration",
    "Waitlist": "WaitlistEntry",
    "WaitlistPolicy": "Event",
    "Offer": "WaitlistEntry",
    "Organization": "Organization",
    "Venue": "Venue",
    "Import": "Import",
    "MemberInvited": "",
    "Member": "Membership",
    "": "User",
}
"""The type of the object that a kind of fact is about, by the longest prefix of its name."""


_OBJECTS: Mapping[str, str] = {
    "organization_id": "Organization",
    "venue_id": "Venue",
    "user_id": "User",
    "ticket_tier_id": "TicketTier",
    "registration_id": "Registration",
    "waitlist_entry_id": "WaitlistEntry",
    "ticket_id": "Ticket",
    "ticket_ids": "Ticket",
    "pool_id": "CapacityPool",
    "shared_pool_ids": "CapacityPool",
    "by": "WaitlistEntry",
}
"""The type of the object, or the objects, that a field of a fact names."""
_BY_POOL = "deltas"
"""The field of a fact whose keys name pools."""


@strawberry.type(description="How the use of one capacity pool changed. The sum of all changes is what is used now.")
class CapacityChange:
    """The deltas of one pool."""

    pool: CapacityPool | None = field(description="The pool; null when it is gone.")
    confirmed: int = field(description="Places of confirmed registrations, more or fewer.")
    held: int = field(description="Places that are held, more or fewer.")
    offered: int = field(description="Places offered to people on the waiting list, more or fewer.")
    blocked: int = field(description="Places that the organizers keep back, more or fewer.")
    checked_in: int = field(description="Confirmed places whose holders have arrived, more or fewer.")


@strawberry.type(description="How one field changed.")
class FieldChange:
    """One field of a change."""

    name: str = field(name="field", description="The field's name.")
    before: JSON | None = field(description="The value before; null when there was none or you may not see it.")
    after: JSON | None = field(description="The value after; null when there is none or you may not see it.")
    hidden: bool = field(description="Whether the values are personal and you may not see them.")


def _about(line: strawberry.Parent[JournalRow]) -> strawberry.ID | None:
    typename = _typename(line["kind"])
    if line["kind"] == FactKind.CAPACITY_CHANGED and line["object_id"] != line["stream_id"]:
        typename = "TicketTier"
    if not typename:
        return None
    return strawberry.ID(_id(typename, line["object_id"], line))


def _id(typename: str, object_id: UUID, line: JournalRow) -> str:
    """The global id of an object that a line names; what belongs to an event is paired with the line's stream."""
    return ids.encode(typename, *((line["stream_id"], object_id) if typename in ids.PAIRED else (object_id,)))


def _typename(kind: str) -> str:
    return next(_ABOUT[prefix] for prefix in sorted(_ABOUT, key=len, reverse=True) if kind.startswith(prefix))


def _changes(line: strawberry.Parent[JournalRow]) -> list[FieldChange]:
    private: dict[str, Any] = (line["private"] or {}).get("changes", {})
    known: dict[str, Any] = {**line["data"].get("changes", {}), **private}
    changes = [
        FieldChange(name=camel(name), before=_value(name, before, line), after=_value(name, after, line), hidden=False)
        for name, (before, after) in known.items()
        if before != after
    ]
    unseen = [name for name in line["data"].get("personal", []) if name not in known]
    changes += [FieldChange(name=camel(name), before=None, after=None, hidden=True) for name in unseen]
    return sorted(changes, key=lambda change: change.name)


def _value(name: str, value: Any, line: JournalRow) -> JSON:  # noqa: ANN401 - whatever a field holds
    """The value as clients know it: the journal keeps keys, and they have ids."""
    match value:
        case str() if value and name in _OBJECTS:
            return JSON(_id(_OBJECTS[name], UUID(value), line))
        case list():
            return JSON([_value(name, item, line) for item in cast("list[Any]", value)])
        case _:
            return JSON(value)


def _data(line: strawberry.Parent[JournalRow]) -> JSON:
    return JSON(_named(line["data"], line))


def _named(data: Mapping[str, Any], line: JournalRow) -> dict[str, Any]:
    """The fact with global ids for the keys that it names, also inside of what it holds."""
    named: dict[str, Any] = {}
    for name, value in data.items():
        if name == _BY_POOL:
            named[name] = {_id("CapacityPool", UUID(key), line): moved for key, moved in value.items()}
        elif isinstance(value, dict):
            named[name] = _named(cast("dict[str, Any]", value), line)
        else:
            named[name] = _value(name, value, line)
    return named


async def _capacity_changes(line: strawberry.Parent[JournalRow], info: Info) -> list[CapacityChange]:
    told: dict[str, dict[str, int]] = line["data"].get(_BY_POOL, {})
    deltas = {key: moved for key, moved in told.items() if any(moved.values())}
    if not deltas:
        return []
    pools = await info.context.reads.capacity_pools_by_event_id(EventId(line["stream_id"]))
    known: dict[str, Any] = {str(pool["id"]): pool for pool in pools}
    # In the order in which an event lists its pools.
    ordered = sorted(deltas, key=lambda key: list(known).index(key) if key in known else len(known))
    return [
        CapacityChange(pool=known.get(key), **{use.value: deltas[key].get(use, 0) for use in Use}) for key in ordered
    ]


def _reason(line: strawberry.Parent[JournalRow]) -> str | None:
    return (line["private"] or {}).get("reason")


@strawberry.type(description="One fact: what happened, when, by whom, why, and what it changed.")
class JournalEntry:
    """A line of the journal."""

    version: int = field(description="The fact's number in its stream; it only grows, without gaps.")
    kind: str = field(description="What happened, in the past tense, such as EventPublished. New kinds can appear.")
    at: datetime = field(description="When it happened.")
    about: strawberry.ID | None = field(_about, description="The object it happened to, if it is one you can fetch.")
    actor: Annotated["User", strawberry.lazy("schema.users")] | None = field(
        related(lambda reads, keys: reads.users_by_ids(keys), "actor_id"),
        description="Who did it; null when it was nobody, or somebody you may not see.",
    )
    reason: str | None = field(_reason, description="Why, in the actor's words, for those whom it concerns.")
    changes: list[FieldChange] = field(_changes, description="What it changed, by field name.")
    capacity_changes: list[CapacityChange] = field(
        _capacity_changes, description="How it changed the use of capacity pools; empty when it did not."
    )
    data: JSON = field(_data, description="The fact as it is kept, with ids for keys and without personal values.")
    request_id: str | None = field(description="The request that did it; log lines carry the same id.")


JournalConnection = Connection[JournalEntry]
