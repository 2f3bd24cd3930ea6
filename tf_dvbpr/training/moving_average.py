"""A moving average of weights, which is shown, measured and kept while the weights themselves go on being trained."""

from collections.abc import Sequence

import tensorflow as tf


def move(pairs: Sequence[tuple[tf.Variable, tf.Variable]], decay: float, step: tf.Tensor) -> None:
    """``average <- d average + (1 - d) weight``, d = min(decay, (1 + n) / (10 + n)) after n steps.

    A young average forgets faster, or the first weights would stay in it for long. Call it in replica context, as a
    training step is: under a strategy every device moves its own copy.

    Args:
        pairs: (average, weight).
        decay: under 1.
        step: n, steps done before.
    """
    done = tf.cast(step, tf.float32)
    share = 1.0 - tf.minimum(decay, (1.0 + done) / (10.0 + done))

    def everywhere(strategy: tf.distribute.Strategy, share: tf.Tensor) -> None:
        for average, value in pairs:
            strategy.extended.update(average, _move_one, args=(value, share), group=False)

    tf.distribute.get_replica_context().merge_call(everywhere, args=(share,))


def _move_one(average: tf.Variable, value: tf.Tensor, share: tf.Tensor) -> None:
    average.assign_sub(share * (average - value))
