"""Organizations in the schema."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain.ids import OrganizationId
from domain.organizations import CreateOrganization, OrganizationDetails, UpdateOrganization
from domain.rows import OrganizationRow
from resolvers import events as event_cases
from resolvers import history as history_cases
from resolvers import imports as import_cases
from resolvers import memberships as member_cases
from resolvers import organizations as use_cases
from resolvers import venues as venue_cases
from resolvers.context import Context
from schema import ids
from schema.context import Info, field
from schema.enums import EventOrder, OrganizationAction
from schema.events import Event, EventFilter, event_query
from schema.history import JournalEntry
from schema.imports import Import
from schema.memberships import Membership
from schema.nodes import Node, own_id
from schema.pagination import After, Before, Connection, First, Last, connection, paged, selected_relations, window_of
from schema.problems import Command, Edit, Payload, answer, given
from schema.scalars import URL
from schema.venues import Venue


async def _members(  # noqa: PLR0917 - a connection's own arguments
    organization: strawberry.Parent[OrganizationRow],
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
) -> Any:  # noqa: ANN401 - a connection
    window = window_of("members", first, after, last, before)
    relations = selected_relations(info, {"user": "user"})
    return connection(await member_cases.list_members(info.context, organization, window, relations))


async def _events(  # noqa: PLR0917 - a connection's own arguments
    organization: strawberry.Parent[OrganizationRow],
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[  # noqa: A002 - the contract's name
        EventFilter | None, strawberry.argument(description="Which events to list.")
    ] = None,
    order_by: Annotated[EventOrder, strawberry.argument(description="In which order.")] = EventOrder.STARTS_AT_ASC,
) -> Any:  # noqa: ANN401 - a connection
    query = event_query(info, filter, order_by, first, after, last, before)
    return connection(await event_cases.list_events_of_organization(info.context, organization["id"], query))


def _viewer_can(organization: strawberry.Parent[OrganizationRow], info: Info) -> list[OrganizationAction]:
    return use_cases.actions(info.context, organization)


@strawberry.type(description="Who holds events: a company, a club, a city.")
class Organization(Node):
    """An organization."""

    id: strawberry.ID = field(own_id("Organization"), description="The organization's id.")
    slug: str = field(description="A readable name for addresses, unique among all organizations.")
    name: str = field(description="What it is called.")
    description: str | None = field(description="What it does, in Markdown without raw HTML.")
    url: URL | None = field(description="Its own page.")
    members: Connection[Membership] = field(
        _members, description="Its team in the order they joined. For the team and analysts."
    )
    venues: Connection[Venue] = field(
        paged("venues", venue_cases.list_venues), description="Its venues by name. For the team and analysts."
    )
    events: Connection[Event] = field(_events, description="Its events that you may see.")
    imports: Connection[Import] = field(
        paged("imports", import_cases.list_imports),
        description="Imports of its events, newest first. For its managers and analysts.",
    )
    history: Connection[JournalEntry] = field(
        paged("history", history_cases.history_of_organization),
        description="Who changed what, newest first. For its managers and analysts.",
    )
    viewer_can: list[OrganizationAction] = field(_viewer_can, description="What your role lets you do with it.")
    created_at: datetime = field(description="When it was founded here.")
    updated_at: datetime = field(description="When it was last edited.")
    version: int = field(description="Counts edits; give it as `expectedVersion` to be told of conflicts.")


@strawberry.input(description="A new organization; you become its owner.")
class CreateOrganizationInput(Command):
    """Input of createOrganization."""

    name: str = field(description="What it is called.")
    slug: str | None = field(default=None, description="A readable name for addresses; made from the name if absent.")
    description: str | None = field(default=None, description="What it does, in Markdown without raw HTML.")
    url: URL | None = field(default=None, description="Its own page.")

    def to_command(self) -> CreateOrganization:
        """The domain's command."""
        details = OrganizationDetails(name=self.name, description=self.description, url=self.url)
        if self.slug is not None:
            details["slug"] = self.slug
        return CreateOrganization(details)


@strawberry.input(description="Changes to an organization; what is absent stays as it is.")
class UpdateOrganizationInput(Edit):
    """Input of updateOrganization."""

    id: strawberry.ID = field(description="The organization.")
    name: strawberry.Maybe[str] = field(description="What it is called.")
    slug: strawberry.Maybe[str] = field(description="A readable name for addresses.")
    description: strawberry.Maybe[str | None] = field(description="What it does, in Markdown without raw HTML.")
    url: strawberry.Maybe[URL | None] = field(description="Its own page.")

    def to_command(self) -> UpdateOrganization:
        """The domain's command."""
        details = given(name=self.name, slug=self.slug, description=self.description, url=self.url)
        return UpdateOrganization(ids.organization_id(self.id), OrganizationDetails(**details), self.expected_version)


@strawberry.type(description="The answer to createOrganization.")
class CreateOrganizationPayload(Payload):
    """Payload of createOrganization."""

    organization: Organization | None = field(default=None, description="The new organization.")


@strawberry.type(description="The answer to updateOrganization.")
class UpdateOrganizationPayload(Payload):
    """Payload of updateOrganization."""

    organization: Organization | None = field(default=None, description="The organization as it is now.")


async def _show(context: Context, organization_id: OrganizationId) -> dict[str, Any]:
    return {"organization": await context.reads.organization_by_id(organization_id)}


@strawberry.type
class OrganizationMutations:
    """Root fields that change organizations."""

    @strawberry.mutation(description="Found an organization and become its owner.")
    async def create_organization(self, info: Info, input: CreateOrganizationInput) -> CreateOrganizationPayload:  # noqa: A002
        """Found an organization."""
        key = input.idempotency_key
        return await answer(
            CreateOrganizationPayload,
            info,
            lambda context: use_cases.create_organization(context, input.to_command(), key),
            _show,
        )

    @strawberry.mutation(description="Change an organization's public page.")
    async def update_organization(self, info: Info, input: UpdateOrganizationInput) -> UpdateOrganizationPayload:  # noqa: A002
        """Change an organization."""
        key = input.idempotency_key
        return await answer(
            UpdateOrganizationPayload,
            info,
            lambda context: use_cases.update_organization(context, input.to_command(), key),
            _show,
        )
