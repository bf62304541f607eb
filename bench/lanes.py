"""What lanes are worth: places sold per second beside row locks, for one event that all want and for a thousand.

`python -m bench.lanes` prints a Markdown table and writes its figures as JSON. Both forms keep the same rows on the
same durable PostgreSQL, in this process, and take turns. `--profile` tells instead where the time of lanes goes.
"""

import argparse
import asyncio
import cProfile
import json
import os
import platform
import pstats
import statistics
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

import uvloop

from bench.row_locks import RowLocks
from bench.sales import Buy, Fair, Sale, durable_postgres, storm
from bilten.source import RandomSource
from db.database import Database, connect
from db.decisions import Decisions
from db.lanes import Lanes, lane_connections

CALLERS, PER_PLACE, CONNECTIONS = 256, 4, 32
RESULTS = Path("bench-lanes.json")


@dataclass(frozen=True, slots=True)
class Scene:
    """A sale: how many events and, for each form, how many places of each. A fast form needs more to be measured."""

    title: str
    events: int
    places: Mapping[str, int]
    target: float


SCENES = {
    "hot": Scene("one event that all want", 1, {"row locks": 750, "lanes": 7_500}, 15.0),
    "spread": Scene("1,000 events", 1_000, {"row locks": 3, "lanes": 6}, 8.0),
}


def main() -> None:
    """Measure or profile, as the arguments say."""
    parser = argparse.ArgumentParser(prog="bench.lanes", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="how much of the usual number of places is sold")
    parser.add_argument("--json", type=Path, default=RESULTS, help="where the figures are written")
    parser.add_argument("--profile", choices=list(SCENES), help="tell where the time of lanes goes, and nothing else")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if options.profile:
            runner.run(_profile(SCENES[options.profile], options.scale))
            return
        results = runner.run(_measure(options.rounds, options.scale))
    options.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    print(table(results))


def table(results: Mapping[str, Any]) -> str:
    """The figures as Markdown."""
    head = (
        f"{results['callers']} callers, {results['per_place']} requests for each place; Python {results['python']},"
        f" {results['cores']} cores; medians of {results['rounds']} rounds."
    )
    heads = ("sale", "form", "places sold/s", "answers/s", "p50 ms", "p99 ms")
    lines = [
        head,
        "",
        f"| {' | '.join(heads)} |",
        f"|---|---|{'---:|' * (len(heads) - 2)}",
    ]
    for name, forms in results["runs"].items():
        base = _median(forms["row locks"], "sold_per_second")
        for form, runs in forms.items():
            sold = _median(runs, "sold_per_second")
            ratio = "" if form == "row locks" else f" ({sold / base:.1f}x)"
            cells = [f"{sold:,.0f}{ratio}", f"{_median(runs, 'answers_per_second'):,.0f}"]
            cells += [f"{_median(runs, key):.1f}" for key in ("p50", "p99")]
            lines.append(f"| {SCENES[name].title} | {form} | {' | '.join(cells)} |")
    return "\n".join(lines)


async def _measure(rounds: int, scale: float) -> dict[str, Any]:
    runs: dict[str, dict[str, list[dict[str, float]]]] = {}
    async with durable_postgres() as url, _opened(url) as (database, forms):
        fair = Fair(database)
        await fair.open()
        for _ in range(rounds):
            for name, scene in SCENES.items():
                for form, buy in forms.items():
                    sale = await fair.sale(scene.events, _places(scene, form, scale))
                    run = await _storm(buy, sale)
                    await sale.prove(database)
                    runs.setdefault(name, {}).setdefault(form, []).append(run)
    return {
        "callers": CALLERS,
        "per_place": PER_PLACE,
        "connections": CONNECTIONS,
        "rounds": rounds,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "runs": runs,
    }


async def _profile(scene: Scene, scale: float) -> None:
    async with durable_postgres() as url, _opened(url) as (database, forms):
        fair = Fair(database)
        await fair.open()
        # The first sale warms up connections and statements.
        await _storm(forms["lanes"], await fair.sale(scene.events, max(_places(scene, "lanes", scale) // 4, 1)))
        sale = await fair.sale(scene.events, _places(scene, "lanes", scale))
        profile = cProfile.Profile()
        profile.enable()
        run = await _storm(forms["lanes"], sale)
        profile.disable()
    print(json.dumps(run))
    pstats.Stats(profile).sort_stats("tottime").print_stats(40)


def _storm(buy: Buy, sale: Sale) -> "asyncio.Future[dict[str, float]]":
    return asyncio.ensure_future(storm(buy, sale.claims(PER_PLACE), callers=CALLERS))


@asynccontextmanager
async def _opened(url: str) -> AsyncGenerator[tuple[Database, Mapping[str, Buy]]]:
    database = await connect(url, pool_size=CONNECTIONS)
    clock = partial(datetime.now, UTC)
    try:
        async with Lanes(lane_connections(url), Decisions(RandomSource(), clock)) as lanes:
            yield (
                database,
                {"row locks": RowLocks(database, connections=CONNECTIONS).run, "lanes": cast("Buy", lanes.run)},
            )
    finally:
        await database.close()


def _places(scene: Scene, form: str, scale: float) -> int:
    return max(round(scene.places[form] * scale), 1)


def _median(runs: Sequence[Mapping[str, float]], key: str) -> float:
    return statistics.median(run[key] for run in runs)


if __name__ == "__main__":
    main()
