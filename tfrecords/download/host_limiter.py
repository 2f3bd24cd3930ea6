"""What keeps many threads polite towards one host."""

import contextlib
import threading
import time
from collections.abc import Iterator

GIVE_UP = 20  # requests that failed in a row, retries included, before the host is left alone


class HostClosed(Exception):
    """The host is not to be asked any more in this run; the message says why."""


class HostGate:
    """Lets a few requests at once through to a host, a pause between their starts.

    Args:
        slots: requests at once.
        delay: least seconds between the starts of two requests.
        stop: set from outside to end all waiting.
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
        """Waits until a request may start and holds its slot. Raises HostClosed where none may any more."""
        with self._slots:
            while (seconds := self._take_start()) > 0:
                self._stop.wait(seconds)
            yield

    def pause(self, seconds: float) -> None:
        """No request starts within the next seconds."""
        with self._lock:
            self._next_start = max(self._next_start, time.monotonic() + seconds)

    def close(self, reason: str) -> None:
        """No request starts any more."""
        with self._lock:
            self._closed = self._closed or reason

    def succeeded(self) -> None:
        """The host answered, if only that it has no such photo."""
        with self._lock:
            self._failed = 0

    def failed(self, reason: str) -> None:
        """The host did not answer properly; `GIVE_UP` times in a row close it."""
        with self._lock:
            self._failed += 1
            if self._failed >= GIVE_UP:
                self._closed = self._closed or f"given up on the host after {GIVE_UP} failures in a row ({reason})"

    def _take_start(self) -> float:
        """0 if a request may start now, which takes the start, or the seconds until it is worth asking again."""
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
