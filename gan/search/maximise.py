"""Maximises the preference (paper, eqs. 9 and 10): finds images that fit a taste and look real."""

import copy
import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gan.search.ascent import Measure, State, advance, begin, finish
from gan.search.config import AscentConfig
from gan.search.latent_form import to_latent, to_variable
from gan.search.measures import bounded, objective, preference
from gan.search.networks import Networks
from gan.search.taste import Taste
from tfrecords.progress_bar import ProgressBar

RECORD = ("objective", "preference", "realness")
_STEPS_PER_CALL = 5  # Between two calls Python can be interrupted, and the bar advances.

# Called between steps with the number of steps done, z of each start's best step so far [B, Z] and its figures [B, 3],
# minus infinity before the first step. What it raises ends the ascent.
Watch = Callable[[int, np.ndarray, np.ndarray], object]


@dataclasses.dataclass(frozen=True)
class Designs:
    """The result of the ascent from N starts.

    Attributes:
        latents: z of each start's best step, float32 [N, Z].
        best: objective, preference and realness D(G(z, c), c) at this step, float32 [N, 3]; NaN for a dropped start,
            whose figures were not finite at some step.
        best_step: int32 [N], 0 to steps.
        records: float32 [steps + 1, N, 3], the same three before each step and after the last.
        way: z at each of these steps, float32 [steps + 1, N, Z]; None unless asked for.
    """

    latents: np.ndarray
    best: np.ndarray
    best_step: np.ndarray
    records: np.ndarray
    way: np.ndarray | None = None

    def of(self, rows: np.ndarray | slice) -> "Designs":
        """Returns the results of some starts."""
        way = None if self.way is None else self.way[:, rows]
        return Designs(self.latents[rows], self.best[rows], self.best_step[rows], self.records[:, rows], way)


class Maximiser:
    """The ascent for one set of networks; compiled once for each shape of a batch, whatever the taste.

    Args:
        networks: G, D, Phi.
        config: the search's settings; `latent_form` one of `gan.search.config.FORMS`.
    """

    def __init__(self, networks: Networks, config: AscentConfig) -> None:
        self.networks, self._config = networks, config
        self._advance, self._finish = tf.function(self._some_steps), tf.function(self._measure_last)
        self._measure_once = tf.function(lambda *inputs: objective(networks, *inputs)[0])

    def __call__(
        self,
        starts: tf.Tensor,
        labels: tf.Tensor,
        taste: Taste,
        *,
        max_drift: float | None = None,
        keep_way: bool = False,
        bar: ProgressBar | None = None,
        watch: Watch | None = None,
    ) -> Designs:
        """Ascends from every start, in batches that fit into memory.

        Args:
            starts: z float32 [N, Z].
            labels: float32 [N, C], one-hot.
            taste: the taste of N queries, one per start.
            max_drift: bound on `gan.search.drift.drift` of each image from its start's image; None: no bound.
            keep_way: keep the latents of all steps.
            bar: advances by one for each start and step.
            watch: called before the first step and after every few steps of each batch.
        """
        parts = []
        for rows, kept in batches(len(starts), self._config.batch_size):
            some = tf.gather(starts, rows), tf.gather(labels, rows), taste.rows(rows)
            parts.append(self._ascend(*some, max_drift, keep_way, bar, watch).of(kept))
        joined = [
            np.concatenate([getattr(part, name) for part in parts], axis)
            for name, axis in (("latents", 0), ("best", 0), ("best_step", 0), ("records", 1))
        ]
        return Designs(*joined, np.concatenate([part.way for part in parts], 1) if keep_way else None)

    def at(self, eta: float, steps: int | None = None) -> "Maximiser":
        """Returns the same search with another eta, and number of steps if given; nothing is compiled again."""
        other = copy.copy(self)
        other._config = dataclasses.replace(self._config, eta=eta, steps=self._config.steps if steps is None else steps)
        return other

    def look(self, latents: tf.Tensor, labels: tf.Tensor, taste: Taste) -> np.ndarray:
        """Returns the objective of the given latents, float32 [N]; arguments as in a call."""
        eta = tf.constant(self._config.eta, tf.float32)
        parts = [
            self._measure_once(tf.gather(latents, rows), tf.gather(labels, rows), taste.rows(rows), eta).numpy()[kept]
            for rows, kept in batches(len(latents), self._config.batch_size)
        ]
        return np.concatenate(parts)

    def _ascend(
        self,
        starts: tf.Tensor,
        labels: tf.Tensor,
        taste: Taste,
        max_drift: float | None,
        keep_way: bool,
        bar: ProgressBar | None,
        watch: Watch | None,
    ) -> Designs:
        config = self._config
        eta, rate = tf.constant(config.eta, tf.float32), tf.constant(config.learning_rate, tf.float32)
        state = begin(to_variable(starts, config.latent_form), len(RECORD) - 1)
        near = None
        if max_drift is not None:
            near = state.variable, self.networks.generate(starts, labels), tf.constant(max_drift, tf.float32)
        records, ways = [], []
        if watch is not None:
            watch(*self._so_far(state))
        for done in range(0, config.steps, _STEPS_PER_CALL):
            count = min(_STEPS_PER_CALL, config.steps - done)
            state, some, way = self._advance(state, tf.constant(count), labels, taste, eta, rate, near)
            records.append(some.numpy())
            if keep_way:
                ways.append(way.numpy())
            if bar is not None:
                bar.update(count * len(starts))
            if watch is not None:
                watch(*self._so_far(state))
        state, last = self._finish(state, labels, taste, eta)
        best = tf.where(state.finite[:, None], state.best_record, np.nan)
        return Designs(
            latents=to_latent(state.best, config.latent_form).numpy(),
            best=best.numpy(),
            best_step=state.best_step.numpy(),
            records=np.concatenate([*records, last.numpy()[None]]),
            way=np.concatenate([*ways, to_latent(state.variable, config.latent_form).numpy()[None]]) if ways else None,
        )

    def _so_far(self, state: State) -> tuple[int, np.ndarray, np.ndarray]:
        best = to_latent(state.best, self._config.latent_form)
        return int(state.step), best.numpy(), state.best_record.numpy()

    def _some_steps(
        self,
        state: State,
        count: tf.Tensor,
        labels: tf.Tensor,
        taste: Taste,
        eta: tf.Tensor,
        rate: tf.Tensor,
        near: tuple[tf.Tensor, tf.Tensor, tf.Tensor] | None,
    ) -> tuple[State, tf.Tensor, tf.Tensor]:
        form = self._config.latent_form
        project = None if near is None else bounded(self.networks, form, labels, *near)
        state, records, way = advance(state, count, self._measure(labels, taste, eta), rate, project)
        return state, records, to_latent(way, form)

    def _measure_last(self, state: State, labels: tf.Tensor, taste: Taste, eta: tf.Tensor) -> tuple[State, tf.Tensor]:
        return finish(state, self._measure(labels, taste, eta))

    def _measure(self, labels: tf.Tensor, taste: Taste, eta: tf.Tensor) -> Measure:
        return preference(self.networks, self._config.latent_form, labels, taste, eta)


def batches(count: int, size: int) -> list[tuple[tf.Tensor, slice]]:
    """Yields row numbers int32 in batches of one size, padded with the last row, and which of them are no padding.

    Each shape is compiled once. Fewer rows than `size` make one batch of their own size.
    """
    size = min(size, count)
    return [
        (tf.minimum(tf.range(first, first + size), count - 1), slice(0, min(size, count - first)))
        for first in range(0, count, size)
    ]
