"""The table of policies: deny by default, roles that only add, and analysts who change nothing and meet nobody."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from uuid import UUID

import pytest

from domain import errors
from domain.ids import OrganizationId, UserId
from domain.permissions import (
    ANONYMOUS,
    GRANTABLE,
    GRANTS,
    MANAGERS,
    NOBODY,
    OWNERS,
    READABLE,
    ROOT_FIELDS,
    TEAM,
    VISIBLE,
    AllOf,
    AnyOf,
    ColumnIn,
    ColumnIsSet,
    EventAction,
    Everyone,
    HasPlatformRole,
    HasRole,
    IsViewer,
    One,
    OrganizationAction,
    OrganizationRole,
    PlatformAction,
    PlatformRole,
    Policy,
    RegistrationAction,
    SignedIn,
    Some,
    UserAction,
    Viewer,
    WaitlistAction,
    all_of,
    allows,
    any_of,
    may,
)

ME, SOMEBODY = UserId(UUID(int=1)), UserId(UUID(int=2))
HERE, ELSEWHERE = OrganizationId(UUID(int=3)), OrganizationId(UUID(int=4))
YES, NO = Everyone(), NOBODY

EVENT: Mapping[str, object] = {"id": UUID(int=5), "organization_id": HERE, "status": "PUBLISHED", "published_at": None}
ROWS: Mapping[type, Mapping[str, object]] = {
    EventAction: EVENT,
    OrganizationAction: {"id": HERE},
    RegistrationAction: {"user_id": SOMEBODY, "event": EVENT},
    WaitlistAction: {"user_id": SOMEBODY, "event": EVENT},
    UserAction: {"id": SOMEBODY},
    PlatformAction: {},
}
"""A row of the kind that each kind of action is taken on; none of them is the viewer's own."""


def member(role: OrganizationRole, organization: OrganizationId = HERE) -> Viewer:
    return Viewer(ME, None, {organization: role})


def granted(viewer: Viewer) -> set[str]:
    return {action for action in GRANTS if may(action, viewer, ROWS[type(action)])}


def arms(policy: Policy) -> Iterator[Policy]:
    """The policy and everything that it is made of."""
    yield policy
    match policy:
        case AnyOf(policies) | AllOf(policies):
            for inner in policies:
                yield from arms(inner)
        case One() | Some():
            yield from arms(policy.policy)
        case _:
            return


@pytest.mark.parametrize(
    ("policy", "viewer", "row", "expected"),
    [
        (Everyone(), ANONYMOUS, {}, True),
        (SignedIn(), ANONYMOUS, {}, False),
        (SignedIn(), Viewer(ME), {}, True),
        (HasPlatformRole(frozenset(PlatformRole)), Viewer(ME), {}, False),
        (HasPlatformRole(frozenset({PlatformRole.ADMIN})), Viewer(ME, PlatformRole.ANALYST), {}, False),
        (HasPlatformRole(frozenset({PlatformRole.ADMIN})), Viewer(ME, PlatformRole.ADMIN), {}, True),
        (HasRole("organization_id", TEAM), member(OrganizationRole.STAFF), {"organization_id": HERE}, True),
        (HasRole("organization_id", TEAM), member(OrganizationRole.STAFF), {"organization_id": ELSEWHERE}, False),
        (HasRole("organization_id", MANAGERS), member(OrganizationRole.STAFF), {"organization_id": HERE}, False),
        (IsViewer("user_id"), Viewer(ME), {"user_id": ME}, True),
        (IsViewer("user_id"), Viewer(ME), {"user_id": SOMEBODY}, False),
        # Nobody's row is not the row of nobody.
        (IsViewer("user_id"), ANONYMOUS, {"user_id": None}, False),
        (ColumnIn("status", frozenset({"PUBLISHED"})), ANONYMOUS, {"status": "PUBLISHED"}, True),
        (ColumnIn("status", frozenset({"PUBLISHED"})), ANONYMOUS, {"status": "DRAFT"}, False),
        (ColumnIsSet("published_at"), ANONYMOUS, {"published_at": None}, False),
        (ColumnIsSet("published_at"), ANONYMOUS, {"published_at": 0}, True),
        (One("event", "event_id", YES), ANONYMOUS, {"event": {}}, True),
        (One("event", "event_id", YES), ANONYMOUS, {"event": None}, False),
        (One("event", "event_id", NO), ANONYMOUS, {"event": {}}, False),
        (Some("event", "venue_id", YES), ANONYMOUS, {"events": ()}, False),
        (Some("event", "venue_id", IsViewer("by")), Viewer(ME), {"events": [{"by": SOMEBODY}, {"by": ME}]}, True),
        (any_of(), ANONYMOUS, {}, False),
        (any_of(NO, YES), ANONYMOUS, {}, True),
        (all_of(), ANONYMOUS, {}, True),
        (all_of(NO, YES), ANONYMOUS, {}, False),
    ],
)
def test_each_arm_of_the_algebra_means_what_it_says(
    policy: Policy, viewer: Viewer, row: Mapping[str, object], *, expected: bool
) -> None:
    assert allows(policy, viewer, row) is expected


def test_every_action_is_granted_to_somebody_by_name() -> None:
    actions = {
        *EventAction,
        *OrganizationAction,
        *RegistrationAction,
        *WaitlistAction,
        *UserAction,
        *PlatformAction,
    }

    assert set(GRANTS) == actions
    assert NOBODY not in GRANTS.values()


def test_anonymous_visitors_may_browse_and_nothing_else() -> None:
    assert granted(ANONYMOUS) == {PlatformAction.BROWSE}


def test_signing_in_opens_only_what_needs_no_role() -> None:
    assert granted(Viewer(ME)) == {
        PlatformAction.BROWSE,
        PlatformAction.CREATE_ORGANIZATION,
        PlatformAction.ACCEPT_INVITATION,
        EventAction.REGISTER,
        EventAction.JOIN_WAITLIST,
    }


def test_a_higher_role_never_takes_anything_away() -> None:
    ladder = [granted(Viewer(ME)), *(granted(member(role)) for role in reversed(list(OrganizationRole)))]

    assert all(lower <= higher for lower, higher in pairwise(ladder))
    assert OWNERS < MANAGERS < TEAM == set(OrganizationRole)


def test_a_role_elsewhere_opens_nothing_here() -> None:
    assert granted(member(OrganizationRole.OWNER, ELSEWHERE)) == granted(Viewer(ME))


def test_an_analyst_changes_nothing_that_a_guest_could_not() -> None:
    more = granted(Viewer(ME, PlatformRole.ANALYST)) - granted(Viewer(ME))

    assert {action for action in more if not action.rpartition(".")[2].startswith("view_")} == set()


def test_an_analyst_sees_every_row_and_no_personal_column_of_others() -> None:
    analyst = Viewer(ME, PlatformRole.ANALYST)
    stranger = {"id": SOMEBODY, "memberships": (), "registrations": (), "waitlist_entrys": ()}
    event = {**EVENT, "status": "DRAFT", "registrations": (), "waitlist_entrys": ()}
    registration = {"user_id": SOMEBODY, "event": event}
    rows: Mapping[str, Mapping[str, object]] = {
        "event": event,
        "ticket_tier": {"event": event},
        "registration": registration,
        "waitlist_entry": registration,
        "capacity_pool": {"event": event},
        "capacity_block": {"event": event},
        "ticket": {"registration": registration},
        "organization": {},
        "membership": {"user_id": SOMEBODY, "organization_id": HERE},
        "venue": {"organization_id": HERE, "events": ()},
        "user": stranger,
        "import": {"organization_id": HERE},
    }

    assert [noun for noun, policy in VISIBLE.items() if not allows(policy, analyst, rows[noun])] == []
    assert [key for key, policy in READABLE.items() if allows(policy, analyst, rows[key[0]])] == []


def test_an_administrator_may_do_everything_but_speak_for_others() -> None:
    refused = set(GRANTS) - granted(Viewer(ME, PlatformRole.ADMIN))

    assert refused == {
        UserAction.UPDATE_PROFILE,
        UserAction.UPDATE_PREFERENCES,
        RegistrationAction.EXTEND_HOLD,
        WaitlistAction.ANSWER,
    }


def test_nobody_grants_a_role_above_their_own() -> None:
    order = [OrganizationRole.STAFF, OrganizationRole.MANAGER, OrganizationRole.OWNER]

    for role, grantable in GRANTABLE.items():
        assert all(order.index(given) <= order.index(role) for given in grantable)
    assert set(GRANTABLE) == set(OrganizationRole)
    assert GRANTABLE[OrganizationRole.STAFF] == set()


def test_policies_speak_only_of_nouns_that_have_a_policy_of_their_own() -> None:
    policies = [*VISIBLE.values(), *READABLE.values(), *GRANTS.values()]

    nouns = {arm.noun for policy in policies for arm in arms(policy) if isinstance(arm, One | Some)}

    assert nouns - set(VISIBLE) == set()
    assert {noun for noun, _ in READABLE} - set(VISIBLE) == set()


def test_every_root_field_leads_to_an_action_of_the_table() -> None:
    assert set(ROOT_FIELDS.values()) - set(GRANTS) == set()


def test_a_viewer_without_an_account_has_to_sign_in() -> None:
    assert Viewer(ME).require_user() == ME
    with pytest.raises(errors.Unauthenticated):
        ANONYMOUS.require_user()


def test_organizations_are_listed_by_role_and_in_order() -> None:
    viewer = Viewer(ME, None, {ELSEWHERE: OrganizationRole.STAFF, HERE: OrganizationRole.OWNER})

    assert viewer.organizations_as(TEAM) == [HERE, ELSEWHERE]
    assert viewer.organizations_as(MANAGERS) == [HERE]
