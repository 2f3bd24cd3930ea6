"""Ranks the k best items of each user, without those the user knows, for the tools and for the served model."""

import numpy as np
import tensorflow as tf

from tf_dvbpr.ranking.score_checks import check_finite

BLOCK_BYTES = 2**28


def top_k(
    user_factors: np.ndarray,
    item_factors: np.ndarray,
    users: np.ndarray,
    k: int,
    known_indptr: np.ndarray,
    known_items: np.ndarray,
    allowed: np.ndarray | None = None,
    block_bytes: int = BLOCK_BYTES,
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the k items with the highest ``U[u] . V[i]`` for some users.

    Args:
        user_factors: [U, D], read as float32.
        item_factors: [I, D], read as float32.
        users: int [n], the users asked for.
        k: items per user, at least 1.
        known_indptr: int [U + 1]; user u knows ``known_items[known_indptr[u]:known_indptr[u + 1]]``.
        known_items: int [nnz]; left out of their user's results.
        allowed: bool [I], the items that may be results (a category, say); None: all.
        block_bytes: upper bound on the memory of one block of scores (a block has at least one user).

    Returns:
        (items int32 [n, k], scores float32 [n, k]), best first, equal scores by ascending item id. A user with fewer
        than k items left has item -1 and score NaN in the remaining places.

    Raises:
        InputError: the factors are not finite, or so large that scores overflow.
        ValueError: `k` under 1.
    """
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    user_factors, item_factors = np.asarray(user_factors, np.float32), np.asarray(item_factors, np.float32)
    check_finite(user_factors, item_factors)
    users, num_items = np.asarray(users), len(item_factors)
    items, scores = np.full((len(users), k), -1, np.int32), np.full((len(users), k), np.nan, np.float32)
    width = min(k, num_items)
    known = tf.constant(known_indptr, tf.int64), tf.constant(known_items, tf.int32)
    allowed = tf.ones([num_items], tf.bool) if allowed is None else tf.constant(allowed, tf.bool)
    item_factors = tf.constant(item_factors)
    block = max(1, block_bytes // (4 * num_items))
    for start in range(0, len(users), block):
        ids = users[start : start + block]
        pairs = known_pairs(tf.constant(ids), *known)
        best = rank(tf.constant(user_factors[ids]), item_factors, pairs, allowed, width)
        items[start : start + block, :width], scores[start : start + block, :width] = best[0].numpy(), best[1].numpy()
    return items, scores


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
