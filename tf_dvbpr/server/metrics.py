"""Figures of a running server, in the form that Prometheus reads."""

import contextlib
import time
from collections.abc import Iterator

import prometheus_client as prometheus

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """Counters of one server. Labels are of a few known values: what a caller sends is never among them."""

    def __init__(self) -> None:
        self._registry = prometheus.CollectorRegistry()
        prometheus.ProcessCollector(registry=self._registry)
        known = {"registry": self._registry}
        self._requests = prometheus.Counter(
            "dvbpr_requests", "Requests answered, by what was asked and HTTP status.", ["what", "status"], **known
        )
        self._seconds = prometheus.Histogram(
            "dvbpr_request_seconds", "Seconds from a whole request to its answer.", ["what"], buckets=_SECONDS, **known
        )
        self._rows = prometheus.Histogram("dvbpr_call_rows", "Rows of a call of a signature.", buckets=_ROWS, **known)
        self._version = prometheus.Gauge("dvbpr_model_version", "The version that is served.", **known)
        self._loads = prometheus.Counter("dvbpr_loads", "Versions that were loaded, or failed to.", ["result"], **known)
        self._inside = prometheus.Gauge("dvbpr_queue", "Requests that wait or run.", **known)

    def answered(self, what: str, status: int, seconds: float) -> None:
        """Counts a request; `what`: a signature's name, or the kind of the address."""
        self._requests.labels(what, str(status)).inc()
        self._seconds.labels(what).observe(seconds)

    @contextlib.contextmanager
    def timed(self, what: str) -> Iterator[list[int]]:
        """Counts a request when the block ends, with the last status that the block put into the list."""
        started, statuses = time.perf_counter(), [500]
        try:
            yield statuses
        finally:
            self.answered(what, statuses[-1], time.perf_counter() - started)

    def called(self, rows: int) -> None:
        """Counts a call of a signature."""
        self._rows.observe(rows)

    def loaded(self, version: int | None) -> None:
        """Counts a version that was loaded; None: one that could not be."""
        self._loads.labels("failed" if version is None else "loaded").inc()
        if version is not None:
            self._version.set(version)

    def count_queue(self, inside: object) -> None:
        """Says what to ask, whenever the figures are read, for the requests that wait or run."""
        self._inside.set_function(inside)

    def page(self) -> tuple[bytes, str]:
        """(all figures as text, its content type)."""
        return prometheus.generate_latest(self._registry), prometheus.CONTENT_TYPE_LATEST
