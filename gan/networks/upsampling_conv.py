"""Defines nearest-neighbour upsampling and a 3x3 convolution as one operation."""

import keras
import tensorflow as tf

from tf_dvbpr.compat import as_variable


@keras.saving.register_keras_serializable("gan")
class UpsamplingConv(keras.layers.Layer):
    """``conv3x3(up2(x)) + b`` with padding SAME and nearest-neighbour up2: [B, H, W, in] to [B, 2H, 2W, out].

    The 3x3 window of each output covers only four different inputs. Therefore the layer equals a transposed convolution
    of stride 2 whose 4x4 kernel sums the 3x3 kernel over 2x2 windows. This takes four products per output instead of
    nine, and makes no chequered pattern (Odena, Dumoulin, Olah 2016).

    Args:
        channels: (in, out).
        seed: seed of the kernel, which starts as normal(0, 0.02); the bias starts as zero.
    """

    def __init__(self, channels: tuple[int, int], seed: int = 0, **options: object) -> None:
        super().__init__(**options)
        start = keras.initializers.RandomNormal(stddev=0.02, seed=seed)
        self.kernel = self.add_weight(name="kernel", shape=(3, 3, *channels), initializer=start, dtype="float32")
        self.bias = self.add_weight(name="bias", shape=channels[1:], initializer="zeros", dtype="float32")
        self.built = True

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Upsamples and convolves [B, H, W, in] to [B, 2H, 2W, out]."""
        padded = tf.pad(as_variable(self.kernel), [[1, 1], [1, 1], [0, 0], [0, 0]])
        # The transposed convolution mirrors its kernel, so the kernel is rotated by 180 degrees first.
        kernel = padded[:-1, :-1] + padded[1:, :-1] + padded[:-1, 1:] + padded[1:, 1:]
        kernel = tf.cast(tf.transpose(kernel[::-1, ::-1], [0, 1, 3, 2]), x.dtype)
        shape = [tf.shape(x)[0], 2 * x.shape[1], 2 * x.shape[2], kernel.shape[2]]
        y = tf.nn.conv2d_transpose(x, kernel, shape, 2, "SAME")
        return tf.nn.bias_add(tf.ensure_shape(y, [None, *shape[1:]]), tf.cast(as_variable(self.bias), x.dtype))
