"""Calls the signatures of a loaded SavedModel with NumPy arrays."""

import contextlib
import copy
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf

from tf_dvbpr.server.request_error import STATUS_OF_CODE, RequestError

# Signatures of our exports whose rows are independent and faster together than one by one: a row's answer depends only
# on that row and the scalars. Row b of `generate` also depends on b; a design searches for its rows one by one.
_ROWS_ARE_INDEPENDENT = ("recommend", "recommend_exact", "score", "embed_image", "score_image", "discriminate")


class Signature:
    """A signature, with the types and shapes of its inputs and outputs.

    Args:
        name: the signature's name.
        function: the loaded function.
        loaded: the loaded SavedModel; its functions need it in memory.

    Attributes:
        inputs: name to type and shape.
        outputs: name to type and shape.
        joins: whether several requests may be joined to one call.
    """

    def __init__(self, name: str, function: Callable, loaded: object) -> None:
        self.name = name
        self.inputs: dict[str, tf.TensorSpec] = dict(function.structured_input_signature[1])
        self.outputs: dict[str, tf.TensorSpec] = dict(function.structured_outputs)
        self.joins = False
        self._function, self._loaded = function, loaded

    def __call__(self, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Runs the signature.

        Args:
            arrays: the inputs by name, of their types and shapes; strings are bytes in an array of objects.

        Returns:
            The outputs by name.

        Raises:
            RequestError: TensorFlow reports an error; the status is TensorFlow Serving's for it.
        """
        with errors_of_requests():
            tensors = {name: tf.constant(array, self.inputs[name].dtype) for name, array in arrays.items()}
            return {name: tensor.numpy() for name, tensor in self._function(**tensors).items()}

    def renamed(self, name: str) -> "Signature":
        """Returns the same signature under another name."""
        other = copy.copy(self)
        other.name = name
        return other

    def is_like(self, other: "Signature") -> bool:
        """Returns whether both signatures have the same inputs and outputs."""

        def form(specs: dict[str, tf.TensorSpec]) -> dict:
            return {name: (spec.shape.as_list(), spec.dtype) for name, spec in specs.items()}

        return form(self.inputs) == form(other.inputs) and form(self.outputs) == form(other.outputs)


@contextlib.contextmanager
def errors_of_requests() -> Iterator[None]:
    """Raises RequestError, with TensorFlow Serving's status, where the block raises an error of TensorFlow."""
    try:
        yield
    except tf.errors.OpError as error:
        lines = [line for line in error.message.splitlines() if line.strip()] or [type(error).__name__]
        raise RequestError(STATUS_OF_CODE.get(error.error_code, 500), lines[0]) from error


def signatures_of(loaded: object) -> dict[str, Signature]:
    """Returns all signatures of a loaded SavedModel by name, with `Signature.joins` set."""
    found = {name: Signature(name, function, loaded) for name, function in loaded.signatures.items()}
    sure = [one for name, one in found.items() if name in _ROWS_ARE_INDEPENDENT]
    for one in found.values():
        # `serving_default` is another name of one of the others.
        one.joins = (one in sure or any(map(one.is_like, sure))) and _has_rows(one)
    return found


def _has_rows(signature: Signature) -> bool:
    ranks = [spec.shape.rank for spec in signature.inputs.values()]
    lists = [spec.shape for spec in (*signature.inputs.values(), *signature.outputs.values()) if spec.shape.rank != 0]
    return (
        None not in ranks
        and any(ranks)
        and all(spec.shape.rank for spec in signature.outputs.values())
        and all(shape.rank and shape[0] is None for shape in lists)
    )
