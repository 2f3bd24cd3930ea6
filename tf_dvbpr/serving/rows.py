"""Rows of a call answered one after the other, so that the memory is that of one."""

from collections.abc import Callable

import tensorflow as tf


def row_by_row(
    find: Callable[[tf.Tensor], tuple], nothing: Callable[[], tuple], known: tf.Tensor, kinds: tuple
) -> tuple:
    """Applies `find` to each known row (bool [B]) and `nothing` to the others, one after the other."""
    # One additional row of `nothing`: without rows the result would have no shape.
    padded = tf.concat([known, [False]], 0)
    answers = tf.map_fn(
        lambda row: tf.cond(padded[row], lambda: find(row), nothing),
        tf.range(tf.size(padded)),
        fn_output_signature=kinds,
        parallel_iterations=1,
    )
    return tuple(part[:-1] for part in answers)
