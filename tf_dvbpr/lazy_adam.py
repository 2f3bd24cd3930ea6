"""Adam that updates only the rows with gradients in the batch, for Keras 3; equivalent to that of TensorFlow Addons."""

import keras
import tensorflow as tf


class LazyAdam(keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015) only on the batch's rows, as `tensorflow_addons.optimizers.LazyAdam`.

    With g_r the sum of the gradients of row r in the batch and t the number of steps, including this one:
    ``m_r <- b1 m_r + (1 - b1) g_r``, ``v_r <- b2 v_r + (1 - b2) g_r^2``,
    ``w_r <- w_r - rate sqrt(1 - b2^t) / (1 - b1^t) m_r / (sqrt(v_r) + epsilon)``.

    Rows without a gradient keep weight and moments; Adam would move them and let their moments decay. The cost of a
    step depends on the rows in the batch, not on the size of the table. A dense gradient is treated as by Adam.
    """

    def update_step(self, gradient: tf.Tensor | tf.IndexedSlices, variable: tf.Variable, learning_rate: object) -> None:
        """Makes one step on one variable."""
        if not isinstance(gradient, tf.IndexedSlices):
            super().update_step(gradient, variable, learning_rate)
            return
        slot = self._get_variable_index(variable)
        first, second = self._momentums[slot], self._velocities[slot]
        rows, place = tf.unique(gradient.indices)
        gradient = tf.math.unsorted_segment_sum(gradient.values, place, tf.size(rows))

        step = tf.cast(self.iterations + 1, gradient.dtype)
        # Tensors, because 1 - .999 has other digits in float32 than in Python.
        beta1, beta2 = tf.constant(self.beta_1, gradient.dtype), tf.constant(self.beta_2, gradient.dtype)
        rate = tf.cast(learning_rate, gradient.dtype) * tf.sqrt(1 - tf.pow(beta2, step)) / (1 - tf.pow(beta1, step))
        # A gather reads only these rows of the variable; anything else would copy all of it.
        m = beta1 * tf.gather(first.value, rows) + (1 - beta1) * gradient
        v = beta2 * tf.gather(second.value, rows) + (1 - beta2) * tf.square(gradient)
        self.assign(first, tf.IndexedSlices(m, rows))
        self.assign(second, tf.IndexedSlices(v, rows))
        self.assign_sub(variable, tf.IndexedSlices(rate * m / (tf.sqrt(v) + self.epsilon), rows))
