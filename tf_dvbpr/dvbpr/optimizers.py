"""The optimisers of DVBPR, of the network and of the tables of factors, so that each can have a rate of its own."""

import keras
import tensorflow as tf

from tf_dvbpr.compat import lazy_adam
from tf_dvbpr.dvbpr.config import TrainConfig
from tf_dvbpr.training.learning_rate import LearningRate


def network_optimizer(
    config: TrainConfig, total_steps: int, variables: list, peak: float = 0.0
) -> keras.optimizers.Optimizer:
    """Adam, or AdamW that decays the weight matrices and no bias: ``w <- w - rate weight_decay w`` before its step.

    Args:
        config: the settings.
        total_steps: of the run.
        variables: the network's kernels and biases, as Keras keeps them.
        peak: the learning rate; 0: the config's.
    """
    rate = _rate(config, peak or config.learning_rate, total_steps)
    if config.optimizer == "adamw":
        optimizer = keras.optimizers.AdamW(rate, config.weight_decay, epsilon=config.adam_epsilon)
        optimizer.exclude_from_weight_decay(var_list=[one for one in variables if len(one.shape) == 1])
    else:
        optimizer = keras.optimizers.Adam(rate, epsilon=config.adam_epsilon)
    # Built before any restore: an unbuilt optimiser's state would be skipped.
    optimizer.build(variables)
    return optimizer


class SummingAdam(keras.optimizers.Adam):
    """Adam as defined (Kingma and Ba 2015) where a batch has a row twice: its gradients are summed, then squared.

    Keras 2's does so by itself; Keras 3's would square first. Over replicas too: it looks at what they sent together.
    """

    def update_step(self, gradient: tf.Tensor | tf.IndexedSlices, variable: tf.Variable, *rate: object) -> None:
        """One step on one variable; Keras 3 gives the rate."""
        super().update_step(tf.convert_to_tensor(gradient), variable, *rate)


def table_optimizer(config: TrainConfig, total_steps: int, variables: list, peak: float = 0.0) -> object:
    """`SummingAdam` or `compat.lazy_adam`, of tables with a row for each user or item.

    The arguments are those of `network_optimizer`; a peak of 0 is the user factors' rate.
    """
    rate = _rate(config, peak or config.user_learning_rate or config.learning_rate, total_steps)
    if config.optimizer == "lazy_adam":
        return lazy_adam(rate, config.adam_epsilon, variables)
    optimizer = SummingAdam(rate, epsilon=config.adam_epsilon)
    optimizer.build(variables)
    return optimizer


def _rate(config: TrainConfig, peak: float, total_steps: int) -> float | LearningRate:
    if not config.warmup_steps and config.decay == "none":
        return peak
    return LearningRate(peak, config.warmup_steps, total_steps if config.decay == "cosine" else 0)
