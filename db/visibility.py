"""The SQL interpreter of `domain/permissions/`: policies become bound conditions, decided parts fold away.

What the viewer is, is known before the statement runs; so a condition holds only what depends on the row. The text
therefore varies with the kind of viewer and not with the viewer.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from domain.permissions import (
    READABLE,
    VISIBLE,
    AllOf,
    AnyOf,
    ColumnIn,
    ColumnIsSet,
    Everyone,
    HasPlatformRole,
    HasRole,
    IsViewer,
    One,
    Policy,
    SignedIn,
    Some,
    Viewer,
)

TRUE = "TRUE"
FALSE = "FALSE"

TABLES = {
    "capacity_block": "capacity_blocks",
    "capacity_pool": "capacity_pools",
    "event": "events",
    "import": "imports",
    "membership": "memberships",
    "organization": "organizations",
    "registration": "registrations",
    "ticket": "tickets",
    "ticket_tier": "ticket_tiers",
    "user": "users",
    "venue": "venues",
    "waitlist_entry": "waitlist_entries",
}
"""The table of each noun."""


@dataclass(slots=True)
class Binds:
    """The values of one statement, in the order of their places."""

    values: list[object] = field(default_factory=list[object])
    _places: dict[Hashable, str] = field(default_factory=dict[Hashable, str])
    _aliases: int = 0

    def add(self, value: object) -> str:
        """The place of a value, `$n`."""
        self.values.append(value)
        return f"${len(self.values)}"

    def once(self, name: Hashable, value: object) -> str:
        """The place of a value that the statement may mention several times."""
        if name not in self._places:
            self._places[name] = self.add(value)
        return self._places[name]

    def forget(self, count: int) -> None:
        """Drop what was added after the first `count` values: the text that mentioned it is not used."""
        dropped = {f"${index}" for index in range(count + 1, len(self.values) + 1)}
        del self.values[count:]
        self._places = {name: place for name, place in self._places.items() if place not in dropped}

    def alias(self, noun: str) -> str:
        """A table alias that nothing else in the statement has."""
        self._aliases += 1
        return f"{noun}_{self._aliases}"


def visible(noun: str, viewer: Viewer, alias: str, binds: Binds) -> str:
    """The condition under which the viewer sees a row of the noun."""
    return condition(VISIBLE[noun], viewer, alias, binds)


def readable(noun: str, column: str, viewer: Viewer, alias: str, binds: Binds, *, otherwise: str = "NULL") -> str:
    """The column of a visible row, or `otherwise` where the viewer may not read it."""
    policy = READABLE.get((noun, column))
    granted = TRUE if policy is None else condition(policy, viewer, alias, binds)
    if granted == TRUE:
        return f"{alias}.{column}"
    return otherwise if granted == FALSE else f"CASE WHEN {granted} THEN {alias}.{column} ELSE {otherwise} END"


def condition(policy: Policy, viewer: Viewer, alias: str, binds: Binds) -> str:  # noqa: C901, PLR0911, PLR0912 - one arm each
    """The policy as a condition over the row that `alias` names."""
    match policy:
        case Everyone():
            return TRUE
        case SignedIn():
            return TRUE if viewer.user_id else FALSE
        case HasPlatformRole(roles):
            return TRUE if viewer.platform_role in roles else FALSE
        case HasRole(column, roles):
            organizations = viewer.organizations_as(roles)
            if not organizations:
                return FALSE
            return f"{alias}.{column} = ANY({binds.once(roles, organizations)}::uuid[])"
        case IsViewer(column):
            if viewer.user_id is None:
                return FALSE
            return f"{alias}.{column} = {binds.once('viewer', viewer.user_id)}::uuid"
        case ColumnIn(column, values):
            listed = ", ".join(f"'{value}'" for value in sorted(values))
            return f"{alias}.{column} IN ({listed})"
        case ColumnIsSet(column):
            return f"{alias}.{column} IS NOT NULL"
        case One(noun, column, inner):
            return _related(noun, inner, viewer, binds, lambda other: _points_at(alias, column, noun, other))
        case Some(noun, column, inner):
            # Most rows of a list are decided before this arm; EXISTS keeps it a look-up by key for the others.
            return _related(noun, inner, viewer, binds, lambda other: f"{other}.{column} = {alias}.id", fold=False)
        case AnyOf(policies):
            return _joined(" OR ", policies, viewer, alias, binds, neutral=FALSE, absorbing=TRUE)
        case AllOf(policies):
            return _joined(" AND ", policies, viewer, alias, binds, neutral=TRUE, absorbing=FALSE)


def _related(
    noun: str,
    policy: Policy,
    viewer: Viewer,
    binds: Binds,
    link: Callable[[str], str],
    *,
    fold: bool = True,
) -> str:
    other = binds.alias(noun)
    granted = condition(policy, viewer, other, binds)
    if granted == FALSE or (granted == TRUE and fold):
        # The columns that `One` follows are foreign keys that are never null: the other row exists.
        return granted
    return f"EXISTS (SELECT FROM {TABLES[noun]} AS {other} WHERE {link(other)} AND {granted})"


def _points_at(alias: str, column: str, noun: str, other: str) -> str:
    if noun == "registration":
        # Its key starts with the event, so that the path can be distributed.
        return f"{other}.event_id = {alias}.event_id AND {other}.id = {alias}.{column}"
    return f"{other}.id = {alias}.{column}"


def _joined(
    operator: str,
    policies: tuple[Policy, ...],
    viewer: Viewer,
    alias: str,
    binds: Binds,
    *,
    neutral: str,
    absorbing: str,
) -> str:
    bound = len(binds.values)
    parts = [condition(inner, viewer, alias, binds) for inner in policies]
    if absorbing in parts:
        # A statement must not carry values that its text does not mention.
        binds.forget(bound)
        return absorbing
    kept = [part for part in parts if part != neutral]
    if not kept:
        return neutral
    return kept[0] if len(kept) == 1 else f"({operator.join(kept)})"
