"""The served tailoring: takes photos of garments, returns them altered towards a user's taste; also designs."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gan.design.model_pair import Studio
from gan.search.ascent import advance, begin, finish
from gan.search.config import AscentConfig, InversionConfig
from gan.search.drift import drift
from gan.search.latent_form import to_latent, to_variable
from gan.search.measures import best_starts, bounded, nearness
from gan.serving.designer_base import MOST_STARTS, MOST_STEPS, named
from gan.serving.designer_design import DesignModule
from tf_dvbpr import stateless
from tf_dvbpr.approximate.search_index import SearchIndex
from tf_dvbpr.ranking.factors import Factors
from tf_dvbpr.serving.module import paired
from tf_dvbpr.serving.photos import decode_readable
from tf_dvbpr.serving.rows import row_by_row
from tf_dvbpr.untracked import Untracked
from tfrecords.photos.decode import normalise

_MOST_FRAMES = 101


class TailorModule(DesignModule):
    """The signatures of `DesignModule`, and ``tailor``.

    Args:
        studio: and
        known: and
        factors: and
        ascent: as in `StudioModule`.
        rate: Adam's rate in the alteration.
        inversion: settings that are no inputs of a call: `invert_candidates`, `invert_rate`.
        max_pixels: and
        index: as in `ServingModule`.
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
        index: SearchIndex | None = None,
    ) -> None:
        super().__init__(studio, known, factors, ascent, max_pixels, index)
        self._tailoring_rate, self._inversion = rate, Untracked(inversion)

    def signatures(self) -> dict[str, Callable]:
        """Returns the functions to save, by name; ``serving_default`` is ``recommend``."""
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
        """Alters each photo's garment towards a user's taste (eqs. 12 and 10), as tools.tailor does.

        Args:
            user_keys: string [B]; length 1: for all rows.
            image_bytes: string [B], JPEG or PNG files; length 1: for all rows.
            categories: string [B], names; length 1: for all rows.
            starts: int32 scalar, starts of the inversion, clipped to 1..256.
            invert_steps: int32 scalar, steps of its Adam, clipped to 1..1000.
            steps: int32 scalar, steps of the alteration, clipped to 1..1000.
            frames: int32 scalar, images spread over the steps, with first and last, clipped to 2..101.
            eta: float32 scalar, weight of looking real.
            max_drift: float32 scalar, bound on `gan.search.drift.drift`; 0 or less: no bound.
            seed: int32 scalar, seed of the latents.

        Returns:
            ``png_bytes`` string [B, frames], '' if there is no image; ``scores``, ``realness`` and ``drift`` float32
            [B, frames], NaN if there is no image; ``reconstruction_error`` float32 [B]; ``latents`` float32 [B, frames,
            Z]; ``user_known``, ``category_known`` and ``image_readable`` bool [B].
        """
        networks, settings = self._studio.value.networks, self._inversion.value
        form, dim = self._ascent.value.latent_form, networks.latent_dim
        dataset, count = self._studio.value.dataset, tf.size(image_bytes)
        places, photos = decode_readable(
            image_bytes, networks.image_size, dataset.resize_filter, dataset.fit, self._max_pixels
        )
        # The position among the readable photos; -1 if the photo is not readable.
        among = tf.tensor_scatter_nd_update(tf.fill([count], -1), places, tf.range(tf.size(places)))
        users, numbers, among = paired(self._users.lookup(user_keys), self._category_numbers.lookup(categories), among)
        starts = tf.clip_by_value(starts, 1, MOST_STARTS)
        invert_steps, steps = (tf.clip_by_value(number, 1, MOST_STEPS) for number in (invert_steps, steps))
        frames = tf.clip_by_value(frames, 2, _MOST_FRAMES)
        shown = tf.cast(tf.round(tf.linspace(0.0, tf.cast(steps, tf.float32), frames)), tf.int32)
        most = tf.where(max_drift > 0, max_drift, 4.0)  # Pixels in [-1, 1] differ by at most 2.
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
            # Converted to z and back, as the tool does: on the sphere the length of z' changes the effect of a step.
            latent = to_latent(tf.ensure_shape(state.best[nearest][None], [1, dim]), form)
            anchor = to_variable(latent, form)
            measure, before = self._measure(users[row], numbers[row], eta), networks.generate(latent, label)
            # Without a bound, the images are still computed once per step.
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
