"""Hostile and broken input: stored as the text it is or refused with a code, and never an answer of the 500s."""

import base64
import json
from typing import Any
from uuid import uuid4

import pytest

from schema import ids
from tests.api import Api
from tests.commands import attempt, change, codes, document
from tests.schema.raw import coded, send
from tests.world import World, address

SQL = "Robert'); DROP TABLE events; --"
HTML = "<img src=x onerror=alert(1)> & <b>bold</b>"
NUL = "before\x00after"
SURROGATE = "before\ud800after"
UNSTORABLE = pytest.mark.parametrize("text", [NUL, SURROGATE], ids=["nul", "surrogate"])


# --- SQL and HTML ---------------------------------------------------------------------------------------------------


async def test_sql_in_a_title_is_a_title(api: Api) -> None:
    world = World(api)
    team = await world.team()

    event = await world.event(team, title=SQL, category=SQL[:60], summary=SQL, tags=["';--"])

    seen = await api.run("query ($id: ID!) { event(id: $id) { title summary tags } }", {"id": event.id})
    assert seen.data["event"] == {"title": SQL, "summary": SQL, "tags": ["';--"]}


@pytest.mark.parametrize(
    "search", [SQL, "a' OR '1'='1", "%", "_", "\\", "& | ! ( ) : * <->", "''", "\u202e", "🎷" * 500]
)
async def test_search_for_anything_finds_or_finds_nothing(api: Api, search: str) -> None:
    document = "query ($search: String) { events(filter: { search: $search, city: $search }) { totalCount } }"

    answer = await api.run(document, {"search": search})

    assert answer.data["events"]["totalCount"] == 0


async def test_html_in_plain_text_is_kept_as_text(api: Api) -> None:
    world = World(api)
    team = await world.team()

    event = await world.event(team, title=HTML, summary=HTML)

    seen = await api.run("query ($id: ID!) { event(id: $id) { title summary slug } }", {"id": event.id})
    assert seen.data["event"]["title"] == HTML
    assert seen.data["event"]["summary"] == HTML
    assert "<" not in seen.data["event"]["slug"]


@pytest.mark.parametrize(
    "description",
    [
        HTML,
        "<SCRIPT>alert(1)</SCRIPT>",
        "</div>",
        "<!-- hidden -->",
        "<?php echo 1 ?>",
        "[click](javascript:alert(1))",
        "[click](\tJaVaScRiPt:alert(1))",
        "[click](data:text/html;base64,eA==)",
    ],
)
async def test_html_in_markdown_is_refused(api: Api, description: str) -> None:
    owner = address("owner")

    assert await codes(api, owner, "createOrganization", name="Club", description=description) == ["HTML_NOT_ALLOWED"]


async def test_markdown_may_talk_about_html(api: Api) -> None:
    description = "Write `<b>` or:\n```\n<script>\n```\nand 3 < 4, a <3 b."

    payload = await change(
        api,
        address("owner"),
        "createOrganization",
        "organization { description }",
        name="Club",
        description=description,
    )

    assert payload["organization"]["description"] == description


# --- Characters that PostgreSQL cannot store -------------------------------------------------------------------------


@UNSTORABLE
@pytest.mark.parametrize(
    "query",
    [
        "query ($text: String!) { events(filter: { search: $text }) { totalCount } }",
        "query ($text: String!) { events(filter: { city: $text }) { totalCount } }",
        "query ($text: String!) { events(filter: { country: $text }) { totalCount } }",
        "query ($text: String!) { events(filter: { category: [$text] }) { totalCount } }",
        "query ($text: String!) { events(after: $text) { totalCount } }",
        "query ($text: String!) { events(before: $text) { totalCount } }",
        "query ($text: String!) { event(slug: $text) { id } }",
        "query ($text: String!) { organization(slug: $text) { id } }",
        "query ($text: ID!) { event(id: $text) { id } }",
        "query ($text: ID!) { node(id: $text) { id } }",
        "query ($text: ID!) { nodes(ids: [$text]) { id } }",
        "query ($text: ID!) { user(id: $text) { id } }",
        "query ($text: ID!) { events(filter: { organizationId: $text }) { totalCount } }",
        "query ($text: DateTime!) { events(filter: { startsAfter: $text }) { totalCount } }",
        "query ($text: EventOrder!) { events(orderBy: $text) { totalCount } }",
        "query ($text: [EventStatus!]!) { events(filter: { status: $text }) { totalCount } }",
        "query ($text: Int!) { events(first: $text) { totalCount } }",
    ],
)
async def test_unstorable_characters_in_a_question_are_bad_input(api: Api, query: str, text: str) -> None:
    response = await send(api, query, {"text": text})

    assert coded(response) == ["BAD_USER_INPUT"]


@UNSTORABLE
@pytest.mark.parametrize(
    ("mutation", "given"),
    [
        ("createOrganization", {"name": "{text}"}),
        ("createOrganization", {"name": "Club", "slug": "{text}"}),
        ("createOrganization", {"name": "Club", "description": "{text}"}),
        ("createOrganization", {"name": "Club", "url": "https://{text}"}),
        ("createOrganization", {"name": "Club", "idempotencyKey": "{text}"}),
        ("updateProfile", {"name": "{text}"}),
        ("updateProfile", {"locale": "{text}"}),
        ("updateProfile", {"timezone": "{text}"}),
        ("updatePreferences", {"favouriteCategories": ["{text}"]}),
        ("deactivateAccount", {"reason": "{text}"}),
        ("acceptInvitation", {"token": "{text}"}),
        ("inviteMember", {"organizationId": "{text}", "email": "x@people.example", "role": "STAFF"}),
        ("inviteMember", {"organizationId": "org_AAAAAAAAAAAAAAAAAAAAAA", "email": "{text}", "role": "STAFF"}),
        ("register", {"eventId": "{text}", "ticketTierId": "{text}"}),
        ("cancelEvent", {"id": "{text}"}),
    ],
)
async def test_unstorable_characters_in_a_command_are_refused(
    api: Api, mutation: str, given: dict[str, Any], text: str
) -> None:
    def filled(value: Any) -> Any:
        return [filled(item) for item in value] if isinstance(value, list) else value.replace("{text}", text)  # pyright: ignore[reportUnknownVariableType]

    variables = {"input": {name: filled(value) for name, value in given.items()}}
    response = await send(api, document(mutation, "__typename"), variables, by=address("guest"))

    assert response.status_code < 500, response.text
    body = response.json()
    if "errors" in body:
        assert coded(response) == ["BAD_USER_INPUT"]
    else:
        assert {problem["code"] for problem in body["data"][mutation]["problems"]} <= {
            "INVALID_TEXT",
            "INVALID",
            "INVITATION_INVALID",
        }
        assert body["data"][mutation]["problems"]


async def test_field_that_fails_leaves_what_was_done_before_it_in_the_answer(api: Api) -> None:
    document = """
    mutation ($missing: ID!) {
      done: updateProfile(input: { name: "Ada" }) { user { name } }
      failed: cancelEvent(input: { id: $missing, reason: "Rain." }) { event { id } }
      doneToo: updateProfile(input: { name: "Ada L." }) { user { name } }
    }
    """
    guest = address("guest")
    missing = ids.encode("Event", uuid4())

    answer = await api.run(document, {"missing": missing}, by=guest)

    assert answer.codes == ["NOT_FOUND"]
    assert answer.errors[0]["path"] == ["failed"]
    assert answer.body["data"] == {
        "done": {"user": {"name": "Ada"}},
        "failed": None,
        "doneToo": {"user": {"name": "Ada L."}},
    }


async def test_null_where_none_can_be_is_told_in_the_words_of_the_schema(api: Api) -> None:
    document = "mutation ($name: String) { updateProfile(input: { name: $name }) { user { name } } }"

    answer = await api.run(document, {"name": None}, by=address("guest"))

    assert answer.codes == ["BAD_USER_INPUT"]
    assert "Maybe" not in answer.errors[0]["message"]
    assert "null" in answer.errors[0]["message"]


@UNSTORABLE
@pytest.mark.parametrize("verb", ["submit", "archive", "update"])
async def test_unstorable_characters_in_a_reason_are_refused(api: Api, verb: str, text: str) -> None:
    world = World(api)
    team = await world.team()
    event = await world.event(team, published=False)

    variables = {"input": {"id": event.id, "reason": text}}
    response = await send(api, document(f"{verb}Event", "event { version }"), variables, by=team.manager)

    assert response.status_code < 500, response.text
    body = response.json()
    if "errors" in body:
        assert coded(response) == ["BAD_USER_INPUT"]
    else:
        [problem] = body["data"][f"{verb}Event"]["problems"]
        assert (problem["code"], problem["path"]) == ("INVALID_TEXT", ["reason"])


@UNSTORABLE
async def test_unstorable_characters_in_a_document_are_bad_input(api: Api, text: str) -> None:
    for query in (f'{{ event(slug: "{text}") {{ id }} }}', f"{{ {text} }}", f"# {text}\n{{ nothing }}"):
        assert set(coded(await send(api, query, {}))) == {"BAD_USER_INPUT"}


async def test_emoji_and_other_scripts_are_kept(api: Api) -> None:
    name = "Кавчёва 茶会 👩‍👩‍👧 ǆ"

    payload = await change(api, address("guest"), "updateProfile", "user { name }", name=name)

    assert payload["user"]["name"] == name


# --- Values of the wrong kind -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query",
    [
        '{ event(id: "evt_zzz") { id } }',
        '{ event(id: "") { id } }',
        '{ event(id: "org_AAAAAAAAAAAAAAAAAAAAAA") { id } }',
        '{ node(id: "nope") { id } }',
        '{ node(id: "evt_AAAAAAAAAAAAAAAAAAAAAB") { id } }',
        "{ event { id } }",
        '{ event(id: "evt_AAAAAAAAAAAAAAAAAAAAAA", slug: "x") { id } }',
        '{ events(after: "x") { totalCount } }',
        '{ events(after: "WyJhIiwiYiJd") { totalCount } }',
        '{ events(after: "W1siYSJdLCJiIiwiYyJd") { totalCount } }',
        "{ events(first: 501) { totalCount } }",
        "{ events(first: -1) { totalCount } }",
        "{ events(first: 1, last: 1) { totalCount } }",
        "{ events(first: 99999999999) { totalCount } }",
        "{ events(orderBy: RELEVANCE) { edges { cursor } } }",
        "{ events(orderBy: NOPE) { totalCount } }",
        '{ events(filter: { startsAfter: "yesterday" }) { totalCount } }',
        '{ events(filter: { startsAfter: "2026-13-45T00:00:00Z" }) { totalCount } }',
        '{ events(filter: { startsAfter: "2026-01-01T00:00:00" }) { totalCount } }',
        '{ events(filter: { startsAfter: "0001-01-01T00:00:00+14:00" }) { totalCount } }',
        "{ nothing }",
        "{ viewer",
        '{ event(slug: "\\ud800") { id } }',
        "query ($id: ID!) { event(id: $id) { id } }",
        "{ ...F } fragment F on Query { ...F }",
        "subscription { nothing }",
    ],
)
async def test_malformed_question_is_bad_input(api: Api, query: str) -> None:
    answer = await api.run(query)

    assert set(answer.codes) == {"BAD_USER_INPUT"}
    assert answer.status < 500


@pytest.mark.parametrize(
    ("order", "key", "row_id"),
    [
        ("STARTS_AT_ASC", "not a time", "00" * 16),
        ("STARTS_AT_ASC", "2026-11-23T12:00:00+00:00", "not an id"),
        ("STARTS_AT_ASC", "99999999-01-01T00:00:00+00:00", "00" * 16),
        ("STARTS_AT_ASC", "", ""),
        ("TITLE_ASC", "a\x00b", "00" * 16),
        ("TITLE_ASC", "a\ud800b", "00" * 16),
        ("CREATED_AT_DESC", "infinity", "00" * 16),
    ],
)
async def test_forged_cursor_is_bad_input_or_an_empty_page(api: Api, order: str, key: str, row_id: str) -> None:
    forged = base64.urlsafe_b64encode(json.dumps([order, key, row_id]).encode()).decode().rstrip("=")
    query = (
        "query ($after: String!, $order: EventOrder!) { events(after: $after, orderBy: $order) { edges { cursor } } }"
    )

    answer = await api.run(query, {"after": forged, "order": order})

    assert answer.status < 500
    assert answer.codes in ([], ["BAD_USER_INPUT"]), answer.body


@pytest.mark.parametrize("key", ["", " ", "k" * 256, "k\x00", "two\nlines"])
async def test_idempotency_key_that_cannot_be_kept_is_refused(api: Api, key: str) -> None:
    answer = await attempt(api, address("owner"), "createOrganization", "__typename", name="Club", idempotencyKey=key)

    [problem] = answer.data["createOrganization"]["problems"]
    assert problem["path"] == ["idempotencyKey"]
    assert problem["code"] in {"REQUIRED", "TOO_LONG", "INVALID_TEXT"}
