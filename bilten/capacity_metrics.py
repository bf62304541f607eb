"""What is counted about capacity: how its books were compared, and how what has run out is given back."""

from prometheus_client import CollectorRegistry, Counter, Gauge

SWEPT = ("settled", "busy", "failed")
"""What can come of an event that the sweeper had settled."""


class CapacityMetrics:
    """The numbers of one process; only the one that leads has others than zero."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._mismatches = _gauge(registry, "bilten_capacity_mismatches", "Events whose books differ.", "livesum")
        self._checks = Counter("bilten_capacity_checks", "Events whose books were compared.", registry=registry)
        self._walk = _gauge(
            registry, "bilten_capacity_walk_seconds", "Length of the last walk through all events.", "livemax"
        )
        self._lag = _gauge(registry, "bilten_sweep_lag_seconds", "Age of the oldest thing to be given back.", "livemax")
        swept = Counter("bilten_sweep_events", "Events settled by the sweeper.", ("outcome",), registry=registry)
        self._swept = {outcome: swept.labels(outcome) for outcome in SWEPT}
        self._rounds = Counter("bilten_sweep_rounds", "Rounds of the sweeper.", registry=registry)

    def mismatches(self, events: int) -> None:
        """Note how many events are known to differ."""
        self._mismatches.set(events)

    def checked(self, events: int) -> None:
        """Count events whose books were compared."""
        self._checks.inc(events)

    def walked(self, seconds: float) -> None:
        """Note how long it took to compare the books of all events."""
        self._walk.set(seconds)

    def lag(self, seconds: float) -> None:
        """Note for how long the oldest thing that has run out was not given back."""
        self._lag.set(seconds)

    def swept(self, outcome: str) -> None:
        """Count an event that was due, by one of `SWEPT`."""
        self._swept[outcome].inc()

    def round(self) -> None:
        """Count a round of the sweeper."""
        self._rounds.inc()


def _gauge(registry: CollectorRegistry, name: str, text: str, mode: str) -> Gauge:
    return Gauge(name, text, registry=registry, multiprocess_mode=mode)  # pyright: ignore[reportArgumentType]
