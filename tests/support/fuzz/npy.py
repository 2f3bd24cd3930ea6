"""Reads .npy files plainly and strictly, and damages their headers."""

import ast
import re
import struct

import numpy as np

from . import mutations
from .outcome import Unreadable

_MAGIC = b"\x93NUMPY"


def read(data: bytes) -> np.ndarray:
    """Reads the array of a file. Raises `Unreadable` unless the file is a header and its values, nothing else."""
    if data[:6] != _MAGIC or data[6:8] not in (b"\1\0", b"\2\0", b"\3\0"):
        raise Unreadable("it is no .npy file of a known version")
    form = "<H" if data[6] == 1 else "<I"
    start = 8 + struct.calcsize(form)
    try:
        (length,) = struct.unpack_from(form, data, 8)
        text = data[start : start + length].decode("utf-8" if data[6] == 3 else "latin1")
        header = ast.literal_eval(text.strip())
        dtype, shape = np.dtype(header["descr"]), header["shape"]
        whole = isinstance(shape, tuple) and all(type(side) is int and side >= 0 for side in shape)
        if not whole or set(header) != {"descr", "fortran_order", "shape"} or type(header["fortran_order"]) is not bool:
            raise ValueError("another header")
        if len(data) < start + length or dtype.hasobject or dtype.fields:
            raise ValueError("no plain values")
    except Exception as error:
        raise Unreadable(f"its header is broken ({error})") from error
    values = data[start + length :]
    count = 1
    for side in shape:
        count *= side
    if len(values) != count * dtype.itemsize:
        raise Unreadable(f"{len(values)} bytes of values where {count * dtype.itemsize} are expected")
    order = "F" if header["fortran_order"] else "C"
    return np.frombuffer(values, dtype).reshape(shape, order=order)


def edit_header(draw: np.random.Generator, data: bytes) -> mutations.Mutation:
    """Changes type, order or shape, or breaks a word; keeps the header's length if possible."""
    (length,) = struct.unpack_from("<H", data, 8)
    text = data[10 : 10 + length].decode("latin1").rstrip()
    shape = ast.literal_eval(text)["shape"]
    shapes = {tuple(reversed(shape)), (*shape, 1), shape[:1], (int(np.prod(shape)),), (shape[0] - 1, *shape[1:])}
    shapes |= {(shape[0] + 1, *shape[1:]), (shape[0] * 10**9, *shape[1:]), (-1, *shape[1:]), (0, *shape[1:]), ()}
    kind = int(draw.integers(5))
    if kind == 0:
        new = re.sub(r"\(.*\)", str(mutations.any_of(draw, sorted(shapes))), text)
    elif kind == 1:
        types = (
            "<f4",
            ">f4",
            "<f8",
            ">i4",
            "<i4",
            "<u4",
            "|u1",
            "<f2",
            "|b1",
            "|S4",
            "<U1",
            "<c8",
            "<M8[s]",
            "|O",
            "|V4",
        )
        new = re.sub(r"(?<='descr': )'[^']*'", repr(mutations.any_of(draw, types)), text)
    elif kind == 2:
        new = text.replace("False", "\0").replace("True", "False").replace("\0", "True")
    elif kind == 3:
        _, damaged = mutations.damage(draw, text.encode(), (mutations.flip, mutations.letter, mutations.drop))
        new = damaged.decode("latin1")
    else:
        new = mutations.any_of(draw, (text[:-1], text.replace("'", '"', 1), f"{text}x", "[" * 40 + text, "", "{}"))
    new = new.ljust(length - 1)[: max(length - 1, len(new))] + "\n"
    header = new.encode("latin1", "replace")
    return f"header {text!r} -> {new.rstrip()!r}", data[:8] + struct.pack("<H", len(header)) + header + data[
        10 + length :
    ]
