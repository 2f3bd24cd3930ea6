"""Builds DVBPR's optimisers: one for the network and one for each table of factors, each with its own rate."""

import keras
import tensorflow as tf

from tf_dvbpr.compat import lazy_adam
from tf_dvbpr.dvbpr.config import TrainConfig
from tf_dvbpr.training.learning_rate import LearningRate


def network_optimizer(
    config: TrainConfig, total_steps: int, variables: list, peak: float = 0.0
) -> keras.optimizers.Optimizer:
    """Builds Adam, or AdamW, which before each step decays the weight matrices: ``w <- w - rate weight_decay w``.

    Args:
        config: the training's settings.
        total_steps: steps of the run, for the decay of the learning rate.
        variables: the network's kernels and biases, as Keras variables.
        peak: the learning rate after the warm-up; 0: the config's.
    """
    rate = _rate(config, peak or config.learning_rate, total_steps)
    if config.optimizer == "adamw":
        optimizer = keras.optimizers.AdamW(rate, config.weight_decay, epsilon=config.adam_epsilon)
        optimizer.exclude_from_weight_decay(var_list=[one for one in variables if len(one.shape) == 1])
    else:
        optimizer = keras.optimizers.Adam(rate, epsilon=config.adam_epsilon)
    # Built before a checkpoint is restored, which would skip the state of an unbuilt optimiser.
    optimizer.build(variables)
    return optimizer


class SummingAdam(keras.optimizers.Adam):
    """Adam (Kingma and Ba 2015) for tables: if a batch has a row twice, its gradients are summed and then squared.

    Keras 2's Adam does this too; Keras 3's would square each gradient first. Gradients of several replicas are summed
    in the same way.
    """

    def update_step(self, gradient: tf.Tensor | tf.IndexedSlices, variable: tf.Variable, *rate: object) -> None:
        """Updates one variable; Keras 3 also passes the learning rate."""
        super().update_step(tf.convert_to_tensor(gradient), variable, *rate)


def table_optimizer(config: TrainConfig, total_steps: int, variables: list, peak: float = 0.0) -> object:
    """Builds `SummingAdam` or `compat.lazy_adam` for tables with one row per user or item.

    The arguments are those of `network_optimizer`; a peak of 0 means the learning rate of the user factors.
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
