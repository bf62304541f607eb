"""ariadne-codegen: a typed client is generated from the schema and from operations, and called."""

import asyncio
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from shutil import copyfile

from harness import ENDPOINT, HEADERS, MUTATION, QUERY, SDL_FILE, SUBSCRIPTION, run_suite

CONFIGURATION = """
[tool.ariadne-codegen]
schema_path = "schema.graphql"
queries_path = "operations.graphql"
target_package_name = "generated_client"
"""


async def generate_and_call() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copyfile(SDL_FILE, folder / "schema.graphql")
        (folder / "operations.graphql").write_text("\n".join([QUERY, MUTATION, SUBSCRIPTION]), encoding="utf-8")
        (folder / "pyproject.toml").write_text(CONFIGURATION, encoding="utf-8")
        command = Path(sys.executable).with_name("ariadne-codegen")
        run = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, str(command)],
            cwd=folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        sys.path.insert(0, name)
        client = import_module("generated_client").Client(url=ENDPOINT, headers=HEADERS)
        agenda = await client.agenda()
        assert agenda.events.edges[0].node.title
        changed = await client.prefer_dark()
        assert changed.update_preferences.problems == []


run_suite("ariadne-codegen", {"a client is generated and called": generate_and_call})
