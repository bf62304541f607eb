"""The books of all events, counted anew: counters, rows and journal have to tell the same story, whatever happened.

An oracle of its own: it shares nothing with `db/ledger.py`, counts in Python, and so is slow and plain.
"""

from collections import Counter, defaultdict
from typing import Any, Protocol
from uuid import UUID

import asyncpg
import orjson

USES = ("confirmed", "held", "offered", "blocked", "checked_in")
TIERS = "SELECT event_id, id, shared_pool_ids FROM ticket_tiers"
POOLS = "SELECT * FROM capacity_pools"
HEADS = "SELECT event_id, stream_version, waiting FROM event_heads"
REGISTRATIONS = "SELECT event_id, id, ticket_tier_id, status, quantity FROM registrations"
TICKETS = "SELECT event_id, registration_id, status FROM tickets"
ENTRIES = "SELECT event_id, ticket_tier_id, status, quantity FROM waitlist_entries"
BLOCKS = "SELECT event_id, pool_ids, quantity FROM capacity_blocks WHERE released_at IS NULL"
LINES = "SELECT stream_id, version, stream, object_id, data FROM journal ORDER BY stream_id, version"

Uses = dict[tuple[UUID, UUID], Counter[str]]


class Asking(Protocol):
    """A connection, or a session on one."""

    async def fetch(self, query: str, /, *args: object) -> list[asyncpg.Record]: ...


async def prove_books(database: Asking, *, limits_are_told: bool = True) -> None:
    """Fail unless each pool equals its rows and the sum of its lines, with whole tickets and streams without a gap."""
    pools = {(row["event_id"], row["id"]): row for row in await database.fetch(POOLS)}
    stored = {key: Counter({use: row[use] for use in USES if row[use]}) for key, row in pools.items()}
    lines = [(row, _json(row["data"])) for row in await database.fetch(LINES)]

    assert _without_zeros(await _counted(database)) == _without_zeros(stored), "rows and counters"
    assert _without_zeros(_told(lines)) == _without_zeros(stored), "journal and counters"
    limits = {key: (row["capacity"], row["overbooking"]) for key, row in pools.items()}
    if limits_are_told:
        assert _limits(lines, pools) == limits, "journal and limits"
    await _prove_waiting(database, lines)
    await _prove_tickets(database)
    _prove_streams(lines, {row["event_id"]: row["stream_version"] for row in await database.fetch(HEADS)})


async def _counted(database: Asking) -> Uses:
    drawn = {
        (row["event_id"], row["id"]): (row["event_id"], row["id"], *row["shared_pool_ids"])
        for row in await database.fetch(TIERS)
    }
    found: Uses = defaultdict(Counter)

    def add(event_id: UUID, tier_id: UUID, use: str, places: int) -> None:
        for pool_id in drawn[event_id, tier_id]:
            found[event_id, pool_id][use] += places

    tier_of: dict[tuple[UUID, UUID], UUID] = {}
    for row in await database.fetch(REGISTRATIONS):
        tier_of[row["event_id"], row["id"]] = row["ticket_tier_id"]
        if row["status"] in {"CONFIRMED", "HELD"}:
            add(row["event_id"], row["ticket_tier_id"], row["status"].lower(), row["quantity"])
    for row in await database.fetch(TICKETS):
        if row["status"] == "CHECKED_IN":
            add(row["event_id"], tier_of[row["event_id"], row["registration_id"]], "checked_in", 1)
    for row in await database.fetch(ENTRIES):
        if row["status"] == "OFFERED":
            add(row["event_id"], row["ticket_tier_id"], "offered", row["quantity"])
    await _add_blocks(database, found)
    return found


async def _add_blocks(database: Asking, found: Uses) -> None:
    for row in await database.fetch(BLOCKS):
        for pool_id in row["pool_ids"]:
            found[row["event_id"], pool_id]["blocked"] += row["quantity"]


def _told(lines: list[tuple[asyncpg.Record, dict[str, Any]]]) -> Uses:
    found: Uses = defaultdict(Counter)
    for row, data in lines:
        for pool_id, moves in data.get("deltas", {}).items():
            for use, by in moves.items():
                found[row["stream_id"], UUID(pool_id)][use] += by
    return found


def _limits(
    lines: list[tuple[asyncpg.Record, dict[str, Any]]], pools: dict[tuple[UUID, UUID], asyncpg.Record]
) -> dict[tuple[UUID, UUID], tuple[int | None, int]]:
    found: dict[tuple[UUID, UUID], tuple[int | None, int]] = dict.fromkeys(pools, (None, 0))
    for row, data in lines:
        key, changes = (row["stream_id"], row["object_id"]), data.get("changes", {})
        if key not in found:
            continue
        capacity, overbooking = found[key]
        for name in ("capacity", "quota"):
            capacity = changes[name][1] if name in changes else capacity
        found[key] = capacity, changes["overbooking"][1] if "overbooking" in changes else overbooking
    return found


async def _prove_waiting(database: Asking, lines: list[tuple[asyncpg.Record, dict[str, Any]]]) -> None:
    stored = Counter({row["event_id"]: row["waiting"] for row in await database.fetch(HEADS)})
    counted = Counter(row["event_id"] for row in await database.fetch(ENTRIES) if row["status"] == "WAITING")
    told = Counter[UUID]()
    for row, data in lines:
        told[row["stream_id"]] += data.get("waiting", 0)
    # Adding nothing drops the zeros.
    assert +stored == +counted == +told, "waiting list"


async def _prove_tickets(database: Asking) -> None:
    good, cancelled = Counter[tuple[UUID, UUID]](), Counter[tuple[UUID, UUID]]()
    for row in await database.fetch(TICKETS):
        (cancelled if row["status"] == "CANCELLED" else good)[row["event_id"], row["registration_id"]] += 1
    for row in await database.fetch(REGISTRATIONS):
        key = (row["event_id"], row["id"])
        owed = row["quantity"] if row["status"] == "CONFIRMED" else 0
        assert good[key] == owed, f"tickets of registration {row['id']}"


def _prove_streams(lines: list[tuple[asyncpg.Record, dict[str, Any]]], heads: dict[UUID, int]) -> None:
    versions: dict[UUID, list[int]] = defaultdict(list)
    for row, _ in lines:
        versions[row["stream_id"]].append(row["version"])
    assert {id_: found for id_, found in versions.items() if found != list(range(1, len(found) + 1))} == {}, "gaps"
    assert {id_: len(versions[id_]) for id_ in heads} == heads, "heads"


def _without_zeros(uses: Uses) -> Uses:
    return {key: +counter for key, counter in uses.items() if any(counter.values())}


def _json(value: Any) -> dict[str, Any]:
    return orjson.loads(value) if isinstance(value, str) else value
