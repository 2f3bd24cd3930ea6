"""Creates `tf.distribute` strategies by name; they spread a training over devices."""

import functools
import os

import tensorflow as tf

from tfrecords.errors import InputError, option


def make_strategy(name: str) -> tf.distribute.Strategy:
    """Returns the strategy called `name`. Create it before anything else of TensorFlow runs.

    ``one_device``: the first GPU, or the CPU. ``mirrored``: all GPUs of this machine (all logical CPUs without one).
    ``multi_worker``: one process per machine, with the cluster as JSON in the environment variable TF_CONFIG.
    Raises InputError if ``multi_worker`` has no TF_CONFIG.
    """
    if name == "one_device":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        return _mirrored()
    if not os.environ.get("TF_CONFIG"):
        raise InputError(
            f"{option('strategy', 'multi_worker')}: the environment variable TF_CONFIG is not set. Set it on each "
            "machine, as in "
            '{"cluster": {"worker": ["host1:2222", "host2:2222"]}, "task": {"type": "worker", "index": 0}}'
        )
    return tf.distribute.MultiWorkerMirroredStrategy()


@functools.cache
def _mirrored() -> tf.distribute.Strategy:
    """Returns the process's one strategy over all its devices.

    Each MirroredStrategy numbers its collective operations from the same number. A second one in a process can
    therefore ask for an operation under a number that the first has used for another one; TensorFlow 2.21 then ends
    the training with an InternalError. So the trainings of a process share the strategy.
    """
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    return tf.distribute.MirroredStrategy([device.name for device in tf.config.list_logical_devices(kind)])


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Returns whether this process writes the workdir: it is the only one, or the first worker."""
    resolver = getattr(strategy, "cluster_resolver", None)
    return resolver is None or not resolver.task_id
