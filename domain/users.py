"""Users: profile, preferences, onboarding and the state of their account."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum
from typing import TypedDict, cast

from domain import errors
from domain.events import CATEGORY_LIMIT
from domain.ids import UserId
from domain.journal import Fact, FactKind, Json, as_json, changes_between, told
from domain.permissions import PlatformRole
from domain.time import timezone
from domain.validation import Validation

NAME_LIMIT = 120
PERSONAL = frozenset({"name", "email", "email_verified", "locale", "timezone", "preferences", "issuer", "subject"})
"""Fields whose values never stand in the open part of the journal."""

DEFAULT_LOCALE = "en"
DEFAULT_TIMEZONE = "UTC"

DEVELOPMENT_ISSUER = "https://bilten.localhost/development"
"""Who signs with the local development key."""


OWN_ISSUER = "bilten"
"""Whose accounts are Bilten's own: they act for nobody in particular, and no sign-in leads to them."""

IMPORT_SUBJECT = "import"


def development_subject(email: str) -> str:
    """The subject that the local development key gives to the holder of an address."""
    return f"dev|{email.lower()}"


class UserStatus(StrEnum):
    """Whether an account may be used."""

    ACTIVE = "ACTIVE"
    DEACTIVATED = "DEACTIVATED"


class Theme(StrEnum):
    """How pages look."""

    SYSTEM = "SYSTEM"
    LIGHT = "LIGHT"
    DARK = "DARK"


class Weekday(StrEnum):
    """The day that a calendar's weeks begin with."""

    MONDAY = "MONDAY"
    SATURDAY = "SATURDAY"
    SUNDAY = "SUNDAY"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a user likes; the values here are the defaults of everybody who has not said otherwise."""

    notify_registration: bool = True
    notify_event_changes: bool = True
    notify_waitlist_offers: bool = True
    notify_news: bool = False
    reminder_hours_before: int | None = 24
    theme: Theme = Theme.SYSTEM
    week_starts_on: Weekday = Weekday.MONDAY
    favourite_categories: tuple[str, ...] = ()


class PreferenceChanges(TypedDict, total=False):
    """New preferences; a key that is absent is left as it is."""

    notify_registration: bool
    notify_event_changes: bool
    notify_waitlist_offers: bool
    notify_news: bool
    reminder_hours_before: int | None
    theme: Theme
    week_starts_on: Weekday
    favourite_categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class User:
    """An account as it is stored; `locale` and `timezone` are nothing until the user chooses them."""

    id: UserId
    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    name: str
    locale: str | None
    timezone: str | None
    platform_role: PlatformRole | None
    status: UserStatus
    created_at: datetime
    updated_at: datetime
    preferences: Mapping[str, Json] = field(default_factory=dict[str, Json])
    version: int = 1


class ProfileDetails(TypedDict, total=False):
    """What users can say about themselves; a key that is absent is left as it is."""

    name: str
    locale: str | None
    timezone: str | None


@dataclass(frozen=True, slots=True)
class UpdateProfile:
    """Change one's own profile."""

    details: ProfileDetails
    expected_version: int | None


@dataclass(frozen=True, slots=True)
class UpdatePreferences:
    """Change one's own preferences."""

    changes: PreferenceChanges
    expected_version: int | None


@dataclass(frozen=True, slots=True)
class ChangeAccount:
    """Deactivate or reactivate an account."""

    user_id: UserId
    status: UserStatus
    reason: str | None
    expected_version: int | None


@dataclass(frozen=True, slots=True)
class SetPlatformRole:
    """Give or take a platform role."""

    user_id: UserId
    role: PlatformRole | None
    expected_version: int | None


def preferences_of(stored: Mapping[str, Json]) -> Preferences:
    """The stored choices over the defaults; unknown names are left out, so an old row never breaks a reader."""
    known = {item.name for item in fields(Preferences)}
    chosen: dict[str, object] = {name: value for name, value in stored.items() if name in known}
    if "theme" in chosen:
        chosen["theme"] = Theme(cast("str", chosen["theme"]))
    if "week_starts_on" in chosen:
        chosen["week_starts_on"] = Weekday(cast("str", chosen["week_starts_on"]))
    if "favourite_categories" in chosen:
        chosen["favourite_categories"] = tuple(cast("list[str]", chosen["favourite_categories"]))
    return Preferences(**chosen)  # pyright: ignore[reportArgumentType]


def provisioned_fact(user: User) -> Fact:
    """A person was seen for the first time."""
    changes = changes_between(None, user)
    return told(FactKind.USER_PROVISIONED, user.id, changes, version=1, personal=PERSONAL, subject_id=user.id)


def refresh_identity(user: User, *, email: str | None, email_verified: bool, now: datetime) -> tuple[User, Fact]:
    """The user with what the sign-in now says about the address."""
    changed = replace(user, email=email, email_verified=email_verified, updated_at=now, version=user.version + 1)
    return changed, _edited(FactKind.USER_IDENTITY_REFRESHED, user, changed)


def update_profile(user: User, command: UpdateProfile, now: datetime) -> tuple[User, Fact | None]:
    """The user with another profile, and the fact unless nothing changed. Raises `Refused`."""
    validation = Validation()
    changed = replace(user, **command.details)
    if "name" in command.details:
        changed = replace(changed, name=validation.text(changed.name, "name", limit=NAME_LIMIT))
    if changed.locale is not None:
        validation.locale(changed.locale, "locale")
    if changed.timezone is not None:
        timezone(validation, changed.timezone, "timezone")
    validation.finish()
    if changed == user:
        return user, None
    changed = replace(changed, version=user.version + 1, updated_at=now)
    return changed, _edited(FactKind.PROFILE_UPDATED, user, changed)


def update_preferences(user: User, command: UpdatePreferences, now: datetime) -> tuple[User, Fact | None]:
    """The user with other preferences, and the fact unless nothing changed. Raises `Refused`."""
    validation = Validation()
    changes = command.changes.copy()
    hours = changes.get("reminder_hours_before")
    if hours is not None:
        validation.number(hours, "reminder_hours_before", minimum=1, maximum=24 * 14)
    if "favourite_categories" in changes:
        changes["favourite_categories"] = validation.labels(
            changes["favourite_categories"], "favourite_categories", limit=20, length=CATEGORY_LIMIT
        )
    validation.finish()
    stored: dict[str, Json] = {**user.preferences, **{name: as_json(value) for name, value in changes.items()}}
    if stored == user.preferences:
        return user, None
    changed = replace(user, preferences=stored, version=user.version + 1, updated_at=now)
    return changed, _edited(FactKind.PREFERENCES_UPDATED, user, changed)


def change_account(user: User, command: ChangeAccount, now: datetime) -> tuple[User, Fact]:
    """The account switched on or off. Raises `AccountStatusUnchanged`."""
    validation = Validation()
    validation.optional_text(command.reason, "reason", limit=1_000, multiline=True)
    validation.finish()
    if user.status is command.status:
        raise errors.AccountStatusUnchanged("user_id", status=user.status)
    changed = replace(user, status=command.status, version=user.version + 1, updated_at=now)
    deactivated = command.status is UserStatus.DEACTIVATED
    kind = FactKind.ACCOUNT_DEACTIVATED if deactivated else FactKind.ACCOUNT_REACTIVATED
    return changed, _edited(kind, user, changed, reason=command.reason)


def set_platform_role(
    user: User, command: SetPlatformRole, *, administrators: int, now: datetime
) -> tuple[User, Fact | None]:
    """The user with another platform role, `administrators` being active. Raises `LastAdministratorMustStay`."""
    if user.platform_role is command.role:
        return user, None
    keep_an_administrator(user, administrators)
    changed = replace(user, platform_role=command.role, version=user.version + 1, updated_at=now)
    return changed, _edited(FactKind.PLATFORM_ROLE_CHANGED, user, changed)


def keep_an_administrator(user: User, administrators: int) -> None:
    """Raise `LastAdministratorMustStay` when this user is the only active administrator."""
    is_administrator = user.platform_role is PlatformRole.ADMIN and user.status is UserStatus.ACTIVE
    if is_administrator and administrators <= 1:
        raise errors.LastAdministratorMustStay("user_id")


def _edited(kind: FactKind, before: User, after: User, *, reason: str | None = None) -> Fact:
    changes = changes_between(before, after)
    return told(kind, after.id, changes, version=after.version, personal=PERSONAL, subject_id=after.id, reason=reason)


# --- Onboarding -----------------------------------------------------------------------------------------------------


class OnboardingStep(StrEnum):
    """What a newcomer does first, in this order."""

    VERIFY_EMAIL = "VERIFY_EMAIL"
    COMPLETE_PROFILE = "COMPLETE_PROFILE"
    SET_PREFERENCES = "SET_PREFERENCES"
    TAKE_PART = "TAKE_PART"


@dataclass(frozen=True, slots=True)
class OnboardingProgress:
    """One step and whether the facts show that it is done."""

    step: OnboardingStep
    done: bool


def onboarding(
    *, email_verified: bool, has_profile: bool, has_preferences: bool, takes_part: bool
) -> list[OnboardingProgress]:
    """Every step in order. `has_profile`: locale and zone chosen; `takes_part`: has registered or joined a team."""
    done = {
        OnboardingStep.VERIFY_EMAIL: email_verified,
        OnboardingStep.COMPLETE_PROFILE: has_profile,
        OnboardingStep.SET_PREFERENCES: has_preferences,
        OnboardingStep.TAKE_PART: takes_part,
    }
    return [OnboardingProgress(step, done=done[step]) for step in OnboardingStep]
