"""Scales the items' features, keeps them on the device, and multiplies them by a trained projection."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from tf_dvbpr.baselines.host_tensor import host_tensor

SCALINGS = ("length", "unit", "variance", "components")
COMPONENTS = 256
_BLOCK = 8192


class FeatureTable:
    """Features f [I, F], scaled so that one learning rate suits the features of any network.

    With m the mean of f over the items, the scaled features are:

    * ``length``: ``f / s``, s the mean length of f. A projection can undo it, so the model stays the same.
    * ``unit``: ``(f - m) / |f - m|``, of length 1 for each item.
    * ``variance``: ``(f - m) / (sigma sqrt(F))``, sigma the standard deviation of each feature.
    * ``components``: the features of ``unit`` in their 256 leading principal directions.

    Args:
        values: float32 [I, F]; a memory map is read block by block.
        scaling: one of `SCALINGS`.

    Attributes:
        num_items: I.
        dim: length of the scaled features, F or the number of components.
    """

    def __init__(self, values: np.ndarray, scaling: str = "length") -> None:
        self.num_items, self.dim = values.shape
        self._scale = 1.0
        if scaling == "length":
            self._values = host_tensor(values)
            mean = np.sqrt(np.einsum("if,if->i", values, values, dtype=np.float32)).mean(dtype=np.float64)
            self._scale = float(1.0 / mean) if mean > 0 else 1.0
        else:
            scaler = _scaler(values, scaling)
            if scaling == "components":
                values = _components(values, scaler)
                self.dim, scaler = values.shape[1], None
            self._values = host_tensor(values, scaler)

    def project(self, items: tf.Tensor, projection: tf.Tensor) -> tf.Tensor:
        """Computes ``E f_i`` of some items, f scaled.

        It projects only the batch's items, or all items if the batch is larger than the catalogue.

        Args:
            items: int64 [B].
            projection: E, float32 [K, `dim`].

        Returns:
            float32 [B, K].
        """
        # With this layout of E, neither the product nor its gradient needs a transposed copy of the features.
        count = items.shape[0]
        if count is not None and count >= self.num_items:
            return tf.gather(tf.matmul(self._values, projection, transpose_b=True), items) * self._scale
        return tf.matmul(tf.gather(self._values, items), projection, transpose_b=True) * self._scale


def _components(values: np.ndarray, unit: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Returns the scaled features in their leading principal directions, float32 [I, at most 256]."""
    blocks = range(0, len(values), _BLOCK)
    moments = np.zeros([values.shape[1], values.shape[1]])
    for start in blocks:
        rows = unit(values[start : start + _BLOCK])
        moments += rows.T @ rows
    directions = np.linalg.eigh(moments)[1][:, ::-1][:, :COMPONENTS]
    # The sign of an eigenvector depends on the library, so its largest entry is made positive.
    largest = np.take_along_axis(directions, np.abs(directions).argmax(0)[None], 0)
    directions = directions * np.sign(largest)
    return np.concatenate([unit(values[start : start + _BLOCK]) @ directions for start in blocks]).astype(np.float32)


def _scaler(values: np.ndarray, scaling: str) -> Callable[[np.ndarray], np.ndarray]:
    count = len(values)
    blocks = [values[start : start + _BLOCK] for start in range(0, count, _BLOCK)]
    mean = sum(block.sum(0, dtype=np.float64) for block in blocks) / count
    if scaling == "variance":
        deviation = np.sqrt(sum(((block - mean) ** 2).sum(0) for block in blocks) / count)
        # A feature with one value for all items becomes 0; rounding can give it a tiny deviation.
        same = deviation <= 1e-6 * np.maximum(np.abs(mean), 1e-30)
        factor = np.where(same, 0.0, 1.0 / (np.where(same, 1.0, deviation) * np.sqrt(values.shape[1])))
        return lambda rows: (rows - mean) * factor

    def unit(rows: np.ndarray) -> np.ndarray:
        centred = rows - mean
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        return centred / np.where(lengths > 0, lengths, 1.0)

    return unit
