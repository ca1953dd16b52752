"""What is counted of the server's work, in the form that Prometheus reads. Of several workers, all together."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from segmentry.tables import abandoned, part_of

SHARED = "PROMETHEUS_MULTIPROC_DIR"  # a folder that workers count in together; the library looks for it by this name
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


def shared_folder() -> Path:
    """A new folder for the workers of this process to count in; those that killed processes have left are removed."""
    place = Path(tempfile.gettempdir(), "segmentry-metrics")
    for left in abandoned(place):
        shutil.rmtree(left, ignore_errors=True)
    folder = part_of(place)
    folder.mkdir(0o700)
    return folder


def forget_worker(process: int, folder: Path) -> None:
    """Takes what a dead worker was about to do out of the counters; what it has done stays."""
    mark_process_dead(process, str(folder))  # type: ignore[no-untyped-call]


class Metrics:
    """The counters of one worker."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter("segmentry_requests", "Requests answered.", ["route", "status"], registry=self.registry)
        self.seconds = Histogram(
            "segmentry_request_seconds", "Time to answer.", ["route"], buckets=_SECONDS, registry=self.registry
        )
        self.customers = Counter("segmentry_customers", "Customers placed.", ["segment"], registry=self.registry)
        self.waiting = Gauge(
            "segmentry_requests_waiting",
            "Requests that are read or wait their turn.",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._counters: dict[tuple[str, int], Counter] = {}
        self._clocks: dict[str, Histogram] = {}
        self.reloads = Counter("segmentry_model_reloads", "Models read anew.", ["outcome"], registry=self.registry)

    def count(self, route: str, status: int, seconds: float | None = None) -> None:
        """Counts an answer, and the time that it took where there is one."""
        counter = self._counters.get((route, status))
        if counter is None:
            counter = self._counters[route, status] = self.requests.labels(route, str(status))
        counter.inc()
        if seconds is not None:
            clock = self._clocks.get(route)
            if clock is None:
                clock = self._clocks[route] = self.seconds.labels(route)
            clock.observe(seconds)

    def text(self) -> bytes:
        """All counters as Prometheus reads them."""
        if SHARED not in os.environ:
            return generate_latest(self.registry)
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)
