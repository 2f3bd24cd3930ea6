"""All that differs between Keras 2 (TensorFlow 2.15) and Keras 3, and the check of the versions."""

import contextlib
import warnings
from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from tf_dvbpr.lazy_adam import LazyAdam
from tfrecords.errors import InputError, option

_OLDEST = (2, 15)
_KERAS_3 = hasattr(keras, "Variable")


def check_versions() -> None:
    """Raises ImportError, with the remedy, on a TensorFlow older than 2.15."""
    version = tuple(int(part) for part in tf.__version__.split(".")[:2])
    if version < _OLDEST:
        raise ImportError(
            f"tf_dvbpr needs TensorFlow 2.15 or newer, found {tf.__version__}: pip install 'tensorflow>=2.15.1'"
        )


def check_backbone_strategy(backbone: str, strategy: str) -> None:
    """Raises InputError for a network with batch normalisation on several machines with Keras 2.

    Its moving statistics are averaged over all workers whenever one of them reads them, as the first does to save them.
    """
    if strategy == "multi_worker" and not _KERAS_3:
        raise InputError(
            f"{option('strategy', 'multi_worker')} with {option('backbone', backbone)} needs Keras 3, and this is "
            f"{keras.__version__}: use {option('strategy', 'mirrored')} on one machine, or TensorFlow 2.16 or newer"
        )


def as_variable(variable: object) -> tf.Variable:
    """The plain tf.Variable behind a Keras variable, which under mixed precision shows a cast copy inside a layer."""
    own = "_variable" if isinstance(variable, tf.Variable) else "_value"  # Of Keras 2 and of Keras 3.
    return getattr(variable, own, variable)


def lazy_adam_class() -> type:
    """`lazy_adam.LazyAdam` with Keras 3, TensorFlow Addons' of the same name with Keras 2, which computes the same.

    Raises InputError where the latter is asked for and not installed.
    """
    if _KERAS_3:
        return LazyAdam
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # That it is no longer developed: this stack is not either.
            from tensorflow_addons.optimizers import LazyAdam as Addons
    except ImportError as error:
        raise InputError(
            f"{option('optimizer', 'lazy_adam')}: TensorFlow {tf.__version__} takes it from TensorFlow Addons, which "
            "is not installed: pip install tensorflow-addons==0.23.0"
        ) from error
    return Addons


def lazy_adam(rate: object, epsilon: float, variables: list) -> object:
    """The `lazy_adam_class` built on these variables; its rate is a number or a `LearningRate`."""
    optimizer = lazy_adam_class()(rate, epsilon=epsilon)
    if _KERAS_3:
        optimizer.build(variables)
    else:
        optimizer._create_all_weights(variables)
    return optimizer


def adam_state(optimizer: object, names: list[str]) -> dict[str, tf.Variable]:
    """The state of a built Adam as plain variables.

    Args:
        optimizer: `keras.optimizers.Adam` or `lazy_adam`, built on variables in the order of `names`.
        names: our names of these variables.

    Returns:
        ``iterations`` and, for each name, ``<name>/m`` and ``<name>/v`` (first and second moments).
    """
    state = {"iterations": as_variable(optimizer.iterations)}
    if hasattr(optimizer, "_momentums"):
        first, second = optimizer._momentums, optimizer._velocities
    else:  # Addons': its variables are the counter, then all first moments, then all second ones.
        slots = optimizer.weights[1:]
        first, second = slots[: len(names)], slots[len(names) :]
    for kind, slots in (("m", first), ("v", second)):
        state.update({f"{name}/{kind}": as_variable(slot) for name, slot in zip(names, slots, strict=True)})
    return state


def make_variable(value: np.ndarray, name: str) -> object:
    """A trainable variable that this Keras' optimisers take; `as_variable` gives the plain one behind it."""
    if _KERAS_3:
        return keras.Variable(value, name=name)
    return tf.Variable(value, name=name)


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Layers made inside compute in this policy where they are not given one, as those of `keras.applications`."""
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(name)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)


def weight_kind(layer: keras.layers.Layer, weight: object) -> str:
    """What a layer calls one of its weights, ``kernel`` or ``moving_mean``: as Keras 3 does, also with Keras 2."""
    kind = weight.name.split("/")[-1].split(":")[0]
    # A separable convolution has two kernels and says which on both; this one has one.
    return "kernel" if isinstance(layer, keras.layers.DepthwiseConv2D) and kind == "depthwise_kernel" else kind
