"""Scores by one matrix product in which equal items tie bitwise, whatever their number and place.

Two products do not keep that. XLA on a CPU sums a product of one row in another order in the columns left over by its
tiles than in the others (TensorFlow 2.15 and 2.21), and so does NumPy's BLAS at any number of rows. TensorFlow's own
product does, and XLA's does from two rows on.
"""

import contextlib
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

LEAST_ROWS = 2


def score_matrix(users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """``U[u] . V[i]`` of all pairs: [B, D] and [I, D], read as float32, to float32 [B, I]; equal rows of V tie."""
    users, items = np.asarray(users, np.float32), np.asarray(items, np.float32)
    with full_float32():
        rows = tf.constant(with_rows(users, max(len(users), LEAST_ROWS)))
        return tf.matmul(rows, tf.constant(items), transpose_b=True).numpy()[: len(users)]


def with_rows(array: np.ndarray, size: int) -> np.ndarray:
    """`array` [n, ...] with rows of zeros below, [size, ...]."""
    return np.concatenate([array, np.zeros((size - len(array), *array.shape[1:]), array.dtype)])


@contextlib.contextmanager
def full_float32() -> Iterator[None]:
    """Products of float32 in its full precision."""
    # Recent GPUs round the inputs of a float32 product to ten bits unless told not to: that makes ties of near scores.
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)
