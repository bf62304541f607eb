"""The journal in the schema."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from domain.journal import FactKind
from domain.naming import camel
from domain.rows import JournalRow
from schema import ids
from schema.context import Info, field
from schema.pagination import Connection
from schema.scalars import JSON

if TYPE_CHECKING:
    from schema.users import User

_ABOUT: Mapping[str, str] = {
    "Event": "Event",
    "Capacity": "Event",
    "TicketTier": "TicketTier",
    "Places": "Registration",
    "Organization": "Organization",
    "Venue": "Venue",
    "Import": "Import",
    "MemberInvited": "",
    "Member": "Membership",
    "": "User",
}
"""The type of the object that a kind of fact is about, by the longest prefix of its name."""


_OBJECTS: Mapping[str, str] = {"organization_id": "Organization", "venue_id": "Venue"}
"""The type of the object that a changed field names."""


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
    paired = typename in {"TicketTier", "Registration"}
    key = (line["stream_id"], line["object_id"]) if paired else (line["object_id"],)
    return strawberry.ID(ids.encode(typename, *key))


def _typename(kind: str) -> str:
    return next(_ABOUT[prefix] for prefix in sorted(_ABOUT, key=len, reverse=True) if kind.startswith(prefix))


def _changes(line: strawberry.Parent[JournalRow]) -> list[FieldChange]:
    private: dict[str, Any] = (line["private"] or {}).get("changes", {})
    known: dict[str, Any] = {**line["data"].get("changes", {}), **private}
    changes = [
        FieldChange(name=camel(name), before=_value(name, before), after=_value(name, after), hidden=False)
        for name, (before, after) in known.items()
        if before != after
    ]
    unseen = [name for name in line["data"].get("personal", []) if name not in known]
    changes += [FieldChange(name=camel(name), before=None, after=None, hidden=True) for name in unseen]
    return sorted(changes, key=lambda change: change.name)


def _value(name: str, value: Any) -> JSON:  # noqa: ANN401 - whatever a field holds
    """The value as clients know it: the journal keeps keys, and they have ids."""
    return JSON(ids.encode(_OBJECTS[name], UUID(value)) if value and name in _OBJECTS else value)


def _reason(line: strawberry.Parent[JournalRow]) -> str | None:
    return (line["private"] or {}).get("reason")


async def _actor(line: strawberry.Parent[JournalRow], info: Info) -> Any:  # noqa: ANN401 - a row
    actor_id = line["actor_id"]
    return await info.context.reads.user_by_id(actor_id) if actor_id else None


@strawberry.type(description="One fact: what happened, when, by whom, why, and what it changed.")
class JournalEntry:
    """A line of the journal."""

    version: int = field(description="The fact's number in its stream; it only grows, without gaps.")
    kind: str = field(description="What happened, in the past tense, such as EventPublished. New kinds can appear.")
    at: datetime = field(description="When it happened.")
    about: strawberry.ID | None = field(_about, description="The object it happened to, if it is one you can fetch.")
    actor: Annotated["User", strawberry.lazy("schema.users")] | None = field(
        _actor, description="Who did it; null when it was nobody, or somebody you may not see."
    )
    reason: str | None = field(_reason, description="Why, in the actor's words, for those whom it concerns.")
    changes: list[FieldChange] = field(_changes, description="What it changed, by field name.")
    data: JSON = field(description="The fact as it is stored, without personal values.")
    request_id: str | None = field(description="The request that did it; log lines carry the same id.")


JournalConnection = Connection[JournalEntry]
