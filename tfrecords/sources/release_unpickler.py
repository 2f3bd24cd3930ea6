"""Reads the pickled object array of an .npy file without letting the file run anything.

A pickle names the functions to call. This reader knows a few names (NumPy's array, dtype and scalar
constructors, plain containers) and replaces each by a harmless class that checks its arguments. NumPy's own
unpickling code is never called, and any other name is refused. A damaged file cannot allocate more than its size.
"""

import functools
import mmap
import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from tfrecords.errors import InputError

_KINDS = "biufcSUO"
_NOT_READ = {
    "M": "dates (datetime64); save them as numbers or text",
    "m": "durations (timedelta64); save them as numbers",
    "V": "records with fields; save each field as an array",
}


class _NotReadError(pickle.UnpicklingError):
    """The file is complete, and holds something that this reader does not support."""


def load_object_array(path: Path) -> list:
    """Reads a one-dimensional .npy file of objects that Python 2 or 3 pickled.

    Strings pickled by Python 2 are returned as bytes, arrays inside as `PickledArray`.

    Raises:
        InputError: it is not an .npy file of objects, is cut short, or names anything except arrays and containers.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        # Reading a pipe could wait forever.
        raise InputError(f"{path}: a pipe or device; expected the authors' .npy file")
    try:
        with path.open("rb") as file:
            shape = _object_header(file, path)
            outer = _unpickled(file, path)
    except InputError:
        raise
    except _NotReadError as error:
        raise InputError(f"{path}: its pickle holds {error}") from error
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except IsADirectoryError as error:
        raise InputError(f"{path}: a folder; expected the authors' .npy file") from error
    except MemoryError as error:
        raise InputError(f"{path}: does not fit in memory, or is damaged") from error
    except Exception as error:  # a broken pickle raises almost any exception
        raise InputError(f"{path}: not a whole pickle ({_one_line(error)}); fetch the file again") from error
    if not isinstance(outer, PickledArray) or not isinstance(outer.values, list) or len(shape) != 1:
        raise InputError(f"{path}: expected a one-dimensional array of objects")
    return outer.values


class PickledArray:
    """A NumPy array read from a pickle: `values` is an array of plain numbers or strings, or a list of objects.

    It has no values until it is filled; `load_object_array` returns only filled ones.
    """

    values: np.ndarray | list
    filled = False

    def __setstate__(self, state: tuple) -> None:
        self.filled = True
        if len(state) == 5:
            state = state[1:]
        shape, dtype, fortran, data = state
        if not isinstance(dtype, PickledDtype):
            raise pickle.UnpicklingError("an array without a dtype")
        if any(int(side) < 0 for side in shape):
            raise pickle.UnpicklingError(f"an array of shape {shape}")
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
    """A NumPy dtype read from a pickle: numbers, strings or objects, no fields. Its byte order is set later."""

    filled = False

    def __init__(self, spec: str | bytes, *_: object):
        self.value = np.dtype(_as_text(spec))
        if self.value.kind in _NOT_READ:
            raise _NotReadError(f"an array of {_NOT_READ[self.value.kind]}")
        if self.value.kind not in _KINDS:
            raise pickle.UnpicklingError(f"dtype {self.value}")

    def __setstate__(self, state: tuple) -> None:
        self.filled = True
        order = _as_text(state[1])
        if order not in "<>|=":
            raise pickle.UnpicklingError(f"byte order {order!r}")
        if order in "<>":
            self.value = self.value.newbyteorder(order)


class _ArrayType:
    """Stands for the name numpy.ndarray, which a pickle only passes to _reconstruct."""


def _reconstruct(kind: object, *_: object) -> PickledArray:
    if kind is not _ArrayType:
        raise pickle.UnpicklingError("_reconstruct of something else than numpy.ndarray")
    return PickledArray()


def _frombuffer(data: bytes | bytearray, dtype: PickledDtype, shape: tuple, order: str, axes: object = None) -> object:
    """Reads an array of numbers as protocol 5 stores it."""
    if not isinstance(data, bytes | bytearray) or axes is not None or order not in ("C", "F"):
        raise _NotReadError("an array outside of itself (protocol 5); save it with protocol 4 or lower")
    array = PickledArray()
    array.__setstate__((shape, dtype, order == "F", data))
    return array


def _scalar(dtype: PickledDtype, data: str | bytes) -> np.generic:
    if not isinstance(dtype, PickledDtype) or dtype.value.hasobject:
        raise pickle.UnpicklingError("a NumPy scalar that is no number or string")
    (value,) = np.frombuffer(_as_bytes(data), dtype.value)
    return value


def _encode(text: str, encoding: str) -> bytes:
    """Decodes bytes: Python 3 writes them to old pickles as _codecs.encode(text, 'latin1')."""
    if not isinstance(text, str) or _as_text(encoding) not in ("latin1", "latin-1"):
        raise pickle.UnpicklingError(f"_codecs.encode to {encoding!r}")
    return text.encode("latin1")


def _bytes(*arguments: object) -> bytes:
    """Returns empty bytes: Python 3 writes them to old pickles as bytes(); bytes(n) would be n zeros."""
    if arguments:
        raise pickle.UnpicklingError("bytes of something")
    return b""


def _defaultdict(factory: object = None, *_: object) -> dict:
    return {}


_ARRAY_MODULES = ("numpy.core.multiarray", "numpy._core.multiarray")
_NUMERIC_MODULES = ("numpy.core.numeric", "numpy._core.numeric")
_CONTAINERS = (dict, list, tuple, set, frozenset, int)
_BUILTINS = ("__builtin__", "builtins")
_KNOWN: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): _ArrayType,
    ("numpy", "dtype"): PickledDtype,
    ("_codecs", "encode"): _encode,
    ("collections", "OrderedDict"): dict,
    ("collections", "defaultdict"): _defaultdict,
    **{(module, "_reconstruct"): _reconstruct for module in _ARRAY_MODULES},
    **{(module, "scalar"): _scalar for module in _ARRAY_MODULES},
    **{(module, "_frombuffer"): _frombuffer for module in _NUMERIC_MODULES},
    **{(module, kind.__name__): kind for module in _BUILTINS for kind in _CONTAINERS},
    **{(module, "bytes"): _bytes for module in _BUILTINS},
}


def _unpickled(file: BinaryIO, path: Path) -> Any:
    # From a memory map, a read of more than the file's size allocates no more than that size.
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as view:
        view.seek(file.tell())
        unpickler = _Unpickler(view, path)
        outer = unpickler.load()
        if view.tell() != len(view):
            raise pickle.UnpicklingError(f"{len(view) - view.tell()} bytes behind its end")
    if not all(begun.filled for begun in unpickler.begun):
        raise pickle.UnpicklingError("an array that is never filled")
    return outer


class _Unpickler(pickle._Unpickler):
    """Python's unpickler in Python: the one in C allocates a table as long as the largest number of a memo.

    Attributes:
        begun: the arrays and dtypes that the file creates and fills later.
    """

    dispatch = pickle._Unpickler.dispatch.copy()

    def __init__(self, file: mmap.mmap, path: Path):
        super().__init__(file, encoding="bytes")
        self._path = path
        self.begun: list[PickledArray | PickledDtype] = []

    def load_build(self) -> None:
        """Fills an array or a dtype. Raises UnpicklingError for any other object."""
        state, filled = self.stack.pop(), self.stack[-1]
        if not isinstance(filled, PickledArray | PickledDtype):
            raise pickle.UnpicklingError(f"contents for a {type(filled).__name__}")
        filled.__setstate__(state)

    dispatch[pickle.BUILD[0]] = load_build

    def load_setitems(self) -> None:
        """Puts pairs into a dict."""
        self._put(self.pop_mark())

    def load_setitem(self) -> None:
        """Puts one pair into a dict."""
        value, key = self.stack.pop(), self.stack.pop()
        self._put([key, value])

    def _put(self, items: list) -> None:
        """Raises UnpicklingError if a key appears twice, for example because the start of a second dict was lost."""
        table = self.stack[-1]
        if not isinstance(table, dict):
            raise pickle.UnpicklingError(f"keys for a {type(table).__name__}")
        together = len(table) + len(items) // 2
        table.update(zip(items[::2], items[1::2], strict=True))
        if len(table) != together:
            raise pickle.UnpicklingError("a dict with a key twice")

    dispatch[pickle.SETITEMS[0]] = load_setitems
    dispatch[pickle.SETITEM[0]] = load_setitem

    def load_bytearray8(self) -> None:
        """Reads a bytearray without first allocating the length that the file states."""
        (length,) = struct.unpack("<Q", self.read(8))
        self.append(bytearray(self.read(length)))

    dispatch[pickle.BYTEARRAY8[0]] = load_bytearray8

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        """Returns the class that stands for a name. Raises InputError for every other name, before it is imported."""
        try:
            known = _KNOWN[module, name]
        except KeyError:
            raise InputError(
                f"{self._path}: refused, its pickle names {_one_line(module)}.{_one_line(name)}; a data file needs "
                "nothing but NumPy arrays and plain containers. Nothing of it was run"
            ) from None
        return functools.partial(self._create, known) if known in (_reconstruct, PickledDtype) else known

    def _create(self, make: Callable[..., Any], *arguments: object) -> Any:
        self.begun.append(make(*arguments))
        return self.begun[-1]


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


def _as_bytes(data: str | bytes | bytearray) -> bytes:
    if not isinstance(data, str | bytes | bytearray):
        raise pickle.UnpicklingError(f"a {type(data).__name__} for bytes")  # bytes(n) would be n zeros.
    return data.encode("latin1") if isinstance(data, str) else bytes(data)


def _as_text(data: str | bytes) -> str:
    return data.decode("latin1") if isinstance(data, bytes) else data


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
