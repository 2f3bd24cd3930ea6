"""Runs the studio's work one piece at a time, and streams what it tells as server-sent events."""

import collections
import json
import logging
import queue
import threading
from collections.abc import Callable, Iterator

from tf_dvbpr.server.batching import ClientLeft
from tf_dvbpr.server.request_error import RequestError
from tfrecords.errors import InputError
from tfrecords.files.json_file import without_nan

# Reports an event, its name and its content as JSON; raises `ClientLeft` if nobody listens any more.
Tell = Callable[[str, dict], None]
Work = Callable[[Tell], None]

_BEAT = 1.0  # seconds without an event after which the stream sends a comment, and notices a client that left
_log = logging.getLogger(__name__)


class Stopping(Exception):
    """The studio stops."""


class Jobs:
    """A queue of work and the thread that does it, so that two requests never share the processor.

    Args:
        most: most pieces of work that may wait or run.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._waiting: collections.deque[_Job] = collections.deque()
        self._running: _Job | None = None
        self._changed = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._work, name="studio", daemon=True)
        self._thread.start()

    @property
    def inside(self) -> int:
        """Returns the number of pieces of work that wait or run."""
        with self._changed:
            return len(self._waiting) + (self._running is not None)

    def stream(self, work: Work, has_left: Callable[[], bool] = lambda: False) -> "Events":
        """Queues work and returns the stream of its events.

        The stream begins with ``waiting`` if other work is before it, and ends with ``done``, or with ``failed`` and
        its ``error`` in one line. Closing it cancels the work, at its next event.

        Args:
            work: called with `Tell` in the thread of the work.
            has_left: returns whether the client closed the connection.

        Raises:
            RequestError: status 429, too much is queued; 503, the studio stops.
        """
        job = _Job(work)
        with self._changed:
            if not self._open:
                raise RequestError(503, "the studio is stopping; start it again")
            before = len(self._waiting) + (self._running is not None)
            if before >= self._most:
                raise RequestError(429, f"{before} requests wait already; try again when they are done")
            if before:
                job.put("waiting", {"before": before})
            self._waiting.append(job)
            self._changed.notify()
        return Events(job, has_left)

    def close(self) -> None:
        """Ends all work at its next event, and refuses new work."""
        with self._changed:
            self._open = False
            for job in (*self._waiting, *([self._running] if self._running else [])):
                job.stopping.set()
            self._changed.notify_all()

    def join(self, seconds: float) -> None:
        """Waits until the thread has ended, after `close`."""
        self._thread.join(seconds)

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job.tell("begun", {})
                job.work(job.tell)
                job.put("done", {})
            except ClientLeft:
                pass
            except Stopping:
                job.put("failed", {"error": "the studio is stopping; start it again"})
            except RequestError as error:
                job.put("failed", {"error": error.message})
            except InputError as error:
                job.put("failed", {"error": str(error)})
            except Exception:
                _log.exception("a piece of the studio's work")
                job.put("failed", {"error": "the studio failed at this request; its log says why"})
            finally:
                job.events.put(None)
                with self._changed:
                    self._running = None

    def _next(self) -> "_Job | None":
        with self._changed:
            while not self._waiting and self._open:
                self._changed.wait()
            self._running = self._waiting.popleft() if self._waiting else None
            return self._running


class Events:
    """The events of a piece of work, as the bytes of an event stream; to be iterated over once."""

    def __init__(self, job: "_Job", has_left: Callable[[], bool]) -> None:
        self._job, self._has_left = job, has_left

    def __iter__(self) -> Iterator[bytes]:
        while not self._has_left():
            try:
                event = self._job.events.get(timeout=_BEAT)
            except queue.Empty:
                yield b": the studio is at work\n\n"
                continue
            if event is None:
                return
            name, content = event
            yield f"event: {name}\ndata: {json.dumps(without_nan(content), allow_nan=False)}\n\n".encode()
        self.close()

    def close(self) -> None:
        """Cancels the work; the server calls it when the response ends or the client leaves."""
        self._job.left.set()


class _Job:
    def __init__(self, work: Work) -> None:
        self.work = work
        self.events: queue.SimpleQueue[tuple[str, dict] | None] = queue.SimpleQueue()
        self.left, self.stopping = threading.Event(), threading.Event()

    def tell(self, event: str, content: dict) -> None:
        if self.left.is_set():
            raise ClientLeft
        if self.stopping.is_set():
            raise Stopping
        self.put(event, content)

    def put(self, event: str, content: dict) -> None:
        self.events.put((event, content))
