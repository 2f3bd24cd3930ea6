"""Turns a large array into a tensor with only one copy in memory."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

_ALIGNMENT = 64  # bytes; TensorFlow's kernels expect it
_BLOCK_BYTES = 16 * 2**20


def host_tensor(values: np.ndarray, transform: Callable[[np.ndarray], np.ndarray] = np.asarray) -> tf.Tensor:
    """Returns an array as a float32 tensor, on the GPU if there is one.

    On the CPU, the array is copied once, block by block, into memory that becomes the tensor's; `tf.constant` would
    hold two copies for a moment.

    Args:
        values: [N, F]; a memory map is read once.
        transform: applied to each block of rows; keeps the shape.
    """
    if tf.config.list_logical_devices("GPU"):
        return tf.constant(transform(values), tf.float32)
    raw = np.empty(values.size * 4 + _ALIGNMENT, np.uint8)
    first = -raw.ctypes.data % _ALIGNMENT
    copy = raw[first : first + values.size * 4].view(np.float32).reshape(values.shape)
    rows = max(1, _BLOCK_BYTES // (4 * values.shape[1]))
    for start in range(0, len(values), rows):
        copy[start : start + rows] = transform(values[start : start + rows])
    return tf.experimental.dlpack.from_dlpack(copy.__dlpack__())
