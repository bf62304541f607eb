"""A walk over the executable schema: every field has a policy or is public on purpose, and says what it is."""

from collections.abc import Iterator
from typing import cast

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_specified_directive,
    is_specified_scalar_type,
    parse,
)
from graphql.utilities import build_ast_schema

from domain.naming import camel
from domain.permissions import GRANTS, GUARDED_FIELDS, READABLE, ROOT_FIELDS
from schema.build import sdl

SCHEMA: GraphQLSchema = build_ast_schema(parse(sdl()))

PUBLIC = {
    "CapacityBlock": "createdAt createdBy id owner pools quantity reason releaseAt releasedAt version",
    "CapacityChange": "blocked checkedIn confirmed held offered pool",
    "CapacityDifference": "matter message poolId registrationId tally",
    "CapacityPool": "available blocked capacity checkedIn confirmed held id kind name offered overbooking ticketTiers"
    " version",
    "CapacityProof": "differences event isSound lines pools registrations unevenRegistrations version waiting",
    "CapacityStatus": "available blocked capacity checkedIn confirmed held offered soldOut version waitlisted",
    "CapacityTally": "agrees counted stored told",
    "CheckInResult": "checkedInAt code nonce outcome ticket",
    "Event": "availableTransitions capacity capacityPools capacityStatus category createdAt description endsAt"
    " endsAtLocal id online"
    " organization publishedAt registeredCount slug startsAt startsAtLocal status summary tags ticketTiers timezone"
    " title updatedAt url venue version viewerCan viewerRegistration viewerWaitlistEntry waitlistPolicy",
    "EventTransition": "allowed reason to",
    "FieldChange": "field hidden",
    "Import": "counts createdAt dryRun failure fileName finishedAt format id organization publish results startedAt"
    " startedBy status timezone",
    "ImportCounts": "created rejected unchanged updated",
    "ImportResult": "code event field message notes outcome row title",
    "Invitation": "email expiresAt link role",
    "JournalEntry": "about actor at capacityChanges changes data kind requestId version",
    "Membership": "createdAt id organization role user version",
    "Money": "amountMinor currency",
    "Onboarding": "completed nextStep steps",
    "OnboardingProgress": "done step",
    "Organization": "createdAt description events id name slug updatedAt url version viewerCan",
    "PageInfo": "endCursor hasNextPage hasPreviousPage startCursor",
    "PoolProof": "blocked capacity checkedIn confirmed held offered overbooking pool poolId",
    "Problem": "code message path retryable retryAfter params",
    "Registration": "cancelledAt createdAt event expiresAt extensions id price quantity status ticketTier tickets"
    " updatedAt user"
    " version viewerCan",
    "Ticket": "checkedInAt id registration status version",
    "TicketTier": "available capacityPools description event id name perPersonLimit price quota salesEndAt"
    " salesStartAt sold version",
    "User": "createdAt id platformRole status updatedAt version",
    "UserPreferences": "favouriteCategories notifyEventChanges notifyNews notifyRegistration notifyWaitlistOffers"
    " reminderHoursBefore theme weekStartsOn",
    "Venue": "address capacity city country id name organization timezone version",
    "WaitlistEntry": "event id joinedAt offerExpiresAt offeredAt passed position priority quantity rank registration"
    " status ticketTier updatedAt user version viewerCan",
    "WaitlistPolicy": "lookPast offerMinutes",
}
"""Fields that whoever sees the object may read. A new field does not get in here by itself: somebody decides."""

PRIVATE_TO_A_LINE = {"FieldChange.after", "FieldChange.before", "JournalEntry.reason"}
"""Values that the journal keeps apart and joins only for those whom the line concerns."""

MAKES_SOMETHING_NEW = {
    "acceptInvitation",
    "blockPlaces",
    "copyEvent",
    "createCapacityPool",
    "createEvent",
    "createOrganization",
    "createTicketTier",
    "createVenue",
    "holdPlaces",
    "inviteMember",
    "joinWaitlist",
    "register",
    "startImport",
}
"""Mutations that change nothing that was there before, so that there is no version to expect."""


AT_THE_DOOR = {"checkIn", "undoCheckIn"}
"""Mutations about codes that somebody holds out: whoever reads them has seen no version of anything."""


def root(name: str) -> GraphQLObjectType:
    found = SCHEMA.type_map[name]
    assert isinstance(found, GraphQLObjectType)
    return found


def root_fields() -> set[str]:
    return {*root("Query").fields, *root("Mutation").fields}


def object_fields() -> Iterator[tuple[str, str]]:
    """Type and name of every field that is not a root, a payload's or a page's own."""
    for name, kind in SCHEMA.type_map.items():
        made_of_others = name.endswith(("Payload", "Connection", "Edge")) or name in {"Query", "Mutation"}
        if isinstance(kind, GraphQLObjectType) and not name.startswith("__") and not made_of_others:
            yield from ((name, field) for field in kind.fields)


def input_of(mutation: str) -> GraphQLInputObjectType:
    arguments = root("Mutation").fields[mutation].args
    assert list(arguments) == ["input"]
    found = cast("object", get_named_type(arguments["input"].type))
    assert isinstance(found, GraphQLInputObjectType)
    return found


def payload_of(mutation: str) -> GraphQLObjectType:
    found = cast("object", get_named_type(root("Mutation").fields[mutation].type))
    assert isinstance(found, GraphQLObjectType)
    return found


def described() -> Iterator[tuple[str, str | None]]:
    """Everything in the schema that a client can name, with what it says about itself."""
    for name, kind in SCHEMA.type_map.items():
        if name.startswith("__") or is_specified_scalar_type(kind):
            continue
        yield name, kind.description
        if isinstance(kind, GraphQLEnumType):
            yield from ((f"{name}.{value}", entry.description) for value, entry in kind.values.items())
        if isinstance(kind, GraphQLInputObjectType):
            yield from ((f"{name}.{field}", entry.description) for field, entry in kind.fields.items())
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for field, entry in kind.fields.items():
                yield f"{name}.{field}", entry.description
                yield from ((f"{name}.{field}({arg}:)", given.description) for arg, given in entry.args.items())
    for directive in SCHEMA.directives:
        if not is_specified_directive(directive):
            yield f"@{directive.name}", directive.description


def test_every_root_field_has_an_action_and_every_action_of_the_table_a_root_field() -> None:
    assert root_fields() == set(ROOT_FIELDS)


def test_every_action_that_a_field_needs_has_a_policy() -> None:
    needed = {*ROOT_FIELDS.values(), *GUARDED_FIELDS.values()}

    assert needed - set(GRANTS) == set()


def test_every_guarded_field_exists() -> None:
    assert set(GUARDED_FIELDS) - {f"{kind}.{field}" for kind, field in object_fields()} == set()


def test_every_masked_column_is_a_field() -> None:
    masked = {f"{noun.title()}.{camel(column)}" for noun, column in READABLE}

    assert masked - {f"{kind}.{field}" for kind, field in object_fields()} == set()


def test_every_field_is_guarded_masked_or_public_on_purpose() -> None:
    masked = {f"{noun.title()}.{camel(column)}" for noun, column in READABLE}
    public = {f"{kind}.{field}" for kind, fields in PUBLIC.items() for field in fields.split()}

    decided = [set(GUARDED_FIELDS), masked, public, PRIVATE_TO_A_LINE]

    assert {f"{kind}.{field}" for kind, field in object_fields()} == set[str]().union(*decided)
    assert sum(map(len, decided)) == len(set[str]().union(*decided)), "a field is decided twice"


def test_pages_hold_entries_and_where_they_stand_and_nothing_else() -> None:
    shapes = {
        name: sorted(kind.fields)
        for name, kind in SCHEMA.type_map.items()
        if isinstance(kind, GraphQLObjectType) and name.endswith(("Connection", "Edge"))
    }

    assert shapes
    for name, fields in shapes.items():
        assert fields == (["cursor", "node"] if name.endswith("Edge") else ["edges", "pageInfo", "totalCount"]), name


def undescribed() -> list[str]:
    return [name for name, description in described() if not (description or "").strip()]


def test_everything_says_what_it_is() -> None:
    assert undescribed() == []


@pytest.mark.parametrize("mutation", sorted(root("Mutation").fields))
def test_input_and_payload_are_named_after_their_mutation(mutation: str) -> None:
    named = mutation[0].upper() + mutation[1:]

    assert str(root("Mutation").fields[mutation].args["input"].type) == f"{named}Input!"
    # Null when the field failed: what the fields before it did is still told.
    assert str(root("Mutation").fields[mutation].type) == f"{named}Payload"


@pytest.mark.parametrize("mutation", sorted(root("Mutation").fields))
def test_payloads_tell_problems_and_the_changed_object(mutation: str) -> None:
    fields = payload_of(mutation).fields

    assert str(fields["problems"].type) == "[Problem!]!"
    assert len(fields) >= 2
    # A refused command has nothing to show.
    assert [name for name, field in fields.items() if name != "problems" and str(field.type).endswith("!")] == []


@pytest.mark.parametrize("mutation", sorted(root("Mutation").fields))
def test_every_mutation_can_be_repeated_under_a_key(mutation: str) -> None:
    assert str(input_of(mutation).fields["idempotencyKey"].type) == "String"


def test_every_mutation_of_something_that_exists_takes_the_expected_version() -> None:
    takes = {name: str(input_of(name).fields["expectedVersion"].type) for name in _edits()}
    blind = MAKES_SOMETHING_NEW | AT_THE_DOOR
    refuses = {name for name in blind if "expectedVersion" not in input_of(name).fields}

    assert takes == dict.fromkeys(set(root("Mutation").fields) - blind, "Int")
    assert refuses == blind


def test_everything_that_an_edit_returns_has_a_version() -> None:
    returned = {
        str(field.type)
        for mutation in _edits()
        for name, field in payload_of(mutation).fields.items()
        if name != "problems"
    }

    assert returned
    assert {name for name in returned if "version" not in root(name).fields} == set()


def _edits() -> list[str]:
    return [name for name in root("Mutation").fields if "expectedVersion" in input_of(name).fields]
