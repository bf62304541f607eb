"""Use cases of users: profile, preferences, onboarding and the state of accounts."""

from domain import organizations, users
from domain.ids import UserId
from domain.journal import Stream
from domain.pagination import Page, Window
from domain.permissions import PlatformAction, UserAction
from domain.ports import Work
from domain.queries import UserFilter
from domain.rows import MembershipRow, UserRow
from domain.users import (
    ChangeAccount,
    OnboardingProgress,
    SetPlatformRole,
    UpdatePreferences,
    UpdateProfile,
    User,
    UserStatus,
)
from resolvers.authorization import NOTHING, authorize, found, signed_in, user_for
from resolvers.context import Context
from resolvers.versions import expect_version


async def get_viewer(context: Context) -> UserRow | None:
    """The signed-in user, or nothing."""
    if context.viewer.user_id is None:
        return None
    return await context.reads.user_by_id(context.viewer.user_id)


async def list_users(context: Context, window: Window, criteria: UserFilter) -> Page[UserRow]:
    """All accounts. Raises `Forbidden` unless an administrator asks."""
    await authorize(context, PlatformAction.LIST_USERS, NOTHING, None)
    return await context.reads.users(window, criteria)


async def list_memberships(context: Context, user: UserRow) -> list[MembershipRow]:
    """The teams a user belongs to. Raises `Forbidden` to whom it does not concern."""
    await authorize(context, UserAction.VIEW_MEMBERSHIPS, user, user["id"])
    return await context.reads.memberships_by_user_id(user["id"])


async def get_onboarding(context: Context, user: UserRow) -> list[OnboardingProgress]:
    """What a newcomer has done so far. Raises `Forbidden` to whom it does not concern."""
    await authorize(context, UserAction.VIEW_ONBOARDING, user, user["id"])
    facts = found(await context.reads.onboarding_by_user_id(user["id"]))
    return users.onboarding(
        email_verified=facts["email_verified"],
        has_profile=facts["has_profile"],
        has_preferences=facts["has_preferences"],
        takes_part=facts["takes_part"],
    )


async def update_profile(context: Context, command: UpdateProfile, key: str | None) -> UserId:
    """Change one's own profile."""
    user_id = signed_in(context.viewer)
    await user_for(context, UserAction.UPDATE_PROFILE, user_id)
    async with context.unit_of_work(command, key=key) as work:
        if not work.replayed:
            before = await _lock(work, user_id, command.expected_version)
            after, fact = users.update_profile(before, command, context.now)
            if fact:
                await work.users.save(before, after)
                await work.journal.append(Stream.USER, user_id, fact)
        return await work.commit(user_id)


async def update_preferences(context: Context, command: UpdatePreferences, key: str | None) -> UserId:
    """Change one's own preferences."""
    user_id = signed_in(context.viewer)
    await user_for(context, UserAction.UPDATE_PREFERENCES, user_id)
    async with context.unit_of_work(command, key=key) as work:
        if not work.replayed:
            before = await _lock(work, user_id, command.expected_version)
            after, fact = users.update_preferences(before, command, context.now)
            if fact:
                await work.users.save(before, after)
                await work.journal.append(Stream.USER, user_id, fact)
        return await work.commit(user_id)


async def change_account(context: Context, command: ChangeAccount, key: str | None) -> UserId:
    """Deactivate or reactivate an account; a last owner or administrator stays."""
    signed_in(context.viewer)
    deactivates = command.status is UserStatus.DEACTIVATED
    action = UserAction.DEACTIVATE if deactivates else UserAction.REACTIVATE
    await user_for(context, action, command.user_id)
    async with context.unit_of_work(command, key=key) as work:
        if not work.replayed:
            # Organizations are locked before users, here as everywhere.
            owned = await work.organizations.owned_by_for_update(command.user_id) if deactivates else []
            administrators = await work.users.count_administrators_for_update() if deactivates else 0
            before = await _lock(work, command.user_id, command.expected_version)
            after, fact = users.change_account(before, command, context.now)
            if deactivates:
                users.keep_an_administrator(before, administrators)
                for membership in owned:
                    owners = await work.organizations.count_owners(membership.organization_id, command.user_id)
                    organizations.keep_an_owner(membership, owners)
            await work.users.save(before, after)
            await work.journal.append(Stream.USER, command.user_id, fact)
        return await work.commit(command.user_id)


async def set_platform_role(context: Context, command: SetPlatformRole, key: str | None) -> UserId:
    """Give or take a platform role; the last administrator stays one."""
    signed_in(context.viewer)
    await user_for(context, UserAction.SET_PLATFORM_ROLE, command.user_id)
    async with context.unit_of_work(command, key=key) as work:
        if not work.replayed:
            administrators = await work.users.count_administrators_for_update()
            before = await _lock(work, command.user_id, command.expected_version)
            after, fact = users.set_platform_role(before, command, administrators=administrators, now=context.now)
            if fact:
                await work.users.save(before, after)
                await work.journal.append(Stream.USER, command.user_id, fact)
        result = await work.commit(command.user_id)
    await context.renew(viewer=True)
    return result


async def _lock(work: Work, user_id: UserId, expected_version: int | None) -> User:
    user = found(await work.users.get_for_update(user_id))
    await expect_version(work, expected_version, user.version, stream_id=user.id)
    return user
