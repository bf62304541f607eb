"""Tables of the measurements: from their JSON to Markdown, and into `docs/performance.md` between its markers."""

import argparse
import json
import re
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.operations import OPERATIONS

PAGE = Path(__file__).parent.parent / "docs" / "performance.md"
_HEADS = ("requests/s", "p50 ms", "p99 ms", "server CPU ms", "PostgreSQL CPU ms")
Runs = Sequence[Mapping[str, float]]


def endpoint_tables(results: Mapping[str, Any]) -> str:
    """What `bench.endpoints` measured."""
    options = results["options"]
    size = f"{options['events']:,} events, {options['registrations']:,} registrations"
    machine = f"Python {results['python']}, {results['cores']} cores, load by {results['load']}"
    heads = ("operation", "connections", "", *_HEADS, "statements", "answer, bytes")
    lines = [
        f"{size}; {machine}; medians of {options['rounds']} rounds of {options['seconds']} s.",
        "",
        f"| {' | '.join(heads)} |",
        f"|---|---:|---|{'---:|' * (len(heads) - 3)}",
    ]
    for name, servers in results["runs"].items():
        operation = OPERATIONS[name]
        floor = _median(servers["floor"], "per_second")
        for server, runs in servers.items():
            ours = server == "bilten"
            per_second = _median(runs, "per_second")
            taken = operation.statements if ours else min(operation.statements, 1)
            share = f" ({per_second / floor:.0%})" if ours else ""
            cells = [
                f"{per_second:,.0f}{share}",
                *(f"{_median(runs, key):.{digits}f}" for key, digits in _NUMBERS.items()),
                str(taken),
                f"{results['bytes'][name]:,}" if ours else "",
            ]
            what = f"{operation.title} | {operation.connections}" if ours else " | "
            lines.append(f"| {what} | {_NAMES[server]} | {' | '.join(cells)} |")
    lines += ["", "| memory after load, MiB | |", "|---|---:|"]
    for server, title in _NAMES.items():
        most = max(run["memory_mib"] for servers in results["runs"].values() for run in servers[server])
        lines.append(f"| {title} | {most:.0f} |")
    lines.append(f"| PostgreSQL | {results['postgres_memory_mib']:.0f} |")
    for name, servers in results["runs"].items():
        for server, runs in servers.items():
            lines += _said(f"{name}, {_NAMES[server]}", sum(run["failed"] for run in runs), _fewest_rows(runs))
    return "\n".join(lines)


_NAMES = {"bilten": "Bilten", "floor": "floor"}
_NUMBERS = {"p50": 1, "p99": 1, "server_ms": 3, "database_ms": 3}


def _fewest_rows(runs: Runs) -> float:
    return min((run["rows"] for run in runs if run.get("rows") is not None), default=1.0)


def _said(what: str, failed: float, rows: float) -> list[str]:
    """What a reader has to know before believing a row of the table."""
    found = [f"{failed:.0f} requests failed"] if failed else []
    if rows < 0.98:
        found.append(f"each request made only {rows:.2f} registrations")
    return ["", f"{what}: {', and '.join(found)}."] if found else []


def _median(runs: Runs, key: str) -> float:
    return statistics.median(run[key] for run in runs)


def peer_tables(results: Mapping[str, Any]) -> str:
    """What the suite of peers measured: its own JSON."""
    heads = ("operation", "server", _HEADS[0], "of plain Strawberry's", *_HEADS[1:])
    lines = [f"| {' | '.join(heads)} |", f"|---|---|{'---:|' * (len(heads) - 2)}"]
    for operation, peers in results["results"].items():
        base = _median(peers["strawberry"], "rps") if "strawberry" in peers else None
        for peer, runs in peers.items():
            cells = [
                f"{_median(runs, 'rps'):,.0f}",
                f"{_median(runs, 'rps') / base:.2f}" if base else "",
                *(_cell(runs, key, digits) for key, digits in _PEER_NUMBERS.items()),
            ]
            lines.append(f"| {operation} | {peer} | {' | '.join(cells)} |")
    lines += [
        "",
        "| server | s until the first answer | memory idle, MiB | most under load, MiB |",
        "|---|---:|---:|---:|",
    ]
    for peer, start in results["start"].items():
        most = max((run["rss"] for peers in results["results"].values() for run in peers.get(peer, [])), default=0)
        lines.append(f"| {peer} | {start['start_s']:.1f} | {start['rss_idle']:.0f} | {most:.0f} |")
    for operation, peers in results["results"].items():
        for peer, runs in peers.items():
            lines += _said(f"{operation}, {peer}", sum(run["errors"] for run in runs), _fewest_rows(runs))
    return "\n".join(lines)


_PEER_NUMBERS = {"p50": 1, "p99": 1, "server_ms": 3, "database_ms": 3}


def _cell(runs: Runs, key: str, digits: int) -> str:
    if any(run.get(key) is None for run in runs):
        return ""
    return f"{_median(runs, key):.{digits}f}"


def put(page: str, name: str, table: str) -> str:
    """The page with a table between its markers. Raises `LookupError`."""
    begin, end = f"<!-- {name} -->", f"<!-- end of {name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(page):
        message = f"the page has no markers of {name}"
        raise LookupError(message)
    return pattern.sub(lambda _: f"{begin}\n\n{table.strip()}\n\n{end}", page)


def main() -> None:
    """Write the tables that were given into the page."""
    parser = argparse.ArgumentParser(prog="bench.report", description=__doc__)
    parser.add_argument("--callable", type=Path, help="what bench.graphql_over_http printed")
    parser.add_argument("--search", type=Path, help="what bench.search printed")
    parser.add_argument("--endpoints", type=Path, help="the JSON of bench.endpoints")
    parser.add_argument("--peers", type=Path, help="the JSON of the suite of peers")
    options = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    for name in ("callable", "search"):
        if file := getattr(options, name):
            page = put(page, name, file.read_text(encoding="utf-8"))
    for name, tables in (("endpoints", endpoint_tables), ("peers", peer_tables)):
        if file := getattr(options, name):
            page = put(page, name, tables(json.loads(file.read_text(encoding="utf-8"))))
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
