"""Expected versions: an edit of what has changed meanwhile is refused with what has changed."""

from typing import Any

from tests.api import Api
from tests.commands import change, refusals
from tests.world import World, address


async def conflict(api: Api, by: str, mutation: str, /, **given: Any) -> str:
    [problem] = await refusals(api, by, mutation, **given)
    assert (problem["code"], problem["path"], problem["retryable"]) == ("VERSION_CONFLICT", ["expectedVersion"], False)
    return problem["message"]


async def test_conflict_names_the_version_and_the_fields_that_differ(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, published=False)
    await change(api, team.manager, "updateEvent", "event { id }", id=event.id, title="Two", tags=["x"])
    await change(api, team.manager, "updateEvent", "event { id }", id=event.id, capacity=5)

    message = await conflict(api, team.owner, "updateEvent", id=event.id, title="Mine", expectedVersion=1)
    newer = await conflict(api, team.owner, "updateEvent", id=event.id, title="Mine", expectedVersion=2)

    assert message == (
        "The object has changed: it is at version 3, you expected 1. Fields that differ: capacity, tags, title."
    )
    assert newer.endswith("Fields that differ: capacity.")


async def test_version_that_is_not_there_yet_conflicts_with_nothing_named(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, published=False)

    for version in (0, -1, 99, 2**31 - 1):
        message = await conflict(api, team.owner, "updateEvent", id=event.id, title="Mine", expectedVersion=version)
        assert "at version 1" in message


async def test_personal_fields_are_named_and_their_values_are_not(api: Api) -> None:
    guest = address("guest")
    await change(api, guest, "updateProfile", "user { id }", name="Very private name", locale="sl")

    message = await conflict(api, guest, "updateProfile", name="Other", expectedVersion=1)

    assert message.endswith("Fields that differ: locale, name.")
    assert "private" not in message


async def test_registrations_do_not_disturb_an_edit(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team)
    guest = address("guest")
    held = await world.register(event, guest)
    await change(api, guest, "cancelRegistration", "registration { id }", id=held)

    edited = await change(
        api, team.owner, "updateEvent", "event { version }", id=event.id, title="M", expectedVersion=3
    )

    assert edited["event"]["version"] == 4


async def test_a_move_expects_its_version_as_well(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team)

    message = await conflict(api, team.owner, "cancelEvent", id=event.id, expectedVersion=1)

    assert message.endswith("Fields that differ: publishedAt, status.")


async def test_everything_that_can_be_edited_counts_its_edits(api: Api) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team)
    venue = await world.venue(team)
    guest = address("guest")
    held = await world.register(event, guest)
    tier = event.tiers["Standard"]
    for mutation, by, given in (
        ("updateOrganization", team.owner, {"id": team.id, "name": "New"}),
        ("updateVenue", team.manager, {"id": venue, "name": "New"}),
        ("updateTicketTier", team.manager, {"id": tier, "name": "New"}),
        ("changeMemberRole", team.owner, {"id": team.memberships["STAFF"], "role": "MANAGER"}),
        ("updatePreferences", guest, {"theme": "DARK"}),
        ("cancelRegistration", guest, {"id": held}),
    ):
        before = await conflict(api, by, mutation, **given, expectedVersion=7)
        assert "at version 1," in before, mutation
        await change(api, by, mutation, "__typename", **given, expectedVersion=1)
        after = await conflict(api, by, mutation, **given, expectedVersion=1)
        assert "at version 2," in after, mutation
