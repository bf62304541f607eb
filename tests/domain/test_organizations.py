"""Organizations and their teams: who may bring in whom, and that there is always an owner."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain import errors, organizations
from domain.ids import InvitationId, MembershipId, OrganizationId
from domain.journal import FactKind
from domain.organizations import (
    CreateOrganization,
    Invitation,
    InviteMember,
    OrganizationDetails,
    UpdateOrganization,
)
from domain.permissions import OrganizationRole, PlatformRole, Viewer
from tests.domain.made import (
    LATER,
    MEMBERSHIP,
    NOW,
    ORGANIZATION,
    SOMEBODY,
    USER,
    a_membership,
    an_organization,
    changes,
)

OWNER, MANAGER, STAFF = OrganizationRole.OWNER, OrganizationRole.MANAGER, OrganizationRole.STAFF
NEW = OrganizationId(UUID("00000000-0000-0000-0000-0000deadbeef"))
INVITATION = InvitationId(UUID(int=10))


def refused_for(refused: pytest.ExceptionInfo[errors.Refused]) -> list[tuple[str, tuple[str, ...]]]:
    return [(refusal.code, refusal.path) for refusal in refused.value.refusals]


def invitation() -> Invitation:
    inviter = Viewer(user_id=SOMEBODY)
    made, _ = organizations.invite(
        InviteMember(ORGANIZATION, "Guest@People.example", STAFF),
        invitation_id=INVITATION,
        inviter=inviter,
        role=OWNER,
        now=NOW,
    )
    return made


def test_an_organization_has_a_name_and_gets_a_slug() -> None:
    made, fact = organizations.create(
        CreateOrganization(OrganizationDetails(name=" Hiša kulture ")), organization_id=NEW, now=NOW
    )

    assert (made.name, made.slug, made.version) == ("Hiša kulture", "hisa-kulture-deadbeef", 1)
    assert fact.kind is FactKind.ORGANIZATION_CREATED


@pytest.mark.parametrize(
    ("details", "problems"),
    [
        (OrganizationDetails(), [("REQUIRED", ("name",))]),
        (
            OrganizationDetails(name="", slug="A", description="<b>", url="ftp://x"),
            [
                ("INVALID", ("slug",)),
                ("REQUIRED", ("name",)),
                ("HTML_NOT_ALLOWED", ("description",)),
                ("INVALID", ("url",)),
            ],
        ),
    ],
)
def test_everything_that_is_wrong_with_an_organization_is_named_at_once(
    details: OrganizationDetails, problems: list[tuple[str, tuple[str, ...]]]
) -> None:
    with pytest.raises(errors.Refused) as refused:
        organizations.create(CreateOrganization(details), organization_id=NEW, now=NOW)

    assert refused_for(refused) == problems


def test_an_edit_of_an_organization_without_a_change_is_no_edit() -> None:
    command = UpdateOrganization(ORGANIZATION, OrganizationDetails(name="House", url=" "), None)

    assert organizations.update(an_organization(), command, LATER) == (an_organization(), None)


def test_an_edit_of_an_organization_counts_and_tells_before_and_after() -> None:
    command = UpdateOrganization(ORGANIZATION, OrganizationDetails(name="Palace"), None)

    after, fact = organizations.update(an_organization(), command, LATER)

    assert (after.version, after.updated_at) == (4, LATER)
    assert changes(fact) == {"name": ["House", "Palace"]}


@pytest.mark.parametrize(
    ("inviter", "platform", "grantable"),
    [
        (OWNER, None, {OWNER, MANAGER, STAFF}),
        (MANAGER, None, {STAFF}),
        (STAFF, None, set[OrganizationRole]()),
        (None, None, set[OrganizationRole]()),
        (None, PlatformRole.ANALYST, set[OrganizationRole]()),
        (None, PlatformRole.ADMIN, {OWNER, MANAGER, STAFF}),
        (STAFF, PlatformRole.ADMIN, {OWNER, MANAGER, STAFF}),
    ],
)
@pytest.mark.parametrize("role", OrganizationRole)
def test_members_bring_in_only_roles_that_theirs_may_give(
    inviter: OrganizationRole | None,
    platform: PlatformRole | None,
    grantable: set[OrganizationRole],
    role: OrganizationRole,
) -> None:
    command = InviteMember(ORGANIZATION, "guest@people.example", role)
    viewer = Viewer(user_id=SOMEBODY, platform_role=platform)

    if role in grantable:
        made, _ = organizations.invite(command, invitation_id=INVITATION, inviter=viewer, role=inviter, now=NOW)
        assert (made.role, made.invited_by) == (role, SOMEBODY)
    else:
        with pytest.raises(errors.RoleIsNotGrantable):
            organizations.invite(command, invitation_id=INVITATION, inviter=viewer, role=inviter, now=NOW)


def test_the_journal_does_not_tell_whom_somebody_invited() -> None:
    _, fact = organizations.invite(
        InviteMember(ORGANIZATION, "guest@people.example", STAFF),
        invitation_id=INVITATION,
        inviter=Viewer(user_id=SOMEBODY),
        role=OWNER,
        now=NOW,
    )

    assert "guest" not in str(fact)
    assert fact.data == {"role": STAFF, "personal": ["email"]}


def accepted(given: Invitation, *, email: str | None = "guest@people.EXAMPLE", hours: float = 1) -> None:
    organizations.accept(given, email=email, user_id=USER, membership_id=MEMBERSHIP, now=NOW + timedelta(hours=hours))


def test_an_invitation_opens_to_the_holder_of_its_address_whatever_the_case() -> None:
    membership, fact = organizations.accept(
        invitation(), email="guest@people.EXAMPLE", user_id=USER, membership_id=MEMBERSHIP, now=LATER
    )

    assert (membership.organization_id, membership.user_id, membership.role) == (ORGANIZATION, USER, STAFF)
    assert fact.kind is FactKind.MEMBER_JOINED
    assert changes(fact) == {"role": [None, "STAFF"]}


def test_an_invitation_opens_to_nobody_else() -> None:
    week = 7 * 24
    with pytest.raises(errors.InvitationIsForSomebodyElse):
        accepted(invitation(), email="other@people.example")
    with pytest.raises(errors.EmailIsNotVerified):
        accepted(invitation(), email=None)
    with pytest.raises(errors.InvitationHasExpired):
        accepted(invitation(), hours=week)
    with pytest.raises(errors.InvitationIsUsed):
        accepted(replace(invitation(), accepted_at=NOW))
    with pytest.raises(errors.InvitationIsUsed):
        accepted(replace(invitation(), revoked_at=NOW))
    accepted(invitation(), hours=week - 0.001)


@pytest.mark.parametrize("owners", [0, 1])
def test_the_last_owner_neither_leaves_nor_becomes_less(owners: int) -> None:
    with pytest.raises(errors.LastOwnerMustStay):
        organizations.change_role(a_membership(OWNER), MANAGER, owners=owners, now=LATER)
    with pytest.raises(errors.LastOwnerMustStay):
        organizations.removed_fact(a_membership(OWNER), owners=owners)


def test_one_of_two_owners_may_go() -> None:
    changed, _ = organizations.change_role(a_membership(OWNER), STAFF, owners=2, now=LATER)

    assert changed.role is STAFF
    assert changes(organizations.removed_fact(a_membership(OWNER), owners=2)) == {"role": ["OWNER", None]}


@pytest.mark.parametrize("role", [MANAGER, STAFF])
def test_everybody_else_may_go_whoever_is_left(role: OrganizationRole) -> None:
    assert organizations.removed_fact(a_membership(role), owners=1).kind is FactKind.MEMBER_REMOVED
    assert organizations.change_role(a_membership(role), OWNER, owners=1, now=LATER)[0].role is OWNER


def test_the_same_role_again_is_no_edit_even_for_the_last_owner() -> None:
    assert organizations.change_role(a_membership(OWNER), OWNER, owners=1, now=LATER) == (a_membership(OWNER), None)


def test_another_role_counts_and_tells_before_and_after() -> None:
    changed, fact = organizations.change_role(a_membership(STAFF), MANAGER, owners=1, now=LATER)

    assert (changed.version, changed.updated_at) == (4, LATER)
    assert fact is not None
    assert fact.data == {"version": 4, "user_id": str(USER), "changes": {"role": ["STAFF", "MANAGER"]}}


def test_a_new_member_has_a_version_like_everything_that_can_be_edited() -> None:
    membership, fact = organizations.join(ORGANIZATION, USER, OWNER, membership_id=MembershipId(UUID(int=9)), now=NOW)

    assert (membership.version, fact.data["version"]) == (1, 1)
