"""Idempotency keys: sending a command again is harmless, for its sender, for 48 hours."""

from typing import Any

import asyncpg

from tests.api import Api
from tests.commands import attempt, change, codes, refusals
from tests.world import Listed, World, address

CLUB = "organization { id name }"


def places(event: Listed, **more: Any) -> dict[str, Any]:
    return {"eventId": event.id, "ticketTierId": event.tiers["Standard"], "quantity": 1, **more}


async def test_same_key_and_input_give_the_same_object(api: Api) -> None:
    owner = address("owner")

    first = await change(api, owner, "createOrganization", CLUB, name="Club", idempotencyKey="k")
    second = await change(api, owner, "createOrganization", CLUB, name="Club", idempotencyKey="k")

    assert first == second


async def test_same_key_with_another_input_is_refused(api: Api) -> None:
    owner = address("owner")
    await change(api, owner, "createOrganization", CLUB, name="Club", idempotencyKey="k")

    [problem] = await refusals(api, owner, "createOrganization", name="Other", idempotencyKey="k")

    assert (problem["code"], problem["path"], problem["retryable"]) == (
        "IDEMPOTENCY_KEY_REUSED",
        ["idempotencyKey"],
        False,
    )


async def test_same_key_for_another_command_is_refused(api: Api) -> None:
    owner = address("owner")
    await change(api, owner, "updateProfile", "user { id }", name="Me", idempotencyKey="k")

    assert await codes(api, owner, "createOrganization", name="Me", idempotencyKey="k") == ["IDEMPOTENCY_KEY_REUSED"]


async def test_key_belongs_to_its_user(api: Api) -> None:
    first = await change(api, address("owner"), "createOrganization", CLUB, name="Club", idempotencyKey="k")
    second = await change(api, address("owner"), "createOrganization", CLUB, name="Club", idempotencyKey="k")

    assert first["organization"]["id"] != second["organization"]["id"]


async def test_key_of_a_registration_belongs_to_its_event(api: Api) -> None:
    world = World(api)
    team = await world.team()
    guest = address("guest")
    events = [await world.event(team), await world.event(team)]

    ids = [await world.register(event, guest, idempotencyKey="k") for event in events for _ in range(2)]

    assert ids[0] == ids[1] != ids[2] == ids[3]


async def test_final_refusal_is_answered_again_word_for_word(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, tiers={"Standard": {"salesEndAt": "2026-11-23T12:30:00Z"}})
    given = places(event, idempotencyKey="k")
    guest = address("guest")
    api.clock.advance(hours=1)

    first = await refusals(api, guest, "register", **given)
    tier = event.tiers["Standard"]
    await change(api, team.manager, "updateTicketTier", "ticketTier { id }", id=tier, salesEndAt=None)
    second = await refusals(api, guest, "register", **given)

    assert first[0]["code"] == "SALES_ENDED"
    assert first == second


async def test_limit_that_a_cancellation_undoes_is_not_kept(api: Api) -> None:
    world = World(api)
    event = await world.event(await world.team(), tiers={"Standard": {"perPersonLimit": 1}})
    guest = address("guest")
    held = await world.register(event, guest)

    assert await codes(api, guest, "register", **places(event, idempotencyKey="k")) == ["PERSON_LIMIT_REACHED"]
    await change(api, guest, "cancelRegistration", "registration { id }", id=held)
    assert await world.register(event, guest, idempotencyKey="k") != held


async def test_all_refusals_of_one_command_are_answered_again(api: Api) -> None:
    given = {"name": "", "slug": "No Slug", "url": "ftp://x", "idempotencyKey": "k"}
    owner = address("owner")

    first = await refusals(api, owner, "createOrganization", **given)
    second = await refusals(api, owner, "createOrganization", **given)

    assert len(first) == 3
    assert first == second


async def test_sold_out_is_not_kept_so_that_a_place_given_back_can_be_had(api: Api) -> None:
    world = World(api)
    event = await world.event(await world.team(), capacity=1)
    first, second = address("first"), address("second")
    held = await world.register(event, first)

    assert await codes(api, second, "register", **places(event, idempotencyKey="k")) == ["SOLD_OUT"]
    await change(api, first, "cancelRegistration", "registration { id }", id=held)

    await world.register(event, second, idempotencyKey="k")


async def test_version_conflict_is_not_kept(api: Api) -> None:
    owner = address("owner")
    created = await change(api, owner, "createOrganization", "organization { id }", name="Club")
    given = {"id": created["organization"]["id"], "name": "New", "expectedVersion": 2, "idempotencyKey": "k"}

    assert await codes(api, owner, "updateOrganization", **given) == ["VERSION_CONFLICT"]
    await change(api, owner, "updateOrganization", "organization { id }", id=given["id"], name="Between")
    done = await change(api, owner, "updateOrganization", "organization { name version }", **given)

    assert done["organization"] == {"name": "New", "version": 3}


async def test_repeated_cancellation_is_not_refused_as_over(api: Api) -> None:
    world = World(api)
    event = await world.event(await world.team())
    guest = address("guest")
    held = await world.register(event, guest)

    for _ in range(2):
        payload = await change(
            api, guest, "cancelRegistration", "registration { status version }", id=held, idempotencyKey="k"
        )
        assert payload["registration"] == {"status": "CANCELLED", "version": 2}


async def test_repeated_acceptance_and_invitation_give_what_they_gave(api: Api) -> None:
    world = World(api)
    team = await world.team()
    guest = address("guest")
    given = {"organizationId": team.id, "email": guest, "role": "STAFF", "idempotencyKey": "k"}

    links = {
        (await change(api, team.owner, "inviteMember", "invitation { link }", **given))["invitation"]["link"]
        for _ in range(2)
    }
    token = links.pop().partition("token=")[2]
    joined = [
        await change(api, guest, "acceptInvitation", "membership { id role }", token=token, idempotencyKey="k")
        for _ in range(2)
    ]

    assert not links
    assert joined[0] == joined[1]


async def test_key_is_forgotten_after_48_hours(api: Api) -> None:
    owner = address("owner")
    first = await change(api, owner, "createOrganization", CLUB, name="Club", idempotencyKey="k")

    api.clock.advance(hours=48)
    kept = await change(api, owner, "createOrganization", CLUB, name="Club", idempotencyKey="k")
    api.clock.advance(seconds=1)
    fresh = await change(api, owner, "createOrganization", CLUB, name="Another", idempotencyKey="k")

    assert kept == first
    assert fresh["organization"]["name"] == "Another"


async def test_key_of_a_command_that_failed_unexpectedly_can_be_used_again(
    fresh_api: Api, fresh_database_url: str
) -> None:
    owner = address("owner")
    await fresh_api.run("{ viewer { id } }", by=owner)
    database = await asyncpg.connect(fresh_database_url)
    try:
        await database.execute("ALTER TABLE organizations RENAME COLUMN url TO broken")
        broken = await attempt(fresh_api, owner, "createOrganization", CLUB, name="Club", idempotencyKey="k")
        await database.execute("ALTER TABLE organizations RENAME COLUMN broken TO url")
        assert await database.fetchval("SELECT count(*) FROM idempotency_keys") == 0
    finally:
        await database.close()

    assert broken.codes == ["INTERNAL"]
    await change(fresh_api, owner, "createOrganization", CLUB, name="Club", idempotencyKey="k")


async def test_kept_row_holds_no_input(fresh_api: Api, fresh_database_url: str) -> None:
    await change(fresh_api, address("owner"), "createOrganization", CLUB, name="Secret plans", idempotencyKey="k")

    database = await asyncpg.connect(fresh_database_url)
    try:
        rows = await database.fetch("SELECT i::text AS whole FROM idempotency_keys AS i")
    finally:
        await database.close()
    assert len(rows) == 1
    assert "Secret" not in rows[0]["whole"]


async def test_longest_key_is_kept_and_a_longer_one_refused(api: Api) -> None:
    owner = address("owner")

    await change(api, owner, "createOrganization", CLUB, name="Club", idempotencyKey="k" * 255)

    assert await codes(api, owner, "createOrganization", name="Club", idempotencyKey="k" * 256) == ["TOO_LONG"]
