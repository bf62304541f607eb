"""Organizations: founding and editing them."""

from typing import Any

from tests.api import Api
from tests.commands import attempt, change, codes, refusals
from tests.world import World, address

WHOLE = "organization { id slug name description url version viewerCan }"


async def found(api: Api, by: str, **details: Any) -> dict[str, Any]:
    return (await change(api, by, "createOrganization", WHOLE, **{"name": "Klub Žabar", **details}))["organization"]


async def test_founder_owns_what_was_founded(api: Api) -> None:
    owner = address("owner")

    made = await found(api, owner, description="We *play*.", url="https://club.example/")

    assert made["slug"].startswith("klub-zabar-")
    assert (made["description"], made["url"], made["version"]) == ("We *play*.", "https://club.example/", 1)
    assert "CHANGE_MEMBER_ROLE" in made["viewerCan"]
    seen = await api.run("{ viewer { memberships { role organization { id } } } }", by=owner)
    assert seen.data["viewer"]["memberships"] == [{"role": "OWNER", "organization": {"id": made["id"]}}]


async def test_edit_changes_what_was_sent_and_nothing_else(api: Api) -> None:
    owner = address("owner")
    made = await found(api, owner, description="Old.", url="https://club.example/")

    edited = await change(api, owner, "updateOrganization", WHOLE, id=made["id"], description=None)

    assert edited["organization"] == {**made, "description": None, "version": 2}


async def test_edit_that_changes_nothing_is_no_edit(api: Api) -> None:
    owner = address("owner")
    made = await found(api, owner)

    given = {"id": made["id"], "name": made["name"], "slug": made["slug"]}
    edited = await change(api, owner, "updateOrganization", WHOLE, **given)

    assert edited["organization"] == made


async def test_problems_are_told_at_once_and_leave_nothing_behind(api: Api) -> None:
    owner = address("owner")

    problems = await refusals(
        api, owner, "createOrganization", name="", slug="-x-", description="<b>", url="https://user:secret@x.example"
    )

    assert {(problem["code"], *problem["path"]) for problem in problems} == {
        ("REQUIRED", "name"),
        ("INVALID", "slug"),
        ("HTML_NOT_ALLOWED", "description"),
        ("INVALID", "url"),
    }
    seen = await api.run("{ viewer { memberships { role } } }", by=owner)
    assert seen.data["viewer"]["memberships"] == []


async def test_slug_is_taken_once(api: Api) -> None:
    slug = address("club").partition("@")[0]
    await found(api, address("owner"), slug=slug)
    other = await found(api, address("owner"))

    assert await codes(api, address("owner"), "createOrganization", name="Other", slug=slug) == ["SLUG_TAKEN"]
    seen = await api.run("query ($slug: String!) { organization(slug: $slug) { id } }", {"slug": slug})
    assert seen.data["organization"]["id"] != other["id"]


async def test_managers_edit_the_page_only_if_their_role_says_so(api: Api) -> None:
    team = await World(api).team()
    document = "query ($id: ID!) { organization(id: $id) { viewerCan } }"

    for by in (team.owner, team.manager, team.staff):
        can = (await api.run(document, {"id": team.id}, by=by)).data["organization"]["viewerCan"]
        answer = await attempt(api, by, "updateOrganization", "organization { id }", id=team.id, name=f"By {by}"[:50])
        assert answer.codes == ([] if "UPDATE" in can else ["FORBIDDEN"]), by


async def test_two_changes_in_one_document_see_each_other(api: Api) -> None:
    document = """
    mutation {
      first: createOrganization(input: { name: "One" }) { organization { id } problems { code } }
      second: createOrganization(input: { name: "" }) { organization { id } problems { code } }
      third: createOrganization(input: { name: "Three" }) { organization { viewerCan } problems { code } }
    }
    """
    owner = address("owner")

    answer = await api.run(document, by=owner)

    assert answer.data["second"] == {"organization": None, "problems": [{"code": "REQUIRED"}]}
    assert "UPDATE" in answer.data["third"]["organization"]["viewerCan"]
    seen = await api.run("{ viewer { memberships { role } } }", by=owner)
    assert len(seen.data["viewer"]["memberships"]) == 2
