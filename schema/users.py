"""Users in the schema."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from domain.ids import UserId
from domain.queries import UserFilter as Criteria
from domain.rows import UserRow
from domain.users import (
    DEFAULT_LOCALE,
    DEFAULT_TIMEZONE,
    ChangeAccount,
    PreferenceChanges,
    ProfileDetails,
    SetPlatformRole,
    UpdatePreferences,
    UpdateProfile,
    preferences_of,
)
from resolvers import history as history_cases
from resolvers import registrations as registration_cases
from resolvers import users as use_cases
from resolvers import waitlist as waitlist_cases
from resolvers.context import Context
from schema import ids
from schema.context import Info, field
from schema.enums import OnboardingStep, PlatformRole, Theme, UserStatus, Weekday
from schema.history import JournalEntry
from schema.memberships import Membership
from schema.nodes import Node, own_id
from schema.pagination import After, Before, Connection, First, Last, connection, paged, window_of
from schema.problems import Edit, Payload, answer, given
from schema.registrations import Registration, RegistrationFilter, registration_query
from schema.scalars import EmailAddress, TimeZone
from schema.waitlist import WaitlistEntry, WaitlistFilter, waitlist_query


@strawberry.type(description="What a user likes. What was never chosen has the default that everybody has.")
class UserPreferences:
    """Preferences."""

    notify_registration: bool = field(
        description="Tell me about my registrations beyond what I have to know, which always comes: confirmations, and"
        " what others do to my places. Default: yes."
    )
    notify_event_changes: bool = field(
        description="Tell me when an event of mine changes; that it is cancelled or put off always comes. Default: yes."
    )
    notify_waitlist_offers: bool = field(
        description="Tell me what else happens on my waiting lists; offers always come. Default: yes."
    )
    notify_news: bool = field(description="Tell me what else is on. Default: no.")
    reminder_hours_before: int | None = field(
        description="How long before an event to remind me; null: never. Default: 24."
    )
    theme: Theme = field(description="How pages look. Default: as the device is set.")
    week_starts_on: Weekday = field(description="The day that weeks begin with. Default: Monday.")
    favourite_categories: list[str] = field(description="Categories to show first. Default: none.")


@strawberry.type(description="A step of the first days.")
class OnboardingProgress:
    """One step."""

    step: OnboardingStep = field(description="What there is to do.")
    done: bool = field(description="Whether the facts show that it is done.")


@strawberry.type(description="How far a newcomer has come; computed from what is there, not from ticked boxes.")
class Onboarding:
    """All steps."""

    steps: list[OnboardingProgress] = field(description="Every step in order.")
    next_step: OnboardingStep | None = field(description="The first step that is not done; null when all are.")
    completed: bool = field(description="Whether all steps are done.")


def _locale(user: strawberry.Parent[UserRow]) -> str:
    return user["locale"] or DEFAULT_LOCALE


def _timezone(user: strawberry.Parent[UserRow]) -> TimeZone:
    return TimeZone(user["timezone"] or DEFAULT_TIMEZONE)


def _preferences(user: strawberry.Parent[UserRow]) -> Any:  # noqa: ANN401 - read by attribute
    return preferences_of(user["preferences"])


async def _onboarding(user: strawberry.Parent[UserRow], info: Info) -> Onboarding:
    progress = await use_cases.get_onboarding(info.context, user)
    steps = [OnboardingProgress(step=item.step, done=item.done) for item in progress]
    open_steps = [item.step for item in progress if not item.done]
    return Onboarding(steps=steps, next_step=open_steps[0] if open_steps else None, completed=not open_steps)


async def _memberships(user: strawberry.Parent[UserRow], info: Info) -> Any:  # noqa: ANN401 - rows
    return await use_cases.list_memberships(info.context, user)


async def _registrations(  # noqa: PLR0917 - a connection's own arguments
    user: strawberry.Parent[UserRow],
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[  # noqa: A002 - the contract's name
        RegistrationFilter | None, strawberry.argument(description="Which registrations to list.")
    ] = None,
) -> Any:  # noqa: ANN401 - a connection
    query = registration_query(info, filter, window_of("user_registrations", first, after, last, before))
    return connection(await registration_cases.list_registrations_of_user(info.context, user, query))


async def _waitlist_entries(  # noqa: PLR0917 - a connection's own arguments
    user: strawberry.Parent[UserRow],
    info: Info,
    first: First = None,
    after: After = None,
    last: Last = None,
    before: Before = None,
    filter: Annotated[  # noqa: A002 - as of registrations
        WaitlistFilter | None, strawberry.argument(description="Which entries to list.")
    ] = None,
) -> Any:  # noqa: ANN401 - a connection
    query = waitlist_query(info, filter, window_of("user_waitlist", first, after, last, before))
    return connection(await waitlist_cases.list_entries_of_user(info.context, user, query))


@strawberry.type(description="A person with an account.")
class User(Node):
    """A user."""

    id: strawberry.ID = field(own_id("User"), description="The user's id.")
    name: str = field(
        description="What the person is called. Hidden from analysts, who read everything but personal data."
    )
    email: EmailAddress | None = field(description="The address. For the person and administrators.")
    locale: str = field(_locale, description="The language to address the person in, as in BCP 47. Default: en.")
    timezone: TimeZone = field(_timezone, description="The zone to show times in. Default: UTC.")
    preferences: UserPreferences = field(_preferences, description="What the person likes; the defaults to others.")
    onboarding: Onboarding = field(
        _onboarding, description="How far the person has come. For the person and administrators."
    )
    platform_role: PlatformRole | None = field(description="What the account may do on the whole platform.")
    status: UserStatus = field(description="Whether the account may be used.")
    memberships: list[Membership] = field(
        _memberships, description="The teams the person is in. For the person, administrators and analysts."
    )
    registrations: Connection[Registration] = field(
        _registrations, description="What the person takes part in, newest first. For the person and platform roles."
    )
    waitlist_entries: Connection[WaitlistEntry] = field(
        _waitlist_entries,
        description="What the person waits or has waited for, newest first. For the person and platform roles.",
    )
    history: Connection[JournalEntry] = field(
        paged("history", history_cases.history_of_user),
        description="What happened to the account, newest first. For the person and administrators.",
    )
    created_at: datetime = field(description="When the account was first seen.")
    updated_at: datetime = field(description="When it was last edited.")
    version: int = field(description="Counts edits; give it as `expectedVersion` to be told of conflicts.")


@strawberry.input(description="Which users to list; everything combines with and.")
class UserFilter:
    """A filter."""

    email: EmailAddress | None = field(default=None, description="Only the one with this address.")
    search: str | None = field(default=None, description="Only those whose name or address contains this text.")
    platform_role: list[PlatformRole] | None = field(default=None, description="Only those with one of these roles.")
    status: UserStatus | None = field(default=None, description="Only accounts in this status.")

    def to_criteria(self) -> Criteria:
        """The port's filter."""
        return Criteria(
            email=self.email,
            search=self.search or None,
            platform_role=tuple(self.platform_role) if self.platform_role is not None else None,
            status=self.status,
        )


@strawberry.input(description="Changes to your profile; what is absent stays as it is.")
class UpdateProfileInput(Edit):
    """Input of updateProfile."""

    name: strawberry.Maybe[str] = field(description="What you are called.")
    locale: strawberry.Maybe[str | None] = field(description="Your language, as in BCP 47; null: the default.")
    timezone: strawberry.Maybe[TimeZone | None] = field(description="Your time zone; null: the default.")

    def to_command(self) -> UpdateProfile:
        """The domain's command."""
        details = given(name=self.name, locale=self.locale, timezone=self.timezone)
        return UpdateProfile(ProfileDetails(**details), self.expected_version)


@strawberry.input(description="Changes to your preferences; what is absent stays as it is.")
class UpdatePreferencesInput(Edit):
    """Input of updatePreferences."""

    notify_registration: strawberry.Maybe[bool] = field(description="Tell me about my registrations.")
    notify_event_changes: strawberry.Maybe[bool] = field(description="Tell me when an event of mine changes.")
    notify_waitlist_offers: strawberry.Maybe[bool] = field(description="Tell me when a place becomes free for me.")
    notify_news: strawberry.Maybe[bool] = field(description="Tell me what else is on.")
    reminder_hours_before: strawberry.Maybe[int | None] = field(
        description="How long before an event to remind me; null: never."
    )
    theme: strawberry.Maybe[Theme] = field(description="How pages look.")
    week_starts_on: strawberry.Maybe[Weekday] = field(description="The day that weeks begin with.")
    favourite_categories: strawberry.Maybe[list[str]] = field(description="Categories to show first, at most 20.")

    def to_command(self) -> UpdatePreferences:
        """The domain's command."""
        changes = given(
            notify_registration=self.notify_registration,
            notify_event_changes=self.notify_event_changes,
            notify_waitlist_offers=self.notify_waitlist_offers,
            notify_news=self.notify_news,
            reminder_hours_before=self.reminder_hours_before,
            theme=self.theme,
            week_starts_on=self.week_starts_on,
            favourite_categories=self.favourite_categories,
        )
        return UpdatePreferences(PreferenceChanges(**changes), self.expected_version)


@strawberry.input(description="An account to deactivate; nobody can sign in with it until it is reactivated.")
class DeactivateAccountInput(Edit):
    """Input of deactivateAccount."""

    user_id: strawberry.ID | None = field(default=None, description="Whose; absent: your own.")
    reason: str | None = field(default=None, description="Why; kept with the account's history.")

    def to_command(self, viewer_id: UserId) -> ChangeAccount:
        """The domain's command."""
        user_id = ids.user_id(self.user_id) if self.user_id is not None else viewer_id
        return ChangeAccount(user_id, UserStatus.DEACTIVATED, self.reason, self.expected_version)


@strawberry.input(description="An account to reactivate.")
class ReactivateUserInput(Edit):
    """Input of reactivateUser."""

    user_id: strawberry.ID = field(description="Whose.")
    reason: str | None = field(default=None, description="Why; kept with the account's history.")

    def to_command(self) -> ChangeAccount:
        """The domain's command."""
        return ChangeAccount(ids.user_id(self.user_id), UserStatus.ACTIVE, self.reason, self.expected_version)


@strawberry.input(description="A platform role to give or take.")
class SetPlatformRoleInput(Edit):
    """Input of setPlatformRole."""

    user_id: strawberry.ID = field(description="Whose.")
    role: PlatformRole | None = field(description="The role; null takes it away.")

    def to_command(self) -> SetPlatformRole:
        """The domain's command."""
        return SetPlatformRole(ids.user_id(self.user_id), self.role, self.expected_version)


@strawberry.type
class UserPayload(Payload):
    """What every mutation of a user returns."""

    user: User | None = field(default=None, description="The user as it is now; null when the command was refused.")


@strawberry.type(description="The answer to updateProfile.")
class UpdateProfilePayload(UserPayload):
    """Payload of updateProfile."""


@strawberry.type(description="The answer to updatePreferences.")
class UpdatePreferencesPayload(UserPayload):
    """Payload of updatePreferences."""


@strawberry.type(description="The answer to deactivateAccount.")
class DeactivateAccountPayload(UserPayload):
    """Payload of deactivateAccount."""


@strawberry.type(description="The answer to reactivateUser.")
class ReactivateUserPayload(UserPayload):
    """Payload of reactivateUser."""


@strawberry.type(description="The answer to setPlatformRole.")
class SetPlatformRolePayload(UserPayload):
    """Payload of setPlatformRole."""


async def _show(context: Context, user_id: UserId) -> dict[str, Any]:
    return {"user": await context.reads.user_by_id(user_id)}


@strawberry.type
class UserMutations:
    """Root fields that change users."""

    @strawberry.mutation(description="Change your profile.")
    async def update_profile(self, info: Info, input: UpdateProfileInput) -> UpdateProfilePayload:  # noqa: A002
        """Change one's profile."""
        key = input.idempotency_key
        return await answer(
            UpdateProfilePayload,
            info,
            lambda context: use_cases.update_profile(context, input.to_command(), key),
            _show,
        )

    @strawberry.mutation(description="Change your preferences.")
    async def update_preferences(self, info: Info, input: UpdatePreferencesInput) -> UpdatePreferencesPayload:  # noqa: A002
        """Change one's preferences."""
        key = input.idempotency_key
        return await answer(
            UpdatePreferencesPayload,
            info,
            lambda context: use_cases.update_preferences(context, input.to_command(), key),
            _show,
        )

    @strawberry.mutation(description="Deactivate an account: your own, or any as an administrator.")
    async def deactivate_account(self, info: Info, input: DeactivateAccountInput) -> DeactivateAccountPayload:  # noqa: A002
        """Deactivate an account."""

        async def deactivate(context: Context) -> UserId:
            command = input.to_command(context.viewer.require_user())
            return await use_cases.change_account(context, command, input.idempotency_key)

        return await answer(DeactivateAccountPayload, info, deactivate, _show)

    @strawberry.mutation(description="Reactivate an account. For administrators.")
    async def reactivate_user(self, info: Info, input: ReactivateUserInput) -> ReactivateUserPayload:  # noqa: A002
        """Reactivate an account."""
        key = input.idempotency_key
        return await answer(
            ReactivateUserPayload,
            info,
            lambda context: use_cases.change_account(context, input.to_command(), key),
            _show,
        )

    @strawberry.mutation(description="Give or take a platform role. For administrators; the last one stays.")
    async def set_platform_role(self, info: Info, input: SetPlatformRoleInput) -> SetPlatformRolePayload:  # noqa: A002
        """Give or take a platform role."""
        key = input.idempotency_key
        return await answer(
            SetPlatformRolePayload,
            info,
            lambda context: use_cases.set_platform_role(context, input.to_command(), key),
            _show,
        )
