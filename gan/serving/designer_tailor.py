"""The served tailoring: photos of garments in, their way towards a user's taste out, beside designs and all else."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gan.design.model_pair import Studio
from gan.search.ascent import advance, begin, finish
from gan.search.config import AscentConfig, InversionConfig
from gan.search.drift import drift
from gan.search.latent_form import to_latent, to_variable
from gan.search.measures import best_starts, bounded, nearness
from gan.serving.designer_base import MOST_STARTS, MOST_STEPS, named, row_by_row
from gan.serving.designer_design import DesignModule
from tf_dvbpr import stateless
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.serving.module import paired
from tf_dvbpr.serving.photos import decode_readable
from tf_dvbpr.serving.untracked import Untracked
from tfrecords.photos.decode import normalise

_MOST_FRAMES = 101


class TailorModule(DesignModule):
    """All that `DesignModule` serves, and ``tailor``.

    Args:
        studio: and
        known: and
        factors: and
        ascent: of `StudioModule`.
        rate: Adam's in the alteration.
        inversion: settings that no call gives: `invert_candidates`, `invert_rate`.
        max_pixels: of `ServingModule`.
    """

    def __init__(
        self,
        studio: Studio,
        known: tuple[np.ndarray, np.ndarray],
        factors: Factors,
        ascent: AscentConfig,
        rate: float,
        inversion: InversionConfig,
        max_pixels: int,
    ) -> None:
        super().__init__(studio, known, factors, ascent, max_pixels)
        self._tailoring_rate, self._inversion = rate, Untracked(inversion)

    def signatures(self) -> dict[str, Callable]:
        """The functions to save, by name; ``serving_default`` is ``recommend``."""
        text, whole, real = tf.string, tf.int32, tf.float32
        return {
            **super().signatures(),
            "tailor": named(
                self.tailor,
                user_keys=text,
                image_bytes=text,
                categories=text,
                starts=whole,
                invert_steps=whole,
                steps=whole,
                frames=whole,
                eta=real,
                max_drift=real,
                seed=whole,
            ),
        }

    def tailor(
        self,
        user_keys: tf.Tensor,
        image_bytes: tf.Tensor,
        categories: tf.Tensor,
        starts: tf.Tensor,
        invert_steps: tf.Tensor,
        steps: tf.Tensor,
        frames: tf.Tensor,
        eta: tf.Tensor,
        max_drift: tf.Tensor,
        seed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Each photo's garment on its way towards a user's taste (eqs. 12 and 10), as tools.tailor alters it.

        Args:
            user_keys: string [B]; of length 1, for all the others.
            image_bytes: string [B], JPEG or PNG files; so too.
            categories: string [B], names; so too.
            starts: int32 scalar, of the inversion, brought into 1..256.
            invert_steps: int32 scalar, of its Adam, brought into 1..1000.
            steps: int32 scalar, of the alteration, brought into 1..1000.
            frames: int32 scalar, images across the steps, first and last included, brought into 2..101.
            eta: float32 scalar, weight of looking real.
            max_drift: float32 scalar, bound on `gan.search.drift.drift`; 0 or less: none.
            seed: int32 scalar, of the latents.

        Returns:
            ``png_bytes`` string [B, frames], '' where there is nothing; ``scores``, ``realness`` and ``drift`` float32
            [B, frames], NaN there; ``reconstruction_error`` float32 [B]; ``latents`` float32 [B, frames, Z];
            ``user_known``, ``category_known`` and ``image_readable`` bool [B].
        """
        networks, settings = self._studio.value.networks, self._inversion.value
        form, dim = self._ascent.value.latent_form, networks.latent_dim
        dataset, count = self._studio.value.dataset, tf.size(image_bytes)
        places, photos = decode_readable(
            image_bytes, networks.image_size, dataset.resize_filter, dataset.fit, self._max_pixels
        )
        # Where a photo is among those that can be read, -1: it cannot be.
        among = tf.tensor_scatter_nd_update(tf.fill([count], -1), places, tf.range(tf.size(places)))
        users, numbers, among = paired(self._users.lookup(user_keys), self._category_numbers.lookup(categories), among)
        starts = tf.clip_by_value(starts, 1, MOST_STARTS)
        invert_steps, steps = (tf.clip_by_value(number, 1, MOST_STEPS) for number in (invert_steps, steps))
        frames = tf.clip_by_value(frames, 2, _MOST_FRAMES)
        shown = tf.cast(tf.round(tf.linspace(0.0, tf.cast(steps, tf.float32), frames)), tf.int32)
        most = tf.where(max_drift > 0, max_drift, 4.0)  # Of what lies in [-1, 1] nothing is further apart than 2.
        drawn = self._drawn(seed, stateless.INVERSION, tf.maximum(starts, settings.invert_candidates))

        def find(row: tf.Tensor) -> tuple:
            photo = normalise(photos[among[row]])[None]

            label = self._labels(numbers[row][None])
            near = nearness(networks, form, label, photo)
            begun = to_variable(best_starts(drawn, near(to_variable(drawn, form))[0], starts), form)
            state = begin(tf.ensure_shape(begun, [None, dim]), 0)
            state = advance(state, invert_steps, near, settings.invert_rate)[0]
            state, _ = finish(state, near)
            nearest = tf.argmax(state.best_record[:, 0])
            # By way of z, as the tool hands it on: on the sphere z' may have any length, and a step's effect with it.
            latent = to_latent(tf.ensure_shape(state.best[nearest][None], [1, dim]), form)
            anchor = to_variable(latent, form)
            measure, before = self._measure(users[row], numbers[row], eta), networks.generate(latent, label)
            # A bound that is none costs one look at the images a step.
            project = bounded(networks, form, label, anchor, before, most)
            end, records, way = advance(begin(anchor, 2), steps, measure, self._tailoring_rate, project)
            _, last = finish(end, measure)
            records, way = tf.concat([records, last[None]], 0)[:, 0], tf.concat([way, end.variable[None]], 0)[:, 0]
            records, way = tf.gather(records, shown), tf.gather(way, shown)
            latents = to_latent(way, form)
            finite = tf.reduce_all(tf.math.is_finite(records), 1)
            images = networks.generate(latents, tf.repeat(label, frames, 0))
            figures = tf.concat([records, drift(images, images[:1])[:, None]], 1)
            figures = tf.where(finite[:, None], figures, np.nan)
            return self._png(latents, numbers[row], finite), figures, latents, -state.best_record[nearest]

        def nothing() -> tuple:
            nan = np.float32(np.nan)
            return tf.fill([frames], ""), tf.fill([frames, 4], nan), tf.zeros([frames, dim]), tf.fill([1], nan)

        kinds = (
            tf.TensorSpec([None], tf.string),
            tf.TensorSpec([None, 4]),
            tf.TensorSpec([None, dim]),
            tf.TensorSpec([1]),
        )
        known = (users >= 0) & (numbers >= 0) & (among >= 0)
        png, figures, latents, errors = row_by_row(find, nothing, known, kinds)
        return {
            "png_bytes": png,
            "scores": figures[:, :, 1],
            "realness": figures[:, :, 2],
            "drift": figures[:, :, 3],
            "reconstruction_error": errors[:, 0],
            "latents": latents,
            "user_known": users >= 0,
            "category_known": numbers >= 0,
            "image_readable": among >= 0,
        }
