"""Who may do what: the tables in `permission_tables.py`, asked through the API as everybody."""

import json
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from graphql import GraphQLObjectType, parse
from graphql.utilities import build_ast_schema

from domain.permissions import GUARDED_FIELDS, ROOT_FIELDS, EventAction
from schema.build import sdl
from schema.ids import decode, encode
from tests.api import Answer
from tests.schema.cast import ACTORS, Cast, acting, filled
from tests.schema.permission_tables import GUARDED, MUTATIONS, QUERIES

MARKS = {"UNAUTHENTICATED": "U", "FORBIDDEN": "F", "NOT_FOUND": "N"}

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "acceptInvitation": ({}, "INVITATION_INVALID"),
    "copyEvent": ({"startsAtLocal": "2020-01-01T12:00:00", "slug": "?"}, "INVALID"),
    "createEvent": (
        {
            "title": "",
            "category": "Technology",
            "timezone": "UTC",
            "startsAtLocal": "2027-01-01T12:00:00",
            "endsAtLocal": "2027-01-01T13:00:00",
        },
        "REQUIRED",
    ),
    "createOrganization": ({"name": ""}, "REQUIRED"),
    "createTicketTier": ({"name": "", "price": {"amountMinor": 0, "currency": "EUR"}}, "REQUIRED"),
    "createVenue": ({"name": "", "city": "Koper", "country": "SI", "timezone": "UTC"}, "REQUIRED"),
    "startImport": ({"format": "CSV", "content": ""}, "REQUIRED"),
    "inviteMember": ({"email": "@staff", "role": "STAFF"}, "ALREADY_MEMBER"),
    # An unpublished event takes no registrations; of a published one, the tier is not a tier.
    "register": ({"ticketTierId": "@otherTier"}, "REGISTRATION_CLOSED TICKET_TIER_UNKNOWN"),
    "holdPlaces": ({"ticketTierId": "@otherTier"}, "REGISTRATION_CLOSED TICKET_TIER_UNKNOWN"),
    "joinWaitlist": ({"ticketTierId": "@otherTier"}, "REGISTRATION_CLOSED TICKET_TIER_UNKNOWN"),
    "transferTicket": ({"attendeeName": "Somebody else", "expectedVersion": 999}, "VERSION_CONFLICT"),
    "checkIn": ({"codes": []}, "REQUIRED"),
    "undoCheckIn": ({"code": "NO-SUCH"}, "TICKET_UNKNOWN"),
    "prioritizeWaitlistEntry": ({"priority": 1, "reason": "A promise.", "expectedVersion": 999}, "VERSION_CONFLICT"),
    "createCapacityPool": ({"name": ""}, "REQUIRED"),
    "setTicketTierPools": ({"capacityPoolIds": [], "expectedVersion": 999}, "VERSION_CONFLICT"),
    "blockPlaces": ({"quantity": 0, "owner": "Sponsor", "reason": "Promised."}, "OUT_OF_RANGE"),
    "changeMemberRole": ({"expectedVersion": 999, "role": "MANAGER"}, "VERSION_CONFLICT"),
    "setPlatformRole": ({"expectedVersion": 999, "role": None}, "VERSION_CONFLICT"),
}
"""What is wrong with a command, and the problems that its author may be told; else the version is wrong."""

WRONG_VERSION: tuple[dict[str, Any], str] = ({"expectedVersion": 999}, "VERSION_CONFLICT")

SELECTIONS = {
    "capacityProof": "{ isSound }",
    "events": "{ totalCount }",
    "organizations": "{ totalCount }",
    "users": "{ totalCount }",
    "Event.capacityBlocks": "{ totalCount }",
    "Event.history": "{ totalCount }",
    "Event.registrations": "{ totalCount }",
    "Event.waitlist": "{ totalCount }",
    "Organization.history": "{ totalCount }",
    "Organization.imports": "{ totalCount }",
    "Organization.members": "{ totalCount }",
    "Organization.venues": "{ totalCount }",
    "Registration.history": "{ totalCount }",
    "User.history": "{ totalCount }",
    "User.memberships": "{ id }",
    "User.onboarding": "{ completed }",
    "User.registrations": "{ totalCount }",
    "User.waitlistEntries": "{ totalCount }",
    "WaitlistEntry.history": "{ totalCount }",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table."""

    field: str
    given: dict[str, str]
    marks: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join([self.field, *(f"{name}={value}" for name, value in self.given.items())])


def rows(table: str) -> list[Row]:
    """The lines of a table."""
    found: list[Row] = []
    for line in table.strip().splitlines():
        field, about, *marks = line.split()
        name, _, value = about.partition("=")
        found.append(Row(field, {name: value} if value else {}, tuple(marks)))
    return found


@pytest.fixture(scope="module")
async def cast(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Cast]:
    async with acting(database_url, redis_url, tmp_path_factory.mktemp("cast")) as on_stage:
        yield on_stage


def mark(answer: Answer, *path: str | int) -> str:
    """The outcome as the tables write it; an error has to be about the field that was asked for."""
    if answer.errors:
        [error] = answer.errors
        assert error["path"] == list(path)
        return MARKS[error["extensions"]["code"]]
    value: Any = answer.data
    for step in path:
        value = value[step] if value is not None else None
    return "-" if value is None else "+"


async def outcomes(cast: Cast, document: str, *path: str | int) -> dict[str, str]:
    return {actor: mark(await cast.api.run(document, by=cast.people[actor]), *path) for actor in ACTORS}


def mutation(field: str) -> str:
    kind = field[0].upper() + field[1:]
    return f"mutation ($input: {kind}Input!) {{ {field}(input: $input) {{ problems {{ code }} }} }}"


def query(field: str, given: dict[str, Any]) -> str:
    """The document that reads a root field, or a guarded field of the node with the given id."""
    selection = SELECTIONS.get(field, "{ id }")
    if "." in field:
        kind, _, name = field.partition(".")
        field, selection = "node", f"{{ ... on {kind} {{ {name} {selection} }} }}"
    arguments = ", ".join(f"{name}: {json.dumps([value] if name == 'ids' else value)}" for name, value in given.items())
    return f"{{ {field}({arguments}) {selection} }}" if arguments else f"{{ {field} {selection} }}"


def nobody_has(global_id: str) -> str:
    """An id of the same type that leads to nothing; what belongs to an event stays with that event."""
    decoded = decode(global_id)
    return encode(decoded.typename, *decoded.key[:-1], uuid4())


@pytest.mark.parametrize("row", rows(MUTATIONS), ids=str)
async def test_mutations_are_for_whom_the_table_says(cast: Cast, row: Row) -> None:
    wrong, problems = REFUSED.get(row.field, WRONG_VERSION)
    names = {**cast.ids, "staff": str(cast.people["staff"])}
    given = filled({**wrong, **row.given}, names)

    found: dict[str, str] = {}
    for actor in ACTORS:
        answer = await cast.api.run(mutation(row.field), {"input": given}, by=cast.people[actor])
        found[actor] = mark(answer, row.field)
        if found[actor] == "+":
            assert set(answer.problems(row.field)) & set(problems.split()), actor

    assert found == dict(zip(ACTORS, row.marks, strict=True))


@pytest.mark.parametrize("row", rows(QUERIES), ids=str)
async def test_queries_answer_whom_the_table_says(cast: Cast, row: Row) -> None:
    path: list[str | int] = [row.field, 0] if row.field == "nodes" else [row.field]

    found = await outcomes(cast, query(row.field, filled(row.given, cast.ids)), *path)

    assert found == dict(zip(ACTORS, row.marks, strict=True))


@pytest.mark.parametrize("row", rows(GUARDED), ids=str)
async def test_guarded_fields_answer_whom_the_table_says(cast: Cast, row: Row) -> None:
    found = await outcomes(cast, query(row.field, filled(row.given, cast.ids)), "node", row.field.split(".")[1])

    assert found == dict(zip(ACTORS, row.marks, strict=True))


@pytest.mark.parametrize("row", [row for row in rows(MUTATIONS) if "N" in row.marks], ids=str)
async def test_commands_about_the_unseen_fail_like_commands_about_nothing(cast: Cast, row: Row) -> None:
    wrong, _ = REFUSED.get(row.field, WRONG_VERSION)
    seen = filled({**wrong, **row.given}, cast.ids)
    nothing = seen | {name: nobody_has(seen[name]) for name in row.given}

    for actor in (actor for actor, outcome in zip(ACTORS, row.marks, strict=True) if outcome == "N"):
        about_it = await cast.api.run(mutation(row.field), {"input": seen}, by=cast.people[actor])
        about_nothing = await cast.api.run(mutation(row.field), {"input": nothing}, by=cast.people[actor])

        assert (about_it.status, about_it.body) == (about_nothing.status, about_nothing.body), actor


@pytest.mark.parametrize(
    "row", [row for row in rows(QUERIES) + rows(GUARDED) if "-" in row.marks and row.given], ids=str
)
async def test_the_unseen_is_read_like_nothing(cast: Cast, row: Row) -> None:
    given = filled(row.given, cast.ids)
    nothing = {name: nobody_has(value) for name, value in given.items()}

    for actor in (actor for actor, outcome in zip(ACTORS, row.marks, strict=True) if outcome == "-"):
        it = await cast.api.run(query(row.field, given), by=cast.people[actor])
        none = await cast.api.run(query(row.field, nothing), by=cast.people[actor])

        assert (it.status, it.body) == (none.status, none.body), actor
        assert it.sql == none.sql, "the same statements, so that nothing shows in the time it takes either"


async def test_what_viewer_can_promises_is_what_the_tables_say(cast: Cast) -> None:
    document = "query ($id: ID!) { event(id: $id) { viewerCan } }"
    needed = {**ROOT_FIELDS, **GUARDED_FIELDS}
    asked = [row for row in rows(MUTATIONS) + rows(GUARDED) if {"@published", "@tier"} & set(row.given.values())]

    for index, actor in enumerate(ACTORS):
        answer = await cast.api.run(document, {"id": cast.ids["published"]}, by=cast.people[actor])

        promised = {EventAction[name] for name in answer.data["event"]["viewerCan"]}
        assert promised == {needed[row.field] for row in asked if row.marks[index] == "+"}, actor


def test_the_tables_hold_every_root_field_of_the_schema() -> None:
    kinds = build_ast_schema(parse(sdl())).type_map

    for name, table in (("Query", QUERIES), ("Mutation", MUTATIONS)):
        kind = kinds[name]
        assert isinstance(kind, GraphQLObjectType)
        assert {row.field for row in rows(table)} == set(kind.fields)


def test_the_tables_hold_every_guarded_field() -> None:
    assert {row.field for row in rows(GUARDED)} == set(GUARDED_FIELDS)
