"""One head of the discriminator with eyes: a map to a score at each of its places, given the category."""

import keras
import tensorflow as tf

from gan.networks.batch_norm import BatchNorm
from gan.networks.generator import SLOPE, named
from gan.networks.spectral_norm import SpectralConv2D

NOT_TRAINED = ("/moving_mean", "/moving_variance", "/singular")
_SIDE = 4  # of the map that is scored, or smaller where the input is
_MOST = 256  # channels
_SEEDS = 8  # a head's convolutions


class Head:
    """``4x4 convolutions of stride 2 to a side of 4, then 3x3; psi(h) + <e_c, h>`` at each place of that map h.

    Batch normalisation and leaky ReLU follow each convolution; channels start with W and double, up to 256. All
    convolutions are spectrally normalised. psi and the categories' vectors e_c are one 1x1 convolution of 1 + C
    channels: the projection discriminator (Miyato and Koyama 2018) at each place.

    Args:
        name: of its variables.
        number: which head it is, for its seeds.
        side: of the map it gets, a power of two.
        width: W.
        num_categories: C.
        seed: of the initial weights, normal(0, 0.02).
        precision: of the arithmetic.
    """

    def __init__(
        self, name: str, number: int, side: int, width: int, num_categories: int, seed: int, precision: str
    ) -> None:
        strides = [2] * max(0, (side // _SIDE).bit_length() - 1) + [1]

        def conv(place: int, kind: str, filters: int, size: int, stride: int) -> SpectralConv2D:
            start = keras.initializers.RandomNormal(stddev=0.02, seed=(seed * 8 + number) * _SEEDS + place)
            options = {"kernel_initializer": start, "name": f"{name}_{kind}", "dtype": precision}
            return SpectralConv2D(filters, size, stride, "same", **options)

        self._convs = [
            conv(place, f"conv{place}", min(_MOST, width << place), 4 if stride == 2 else 3, stride)
            for place, stride in enumerate(strides)
        ]
        self._norms = [BatchNorm(name=f"{name}_norm{place}", dtype=precision) for place in range(len(strides))]
        self._last = conv(_SEEDS - 1, "scores", 1 + num_categories, 1, 1)

    @property
    def layers(self) -> list[keras.layers.Layer]:
        """All that hold variables."""
        return [*self._convs, self._last, *self._norms]

    def __call__(self, x: tf.Tensor, labels: tf.Tensor, training: bool, move: bool) -> tf.Tensor:
        """[B, side, side, channels] and one-hot labels [B, C] to scores float32 [B, places]."""
        for conv, norm in zip(self._convs, self._norms, strict=True):
            x = tf.nn.leaky_relu(norm(conv(x), training=training, move=move), SLOPE)
        x = tf.cast(self._last(x), tf.float32)
        labels = tf.cast(labels, tf.float32)  # Keras casts what a model is called with.
        scores = x[..., 0] + tf.reduce_sum(x[..., 1:] * labels[:, None, None, :], 3)
        return tf.reshape(scores, [-1, scores.shape[1] * scores.shape[2]])

    def move_singular_vectors(self) -> None:
        """One power iteration in each convolution."""
        for conv in (*self._convs, self._last):
            conv.power_iteration()

    def named_variables(self) -> dict[str, tf.Variable]:
        """Its variables, ``NAME_conv0/kernel``, ..."""
        return named(*self.layers)
