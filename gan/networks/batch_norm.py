"""Batch normalisation on the fused kernel, which leaves its moving statistics alone unless told."""

import keras
import tensorflow as tf

from tf_dvbpr.compat import as_variable

MOMENTUM = 0.9
EPSILON = 1e-5


@keras.saving.register_keras_serializable("gan")
class BatchNorm(keras.layers.Layer):
    """``gamma (x - mean) / sqrt(variance + 1e-5) + beta``, per channel of [B, H, W, C].

    In training the mean and variance are the batch's, at inference the moving ones. Keras' own layer moves them in
    every training pass; the discriminator's must stand still while the generator learns through it. It also takes
    twice the time on Keras 3.
    """

    def build(self, input_shape: tuple) -> None:
        """Makes gamma (ones), beta (zeros) and the moving statistics of the last axis."""

        def weight(name: str, start: str, trainable: bool) -> object:
            return self.add_weight(
                name=name, shape=(input_shape[-1],), initializer=start, trainable=trainable, dtype="float32"
            )

        self.gamma, self.beta = weight("gamma", "ones", True), weight("beta", "zeros", True)
        self.moving_mean = weight("moving_mean", "zeros", False)
        self.moving_variance = weight("moving_variance", "ones", False)
        super().build(input_shape)

    def call(self, x: tf.Tensor, training: bool = False, move: bool = True) -> tf.Tensor:
        """Normalises [B, H, W, C].

        Args:
            x: the maps.
            training: use the batch's statistics.
            move: and, in training, move the moving ones: ``0.9 old + 0.1 batch``.
        """
        gamma, beta = as_variable(self.gamma), as_variable(self.beta)
        mean, variance = as_variable(self.moving_mean), as_variable(self.moving_variance)
        if not training:
            y, *_ = tf.compat.v1.nn.fused_batch_norm(x, gamma, beta, mean, variance, epsilon=EPSILON, is_training=False)
            return y
        y, batch_mean, batch_variance = tf.compat.v1.nn.fused_batch_norm(x, gamma, beta, epsilon=EPSILON)
        if move:
            mean.assign_sub((1.0 - MOMENTUM) * (mean - batch_mean))
            variance.assign_sub((1.0 - MOMENTUM) * (variance - batch_variance))
        return y
