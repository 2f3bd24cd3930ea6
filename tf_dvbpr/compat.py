"""All that differs between Keras 2 (TensorFlow 2.15) and Keras 3, and the check of the versions."""

import keras
import numpy as np
import tensorflow as tf

_OLDEST = (2, 15)


def check_versions() -> None:
    """Raises ImportError, with the remedy, on a TensorFlow older than 2.15."""
    version = tuple(int(part) for part in tf.__version__.split(".")[:2])
    if version < _OLDEST:
        raise ImportError(
            f"tf_dvbpr needs TensorFlow 2.15 or newer, found {tf.__version__}: pip install 'tensorflow>=2.15.1'"
        )


def as_variable(variable: object) -> tf.Variable:
    """The plain tf.Variable behind a Keras variable, which under mixed precision shows a cast copy inside a layer."""
    own = "_variable" if isinstance(variable, tf.Variable) else "_value"  # Of Keras 2 and of Keras 3.
    return getattr(variable, own, variable)


def adam_state(optimizer: keras.optimizers.Optimizer, names: list[str]) -> dict[str, tf.Variable]:
    """The state of a built Adam as plain variables.

    Args:
        optimizer: `keras.optimizers.Adam`, built on variables in the order of `names`.
        names: our names of these variables.

    Returns:
        ``iterations`` and, for each name, ``<name>/m`` and ``<name>/v`` (first and second moments).
    """
    state = {"iterations": as_variable(optimizer.iterations)}
    for kind, slots in (("m", optimizer._momentums), ("v", optimizer._velocities)):
        state.update({f"{name}/{kind}": as_variable(slot) for name, slot in zip(names, slots, strict=True)})
    return state


def make_variable(value: np.ndarray, name: str) -> object:
    """A trainable variable that this Keras' optimisers take; `as_variable` gives the plain one behind it."""
    if hasattr(keras, "Variable"):
        return keras.Variable(value, name=name)
    return tf.Variable(value, name=name)
