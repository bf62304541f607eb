"""Accounts: personal values stay out of the open journal, and there is always an administrator."""

from dataclasses import replace

import pytest

from domain import errors, users
from domain.journal import Fact, FactKind
from domain.permissions import PlatformRole
from domain.users import (
    ChangeAccount,
    OnboardingStep,
    PreferenceChanges,
    Preferences,
    ProfileDetails,
    SetPlatformRole,
    Theme,
    UpdatePreferences,
    UpdateProfile,
    UserStatus,
    Weekday,
)
from tests.domain.made import LATER, USER, a_user

ADMIN = PlatformRole.ADMIN


def refused_for(refused: pytest.ExceptionInfo[errors.Refused]) -> list[tuple[str, tuple[str, ...]]]:
    return [(refusal.code, refusal.path) for refusal in refused.value.refusals]


def private_changes(fact: Fact | None) -> object:
    assert fact is not None
    assert fact.subject_id == USER
    return fact.private["changes"]


def test_a_new_account_tells_its_person_only_in_private() -> None:
    fact = users.provisioned_fact(a_user())

    for value in ("attendee@people.example", "Attendee", "https://issuer.example"):
        assert value not in str(fact.data)
        assert value in str(fact.private)
    assert fact.subject_id == USER
    assert set(fact.data["personal"]) >= {"email", "name", "issuer", "subject"}  # pyright: ignore[reportArgumentType] - a list of names


def test_a_profile_is_edited_in_private_and_only_its_fields_are_named() -> None:
    command = UpdateProfile(ProfileDetails(name=" New name ", locale="sl", timezone="Europe/Ljubljana"), None)

    after, fact = users.update_profile(a_user(), command, LATER)

    assert (after.name, after.version, after.updated_at) == ("New name", 4, LATER)
    assert fact is not None
    assert fact.data == {"version": 4, "changes": {}, "personal": ["locale", "name", "timezone"]}
    assert private_changes(fact) == {
        "name": ["Attendee", "New name"],
        "locale": [None, "sl"],
        "timezone": [None, "Europe/Ljubljana"],
    }


def test_everything_that_is_wrong_with_a_profile_is_named_at_once() -> None:
    with pytest.raises(errors.Refused) as refused:
        users.update_profile(
            a_user(), UpdateProfile(ProfileDetails(name=" ", locale="EN", timezone="EST"), None), LATER
        )

    assert refused_for(refused) == [
        ("REQUIRED", ("name",)),
        ("INVALID", ("locale",)),
        ("INVALID", ("timezone",)),
    ]


@pytest.mark.parametrize(
    "details", [ProfileDetails(), ProfileDetails(name="Attendee"), ProfileDetails(locale=None, timezone=None)]
)
def test_a_profile_without_a_change_is_no_edit(details: ProfileDetails) -> None:
    assert users.update_profile(a_user(), UpdateProfile(details, None), LATER) == (a_user(), None)


def test_preferences_are_the_defaults_until_something_else_is_chosen() -> None:
    assert users.preferences_of({}) == Preferences()

    after, fact = users.update_preferences(
        a_user(),
        UpdatePreferences(
            PreferenceChanges(
                theme=Theme.DARK,
                week_starts_on=Weekday.SUNDAY,
                reminder_hours_before=None,
                favourite_categories=("Jazz", "Jazz "),
            ),
            None,
        ),
        LATER,
    )

    assert users.preferences_of(after.preferences) == replace(
        Preferences(),
        theme=Theme.DARK,
        week_starts_on=Weekday.SUNDAY,
        reminder_hours_before=None,
        favourite_categories=("Jazz",),
    )
    assert fact is not None
    assert fact.data["personal"] == ["preferences"]
    assert "DARK" not in str(fact.data)


def test_the_same_preferences_again_are_no_edit() -> None:
    command = UpdatePreferences(PreferenceChanges(theme=Theme.DARK, favourite_categories=("jazz",)), None)
    once, _ = users.update_preferences(a_user(), command, LATER)

    assert users.update_preferences(once, command, LATER) == (once, None)


def test_preferences_that_a_later_release_stored_do_not_break_this_one() -> None:
    assert users.preferences_of({"unheard_of": True, "notify_news": True}) == Preferences(notify_news=True)


@pytest.mark.parametrize("hours", [0, -1, 24 * 14 + 1])
def test_reminders_come_between_an_hour_and_two_weeks_before(hours: int) -> None:
    with pytest.raises(errors.Refused) as refused:
        users.update_preferences(
            a_user(), UpdatePreferences(PreferenceChanges(reminder_hours_before=hours), None), LATER
        )

    assert refused_for(refused) == [("OUT_OF_RANGE", ("reminder_hours_before",))]


@pytest.mark.parametrize(
    ("before", "status", "kind"),
    [
        (UserStatus.ACTIVE, UserStatus.DEACTIVATED, FactKind.ACCOUNT_DEACTIVATED),
        (UserStatus.DEACTIVATED, UserStatus.ACTIVE, FactKind.ACCOUNT_REACTIVATED),
    ],
)
def test_an_account_is_switched_off_and_on_and_the_reason_stays_private(
    before: UserStatus, status: UserStatus, kind: FactKind
) -> None:
    after, fact = users.change_account(a_user(status=before), ChangeAccount(USER, status, "Asked to.", None), LATER)

    assert (after.status, after.version) == (status, 4)
    assert fact.kind is kind
    assert fact.data == {"version": 4, "changes": {"status": [before, status]}}
    assert fact.private == {"reason": "Asked to."}


@pytest.mark.parametrize("status", UserStatus)
def test_an_account_is_not_switched_to_what_it_is(status: UserStatus) -> None:
    with pytest.raises(errors.AccountStatusUnchanged):
        users.change_account(a_user(status=status), ChangeAccount(USER, status, None, None), LATER)


def test_the_last_administrator_stays_one() -> None:
    with pytest.raises(errors.LastAdministratorMustStay):
        users.set_platform_role(a_user(ADMIN), SetPlatformRole(USER, None, None), administrators=1, now=LATER)
    with pytest.raises(errors.LastAdministratorMustStay):
        users.keep_an_administrator(a_user(ADMIN), 1)


def test_one_of_two_administrators_may_step_down() -> None:
    after, fact = users.set_platform_role(a_user(ADMIN), SetPlatformRole(USER, None, None), administrators=2, now=LATER)

    assert after.platform_role is None
    assert fact is not None
    assert fact.data["changes"] == {"platform_role": ["ADMIN", None]}


def test_who_is_no_active_administrator_is_not_the_last_one() -> None:
    users.keep_an_administrator(a_user(PlatformRole.ANALYST), 0)
    users.keep_an_administrator(a_user(ADMIN, UserStatus.DEACTIVATED), 0)


def test_the_same_platform_role_again_is_no_edit() -> None:
    command = SetPlatformRole(USER, ADMIN, None)

    assert users.set_platform_role(a_user(ADMIN), command, administrators=1, now=LATER) == (a_user(ADMIN), None)


def test_what_a_sign_in_says_about_the_address_is_told_in_private() -> None:
    after, fact = users.refresh_identity(a_user(), email="other@people.example", email_verified=False, now=LATER)

    assert (after.email, after.email_verified, after.version) == ("other@people.example", False, 4)
    assert "people.example" not in str(fact.data)
    assert private_changes(fact) == {
        "email": ["attendee@people.example", "other@people.example"],
        "email_verified": [True, False],
    }


def test_onboarding_lists_every_step_in_order_with_what_the_facts_say() -> None:
    steps = users.onboarding(email_verified=True, has_profile=False, has_preferences=True, takes_part=False)

    assert [step.step for step in steps] == list(OnboardingStep)
    assert [step.done for step in steps] == [True, False, True, False]
