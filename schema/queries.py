"""The root of all reading."""

from typing import Annotated, Any

import strawberry

from domain.ids import UserId
from resolvers import events as event_cases
from resolvers import ledger as ledger_cases
from resolvers import organizations as organization_cases
from resolvers import users as user_cases
from schema import ids, nodes
from schema.context import Info, field
from schema.enums import EventOrder
from schema.events import Event, EventFilter, event_query
from schema.imports import Import
from schema.ledger import CapacityProof, shown
from schema.nodes import Node
from schema.organizations import Organization
from schema.pagination import After, Before, Connection, First, Last, connection, window_of
from schema.users import User, UserFilter

Id = Annotated[strawberry.ID | None, strawberry.argument(description="Its id.")]
Slug = Annotated[str | None, strawberry.argument(description="Its slug.")]


async def _node(info: Info, id: Annotated[strawberry.ID, strawberry.argument(description="A global id.")]) -> Any:  # noqa: A002, ANN401
    return await nodes.load_node(info.context, id)


async def _nodes(
    info: Info,
    ids: Annotated[list[strawberry.ID], strawberry.argument(description="Global ids, at most 100.")],
) -> Any:  # noqa: ANN401 - rows
    return await nodes.load_nodes(info.context, ids)


async def _viewer(info: Info) -> Any:  # noqa: ANN401 - a row
    return await user_cases.get_viewer(info.context)


async def _event(info: Info, id: Id = None, slug: Slug = None) -> Any:  # noqa: A002, ANN401 - the contract's name; a row
    return await event_cases.get_event(info.context, ids.event_id(id) if id is not None else None, slug)


async def _events(  # noqa: PLR0917 - the contract's arguments
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[  # noqa: A002 - the contract's name
        EventFilter | None, strawberry.argument(description="Which events to list.")
    ] = None,
    order_by: Annotated[
        EventOrder | None, strawberry.argument(description="In which order; by start if absent.")
    ] = None,
) -> Any:  # noqa: ANN401 - a connection
    order = order_by or EventOrder.STARTS_AT_ASC
    query = event_query(info, filter, order, first, after, last, before)
    return connection(await event_cases.list_events(info.context, query))


async def _organization(info: Info, id: Id = None, slug: Slug = None) -> Any:  # noqa: A002, ANN401
    key = ids.organization_id(id) if id is not None else None
    return await organization_cases.get_organization(info.context, key, slug)


async def _organizations(
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:  # noqa: ANN401 - a connection
    window = window_of("organizations", first, after, last, before)
    return connection(await organization_cases.list_organizations(info.context, window))


async def _import(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The import's id.")],  # noqa: A002
) -> Any:  # noqa: ANN401 - a row
    return await info.context.reads.import_by_id(ids.import_id(id))


async def _user(
    info: Info,
    id: Annotated[strawberry.ID, strawberry.argument(description="The user's id.")],  # noqa: A002
) -> Any:  # noqa: ANN401 - a row
    return await info.context.reads.user_by_id(UserId(ids.user_id(id)))


async def _users(  # noqa: PLR0917 - a connection's own arguments
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[  # noqa: A002 - the contract's name
        UserFilter | None, strawberry.argument(description="Which users to list.")
    ] = None,
) -> Any:  # noqa: ANN401 - a connection
    criteria = (filter or UserFilter()).to_criteria()
    return connection(
        await user_cases.list_users(info.context, window_of("users", first, after, last, before), criteria)
    )


async def _capacity_proof(
    info: Info, event_id: Annotated[strawberry.ID, strawberry.argument(description="The event's id.")]
) -> CapacityProof:
    return shown(await ledger_cases.prove(info.context, ids.event_id(event_id)))


@strawberry.type(description="Everything that can be read.")
class Query:
    """The query root."""

    node: Node | None = field(_node, description="One object by its id; null when there is none or you may not see it.")
    nodes: list[Node | None] = field(_nodes, description="Objects by their ids, in the same order.")
    viewer: User | None = field(_viewer, description="You; null when not signed in.")
    event: Event | None = field(_event, description="One event by id or slug.")
    events: Connection[Event] = field(_events, description="The events that you may see.")
    capacity_proof: CapacityProof = field(
        _capacity_proof,
        description="The places of an event, counted in three ways and compared. For the event's team and analysts.",
    )
    organization: Organization | None = field(_organization, description="One organization by id or slug.")
    organizations: Connection[Organization] = field(_organizations, description="All organizations by name.")
    user: User | None = field(_user, description="One user by id; null when there is none or you may not see it.")
    import_: Import | None = field(
        _import, name="import", description="One import by id; null when there is none or you may not see it."
    )
    users: Connection[User] = field(_users, description="All accounts, oldest first. For administrators.")
