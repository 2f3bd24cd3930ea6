"""What a frozen network sees in images, mixed at random over channels and scales (Sauer et al. 2021)."""

import itertools
from collections.abc import Callable

import tensorflow as tf

_MIXED = (64, 64, 128, 256)  # channels of the scales, from the finest


class Projection:
    """``m_3 = M_3 f_3;  m_i = (M_i f_i + up2(K_i * m_(i+1))) / sqrt 2`` for i = 2, 1, 0.

    f_i are the eyes' maps of stride 4, 8, 16 and 32, M_i random matrices over channels (to 64, 64, 128 and 256), K_i
    random 3x3 convolutions, up2 enlarges by nearest neighbour. Without the mixing a head would look at those channels
    alone that tell images from photos best, and the generator would mend those alone. All is constant; M and K are
    normal, of variance 2 / inputs and 1 / inputs.

    Args:
        eyes: images float [B, s, s, 3] in [-1, 1] to four maps, with their ``channels``.
        size: s.
        seed: of M and K.
    """

    def __init__(self, eyes: Callable[[tf.Tensor], list[tf.Tensor]], size: int, seed: int = 0) -> None:
        self._eyes, self._size = eyes, size

        def normal(number: int, variance: float, *shape: int) -> tf.Tensor:
            return tf.random.stateless_normal(shape, [seed, number], alg="philox") * (variance**0.5)

        counts = [*zip(eyes.channels, _MIXED, strict=True)]
        self._channels = [normal(scale, 2.0 / found, 1, 1, found, mixed) for scale, (found, mixed) in enumerate(counts)]
        self._scales = [
            normal(100 + scale, 1.0 / (9 * below), 3, 3, below, mixed)
            for scale, (mixed, below) in enumerate(itertools.pairwise(_MIXED))
        ]

    def __call__(self, images: tf.Tensor) -> list[tf.Tensor]:
        """Float [B, S, S, 3] in [-1, 1] to [B, s/4, s/4, 64], [B, s/8, s/8, 64], [.., 128], [.., 256]."""
        if images.shape[1] != self._size:
            images = tf.cast(tf.image.resize(images, [self._size, self._size], "bilinear"), images.dtype)
        mixed = [_convolved(one, kernel) for one, kernel in zip(self._eyes(images), self._channels, strict=True)]
        for scale in reversed(range(len(self._scales))):
            below = _convolved(mixed[scale + 1], self._scales[scale])
            mixed[scale] = (mixed[scale] + tf.repeat(tf.repeat(below, 2, 1), 2, 2)) * (0.5**0.5)
        return mixed


def _convolved(x: tf.Tensor, kernel: tf.Tensor) -> tf.Tensor:
    return tf.nn.conv2d(x, tf.cast(kernel, x.dtype), 1, "SAME")
