"""Times several ways of doing the same in turns, by processor time on one core."""

import contextlib
import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Keeps this process and the threads it starts on one core; must come before TensorFlow starts its threads."""
    if not hasattr(os, "sched_setaffinity"):  # macOS
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def in_turns(ways: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Returns the processor seconds of each way in each round; a first round, which warms up, is left out."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(rounds + 1):
        for name, run in ways.items():
            started = time.process_time()
            run()
            if number:
                seconds[name].append(time.process_time() - started)
    return seconds


def row(what: str, against: str, aim: str, first: list[float], second: list[float]) -> dict:
    """Returns a row whose figure is the median over the rounds of `first` divided by `second`, with its range."""
    ratios = [one / other for one, other in zip(first, second, strict=True)]
    return {
        "what": what,
        "against": against,
        "aim": aim,
        "ratio": statistics.median(ratios),
        "range": [min(ratios), max(ratios)],
        "seconds": statistics.median(first),
        "against_seconds": statistics.median(second),
    }
