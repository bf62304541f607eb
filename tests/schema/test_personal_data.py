"""Names, addresses, codes, preferences and reasons reach only those whom they concern, whatever the way to them."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from domain.permissions import MASKED
from tests.api import Api
from tests.schema.cast import Cast, acting
from tests.world import INVITE, World, address

NAME, ATTENDEE, REASON = "Guest of Honour", "Companion of the Guest", "Something came up at home"
DEFAULTS: dict[str, Any] = {"theme": "SYSTEM", "favouriteCategories": []}
CHOSEN: dict[str, Any] = {"theme": "DARK", "favouriteCategories": ["zymurgy"]}

PERSON = "id name email locale timezone preferences { theme favouriteCategories }"
TICKETS = "tickets { code attendeeName }"

FULL: dict[str, Any] = {"locale": "sl", "timezone": "Europe/Andorra", "preferences": CHOSEN}
BARE: dict[str, Any] = {"locale": "en", "timezone": "UTC", "preferences": DEFAULTS}

COLLEAGUES = ("staff", "manager", "owner")
EVERYBODY = ("anonymous", "attendee", "stranger", "analyst", "administrator", "guest", *COLLEAGUES)

WAYS: dict[str, tuple[str, str, tuple[str | int, ...]]] = {
    "node": ("guestUser", f"... on User {{ {PERSON} }}", ()),
    "registration": ("guestRegistration", f"... on Registration {{ user {{ {PERSON} }} }}", ("user",)),
    "ticket": ("guestTicket", f"... on Ticket {{ registration {{ user {{ {PERSON} }} }} }}", ("registration", "user")),
    "registrations of the event": (
        "published",
        f"... on Event {{ registrations {{ edges {{ node {{ user {{ {PERSON} }} }} }} }} }}",
        ("registrations", "edges", 0, "node", "user"),
    ),
    "actor of the event's history": (
        "published",
        f"... on Event {{ history(first: 1) {{ edges {{ node {{ actor {{ {PERSON} }} }} }} }} }}",
        ("history", "edges", 0, "node", "actor"),
    ),
}
"""Each way to the guest: where it starts, what is selected there, and where in that they are."""


@pytest.fixture(scope="module")
async def cast(database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Cast]:
    async with acting(database_url, redis_url, tmp_path_factory.mktemp("cast")) as on_stage:
        await tell_about_the_guest(on_stage)
        yield on_stage


async def tell_about_the_guest(cast: Cast) -> None:
    """Give the guest everything personal there is, and a reason why their places were given back."""
    world, guest = World(cast.api), str(cast.people["guest"])
    await world.do(
        "mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { problems { code } } }",
        "updateProfile",
        guest,
        name=NAME,
        locale="sl",
        timezone="Europe/Andorra",
    )
    await world.do(
        "mutation ($input: UpdatePreferencesInput!) { updatePreferences(input: $input) { problems { code } } }",
        "updatePreferences",
        guest,
        **CHOSEN,
    )
    await cast.sql(
        "UPDATE tickets SET attendee_name = $1 WHERE code = $2 RETURNING id", ATTENDEE, cast.secrets["guestCode"]
    )
    await world.do(
        "mutation ($input: CancelRegistrationInput!) { cancelRegistration(input: $input) { problems { code } } }",
        "cancelRegistration",
        guest,
        id=cast.ids["guestRegistration"],
        reason=REASON,
    )


def node(selection: str) -> str:
    return f"query ($id: ID!) {{ node(id: $id) {{ {selection} }} }}"


def at(data: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        data = data[step] if data is not None else None
    return data


def as_seen_by(cast: Cast, actor: str) -> dict[str, Any] | None:
    """The guest as the actor may read them; nothing when not at all."""
    if actor in {"guest", "administrator"}:
        return {"name": NAME, "email": cast.people["guest"], **FULL}
    if actor in COLLEAGUES:
        return {"name": NAME, "email": None, **BARE}
    return {"name": MASKED, "email": None, **BARE} if actor == "analyst" else None


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("actor", EVERYBODY)
async def test_a_person_looks_the_same_on_every_way_to_them(cast: Cast, way: str, actor: str) -> None:
    start, selection, path = WAYS[way]
    expected = as_seen_by(cast, actor)

    answer = await cast.api.run(node(selection), {"id": cast.ids[start]}, by=cast.people[actor])

    if answer.errors:
        # The team's lists are closed to guests; how is the matrix's matter.
        assert start == "published"
        assert actor in {"anonymous", "attendee", "stranger", "guest"}
        assert answer.body["data"] == {"node": None}
    else:
        shown = at(answer.data["node"], path)
        assert shown == (expected and {"id": cast.ids["guestUser"], **expected})


@pytest.mark.parametrize("actor", [*COLLEAGUES, "analyst", "administrator"])
async def test_colleagues_meet_by_name_and_analysts_by_role(cast: Cast, actor: str) -> None:
    document = node(f"... on Organization {{ members {{ edges {{ node {{ role user {{ {PERSON} }} }} }} }} }}")

    answer = await cast.api.run(document, {"id": cast.ids["team"]}, by=cast.people[actor])

    members = [edge["node"] for edge in answer.data["node"]["members"]["edges"]]
    assert [member["role"] for member in members] == ["OWNER", "MANAGER", "STAFF"]
    names = {member["user"]["name"] for member in members}
    assert (names == {MASKED}) == (actor == "analyst")
    told = [member["role"].lower() for member in members if member["user"]["email"] is not None]
    assert told == (list(reversed(COLLEAGUES)) if actor == "administrator" else [actor] if actor in COLLEAGUES else [])


@pytest.mark.parametrize(
    ("actor", "shown"),
    [
        ("guest", True),
        ("staff", True),
        ("manager", True),
        ("owner", True),
        ("administrator", True),
        ("analyst", False),
    ],
)
async def test_ticket_codes_open_doors_for_the_guest_and_the_team(cast: Cast, actor: str, *, shown: bool) -> None:
    document = f"""
query ($registration: ID!, $ticket: ID!) {{
  registration: node(id: $registration) {{ ... on Registration {{ {TICKETS} }} }}
  ticket: node(id: $ticket) {{ ... on Ticket {{ code attendeeName }} }}
}}
"""
    variables = {"registration": cast.ids["guestRegistration"], "ticket": cast.ids["guestTicket"]}

    answer = await cast.api.run(document, variables, by=cast.people[actor])

    code, attendee = (cast.secrets["guestCode"], ATTENDEE) if shown else (MASKED, None)
    expected = {"code": code, "attendeeName": attendee}
    assert answer.data == {"registration": {"tickets": [expected]}, "ticket": expected}


LINES = "edges { node { kind data reason requestId about actor { name email } changes { field before after hidden } } }"
STORIES = {
    "the event": ("published", f"... on Event {{ history(first: 500) {{ {LINES} }} }}"),
    "the registration": ("guestRegistration", f"... on Registration {{ history {{ {LINES} }} }}"),
    "the account": ("guestUser", f"... on User {{ history {{ {LINES} }} }}"),
    "the organization": ("team", f"... on Organization {{ history(first: 500) {{ {LINES} }} }}"),
    "the guests": (
        "published",
        f"... on Event {{ registrations {{ edges {{ node {{ user {{ {PERSON} }} {TICKETS} }} }} }} }}",
    ),
    "the team": ("team", f"... on Organization {{ members {{ edges {{ node {{ user {{ {PERSON} }} }} }} }} }}"),
    "their registrations": (
        "guestUser",
        f"... on User {{ name registrations {{ edges {{ node {{ {TICKETS} }} }} }} }}",
    ),
    "their onboarding": ("guestUser", "... on User { onboarding { steps { step done } } }"),
}
WITH_REASON = ("the event", "the registration")


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("actor", ["analyst", "anonymous", "attendee", "stranger"])
async def test_nothing_personal_of_a_guest_reaches_those_who_never_met_them(cast: Cast, actor: str, story: str) -> None:
    start, selection = STORIES[story]

    answer = await cast.api.run(node(selection), {"id": cast.ids[start]}, by=cast.people[actor])

    text = json.dumps(answer.body)
    secrets = [NAME, ATTENDEE, REASON, "zymurgy", "Europe/Andorra", cast.secrets["guestCode"]]
    addresses = [mail for who, mail in cast.people.items() if mail is not None and who != actor]
    assert [secret for secret in secrets + addresses if secret in text] == []


@pytest.mark.parametrize(
    ("actor", "story", "told"),
    [
        ("guest", "the registration", True),
        *((actor, story, True) for actor in ("manager", "owner", "administrator") for story in WITH_REASON),
        *((actor, story, False) for actor in ("staff", "analyst") for story in WITH_REASON),
    ],
)
async def test_the_reason_is_for_the_person_and_those_who_answer_for_the_event(
    cast: Cast, actor: str, story: str, *, told: bool
) -> None:
    start, selection = STORIES[story]

    answer = await cast.api.run(node(selection), {"id": cast.ids[start]}, by=cast.people[actor])

    lines = [edge["node"] for edge in answer.data["node"]["history"]["edges"]]
    [cancelled] = [line for line in lines if line["kind"] == "PlacesCancelled"]
    assert cancelled["reason"] == (REASON if told else None)
    assert (REASON in json.dumps(answer.body)) is told


async def test_the_journal_names_personal_fields_and_keeps_their_values_apart(cast: Cast) -> None:
    document = node(STORIES["the account"][1])

    for actor in ("guest", "administrator"):
        answer = await cast.api.run(document, {"id": cast.ids["guestUser"]}, by=cast.people[actor])

        lines = [edge["node"] for edge in answer.data["node"]["history"]["edges"]]
        changes = {
            change["field"]: change for line in lines for change in line["changes"] if line["kind"] == "ProfileUpdated"
        }
        assert changes["name"]["after"] == NAME
        assert not changes["name"]["hidden"]
        # What is stored with the fact itself outlives the person's erasure, and so names fields only.
        assert NAME not in json.dumps([line["data"] for line in lines])


async def test_the_address_of_an_invited_person_is_in_nobodys_history(cast: Cast) -> None:
    invited = address("invited")
    await World(cast.api).do(
        INVITE, "inviteMember", str(cast.people["owner"]), organizationId=cast.ids["team"], email=invited, role="STAFF"
    )
    document = node(STORIES["the organization"][1])

    for actor in ("manager", "owner", "analyst", "administrator"):
        answer = await cast.api.run(document, {"id": cast.ids["team"]}, by=cast.people[actor])

        assert "MemberInvited" in json.dumps(answer.data)
        assert invited not in json.dumps(answer.body)


async def test_a_guest_reads_nothing_of_other_guests_in_their_own_story(cast: Cast) -> None:
    document = node(STORIES["the registration"][1])

    answer = await cast.api.run(document, {"id": cast.ids["ownRegistration"]}, by=cast.people["attendee"])

    text = json.dumps(answer.data)
    assert cast.ids["ownRegistration"] in text
    assert cast.ids["guestRegistration"] not in text
    assert cast.ids["guestUser"] not in text


async def test_only_administrators_can_search_for_people(cast: Cast) -> None:
    document = "query ($filter: UserFilter!) { users(filter: $filter) { totalCount edges { node { id } } } }"
    there = {"search": NAME, "email": cast.people["guest"]}
    nowhere = {"search": "nobody-is-called-this", "email": "nobody@people.example"}

    for actor in ("anonymous", "attendee", "stranger", "analyst", *COLLEAGUES):
        found = await cast.api.run(document, {"filter": there}, by=cast.people[actor])
        missed = await cast.api.run(document, {"filter": nowhere}, by=cast.people[actor])
        assert found.body == missed.body
        assert found.body["data"] is None

    answer = await cast.api.run(document, {"filter": there}, by=cast.people["administrator"])
    assert [edge["node"]["id"] for edge in answer.data["users"]["edges"]] == [cast.ids["guestUser"]]


async def test_a_person_who_never_came_is_nobody_to_the_team(api: Api) -> None:
    world = World(api)
    team, newcomer = await world.team(), address("newcomer")
    document = "query ($id: ID!) { user(id: $id) { id name } }"
    viewer = await api.run("{ viewer { id } }", by=newcomer)

    answer = await api.run(document, {"id": viewer.data["viewer"]["id"]}, by=team.owner)

    assert answer.data == {"user": None}
