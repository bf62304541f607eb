"""Refusals are counted where no client looks, and leave no trace anywhere else."""

from collections.abc import AsyncGenerator
from uuid import UUID, uuid4

import pytest

from domain.permissions import ROOT_FIELDS
from schema.ids import decode, encode
from tests.schema.cast import Cast, acting

UPDATE = "mutation ($input: UpdateEventInput!) { updateEvent(input: $input) { problems { code } } }"
REFUSALS = {"published": "FORBIDDEN", "draft": "NOT_FOUND"}


@pytest.fixture
async def cast(
    fresh_database_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Cast]:
    async with acting(fresh_database_url, redis_url, tmp_path_factory.mktemp("cast")) as on_stage:
        yield on_stage


def key(global_id: str) -> UUID:
    return decode(global_id).key[0]


async def denials(cast: Cast) -> list[tuple[str, UUID, int]]:
    """Action, object and count of everything that was refused to the stranger."""
    counted = """
SELECT denied.action, denied.object_id, denied.denials FROM access_denials AS denied
JOIN users AS account ON account.id = denied.actor_id WHERE account.email = $1 ORDER BY denied.action, denied.object_id
"""
    rows = await cast.sql(counted, cast.people["stranger"])
    return [(row["action"], row["object_id"], row["denials"]) for row in rows]


async def traces(cast: Cast) -> list[tuple[object, ...]]:
    """Everything that a change would leave behind."""
    rows = await cast.sql("""
SELECT 'journal' AS place, count(*)::text AS content FROM journal
UNION ALL SELECT 'private', count(*)::text FROM journal_private
UNION ALL SELECT 'keys', count(*)::text FROM idempotency_keys
UNION ALL SELECT 'heads', string_agg(event_id || ':' || stream_version, ',' ORDER BY event_id) FROM event_heads
UNION ALL SELECT 'events', string_agg(id || ':' || version || title, ',' ORDER BY id) FROM events
UNION ALL SELECT 'teams', string_agg(id || ':' || version || ':' || stream_version, ',' ORDER BY id) FROM organizations
UNION ALL SELECT 'users', string_agg(id || ':' || version || ':' || stream_version, ',' ORDER BY id) FROM users
ORDER BY place
""")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(("target", "code"), REFUSALS.items())
async def test_a_refusal_is_counted_and_changes_nothing(cast: Cast, target: str, code: str) -> None:
    before = await traces(cast)
    given = {"id": cast.ids[target], "title": "Taken over", "idempotencyKey": str(uuid4())}

    answer = await cast.api.run(UPDATE, {"input": given}, by=cast.people["stranger"])

    assert answer.codes == [code]
    assert await denials(cast) == [(ROOT_FIELDS["updateEvent"].value, key(cast.ids[target]), 1)]
    assert await traces(cast) == before


async def test_repeated_refusals_are_added_up_in_one_row(cast: Cast) -> None:
    given = {"input": {"id": cast.ids["published"], "title": "Taken over"}}
    written = 0
    for _ in range(5):
        answer = await cast.api.run(UPDATE, given, by=cast.people["stranger"])
        written += sum("access_denials" in statement for statement in answer.sql)
    cast.api.clock.advance(seconds=11)
    await cast.api.run(UPDATE, given, by=cast.people["stranger"])

    assert await denials(cast) == [(ROOT_FIELDS["updateEvent"].value, key(cast.ids["published"]), 6)]
    assert written == 1, "a flood costs one write every ten seconds"


async def test_a_walk_through_unknown_ids_costs_a_bounded_number_of_rows(cast: Cast) -> None:
    aliases = " ".join(
        f'a{number}: updateEvent(input: {{id: "{encode("Event", uuid4())}"}}) {{ problems {{ code }} }}'
        for number in range(50)
    )

    answer = await cast.api.run(f"mutation {{ {aliases} }}", by=cast.people["stranger"])

    assert set(answer.codes) == {"NOT_FOUND"}
    assert 1 <= len(await denials(cast)) <= 31


async def test_a_guarded_field_is_counted_like_a_command(cast: Cast) -> None:
    document = "query ($id: ID!) { event(id: $id) { registrations { totalCount } } }"

    answer = await cast.api.run(document, {"id": cast.ids["published"]}, by=cast.people["stranger"])

    assert answer.codes == ["FORBIDDEN"]
    assert await denials(cast) == [("event.view_registrations", key(cast.ids["published"]), 1)]


async def test_what_was_allowed_is_not_counted(cast: Cast) -> None:
    given = {"id": cast.ids["published"], "expectedVersion": 999}

    answer = await cast.api.run(UPDATE, {"input": given}, by=cast.people["owner"])

    assert answer.problems("updateEvent") == ["VERSION_CONFLICT"]
    assert await cast.sql("SELECT FROM access_denials") == []


async def test_refusals_show_in_no_history_of_the_object(cast: Cast) -> None:
    document = "query ($id: ID!) { event(id: $id) { version capacityStatus { version } history { totalCount } } }"
    before = await cast.api.run(document, {"id": cast.ids["published"]}, by=cast.people["owner"])
    for actor in ("attendee", "staff", "stranger", "analyst"):
        refused = {"id": cast.ids["published"], "title": "Taken over"}
        assert (await cast.api.run(UPDATE, {"input": refused}, by=cast.people[actor])).codes == ["FORBIDDEN"]

    after = await cast.api.run(document, {"id": cast.ids["published"]}, by=cast.people["owner"])

    assert after.data == before.data
