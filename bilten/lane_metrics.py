"""What lanes report to Prometheus: how many wait, how large and how slow batches are, and what goes wrong with them."""

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class LaneMetrics:
    """The lanes of one application; fulfils `db.lanes.Observer`. `buckets` are those of times, in seconds."""

    def __init__(self, registry: CollectorRegistry, buckets: Sequence[float]) -> None:
        self._waiting = Gauge(
            "bilten_lane_waiting", "Commands that wait for a lane.", registry=registry, multiprocess_mode="livesum"
        )
        self._sizes = Histogram(
            "bilten_lane_batch_size", "Commands per transaction of a lane.", registry=registry, buckets=SIZES
        )
        self._seconds = Histogram(
            "bilten_lane_flush_seconds", "Seconds per transaction of a lane.", registry=registry, buckets=buckets
        )
        self._busy = Counter("bilten_lane_busy", "Commands turned away because too many wait.", registry=registry)
        self._troubles = Counter("bilten_lane_troubles", "What went wrong in lanes.", ("kind",), registry=registry)

    def flushed(self, size: int, seconds: float) -> None:
        """Count a transaction of so many commands, committed so long after its beginning."""
        self._sizes.observe(size)
        self._seconds.observe(seconds)

    def busy(self) -> None:
        """Count a command that was turned away."""
        self._busy.inc()

    def trouble(self, kind: str) -> None:
        """Count a trouble; there are as many kinds as `db.lanes.Trouble` has members."""
        self._troubles.labels(kind).inc()

    def waiting(self, commands: int) -> None:
        """Note how many commands wait at this moment."""
        self._waiting.set(commands)
