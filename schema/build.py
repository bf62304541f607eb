"""Puts the schema together."""

from typing import Any

import strawberry
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryOptional

from execution import hints
from schema.capacity_commands import CapacityMutations
from schema.check_in import CheckInMutations
from schema.event_commands import EventMutations
from schema.imports import ImportMutations
from schema.memberships import MembershipMutations
from schema.organizations import OrganizationMutations
from schema.queries import Query
from schema.registration_commands import RegistrationMutations
from schema.scalars import SCALARS
from schema.ticket_tiers import TicketTierMutations
from schema.users import UserMutations
from schema.venues import VenueMutations
from schema.waitlist_commands import WaitlistMutations


@strawberry.type(description="Everything that can be changed. Each field is one unit of work: done or not done.")
class Mutation(
    EventMutations,
    TicketTierMutations,
    VenueMutations,
    RegistrationMutations,
    WaitlistMutations,
    CheckInMutations,
    CapacityMutations,
    OrganizationMutations,
    MembershipMutations,
    ImportMutations,
    UserMutations,
):
    """The mutation root."""


def _finish(root: type[Any]) -> None:
    """Let each mutation's `input` say what its type says: written twice, the two would drift apart.

    Payloads can be null, so that a field that fails leaves those before it in the answer: they are done.
    """
    for mutation in root.__strawberry_definition__.fields:
        mutation.type = StrawberryOptional(mutation.type)
        for argument in mutation.arguments:
            argument.description = argument.type.__strawberry_definition__.description


_finish(Mutation)
schema = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    config=StrawberryConfig(scalar_map=SCALARS, default_resolver=hints.read),
)


def sdl() -> str:
    """The schema in the definition language, as it is committed."""
    return schema.as_str() + "\n"
