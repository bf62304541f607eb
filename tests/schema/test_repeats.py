"""Commands sent twice, and edits based on an old version."""

import asyncio
from typing import Any

from tests.api import Answer, Api
from tests.world import REGISTER, Listed, World, address

UPDATE = """
mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { event { version title }
  problems { code message path retryable } } }
"""
CONFIRMED = "query ($id: ID!) { event(id: $id) { registeredCount capacityStatus { version } version } }"


async def take(api: Api, event: Listed, by: str, key: str | None, *, quantity: int = 1) -> Answer:
    """Register under a key."""
    given: dict[str, Any] = {"eventId": event.id, "ticketTierId": event.tiers["Standard"], "quantity": quantity}
    return await api.run(REGISTER, {"input": {**given, "idempotencyKey": key}}, by=by)


async def test_twenty_equal_commands_at_once_are_one(api: Api) -> None:
    event = await World(api).event(await World(api).team(), capacity=30)
    guest = address("guest")

    answers = await asyncio.gather(*(take(api, event, guest, "order-1", quantity=2) for _ in range(20)))

    assert len({answer.data["register"]["registration"]["id"] for answer in answers}) == 1
    assert (await api.run(CONFIRMED, {"id": event.id})).data["event"]["registeredCount"] == 2


async def test_another_input_under_the_same_key_is_refused(api: Api) -> None:
    event = await World(api).event(await World(api).team())
    guest = address("guest")
    await take(api, event, guest, "order-1")

    answer = await take(api, event, guest, "order-1", quantity=2)

    assert answer.problems("register") == ["IDEMPOTENCY_KEY_REUSED"]


async def test_a_key_belongs_to_one_user_and_one_event(api: Api) -> None:
    world = World(api)
    team = await world.team()
    one, two = await world.event(team), await world.event(team)
    guest, other = address("guest"), address("other")

    answers = [await take(api, one, guest, "k"), await take(api, two, guest, "k"), await take(api, one, other, "k")]

    assert len({answer.data["register"]["registration"]["id"] for answer in answers}) == 3


async def test_a_final_refusal_is_repeated_and_a_retryable_one_is_not(api: Api) -> None:
    world = World(api)
    event = await world.event(await world.team(), capacity=1, tiers={"Standard": {"perPersonLimit": 1}})
    first, second = address("first"), address("second")
    taken = await world.register(event, first)
    final = [(await take(api, event, first, "again")).data for _ in range(2)]
    sold_out = await take(api, event, second, "later")

    cancel = "mutation ($input: CancelRegistrationInput!) { cancelRegistration(input: $input) { problems { code } } }"
    await world.do(cancel, "cancelRegistration", first, id=taken)
    repeated = await take(api, event, first, "again")
    later = await take(api, event, second, "later")

    assert final[0] == final[1] == repeated.data
    assert repeated.problems("register") == ["PERSON_LIMIT_REACHED"]
    assert sold_out.problems("register") == ["SOLD_OUT"]
    assert later.problems("register") == []


async def test_a_key_is_free_again_after_two_days(api: Api) -> None:
    event = await World(api).event(await World(api).team())
    guest = address("guest")
    before = (await take(api, event, guest, "k")).data["register"]["registration"]["id"]

    api.clock.advance(hours=49)
    after = (await take(api, event, guest, "k")).data["register"]["registration"]["id"]

    assert before != after


async def test_a_conflict_names_the_version_and_what_differs(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, published=False)
    await world.do(UPDATE, "updateEvent", team.manager, id=event.id, title="New", startsAtLocal="2026-12-02T18:00")

    given = {"id": event.id, "title": "Other", "expectedVersion": 1}
    [problem] = (await api.run(UPDATE, {"input": given}, by=team.owner)).data["updateEvent"]["problems"]

    assert (problem["code"], problem["path"], problem["retryable"]) == ("VERSION_CONFLICT", ["expectedVersion"], True)
    assert "version 2" in problem["message"]
    assert "startsAt, startsAtLocal, title" in problem["message"]


async def test_a_registration_does_not_count_as_an_edit(api: Api) -> None:
    world = World(api)
    event = await world.event(await world.team())
    before = (await api.run(CONFIRMED, {"id": event.id})).data["event"]

    await world.register(event, address("guest"))
    after = (await api.run(CONFIRMED, {"id": event.id})).data["event"]

    assert after["version"] == before["version"]
    assert after["capacityStatus"]["version"] == before["capacityStatus"]["version"] + 1
