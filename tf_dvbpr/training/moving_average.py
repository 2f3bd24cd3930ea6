"""Keeps a moving average of weights for pictures, metrics and export, while the training continues with the weights."""

from collections.abc import Sequence

import tensorflow as tf


def move(pairs: Sequence[tuple[tf.Variable, tf.Variable]], decay: float, step: tf.Tensor) -> None:
    """Sets ``average <- d average + (1 - d) weight``, d = min(decay, (1 + n) / (10 + n)) after n steps.

    The decay is smaller at first, because otherwise the initial weights would stay in the average for long. Call it in
    replica context, like a training step: under a strategy every device updates its own copy.

    Args:
        pairs: (average, weight).
        decay: the decay, below 1.
        step: n, the number of steps done before.
    """
    done = tf.cast(step, tf.float32)
    share = 1.0 - tf.minimum(decay, (1.0 + done) / (10.0 + done))

    def everywhere(strategy: tf.distribute.Strategy, share: tf.Tensor) -> None:
        for average, value in pairs:
            strategy.extended.update(average, _move_one, args=(value, share), group=False)

    tf.distribute.get_replica_context().merge_call(everywhere, args=(share,))


def _move_one(average: tf.Variable, value: tf.Tensor, share: tf.Tensor) -> None:
    average.assign_sub(share * (average - value))
