"""Accounts through the API: first sight, profile, preferences, onboarding, and being switched off."""

import asyncio

from tests.api import Api
from tests.world import World, address, give_platform_role

VIEWER = "{ viewer { id name email locale timezone version status onboarding { nextStep completed } } }"
UPDATE_PROFILE = """
mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { user { name locale timezone version }
  problems { code path } } }
"""
PREFERENCES = """
preferences { notifyRegistration notifyNews reminderHoursBefore theme weekStartsOn favouriteCategories }
"""
UPDATE_PREFERENCES = (
    "mutation ($input: UpdatePreferencesInput!) { updatePreferences(input: $input)"
    " { user { version " + PREFERENCES + " } problems { code path } } }"
)
DEACTIVATE = """
mutation ($input: DeactivateAccountInput!) { deactivateAccount(input: $input) { user { status } problems { code } } }
"""
REACTIVATE = """
mutation ($input: ReactivateUserInput!) { reactivateUser(input: $input) { user { status } problems { code } } }
"""
SET_ROLE = """
mutation ($input: SetPlatformRoleInput!) { setPlatformRole(input: $input) { user { platformRole } problems { code } } }
"""


async def test_ten_first_requests_make_one_account(api: Api) -> None:
    newcomer = address("newcomer")

    answers = await asyncio.gather(*(api.run(VIEWER, by=newcomer) for _ in range(10)))

    assert len({answer.data["viewer"]["id"] for answer in answers}) == 1


async def test_nobody_is_the_viewer_without_a_token(api: Api) -> None:
    assert (await api.run(VIEWER)).data == {"viewer": None}


async def test_a_profile_has_defaults_until_it_is_filled(api: Api) -> None:
    me = address("me")
    before = (await api.run(VIEWER, by=me)).data["viewer"]

    given = {"name": "  Me  ", "locale": "sl", "timezone": "Europe/Ljubljana"}
    after = (await World(api).do(UPDATE_PROFILE, "updateProfile", me, **given))["user"]

    assert (before["locale"], before["timezone"]) == ("en", "UTC")
    expected = {"name": "Me", "locale": "sl", "timezone": "Europe/Ljubljana", "version": before["version"] + 1}
    assert after == expected


async def test_every_problem_of_a_profile_is_told_at_once(api: Api) -> None:
    given = {"name": " ", "locale": "Slovene", "timezone": "Mars/Olympus"}

    answer = await api.run(UPDATE_PROFILE, {"input": given}, by=address("me"))

    problems = {(problem["code"], *problem["path"]) for problem in answer.data["updateProfile"]["problems"]}
    assert problems == {("REQUIRED", "name"), ("INVALID", "locale"), ("INVALID", "timezone")}


async def test_preferences_keep_what_was_chosen_over_the_defaults(api: Api) -> None:
    me = address("me")
    given = {"theme": "DARK", "reminderHoursBefore": None, "favouriteCategories": ["Music", "Music"]}

    chosen = (await World(api).do(UPDATE_PREFERENCES, "updatePreferences", me, **given))["user"]["preferences"]

    assert chosen == {
        "notifyRegistration": True,
        "notifyNews": False,
        "reminderHoursBefore": None,
        "theme": "DARK",
        "weekStartsOn": "MONDAY",
        "favouriteCategories": ["Music"],
    }


async def test_onboarding_follows_the_facts(api: Api) -> None:
    world = World(api)
    me = address("me")
    steps: list[str | None] = [(await api.run(VIEWER, by=me)).data["viewer"]["onboarding"]["nextStep"]]

    await world.do(UPDATE_PROFILE, "updateProfile", me, locale="sl", timezone="Europe/Ljubljana")
    steps.append((await api.run(VIEWER, by=me)).data["viewer"]["onboarding"]["nextStep"])
    await world.do(UPDATE_PREFERENCES, "updatePreferences", me, theme="LIGHT")
    steps.append((await api.run(VIEWER, by=me)).data["viewer"]["onboarding"]["nextStep"])
    await world.register(await world.event(await world.team()), me)
    done = (await api.run(VIEWER, by=me)).data["viewer"]["onboarding"]

    assert steps == ["COMPLETE_PROFILE", "SET_PREFERENCES", "TAKE_PART"]
    assert done == {"nextStep": None, "completed": True}


async def test_a_deactivated_account_is_refused_at_once_until_it_is_reactivated(api: Api) -> None:
    me, administrator = address("me"), address("administrator")
    await give_platform_role(api, administrator, "ADMIN")
    my_id = (await api.run(VIEWER, by=me)).data["viewer"]["id"]
    await World(api).do(DEACTIVATE, "deactivateAccount", me, reason="A pause.")

    refused = await api.run(VIEWER, by=me)
    await World(api).do(REACTIVATE, "reactivateUser", administrator, userId=my_id)
    again = await api.run(VIEWER, by=me)

    assert (refused.status, refused.codes) == (401, ["UNAUTHENTICATED"])
    assert again.data["viewer"]["status"] == "ACTIVE"


async def test_the_only_owner_of_a_team_cannot_deactivate(api: Api) -> None:
    team = await World(api).team()

    answer = await api.run(DEACTIVATE, {"input": {}}, by=team.owner)

    assert answer.problems("deactivateAccount") == ["LAST_OWNER"]


async def test_the_last_administrator_stays(fresh_api: Api) -> None:
    only = address("administrator")
    await give_platform_role(fresh_api, only, "ADMIN")
    my_id = (await fresh_api.run(VIEWER, by=only)).data["viewer"]["id"]

    stepped = await fresh_api.run(SET_ROLE, {"input": {"userId": my_id, "role": None}}, by=only)
    left = await fresh_api.run(DEACTIVATE, {"input": {}}, by=only)

    assert stepped.problems("setPlatformRole") == ["LAST_ADMINISTRATOR"]
    assert left.problems("deactivateAccount") == ["LAST_ADMINISTRATOR"]


async def test_a_platform_role_counts_from_the_next_field_on(api: Api) -> None:
    administrator, analyst = address("administrator"), address("analyst")
    await give_platform_role(api, administrator, "ADMIN")
    their_id = (await api.run(VIEWER, by=analyst)).data["viewer"]["id"]
    before = await api.run("{ users { totalCount } }", by=analyst)

    await World(api).do(SET_ROLE, "setPlatformRole", administrator, userId=their_id, role="ADMIN")
    after = await api.run("{ users(first: 1) { edges { node { id } } } }", by=analyst)

    assert before.codes == ["FORBIDDEN"]
    assert len(after.data["users"]["edges"]) == 1
