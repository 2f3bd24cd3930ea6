"""Turns a large array into a tensor with at most one copy in memory."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

_ALIGNMENT = 64  # bytes; TensorFlow's kernels expect it
_BLOCK_BYTES = 16 * 2**20


def host_tensor(values: np.ndarray, transform: Callable[[np.ndarray], np.ndarray] | None = None) -> tf.Tensor:
    """Returns an array as a float32 tensor, on the GPU if there is one.

    On the CPU, a memory map of `tfrecords.files.npy_file.map_npy` becomes the tensor itself, so its pages stay in the
    cache of the file. Other arrays are copied once, block by block, into memory that becomes the tensor's;
    `tf.constant` would hold two copies for a moment.

    Args:
        values: [N, F].
        transform: applied to each block of rows; keeps the shape. None: the values as they are.
    """
    if tf.config.list_logical_devices("GPU"):
        return tf.constant(values if transform is None else transform(values), tf.float32)
    if transform is None and (own := _mapped(values)) is not None:
        return tf.experimental.dlpack.from_dlpack(own.__dlpack__())
    raw = np.empty(values.size * 4 + _ALIGNMENT, np.uint8)
    first = -raw.ctypes.data % _ALIGNMENT
    copy = raw[first : first + values.size * 4].view(np.float32).reshape(values.shape)
    rows = max(1, _BLOCK_BYTES // (4 * values.shape[1]))
    for start in range(0, len(values), rows):
        block = values[start : start + rows]
        copy[start : start + rows] = block if transform is None else transform(block)
    return tf.experimental.dlpack.from_dlpack(copy.__dlpack__())


def _mapped(values: np.ndarray) -> np.ndarray | None:
    """Returns a writable view of a private memory map that TensorFlow can use as it is; None for other arrays."""
    fits = values.dtype == np.float32 and values.flags.c_contiguous and values.size
    if not isinstance(values, np.memmap) or values.flags.writeable or not fits or values.ctypes.data % _ALIGNMENT:
        return None
    view = values.view(np.ndarray)
    try:
        view.flags.writeable = True
    except ValueError:  # not private: a change would reach the file
        return None
    return view
