"""Global ids and the objects behind them: one id per object, the right type behind each, and nothing unseen."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import errors
from schema import ids
from schema.nodes import NODES_LIMIT
from tests.api import Api
from tests.schema.cast import START_IMPORT
from tests.world import World, address


@pytest.fixture(params=["compiled", "core"])
def engine(request: pytest.FixtureRequest) -> str:
    """Both: what these tests hold to is what the two could do differently."""
    return request.param


TYPES = sorted(ids.PREFIXES)
PAIRED = {"CapacityBlock", "CapacityPool", "Registration", "Ticket", "TicketTier", "WaitlistEntry"}
READERS: dict[str, Any] = {
    "CapacityBlock": ids.block_key,
    "CapacityPool": ids.pool_key,
    "Event": ids.event_id,
    "Import": ids.import_id,
    "Membership": ids.membership_id,
    "Organization": ids.organization_id,
    "Registration": ids.registration_key,
    "Ticket": ids.ticket_key,
    "TicketTier": ids.ticket_tier_key,
    "User": ids.user_id,
    "Venue": ids.venue_id,
    "WaitlistEntry": ids.waitlist_entry_key,
}


def key_of(typename: str, number: int = 7) -> tuple[UUID, ...]:
    return (UUID(int=1), UUID(int=number)) if typename in PAIRED else (UUID(int=number),)


@given(st.sampled_from(TYPES), st.uuids(), st.uuids())
def test_every_id_is_read_back_as_it_was_written(typename: str, first: UUID, second: UUID) -> None:
    key = (first, second) if typename in PAIRED else (first,)

    text = ids.encode(typename, *key)

    assert ids.decode(text) == ids.GlobalId(typename, key)
    assert READERS[typename](text) in {key, key[0]}
    assert text.isascii()


@given(st.sampled_from(TYPES), st.uuids(), st.uuids(), st.text(max_size=3), st.integers(0, 60))
def test_an_object_has_one_id_and_every_other_spelling_is_malformed(
    typename: str, first: UUID, second: UUID, noise: str, place: int
) -> None:
    text = ids.encode(typename, *((first, second) if typename in PAIRED else (first,)))
    changed = text[:place] + noise + text[place + len(noise) :]
    try:
        decoded = ids.decode(changed)
    except errors.BadInput:
        return

    assert ids.encode(decoded.typename, *decoded.key) == changed


@given(st.text(max_size=60) | st.text(alphabet="evtusrog_ABC123-=/+", max_size=60))
def test_no_text_breaks_the_reading_of_an_id(text: str) -> None:
    try:
        decoded = ids.decode(text)
    except errors.BadInput:
        return
    assert ids.encode(decoded.typename, *decoded.key) == text


@pytest.mark.parametrize("typename", TYPES)
def test_an_id_of_another_type_is_refused_wherever_a_type_is_meant(typename: str) -> None:
    text = ids.encode(typename, *key_of(typename))

    for other in set(TYPES) - {typename}:
        with pytest.raises(errors.BadInput, match=other):
            READERS[other](text)


GOOD = ids.encode("Event", UUID(int=0))


@pytest.mark.parametrize(
    "text",
    [
        *[f"{GOOD}=", f"{GOOD}A", GOOD[:-1], GOOD.replace("_", "-", 1), GOOD.upper(), f" {GOOD}", f"{GOOD}\n"],
        # The last character of sixteen bytes has spare bits.
        f"{GOOD[:-1]}B",
    ],
)
def test_a_changed_id_is_malformed(text: str) -> None:
    with pytest.raises(errors.BadInput):
        ids.decode(text)


# --- Through the API ------------------------------------------------------------------------------------------------

NODE = "query ($id: ID!) { node(id: $id) { __typename id } }"
NODES = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
OBJECTS = """
query ($event: ID!, $organization: ID!) {
  viewer { id registrations(first: 1) { edges { node { id tickets { id } } } } }
  event(id: $event) { id ticketTiers { id } venue { id } capacityPools { id } }
  organization(id: $organization) { id members(first: 1) { edges { node { id } } } }
}
"""


@dataclass(frozen=True, slots=True)
class Objects:
    """An object of each type, all visible to `by`."""

    by: str
    ids: dict[str, str]


async def make_objects(api: Api) -> Objects:
    world = World(api)
    team = await world.team()
    event = await world.event(team, venueId=await world.venue(team), capacity=5)
    await world.register(event, team.manager)
    block = await world.block(event, team.manager, quantity=4)
    entry = await world.wait(event, team.manager)
    given = {"organizationId": team.id, "format": "CSV", "content": "title"}
    started = await world.do(START_IMPORT, "startImport", team.manager, **given)
    data = (await api.run(OBJECTS, {"event": event.id, "organization": team.id}, by=team.manager)).data
    registration = data["viewer"]["registrations"]["edges"][0]["node"]
    return Objects(
        team.manager,
        {
            "User": data["viewer"]["id"],
            "Registration": registration["id"],
            "Ticket": registration["tickets"][0]["id"],
            "Event": data["event"]["id"],
            "CapacityBlock": block,
            "CapacityPool": data["event"]["capacityPools"][0]["id"],
            "WaitlistEntry": entry,
            "Import": started["import"]["id"],
            "TicketTier": data["event"]["ticketTiers"][0]["id"],
            "Venue": data["event"]["venue"]["id"],
            "Organization": data["organization"]["id"],
            "Membership": data["organization"]["members"]["edges"][0]["node"]["id"],
        },
    )


async def test_a_node_has_the_type_that_its_id_names(api: Api) -> None:
    objects = await make_objects(api)

    assert sorted(objects.ids) == TYPES
    for typename, id_ in objects.ids.items():
        answer = await api.run(NODE, {"id": id_}, by=objects.by)
        assert answer.data["node"] == {"__typename": typename, "id": id_}


async def test_a_node_is_read_through_fragments_of_its_own_type_only(api: Api) -> None:
    objects = await make_objects(api)
    fragments = (
        "... on Event { title } ... on Organization { organizationName: name } ... on Venue { city }"
        " ... on TicketTier { price { currency } } ... on Membership { role } ... on Ticket { code }"
        " ... on Registration { quantity } ... on User { locale } ... on Import { fileName }"
        " ... on CapacityPool { kind } ... on CapacityBlock { owner } ... on WaitlistEntry { rank }"
    )
    fields = {
        "CapacityBlock": "owner",
        "CapacityPool": "kind",
        "Event": "title",
        "Import": "fileName",
        "Organization": "organizationName",
        "Venue": "city",
        "TicketTier": "price",
        "Membership": "role",
        "Ticket": "code",
        "Registration": "quantity",
        "User": "locale",
        "WaitlistEntry": "rank",
    }

    for typename, id_ in objects.ids.items():
        answer = await api.run(f"query ($id: ID!) {{ node(id: $id) {{ {fragments} }} }}", {"id": id_}, by=objects.by)
        assert set(answer.data["node"]) == {fields[typename]}


@pytest.mark.parametrize("typename", TYPES)
async def test_an_unknown_object_is_nothing(api: Api, typename: str) -> None:
    answer = await api.run(NODE, {"id": ids.encode(typename, *key_of(typename, 2**100))})

    assert answer.data == {"node": None}


async def test_an_object_of_one_event_is_not_found_under_another(api: Api) -> None:
    objects = await make_objects(api)
    for typename in sorted(PAIRED):
        [_, own] = ids.decode(objects.ids[typename]).key

        answer = await api.run(NODE, {"id": ids.encode(typename, UUID(int=1), own)}, by=objects.by)

        assert answer.data == {"node": None}


async def test_what_nobody_may_see_is_nothing_like_what_is_not_there(api: Api) -> None:
    objects = await make_objects(api)
    hidden = ["User", "Registration", "Ticket", "Membership"]

    answer = await api.run(NODES, {"ids": [objects.ids[typename] for typename in hidden]}, by=address("stranger"))

    assert answer.data == {"nodes": [None, None, None, None]}


async def test_nodes_come_in_the_order_of_their_ids_with_nothing_for_the_unknown(api: Api) -> None:
    objects = await make_objects(api)
    unknown = ids.encode("Event", UUID(int=2**100))
    asked = [objects.ids["Venue"], unknown, objects.ids["Event"], objects.ids["Venue"], objects.ids["Ticket"]]

    answer = await api.run(NODES, {"ids": asked}, by=objects.by)

    assert [node and node["__typename"] for node in answer.data["nodes"]] == [
        "Venue",
        None,
        "Event",
        "Venue",
        "Ticket",
    ]
    assert [node and node["id"] for node in answer.data["nodes"]] == [id_ if id_ != unknown else None for id_ in asked]


async def test_nodes_of_one_type_share_a_statement(api: Api) -> None:
    world = World(api)
    team = await world.team()
    events = [(await world.event(team, tiers={})).id for _ in range(4)]

    one = await api.run(NODES, {"ids": events[:1]})
    all_ = await api.run(NODES, {"ids": events})

    assert [node["id"] for node in all_.data["nodes"]] == events
    assert len(one.sql) == len(all_.sql) == 1


async def test_no_nodes_are_an_empty_list_read_without_a_statement(api: Api) -> None:
    answer = await api.run(NODES, {"ids": []})

    assert answer.data == {"nodes": []}
    assert answer.sql == []


async def test_one_malformed_id_spoils_the_list_before_anything_is_read(api: Api) -> None:
    answer = await api.run(NODES, {"ids": [ids.encode("Event", UUID(int=1)), "evt_x"]})

    assert answer.codes == ["BAD_USER_INPUT"]
    assert answer.sql == []


async def test_a_list_of_nodes_has_a_limit(api: Api) -> None:
    id_ = ids.encode("Event", UUID(int=1))

    assert (await api.run(NODES, {"ids": [id_] * NODES_LIMIT})).codes == []
    assert (await api.run(NODES, {"ids": [id_] * (NODES_LIMIT + 1)})).codes == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("text", ["", "x", "evt", "evt_", "evt_AAAA", "Event:1", "1", "evt_" + "A" * 1_000, "ūžč_AAA"])
async def test_a_malformed_id_is_bad_input_wherever_it_stands(api: Api, text: str) -> None:
    for selection in ("node(id: $id) { id }", "event(id: $id) { id }", "user(id: $id) { id }"):
        answer = await api.run(f"query ($id: ID!) {{ {selection} }}", {"id": text})
        assert answer.codes == ["BAD_USER_INPUT"], selection
    mutation = "mutation ($id: ID!) { submitEvent(input: { id: $id }) { problems { code } } }"
    assert (await api.run(mutation, {"id": text}, by=address("guest"))).codes == ["BAD_USER_INPUT"]


async def test_an_id_of_another_type_is_bad_input_where_a_type_is_meant(api: Api) -> None:
    venue = ids.encode("Venue", UUID(int=1))

    for selection in (
        "event(id: $id) { id }",
        "organization(id: $id) { id }",
        "user(id: $id) { id }",
        "events(filter: { organizationId: $id }) { edges { node { id } } }",
    ):
        answer = await api.run(f"query ($id: ID!) {{ {selection} }}", {"id": venue})
        assert answer.codes == ["BAD_USER_INPUT"], selection


async def test_an_empty_id_in_a_filter_is_malformed_rather_than_no_filter(api: Api) -> None:
    answer = await api.run('{ events(filter: { organizationId: "" }) { edges { node { id } } } }')

    assert answer.codes == ["BAD_USER_INPUT"]


async def test_an_empty_id_of_an_account_is_malformed_rather_than_ones_own(api: Api) -> None:
    who = address("guest")
    await api.run("{ viewer { id } }", by=who)

    answer = await api.run('mutation { deactivateAccount(input: { userId: "" }) { problems { code } } }', by=who)

    assert answer.codes == ["BAD_USER_INPUT"]
    assert (await api.run("{ viewer { status } }", by=who)).data["viewer"] == {"status": "ACTIVE"}
