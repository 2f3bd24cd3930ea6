"""Ranking losses: Bayesian personalised ranking (paper, eqs. 4 and 5), WARP, and their penalties."""

from collections.abc import Iterable

import tensorflow as tf


def bpr_loss(positive: tf.Tensor, negative: tf.Tensor) -> tf.Tensor:
    """Returns ``- sum over the batch of ln sigmoid(x_ui - x_uj)``.

    Args:
        positive: float32 [B], the scores x_ui.
        negative: float32 [B], the scores x_uj of the same users. Any other shape is refused: a broadcast to
            [B, B] would train on pairs that were never drawn.

    Returns:
        float32 scalar.
    """
    positive.shape.assert_has_rank(1)
    positive.shape.assert_is_compatible_with(negative.shape)
    return tf.reduce_sum(tf.nn.softplus(negative - positive))


def shared_bpr_loss(positive: tf.Tensor, negative: tf.Tensor, allowed: tf.Tensor) -> tf.Tensor:
    """Returns ``- sum over p of the mean over p's allowed negatives n of ln sigmoid(x_p - x_pn)``.

    If negatives are drawn uniformly over the items and the user's own are masked, its expectation is that of
    `bpr_loss`.

    Args:
        positive: float32 [P], the scores of the positive pairs.
        negative: float32 [P, N], the scores of the same users for the N shared negatives.
        allowed: bool [P, N], false if the user bought the item. A row without allowed negatives adds nothing.

    Returns:
        float32 scalar.
    """
    positive.shape.assert_has_rank(1)
    negative.shape.assert_has_rank(2)
    negative.shape.assert_is_compatible_with(allowed.shape)
    weights = tf.cast(allowed, negative.dtype)
    terms = tf.nn.softplus(negative - positive[:, None]) * weights
    return tf.reduce_sum(tf.reduce_sum(terms, 1) / tf.maximum(tf.reduce_sum(weights, 1), 1.0))


def warp_choice(positive: tf.Tensor, candidates: tf.Tensor, free: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Returns the first candidate within the margin of its positive, and its weight in WARP.

    Candidates are tried in turn; if the N-th is the first with ``x_un > x_up - 1``, the positive's rank is estimated
    as ``r = floor(free / N)``, and the weight is ``L(r) = sum of 1/k for k = 1..r`` (Weston et al., IJCAI 2011).

    Args:
        positive: float32 [B].
        candidates: float32 [B, T], scores of each positive's candidates in the order of trial.
        free: int64 [B], the number of items that could have been drawn.

    Returns:
        (index of the chosen candidate int64 [B], weight float32 [B], 0 if none is within the margin).
    """
    positive.shape.assert_has_rank(1)
    candidates.shape.assert_has_rank(2)
    within = candidates > positive[:, None] - 1.0
    chosen = tf.argmax(tf.cast(within, tf.int32), 1)
    rank = tf.cast(free // (chosen + 1), tf.float32)
    # The harmonic number H(r) = digamma(r + 1) + Euler's constant.
    weight = tf.math.digamma(rank + 1.0) + 0.5772156649
    return chosen, tf.where(tf.reduce_any(within, 1), weight, 0.0)


def warp_loss(positive: tf.Tensor, negative: tf.Tensor, weight: tf.Tensor) -> tf.Tensor:
    """Returns ``sum over the batch of weight * max(0, 1 - x_up + x_un)``; all inputs are float32 [B]."""
    positive.shape.assert_has_rank(1)
    positive.shape.assert_is_compatible_with(negative.shape)
    positive.shape.assert_is_compatible_with(weight.shape)
    return tf.reduce_sum(weight * tf.nn.relu(1.0 - positive + negative))


def l2_loss(tensors: Iterable[tf.Tensor]) -> tf.Tensor:
    """Returns ``sum of the squares of all elements / 2``, float32 scalar."""
    # Not a chain of additions: TensorFlow turns it into AddN, whose order of addition depends on memory buffers.
    return tf.reduce_sum(tf.stack([tf.nn.l2_loss(tf.convert_to_tensor(tensor)) for tensor in tensors]))
