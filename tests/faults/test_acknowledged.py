"""What a client was told has happened, has happened: also when everything dies in the middle of writing."""

import asyncio
from pathlib import Path
from typing import Any

import httpx2

from tests.faults.server import BiltenServer, serving
from tests.waiting import eventually

WRITERS = 4
ENOUGH = 40

HOST = "{ viewer { memberships { role organization { id } } } }"

CREATE = """
mutation ($input: CreateEventInput!) {
  createEvent(input: $input) { event { id version } problems { code message } }
}
"""

READ = """
query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Event { id title history(first: 10) { edges { node { kind version actor { email } } } } }
  }
}
"""


class Ledger:
    """What was acknowledged: the title of each event by its id."""

    def __init__(self) -> None:
        self.titles: dict[str, str] = {}
        self.begun = 0


async def create_events(server: BiltenServer, organization: str, ledger: Ledger) -> None:
    """Create one event after the other until the server is gone."""
    while True:
        ledger.begun += 1
        title = f"Mid-write {ledger.begun}"
        given = {
            "organizationId": organization,
            "title": title,
            "category": "technology",
            "startsAtLocal": "2030-05-01T10:00:00",
            "endsAtLocal": "2030-05-01T12:00:00",
            "timezone": "Europe/Ljubljana",
            "idempotencyKey": title,
        }
        payload = (await server.run(CREATE, {"input": given}, by="owner"))["createEvent"]
        assert payload["problems"] == []
        ledger.titles[payload["event"]["id"]] = title


async def events_by_id(server: BiltenServer, ids: list[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(ids), 20):
        nodes = (await server.run(READ, {"ids": ids[start : start + 20]}, by="owner"))["nodes"]
        found |= {node["id"]: node for node in nodes}
    return found


async def test_every_acknowledged_mutation_is_there_with_its_history(home: Path) -> None:
    ledger = Ledger()
    async with serving(home) as server:
        memberships = (await server.run(HOST, {}, by="owner"))["viewer"]["memberships"]
        organization = next(entry["organization"]["id"] for entry in memberships if entry["role"] == "OWNER")
        writers = [asyncio.create_task(create_events(server, organization, ledger)) for _ in range(WRITERS)]
        await eventually(
            lambda: len(ledger.titles) >= ENOUGH or any(writer.done() for writer in writers), what="enough mutations"
        )
        await server.kill_everything()
        endings = await asyncio.gather(*writers, return_exceptions=True)
    assert all(isinstance(ending, httpx2.TransportError) for ending in endings), endings

    async with serving(home) as server:
        found = await events_by_id(server, list(ledger.titles))
        assert {node["id"]: node["title"] for node in found.values()} == ledger.titles
        for node in found.values():
            first = [edge["node"] for edge in node["history"]["edges"] if edge["node"]["version"] == 1]
            assert [entry["kind"] for entry in first] == ["EventCreated"]
            assert first[0]["actor"]["email"] == "owner@bilten.example"
