"""Frees the gradient functions that TensorFlow would keep until the process ends."""

import contextlib
from collections.abc import Iterator

from tensorflow.python.framework import ops


@contextlib.contextmanager
def forget_custom_gradients() -> Iterator[None]:
    """Takes the gradients that were registered inside off TensorFlow's registry.

    Keras' optimisers call `tf.distribute.ReplicaContext.all_reduce`, which registers a gradient for each function that
    traces it. Through it the registry would keep the function's graph with all variables and tables. A function that
    was traced inside still runs afterwards; only a gradient of it can no longer be taken.
    """
    registered = ops.gradient_registry._registry  # There is no public way to unregister.
    before = set(registered)
    try:
        yield
    finally:
        for name in set(registered) - before:
            if name.startswith("CustomGradient-"):
                del registered[name]
