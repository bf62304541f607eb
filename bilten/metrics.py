"""What this process counts and measures for Prometheus; which page shows it, and to whom, is `bilten/metrics_page.py`.

With several workers, which `PROMETHEUS_MULTIPROC_DIR` announces before this module is imported, each process writes
its numbers into shared files, and any of them renders the sum. There may then be one `Metrics` in a process at a time.
"""

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bilten.capacity_metrics import CapacityMetrics
from bilten.lane_metrics import LaneMetrics
from bilten.metrics_files import FOLDER_VARIABLE, SharedFiles
from db.database import PoolCounts

KINDS = frozenset({"query", "mutation", "subscription", "none"})
OUTCOMES = frozenset({"ok", "problems", "errors", "rejected"})
ANONYMOUS = "anonymous"
OTHER = "other"
MOST_OPERATIONS = 200
"""Pairs of name and kind with series of their own: clients choose the names, so without a bound they fill memory."""
MOST_CODES = 50

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
STATEMENTS = (0, 1, 2, 3, 5, 8, 13, 21, 34)
LAG_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,63}")

# The moment at which a series began is of no use to anyone here, and would add a series to each.
disable_created_metrics()

_Recorders = tuple[Counter, Histogram, Histogram]
_Mode = Literal["livesum", "livemax", "liveall"]


class Metrics:
    """The numbers of one application; everything but `render` is for the event loop's thread and takes microseconds."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        # Explicitly the folder of this moment: tests may run several applications one after the other.
        folder = os.environ.get(FOLDER_VARIABLE)
        self._files = SharedFiles(Path(folder)) if folder else None
        self._operations = self._counter("bilten_operations", "Operations.", "operation", "kind", "outcome")
        self._durations = self._histogram(
            "bilten_operation_duration_seconds", "Seconds per operation.", SECONDS, "operation", "kind"
        )
        self._statements = self._histogram(
            "bilten_operation_statements", "SQL statements per operation.", STATEMENTS, "operation", "kind"
        )
        self._documents = self._counter("bilten_documents", "Lookups in the document cache.", "result")
        self._engines = self._counter("bilten_engine_operations", "Operations by what executed them.", "engine")
        self._fallbacks = self._counter(
            "bilten_engine_fallbacks", "Operations that the compiled engine left to graphql-core.", "reason"
        )
        self._refusals = self._counter("bilten_requests_refused", "Requests refused before any operation.", "code")
        self._document_entries = self._gauge("bilten_document_cache_entries", "Documents in the cache.")
        self._document_bytes = self._gauge("bilten_document_cache_bytes", "Size of the document cache.")
        connections = self._gauge("bilten_database_connections", "Database connections.", "state")
        self._idle = connections.labels("idle")
        self._used = connections.labels("used")
        self._most = self._gauge("bilten_database_connections_max", "Database connections allowed.")
        self.lanes = LaneMetrics(self._registry, SECONDS)
        self._lag = self._histogram("bilten_event_loop_lag_seconds", "Lateness of the event loop.", LAG_SECONDS)
        self._worst = self._gauge("bilten_event_loop_lag_worst_seconds", "Worst lateness of late.", mode="livemax")
        self._notifications = self._counter("bilten_notifications", "Messages to people.", "kind", "outcome")
        self._notifier_lag = self._gauge(
            "bilten_notifier_lag_seconds", "Age of the oldest fact or message that waits.", mode="livemax"
        )
        self._cpu = self._counter("process_cpu_seconds", "CPU time.")
        self._memory = self._gauge("process_resident_memory_bytes", "Memory in use.", mode="liveall")
        started = self._gauge("process_start_time_seconds", "Start of the process.", mode="liveall")
        started.set(time.time())
        self._gauge("bilten_workers", "Processes that serve.").set(1)
        self.capacity = CapacityMetrics(self._registry)
        self._cpu_told = 0.0
        self._recorders: dict[tuple[str | None, str, str], _Recorders] = {}
        self._known: set[tuple[str, str]] = set()
        self._document_results: dict[str, Counter] = {}
        self._refused_codes: dict[str, Counter] = {}
        self._left: dict[str, Counter] = {}
        self._by_plan = self._engines.labels("compiled")
        self._by_core = self._engines.labels("core")

    def operation(self, name: str | None, kind: str, outcome: str, seconds: float, statements: int) -> None:
        """Count an operation that ended; `kind` is one of `KINDS`, `outcome` one of `OUTCOMES`."""
        recorders = self._recorders.get((name, kind, outcome))
        if recorders is None:
            recorders = self._recorders_for(name, kind, outcome)
        counter, duration, count = recorders
        counter.inc()
        duration.observe(seconds)
        count.observe(statements)

    def document(self, result: str) -> None:
        """Count what the document cache answered, such as `hit` or `miss`."""
        _bounded(self._document_results, self._documents, result).inc()

    def engine(self, left: str | None) -> None:
        """Count what executed an operation: graphql-core if there is a reason why it was left to it, else a plan."""
        if left is None:
            self._by_plan.inc()
        else:
            self._by_core.inc()
            _bounded(self._left, self._fallbacks, left).inc()

    def refused(self, code: str) -> None:
        """Count a request that was refused before an operation ran, by the code it got."""
        _bounded(self._refused_codes, self._refusals, code).inc()

    def late(self, seconds: float, *, worst: float) -> None:
        """Note how late the event loop was just now, and how late at worst of late."""
        self._lag.observe(seconds)
        self._worst.set(worst)

    def notification(self, kind: str, outcome: str) -> None:
        """Count what came of trying to send a message: `sent`, `skipped`, `retried` or `failed`."""
        self._notifications.labels(kind, outcome).inc()

    def notifier_lag(self, seconds: float) -> None:
        """Note how long the fact or message that waits longest has waited."""
        self._notifier_lag.set(seconds)

    def connections(self, counts: PoolCounts) -> None:
        """Note the state of the pool of database connections."""
        self._idle.set(counts.idle)
        self._used.set(counts.used)
        self._most.set(counts.most)

    def document_cache(self, *, entries: int, size: int) -> None:
        """Note how much the document cache holds; `size` is in bytes."""
        self._document_entries.set(entries)
        self._document_bytes.set(size)

    def process(self, *, cpu_seconds: float, memory: int | None) -> None:
        """Note the CPU time used since the start and the memory in use in bytes."""
        self._cpu.inc(max(0.0, cpu_seconds - self._cpu_told))
        self._cpu_told = cpu_seconds
        if memory is not None:
            self._memory.set(memory)

    def render(self, services: Mapping[str, bool]) -> bytes:
        """Everything in Prometheus text format, of all workers, and which services answer.

        Takes milliseconds, with many operations and workers a tenth of a second: for a thread of its own.
        """
        page = CollectorRegistry(auto_describe=False)
        page.register(_Facts(services))
        page.register(self._files or self._registry)
        return generate_latest(page)

    def _recorders_for(self, name: str | None, kind: str, outcome: str) -> _Recorders:
        kind_label = kind if kind in KINDS else OTHER
        label = self._operation_label(name, kind_label)
        outcome_label = outcome if outcome in OUTCOMES else OTHER
        recorders = (
            self._operations.labels(label, kind_label, outcome_label),
            self._durations.labels(label, kind_label),
            self._statements.labels(label, kind_label),
        )
        if (label == name or name is None) and kind_label == kind and outcome_label == outcome:
            # What was renamed is not kept here, because there is no end of it.
            self._recorders[name, kind, outcome] = recorders
        return recorders

    def _operation_label(self, name: str | None, kind: str) -> str:
        if not name:
            return ANONYMOUS
        if (name, kind) in self._known:
            return name
        if len(self._known) >= MOST_OPERATIONS or not _NAME.fullmatch(name):
            return OTHER
        self._known.add((name, kind))
        return name

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, registry=self._registry)

    def _histogram(self, name: str, text: str, buckets: Iterable[float], *labels: str) -> Histogram:
        return Histogram(name, text, labels, registry=self._registry, buckets=tuple(buckets))

    def _gauge(self, name: str, text: str, *labels: str, mode: _Mode = "livesum") -> Gauge:
        return Gauge(name, text, labels, registry=self._registry, multiprocess_mode=mode)


class _Facts(Collector):
    """What is true of the whole server when it is asked: no process has to remember it."""

    def __init__(self, services: Mapping[str, bool]) -> None:
        self._services = services

    def collect(self) -> Iterator[GaugeMetricFamily]:
        build = GaugeMetricFamily("bilten_build_info", "The version that runs.", labels=["version"])
        build.add_metric([version("bilten")], 1)
        yield build
        up = GaugeMetricFamily("bilten_service_up", "Whether a service answers.", labels=["service"])
        for name, answers in self._services.items():
            up.add_metric([name], int(answers))
        yield up


def _bounded(seen: dict[str, Counter], counter: Counter, label: str) -> Counter:
    child = seen.get(label)
    if child is None:
        chosen = label if len(seen) < MOST_CODES else OTHER
        child = counter.labels(chosen)
        if chosen == label:
            seen[label] = child
    return child
