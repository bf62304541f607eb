"""The algebra of policies over a row's declared columns and facts about the viewer, and its reading in Python."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from domain.ids import OrganizationId
from domain.permissions.viewers import OrganizationRole, PlatformRole, Viewer


@dataclass(frozen=True, slots=True)
class Everyone:
    """Always."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Any signed-in user."""


@dataclass(frozen=True, slots=True)
class HasPlatformRole:
    """The viewer has one of the platform roles."""

    roles: frozenset[PlatformRole]


@dataclass(frozen=True, slots=True)
class HasRole:
    """The viewer has one of the roles in the organization that the column names."""

    column: str
    roles: frozenset[OrganizationRole]


@dataclass(frozen=True, slots=True)
class IsViewer:
    """The column holds the viewer's own user id."""

    column: str


@dataclass(frozen=True, slots=True)
class ColumnIn:
    """The column holds one of the values."""

    column: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class ColumnIsSet:
    """The column holds something."""

    column: str


@dataclass(frozen=True, slots=True)
class One:
    """The one row of `noun` that the column points at exists and satisfies the policy."""

    noun: str
    column: str
    policy: "Policy"


@dataclass(frozen=True, slots=True)
class Some:
    """At least one row of `noun` whose `column` points at this row satisfies the policy."""

    noun: str
    column: str
    policy: "Policy"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the policies holds; none when empty."""

    policies: tuple["Policy", ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of the policies holds."""

    policies: tuple["Policy", ...]


Policy = (
    Everyone | SignedIn | HasPlatformRole | HasRole | IsViewer | ColumnIn | ColumnIsSet | One | Some | AnyOf | AllOf
)


def any_of(*policies: Policy) -> Policy:
    """At least one of the policies."""
    return AnyOf(policies)


def all_of(*policies: Policy) -> Policy:
    """Every one of the policies."""
    return AllOf(policies)


NOBODY: Policy = AnyOf(())


def allows(policy: Policy, viewer: Viewer, row: Mapping[str, object]) -> bool:  # noqa: C901, PLR0911 - one arm each
    """Whether the policy grants the viewer this row.

    `One` reads the related row under `row[noun]`, `Some` the related rows under `row[noun + "s"]`.
    """
    match policy:
        case Everyone():
            return True
        case SignedIn():
            return viewer.user_id is not None
        case HasPlatformRole(roles):
            return viewer.platform_role in roles
        case HasRole(column, roles):
            return viewer.roles.get(cast("OrganizationId", row[column])) in roles
        case IsViewer(column):
            return viewer.user_id is not None and row[column] == viewer.user_id
        case ColumnIn(column, values):
            return row[column] in values
        case ColumnIsSet(column):
            return row[column] is not None
        case One(noun, _, inner):
            related = cast("Mapping[str, object] | None", row[noun])
            return related is not None and allows(inner, viewer, related)
        case Some(noun, _, inner):
            rows = cast("Sequence[Mapping[str, object]]", row[f"{noun}s"])
            return any(allows(inner, viewer, related) for related in rows)
        case AnyOf(policies):
            return any(allows(inner, viewer, row) for inner in policies)
        case AllOf(policies):
            return all(allows(inner, viewer, row) for inner in policies)
