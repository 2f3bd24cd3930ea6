"""The items' features on the device, and their product with a trained projection."""

import numpy as np
import tensorflow as tf

from tf_dvbpr.baselines.host_tensor import host_tensor


class FeatureTable:
    """Features f [I, F], read as ``f / s`` with s their mean length, so that one learning rate suits any network's.

    The scale changes no model: the trained projection takes it up.

    Args:
        values: float32 [I, F]; a memory map is read once.
    """

    def __init__(self, values: np.ndarray) -> None:
        self.num_items, self.dim = values.shape
        self._values = host_tensor(values)
        mean = np.sqrt(np.einsum("if,if->i", values, values, dtype=np.float32)).mean(dtype=np.float64)
        self._scale = float(1.0 / mean) if mean > 0 else 1.0

    def project(self, items: tf.Tensor, projection: tf.Tensor) -> tf.Tensor:
        """``E f_i / s`` of each item: int64 [B] and float32 [K, F] to float32 [B, K].

        Only the batch's items are projected, unless it holds more items than there are.
        """
        # With E in this layout neither product nor gradient makes a transposed copy of the features.
        count = items.shape[0]
        if count is not None and count >= self.num_items:
            return tf.gather(tf.matmul(self._values, projection, transpose_b=True), items) * self._scale
        return tf.matmul(tf.gather(self._values, items), projection, transpose_b=True) * self._scale
