"""schemathesis: operations made from the schema, from real values and from nonsense; nothing may break the server."""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from harness import ENDPOINT, HEADERS, run_suite

OBJECTS = """
query Objects {
  events(first: 20) {
    edges { cursor node { id ticketTiers { id } registrations(first: 5) { edges { node { id } } } } }
  }
  organizations(first: 5) {
    edges {
      node {
        id
        venues(first: 5) { edges { node { id } } }
        members(first: 5) { edges { node { id } } }
      }
    }
  }
  users(first: 10) { edges { node { id } } }
}
"""
EVENT_COMMANDS = ("update", "submit", "publish", "postpone", "cancel", "archive", "copy")
# Where a value of which kind belongs. Everything else gets what schemathesis makes up or finds in answers.
PLACES = {
    "events": [
        "*.*.input.eventId",
        "Query.event.id",
        "Query.node.id",
        "Query.nodes.ids[*]",
        *(f"Mutation.{verb}Event.input.id" for verb in EVENT_COMMANDS),
    ],
    "organizations": [
        "*.*.input.organizationId",
        "*.*.filter.organizationId",
        "Query.organization.id",
        "Mutation.updateOrganization.input.id",
    ],
    "tiers": ["*.*.input.ticketTierId", "Mutation.updateTicketTier.input.id"],
    "venues": ["*.*.input.venueId", "Mutation.updateVenue.input.id"],
    "members": ["Mutation.changeMemberRole.input.id", "Mutation.removeMember.input.id"],
    "registrations": ["Mutation.cancelRegistration.input.id"],
    "cursors": ["Query.events.after", "Query.events.before"],
    "sizes": ["*.*.first", "*.*.last"],
    "users": ["Query.user.id", "*.*.input.userId"],
}
# The rest is left to nonsense, which has to be refused well too.
SHARE_OF_REAL_VALUES = 0.8
SHARE_CARRIED_OUT = 0.4
ROLES = "Mutation.setPlatformRole"


def real_values() -> dict[str, list[str | int]]:
    """Ids and cursors of the demo data by kind, and sizes of pages."""
    answer = httpx.post(ENDPOINT, json={"query": OBJECTS}, headers=HEADERS, timeout=30).json()
    data: dict[str, Any] = answer["data"]
    events = list(nodes(data["events"]))
    organizations = list(nodes(data["organizations"]))
    kinds = {
        "events": events,
        "organizations": organizations,
        "tiers": [tier for event in events for tier in event["ticketTiers"]],
        "registrations": [found for event in events for found in nodes(event["registrations"])],
        "venues": [found for organization in organizations for found in nodes(organization["venues"])],
        "members": [found for organization in organizations for found in nodes(organization["members"])],
        "users": list(nodes(data["users"])),
    }
    ids = {kind: [found["id"] for found in objects] for kind, objects in kinds.items()}
    cursors = [edge["cursor"] for edge in data["events"]["edges"]]
    return {**ids, "cursors": cursors, "sizes": [1, 3, 20]}


def nodes(connection: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The objects of a page."""
    return (edge["node"] for edge in connection["edges"])


def configuration() -> str:
    """The file that tells schemathesis of real values."""
    values = {kind: found for kind, found in real_values().items() if found}
    lines = [f"[dictionaries.{kind}]\nvalues = {found}" for kind, found in values.items()]
    lines.append("[parameters]")
    for kind in values:
        binding = f'{{ dictionary = "{kind}", probability = {SHARE_OF_REAL_VALUES} }}'
        lines += [f'"{place}" = {binding}' for place in PLACES[kind]]
    return "\n".join(lines) + "\n"


answers: Counter[str] = Counter()
"""How many answers there were by the codes of their errors, and `DONE` without any."""


def no_server_errors() -> None:
    # A second administrator could demote the one that all of this is done as, so roles are given out at the end.
    runs = [fuzz("--exclude-name", ROLES), fuzz("--include-name", ROLES)]
    failed = [run.stdout + run.stderr for run in runs if run.returncode]
    assert not failed, "\n".join(failed)


def fuzz(*selection: str) -> subprocess.CompletedProcess[str]:
    """Run schemathesis on some of the root fields."""
    command = [sys.executable, str(Path(sys.executable).with_name("schemathesis")), "--config-file", "real_values.toml"]
    # Its own check calls each error with a path the server's failure, unless the code is one that Apollo has.
    command += ["run", ENDPOINT, "--checks", "errors_are_of_the_client", "--request-timeout", "10"]
    command += ["--max-examples", os.environ["CONFORMANCE_EXAMPLES"], "--continue-on-failure"]
    # The same decisions each time: a run that fails can be repeated.
    command += ["--seed", "1", "--generation-deterministic", "--no-color", *selection]
    for name, value in HEADERS.items():
        command += ["--header", f"{name}: {value}"]
    # The check and the values of our scalars come from a module that schemathesis imports by this name.
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "fuzzing_rules", "PYTHONPATH": str(Path(__file__).parent)}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "real_values.toml").write_text(configuration(), encoding="utf-8")
        run = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
        sys.stdout.write(run.stdout)
        answers.update(json.loads((Path(folder) / "answers.json").read_text(encoding="utf-8")))
    return run


def operations_are_carried_out() -> None:
    # Nonsense alone would be refused at the door, and prove little about what lies behind it.
    sys.stdout.write(f"{dict(answers)}\n")
    assert answers["DONE"] > answers.total() * SHARE_CARRIED_OUT, answers


if __name__ == "__main__":
    run_suite(
        "schemathesis",
        {
            "no answer is a server error": no_server_errors,
            "most operations are carried out": operations_are_carried_out,
        },
    )
