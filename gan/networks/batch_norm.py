"""Defines batch normalisation with the fused kernel, whose moving statistics change only on request."""

import keras
import tensorflow as tf

from tf_dvbpr.compat import as_variable

MOMENTUM = 0.9
EPSILON = 1e-5


@keras.saving.register_keras_serializable("gan")
class BatchNorm(keras.layers.Layer):
    """``gamma (x - mean) / sqrt(variance + 1e-5) + beta``, per channel of [B, H, W, C].

    Mean and variance are the batch's in training, and the moving ones at inference. Keras' own layer updates the moving
    statistics in every training pass, but the discriminator's must not change while the generator trains through it.
    Keras 3's layer also takes twice the time.
    """

    def build(self, input_shape: tuple) -> None:
        """Creates gamma (ones), beta (zeros) and the moving statistics of the last axis."""

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
            x: feature maps, float32 or bfloat16 [B, H, W, C].
            training: whether to use the batch's statistics.
            move: whether to update the moving statistics in training, to ``0.9 old + 0.1 batch``.
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
