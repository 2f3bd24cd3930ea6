"""Counts what a running server does, in the form that Prometheus reads."""

import contextlib
import time
from collections.abc import Callable, Iterator

import prometheus_client as prometheus

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60)
_ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """The metrics of one server. Labels have a few known values only, never text that a caller sends."""

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
        self._inside = prometheus.Gauge("dvbpr_queue", "Requests that wait or run, by queue.", ["queue"], **known)

    def answered(self, what: str, status: int, seconds: float) -> None:
        """Counts an answered request.

        Args:
            what: the signature's name, or the kind of the address.
            status: of HTTP.
            seconds: from the complete request to its answer.
        """
        self._requests.labels(what, str(status)).inc()
        self._seconds.labels(what).observe(seconds)

    @contextlib.contextmanager
    def timed(self, what: str) -> Iterator[list[int]]:
        """Counts a request when the block ends, with the last status that the block appends to the yielded list."""
        started, statuses = time.perf_counter(), [500]
        try:
            yield statuses
        finally:
            self.answered(what, statuses[-1], time.perf_counter() - started)

    def called(self, rows: int) -> None:
        """Counts a call of a signature with a number of rows."""
        self._rows.observe(rows)

    def loaded(self, version: int | None) -> None:
        """Counts a loaded version; None: a version that could not be loaded."""
        self._loads.labels("failed" if version is None else "loaded").inc()
        if version is not None:
            self._version.set(version)

    def count_queue(self, name: str, inside: Callable[[], int]) -> None:
        """Sets the function that returns how many requests of a queue wait or run; reading the metrics calls it."""
        self._inside.labels(name).set_function(inside)

    def page(self) -> tuple[bytes, str]:
        """Returns (all metrics as text, the content type)."""
        return prometheus.generate_latest(self._registry), prometheus.CONTENT_TYPE_LATEST
