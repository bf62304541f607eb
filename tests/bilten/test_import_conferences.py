"""Lists of conferences from files to events: once, again, changed, broken, and two at a time."""

import asyncio
import json
import os
import random
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from bilten.imports.command import ImportIsRunning, RowsWereRejected
from bilten.imports.report import ReportIsUnwritable
from db.database import connect
from db.users import Identity, recognise
from domain import errors
from tests.conftest import Services, create_database, drop_database
from tests.imports import conference, fetch, import_all, outcomes, told, write_year

REAL = os.environ.get("BILTEN_CONFERENCES")


async def test_rows_become_events_with_organizations_and_venues(fresh_database_url: str, tmp_path: Path) -> None:
    source = write_year(
        tmp_path / "in",
        {"rust": [conference(0), conference(4)], "zig": [conference(0), conference(1)]},
    )

    lines = await import_all(fresh_database_url, tmp_path, source)

    assert outcomes(lines) == ["CREATED"] * 4
    assert [(line["file"], line["row"], line.get("mergedInto")) for line in lines] == [
        ("2027/rust.json", 1, None),
        ("2027/zig.json", 1, "2027/rust.json:1"),
        ("2027/rust.json", 2, None),
        ("2027/zig.json", 2, None),
    ]
    events, counts = await told(fresh_database_url)
    assert counts == {"events": 3, "organizations": 2, "venues": 2, "lines": 11, "links": 7, "users": 1}
    first = events[0]
    assert (first["category"], first["tags"], first["status"]) == ("rust", ["rust", "zig"], "PUBLISHED")
    assert (first["organization"], first["host"], first["home"]) == (
        "host-0-example",
        "host-0.example",
        "https://host-0.example",
    )
    assert (first["venue"], first["country"], first["timezone"]) == ("Ljubljana", "SI", "Europe/Ljubljana")
    assert (first["capacity"], first["slugged"], first["version"], first["stream_version"]) == (None, True, 2, 2)
    assert [event["venue"] for event in events] == ["Ljubljana", "Portland, OR", None]


async def test_the_journal_names_the_import_and_the_source(fresh_database_url: str, tmp_path: Path) -> None:
    await import_all(fresh_database_url, tmp_path, write_year(tmp_path / "in", {"rust": [conference(0)]}))

    lines = await fetch(
        fresh_database_url,
        "SELECT kind, data->>'source' AS source, u.issuer, u.subject, request_id LIKE 'import-%' AS requested "
        "FROM journal JOIN users AS u ON u.id = actor_id WHERE stream <> 'user' ORDER BY seq",
    )

    assert [line["kind"] for line in lines] == ["OrganizationCreated", "VenueCreated", "EventCreated", "EventPublished"]
    by = {(line["source"], line["issuer"], line["subject"], line["requested"]) for line in lines}
    assert by == {("conferences", "bilten", "import", True)}


async def test_nobody_signs_in_as_the_import(fresh_database_url: str, tmp_path: Path) -> None:
    await import_all(fresh_database_url, tmp_path, write_year(tmp_path / "in", {"rust": [conference(0)]}))
    [user] = await fetch(fresh_database_url, "SELECT id, created_at FROM users")

    database = await connect(fresh_database_url, pool_size=1)
    try:
        with pytest.raises(errors.Unauthenticated):
            await recognise(
                database,
                Identity("bilten", "import", None, email_verified=False, name="Import"),
                new_id=user["id"],
                request_id=None,
                now=user["created_at"],
            )
    finally:
        await database.close()


async def test_doing_it_again_writes_nothing(fresh_database_url: str, tmp_path: Path) -> None:
    source = write_year(tmp_path / "in", {"rust": [conference(number) for number in range(12)]})
    await import_all(fresh_database_url, tmp_path, source)
    before = await fetch(fresh_database_url, "SELECT xmin::text, * FROM import_links ORDER BY key")
    state = await told(fresh_database_url)

    lines = await import_all(fresh_database_url, tmp_path, source)

    assert set(outcomes(lines)) == {"UNCHANGED"}
    assert await told(fresh_database_url) == state
    assert await fetch(fresh_database_url, "SELECT xmin::text, * FROM import_links ORDER BY key") == before


async def test_only_what_the_source_changed_is_changed_and_told(fresh_database_url: str, tmp_path: Path) -> None:
    rows = [conference(0), conference(1), conference(2)]
    source = write_year(tmp_path / "in", {"rust": rows})
    await import_all(fresh_database_url, tmp_path, source)
    await fetch(fresh_database_url, "UPDATE events SET title = 'Ours' WHERE title LIKE '%Conference 1' RETURNING id")
    rows[1]["endDate"] = "2027-02-13"

    lines = await import_all(fresh_database_url, tmp_path, write_year(source, {"rust": rows}))

    assert outcomes(lines) == ["UNCHANGED", "UPDATED", "UNCHANGED"]
    [line] = await fetch(fresh_database_url, "SELECT data FROM journal WHERE kind = 'EventUpdated'")
    assert sorted(json.loads(line["data"])["changes"]) == ["ends_at", "ends_at_local"]
    [event] = await fetch(fresh_database_url, "SELECT ends_at_local::text FROM events WHERE title = 'Ours'")
    assert event["ends_at_local"] == "2027-02-14 00:00:00"


async def test_another_host_in_the_source_leaves_an_event_with_its_organization(
    fresh_database_url: str, tmp_path: Path
) -> None:
    source = write_year(tmp_path / "in", {"rust": [conference(4)]})
    await import_all(fresh_database_url, tmp_path, source)
    moved = {"rust": [conference(4, url="https://elsewhere.example/2027")]}

    await import_all(fresh_database_url, tmp_path, write_year(source, moved))

    [event], counts = await told(fresh_database_url)
    assert (event["organization"], event["url"]) == ("host-1-example", "https://elsewhere.example/2027")
    assert counts["organizations"] == 1


async def test_random_edits_and_another_run_are_as_good_as_a_fresh_import(
    fresh_database_url: str, services: Services, tmp_path: Path
) -> None:
    dice = random.Random(4)  # noqa: S311 - a test's dice, the same in every run
    rows = [conference(number) for number in range(40)]
    source = write_year(tmp_path / "in", {"rust": rows[:30], "zig": rows[20:]})
    await import_all(fresh_database_url, tmp_path, source, batch=7)
    for _ in range(3):
        for row in dice.sample(rows, 12):
            edits: list[dict[str, Any]] = [
                {"endDate": row["startDate"]},
                {"locales": f"L{dice.randrange(9)}"},
                {"cfpUrl": f"https://cfp.example/{dice.randrange(9)}"},
                {"url": f"{row['url']}/{dice.randrange(9)}"},
                {"online": True},
            ]
            row.update(dice.choice(edits))
        dice.shuffle(rows)
        source = write_year(tmp_path / "in", {"rust": rows[:30], "zig": rows[20:]})
        await import_all(fresh_database_url, tmp_path, source, batch=7)
    edited, _ = await told(fresh_database_url)

    # The same state of the source, for a database that has never seen it: everything alike but how often it changed.
    other = tmp_path / "other"
    other.mkdir()
    name = f"fresh_{uuid4().hex}"
    fresh = await create_database(services, name)
    try:
        await import_all(fresh, other, source)
        imported, _ = await told(fresh)
    finally:
        await drop_database(services, name)
    history = ("version", "stream_version")
    assert [without(event, *history) for event in edited] == [without(event, *history) for event in imported]


def without(event: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name not in names}


async def test_a_dry_run_judges_everything_and_writes_nothing(fresh_database_url: str, tmp_path: Path) -> None:
    source = write_year(tmp_path / "in", {"rust": [conference(0), conference(1, city="Atlantis"), conference(2)]})

    lines = await import_all(fresh_database_url, tmp_path, source, dry_run=True)

    assert outcomes(lines) == ["CREATED", "TIMEZONE_UNKNOWN", "CREATED"]
    _, counts = await told(fresh_database_url)
    assert counts == {"events": 0, "organizations": 0, "venues": 0, "lines": 1, "links": 0, "users": 1}


async def test_drafts_are_left_as_drafts_when_asked_for(fresh_database_url: str, tmp_path: Path) -> None:
    source = write_year(tmp_path / "in", {"rust": [conference(0)]})

    await import_all(fresh_database_url, tmp_path, source, publish=False)

    [event], _ = await told(fresh_database_url)
    assert (event["status"], event["published"], event["sales_open"]) == ("DRAFT", False, False)


async def test_each_bad_row_has_its_reason_and_costs_nobody_else(fresh_database_url: str, tmp_path: Path) -> None:
    rows = [
        conference(0),
        "a text",
        conference(1, name=7),
        conference(2, endDate="2020-01-01"),
        conference(3, name="x" * 1_000_000),
        conference(4, city=..., online=False),
        conference(5, name="مؤتمر 🎉"),
        conference(6, name="half \ud83d"),
    ]
    source = tmp_path / "in"
    write_year(source, {"rust": []})
    (source / "2027" / "rust.json").write_text(json.dumps(rows), encoding="utf-8")

    lines = await import_all(fresh_database_url, tmp_path, source)

    assert {line["row"]: line["code"] or line["outcome"] for line in lines} == {
        1: "CREATED",
        2: "WRONG_TYPE",
        3: "WRONG_TYPE",
        4: "END_BEFORE_START",
        5: "TOO_LONG",
        6: "PLACE_UNKNOWN",
        7: "CREATED",
        8: "INVALID_TEXT",
    }
    assert [line["field"] for line in sorted(lines, key=lambda line: line["row"])][2:6] == [
        "name",
        "endDate",
        "name",
        "city",
    ]
    assert all(len(json.dumps(line)) < 1_000 for line in lines)


async def test_a_broken_file_is_named_with_its_place_and_the_others_go_on(
    fresh_database_url: str, tmp_path: Path
) -> None:
    source = write_year(tmp_path / "in", {"rust": [conference(0)], "zig": [conference(1)]})
    (source / "2027" / "ada.json").write_text('[\n{"name": "A"},\n{"name": }]', encoding="utf-8")
    (source / "2027" / "cobol.json").write_bytes('[{"name": "é"}]'.encode("utf-16"))

    lines = await import_all(fresh_database_url, tmp_path, source)

    refused = [line for line in lines if line["row"] is None]
    assert [(line["file"], line["code"]) for line in refused] == [
        ("2027/ada.json", "FILE_BROKEN"),
        ("2027/cobol.json", "ENCODING_NOT_UTF8"),
    ]
    assert refused[0]["reason"].startswith("Line 3, column 10")
    assert outcomes([line for line in lines if line["file"] in {"2027/rust.json", "2027/zig.json"}]) == ["CREATED"] * 2


async def test_rejected_rows_are_a_failure_unless_they_are_allowed(fresh_database_url: str, tmp_path: Path) -> None:
    source = write_year(tmp_path / "in", {"rust": [conference(0), None]})

    with pytest.raises(RowsWereRejected, match="1 rows"):
        await import_all(fresh_database_url, tmp_path, source, allow_rejects=False)

    _, counts = await told(fresh_database_url)
    assert counts["events"] == 1


async def test_a_slug_that_people_have_taken_leaves_their_organization_alone(
    fresh_database_url: str, tmp_path: Path
) -> None:
    await fetch(
        fresh_database_url,
        "INSERT INTO organizations (id, slug, name, created_at, updated_at) "
        "VALUES (gen_random_uuid(), 'host-0-example', 'Theirs', now(), now()) RETURNING id",
    )

    await import_all(fresh_database_url, tmp_path, write_year(tmp_path / "in", {"rust": [conference(0)]}))

    [event], _ = await told(fresh_database_url)
    assert event["organization"].startswith("host-0-example-")
    assert event["host"] == "host-0.example"


async def test_hosts_that_make_the_same_slug_are_two_organizations(fresh_database_url: str, tmp_path: Path) -> None:
    rows = [conference(0, url="https://a-b.example"), conference(1, url="https://a.b.example")]

    await import_all(fresh_database_url, tmp_path, write_year(tmp_path / "in", {"rust": rows}))

    found = await fetch(fresh_database_url, "SELECT name, slug FROM organizations ORDER BY name")
    assert [row["name"] for row in found] == ["a-b.example", "a.b.example"]
    assert sum(row["slug"] == "a-b-example" for row in found) == 1


async def test_a_second_import_of_the_source_is_refused_while_one_runs(fresh_database_url: str, tmp_path: Path) -> None:
    source = write_year(tmp_path / "in", {"rust": [conference(0)]})
    holder = await asyncpg.connect(fresh_database_url)
    try:
        await holder.execute("SELECT pg_advisory_lock(717031927, hashtext('conferences'))")
        with pytest.raises(ImportIsRunning):
            await import_all(fresh_database_url, tmp_path, source)
    finally:
        await holder.close()

    assert outcomes(await import_all(fresh_database_url, tmp_path, source)) == ["CREATED"]


async def test_two_imports_at_once_make_nothing_twice(fresh_database_url: str, tmp_path: Path) -> None:
    source = write_year(tmp_path / "in", {"rust": [conference(number) for number in range(60)]})
    homes = [tmp_path / "one", tmp_path / "two"]
    for home in homes:
        home.mkdir()

    answers = await asyncio.gather(
        *(import_all(fresh_database_url, home, source, batch=3) for home in homes), return_exceptions=True
    )

    assert any(not isinstance(answer, BaseException) for answer in answers)
    assert all(isinstance(answer, list | ImportIsRunning) for answer in answers)
    _, counts = await told(fresh_database_url)
    assert (counts["events"], counts["organizations"]) == (60, 15)


async def test_a_report_that_cannot_be_written_is_said_before_anything_happens(
    fresh_database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "report.jsonl").mkdir()

    with pytest.raises(ReportIsUnwritable):
        await import_all(fresh_database_url, tmp_path, write_year(tmp_path / "in", {"rust": [conference(0)]}))

    assert (await told(fresh_database_url))[1]["events"] == 0


@pytest.mark.skipif(
    REAL is None,
    reason="the real lists are other people's work and not part of this repository: name their folder in"
    " BILTEN_CONFERENCES; every rule they meet is held by the tests above with made-up rows",
)
async def test_the_real_lists_come_in_whole(fresh_database_url: str, tmp_path: Path) -> None:
    lines = await import_all(fresh_database_url, tmp_path, Path(str(REAL)))

    assert len(lines) == 2_032
    conferences = [line for line in lines if "mergedInto" not in line]
    assert len(conferences) == 1_535
    rejected = [(line["title"], line["code"]) for line in conferences if line["outcome"] == "REJECTED"]
    assert sorted(code for _, code in rejected) == ["PLACE_UNKNOWN", "TIMEZONE_UNKNOWN"]
    _, counts = await told(fresh_database_url)
    assert counts["events"] == 1_533

    again = await import_all(fresh_database_url, tmp_path, Path(str(REAL)))

    assert {line["outcome"] for line in again} == {"UNCHANGED", "REJECTED"}
    assert (await told(fresh_database_url))[1] == counts
