"""Turns the JSON of a request into arrays, as TensorFlow Serving does.

The formats are defined in https://www.tensorflow.org/tfx/serving/api_rest; the messages are TensorFlow Serving's.
"""

import base64
import binascii
import json
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tf_dvbpr.server.request_error import RequestError

DEFAULT_SIGNATURE = "serving_default"
_SHOWN = 200  # characters of a value that a message quotes
_NAMES = {"float32": "float", "float64": "double", "float16": "half"}


def read_document(body: bytes) -> dict:
    """Parses the JSON object of a request's body; accepts `NaN` and `Infinity`, as TensorFlow Serving does.

    Raises:
        RequestError: status 400, the body is no JSON object.
    """
    if not body:
        raise RequestError(400, "JSON Parse error: The document is empty")
    try:
        document = json.loads(body)
    except json.JSONDecodeError as error:
        raise RequestError(400, f"JSON Parse error: {error.msg} at offset: {error.pos}") from None
    except UnicodeDecodeError as error:
        raise RequestError(400, f"JSON Parse error: not UTF-8 at offset: {error.start}") from None
    except RecursionError:
        raise RequestError(400, "JSON Parse error: the lists are nested too deeply") from None
    except ValueError:  # Python reads no number of thousands of digits.
        raise RequestError(400, "JSON Parse error: a number has too many digits") from None
    if not isinstance(document, dict):
        raise RequestError(400, f"JSON Value: {_quoted(document)} Is not object")
    return document


def signature_name(document: dict) -> str:
    """Returns the name of the signature that a request asks for. Raises RequestError, status 400, if it is no text."""
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise RequestError(
            400,
            f"JSON Value: {_quoted(document)} not formatted correctly. 'signature_name' key must be a string value.",
        )
    return name or DEFAULT_SIGNATURE


def read_inputs(document: dict, inputs: Mapping[str, tf.TensorSpec]) -> tuple[dict[str, np.ndarray], bool]:
    """Reads the arrays of a request in the row form or the column form.

    The row form is ``instances``: a list with one object per row, or one value per row for a signature with one input.
    The column form is ``inputs``: an object with one value or nested list per input. ``{"b64": ...}`` means bytes.

    Args:
        document: the request.
        inputs: type and shape of the signature's inputs by name.

    Returns:
        (arrays by name, whether the request has the row form). Each array has its input's type and a shape that fits;
        strings are bytes in an array of objects.

    Raises:
        RequestError: status 400, the request is malformed or does not fit the signature; 501, the signature has an
            input of a type that JSON cannot hold.
    """
    if "instances" in document and "inputs" in document:
        raise RequestError(
            400,
            f"JSON Value: {_quoted(document)} Not formatted correctly expecting only one of 'inputs' or 'instances' "
            "keys to exist ",
        )
    if "instances" not in document and "inputs" not in document:
        raise RequestError(400, "Missing 'inputs' or 'instances' key")
    is_row = "instances" in document
    try:
        arrays = _of_rows(document, inputs) if is_row else _of_columns(document["inputs"], inputs)
    except RecursionError:
        raise RequestError(400, "JSON Parse error: the lists are nested too deeply") from None
    return {name: _fitted(name, array, inputs[name]) for name, array in arrays.items()}, is_row


def _of_columns(value: object, inputs: Mapping[str, tf.TensorSpec]) -> dict[str, np.ndarray]:
    if not inputs and value != {}:
        raise RequestError(400, f"JSON Value: {_quoted(value)} the signature has no inputs; expecting an empty object")
    if isinstance(value, dict) and not _is_bytes(value):
        for name in sorted(inputs):
            if name not in value:
                raise RequestError(400, f"Missing named input: {name} in 'inputs' object.")
        return {name: _array(*_values(value[name], inputs[name].dtype), inputs[name].dtype) for name in inputs}
    if len(inputs) > 1:
        raise RequestError(
            400,
            "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
            "tensorinfo_map",
        )
    ((name, spec),) = inputs.items()
    return {name: _array(*_values(value, spec.dtype), spec.dtype)}


def _of_rows(document: dict, inputs: Mapping[str, tf.TensorSpec]) -> dict[str, np.ndarray]:
    rows = document["instances"]
    if not isinstance(rows, list):
        raise RequestError(400, f"JSON Value: {_quoted(document)} Excepting 'instances' to be an list/array")
    if not rows:
        raise RequestError(400, f"JSON Value: {_quoted(document)} No values in 'instances' array")
    if not inputs:
        raise RequestError(400, "the signature has no inputs; expecting the column form, 'inputs', an empty object")
    if not isinstance(rows[0], dict) and len(inputs) > 1:
        raise RequestError(
            400,
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map",
        )
    are_objects = _is_object(rows[0])
    shapes: dict[str, tuple] = {}
    values: dict[str, list] = {name: [] for name in inputs}
    for place, row in enumerate(rows):
        if _is_object(row) != are_objects:
            expected = "object but got list" if are_objects else "value/list but got object"
            raise RequestError(400, f"Expecting {expected} at item {place} of input list")
        named = row if are_objects else {next(iter(inputs)): row}
        for name, value in named.items():
            try:
                _add_value(name, value, inputs, shapes, values)
            except RequestError as error:
                key = f" key: {name}" if are_objects else ""
                raise RequestError(
                    400,
                    f"Failed to process element: {place}{key} of 'instances' list. "
                    f"Error: INVALID_ARGUMENT: {error.message}",
                ) from None
        if named.keys() != inputs.keys():
            raise RequestError(
                400,
                f"Failed to process element: {place} of 'instances' list. JSON object: {_quoted(row)} keys must be "
                f"equal to: {','.join(sorted(inputs))}",
            )
    return {name: _array(values[name], (len(rows), *shapes[name]), inputs[name].dtype) for name in inputs}


def _add_value(
    name: str, value: object, inputs: Mapping[str, tf.TensorSpec], shapes: dict[str, tuple], values: dict[str, list]
) -> None:
    if name not in inputs:
        raise RequestError(400, f"JSON object: does not have named input: {name}")
    leaves, shape = _values(value, inputs[name].dtype)
    first = shapes.setdefault(name, shape)
    if shape != first:
        if np.prod(first) != len(leaves):
            raise RequestError(400, f"Expecting tensor size: {int(np.prod(first))} but got: {len(leaves)}")
        raise RequestError(400, f"Expecting shape {_written(first)} but got: {_written(shape)}")
    values[name] += leaves


def _values(value: object, dtype: tf.DType) -> tuple[list, tuple[int, ...]]:
    """Returns (the values of a nested list in order, its shape)."""
    shape, inner = [], value
    while isinstance(inner, list):
        shape.append(len(inner))
        if not inner:
            break
        inner = inner[0]
    leaves: list = []
    _collect(value, 0, tuple(shape), dtype, leaves)
    return leaves, tuple(shape)


def _collect(value: object, level: int, shape: tuple[int, ...], dtype: tf.DType, leaves: list) -> None:
    if not isinstance(value, list):
        if level != len(shape):
            raise RequestError(
                400,
                f"JSON Value: {_quoted(value)} found at incorrect level: {level + 1} in the JSON DOM. "
                f"Expected at level: {len(shape)}",
            )
        leaves.append(_leaf(value, dtype))
        return
    if level >= len(shape):
        raise RequestError(400, f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(value) != shape[level]:
        raise RequestError(
            400,
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {shape[level]}",
        )
    for one in value:
        _collect(one, level + 1, shape, dtype, leaves)


def _leaf(value: object, dtype: tf.DType) -> object:
    if dtype == tf.string:
        if isinstance(value, str):
            return value.encode("utf-8", "surrogatepass")
        return _bytes(value) if isinstance(value, dict) else _wrong_type(value, dtype)
    if dtype.is_bool:
        return value if isinstance(value, bool) else _wrong_type(value, dtype)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _wrong_type(value, dtype)
    if dtype.is_integer:
        return value if isinstance(value, int) and dtype.min <= value <= dtype.max else _wrong_type(value, dtype)
    if not dtype.is_floating:
        raise RequestError(501, f"Conversion of JSON Value: {_quoted(value)} to type: {_type_name(dtype)}")
    exact = 2 ** (53 if dtype == tf.float64 else 24)
    too_large = abs(value) >= exact if isinstance(value, int) else float(dtype.max) < abs(value) < float("inf")
    if too_large:
        raise RequestError(
            400, f"Cannot convert JSON value: {_quoted(value)} to {_type_name(dtype)} without loss of precision."
        )
    return value


def _bytes(value: dict) -> bytes:
    if not _is_bytes(value):
        raise RequestError(400, f"JSON Value: {_quoted(value)} not formatted correctly for base64 data")
    try:
        return base64.b64decode(value["b64"], validate=True)
    except (binascii.Error, ValueError):
        raise RequestError(400, "Unable to base64 decode") from None


def _array(values: list, shape: tuple[int, ...], dtype: tf.DType) -> np.ndarray:
    array = np.empty(len(values), object if dtype == tf.string else dtype.as_numpy_dtype)
    array[:] = values
    return array.reshape(shape)


def _fitted(name: str, array: np.ndarray, spec: tf.TensorSpec) -> np.ndarray:
    if array.shape == (0,) and spec.shape.rank and spec.shape[1:].is_fully_defined():
        array = array.reshape([0, *spec.shape[1:]])  # JSON cannot express the shape of the rows of an empty list.
    if not spec.shape.is_compatible_with(array.shape):
        expected = "[?]" if spec.shape.rank is None else _written(spec.shape.as_list())
        hint = "; a value of no rows goes into the column form, 'inputs'" if spec.shape.rank == 0 else ""
        raise RequestError(400, f"input {name}: expected shape {expected} but got: {_written(array.shape)}{hint}")
    return array


def _is_bytes(value: object) -> bool:
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get("b64"), str)


def _is_object(value: object) -> bool:
    return isinstance(value, dict) and not _is_bytes(value)


def _wrong_type(value: object, dtype: tf.DType) -> object:
    kinds = {type(None): "Null", dict: "Object", list: "Array", str: "String", int: "Number", float: "Number"}
    kind = str(value) if isinstance(value, bool) else kinds[type(value)]
    raise RequestError(400, f"JSON Value: {_quoted(value)} Type: {kind} is not of expected type: {_type_name(dtype)}")


def _type_name(dtype: tf.DType) -> str:
    return _NAMES.get(dtype.name, dtype.name)


def _quoted(value: object) -> str:
    # Encodes only the beginning of a long list.
    text = ""
    for part in json.JSONEncoder(ensure_ascii=False).iterencode(value):
        text += part if len(part) <= _SHOWN else part[: _SHOWN + 1]
        if len(text) > _SHOWN:
            return text[:_SHOWN] + "..."
    return text


def _written(shape: tuple | list) -> str:
    return "[" + ",".join("?" if size is None else str(size) for size in shape) + "]"
