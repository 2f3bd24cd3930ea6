"""Which photos a step sees: drawn uniformly, or uniformly within categories drawn uniformly."""

import numpy as np
import tensorflow as tf

from tf_dvbpr import stateless


class PhotoDraw:
    """Draws photos that have a category, in a graph, from a seed alone.

    Args:
        categories: int [I], -1: never drawn.
        num_categories: C.

    Attributes:
        by_category: int64, the items that can be drawn, sorted by category and then by id.
        counts: int64 [C], how many there are of each.
    """

    def __init__(self, categories: np.ndarray, num_categories: int) -> None:
        self.by_category = np.argsort(categories, kind="stable")[np.count_nonzero(categories < 0) :].astype(np.int64)
        self.counts = np.bincount(categories[categories >= 0], minlength=num_categories).astype(np.int64)

    def draw(self, count: int, seed: tf.Tensor, balanced: bool) -> tuple[tf.Tensor, tf.Tensor]:
        """Some photos, with replacement.

        Args:
            count: B.
            seed: int32 [2], stateless.
            balanced: draw a category that has photos uniformly and then one of its photos, instead of a photo.

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
        """The category's first photos, int64 [count]; a category of fewer repeats them."""
        own = np.split(self.by_category, np.cumsum(self.counts)[:-1])[category]
        return own[np.arange(count) % len(own)]
