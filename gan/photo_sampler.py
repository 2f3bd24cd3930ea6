"""Draws the photos of a step: uniformly, or uniformly within categories drawn uniformly."""

import numpy as np
import tensorflow as tf

from tf_dvbpr import stateless


class PhotoDraw:
    """Draws photos that have a category, inside a graph, from a seed only.

    Args:
        categories: int [I], -1: never drawn.
        num_categories: C.

    Attributes:
        by_category: int64, the items that can be drawn, sorted by category and then by id.
        counts: int64 [C], the number of these items per category.
    """

    def __init__(self, categories: np.ndarray, num_categories: int) -> None:
        self.by_category = np.argsort(categories, kind="stable")[np.count_nonzero(categories < 0) :].astype(np.int64)
        self.counts = np.bincount(categories[categories >= 0], minlength=num_categories).astype(np.int64)

    def draw(self, count: int, seed: tf.Tensor, balanced: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Draws some photos, with replacement.

        Args:
            count: B.
            seed: int32 [2], stateless.
            balanced: first draw a category with photos uniformly, then one of its photos; otherwise draw a photo
                uniformly.

        Returns:
            (items int64 [B], their categories int32 [B]).
        """
        counts, ends = tf.constant(self.counts), tf.constant(np.cumsum(self.counts))
        if balanced:
            present = tf.constant(np.flatnonzero(self.counts))
            which = stateless.uniform_below(tf.fill([count], tf.size(present, tf.int64)), seed)
            category = tf.gather(present, which)
            second = tf.random.experimental.stateless_fold_in(seed, 1, alg="philox")
            within = stateless.uniform_below(tf.gather(counts, category), second)
            place = tf.gather(ends - counts, category) + within
        else:
            place = stateless.uniform_below(tf.fill([count], ends[-1]), seed)
            category = tf.searchsorted(ends, place, side="right")
        return tf.gather(tf.constant(self.by_category), place), tf.cast(category, tf.int32)

    def first_of(self, category: int, count: int) -> np.ndarray:
        """Returns the category's first photos, int64 [count]; if it has fewer, they are repeated."""
        own = np.split(self.by_category, np.cumsum(self.counts)[:-1])[category]
        return own[np.arange(count) % len(own)]
