"""Everything that differs between Keras 2 (TensorFlow 2.15) and Keras 3, and the check of the versions."""

import contextlib
import re
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
    """Raises ImportError, with advice, if TensorFlow is older than 2.15."""
    version = tuple(int(part) for part in tf.__version__.split(".")[:2])
    if version < _OLDEST:
        raise ImportError(
            f"tf_dvbpr needs TensorFlow 2.15 or newer, found {tf.__version__}: pip install 'tensorflow>=2.15.1'"
        )


def check_backbone_strategy(backbone: str, strategy: str) -> None:
    """Raises InputError for a network with batch normalisation on several machines with Keras 2.

    Whenever a worker reads its moving statistics, they are averaged over all workers; but only the first reads them, to
    save them.
    """
    if strategy == "multi_worker" and not _KERAS_3:
        raise InputError(
            f"{option('strategy', 'multi_worker')} with {option('backbone', backbone)} needs Keras 3, and this is "
            f"{keras.__version__}: use {option('strategy', 'mirrored')} on one machine, or TensorFlow 2.16 or newer"
        )


def as_variable(variable: object) -> tf.Variable:
    """Returns the plain tf.Variable of a Keras variable, which mixed precision hides behind a cast copy in a layer."""
    own = "_variable" if isinstance(variable, tf.Variable) else "_value"  # For Keras 2 and for Keras 3.
    return getattr(variable, own, variable)


def lazy_adam_class() -> type:
    """Returns `lazy_adam.LazyAdam` with Keras 3, and the equivalent LazyAdam of TensorFlow Addons with Keras 2.

    Raises InputError if TensorFlow Addons is needed and not installed.
    """
    if _KERAS_3:
        return LazyAdam
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Its warning that it is no longer developed; this stack is not either.
            from tensorflow_addons.optimizers import LazyAdam as Addons
    except ImportError as error:
        raise InputError(
            f"{option('optimizer', 'lazy_adam')}: TensorFlow {tf.__version__} takes it from TensorFlow Addons, which "
            "is not installed: pip install tensorflow-addons==0.23.0"
        ) from error
    return Addons


def lazy_adam(rate: object, epsilon: float, variables: list) -> object:
    """Builds an optimiser of `lazy_adam_class` on these variables; its rate is a number or a `LearningRate`."""
    optimizer = lazy_adam_class()(rate, epsilon=epsilon)
    if _KERAS_3:
        optimizer.build(variables)
    else:
        optimizer._create_all_weights(variables)
    return optimizer


def adam_state(optimizer: object, names: list[str]) -> dict[str, tf.Variable]:
    """Returns the state of a built Adam as plain variables.

    Args:
        optimizer: `keras.optimizers.Adam` or `lazy_adam`, built on variables in the order of `names`.
        names: this project's names of the variables.

    Returns:
        ``iterations`` and, for each name, ``<name>/m`` and ``<name>/v`` (first and second moments).
    """
    state = {"iterations": as_variable(optimizer.iterations)}
    if hasattr(optimizer, "_momentums"):
        first, second = optimizer._momentums, optimizer._velocities
    else:  # Addons' variables are the counter, then all first moments, then all second moments.
        slots = optimizer.weights[1:]
        first, second = slots[: len(names)], slots[len(names) :]
    for kind, slots in (("m", first), ("v", second)):
        state.update({f"{name}/{kind}": as_variable(slot) for name, slot in zip(names, slots, strict=True)})
    return state


def make_variable(value: np.ndarray, name: str) -> object:
    """Returns a trainable variable for this Keras' optimisers; `as_variable` returns the plain one behind it."""
    if _KERAS_3:
        return keras.Variable(value, name=name)
    return tf.Variable(value, name=name)


@contextlib.contextmanager
def dtype_policy(name: str) -> Iterator[None]:
    """Sets the dtype policy of layers created in the block without their own, such as those of `keras.applications`."""
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(name)
    try:
        yield
    finally:
        keras.mixed_precision.set_global_policy(before)


def weight_kind(layer: keras.layers.Layer, weight: object) -> str:
    """Returns a weight's name within its layer, for example ``kernel`` or ``moving_mean``, as in Keras 3."""
    kind = weight.name.split("/")[-1].split(":")[0]
    # A separable convolution names both of its kernels specially; this one has a single kernel.
    return "kernel" if isinstance(layer, keras.layers.DepthwiseConv2D) and kind == "depthwise_kernel" else kind


def output_within(layer: keras.layers.Layer) -> object:
    """Returns a layer's output in the network around it; the `output` of a nested network is that of its own inputs."""
    if not isinstance(layer, keras.Model):
        return layer.output
    return layer._inbound_nodes[-1].outputs[0] if _KERAS_3 else layer.get_output_at(-1)


def runs_openvino() -> bool:
    """Returns whether OpenVINO may run beside this stack; it is tried with Keras 3 alone."""
    return _KERAS_3


def layers_behind(tensors: object) -> list[keras.layers.Layer]:
    """Returns the layers whose outputs these symbolic tensors of a functional network are."""
    history = [tensor._keras_history for tensor in tf.nest.flatten(tensors)]
    return [one.operation if _KERAS_3 else one.layer for one in history]


def weight_place(layer: keras.layers.Layer, weight: object) -> str:
    """Returns a weight's path within its layer, for example ``layers_0/attention/query/kernel``."""
    path = weight.path if _KERAS_3 else weight.name.split(":")[0]
    # Keras numbers unnamed variables over the whole process.
    return re.sub(r"(^|/)variable_\d+$", r"\1variable", path.removeprefix(f"{layer.name}/"))


def keras_hub(given: str) -> object:
    """Returns the module keras_hub. Raises InputError if it cannot be had; `given` names the setting that needs it."""
    if not _KERAS_3:
        raise InputError(f"{given}: a preset of KerasHub, which needs Keras 3, and this is {keras.__version__}")
    try:
        import keras_hub
    except ImportError as error:
        raise InputError(
            f"{given}: a preset of KerasHub, which is not installed: pip install 'tf_dvbpr[hub]' (Python 3.11 or newer)"
        ) from error
    return keras_hub
