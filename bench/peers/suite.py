"""The suite's own servers once more, with a token check: copied into the work folder and changed there, by the line.

Their M1 then asks for what ours does: a signed token of the user who registers, checked and looked up each time.
"""

import hashlib
import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import jwt
from jwt.algorithms import OKPAlgorithm

from bench.homes import ROOT
from bench.operations import LIFETIME
from bench.processes import free_port
from bilten.auth.tokens import development_expectations, development_key
from bilten.config import Settings

USERS = 50_000
"""As many as the suite's own M1 has; each may register once."""
_HERE = Path(__file__).parent
_MERCURIUS = {
    "import mercurius from 'mercurius';": (
        "import mercurius from 'mercurius';\nimport { expectViewer, viewerOf } from './tokens.mjs';"
    ),
    "async (_, { input }) => {": "async (_, { input }, { viewer }) => {\n      expectViewer(viewer, input.userId);",
    "app.register(mercurius, {": (
        "app.register(mercurius, { context: async (request) => ({"
        " viewer: await viewerOf(request.headers.authorization, query) }),"
    ),
}
_STRAWBERRY = {
    "import strawberry\n": "import strawberry\nfrom bench.peers.tokens import expect_viewer, viewer_of\n",
    "input: RegisterForEventInput) -> RegisterForEventPayload:": (
        "input: RegisterForEventInput, info: strawberry.Info) -> RegisterForEventPayload:\n"
        '        expect_viewer(info.context["viewer"], input.user_id)'
    ),
    'return {"request": request,': (
        'viewer = await viewer_of(request.headers.get("authorization"), pool)\n'
        '        return {"viewer": viewer, "request": request,'
    ),
}
_FROM = "2026-06-01T00:00:00Z"
"""From when the suite lists events."""
_EMPTY = "SELECT bench.reset_hot(10000000)"
_COUNT = "SELECT count(*) FROM registrations WHERE event_id = mkid(4, 1)"


def changed(text: str, changes: dict[str, str]) -> str:
    """The text with each line replaced that the changes name. Raises `SystemExit` when the suite has become another."""
    for found, instead in changes.items():
        if text.count(found) != 1:
            message = f"the suite's server has no single '{found.strip()}': the token check has to be fitted anew"
            raise SystemExit(message)
        text = text.replace(found, instead)
    return text


def with_tokens(suite: Path, work: Path, folder: Path, settings: Settings, *, port: int) -> dict[str, Any]:
    """Write both servers and their requests; gives what PEER_EXTRA says of them. `port` is the suite's PostgreSQL."""
    # Node looks for packages beside the file and above it.
    servers = work / "node" / "with-tokens"
    servers.mkdir(parents=True, exist_ok=True)
    shutil.copy(_HERE / "tokens.mjs", servers)
    for name, changes in (("mercurius.mjs", _MERCURIUS), ("strawberry_app.py", _STRAWBERRY)):
        text = (suite / "servers" / name).read_text(encoding="utf-8")
        (servers / name).write_text(changed(text, changes), encoding="utf-8")
    _write_requests(folder, settings)
    expected = development_expectations(settings)
    jwk = OKPAlgorithm.to_jwk(development_key(settings).public_key(), as_dict=True)
    shared: dict[str, Any] = {
        "cwd": str(ROOT),
        "ops": str(suite / "ops"),
        "postgres_pid": str(work / "pgdata" / "postmaster.pid"),
        "variables": {"M1": str(folder / "suite-variables.jsonl"), "Q1": str(folder / "suite-q1.jsonl")},
        "header_lines": {"M1": str(folder / "suite-headers.jsonl")},
        "before_M1": [sys.executable, "-m", "bench.peers", "empty-suite", str(port)],
        "count_M1": [sys.executable, "-m", "bench.peers", "count-suite", str(port)],
    }
    environment = {
        "DATABASE_URL": f"postgres://bench@127.0.0.1:{port}/bench",
        "POOL": "10",
        "NODE_ENV": "production",
        "PYTHONPATH": str(ROOT),
        "BILTEN_HOME": str(settings.resolved_home),
        "BENCH_JWK": json.dumps(jwk),
        "BENCH_ISSUER": expected.issuer,
        "BENCH_AUDIENCE": expected.audience,
    }
    node = [str(work / "node" / "node_modules" / "node" / "bin" / "node"), str(servers / "mercurius.mjs")]
    uvicorn = [sys.executable, "-m", "uvicorn", "--app-dir", str(servers), "--loop", "uvloop", "--http", "httptools"]
    uvicorn += ["--no-access-log", "--log-level", "warning", "--host", "127.0.0.1", "--port"]
    ports = free_port(), free_port()
    return {
        "strawberry+tokens": {
            **shared,
            "port": ports[0],
            "path": "/graphql/",
            "cmd": [*uvicorn, str(ports[0]), "strawberry_app:app"],
            "env": environment,
        },
        "mercurius+tokens": {**shared, "port": ports[1], "cmd": node, "env": environment},
    }


def _id(kind: int, number: int) -> str:
    """The id that the suite's database gives to an object."""
    milliseconds = 1_735_689_600_000 + number * 1_000
    tail = hashlib.md5(f"{kind}:{number}".encode(), usedforsecurity=False).hexdigest()[:15]
    return str(UUID(f"{milliseconds:012x}7{kind:03x}8{tail}"))


def _write_requests(folder: Path, settings: Settings) -> None:
    key, expected, now = development_key(settings), development_expectations(settings), datetime.now(UTC)
    claims = {"iss": expected.issuer, "aud": expected.audience, "iat": now, "exp": now + LIFETIME}
    with (
        (folder / "suite-variables.jsonl").open("w", encoding="utf-8") as variables,
        (folder / "suite-headers.jsonl").open("w", encoding="utf-8") as headers,
    ):
        for number in range(1, USERS + 1):
            user = _id(1, number)
            told = {"sub": user, "email": f"user{number}@people.example", "email_verified": True, "name": "A User"}
            token = jwt.encode({**claims, **told}, key, algorithm="EdDSA")
            print(json.dumps({"event": _id(4, 1), "user": user, "ticket": _id(5, 2)}), file=variables)
            print(json.dumps({"authorization": f"Bearer {token}"}), file=headers)
    (folder / "suite-q1.jsonl").write_text(json.dumps({"from": _FROM}) + "\n", encoding="utf-8")


async def empty(port: int) -> None:
    """Empty the suite's event, as the suite does for its own servers."""
    connection = await asyncpg.connect(f"postgres://bench@127.0.0.1:{port}/bench")
    await connection.execute(_EMPTY)
    for vacuum in ("(ANALYZE) events", "(ANALYZE) ticket_types", "registrations"):
        await connection.execute(f"VACUUM {vacuum}")
    await connection.execute("CHECKPOINT")
    await connection.close()


async def count(port: int) -> int:
    """How many have registered for the suite's event."""
    connection = await asyncpg.connect(f"postgres://bench@127.0.0.1:{port}/bench")
    found: int = await connection.fetchval(_COUNT)
    await connection.close()
    return found
