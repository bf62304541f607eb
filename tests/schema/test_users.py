"""Accounts: profile, preferences, onboarding, platform roles, and being switched off and on."""

from typing import Any

import pytest

from tests.api import Api
from tests.commands import attempt, change, codes, refusals, together
from tests.world import World, address, give_platform_role

ME = """
{ viewer {
  id name email locale timezone status version platformRole
  preferences {
    notifyRegistration notifyEventChanges notifyWaitlistOffers notifyNews reminderHoursBefore theme weekStartsOn
    favouriteCategories
  }
  onboarding { completed nextStep steps { step done } }
} }
"""


async def me(api: Api, email: str) -> dict[str, Any]:
    return (await api.run(ME, by=email)).data["viewer"]


async def kinds(api: Api, email: str) -> list[str]:
    answer = await api.run("{ viewer { history { edges { node { kind } } } } }", by=email)
    return [edge["node"]["kind"] for edge in answer.data["viewer"]["history"]["edges"]]


async def administrator(api: Api) -> str:
    email = address("admin")
    await give_platform_role(api, email, "ADMIN")
    return email


async def test_first_sight_makes_an_account_with_defaults(api: Api) -> None:
    email = address("newcomer")

    seen = await me(api, email)

    assert seen.pop("id").startswith("usr_")
    assert seen.pop("name")
    assert seen == {
        "email": email,
        "locale": "en",
        "timezone": "UTC",
        "status": "ACTIVE",
        "version": 1,
        "platformRole": None,
        "preferences": {
            "notifyRegistration": True,
            "notifyEventChanges": True,
            "notifyWaitlistOffers": True,
            "notifyNews": False,
            "reminderHoursBefore": 24,
            "theme": "SYSTEM",
            "weekStartsOn": "MONDAY",
            "favouriteCategories": [],
        },
        "onboarding": {
            "completed": False,
            "nextStep": "COMPLETE_PROFILE",
            "steps": [
                {"step": "VERIFY_EMAIL", "done": True},
                {"step": "COMPLETE_PROFILE", "done": False},
                {"step": "SET_PREFERENCES", "done": False},
                {"step": "TAKE_PART", "done": False},
            ],
        },
    }
    assert await kinds(api, email) == ["UserProvisioned"]


async def test_ten_first_requests_at_once_make_one_account(api: Api) -> None:
    email = address("newcomer")

    answers = await together([api.run(ME, by=email) for _ in range(10)])

    assert len({answer.data["viewer"]["id"] for answer in answers}) == 1
    assert await kinds(api, email) == ["UserProvisioned"]


async def test_onboarding_follows_the_facts(api: Api) -> None:
    world = World(api)
    event = await world.event(await world.team())
    guest = address("guest")

    async def next_step() -> str | None:
        return (await me(api, guest))["onboarding"]["nextStep"]

    assert await next_step() == "COMPLETE_PROFILE"
    await change(api, guest, "updateProfile", "user { id }", locale="sl", timezone="Europe/Ljubljana")
    assert await next_step() == "SET_PREFERENCES"
    await change(api, guest, "updatePreferences", "user { id }", notifyNews=True)
    assert await next_step() == "TAKE_PART"
    await world.register(event, guest)
    assert await next_step() is None
    assert (await me(api, guest))["onboarding"]["completed"] is True
    await change(api, guest, "updateProfile", "user { id }", locale=None)
    assert await next_step() == "COMPLETE_PROFILE"


async def test_profile_problems_are_told_at_once(api: Api) -> None:
    problems = await refusals(api, address("guest"), "updateProfile", name=" ", locale="english", timezone="Ljubljana")

    assert [(problem["code"], problem["path"]) for problem in problems] == [
        ("REQUIRED", ["name"]),
        ("INVALID", ["locale"]),
        ("INVALID", ["timezone"]),
    ]


async def test_profile_edit_that_changes_nothing_leaves_no_trace(api: Api) -> None:
    guest = address("guest")
    await change(api, guest, "updateProfile", "user { id }", name="One", locale="sr-Latn-RS")
    lines = await kinds(api, guest)

    again = await change(api, guest, "updateProfile", "user { version }", name=" One ", locale="sr-Latn-RS")

    assert again["user"]["version"] == 2
    assert await kinds(api, guest) == lines


async def test_preferences_change_one_by_one(api: Api) -> None:
    guest = address("guest")
    await change(
        api, guest, "updatePreferences", "user { id }", theme="DARK", favouriteCategories=["Jazz", "Jazz", " Food "]
    )
    await change(api, guest, "updatePreferences", "user { id }", weekStartsOn="SUNDAY", reminderHoursBefore=None)

    preferences = (await me(api, guest))["preferences"]

    assert preferences["theme"] == "DARK"
    assert preferences["weekStartsOn"] == "SUNDAY"
    assert preferences["reminderHoursBefore"] is None
    assert preferences["notifyRegistration"] is True
    assert {item.lower() for item in preferences["favouriteCategories"]} == {"jazz", "food"}


@pytest.mark.parametrize(
    "given",
    [
        {"reminderHoursBefore": -1},
        {"reminderHoursBefore": 10_000},
        {"favouriteCategories": ["x"] * 10 + [str(n) for n in range(20)]},
    ],
)
async def test_preferences_out_of_bounds_are_refused(api: Api, given: dict[str, Any]) -> None:
    assert set(await codes(api, address("guest"), "updatePreferences", **given)) <= {"OUT_OF_RANGE", "TOO_MANY"}


async def test_deactivated_account_is_refused_at_once_and_welcome_again_when_reactivated(api: Api) -> None:
    admin, guest = await administrator(api), address("guest")
    before = await me(api, guest)

    gone = await change(
        api, guest, "deactivateAccount", "user { status version }", reason="A break.", expectedVersion=before["version"]
    )
    refused = await api.run(ME, by=guest)
    assert gone["user"]["status"] == "DEACTIVATED"
    assert (refused.status, refused.codes) == (401, ["UNAUTHENTICATED"])
    assert refused.errors[0]["extensions"]["reason"] == "ACCOUNT_DEACTIVATED"

    await change(api, admin, "reactivateUser", "user { status }", userId=before["id"])
    after = await me(api, guest)
    assert (after["status"], after["version"]) == ("ACTIVE", 3)
    assert await kinds(api, guest) == ["AccountReactivated", "AccountDeactivated", "UserProvisioned"]


async def test_command_after_the_end_of_the_account_is_refused_in_the_same_document(api: Api) -> None:
    guest = address("guest")
    await me(api, guest)

    answer = await api.run(
        """
        mutation {
          deactivateAccount(input: {}) { problems { code } }
          createOrganization(input: { name: "Too late" }) { organization { id } }
        }
        """,
        by=guest,
    )

    assert answer.codes == ["UNAUTHENTICATED"]
    assert answer.errors[0]["path"] == ["createOrganization"]
    listed = await api.run("{ organizations(first: 500) { edges { node { name } } } }")
    assert "Too late" not in {edge["node"]["name"] for edge in listed.data["organizations"]["edges"]}


async def test_account_is_not_switched_to_where_it_is(api: Api) -> None:
    admin, guest = await administrator(api), address("guest")
    user_id = (await me(api, guest))["id"]

    assert await codes(api, admin, "reactivateUser", userId=user_id) == ["ACCOUNT_STATUS_UNCHANGED"]
    await change(api, admin, "deactivateAccount", "user { id }", userId=user_id)
    assert await codes(api, admin, "deactivateAccount", userId=user_id) == ["ACCOUNT_STATUS_UNCHANGED"]


async def test_nobody_but_an_administrator_touches_another_account(api: Api) -> None:
    guest, other = address("guest"), address("other")
    user_id = (await me(api, other))["id"]

    for mutation, given in (
        ("deactivateAccount", {}),
        ("reactivateUser", {}),
        ("setPlatformRole", {"role": "ADMIN"}),
    ):
        answer = await attempt(api, guest, mutation, "__typename", userId=user_id, **given)
        assert answer.codes in (["FORBIDDEN"], ["NOT_FOUND"]), mutation
    assert (await me(api, other))["status"] == "ACTIVE"


async def test_last_owner_of_a_team_cannot_be_deactivated(api: Api) -> None:
    world = World(api)
    team = await world.team()
    admin = await administrator(api)
    owner_id = (await me(api, team.owner))["id"]

    assert await codes(api, team.owner, "deactivateAccount") == ["LAST_OWNER"]
    assert await codes(api, admin, "deactivateAccount", userId=owner_id) == ["LAST_OWNER"]
    assert (await me(api, team.owner))["status"] == "ACTIVE"


async def test_last_administrator_stays(fresh_api: Api) -> None:
    api = fresh_api
    admin, guest = await administrator(api), address("guest")
    admin_id, guest_id = (await me(api, admin))["id"], (await me(api, guest))["id"]

    assert await codes(api, admin, "setPlatformRole", userId=admin_id, role=None) == ["LAST_ADMINISTRATOR"]
    assert await codes(api, admin, "setPlatformRole", userId=admin_id, role="ANALYST") == ["LAST_ADMINISTRATOR"]
    assert await codes(api, admin, "deactivateAccount") == ["LAST_ADMINISTRATOR"]

    promoted = await change(api, admin, "setPlatformRole", "user { platformRole }", userId=guest_id, role="ADMIN")
    resigned = await change(api, admin, "setPlatformRole", "user { platformRole }", userId=admin_id, role=None)
    assert promoted["user"]["platformRole"] == "ADMIN"
    assert resigned["user"]["platformRole"] is None
    # Whoever may no longer see other accounts is not even told that this one exists.
    denied = await attempt(api, admin, "setPlatformRole", "__typename", userId=guest_id, role=None)
    assert denied.codes == ["NOT_FOUND"]
    assert await codes(api, guest, "deactivateAccount") == ["LAST_ADMINISTRATOR"]


async def test_deactivated_administrator_does_not_count(fresh_api: Api) -> None:
    api = fresh_api
    first, second = await administrator(api), await administrator(api)
    second_id = (await me(api, second))["id"]
    await change(api, first, "deactivateAccount", "user { id }", userId=second_id)

    assert await codes(api, first, "deactivateAccount") == ["LAST_ADMINISTRATOR"]
    # The other one's role can be taken away: nobody loses the last administrator by it.
    taken = await change(api, first, "setPlatformRole", "user { platformRole }", userId=second_id, role=None)
    assert taken["user"]["platformRole"] is None
