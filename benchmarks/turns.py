"""Times parts of a training loop, alternately with what they are compared with."""

import time
from collections.abc import Callable

import tensorflow as tf


class Turns:
    """A mixin for a training's class, whose validations read the clock; every second validation runs the rivals.

    The first part of the loop after the rivals finds batches that were prefetched meanwhile, so only the second one is
    timed.

    Attributes:
        seconds: durations of the timed parts as ``loop``, and of the rivals after them by their names.
    """

    def take_turns(self, steps: int, **rivals: Callable[[], object]) -> None:
        """Sets the number of steps of a part, and the rivals to time after it."""
        self._steps, self._rivals, self._started = steps, rivals, 0.0
        self.seconds: dict[str, list[float]] = {"loop": [], **{name: [] for name in rivals}}

    def state(self) -> dict[str, tf.Variable]:
        """Returns no variables, so that checkpoints have only the loop's own state and take no time."""
        return {}

    def validate(self, step: int) -> dict[str, float]:
        """Ends a part: reads the clock and, every second time, runs the rivals."""
        now = time.perf_counter()
        if step // self._steps % 2 == 0:
            self.seconds["loop"].append(now - self._started)
            for name, run in self._rivals.items():
                self.seconds[name].append(seconds_of(run))
        self._started = time.perf_counter()
        return {"score": 0.0}


def seconds_of(run: Callable[[], object]) -> float:
    """Returns the seconds that a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def read(losses: dict[str, tf.Tensor]) -> list[float]:
    """Returns a step's losses as numbers, since the loop reads them too."""
    return [float(value) for value in losses.values()]
