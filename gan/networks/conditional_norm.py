"""Defines conditional batch normalisation, with scale and shift linear in a condition (de Vries et al. 2017)."""

import keras
import tensorflow as tf

from gan.networks.batch_norm import EPSILON, MOMENTUM
from tf_dvbpr.compat import as_variable


@keras.saving.register_keras_serializable("gan")
class ConditionalNorm(keras.layers.Layer):
    """``(1 + g(c)) (x - mean) / sqrt(variance + 1e-5) + b(c)``, per channel of [B, H, W, C]; g, b: linear in c.

    Mean and variance are the batch's in training, which also updates the moving ones, and the moving ones at inference.
    The kernel of the linear map starts as normal(0, 0.02), its bias as zero.

    Args:
        channels: C.
        condition_dim: D, the length of c.
        seed: seed of the kernel.
    """

    def __init__(self, channels: int, condition_dim: int, seed: int = 0, **options: object) -> None:
        super().__init__(**options)
        start = keras.initializers.RandomNormal(stddev=0.02, seed=seed)

        def weight(name: str, shape: tuple[int, ...], initializer: object, trainable: bool) -> object:
            return self.add_weight(
                name=name, shape=shape, initializer=initializer, trainable=trainable, dtype="float32"
            )

        self.kernel = weight("kernel", (condition_dim, 2 * channels), start, True)
        self.bias = weight("bias", (2 * channels,), "zeros", True)
        self.moving_mean = weight("moving_mean", (channels,), "zeros", False)
        self.moving_variance = weight("moving_variance", (channels,), "ones", False)
        self.built = True

    def call(self, x: tf.Tensor, condition: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Normalises feature maps.

        Args:
            x: [B, H, W, C].
            condition: float32 [B, D].
            training: whether to use the batch's statistics and update the moving ones, to ``0.9 old + 0.1 batch``.
        """
        mean, variance = as_variable(self.moving_mean), as_variable(self.moving_variance)
        ones, zeros = tf.ones(mean.shape), tf.zeros(mean.shape)
        if training:
            y, batch_mean, batch_variance = tf.compat.v1.nn.fused_batch_norm(x, ones, zeros, epsilon=EPSILON)
            mean.assign_sub((1.0 - MOMENTUM) * (mean - batch_mean))
            variance.assign_sub((1.0 - MOMENTUM) * (variance - batch_variance))
        else:
            y, *_ = tf.compat.v1.nn.fused_batch_norm(x, ones, zeros, mean, variance, epsilon=EPSILON, is_training=False)
        both = tf.matmul(condition, as_variable(self.kernel)) + as_variable(self.bias)
        scale, shift = tf.split(tf.cast(both, y.dtype)[:, None, None, :], 2, 3)
        return y * (1.0 + scale) + shift
