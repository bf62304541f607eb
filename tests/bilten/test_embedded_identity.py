"""As whom PostgreSQL runs: an ordinary user as itself, root by a namespace or as another account."""

import os
import pwd
import stat

import asyncpg
import pytest

from bilten.embedded.cluster import data_folder, find_cluster
from bilten.embedded.home import locked_home
from bilten.embedded.postgres import PostgresServer
from bilten.embedded.processes import Identity, choose_identity, is_possible
from bilten.embedded.supervisor import Supervisor
from tests.folders import passable_folder


def possible_identities() -> list[Identity]:
    """Every way in which the user of this test run can run PostgreSQL."""
    if os.geteuid() != 0:
        return [Identity()]
    nobody = pwd.getpwnam("nobody")
    every = [Identity(kind, nobody.pw_uid, nobody.pw_gid) for kind in ("namespace", "account")]
    return [identity for identity in every if is_possible(identity)]


@pytest.mark.parametrize("mode", [0o700, 0o711])
@pytest.mark.parametrize("identity", possible_identities(), ids=lambda identity: identity.kind)
async def test_postgres_runs_under_every_identity(identity: Identity, mode: int) -> None:
    with passable_folder() as folder:
        folder.chmod(mode)
        with locked_home(folder / "home", mode=0o711) as home:
            for expected in (False, True):
                server = PostgresServer(find_cluster(home, identity), lambda _: None)
                async with Supervisor(server):
                    assert await has_notes(server.url()) is expected
            assert choose_identity(data_folder(home)).kind == identity.kind
        assert stat.S_IMODE(folder.stat().st_mode) == mode


async def has_notes(url: str) -> bool:
    """Whether an earlier start has left its notes here; leaves some."""
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetchval("SELECT to_regclass('notes') IS NOT NULL")
        await connection.execute("CREATE TABLE IF NOT EXISTS notes (text text)")
        return bool(found)
    finally:
        await connection.close()


@pytest.mark.skipif(len(possible_identities()) < 2, reason="with one way to run there is nothing to hand over")
async def test_data_of_root_is_handed_over_when_only_an_account_may_run() -> None:
    kinds = {identity.kind: identity for identity in possible_identities()}
    with passable_folder() as folder, locked_home(folder / "home", mode=0o711) as home:
        for expected, kind in ((False, "namespace"), (True, "account")):
            server = PostgresServer(find_cluster(home, kinds[kind]), lambda _: None)
            async with Supervisor(server):
                assert await has_notes(server.url()) is expected
