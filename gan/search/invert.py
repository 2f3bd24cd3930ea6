"""Inverts photos (paper, eq. 12): finds the latent whose image is nearest to a photo."""

import dataclasses
from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gan.search.ascent import Measure, State, advance, begin, finish
from gan.search.config import InversionConfig
from gan.search.drift import drift
from gan.search.latent_form import draw_starts, to_latent, to_variable
from gan.search.maximise import batches
from gan.search.measures import best_starts, nearness
from gan.search.networks import Networks
from tf_dvbpr import stateless
from tfrecords.progress_bar import progress_bar

_STEPS_PER_CALL = 20


@dataclasses.dataclass(frozen=True)
class Inversion:
    """The latents found for P photos.

    Attributes:
        latents: z float32 [P, Z].
        errors: mean |G(z, c) - x| over pixels and channels, x in [-1, 1], float32 [P].
    """

    latents: np.ndarray
    errors: np.ndarray


class Inverter:
    """The search for a photo's latent with one set of networks.

    Args:
        networks: only `Networks.generate` is used.
        config: the search's settings.
        form: how z is written, one of `gan.search.config.FORMS`.
        start_deviation: standard deviation of ``free`` starts.
        batch_size: latents that go through the generator together.
        seed: seed of the candidates.
    """

    def __init__(
        self,
        networks: Networks,
        config: InversionConfig,
        form: str,
        start_deviation: float = 1.0,
        batch_size: int = 64,
        seed: int = 0,
    ) -> None:
        self._networks, self._config, self._form = networks, config, form
        self._deviation, self._batch_size, self._seed = start_deviation, batch_size, seed
        self._advance, self._finish = tf.function(self._some_steps), tf.function(self._measure_last)
        self._measure_once = tf.function(lambda latents, *rest: -drift(networks.generate(latents, rest[0]), rest[1]))

    def __call__(
        self,
        photos: tf.Tensor,
        labels: tf.Tensor,
        progress: bool = True,
        watch: Callable[[int, np.ndarray, np.ndarray], object] | None = None,
    ) -> Inversion:
        """Returns ``argmin_z |G(z, c) - x|_1``, searched from several starts (eq. 12).

        Args:
            photos: x float32 [P, S, S, 3] in [-1, 1], at the generator's size.
            labels: float32 [P, C], one-hot.
            progress: show a bar.
            watch: called before the first step and after every few of each batch, with the number of steps done, z of
                each start's best step so far [B, Z] and minus its error [B, 1]. What it raises ends the search.
        """
        config = self._config
        seed = stateless.seed_of(self._seed, stateless.INVERSION)
        drawn = draw_starts(seed, config.invert_candidates, self._networks.latent_dim, self._form, self._deviation)
        starts = tf.concat([self._starts(drawn, photos[row], labels[row]) for row in range(len(photos))], 0)
        of = tf.repeat(tf.range(len(photos)), config.invert_starts)
        found = [[], []]
        sizes = batches(len(starts), self._batch_size)
        with progress_bar(
            total=len(sizes) * config.invert_steps, desc="inverting", unit="step", disable=not progress
        ) as bar:
            for rows, kept in sizes:
                of_rows = tf.gather(of, rows)
                state = begin(to_variable(tf.gather(starts, rows), self._form), 0)
                conditions = tf.gather(labels, of_rows), tf.gather(photos, of_rows)
                if watch is not None:
                    watch(*self._so_far(state))
                for done in range(0, config.invert_steps, _STEPS_PER_CALL):
                    count = min(_STEPS_PER_CALL, config.invert_steps - done)
                    state = self._advance(state, tf.constant(count), *conditions)
                    bar.update(count)
                    if watch is not None:
                        watch(*self._so_far(state))
                state = self._finish(state, *conditions)
                found[0].append(to_latent(state.best, self._form).numpy()[kept])
                found[1].append(-state.best_record[:, 0].numpy()[kept])
        latents, errors = (np.concatenate(parts) for parts in found)
        errors = errors.reshape(len(photos), -1)
        nearest = np.arange(len(photos)) * config.invert_starts + np.argmin(errors, 1)
        return Inversion(latents[nearest], errors.min(1))

    def _starts(self, drawn: tf.Tensor, photo: tf.Tensor, label: tf.Tensor) -> tf.Tensor:
        """Returns those of the drawn latents whose images are nearest to a photo."""
        seen = np.concatenate(
            [
                self._measure_once(tf.gather(drawn, rows), tf.repeat(label[None], len(rows), 0), photo[None]).numpy()[
                    kept
                ]
                for rows, kept in batches(len(drawn), self._batch_size)
            ]
        )
        return best_starts(drawn, seen, self._config.invert_starts)

    def _so_far(self, state: State) -> tuple[int, np.ndarray, np.ndarray]:
        return int(state.step), to_latent(state.best, self._form).numpy(), state.best_record.numpy()

    def _some_steps(self, state: State, count: tf.Tensor, labels: tf.Tensor, photos: tf.Tensor) -> State:
        return advance(state, count, self._measure(labels, photos), self._config.invert_rate)[0]

    def _measure_last(self, state: State, labels: tf.Tensor, photos: tf.Tensor) -> State:
        return finish(state, self._measure(labels, photos))[0]

    def _measure(self, labels: tf.Tensor, photos: tf.Tensor) -> Measure:
        return nearness(self._networks, self._form, labels, photos)
