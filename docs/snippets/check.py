#!/usr/bin/env python3
"""Runs the snippets of docs/clients.md against a server: each has to end with status 0.

    .venv/bin/python docs/snippets/check.py URL TOKEN [--node-modules FOLDER] [--python PYTHON] [--only FILE …]

URL ends in /graphql. FOLDER holds the npm packages (conformance/node_modules), PYTHON has gql (conformance/.venv).
Before the server stands a gate that answers the first request with 429 and the third one with 503, as the server
does when it has no time: whoever claims to be patient has to be.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection, HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent
SNIPPETS = ("curl.sh", "apollo.mjs", "urql.mjs", "relay.mjs", "socket.mjs", "gql_client.py", "plain.py")
IMPATIENT = frozenset({"plain.py", "socket.mjs"})
"""Those that do not try again, or speak what the gate does not, and are run without it."""
SECONDS = 60
_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "host"})
_BUSY = {
    1: (429, {"message": "The budget is spent.", "extensions": {"code": "RATE_LIMITED", "retryAfter": 1}}),
    3: (503, {"message": "A service is away.", "extensions": {"code": "UNAVAILABLE", "retryAfter": 1}}),
}
"""What the gate answers instead of the server, by the number of the request."""


class Gate(ThreadingHTTPServer):
    """Hands requests on to the server, but for those that it answers itself."""

    daemon_threads = True

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Passage)
        self.target = urlsplit(url)
        self._requests = 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """What to give a client instead of the server's address."""
        return f"http://127.0.0.1:{self.server_port}{self.target.path}"

    def next_number(self) -> int:
        """Which request this is, from 1."""
        with self._lock:
            self._requests += 1
            return self._requests


class _Passage(BaseHTTPRequestHandler):
    server: Gate  # pyright: ignore[reportIncompatibleVariableOverride] - the only server that it is made for

    def do_GET(self) -> None:
        self._pass()

    def do_POST(self) -> None:
        self._pass()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name that the library has
        """Say nothing: the snippets do."""

    def _pass(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        busy = _BUSY.get(self.server.next_number())
        if busy is None:
            self._ask(body)
            return
        status, error = busy
        accepts = "application/graphql-response+json"
        form = accepts if accepts in self.headers.get("accept", "") else "application/json"
        headers = {"content-type": f"{form}; charset=utf-8", "retry-after": "1"}
        self._answer(status, headers, json.dumps({"errors": [error]}).encode())

    def _ask(self, body: bytes) -> None:
        target = self.server.target
        kind = HTTPSConnection if target.scheme == "https" else HTTPConnection
        connection = kind(target.netloc, timeout=SECONDS)
        try:
            headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            self._answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in {*_HOP_BY_HOP, "content-length", "date", "server"}:
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def prepare(snippet: str, workshop: Path, node: list[str], node_modules: Path | None) -> list[str]:
    """Lay the snippet out in an empty folder and give the command that runs it there."""
    shutil.copy(FOLDER / snippet, workshop)
    if snippet.endswith(".mjs"):
        if node_modules is None:
            message = f"{snippet} needs --node-modules"
            raise SystemExit(message)
        # Node looks for packages beside the file that imports them, and follows the link for what those import.
        (workshop / "node_modules").symlink_to(node_modules.resolve())
        if snippet == "relay.mjs":
            compile_relay(workshop, node)
    return node


def compile_relay(workshop: Path, node: list[str]) -> None:
    """Compile the documents of relay.mjs, and put what became of them in their place, as babel-plugin-relay does."""
    (workshop / "src").mkdir()
    (workshop / "generated").mkdir()
    source = workshop / "relay.mjs"
    # The compiler reads .js only, and takes the file's name for the beginning of every document's.
    shutil.copy(source, workshop / "src" / "relay.js")
    shutil.copy(ROOT / "schema" / "schema.graphql", workshop)
    (workshop / "package.json").write_text("{}", encoding="utf-8")
    configuration = {
        "src": "./src",
        "schema": "./schema.graphql",
        "language": "javascript",
        "eagerEsModules": False,
        "artifactDirectory": "./generated",
        "noSourceControl": True,
    }
    (workshop / "relay.config.json").write_text(json.dumps(configuration), encoding="utf-8")
    compiler = workshop / "node_modules" / "relay-compiler" / "cli.js"
    environment = {**os.environ, "FORCE_NO_WATCHMAN": "1"}
    made = subprocess.run(
        [*node, str(compiler), "relay.config.json"],
        cwd=workshop,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if made.returncode:
        message = f"relay-compiler: {made.stdout}{made.stderr}"
        raise SystemExit(message)
    before, *documents = source.read_text(encoding="utf-8").split("graphql`")
    parts = [before]
    for document in documents:
        text, _, rest = document.partition("`")
        name = text.split()[1].partition("(")[0]
        parts.append(f"(await import('./generated/{name}.graphql.js')).default{rest}")
    source.write_text("".join(parts), encoding="utf-8")


def run(snippet: str, arguments: argparse.Namespace) -> str | None:
    """Run a snippet; gives what it said if it did not end well."""
    programs = {
        ".sh": ["sh"],
        ".mjs": [str(ROOT / "scripts" / "node.sh"), "node"],
        ".py": [sys.executable if snippet == "plain.py" else str(arguments.python.absolute())],
    }
    with tempfile.TemporaryDirectory() as folder, Gate(arguments.url) as gate:
        threading.Thread(target=gate.serve_forever, daemon=True).start()
        workshop = Path(folder)
        command = prepare(snippet, workshop, programs[Path(snippet).suffix], arguments.node_modules)
        url = arguments.url if snippet in IMPATIENT else gate.url
        try:
            ended = subprocess.run(
                [*command, snippet],
                cwd=workshop,
                env={**os.environ, "BILTEN_URL": url, "BILTEN_TOKEN": arguments.token},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"it took longer than {SECONDS} s"
        finally:
            gate.shutdown()
    return ended.stdout or f"status {ended.returncode}" if ended.returncode else None


def main() -> int:
    """Run what is asked for, tell of each, and give the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url", metavar="URL", help="the server's address, with /graphql")
    parser.add_argument("token", metavar="TOKEN", help="a bearer token of somebody who may register")
    parser.add_argument("--node-modules", type=Path, metavar="FOLDER", help="where the npm packages are")
    parser.add_argument("--python", type=Path, default=Path(sys.executable), metavar="PYTHON", help="one that has gql")
    parser.add_argument("--report", type=Path, metavar="FILE", help="append what came of it, as conformance/ reads it")
    parser.add_argument("--only", nargs="+", choices=SNIPPETS, default=SNIPPETS, metavar="FILE", help="some snippets")
    arguments = parser.parse_args()
    passed: list[str] = []
    failing: dict[str, str] = {}
    skipped: dict[str, str] = {}
    for snippet in arguments.only:
        if snippet == "curl.sh" and shutil.which("curl") is None:
            skipped[snippet] = "there is no curl here"
            print(f"{snippet:<14} skipped: {skipped[snippet]}", flush=True)
            continue
        started = time.monotonic()
        said = run(snippet, arguments)
        if said is None:
            passed.append(snippet)
        else:
            failing[snippet] = said
        print(f"{snippet:<14} {'failed' if said else 'ok'}  ({time.monotonic() - started:.1f} s)", flush=True)
        if said:
            print(said, flush=True)
    if arguments.report:
        made = {"suite": "snippets", "passed": passed, "failing": failing, "skipped": skipped, "findings": {}}
        with arguments.report.open("a", encoding="utf-8") as file:
            file.write(json.dumps(made) + "\n")
    return 1 if failing else 0


if __name__ == "__main__":
    sys.exit(main())
