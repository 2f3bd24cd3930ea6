"""Turns arrays into the JSON of an answer, as TensorFlow Serving does, except for NaN and infinities."""

import base64
import json
from collections.abc import Mapping

import numpy as np

from tf_dvbpr.server.request_error import RequestError


def write_outputs(outputs: Mapping[str, np.ndarray], is_row: bool) -> bytes:
    """Encodes the answer to a request.

    Row form: ``{"predictions": [{name: value, ...}, ...]}``; column form: ``{"outputs": {name: [...], ...}}``. The
    name of a signature's only output is left out. Strings whose name ends in ``_bytes`` are ``{"b64": ...}``.

    NaN and infinities become null. TensorFlow Serving writes `NaN`, which many JSON parsers refuse.

    Args:
        outputs: the signature's outputs by name.
        is_row: whether the request has the row form.

    Raises:
        RequestError: status 400, the request has the row form, but the outputs have different numbers of rows.
    """
    if is_row:
        _check_rows(outputs)
    plain = {name: _plain(array, name.endswith("_bytes")) for name, array in sorted(outputs.items())}
    if len(plain) == 1:
        (answer,) = plain.values()
    elif is_row:
        answer = [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]
    else:
        answer = plain
    return json.dumps({"predictions" if is_row else "outputs": answer}, allow_nan=False).encode()


def _check_rows(outputs: Mapping[str, np.ndarray]) -> None:
    rows = None
    for name, array in sorted(outputs.items()):
        if array.ndim == 0:
            raise RequestError(400, f"Tensor name: {name} has no shape information ")
        if rows is not None and len(array) != rows:
            raise RequestError(400, f"Tensor name: {name} has inconsistent batch size: {len(array)} expecting: {rows}")
        rows = len(array)


def _plain(array: np.ndarray, is_bytes: bool) -> object:
    if array.dtype == object or array.dtype.kind in "SU":
        return _each(array, _encoded if is_bytes else _text)
    if array.dtype.kind in "biu":
        return array.tolist()
    fine = np.isfinite(array.astype(np.float32) if array.dtype.kind == "V" else array)
    # Converting by way of text gives the shortest number that reads as the same float32.
    digits = array.astype(np.float64) if array.dtype == np.float64 else _shortest(array)
    return digits.tolist() if fine.all() else np.where(fine, digits.astype(object), None).tolist()


def _shortest(array: np.ndarray) -> np.ndarray:
    single = array if array.dtype in (np.float32, np.float16) else array.astype(np.float32)
    return single.astype("U32").astype(np.float64)


def _each(array: np.ndarray, write: object) -> object:
    flat = [write(value) for value in array.ravel()]
    written = np.empty(len(flat), object)
    written[:] = flat
    return written.reshape(array.shape).tolist()


def _encoded(value: bytes) -> dict[str, str]:
    return {"b64": base64.b64encode(value).decode("ascii")}


def _text(value: bytes | str) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
