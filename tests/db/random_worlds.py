"""Small platforms with people, drawn by hypothesis: rows for the database, and the same rows linked for Python."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from domain.ids import OrganizationId, UserId
from domain.permissions import ANONYMOUS, OrganizationRole, PlatformRole, Viewer

Row = dict[str, Any]
Rows = Mapping[str, list[Row]]
Keyed = Mapping[str, Mapping[UUID, Row]]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STATUSES = ("DRAFT", "IN_REVIEW", "APPROVED", "PUBLISHED", "POSTPONED", "CANCELLED", "ARCHIVED")
REGISTRATION_STATUSES = ("HELD", "PENDING_APPROVAL", "CONFIRMED", "CANCELLED", "EXPIRED", "REJECTED")
POINTERS = ("event", "organization", "registration", "ticket_tier", "user", "venue")
"""Nouns that other rows point at, in a column named after them."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A platform, and people who look at it."""

    rows: Rows
    viewers: list[Viewer]


def _id(noun: int, number: int) -> UUID:
    # The version and variant bits of version 8, so that no real id is ever equal.
    return UUID(int=(noun << 96) | (8 << 76) | (2 << 62) | number + 1)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    """A platform of at most a few rows of each noun, with everybody on it and some who are not as viewers."""
    organizations = [_organization(number) for number in range(draw(st.integers(1, 3)))]
    users = [_user(number) for number in range(draw(st.integers(1, 4)))]
    memberships = draw(_memberships(organizations, users))
    venues = [_venue(number, draw(st.sampled_from(organizations))["id"]) for number in range(draw(st.integers(0, 3)))]
    events = [draw(_event(number, organizations, venues, users)) for number in range(draw(st.integers(0, 4)))]
    tiers = [_tier(number, event["id"]) for number, event in enumerate(events)]
    registrations = (
        [draw(_registration(number, tiers, users)) for number in range(draw(st.integers(0, 4)))] if tiers else []
    )
    imports = [draw(_import(number, organizations, users)) for number in range(draw(st.integers(0, 2)))]
    tickets = [_ticket(number, registration) for number, registration in enumerate(registrations)]
    entries = [draw(_entry(number, tiers, users)) for number in range(draw(st.integers(0, 2)))] if tiers else []
    return Scene(
        rows={
            "organization": organizations,
            "user": users,
            "membership": memberships,
            "venue": venues,
            "event": events,
            "ticket_tier": tiers,
            "registration": registrations,
            "waitlist_entry": entries,
            "capacity_pool": [_pool(number, tier["event_id"]) for number, tier in enumerate(tiers)],
            "capacity_block": [_block(number, event["id"], users[0]["id"]) for number, event in enumerate(events)],
            "ticket": tickets,
            "import": imports,
        },
        viewers=draw(_viewers(organizations, users, memberships)),
    )


@st.composite
def _memberships(draw: st.DrawFn, organizations: list[Row], users: list[Row]) -> list[Row]:
    pairs = [(organization["id"], user["id"]) for organization in organizations for user in users]
    chosen = draw(st.lists(st.sampled_from(pairs), unique=True, max_size=4))
    return [
        {
            "id": _id(3, number),
            "organization_id": organization_id,
            "user_id": user_id,
            "role": draw(st.sampled_from(list(OrganizationRole))).value,
            **_made(),
        }
        for number, (organization_id, user_id) in enumerate(chosen)
    ]


@st.composite
def _event(draw: st.DrawFn, number: int, organizations: list[Row], venues: list[Row], users: list[Row]) -> Row:
    venue_ids = [None, *(venue["id"] for venue in venues)]
    starts = NOON + timedelta(days=draw(st.sampled_from((-3, 0, 3))))
    return {
        "id": _id(5, number),
        # The venue may be another organization's: no policy may rely on what only the use cases check.
        "organization_id": draw(st.sampled_from(organizations))["id"],
        "venue_id": draw(st.sampled_from(venue_ids)),
        "slug": f"random-world-event-{number}",
        "title": f"Event {number}",
        "category": "Technology",
        "tags": [],
        "status": draw(st.sampled_from(STATUSES)),
        "starts_at_local": starts.replace(tzinfo=None),
        "ends_at_local": (starts + timedelta(hours=1)).replace(tzinfo=None),
        "timezone": "UTC",
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=1),
        "online": True,
        "published_at": draw(st.sampled_from((None, NOON))),
        "created_by": draw(st.sampled_from(users))["id"],
        **_made(),
    }


@st.composite
def _registration(draw: st.DrawFn, number: int, tiers: list[Row], users: list[Row]) -> Row:
    tier = draw(st.sampled_from(tiers))
    return {
        "event_id": tier["event_id"],
        "id": _id(7, number),
        "ticket_tier_id": tier["id"],
        "user_id": draw(st.sampled_from(users))["id"],
        "status": draw(st.sampled_from(REGISTRATION_STATUSES)),
        "quantity": 1,
        "price_minor": 0,
        "currency": "EUR",
        "extensions": 0,
        "payment_reference": f"payment-{number}",
        **_made(),
    }


@st.composite
def _entry(draw: st.DrawFn, number: int, tiers: list[Row], users: list[Row]) -> Row:
    tier = draw(st.sampled_from(tiers))
    return {
        "event_id": tier["event_id"],
        "id": _id(10, number),
        "ticket_tier_id": tier["id"],
        "user_id": draw(st.sampled_from(users))["id"],
        "status": draw(st.sampled_from(("LEFT", "ACCEPTED", "CLOSED"))),
        "quantity": 1,
        "priority": 0,
        "position": number + 1,
        "passed": 0,
        **_made(),
    }


@st.composite
def _import(draw: st.DrawFn, number: int, organizations: list[Row], users: list[Row]) -> Row:
    return {
        "id": _id(9, number),
        "organization_id": draw(st.sampled_from(organizations))["id"],
        "created_by": draw(st.sampled_from(users))["id"],
        "format": "CSV",
        "status": "SUCCEEDED",
        "mapping": {},
        "created_at": NOON,
    }


@st.composite
def _viewers(draw: st.DrawFn, organizations: list[Row], users: list[Row], memberships: list[Row]) -> list[Viewer]:
    """Nobody, everybody on the platform with and without a platform role, and a stranger with any roles at all."""
    roles = draw(
        st.dictionaries(
            st.sampled_from([OrganizationId(row["id"]) for row in organizations]),
            st.sampled_from(list(OrganizationRole)),
        )
    )
    stranger = UserId(_id(2, 99))
    viewers = [ANONYMOUS, Viewer(stranger), Viewer(stranger, draw(st.sampled_from(list(PlatformRole))), roles)]
    for user in users:
        held = {
            OrganizationId(row["organization_id"]): OrganizationRole(row["role"])
            for row in memberships
            if row["user_id"] == user["id"]
        }
        platform_role = draw(st.sampled_from((None, None, *PlatformRole)))
        viewers.append(Viewer(UserId(user["id"]), platform_role, held))
    return viewers


def linked(rows: Rows) -> Keyed:
    """The rows by noun and id, each with the rows it points at and those that point at it, as `allows` reads them."""
    world = {noun: {row["id"]: dict(row) for row in of_noun} for noun, of_noun in rows.items()}
    for row in (row for of_noun in world.values() for row in of_noun.values()):
        row.update({f"{noun}s": [] for noun in world})
    for noun, of_noun in world.items():
        for row in of_noun.values():
            for other in POINTERS:
                if f"{other}_id" in row:
                    target = world[other].get(row[f"{other}_id"])
                    row[other] = target
                    if target is not None:
                        target[f"{noun}s"].append(row)
    return world


def _made() -> Row:
    return {"created_at": NOON, "updated_at": NOON, "version": 1}


def _organization(number: int) -> Row:
    return {"id": _id(1, number), "slug": f"random-world-{number}", "name": f"Organization {number}", **_made()} | {
        "stream_version": 0
    }


def _user(number: int) -> Row:
    return {
        "id": _id(2, number),
        "issuer": "https://random.example",
        "subject": f"subject-{number}",
        "email": f"user-{number}@people.example",
        "email_verified": True,
        "name": f"User {number}",
        "locale": "sl",
        "timezone": "Europe/Ljubljana",
        "status": "ACTIVE",
        "preferences": {"theme": "DARK"},
        "stream_version": 0,
        **_made(),
    }


def _venue(number: int, organization_id: UUID) -> Row:
    return {
        "id": _id(4, number),
        "organization_id": organization_id,
        "name": f"Hall {number}",
        "city": "Ljubljana",
        "country": "SI",
        "timezone": "Europe/Ljubljana",
        **_made(),
    }


def _tier(number: int, event_id: UUID) -> Row:
    return {
        "event_id": event_id,
        "id": _id(6, number),
        "name": "Standard",
        "price_minor": 0,
        "currency": "EUR",
        "position": 0,
        **_made(),
    }


def _pool(number: int, event_id: UUID) -> Row:
    return {
        "event_id": event_id,
        "id": _id(11, number),
        "kind": "SHARED",
        "name": f"Pool {number}",
        "overbooking": 0,
        "confirmed": 0,
        "held": 0,
        "offered": 0,
        "blocked": 0,
        "checked_in": 0,
        "version": 1,
    }


def _block(number: int, event_id: UUID, user_id: UUID) -> Row:
    return {
        "event_id": event_id,
        "id": _id(12, number),
        "pool_ids": [event_id],
        "quantity": 1,
        "owner": "Sponsor",
        "reason": "Promised.",
        "created_by": user_id,
        **_made(),
    }


def _ticket(number: int, registration: Row) -> Row:
    return {
        "event_id": registration["event_id"],
        "id": _id(8, number),
        "registration_id": registration["id"],
        "code": f"CODE-{number}",
        "attendee_name": f"Guest {number}",
        "status": "VALID",
    }
