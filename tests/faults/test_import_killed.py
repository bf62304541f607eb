"""An import that is killed in the middle: nothing half-written is left, and the next run ends where one would have."""

import asyncio
import signal
import sys
from pathlib import Path
from uuid import uuid4

from tests.conftest import Services, create_database, drop_database
from tests.faults.server import ROOT, environment
from tests.imports import conference, fetch, told, write_year
from tests.waiting import eventually

CONFERENCES = 240
HALF_WRITTEN = """
SELECT e.id FROM events AS e
    LEFT JOIN event_heads AS h ON h.event_id = e.id LEFT JOIN capacity_pools AS p ON p.event_id = e.id
    LEFT JOIN import_links AS l ON l.kind = 'EVENT' AND l.object_id = e.id
WHERE h.stream_version IS DISTINCT FROM 2 OR p.id IS NULL OR l.key IS NULL
    OR (SELECT count(*) FROM journal AS j WHERE j.stream_id = e.id) <> 2
UNION ALL
SELECT o.id FROM organizations AS o LEFT JOIN import_links AS l ON l.kind = 'ORGANIZATION' AND l.object_id = o.id
WHERE l.key IS NULL OR NOT EXISTS (SELECT FROM events AS e WHERE e.organization_id = o.id)
"""


async def start(database_url: str, home: Path, source: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "bilten", "import", "conferences", str(source), "--batch", "2"],
        cwd=ROOT,
        env=environment(home, BILTEN_DATABASE_URL=database_url),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )


async def finish(process: asyncio.subprocess.Process) -> str:
    _, said = await asyncio.wait_for(process.communicate(), 120)
    assert process.returncode == 0, said.decode()
    return said.decode()


async def test_a_killed_import_goes_on_as_if_nothing_had_happened(services: Services, tmp_path: Path) -> None:
    source = write_year(
        tmp_path / "in",
        {"rust": [conference(n) for n in range(CONFERENCES)], "zig": [conference(n) for n in range(0, CONFERENCES, 3)]},
    )
    names = [f"fresh_{uuid4().hex}" for _ in range(2)]
    killed, whole = [await create_database(services, name) for name in names]

    async def events() -> int:
        return len(await fetch(killed, "SELECT id FROM events"))

    async def is_under_way() -> bool:
        assert process.returncode is None, "the import ended before it could be killed"
        return await events() > 20

    try:
        process = await start(killed, tmp_path / "home", source)
        await eventually(is_under_way, within=60, what="an import under way")
        process.send_signal(signal.SIGKILL)
        await process.wait()
        at_death = await events()
        assert 0 < at_death < CONFERENCES
        assert await fetch(killed, HALF_WRITTEN) == []

        await finish(await start(killed, tmp_path / "home", source))
        await finish(await start(whole, tmp_path / "home", source))

        assert await fetch(killed, HALF_WRITTEN) == []
        assert await told(killed) == await told(whole)
        assert await events() == CONFERENCES
    finally:
        for name in names:
            await drop_database(services, name)
