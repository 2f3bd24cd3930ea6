"""Frees gradient functions that TensorFlow would keep until the process ends."""

import contextlib
from collections.abc import Iterator

from tensorflow.python.framework import ops


@contextlib.contextmanager
def forget_custom_gradients() -> Iterator[None]:
    """Removes the gradients that were registered inside the block from TensorFlow's registry.

    Keras' optimisers call `tf.distribute.ReplicaContext.all_reduce`, which registers a gradient for each function that
    traces it. The registry would thus keep the function's graph with all its variables and tables. A function that was
    traced inside still runs afterwards, but its gradient can no longer be computed.
    """
    registered = ops.gradient_registry._registry  # There is no public way to unregister.
    before = set(registered)
    try:
        yield
    finally:
        for name in set(registered) - before:
            if name.startswith("CustomGradient-"):
                del registered[name]
