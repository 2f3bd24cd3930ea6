"""Maps a function over a stream of any length in parallel, in order and in bounded memory."""

import concurrent.futures
import itertools
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

In = TypeVar("In")
Out = TypeVar("Out")

_CHUNK = 8  # inputs per task: enough to keep its overhead small, few enough to keep memory small


def ordered_map(function: Callable[[In], Out], inputs: Iterable[In], workers: int | None = None) -> Iterator[Out]:
    """Yields ``function(x)`` for every input in order, computed in threads a little ahead of the reader.

    At most two chunks of 8 results per worker are in memory. Threads are enough if the work is done by libraries that
    release the interpreter's lock, as Pillow's decoders do.

    Args:
        function: what to compute.
        inputs: read lazily, in this thread.
        workers: number of threads, default one per core.
    """

    def compute(chunk: list[In]) -> list[Out]:
        return [function(value) for value in chunk]

    workers = workers or os.cpu_count() or 1
    values = iter(inputs)
    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        running: deque[concurrent.futures.Future] = deque()
        try:
            while True:
                while len(running) < 2 * workers and (chunk := list(itertools.islice(values, _CHUNK))):
                    running.append(pool.submit(compute, chunk))
                if not running:
                    return
                yield from running.popleft().result()
        finally:
            for future in running:
                future.cancel()
