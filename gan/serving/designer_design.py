"""The served designer: takes user keys and category names, returns garments; also has the recommender's signatures."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from gan.search.ascent import advance, begin, finish
from gan.search.latent_form import to_latent, to_variable
from gan.search.measures import best_starts
from gan.serving.designer_base import MOST_STARTS, MOST_STEPS, StudioModule, named
from tf_dvbpr import stateless
from tf_dvbpr.serving.module import paired
from tf_dvbpr.serving.rows import row_by_row

MOST_CANDIDATES = 1024


class DesignModule(StudioModule):
    """The signatures of `StudioModule`, and ``design``."""

    def signatures(self) -> dict[str, Callable]:
        """Returns the functions to save, by name; ``serving_default`` is ``recommend``."""
        text, whole, real = tf.string, tf.int32, tf.float32
        return {
            **super().signatures(),
            "design": named(
                self.design,
                user_keys=text,
                categories=text,
                k=whole,
                starts=whole,
                candidates=whole,
                steps=whole,
                eta=real,
                seed=whole,
            ),
        }

    def design(
        self,
        user_keys: tf.Tensor,
        categories: tf.Tensor,
        k: tf.Tensor,
        starts: tf.Tensor,
        candidates: tf.Tensor,
        steps: tf.Tensor,
        eta: tf.Tensor,
        seed: tf.Tensor,
    ) -> dict[str, tf.Tensor]:
        """Returns the garments of a category that each user would like best (eqs. 9, 10), as tools.design finds them.

        Args:
            user_keys: string [B]; length 1: for all categories.
            categories: string [B], names; length 1: for all users.
            k: int32 scalar, garments per user, clipped to 1..starts.
            starts: int32 scalar, clipped to 1..256.
            candidates: int32 scalar, latents drawn, of which the best are the starts; at most 1024; 0: only the starts.
            steps: int32 scalar, steps of Adam, clipped to 1..1000.
            eta: float32 scalar, weight of looking real.
            seed: int32 scalar, seed of the latents.

        Returns:
            ``png_bytes`` string [B, k], best first, '' if there is no image; ``scores``, ``realness`` and
            ``objectives`` float32 [B, k], NaN if there is no image; ``latents`` float32 [B, k, Z]; ``user_known`` and
            ``category_known`` bool [B].
        """
        users, numbers = paired(self._users.lookup(user_keys), self._category_numbers.lookup(categories))
        starts = tf.clip_by_value(starts, 1, MOST_STARTS)
        drawn = self._drawn(seed, stateless.DESIGN, tf.clip_by_value(candidates, starts, MOST_CANDIDATES), 0)
        k, steps = tf.clip_by_value(k, 1, starts), tf.clip_by_value(steps, 1, MOST_STEPS)
        form, dim = self._ascent.value.latent_form, self._studio.value.networks.latent_dim

        def find(row: tf.Tensor) -> tuple:
            measure = self._measure(users[row], numbers[row], eta)
            picked = best_starts(drawn, measure(to_variable(drawn, form))[0], starts)
            # If no more latents are drawn than starts, they are the starts, in their order.
            begun = tf.cond(tf.shape(drawn)[0] > starts, lambda: picked, lambda: drawn)
            state = begin(tf.ensure_shape(to_variable(begun, form), [None, dim]), 2)
            state = advance(state, steps, measure, self._ascent.value.learning_rate)[0]
            state, _ = finish(state, measure)
            best = tf.math.top_k(tf.where(state.finite, state.best_record[:, 0], -np.inf), k).indices
            latents = tf.gather(to_latent(state.best, form), best)
            figures = tf.where(tf.gather(state.finite, best)[:, None], tf.gather(state.best_record, best), np.nan)
            return self._png(latents, numbers[row], tf.math.is_finite(figures[:, 0])), figures, latents

        def nothing() -> tuple:
            return tf.fill([k], ""), tf.fill([k, 3], np.float32(np.nan)), tf.zeros([k, dim])

        kinds = (tf.TensorSpec([None], tf.string), tf.TensorSpec([None, 3]), tf.TensorSpec([None, dim]))
        known = (users >= 0) & (numbers >= 0)
        png, figures, latents = row_by_row(find, nothing, known, kinds)
        return {
            "png_bytes": png,
            "scores": figures[:, :, 1],
            "realness": figures[:, :, 2],
            "objectives": figures[:, :, 0],
            "latents": latents,
            "user_known": users >= 0,
            "category_known": numbers >= 0,
        }
