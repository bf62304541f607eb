"""Imports as managers start and watch them: queued, run beside the server, told row by row, and taken over."""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from bilten.imports import worker
from bilten.imports.worker import import_next
from db.database import Database, connect
from db.imports import claim_import
from domain.imports.jobs import LEASE, OPEN_LIMIT
from tests.api import Api, Clock
from tests.commands import codes
from tests.imports import fetch
from tests.waiting import eventually
from tests.world import Team, World

IMPORT = """
id status dryRun publish format fileName timezone failure createdAt startedAt finishedAt
organization { id } startedBy { email } counts { created updated unchanged rejected }
results(first: 100) { totalCount edges { node { row outcome code field message notes title event { title status } } } }
"""
START = (
    "mutation ($input: StartImportInput!)"
    f" {{ startImport(input: $input) {{ import {{ {IMPORT} }} problems {{ code message path }} }} }}"
)
WATCH = f"query ($id: ID!) {{ node(id: $id) {{ ... on Import {{ {IMPORT} }} }} }}"
HISTORY = """
query ($id: ID!) { organization(id: $id) { history(first: 50) { edges { node { kind about data actor { email } } } } } }
"""


def lines(*rows: dict[str, Any]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def talk(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": f"talk-{number}",
        "title": f"Invented talk {number}",
        "startsAt": "2027-04-30T18:00",
        "endsAt": "2027-04-30T19:00",
        "timezone": "Europe/Ljubljana",
        "online": True,
        **changes,
    }


async def start(api: Api, team: Team, content: str, /, **given: Any) -> dict[str, Any]:
    made = await World(api).do(
        START, "startImport", team.manager, organizationId=team.id, content=content, **{"format": "JSONL", **given}
    )
    return made["import"]


async def watch(api: Api, import_id: str, by: str) -> dict[str, Any]:
    return (await api.run(WATCH, {"id": import_id}, by=by)).data["node"]


async def finished(api: Api, started: dict[str, Any], by: str) -> dict[str, Any]:
    """The import at its end, as whoever polls sees it."""

    async def is_finished() -> bool:
        return (await watch(api, started["id"], by))["finishedAt"] is not None

    await eventually(is_finished, within=60, what="the end of the import")
    return await watch(api, started["id"], by)


def results(done: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in done["results"]["edges"]]


async def test_an_import_is_queued_runs_and_tells_of_each_row(fresh_api: Api) -> None:
    team = await World(fresh_api).team()
    content = lines(talk(1), talk(2, title=""), talk(3))

    started = await start(fresh_api, team, content, fileName="talks.jsonl", publish=True)
    done = await finished(fresh_api, started, team.manager)

    assert (started["status"], started["counts"]["created"], started["results"]["totalCount"]) == ("QUEUED", 0, 0)
    assert (done["status"], done["failure"], done["fileName"]) == ("SUCCEEDED", None, "talks.jsonl")
    assert done["counts"] == {"created": 2, "updated": 0, "unchanged": 0, "rejected": 1}
    assert done["startedBy"] == {"email": team.manager}
    found = {result["row"]: result for result in results(done)}
    assert (found[2]["code"], found[2]["field"], found[2]["event"]) == ("REQUIRED", "title", None)
    assert [found[row]["event"] for row in (1, 3)] == [
        {"title": f"Invented talk {row}", "status": "PUBLISHED"} for row in (1, 3)
    ]


async def test_the_history_tells_who_imported_what(fresh_api: Api) -> None:
    team = await World(fresh_api).team()
    started = await start(fresh_api, team, lines(talk(1)))
    await finished(fresh_api, started, team.owner)

    answer = await fresh_api.run(HISTORY, {"id": team.id}, by=team.manager)

    told = [edge["node"] for edge in answer.data["organization"]["history"]["edges"]][:2]
    assert [(line["kind"], line["about"], line["actor"]) for line in told] == [
        ("ImportFinished", started["id"], {"email": team.manager}),
        ("ImportStarted", started["id"], {"email": team.manager}),
    ]
    assert told[0]["data"] == {
        "status": "SUCCEEDED",
        "dry_run": False,
        "failure": None,
        "created": 1,
        "updated": 0,
        "unchanged": 0,
        "rejected": 0,
    }


async def test_events_stay_drafts_unless_they_are_to_be_published(fresh_api: Api) -> None:
    team = await World(fresh_api).team()

    done = await finished(fresh_api, await start(fresh_api, team, lines(talk(1))), team.manager)

    assert results(done)[0]["event"]["status"] == "DRAFT"


async def test_the_same_file_again_changes_nothing_and_another_changes_what_differs(fresh_api: Api) -> None:
    team = await World(fresh_api).team()
    await finished(fresh_api, await start(fresh_api, team, lines(talk(1), talk(2))), team.manager)

    again = await finished(fresh_api, await start(fresh_api, team, lines(talk(1), talk(2, title="New"))), team.manager)

    assert [result["outcome"] for result in results(again)] == ["UNCHANGED", "UPDATED"]
    assert again["counts"] == {"created": 0, "updated": 1, "unchanged": 1, "rejected": 0}


async def test_a_dry_run_says_what_would_come_and_brings_nothing(fresh_api: Api) -> None:
    team = await World(fresh_api).team()

    done = await finished(fresh_api, await start(fresh_api, team, lines(talk(1)), dryRun=True), team.manager)

    assert [(result["outcome"], result["event"]) for result in results(done)] == [("CREATED", None)]
    query = "query ($id: ID!) { organization(id: $id) { events { totalCount } } }"
    answer = await fresh_api.run(query, {"id": team.id}, by=team.manager)
    assert answer.data["organization"]["events"]["totalCount"] == 0


async def test_tables_and_calendars_come_with_their_mapping_and_zone(fresh_api: Api) -> None:
    team = await World(fresh_api).team()
    table = await start(
        fresh_api,
        team,
        "What;From;To\nTalk;2027-04-30T18:00;2027-04-30T19:00\n",
        format="CSV",
        mapping={"title": "What", "startsAt": "From", "endsAt": "To", "online": {"value": True}},
        timezone="Asia/Tokyo",
    )
    calendar = await start(
        fresh_api,
        team,
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:Weekly\r\n"
        "DTSTART:20270430T180000Z\r\nDTEND:20270430T190000Z\r\nRRULE:FREQ=WEEKLY;COUNT=3\r\nEND:VEVENT\r\n"
        "END:VCALENDAR\r\n",
        format="ICALENDAR",
    )

    done = [await finished(fresh_api, started, team.manager) for started in (table, calendar)]

    assert [one["counts"]["created"] for one in done] == [1, 3]


async def test_a_file_that_cannot_be_read_fails_with_its_reason(fresh_api: Api) -> None:
    team = await World(fresh_api).team()

    done = await finished(fresh_api, await start(fresh_api, team, "nonsense", format="ICALENDAR"), team.manager)

    assert done["status"] == "FAILED"
    assert done["failure"].startswith("FILE_BROKEN: ")


async def test_an_import_of_too_many_rows_is_refused_as_a_whole(fresh_api: Api) -> None:
    team = await World(fresh_api).team()

    done = await finished(fresh_api, await start(fresh_api, team, "{}\n" * 10_001), team.manager)

    assert (done["status"], done["results"]["totalCount"]) == ("FAILED", 0)
    assert done["failure"].startswith("TOO_MANY_ROWS: ")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"content": " \n"}, ["REQUIRED"]),
        ({"content": "a\0b"}, ["INVALID_TEXT"]),
        ({"timezone": "Mars/Olympus"}, ["INVALID"]),
        ({"mapping": {"nonsense": "x"}}, ["INVALID"]),
        ({"mapping": "text"}, ["INVALID"]),
        ({"fileName": "x" * 201}, ["TOO_LONG"]),
    ],
)
async def test_a_start_that_makes_no_sense_is_refused(api: Api, given: dict[str, Any], expected: list[str]) -> None:
    team = await World(api).team()
    sent = {"format": "CSV", "content": "title\n", **given}

    assert await codes(api, team.manager, "startImport", organizationId=team.id, **sent) == expected


async def test_the_same_key_starts_one_import(api: Api) -> None:
    team = await World(api).team()

    first, second = [await start(api, team, lines(talk(1)), idempotencyKey="once") for _ in range(2)]

    assert first["id"] == second["id"]


class Paused:
    """An application whose imports nobody runs, so that a test can."""

    def __init__(self, api: Api, database: Database) -> None:
        self.api = api
        self.database = database


@pytest.fixture
async def paused(fresh_api: Api, fresh_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The application, with its own import task cancelled."""
    [task] = [task for task in asyncio.all_tasks() if task.get_name() == "imports"]
    task.cancel()
    await asyncio.wait([task])
    monkeypatch.setattr(worker, "BATCH", 2)
    database = await connect(fresh_database_url, pool_size=4)
    yield Paused(fresh_api, database)
    await database.close()


async def test_an_organization_may_have_so_many_open_imports(paused: Paused) -> None:
    team = await World(paused.api).team()
    for _ in range(OPEN_LIMIT):
        await start(paused.api, team, "{}")

    assert await codes(
        paused.api, team.manager, "startImport", organizationId=team.id, format="CSV", content="title"
    ) == ["TOO_MANY_IMPORTS"]


async def test_processes_that_look_for_work_share_it(paused: Paused, clock: Clock) -> None:
    team = await World(paused.api).team()
    started = [await start(paused.api, team, lines(talk(number))) for number in range(4)]

    found = await asyncio.gather(*(import_next(paused.database, clock) for _ in range(6)))

    assert sorted(found) == [False, False, True, True, True, True]
    done = [await watch(paused.api, one["id"], team.manager) for one in started]
    assert [one["counts"]["created"] for one in done] == [1, 1, 1, 1]


async def test_a_silent_process_loses_its_import_and_another_goes_on_behind_its_last_batch(
    paused: Paused, clock: Clock, fresh_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = await World(paused.api).team()
    started = await start(paused.api, team, lines(talk(1), {}, *(talk(number) for number in range(2, 8))))
    real, calls = worker.import_batch, 0

    async def dies_in_the_third(*given: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 3:
            # The process is gone: nothing of it is left to run, not even what would give the import back.
            raise SystemExit
        return await real(*given)

    monkeypatch.setattr(worker, "import_batch", dies_in_the_third)
    with pytest.raises(SystemExit):
        await import_next(paused.database, clock)
    monkeypatch.setattr(worker, "import_batch", real)
    half = await watch(paused.api, started["id"], team.manager)
    assert (half["status"], half["counts"]["created"], half["counts"]["rejected"]) == ("RUNNING", 4, 1)
    assert await import_next(paused.database, clock) is False

    clock.now += LEASE + timedelta(seconds=1)
    assert await import_next(paused.database, clock) is True

    done = await watch(paused.api, started["id"], team.manager)
    assert (done["status"], done["counts"]) == (
        "SUCCEEDED",
        {"created": 7, "updated": 0, "unchanged": 0, "rejected": 1},
    )
    rows = [result["row"] for result in results(done)]
    assert sorted(rows) == list(range(1, 9))
    [count] = await fetch(fresh_database_url, "SELECT count(*) AS events FROM events")
    assert count["events"] == 7


async def test_a_process_that_wakes_up_too_late_writes_nothing(
    paused: Paused, clock: Clock, fresh_database_url: str
) -> None:
    team = await World(paused.api).team()
    started = await start(paused.api, team, lines(talk(1)))
    job = await claim_import(paused.database, clock())
    assert job is not None
    late = worker._Run(paused.database, clock, job, worker.RandomSource())  # pyright: ignore[reportPrivateUsage]
    clock.now += LEASE + timedelta(seconds=1)
    await import_next(paused.database, clock)

    with pytest.raises(worker._TakenOver):  # pyright: ignore[reportPrivateUsage]
        await late.to_its_end()

    done = await watch(paused.api, started["id"], team.manager)
    assert (done["status"], done["counts"]["created"], done["counts"]["unchanged"]) == ("SUCCEEDED", 1, 0)
    [count] = await fetch(fresh_database_url, "SELECT count(*) AS events FROM events")
    assert count["events"] == 1


async def test_results_are_paged_from_either_end_and_by_outcome(paused: Paused, clock: Clock) -> None:
    team = await World(paused.api).team()
    started = await start(paused.api, team, lines(*(talk(number) for number in range(5)), {}))
    await import_next(paused.database, clock)
    document = """
    query ($id: ID!, $after: String) { import(id: $id) {
      first: results(first: 3, after: $after) { edges { node { row } } pageInfo { endCursor hasNextPage } }
      last: results(last: 2) { edges { node { row } } }
      rejected: results(outcome: [REJECTED]) { totalCount edges { node { row code } } }
    } }
    """

    async def page(after: str | None) -> dict[str, Any]:
        return (await paused.api.run(document, {"id": started["id"], "after": after}, by=team.manager)).data["import"]

    one = await page(None)
    two = await page(one["first"]["pageInfo"]["endCursor"])

    def numbers(found: dict[str, Any]) -> Sequence[int]:
        return [edge["node"]["row"] for edge in found["edges"]]

    # What is no event at all is told first, since it is known before anything is written.
    assert (numbers(one["first"]), numbers(two["first"])) == ([6, 1, 2], [3, 4, 5])
    assert numbers(one["last"]) == [4, 5]
    assert (one["rejected"]["totalCount"], numbers(one["rejected"])) == (1, [6])


async def test_longer_lists_take_no_more_statements(paused: Paused, clock: Clock) -> None:
    team = await World(paused.api).team()
    for number in range(3):
        await start(paused.api, team, lines(*(talk(10 * number + each) for each in range(5))))
        await import_next(paused.database, clock)
    document = """
    query ($id: ID!, $first: Int!) { organization(id: $id) { imports(first: $first) { totalCount edges { node {
      status counts { created } organization { name } startedBy { name }
      results(first: $first) { edges { node { row outcome event { title venue { name } } } } } } } } } }
    """

    few, many = [await paused.api.run(document, {"id": team.id, "first": size}, by=team.manager) for size in (1, 50)]

    assert len(many.data["organization"]["imports"]["edges"]) == 3
    assert str(many.data).count("'row': ") == 15
    assert len(many.sql) <= len(few.sql) <= 8


async def test_content_is_gone_when_the_import_is_done(paused: Paused, clock: Clock, fresh_database_url: str) -> None:
    team = await World(paused.api).team()
    await start(paused.api, team, lines(talk(1)))
    await import_next(paused.database, clock)

    connection = await asyncpg.connect(fresh_database_url)
    try:
        assert await connection.fetchval("SELECT content IS NULL FROM imports") is True
    finally:
        await connection.close()
