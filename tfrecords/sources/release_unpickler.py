"""Reads the pickled object array of an .npy file without letting the file run anything.

A pickle names the functions it wants called. This reader knows a handful of names (NumPy's array, dtype and scalar
constructors, plain containers) and answers each with a stand-in of its own that checks what it is given; NumPy's own
unpickling code is never called, and any other name is refused.
"""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tfrecords.errors import InputError

_KINDS = "biufcSUO"


def load_object_array(path: Path) -> list:
    """Reads a one-dimensional .npy file of objects, as Python 2 or 3 pickled it.

    Strings pickled by Python 2 come as bytes. Arrays inside come as `PickledArray`.

    Raises:
        InputError: not an .npy file of objects, cut short, or a pickle that names anything but arrays and containers.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        # A pipe would be waited for without end.
        raise InputError(f"{path}: a pipe or device; expected the authors' .npy file")
    try:
        with path.open("rb") as file:
            shape = _object_header(file, path)
            outer = _Unpickler(file, path).load()
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{path}: a folder; expected the authors' .npy file") from error
    except MemoryError as error:
        raise InputError(f"{path}: does not fit in memory") from error
    except Exception as error:  # a broken pickle raises nearly anything
        raise InputError(f"{path}: not a whole pickle ({_one_line(error)}); fetch the file again") from error
    if not isinstance(outer, PickledArray) or not isinstance(outer.values, list) or len(shape) != 1:
        raise InputError(f"{path}: expected a one-dimensional array of objects")
    return outer.values


class PickledArray:
    """A NumPy array as it lies in a pickle: `values` is an array of plain numbers or strings, or a list of objects."""

    values: np.ndarray | list

    def __setstate__(self, state: tuple) -> None:
        if len(state) == 5:
            state = state[1:]
        shape, dtype, fortran, data = state
        if not isinstance(dtype, PickledDtype):
            raise pickle.UnpicklingError("an array without a dtype")
        count = int(np.prod([int(side) for side in shape], dtype=object)) if shape else 1
        if dtype.value.hasobject:
            if not isinstance(data, list) or len(data) != count:
                raise pickle.UnpicklingError(f"an array of shape {shape} with other than {count} objects")
            self.values = data
            return
        data = _as_bytes(data)
        if len(data) != count * dtype.value.itemsize:
            raise pickle.UnpicklingError(f"an array of shape {shape} with {len(data)} bytes")
        self.values = np.frombuffer(data, dtype.value).reshape(shape, order="F" if fortran else "C")


class PickledDtype:
    """A NumPy dtype as it lies in a pickle: numbers, strings or objects, no fields."""

    def __init__(self, spec: str | bytes, *_: object):
        self.value = np.dtype(_as_text(spec))
        if self.value.kind not in _KINDS or self.value.fields:
            raise pickle.UnpicklingError(f"dtype {self.value}")

    def __setstate__(self, state: tuple) -> None:
        order = _as_text(state[1])
        if order not in "<>|=":
            raise pickle.UnpicklingError(f"byte order {order!r}")
        if order in "<>":
            self.value = self.value.newbyteorder(order)


class _ArrayType:
    """Stands for the name numpy.ndarray, which a pickle only passes on to _reconstruct."""


def _reconstruct(kind: object, *_: object) -> PickledArray:
    if kind is not _ArrayType:
        raise pickle.UnpicklingError("_reconstruct of something else than numpy.ndarray")
    return PickledArray()


def _scalar(dtype: PickledDtype, data: str | bytes) -> np.generic:
    if not isinstance(dtype, PickledDtype) or dtype.value.hasobject:
        raise pickle.UnpicklingError("a NumPy scalar that is no number or string")
    return np.frombuffer(_as_bytes(data), dtype.value, count=1)[0]


def _encode(text: str, encoding: str) -> bytes:
    """Python 3 writes bytes to old pickles as _codecs.encode(text, 'latin1')."""
    if not isinstance(text, str) or _as_text(encoding) not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"_codecs.encode to {encoding!r}")
    return text.encode("latin1")


def _defaultdict(factory: object = None, *_: object) -> dict:
    return {}


_ARRAY_MODULES = ("numpy.core.multiarray", "numpy._core.multiarray")
_CONTAINERS = (dict, list, tuple, set, frozenset, int, bytes)
_BUILTINS = ("__builtin__", "builtins")
_KNOWN: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): _ArrayType,
    ("numpy", "dtype"): PickledDtype,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): dict,
    ("collections", "defaultdict"): _defaultdict,
    **{(module, "_reconstruct"): _reconstruct for module in _ARRAY_MODULES},
    **{(module, "scalar"): _scalar for module in _ARRAY_MODULES},
    **{(module, kind.__name__): kind for module in _BUILTINS for kind in _CONTAINERS},
}


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO, path: Path):
        super().__init__(file, encoding="bytes")
        self._path = path

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        """The stand-in for a name. Raises InputError for every other name, before it is even imported."""
        try:
            return _KNOWN[module, name]
        except KeyError:
            raise InputError(
                f"{self._path}: refused, its pickle names {_one_line(module)}.{_one_line(name)}; a data file needs "
                "nothing but NumPy arrays and plain containers. Nothing of it was run"
            ) from None


def _object_header(file: BinaryIO, path: Path) -> tuple[int, ...]:
    if file.read(6) != b"\x93NUMPY":
        raise InputError(f"{path}: not an .npy file")
    file.seek(0)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if not dtype.hasobject or dtype.fields:
        raise InputError(f"{path}: an array of {dtype}; expected one of pickled objects")
    return shape


def _as_bytes(data: str | bytes) -> bytes:
    return data.encode("latin1") if isinstance(data, str) else bytes(data)


def _as_text(data: str | bytes) -> str:
    return data.decode("latin1") if isinstance(data, bytes) else data


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
