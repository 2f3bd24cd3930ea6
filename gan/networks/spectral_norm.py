"""Defines layers with spectral normalisation (Miyato et al. 2018), whose largest singular value is about 1."""

import keras
import tensorflow as tf

from tf_dvbpr.compat import as_variable


class _SpectralNorm:
    """The part that both layers share: a singular vector, which only `power_iteration` changes."""

    def build(self, input_shape: tuple) -> None:
        super().build(input_shape)
        units = as_variable(self.kernel).shape[-1]
        start = keras.initializers.RandomNormal(seed=units)
        self.singular = self.add_weight(
            name="singular", shape=(units,), initializer=start, trainable=False, dtype="float32"
        )
        self.power_iteration()

    def save_own_variables(self, store: dict) -> None:
        """Saves the singular vector too; Keras' layers save only kernel and bias."""
        super().save_own_variables(store)
        store["singular"] = as_variable(self.singular).numpy()

    def load_own_variables(self, store: dict) -> None:
        """Loads what `save_own_variables` saved."""
        super().load_own_variables(store)
        as_variable(self.singular).assign(store["singular"])

    def power_iteration(self) -> None:
        """Makes one step of the power method towards the kernel's first right singular vector."""
        matrix, singular = self._matrix(), as_variable(self.singular)
        left = tf.linalg.l2_normalize(tf.linalg.matvec(matrix, singular))
        singular.assign(tf.linalg.l2_normalize(tf.linalg.matvec(matrix, left, transpose_a=True)))

    def normalised_kernel(self) -> tf.Tensor:
        """Computes ``W / sigma(W)``; the gradient includes that of sigma."""
        matrix, singular = self._matrix(), tf.convert_to_tensor(as_variable(self.singular))
        left = tf.stop_gradient(tf.linalg.l2_normalize(tf.linalg.matvec(matrix, singular)))
        sigma = tf.tensordot(left, tf.linalg.matvec(matrix, singular), 1)
        return as_variable(self.kernel) / sigma

    def _matrix(self) -> tf.Tensor:
        kernel = as_variable(self.kernel)
        return tf.reshape(kernel, [-1, kernel.shape[-1]])


@keras.saving.register_keras_serializable("gan")
class SpectralConv2D(_SpectralNorm, keras.layers.Conv2D):
    """A convolution with its kernel, as [kh kw in, out], spectrally normalised."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Convolves [B, H, W, in] to [B, H', W', out]."""
        kernel = tf.cast(self.normalised_kernel(), x.dtype)
        y = tf.nn.conv2d(x, kernel, list(self.strides), self.padding.upper())
        return self.activation(tf.nn.bias_add(y, tf.cast(as_variable(self.bias), x.dtype)))


@keras.saving.register_keras_serializable("gan")
class SpectralDense(_SpectralNorm, keras.layers.Dense):
    """A dense layer with its kernel [in, out] spectrally normalised."""

    def call(self, x: tf.Tensor) -> tf.Tensor:
        """Maps [B, in] to [B, out]."""
        y = tf.matmul(x, tf.cast(self.normalised_kernel(), x.dtype))
        return self.activation(y + tf.cast(as_variable(self.bias), x.dtype))
