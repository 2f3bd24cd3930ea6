"""The training loop's own speed: stretches of it, timed in turns with what it is compared with."""

import time
from collections.abc import Callable

import tensorflow as tf


class Turns:
    """Put before a training's class: its validations read the clock, and every second one runs the rivals.

    The stretch of the loop after the rivals finds batches waiting that were made meanwhile, so it is not counted; the
    one after it is.

    Attributes:
        seconds: of each stretch counted, under ``loop``, and of the rivals right after it, under their names.
    """

    def take_turns(self, steps: int, **rivals: Callable[[], object]) -> None:
        """Says how many steps a stretch has, and who is timed after it."""
        self._steps, self._rivals, self._started = steps, rivals, 0.0
        self.seconds: dict[str, list[float]] = {"loop": [], **{name: [] for name in rivals}}

    def state(self) -> dict[str, tf.Variable]:
        """Nothing: a checkpoint of the loop's own state alone takes no time."""
        return {}

    def validate(self, step: int) -> dict[str, float]:
        """Ends a stretch."""
        now = time.perf_counter()
        if step // self._steps % 2 == 0:
            self.seconds["loop"].append(now - self._started)
            for name, run in self._rivals.items():
                self.seconds[name].append(seconds_of(run))
        self._started = time.perf_counter()
        return {"score": 0.0}


def seconds_of(run: Callable[[], object]) -> float:
    """How long a call takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def read(losses: dict[str, tf.Tensor]) -> list[float]:
    """A step's losses as numbers: the loop reads them too."""
    return [float(value) for value in losses.values()]
