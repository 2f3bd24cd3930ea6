"""Computes scores by one matrix product in which equal items tie bitwise, whatever their number and position.

Not every product does that. In a product of one row, XLA on a CPU sums the columns left over by its tiles in another
order than the other columns (TensorFlow 2.15 and 2.21); NumPy's BLAS does so for any number of rows. TensorFlow's own
product keeps ties, and so does XLA's with at least two rows.
"""

import contextlib
from collections.abc import Iterator

import numpy as np
import tensorflow as tf

LEAST_ROWS = 2


def score_matrix(users: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Returns ``U[u] . V[i]`` of all pairs: [B, D], [I, D], read as float32, to float32 [B, I]; equal rows of V tie."""
    users, items = np.asarray(users, np.float32), np.asarray(items, np.float32)
    with full_float32():
        rows = tf.constant(with_rows(users, max(len(users), LEAST_ROWS)))
        return tf.matmul(rows, tf.constant(items), transpose_b=True).numpy()[: len(users)]


def with_rows(array: np.ndarray, size: int) -> np.ndarray:
    """Returns `array` [n, ...] with rows of zeros appended, [size, ...]."""
    return np.concatenate([array, np.zeros((size - len(array), *array.shape[1:]), array.dtype)])


@contextlib.contextmanager
def full_float32() -> Iterator[None]:
    """Computes float32 products in full precision inside the block."""
    # Recent GPUs round the inputs of a float32 product to ten bits by default, which makes near scores tie.
    before = tf.config.experimental.tensor_float_32_execution_enabled()
    tf.config.experimental.enable_tensor_float_32_execution(False)
    try:
        yield
    finally:
        tf.config.experimental.enable_tensor_float_32_execution(before)
