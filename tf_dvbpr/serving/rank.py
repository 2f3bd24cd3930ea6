"""Ranks the k best items of each user inside the served model, without those the user knows."""

import numpy as np
import tensorflow as tf


@tf.function(reduce_retracing=True)
def rank(
    user_rows: tf.Tensor, item_factors: tf.Tensor, known: tf.Tensor, allowed: tf.Tensor, k: int | tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Ranks one block of users.

    Args:
        user_rows: float32 [B, D].
        item_factors: float32 [I, D].
        known: int32 [P, 2], pairs (row of the block, item) to leave out.
        allowed: bool [I].
        k: 1 to I.

    Returns:
        (items int32 [B, k], scores float32 [B, k]); item -1 and score NaN in places for which no item is left.
    """
    scores = tf.matmul(user_rows, item_factors, transpose_b=True)
    scores = tf.where(allowed, scores, -np.inf)
    scores = tf.tensor_scatter_nd_update(scores, known, tf.fill([tf.shape(known)[0]], -np.inf))
    best, items = tf.math.top_k(scores, k)
    left = best > -np.inf
    return tf.where(left, items, -1), tf.where(left, best, np.nan)


def known_pairs(users: tf.Tensor, known_indptr: tf.Tensor, known_items: tf.Tensor) -> tf.Tensor:
    """Returns the known items of some users [B] as int32 [P, 2], pairs (row in `users`, item)."""
    ranges = tf.ragged.range(tf.gather(known_indptr, users), tf.gather(known_indptr, users + 1))
    rows = tf.cast(ranges.value_rowids(), tf.int32)
    return tf.stack([rows, tf.gather(known_items, ranges.flat_values)], axis=1)
