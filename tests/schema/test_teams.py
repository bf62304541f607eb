"""Teams through the API: invitations open once, for one address, and an owner always remains."""

from tests.api import Api
from tests.world import ACCEPT, INVITE, Team, World, address

CHANGE_ROLE = """
mutation ($input: ChangeMemberRoleInput!) {
  changeMemberRole(input: $input) { membership { role version } problems { code } }
}
"""
REMOVE = (
    "mutation ($input: RemoveMemberInput!) { removeMember(input: $input) { organization { id } problems { code } } }"
)
MEMBERS = """
query ($id: ID!) { organization(id: $id) { members { edges { node { id role user { id } } } } } }
"""


async def invite(api: Api, team: Team, email: str, *, role: str = "STAFF", by: str | None = None) -> str:
    """The token of a fresh invitation."""
    given = {"organizationId": team.id, "email": email, "role": role}
    invited = await World(api).do(INVITE, "inviteMember", by or team.owner, **given)
    return invited["invitation"]["link"].partition("token=")[2]


async def accept(api: Api, token: str, by: str) -> list[str]:
    """The problems of using a link."""
    return (await api.run(ACCEPT, {"input": {"token": token}}, by=by)).problems("acceptInvitation")


async def owner_membership(api: Api, team: Team) -> str:
    """The owner's membership."""
    answer = await api.run(MEMBERS, {"id": team.id}, by=team.owner)
    edges = answer.data["organization"]["members"]["edges"]
    return next(edge["node"]["id"] for edge in edges if edge["node"]["role"] == "OWNER")


async def test_an_invitation_opens_once_and_only_to_its_address(api: Api) -> None:
    team = await World(api).team()
    guest = address("guest")
    token = await invite(api, team, guest)

    assert await accept(api, token, address("other")) == ["INVITATION_FOR_SOMEBODY_ELSE"]
    assert await accept(api, token, guest) == []
    assert await accept(api, token, guest) == ["INVITATION_USED"]


async def test_a_newer_invitation_replaces_the_older_one(api: Api) -> None:
    team = await World(api).team()
    guest = address("guest")
    older = await invite(api, team, guest)
    newer = await invite(api, team, guest)

    assert await accept(api, older, guest) == ["INVITATION_USED"]
    assert await accept(api, newer, guest) == []


async def test_an_invitation_expires_after_a_week(api: Api) -> None:
    team = await World(api).team()
    guest = address("guest")
    token = await invite(api, team, guest)

    api.clock.advance(days=7)

    assert await accept(api, token, guest) == ["INVITATION_EXPIRED"]


async def test_a_forged_or_altered_link_is_refused(api: Api) -> None:
    team = await World(api).team()
    guest = address("guest")
    token = await invite(api, team, guest)
    head, payload, signature = token.split(".")

    for forged in ("", "x", f"{head}.{payload}.{signature[::-1]}", f"{head}.{payload}."):
        assert await accept(api, forged, guest) == ["INVITATION_INVALID"]


async def test_the_same_key_gives_the_same_link(api: Api) -> None:
    team = await World(api).team()
    given = {"organizationId": team.id, "email": address("guest"), "role": "STAFF", "idempotencyKey": "invite-1"}

    first = await World(api).do(INVITE, "inviteMember", team.owner, **given)
    again = await World(api).do(INVITE, "inviteMember", team.owner, **given)

    assert first["invitation"]["link"] == again["invitation"]["link"]


async def test_a_manager_invites_staff_only(api: Api) -> None:
    team = await World(api).team()
    given = {"organizationId": team.id, "email": address("guest"), "role": "MANAGER"}

    answer = await api.run(INVITE, {"input": given}, by=team.manager)

    assert answer.problems("inviteMember") == ["ROLE_NOT_GRANTABLE"]
    assert await invite(api, team, address("guest"), by=team.manager)


async def test_a_member_is_not_invited_again(api: Api) -> None:
    team = await World(api).team()
    given = {"organizationId": team.id, "email": team.staff.upper(), "role": "STAFF"}

    answer = await api.run(INVITE, {"input": given}, by=team.owner)

    assert answer.problems("inviteMember") == ["ALREADY_MEMBER"]


async def test_the_last_owner_can_neither_leave_nor_step_down(api: Api) -> None:
    team = await World(api).team()
    owner = await owner_membership(api, team)

    left = await api.run(REMOVE, {"input": {"id": owner}}, by=team.owner)
    stepped = await api.run(CHANGE_ROLE, {"input": {"id": owner, "role": "STAFF"}}, by=team.owner)

    assert left.problems("removeMember") == ["LAST_OWNER"]
    assert stepped.problems("changeMemberRole") == ["LAST_OWNER"]


async def test_an_owner_can_leave_once_there_is_another(api: Api) -> None:
    team = await World(api).team()
    owner = await owner_membership(api, team)
    promoted = {"id": team.memberships["MANAGER"], "role": "OWNER"}
    await World(api).do(CHANGE_ROLE, "changeMemberRole", team.owner, **promoted)

    left = await api.run(REMOVE, {"input": {"id": owner}}, by=team.owner)

    assert left.problems("removeMember") == []


async def test_staff_may_leave_but_send_nobody_away(api: Api) -> None:
    team = await World(api).team()

    sent = await api.run(REMOVE, {"input": {"id": team.memberships["MANAGER"]}}, by=team.staff)
    left = await api.run(REMOVE, {"input": {"id": team.memberships["STAFF"]}}, by=team.staff)

    assert sent.codes == ["FORBIDDEN"]
    assert left.problems("removeMember") == []


async def test_a_role_ends_with_the_membership(api: Api) -> None:
    team = await World(api).team()
    await World(api).do(REMOVE, "removeMember", team.owner, id=team.memberships["MANAGER"])

    answer = await api.run(MEMBERS, {"id": team.id}, by=team.manager)

    assert answer.codes == ["FORBIDDEN"]
