"""Reads a SavedModel's signatures in the JSON form of TensorFlow Serving's metadata."""

from collections.abc import Mapping
from pathlib import Path

from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2


def signature_defs(folder: Path) -> dict[str, dict]:
    """Returns the definitions of a SavedModel's signatures by name.

    Args:
        folder: the SavedModel.

    Returns:
        Signature name to a dict of ``inputs``, ``outputs`` and ``method_name``.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is no SavedModel, or has no graph for serving.
    """
    model = saved_model_pb2.SavedModel()
    try:
        model.ParseFromString((folder / "saved_model.pb").read_bytes())
    except Exception as error:  # protobuf's DecodeError; its module differs between versions
        raise ValueError(f"saved_model.pb is no SavedModel ({error})") from None
    for graph in model.meta_graphs:
        if "serve" in graph.meta_info_def.tags:
            return {name: _definition(definition) for name, definition in graph.signature_def.items()}
    raise ValueError("saved_model.pb holds nothing for serving (no graph with the tag serve)")


def _definition(definition: object) -> dict:
    return {
        "inputs": _tensors(definition.inputs),
        "outputs": _tensors(definition.outputs),
        "method_name": definition.method_name,
    }


def _tensors(tensors: Mapping) -> dict[str, dict]:
    return {
        name: {
            "dtype": types_pb2.DataType.Name(info.dtype),
            "tensor_shape": {
                "dim": [{"size": str(dim.size), "name": dim.name} for dim in info.tensor_shape.dim],
                "unknown_rank": info.tensor_shape.unknown_rank,
            },
            "name": info.name,
        }
        for name, info in sorted(tensors.items())
    }
