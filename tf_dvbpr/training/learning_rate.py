"""The learning rate over the steps of a run."""

import math

import keras
import tensorflow as tf


class LearningRate(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, then constant or a half cosine to 0.

    ``peak * min(1, (step + 1) / warmup)``, times ``(1 + cos(pi * step / total)) / 2`` with cosine decay.

    Args:
        peak: the learning rate after the warm-up.
        warmup_steps: length of the warm-up; 0: none.
        decay_steps: total steps of the cosine; 0: constant.
    """

    def __init__(self, peak: float, warmup_steps: int = 0, decay_steps: int = 0) -> None:
        super().__init__()
        self.peak, self.warmup_steps, self.decay_steps = peak, warmup_steps, decay_steps

    def __call__(self, step: tf.Tensor) -> tf.Tensor:
        """Returns the rate of a step (counted from 0), float32 scalar."""
        step = tf.cast(step, tf.float32)
        rate = tf.constant(self.peak, tf.float32)
        if self.warmup_steps:
            rate *= tf.minimum(1.0, (step + 1.0) / self.warmup_steps)
        if self.decay_steps:
            rate *= 0.5 * (1.0 + tf.cos(math.pi * tf.minimum(1.0, step / self.decay_steps)))
        return rate

    def get_config(self) -> dict:
        """Returns the arguments, for Keras' serialisation."""
        return {"peak": self.peak, "warmup_steps": self.warmup_steps, "decay_steps": self.decay_steps}
