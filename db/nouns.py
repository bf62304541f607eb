"""The select list of each noun, with masks, and the joins by which a list brings to-one relations along."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from db.visibility import Binds, readable
from domain import rows
from domain.permissions import MASKED, READABLE, Viewer

_OTHERWISE = {
    ("user", "name"): f"'{MASKED}'",
    ("user", "preferences"): "'{}'::jsonb",
    ("ticket", "code"): f"'{MASKED}'",
}

Columns = Mapping[str, str]
"""A name for each column of a row, and the expression that gives it."""


def _names(row: Any) -> list[str]:  # noqa: ANN401 - a TypedDict class
    return list(row.__annotations__)


_NAMES = {
    "capacity_block": _names(rows.CapacityBlockRow),
    "event": _names(rows.EventRow),
    "import": _names(rows.ImportRow),
    "membership": _names(rows.MembershipRow),
    "organization": _names(rows.OrganizationRow),
    "registration": _names(rows.RegistrationRow),
    "ticket": _names(rows.TicketRow),
    "user": _names(rows.UserRow),
    "venue": _names(rows.VenueRow),
    "waitlist_entry": _names(rows.WaitlistEntryRow),
}

POOL_COLUMNS: Columns = {
    name: f"head.{name}" if name in {"stream_version", "waiting"} else f"pool.{name}" for name in _names(rows.PoolRow)
}
POOL_SOURCE = "capacity_pools AS pool JOIN event_heads AS head ON head.event_id = pool.event_id"

CAPACITY_POOL_COLUMNS: Columns = {
    name: "coalesce(capacity_pool.name, tier.name, event.title)" if name == "name" else f"capacity_pool.{name}"
    for name in _names(rows.CapacityPoolRow)
}
CAPACITY_POOL_SOURCE = """capacity_pools AS capacity_pool
JOIN events AS event ON event.id = capacity_pool.event_id
LEFT JOIN ticket_tiers AS tier ON tier.event_id = capacity_pool.event_id AND tier.id = capacity_pool.id"""

_LEFT = "({0}.capacity + {0}.overbooking - {0}.confirmed - {0}.held - {0}.offered - {0}.blocked)"
TICKET_TIER_COLUMNS: Columns = {
    name: {
        "quota": "tier_pool.capacity",
        "sold": "tier_pool.confirmed",
    }.get(name, f"ticket_tier.{name}")
    for name in _names(rows.TicketTierRow)
} | {
    "available": (
        "CASE WHEN tier_pool.capacity IS NULL AND event_pool.capacity IS NULL AND shared_pools.places IS NULL THEN NULL"
        # LEAST passes over what is unlimited; overbooking never makes what is left negative.
        f" ELSE greatest(least({_LEFT.format('tier_pool')}, {_LEFT.format('event_pool')}, shared_pools.places), 0) END"
    )
}
TICKET_TIER_SOURCE = f"""ticket_tiers AS ticket_tier
JOIN capacity_pools AS tier_pool ON tier_pool.event_id = ticket_tier.event_id AND tier_pool.id = ticket_tier.id
JOIN capacity_pools AS event_pool
    ON event_pool.event_id = ticket_tier.event_id AND event_pool.kind = 'EVENT'
-- Most tiers draw on no shared pool: for them PostgreSQL reads none.
CROSS JOIN LATERAL (
    SELECT min{_LEFT.format("shared")} AS places
    FROM capacity_pools AS shared
    WHERE ticket_tier.shared_pool_ids <> '{{}}'
        AND shared.event_id = ticket_tier.event_id AND shared.id = ANY(ticket_tier.shared_pool_ids)
) AS shared_pools"""


def columns_of(noun: str, viewer: Viewer, alias: str, binds: Binds) -> Columns:
    """The columns of a noun as this viewer may read them."""
    return {
        name: readable(noun, name, viewer, alias, binds, otherwise=_OTHERWISE.get((noun, name), "NULL"))
        if (noun, name) in READABLE
        else f"{alias}.{name}"
        for name in _NAMES[noun]
    }


def select_list(columns: Columns, prefix: str = "") -> str:
    """Columns under their names, behind a prefix where another row has the same names."""
    return ", ".join(
        expression if not prefix and expression.endswith(f".{name}") else f"{expression} AS {prefix}{name}"
        for name, expression in columns.items()
    )


@dataclass(frozen=True, slots=True)
class Relation:
    """A to-one relation that a list can join instead of leaving it to a loader.

    Whoever sees the row sees the related one as well: the policies in `domain/permissions/` are made so, and a
    test holds them to it.
    """

    name: str
    join: str
    columns: Callable[[Viewer, Binds], Columns]

    def split(self, rows: Sequence[asyncpg.Record]) -> list[dict[str, Any]]:
        """The related rows out of joined ones of one statement, where the relation is not empty."""
        if not rows:
            return []
        prefix = f"{self.name}__"
        # The rows of a statement have the same columns, next to each other for each relation.
        columns = list(rows[0].keys())
        places = [place for place, column in enumerate(columns) if column.startswith(prefix)]
        first, last = places[0], places[-1] + 1
        names = [column.removeprefix(prefix) for column in columns[first:last]]
        key = first + names.index("id")
        return [dict(zip(names, row[first:last], strict=True)) for row in rows if row[key] is not None]


def _noun(noun: str, alias: str) -> Callable[[Viewer, Binds], Columns]:
    return lambda viewer, binds: columns_of(noun, viewer, alias, binds)


RELATIONS: Mapping[str, Mapping[str, Relation]] = {
    "event": {
        "organization": Relation(
            "organization",
            "JOIN organizations AS organization ON organization.id = event.organization_id",
            _noun("organization", "organization"),
        ),
        "venue": Relation("venue", "LEFT JOIN venues AS venue ON venue.id = event.venue_id", _noun("venue", "venue")),
        "pool": Relation(
            "pool",
            # By its kind: of an id that equals two columns PostgreSQL would conclude that hardly any row is meant, and
            # join every event before it cuts the page.
            "JOIN capacity_pools AS pool ON pool.event_id = event.id AND pool.kind = 'EVENT'"
            " JOIN event_heads AS head ON head.event_id = event.id",
            lambda _viewer, _binds: POOL_COLUMNS,
        ),
    },
    "membership": {
        "user": Relation("user", "JOIN users AS account ON account.id = membership.user_id", _noun("user", "account")),
    },
    "registration": {
        "user": Relation(
            "user", "JOIN users AS account ON account.id = registration.user_id", _noun("user", "account")
        ),
        "event": Relation("event", "JOIN events AS event ON event.id = registration.event_id", _noun("event", "event")),
    },
    "waitlist_entry": {
        "user": Relation(
            "user", "JOIN users AS account ON account.id = waitlist_entry.user_id", _noun("user", "account")
        ),
        "event": Relation(
            "event", "JOIN events AS event ON event.id = waitlist_entry.event_id", _noun("event", "event")
        ),
    },
}
"""What can be joined to a list of each noun."""
