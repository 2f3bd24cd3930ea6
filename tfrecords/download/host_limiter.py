"""Limits the requests of many threads to one host."""

import contextlib
import threading
import time
from collections.abc import Iterator

GIVE_UP = 20  # failed requests in a row, retries included, after which the host is not asked again


class HostClosed(Exception):
    """The host must not be asked again in this run; the message says why."""


class HostGate:
    """Lets a few requests at a time through to a host, with a pause between their starts.

    Args:
        slots: number of requests at the same time.
        delay: minimum seconds between the starts of two requests.
        stop: the caller sets it to end all waiting.
    """

    def __init__(self, slots: int, delay: float, stop: threading.Event):
        self._slots = threading.BoundedSemaphore(slots)
        self._delay = delay
        self._stop = stop
        self._lock = threading.Lock()
        self._next_start = 0.0
        self._failed = 0
        self._closed: str | None = None

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Waits until a request may start and holds its slot. Raises HostClosed if the host must not be asked again."""
        with self._slots:
            while (seconds := self._take_start()) > 0:
                self._stop.wait(seconds)
            yield

    def pause(self, seconds: float) -> None:
        """Stops requests from starting within the next seconds."""
        with self._lock:
            self._next_start = max(self._next_start, time.monotonic() + seconds)

    def close(self, reason: str) -> None:
        """Stops requests from starting at all."""
        with self._lock:
            self._closed = self._closed or reason

    def succeeded(self) -> None:
        """Records that the host answered, even if it has no such photo."""
        with self._lock:
            self._failed = 0

    def failed(self, reason: str) -> None:
        """Records that the host did not answer properly; `GIVE_UP` times in a row close it."""
        with self._lock:
            self._failed += 1
            if self._failed >= GIVE_UP:
                self._closed = self._closed or f"given up on the host after {GIVE_UP} failures in a row ({reason})"

    def _take_start(self) -> float:
        """Returns 0 and counts a start if a request may start now; otherwise the seconds until the next attempt."""
        with self._lock:
            if self._stop.is_set():
                raise HostClosed("interrupted")
            if self._closed is not None:
                raise HostClosed(self._closed)
            now = time.monotonic()
            if now < self._next_start:
                return self._next_start - now
            self._next_start = now + self._delay
            return 0.0
