"""A trained recommender's CNN-F as a discriminator's eyes: it knows the very photos that the images shall look like."""

import numpy as np
import tensorflow as tf

CONVOLUTIONS = ("conv1", "conv2", "conv3", "conv4", "conv5")
_STRIDES = {"conv1": 4}


class CnnfEyes:
    """Its five convolutions at inference, at any size: it holds constants, and nothing in it can be trained.

    All padding is SAME, also where the recommender's first convolution had none.

    Args:
        arrays: ``conv1/kernel`` [h, w, in, out], ``conv1/bias``, ..., ``conv5/bias``, of `tf_dvbpr.networks.cnnf`.

    Attributes:
        channels: of the four maps.
    """

    channels = (64, 256, 256, 256)

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self._weights = {name: tf.constant(value, tf.float32) for name, value in arrays.items()}

    def __call__(self, images: tf.Tensor) -> list[tf.Tensor]:
        """What it sees.

        Args:
            images: float [B, S, S, 3] in [-1, 1], S a multiple of 32; computed in their own precision.

        Returns:
            After their ReLU: conv1 [B, S/4, S/4, 64], conv2 [B, S/8, S/8, 256], conv5 [B, S/16, S/16, 256], and the
            same after its pool [B, S/32, S/32, 256].
        """
        first = self._conv("conv1", images)
        second = self._conv("conv2", _pool(first))
        fifth = self._conv("conv5", self._conv("conv4", self._conv("conv3", _pool(second))))
        return [first, second, fifth, _pool(fifth)]

    def _conv(self, name: str, x: tf.Tensor) -> tf.Tensor:
        kernel, bias = (tf.cast(self._weights[f"{name}/{kind}"], x.dtype) for kind in ("kernel", "bias"))
        return tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, kernel, _STRIDES.get(name, 1), "SAME"), bias))


def _pool(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.max_pool2d(x, 2, 2, "SAME")
