"""The one gate of all use cases: find the object as the viewer sees it, then ask the table of grants."""

from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from domain import errors
from domain.ids import EventId, OrganizationId, UserId
from domain.permissions import Action, Viewer, may
from domain.rows import EventRow, OrganizationRow, UserRow
from resolvers.context import Context

RowType = TypeVar("RowType", bound=Mapping[str, object])
Value = TypeVar("Value")

NOTHING: Mapping[str, object] = {}
"""The row of actions that have no object."""


async def authorize(context: Context, action: Action, row: Mapping[str, object], object_id: UUID | None) -> None:
    """Let the action on a visible row pass, or note the refusal and raise `Unauthenticated` or `Forbidden`."""
    if may(action, context.viewer, row):
        return
    await context.denials.denied(context.viewer.user_id, action, object_id)
    raise errors.Unauthenticated if context.viewer.user_id is None else errors.Forbidden


async def event_for(context: Context, action: Action, event_id: EventId) -> EventRow:
    """The event, when the viewer may take the action on it. Raises as `authorize` does, and `NotFound`."""
    return await _granted(context, action, await context.reads.event_by_id(event_id), event_id)


async def organization_for(context: Context, action: Action, organization_id: OrganizationId) -> OrganizationRow:
    """The organization, when the viewer may take the action on it."""
    row = await context.reads.organization_by_id(organization_id)
    return await _granted(context, action, row, organization_id)


async def user_for(context: Context, action: Action, user_id: UserId) -> UserRow:
    """The account, when the viewer may take the action on it."""
    return await _granted(context, action, await context.reads.user_by_id(user_id), user_id)


async def _granted(context: Context, action: Action, row: RowType | None, object_id: UUID) -> RowType:
    if row is None:
        # The unseen object is refused like one that is not there; only the denial log can tell.
        await context.denials.denied(context.viewer.user_id, action, object_id)
        raise errors.NotFound
    await authorize(context, action, row, object_id)
    return row


def found(value: Value | None) -> Value:
    """The value, or `NotFound`."""
    if value is None:
        raise errors.NotFound
    return value


def signed_in(viewer: Viewer) -> UserId:
    """The viewer's id. Raises `Unauthenticated`."""
    return viewer.require_user()
