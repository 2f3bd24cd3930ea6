"""Compares the held-out items of a block of users with all items, by one compiled matrix product."""

import numpy as np
import tensorflow as tf

from tf_dvbpr.ranking.score_matrix import LEAST_ROWS, full_float32, with_rows

_FOLDS = 16


class BlockPoints:
    """Counts the points of blocks of users. All blocks are padded to the same shape, so that it is compiled once.

    Args:
        items: float32 [I, D].
        users: the largest number of users of a block.
        own: the largest number of own items of all users of a block.
        ties: ``strict`` (a win is a point) or ``half`` (a win is two points, a tie one).
    """

    def __init__(self, items: np.ndarray, users: int, own: int, ties: str) -> None:
        self._items = tf.constant(items)
        self._users, self._own, self._ties = max(users, LEAST_ROWS), own, ties

    def __call__(
        self, users: np.ndarray, targets: np.ndarray, own_rows: np.ndarray, own_columns: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns the points of each user's target against all items, and against each of the own items.

        Args:
            users: float32 [B, D].
            targets: int [B], the item of each user.
            own_rows: int32 [P], the row of the block of each own item.
            own_columns: int32 [P], the own item.

        Returns:
            (int32 [B], int32 [P]).
        """
        with full_float32():
            points, own = _count_block(
                tf.constant(with_rows(users, self._users)),
                self._items,
                tf.constant(with_rows(targets.astype(np.int32), self._users)),
                tf.constant(with_rows(own_rows, self._own)),
                tf.constant(with_rows(own_columns, self._own)),
                self._ties,
            )
        return points.numpy()[: len(users)], own.numpy()[: len(own_rows)]


@tf.function(jit_compile=True)
def _count_block(
    users: tf.Tensor, items: tf.Tensor, targets: tf.Tensor, own_rows: tf.Tensor, own_columns: tf.Tensor, ties: str
) -> tuple[tf.Tensor, tf.Tensor]:
    """Compares each user's target with all items: (points of each user [B], points of each own pair [P]), int32.

    All scores come from one matrix product of at least two rows, so items with equal factors get bitwise equal scores
    and tie exactly.
    """
    scores = tf.matmul(users, items, transpose_b=True)
    target = tf.gather(scores, targets, axis=1, batch_dims=1)
    own = tf.gather_nd(scores, tf.stack([own_rows, own_columns], axis=1))
    return _row_points(scores, target[:, None], ties), _points(own, tf.gather(target, own_rows), ties)


def _points(scores: tf.Tensor, target: tf.Tensor, ties: str) -> tf.Tensor:
    # As integers: in strict mode a win counts 1; in half mode a win counts 2 and a tie 1.
    points = tf.cast(scores < target, tf.int32)
    return points if ties == "strict" else points + tf.cast(scores <= target, tf.int32)


def _row_points(scores: tf.Tensor, target: tf.Tensor, ties: str) -> tf.Tensor:
    # XLA sums a row one number at a time on a CPU. Sixteen slices added side by side use the vector units and make the
    # count as fast as reading the scores: a third of the time of the plain sum.
    width = scores.shape[1] // _FOLDS
    folded = sum(_points(scores[:, fold * width : (fold + 1) * width], target, ties) for fold in range(_FOLDS))
    left_over = _points(scores[:, _FOLDS * width :], target, ties)
    return tf.reduce_sum(folded, axis=1) + tf.reduce_sum(left_over, axis=1)
