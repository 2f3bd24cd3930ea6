"""Queues requests, and answers those that fit together by one call of the signature."""

import collections
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future

import numpy as np

from tf_dvbpr.server.request_error import RequestError
from tf_dvbpr.server.signature import Signature

Arrays = dict[str, np.ndarray]
_log = logging.getLogger(__name__)


class ClientLeft(Exception):
    """The client closed the connection before its request ran."""


class Line:
    """A queue of requests, and the threads that answer them in order of arrival.

    A free thread takes the first request and joins to it all waiting requests that may be joined. No request waits for
    others to arrive: a single request runs at once, and under load the batches grow.

    Requests are joined if they ask the same signature of the same version, their scalars are equal, the lists of each
    request have equal lengths, and the signature's rows are independent (`Signature.joins`). Each request gets the
    answer that it would get alone, up to rounding. If a batch fails, its requests run one by one.

    Args:
        workers: number of threads.
        most: most requests that may wait or run.
        most_rows: most rows of a batch.
        observe: called with the number of rows of every call.
    """

    def __init__(self, workers: int, most: int, most_rows: int, observe: Callable[[int], object]) -> None:
        self._most, self._most_rows, self._observe = most, most_rows, observe
        self._jobs: collections.deque[_Job] = collections.deque()
        self._changed = threading.Condition()
        self._open, self._inside = True, 0
        self._threads = [threading.Thread(target=self._work, name=f"line-{n}", daemon=True) for n in range(workers)]
        for thread in self._threads:
            thread.start()

    @property
    def inside(self) -> int:
        """Returns the number of requests that wait or run."""
        return self._inside

    def answer(self, signature: Signature, arrays: Arrays, is_wanted: Callable[[], bool] = lambda: True) -> Arrays:
        """Runs a signature on a request and returns the outputs by name.

        Args:
            signature: the signature to run.
            arrays: its inputs by name, of the signature's types and shapes.
            is_wanted: called before the request runs; if it returns False, the request is dropped.

        Raises:
            RequestError: status 429, the queue is full; 503, it is closed; or the signature's own error.
            ClientLeft: the request was dropped.
        """
        job = _Job(signature, arrays, is_wanted)
        with self._changed:
            if not self._open:
                raise RequestError(503, "the server is stopping; try another")
            if self._inside >= self._most:
                raise RequestError(
                    429, f"the queue is full: {self._inside} requests wait or run (--queue of the server); try later"
                )
            self._inside += 1
            self._jobs.append(job)
            self._changed.notify()
        try:
            return job.answer.result()
        finally:
            with self._changed:
                self._inside -= 1

    def close(self) -> None:
        """Answers the waiting requests, refuses new ones, and ends the threads."""
        with self._changed:
            self._open = False
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while batch := self._next_batch():
            wanted = [job for job in batch if job.is_wanted()]
            for job in batch:
                if job not in wanted:
                    job.answer.set_exception(ClientLeft())
            if not (len(wanted) > 1 and self._run_joined(wanted)):
                for job in wanted:
                    self._run(job)

    def _next_batch(self) -> list["_Job"]:
        with self._changed:
            while not self._jobs and self._open:
                self._changed.wait()
            if not self._jobs:
                return []
            batch = [self._jobs.popleft()]
            rows = batch[0].rows
            if batch[0].key is not None:
                for job in list(self._jobs):
                    if job.key == batch[0].key and rows + job.rows <= self._most_rows:
                        self._jobs.remove(job)
                        batch.append(job)
                        rows += job.rows
            return batch

    def _run(self, job: "_Job") -> None:
        self._observe(job.rows)
        try:
            job.answer.set_result(job.signature(job.arrays))
        except BaseException as error:  # The caller waits, so it gets every kind of error.
            job.answer.set_exception(error)

    def _run_joined(self, batch: list["_Job"]) -> bool:
        """Runs a batch by one call; returns whether that answered all its requests."""
        rows = sum(job.rows for job in batch)
        joined = {
            name: np.concatenate([job.arrays[name] for job in batch]) if array.ndim else array
            for name, array in batch[0].arrays.items()
        }
        self._observe(rows)
        try:
            outputs = batch[0].signature(joined)
        except Exception:  # Each request is then run alone, and gets its own error.
            _log.info("a batch of %d requests failed; each is run alone", len(batch), exc_info=True)
            return False
        if any(len(array) != rows for array in outputs.values()):
            return False
        start = 0
        for job in batch:
            part = slice(start, start + job.rows)
            job.answer.set_result({name: array[part] for name, array in outputs.items()})
            start += job.rows
        return True


class _Job:
    def __init__(self, signature: Signature, arrays: Mapping[str, np.ndarray], is_wanted: Callable[[], bool]) -> None:
        self.signature, self.arrays, self.is_wanted = signature, dict(arrays), is_wanted
        self.answer: Future[Arrays] = Future()
        lengths = {len(array) for array in arrays.values() if array.ndim}
        self.rows = max(lengths, default=1)
        # Requests with equal keys may be joined; None: never. Lists of different lengths are not joined, because a list
        # of length 1 may stand for many rows.
        self.key = None
        if signature.joins and len(lengths) == 1 and self.rows > 0:
            scalars = [(name, array.item()) for name, array in sorted(arrays.items()) if not array.ndim]
            self.key = (id(signature), tuple(scalars))
